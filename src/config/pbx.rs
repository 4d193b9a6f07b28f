//! `[pbx.NAME]`: checks the settings of a PBX.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};

use super::problems::Problems;
use super::raw::{RawPbx, RawSettings};
use super::settings::PbxSettings;
use super::units::{bytes, long_duration};
use super::{pbx_calls, pbx_commands, pbx_recordings};
use crate::domain::{Bilingual, CallKind, EndpointName, PbxDialect, bilingual};

/// The path below which all PBXs have their addresses.
pub const PBX_PATH: &str = "/pbx";

/// The default limit of one request.
const BODY: &str = "256KB";

/// How long the PBX waits for an answer, by default: it rings meanwhile.
const ANSWER_WITHIN: &str = "300ms";

/// How long, and how many, numbers are remembered by default.
const REMEMBER_FOR: &str = "1d";
const REMEMBER_MOST: usize = 10_000;

/// A key must not be guessed, in characters.
const SHORTEST_KEY: usize = 12;

/// What the only values of `direction` mean that the API's documentation shows, and their
/// opposite.
const DIRECTIONS: [(&str, CallKind); 2] = [("0", CallKind::Outgoing), ("1", CallKind::Incoming)];

/// Checks the sections of all PBXs; `connections` are the names of all connections.
pub(super) fn parse(
    problems: &mut Problems,
    raw: BTreeMap<String, RawPbx>,
    connections: &[String],
) -> BTreeMap<String, PbxSettings> {
    let exchanges = raw.into_iter().filter_map(|(name, raw)| {
        let exchange = exchange(problems, (&name, raw), connections)?;
        Some((name, exchange))
    });
    exchanges.collect()
}

fn exchange(
    problems: &mut Problems,
    (name, raw): (&str, RawPbx),
    connections: &[String],
) -> Option<PbxSettings> {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let known = EndpointName::parse(name).filter(|known| known.as_str() == name);
    let known = known.ok_or_else(|| {
        bilingual!(
            "a name may have small Latin letters, digits, `_` and `-` only",
            "в имени могут быть только строчные латинские буквы, цифры, `_` и `-`"
        )
    });
    problems.keep(&format!("pbx.{name}"), known)?;
    let dialect = dialect(raw.dialect.as_deref().unwrap_or_default());
    let dialect = problems.keep(&setting("dialect"), dialect)?;
    let key = problems.keep(&setting("key"), key((name, dialect), raw.key.clone()));
    let salt = problems.keep(&setting("salt"), salt((name, dialect), raw.salt.clone()));
    let body_limit = body_limit(problems, &setting("body_limit"), &raw);
    let allowed_addresses =
        problems.networks(&setting("allowed_addresses"), &raw.allowed_addresses);
    if dialect != PbxDialect::UserCrm && !raw.direction.is_empty() {
        problems.add(&setting("direction"), &meanings_are_known(dialect));
    }
    let live = pbx_calls::calls(problems, name, &raw);
    let recordings = pbx_recordings::recordings(problems, (name, dialect), &raw);
    let direction = directions(problems, &setting("direction"), raw.direction.clone());
    let crm = raw.crm.as_deref().unwrap_or_default();
    let connection = problems.keep(&setting("crm"), connection(crm, connections));
    let within = raw.answer_within.as_deref().unwrap_or(ANSWER_WITHIN);
    let commands = pbx_commands::commands(problems, (name, dialect), &raw);
    let token = portal_token(problems, &setting("portal_token"), raw.portal_token);
    if matches!((&commands, &token), (Ok(None), Some(_))) {
        problems.add(&setting("portal_token"), &token_needs_commands());
    }
    let remember = long_duration(raw.remember_for.as_deref().unwrap_or(REMEMBER_FOR));
    let several = several(raw.several.as_deref().unwrap_or("oldest"));
    let most = raw.remember_most.unwrap_or(REMEMBER_MOST);
    Some(PbxSettings {
        dialect,
        key: key?,
        salt: salt?,
        connection: connection?,
        answer_within: problems.time_limit(&setting("answer_within"), within),
        newest_first: problems
            .keep(&setting("several"), several)
            .unwrap_or_default(),
        remember_for: problems
            .keep(&setting("remember_for"), remember)
            .unwrap_or_default(),
        remember_most: problems.within(&setting("remember_most"), most, 1..=1_000_000),
        live,
        allowed_addresses,
        body_limit,
        direction,
        commands: commands.ok()?,
        portal_token: token,
        recordings: recordings?,
    })
}

/// Says why the token of the portal is of no use.
fn token_needs_commands() -> Bilingual {
    bilingual!(
        "needs `url` (and `pbx_key` for usercrm): a click on a number makes the PBX dial",
        "нужен и `url` (для usercrm ещё `pbx_key`): по нажатию на номер звонит АТС"
    )
}

fn portal_token(
    problems: &mut Problems,
    setting: &str,
    raw: Option<SecretString>,
) -> Option<SecretString> {
    problems.keep(setting, pbx_commands::token(raw)).flatten()
}

fn body_limit(problems: &mut Problems, setting: &str, raw: &RawPbx) -> usize {
    let limit = bytes(raw.body_limit.as_deref().unwrap_or(BODY));
    let limit = problems.keep(setting, limit);
    let limit = usize::try_from(limit.unwrap_or(1024)).unwrap_or(usize::MAX);
    problems.within(setting, limit, 1024..=8 << 20)
}

/// Reports a base path of another source that PBXs use.
pub(super) fn check_paths(problems: &mut Problems, raw: &RawSettings) {
    if raw.pbx.is_empty() {
        return;
    }
    for (key, path) in [
        ("polls.base_path", &raw.polls.base_path),
        ("channels.base_path", &raw.channels.base_path),
    ] {
        let first = path.trim_matches('/').split('/').next();
        if first == Some(PBX_PATH.trim_matches('/')) {
            let wrong = bilingual!(
                "PBXs use this path; choose another one",
                "этот путь занят телефонией; выберите другой"
            );
            problems.keep::<()>(key, Err(wrong));
        }
    }
}

/// Parses the name of a dialect.
fn dialect(word: &str) -> Result<PbxDialect, Bilingual> {
    let word = word.trim();
    if word.is_empty() {
        return Ok(PbxDialect::default());
    }
    let known = PbxDialect::ALL.map(PbxDialect::as_str).join(", ");
    PbxDialect::parse(word).ok_or_else(|| {
        bilingual!(
            "there is no dialect `{word}`; leadgate knows {known}",
            "диалекта `{word}` нет; leadgate знает {known}"
        )
    })
}

fn key(
    (name, dialect): (&str, PbxDialect),
    key: Option<SecretString>,
) -> Result<SecretString, Bilingual> {
    let variable = variable(name);
    let length = length(key.as_ref());
    match (key, dialect) {
        (Some(key), _) if length >= SHORTEST_KEY => Ok(key),
        (Some(_), _) if length > 0 => Err(too_short()),
        (_, PbxDialect::UserCrm) => Err(bilingual!(
            "is missing: anyone could send calls; set LEADGATE_PBX__{variable}__KEY to a long random text, and the same in the settings of the PBX",
            "не указан: прислать звонок сможет кто угодно; задайте в LEADGATE_PBX__{variable}__KEY длинный случайный текст и впишите его же в настройки АТС"
        )),
        (_, PbxDialect::Mango) => Err(bilingual!(
            "is missing: set LEADGATE_PBX__{variable}__KEY to the unique code of the PBX (vpbx_api_key); the cabinet shows it under API connector",
            "не указан: задайте в LEADGATE_PBX__{variable}__KEY уникальный код ВАТС (vpbx_api_key); он виден в Личном кабинете, раздел «API коннектор»"
        )),
    }
}

/// Checks the secret of signatures, which not every dialect has.
fn salt(
    (name, dialect): (&str, PbxDialect),
    salt: Option<SecretString>,
) -> Result<Option<SecretString>, Bilingual> {
    let variable = variable(name);
    let length = length(salt.as_ref());
    match dialect {
        PbxDialect::UserCrm if length == 0 => Ok(None),
        PbxDialect::UserCrm => Err(bilingual!(
            "the dialect usercrm has no signatures: remove the salt, or set `dialect`",
            "в диалекте usercrm нет подписей: уберите соль или укажите `dialect`"
        )),
        PbxDialect::Mango if length >= SHORTEST_KEY => Ok(salt),
        PbxDialect::Mango if length > 0 => Err(too_short()),
        PbxDialect::Mango => Err(bilingual!(
            "is missing: set LEADGATE_PBX__{variable}__SALT to the key for signatures (vpbx_api_salt); the cabinet shows it under API connector",
            "не указана: задайте в LEADGATE_PBX__{variable}__SALT ключ для создания подписи (vpbx_api_salt); он виден в Личном кабинете, раздел «API коннектор»"
        )),
    }
}

/// Returns the part of an environment variable that names a PBX.
fn variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

fn length(secret: Option<&SecretString>) -> usize {
    secret.map_or(0, |secret| secret.expose_secret().chars().count())
}

fn too_short() -> Bilingual {
    bilingual!(
        "is too short: it needs at least {SHORTEST_KEY} characters",
        "слишком короткий: нужно не меньше {SHORTEST_KEY} знаков"
    )
}

fn meanings_are_known(dialect: PbxDialect) -> Bilingual {
    let word = dialect.as_str();
    bilingual!(
        "the values of the dialect {word} are documented: remove the table",
        "значения диалекта {word} описаны в документации: уберите таблицу"
    )
}

fn directions(
    problems: &mut Problems,
    setting: &str,
    raw: BTreeMap<String, String>,
) -> BTreeMap<String, CallKind> {
    let mut direction: BTreeMap<String, CallKind> = DIRECTIONS
        .map(|(value, kind)| (value.to_owned(), kind))
        .into();
    for (value, word) in raw {
        let kind = problems.keep(&format!("{setting}.{value}"), kind(&word));
        direction.extend(kind.map(|kind| (value, kind)));
    }
    direction
}

/// Returns the connection whose portal is asked: the named one, or the only one.
fn connection(named: &str, connections: &[String]) -> Result<String, Bilingual> {
    let all = connections.join(", ");
    match (named.trim(), connections) {
        ("", [only]) => Ok(only.clone()),
        ("", _) => Err(bilingual!(
            "is missing: there are several connections ({all}); name the one that knows who calls",
            "не указан: подключений несколько ({all}); назовите то, в котором искать звонящего"
        )),
        (named, _) if connections.iter().any(|name| name == named) => Ok(named.to_owned()),
        (named, _) => Err(bilingual!(
            "`{named}` is not a connection; the settings have {all}",
            "подключения `{named}` нет; в настройках есть {all}"
        )),
    }
}

/// Parses whether the newest of several clients comes first.
fn several(word: &str) -> Result<bool, Bilingual> {
    match word.trim() {
        "oldest" => Ok(false),
        "newest" => Ok(true),
        other => Err(bilingual!(
            "`{other}` must be oldest or newest",
            "вместо `{other}` напишите oldest или newest"
        )),
    }
}

fn kind(word: &str) -> Result<CallKind, Bilingual> {
    let kind = CallKind::parse(word.trim()).filter(|kind| *kind != CallKind::Missed);
    kind.ok_or_else(|| {
        bilingual!(
            "`{word}` must be one of incoming, outgoing, internal",
            "вместо `{word}` напишите incoming, outgoing или internal"
        )
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::tests::with;
    use crate::domain::{CallKind, Lang, PbxDialect};

    #[test]
    fn a_pbx_is_read_from_file_and_environment() {
        let toml = "[pbx.main]\nallowed_addresses = [\"192.0.2.0/24\"]\n[pbx.main.direction]\n1 = \"outgoing\"\n2 = \"internal\"\n";
        let env = [("LEADGATE_PBX__MAIN__KEY", "a long secret key of a PBX")];
        let loaded = with(&env, toml).unwrap();
        let main = &loaded.settings.pbx["main"];
        assert_eq!(main.body_limit, 256 << 10);
        assert_eq!(main.answer_within, Duration::from_millis(300));
        assert!(!main.newest_first);
        assert_eq!(main.connection, "sandbox");
        let kinds: Vec<(&str, CallKind)> = main
            .direction
            .iter()
            .map(|(value, kind)| (value.as_str(), *kind))
            .collect();
        assert_eq!(
            kinds,
            [
                ("0", CallKind::Outgoing),
                ("1", CallKind::Outgoing),
                ("2", CallKind::Internal)
            ]
        );
        assert!(!loaded.show(Lang::En).contains("a long secret"));
        assert!(!format!("{loaded:?}").contains("a long secret"));
        assert_eq!(main.dialect, PbxDialect::UserCrm);
    }

    #[test]
    fn a_pbx_with_signatures_has_a_dialect_and_a_salt() {
        let toml = "[pbx.main]\ndialect = \"mango\"\n";
        let env = [
            ("LEADGATE_PBX__MAIN__KEY", "the unique code of the PBX"),
            ("LEADGATE_PBX__MAIN__SALT", "the salt of signatures"),
        ];
        let loaded = with(&env, toml).unwrap();
        let main = &loaded.settings.pbx["main"];
        assert_eq!(main.dialect, PbxDialect::Mango);
        assert!(main.salt.is_some());
        for secret in ["unique code", "the salt"] {
            assert!(!loaded.show(Lang::En).contains(secret));
            assert!(!format!("{loaded:?}").contains(secret));
        }
        let failed = with(&[], toml).unwrap_err().to_text(Lang::En);
        for words in ["(vpbx_api_key)", "pbx.main.salt: is missing", "__SALT"] {
            assert!(failed.contains(words), "{failed}");
        }
    }

    #[test]
    fn mistakes_in_a_pbx_are_reported() {
        let good = "key = \"a long secret key\"\n";
        for (toml, words) in [
            ("", "pbx.main.key: is missing: anyone could send calls"),
            ("key = \"short\"", "pbx.main.key: is too short"),
            (
                format!("{good}kei = 1").as_str(),
                "no such setting; did you mean `key`?",
            ),
            (
                format!("{good}body_limit = \"1GB\"").as_str(),
                "pbx.main.body_limit",
            ),
            (
                format!("{good}allowed_addresses = [\"x\"]").as_str(),
                "pbx.main.allowed_addresses",
            ),
            (
                format!("{good}several = \"all\"").as_str(),
                "pbx.main.several: `all` must be oldest or newest",
            ),
            (
                format!("{good}answer_within = \"0s\"").as_str(),
                "pbx.main.answer_within: `0s` is too short",
            ),
            (
                format!("{good}remember_most = 0").as_str(),
                "pbx.main.remember_most: 0 is not between",
            ),
            (
                format!("{good}crm = \"other\"").as_str(),
                "pbx.main.crm: `other` is not a connection",
            ),
            (
                format!(
                    "{good}[crm.a]\nwebhook = \"https://a.example/rest/1/abcdefgh12345678/\"\n[crm.b]\nwebhook = \"https://b.example/rest/1/abcdefgh12345678/\""
                )
                .as_str(),
                "pbx.main.crm: is missing: there are several connections (a, b)",
            ),
            (
                format!("{good}[pbx.main.direction]\n0 = \"missed\"").as_str(),
                "pbx.main.direction.0: `missed` must be one of",
            ),
            (
                format!("{good}[channels]\nbase_path = \"/pbx/x\"").as_str(),
                "channels.base_path: PBXs use this path",
            ),
        ] {
            let failed = with(&[], &format!("[pbx.main]\n{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
    }

    #[test]
    fn mistakes_in_the_dialect_of_a_pbx_are_reported() {
        let good = "key = \"a long secret key\"\n";
        for (toml, words) in [
            (
                format!("{good}dialect = \"asterisk\"").as_str(),
                "pbx.main.dialect: there is no dialect `asterisk`; leadgate knows usercrm, mango",
            ),
            (
                format!("{good}salt = \"a long secret salt\"").as_str(),
                "pbx.main.salt: the dialect usercrm has no signatures",
            ),
            (
                format!("{good}dialect = \"mango\"\nsalt = \"short\"").as_str(),
                "pbx.main.salt: is too short",
            ),
            (
                format!("{good}dialect = \"mango\"\nsalt = \"a long secret salt\"\n[pbx.main.direction]\n1 = \"outgoing\"").as_str(),
                "pbx.main.direction: the values of the dialect mango are documented",
            ),
        ] {
            let failed = with(&[], &format!("[pbx.main]\n{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
    }
}
