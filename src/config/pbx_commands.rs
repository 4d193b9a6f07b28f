//! `url`, `pbx_key` and what belongs to them of `[pbx.NAME]`: how leadgate gives a PBX commands.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::addresses::encrypted_address;
use super::problems::Problems;
use super::raw::RawPbx;
use super::settings::SANDBOX_CONNECTION;
use super::units::long_duration;
use crate::domain::{Bilingual, PbxDialect, bilingual, is_inner_number};

/// How long a command may take, by default.
const TIMEOUT: &str = "10s";

/// How far back leadgate asks for calls that it lacks, and after how long without a request, by
/// default.
const CATCH_UP: &str = "1d";
const SILENCE: &str = "1h";

/// How often, and for how long, a PBX is asked for the history that it prepares, by default. Mango
/// Office allows no shorter pause.
const HISTORY_EVERY: &str = "5s";
const HISTORY_WITHIN: &str = "2m";

/// How far back Mango Office can be asked: its statistics are of less than a month.
const MANGO_BACK: Duration = Duration::from_secs(29 * 86_400);

/// How leadgate gives a PBX commands, and asks it for calls that leadgate lacks.
#[derive(Debug, Clone)]
pub struct PbxCommandSettings {
    /// The address of its API; `sandbox` for the PBX of the sandbox.
    pub url: String,
    /// The key that leadgate sends; `None` if the dialect uses the key of the requests.
    pub key: Option<SecretString>,
    /// How long a command may take.
    pub timeout: Duration,
    /// How far back leadgate asks for calls that it lacks; `None` is never.
    pub catch_up: Option<Duration>,
    /// After how long without a request of the PBX it is asked, too.
    pub silence: Duration,
    /// How often it is asked for the history that it prepares.
    pub history_every: Duration,
    /// How long it may prepare the history.
    pub history_within: Duration,
    /// Whose phone rings for a callback: an inner number for each line of the portal.
    pub callback: BTreeMap<String, String>,
}

/// The shortest of both.
const SHORTEST: Duration = Duration::from_millis(100);

/// The fewest characters of the portal's token.
const SHORTEST_TOKEN: usize = 12;

/// A mistake in the commands was reported.
pub(super) struct BadCommands;

/// Reads how leadgate gives a PBX commands; `None` if the settings have no address.
pub(super) fn commands(
    problems: &mut Problems,
    (name, dialect): (&str, PbxDialect),
    raw: &RawPbx,
) -> Result<Option<PbxCommandSettings>, BadCommands> {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let timeout = raw.timeout.as_deref().unwrap_or(TIMEOUT);
    let timeout = problems.time_limit(&setting("timeout"), timeout);
    let back = match raw.catch_up.as_deref().map(str::trim) {
        Some("off") => Ok(None),
        written => time(written.unwrap_or(CATCH_UP)).map(Some),
    };
    let back = back.and_then(|back| reachable(dialect, back));
    let back = problems.keep(&setting("catch_up"), back);
    let mut time_of = |field: &str, written: Option<&str>, otherwise: &str| {
        problems.keep(&setting(field), time(written.unwrap_or(otherwise)))
    };
    let silence = time_of("silence", raw.silence.as_deref(), SILENCE);
    let every = time_of("history_every", raw.history_every.as_deref(), HISTORY_EVERY);
    let within = raw.history_within.as_deref();
    let within = time_of("history_within", within, HISTORY_WITHIN);
    let callback = callback(problems, &setting("callback"), &raw.callback);
    let Some((url, key)) = access(problems, (name, dialect), raw)? else {
        return Ok(None);
    };
    let (Some(catch_up), Some(silence)) = (back, silence) else {
        return Err(BadCommands);
    };
    let (Some(history_every), Some(history_within)) = (every, within) else {
        return Err(BadCommands);
    };
    Ok(Some(PbxCommandSettings {
        url,
        key,
        timeout,
        catch_up,
        silence,
        history_every,
        history_within,
        callback,
    }))
}

/// Reads the address of the PBX and the key for it; `None` if the settings have no address.
fn access(
    problems: &mut Problems,
    (name, dialect): (&str, PbxDialect),
    raw: &RawPbx,
) -> Result<Option<(String, Option<SecretString>)>, BadCommands> {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let url = raw.url.as_deref().map(str::trim).unwrap_or_default();
    let key = raw.pbx_key.clone();
    let key = key.filter(|key| !key.expose_secret().is_empty());
    match (url, key) {
        ("", None) => Ok(None),
        ("", Some(_)) => {
            let missing = bilingual!(
                "is missing: pbx_key is for commands to the PBX; write its address, https://pbx.example",
                "не указан: pbx_key нужен для команд АТС; напишите её адрес, https://pbx.example"
            );
            problems.keep::<()>(&setting("url"), Err(missing));
            Err(BadCommands)
        }
        (_, None) if dialect == PbxDialect::UserCrm => {
            let variable = name.to_uppercase().replace('-', "_");
            let missing = bilingual!(
                "is missing: set LEADGATE_PBX__{variable}__PBX_KEY to the API key of the PBX",
                "не указан: задайте в LEADGATE_PBX__{variable}__PBX_KEY API-ключ АТС"
            );
            problems.keep::<()>(&setting("pbx_key"), Err(missing));
            Err(BadCommands)
        }
        (url, key) => {
            let url = problems.keep(&setting("url"), address(url));
            Ok(Some((url.ok_or(BadCommands)?, key)))
        }
    }
}

/// Reads whose phones ring for callbacks: inner numbers by the numbers of the portal's lines.
fn callback(
    problems: &mut Problems,
    setting: &str,
    raw: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let rung = raw.iter().filter_map(|(line, inner)| {
        let inner = inner.trim();
        let checked = is_inner_number(inner).then(|| inner.to_owned());
        let checked = checked.ok_or_else(|| {
            bilingual!(
                "`{inner}` is not an inner number; write 1 to 6 digits",
                "`{inner}` — не внутренний номер; напишите от 1 до 6 цифр"
            )
        });
        let inner = problems.keep(&format!("{setting}.{line}"), checked)?;
        Some((line.trim().to_owned(), inner))
    });
    rung.collect()
}

/// Checks that the history of the PBX reaches back so far.
fn reachable(dialect: PbxDialect, back: Option<Duration>) -> Result<Option<Duration>, Bilingual> {
    if dialect == PbxDialect::Mango && back.is_some_and(|back| back > MANGO_BACK) {
        return Err(bilingual!(
            "is too long: Mango Office gives the calls of 29 days at most; write 29d or less",
            "слишком большой: Mango Office отдаёт звонки не больше чем за 29 дней; напишите 29d или меньше"
        ));
    }
    Ok(back)
}

/// Reads the token of the portal; empty is none.
pub(super) fn token(token: Option<SecretString>) -> Result<Option<SecretString>, Bilingual> {
    let length = |token: &SecretString| token.expose_secret().chars().count();
    match token.as_ref().map(length) {
        None | Some(0) => Ok(None),
        Some(length) if length >= SHORTEST_TOKEN => Ok(token),
        Some(_) => Err(bilingual!(
            "is too short: copy the whole token that the portal shows for the outgoing webhook",
            "слишком короткий: скопируйте целиком токен, который портал показывает у исходящего вебхука"
        )),
    }
}

fn time(text: &str) -> Result<Duration, Bilingual> {
    let time = long_duration(text)?;
    if time >= SHORTEST {
        return Ok(time);
    }
    Err(bilingual!(
        "`{text}` is too short; write 1h or 1d",
        "`{text}` — слишком мало; напишите 1h или 1d"
    ))
}

/// Checks the address of a PBX.
fn address(text: &str) -> Result<String, Bilingual> {
    if text == SANDBOX_CONNECTION {
        return Ok(text.to_owned());
    }
    let text = text.trim_end_matches('/');
    // the whole address, as a PBX shows it
    let text = text.trim_end_matches("/integration/usercrm");
    encrypted_address(text, "https://pbx.example")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::tests::with;
    use crate::domain::Lang;

    const KEYS: &str = "[pbx.main]\nkey = \"a long secret key\"\n";

    #[test]
    fn commands_need_an_address_and_a_key() {
        let toml = format!(
            "{KEYS}url = \"https://pbx.example/\"\npbx_key = \"the key of the PBX\"\nportal_token = \"the token of the portal\"\n"
        );
        let loaded = with(&[], &toml).unwrap();
        let main = &loaded.settings.pbx["main"];
        let commands = main.commands.as_ref().unwrap();
        assert_eq!(commands.url, "https://pbx.example");
        let whole = "https://pbx.example/integration/usercrm/";
        assert_eq!(super::address(whole), Ok("https://pbx.example".to_owned()));
        assert_eq!(commands.timeout, Duration::from_secs(10));
        assert_eq!(commands.catch_up, Some(Duration::from_secs(86_400)));
        assert_eq!(commands.silence, Duration::from_secs(3_600));
        for secret in ["the key of the PBX", "the token of the portal"] {
            assert!(!loaded.show(Lang::En).contains(secret));
            assert!(!format!("{loaded:?}").contains(secret));
        }
        let off = format!("{toml}catch_up = \"off\"\n");
        let off = with(&[], &off).unwrap();
        let commands = off.settings.pbx["main"].commands.as_ref().unwrap();
        assert_eq!(commands.catch_up, None);
        let none = with(&[], KEYS).unwrap();
        assert!(none.settings.pbx["main"].commands.is_none());
    }

    #[test]
    fn the_history_of_mango_office_is_prepared_and_reaches_back_less_than_a_month() {
        let mango = "salt = \"a long secret salt\"\ndialect = \"mango\"\nurl = \"https://pbx.example/vpbx\"\n";
        let loaded = with(&[], &format!("{KEYS}{mango}catch_up = \"29d\"\n")).unwrap();
        let commands = loaded.settings.pbx["main"].commands.as_ref().unwrap();
        assert_eq!(commands.history_every, Duration::from_secs(5));
        assert_eq!(commands.history_within, Duration::from_secs(120));
        let failed = with(&[], &format!("{KEYS}{mango}catch_up = \"30d\"\n"));
        let text = failed.unwrap_err().to_text(Lang::En);
        assert!(text.contains("pbx.main.catch_up: is too long"), "{text}");
    }

    #[test]
    fn mistakes_in_the_commands_are_reported() {
        let address = "url = \"https://pbx.example\"\n";
        let key = "pbx_key = \"the key of the PBX\"\n";
        for (toml, words) in [
            (
                address.to_owned(),
                "pbx.main.pbx_key: is missing: set LEADGATE_PBX__MAIN__PBX_KEY",
            ),
            (key.to_owned(), "pbx.main.url: is missing"),
            (
                format!("{key}url = \"http://pbx.example\""),
                "pbx.main.url: `http://pbx.example` is not an address with https",
            ),
            (
                format!("{key}{address}catch_up = \"0s\""),
                "pbx.main.catch_up: `0s` is too short",
            ),
            (
                format!("{key}{address}timeout = \"0s\""),
                "pbx.main.timeout: `0s` is too short",
            ),
            (
                "portal_token = \"short\"".to_owned(),
                "pbx.main.portal_token: is too short",
            ),
            (
                format!("{key}{address}[pbx.main.callback]\n7 = \"Anna\""),
                "pbx.main.callback.7: `Anna` is not an inner number",
            ),
        ] {
            let failed = with(&[], &format!("{KEYS}{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
    }
}
