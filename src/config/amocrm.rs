//! `[amocrm.NAME]`: checks the settings of an amoCRM account.

use secrecy::ExposeSecret as _;

use super::amocrm_api;
use super::amocrm_widget;
use super::problems::Problems;
use super::raw::{RawAmo, RawSettings};
use super::settings::AmoSettings;
use super::units::bytes;
use crate::domain::{Bilingual, EndpointName, bilingual, is_amo_number};

/// The path below which all accounts have their addresses.
pub const AMO_PATH: &str = "/amo";

/// Default limits of one request: its bytes, its items, and its values.
const BODY: &str = "8MB";
const ITEMS: &str = "2000";
const VALUES: &str = "150000";

pub(super) fn account(problems: &mut Problems, name: &str, raw: RawAmo) -> Option<AmoSettings> {
    let key = |field: &str| format!("amocrm.{name}.{field}");
    let known = EndpointName::parse(name).filter(|known| known.as_str() == name);
    let known = known.ok_or_else(|| {
        bilingual!(
            "a name may have small Latin letters, digits, `_` and `-` only",
            "в имени могут быть только строчные латинские буквы, цифры, `_` и `-`"
        )
    });
    problems.keep(&format!("amocrm.{name}"), known)?;
    let api = amocrm_api::api(problems, name, &raw);
    let widget = amocrm_widget::widget(problems, name, &raw);
    let account = raw.account.as_deref().map(account_id).transpose();
    let account = problems.keep(&key("account"), account).flatten();
    let subdomain = raw.subdomain.as_deref().map(subdomain).transpose();
    let subdomain = problems.keep(&key("subdomain"), subdomain).flatten();
    if raw.account.is_none() && raw.subdomain.is_none() {
        let wrong = bilingual!(
            "is missing; it is in the account's settings, and in each hook as account[id]",
            "не указан; он есть в настройках аккаунта и в каждом хуке: account[id]"
        );
        problems.keep::<()>(&key("account"), Err(wrong));
    }
    let secret = raw
        .secret
        .filter(|secret| !secret.expose_secret().is_empty());
    let allowed_addresses = problems.networks(&key("allowed_addresses"), &raw.allowed_addresses);
    if secret.is_none() && raw.allowed_addresses.is_empty() {
        let variable = name.to_uppercase().replace('-', "_");
        let wrong = bilingual!(
            "is missing: anyone could send hooks; set LEADGATE_AMOCRM__{variable}__SECRET to a long random text",
            "не указан: прислать хук сможет кто угодно; задайте в LEADGATE_AMOCRM__{variable}__SECRET длинный случайный текст"
        );
        problems.keep::<()>(&key("secret"), Err(wrong));
    }
    let own_users = raw.own_users.iter().map(|text| account_id(text));
    let own_users = own_users.filter_map(|id| problems.keep(&key("own_users"), id));
    let own_users = own_users.collect();
    let limit = bytes(raw.body_limit.as_deref().unwrap_or(BODY));
    let limit = problems.keep(&key("body_limit"), limit).unwrap_or(1 << 20);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let items = number(raw.items_limit.as_deref().unwrap_or(ITEMS));
    let items = problems.keep(&key("items_limit"), items).unwrap_or(1);
    let values = number(raw.value_limit.as_deref().unwrap_or(VALUES));
    let values = problems.keep(&key("value_limit"), values).unwrap_or(1000);
    Some(AmoSettings {
        account,
        subdomain,
        secret,
        allowed_addresses,
        own_users,
        body_limit: problems.within(&key("body_limit"), limit, 1024..=64 << 20),
        items_limit: problems.within(&key("items_limit"), items, 1..=10_000),
        value_limit: problems.within(&key("value_limit"), values, 1000..=10_000_000),
        stages: raw.stages,
        pipelines: raw.pipelines,
        api,
        widget,
    })
}

/// Reports a base path of another source that hooks of amoCRM use.
pub(super) fn check_paths(problems: &mut Problems, raw: &RawSettings) {
    if raw.amocrm.is_empty() {
        return;
    }
    for (key, path) in [
        ("polls.base_path", &raw.polls.base_path),
        ("channels.base_path", &raw.channels.base_path),
    ] {
        let first = path.trim_matches('/').split('/').next();
        if first == Some(AMO_PATH.trim_matches('/')) {
            let wrong = bilingual!(
                "hooks of amoCRM use this path; choose another one",
                "этот путь занят хуками amoCRM; выберите другой"
            );
            problems.keep::<()>(key, Err(wrong));
        }
    }
}

fn account_id(text: &str) -> Result<String, Bilingual> {
    let text = text.trim();
    if is_amo_number(text) {
        Ok(text.to_owned())
    } else {
        Err(bilingual!(
            "`{text}` is not a number of amoCRM",
            "`{text}` — не номер amoCRM"
        ))
    }
}

/// Parses the first part of the account's address: `edudemo`, or the whole address.
pub(super) fn subdomain(text: &str) -> Result<String, Bilingual> {
    let host = text.trim();
    let host = host.strip_prefix("https://").unwrap_or(host);
    let name = host.split(['.', '/']).next().unwrap_or_default();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.len() > 63 || !name.chars().all(is_letter) {
        return Err(bilingual!(
            "`{text}` is not the beginning of an address; of https://edudemo.amocrm.ru write edudemo",
            "`{text}` — не начало адреса; от https://edudemo.amocrm.ru напишите edudemo"
        ));
    }
    Ok(name.to_ascii_lowercase())
}

fn number(text: &str) -> Result<usize, Bilingual> {
    let number = text.trim().replace('_', "").parse();
    number.map_err(|_| {
        bilingual!(
            "`{text}` must be a whole number",
            "`{text}` — не целое число"
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::config::tests::with;
    use crate::domain::Lang;

    #[test]
    fn an_account_is_read_from_file_and_environment() {
        let toml = "[amocrm.main]\nsubdomain = \"https://EduDemo.amocrm.ru/\"\naccount = 30551177\n\
            token = \"a token of amoCRM\"\nown_users = [9204411]\nallowed_addresses = [\"192.0.2.0/24\"]\n\
            [amocrm.main.stages]\n60110233 = \"Новая заявка\"\n";
        let env = [("LEADGATE_AMOCRM__MAIN__SECRET", "a long secret of amoCRM")];
        let loaded = with(&env, toml).unwrap();
        let main = &loaded.settings.amocrm["main"];
        assert_eq!(main.subdomain.as_deref(), Some("edudemo"));
        assert_eq!(main.account.as_deref(), Some("30551177"));
        assert_eq!(main.own_users, ["9204411"]);
        assert_eq!(main.items_limit, 2000);
        assert_eq!(main.stages["60110233"], "Новая заявка");
        let api = main.api.as_ref().unwrap();
        assert_eq!(api.url, "https://edudemo.amocrm.ru");
        let shown = loaded.show(Lang::En);
        assert!(!shown.contains("a long secret"), "{shown}");
        assert!(!shown.contains("a token") && !format!("{loaded:?}").contains("a token"));
        assert!(!format!("{loaded:?}").contains("a long secret"));
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn mistakes_in_an_account_are_reported() {
        let good = "secret = \"a long secret of ours\"\naccount = 1\n";
        for (toml, words) in [
            (
                "secret = \"a long secret of ours\"",
                "amocrm.main.account: is missing",
            ),
            (
                "account = 1",
                "amocrm.main.secret: is missing: anyone could send hooks",
            ),
            (
                format!("{good}acount = 2").as_str(),
                "amocrm.main.acount (leadgate.toml:4): no such setting; did you mean `account`?",
            ),
            (
                format!("{good}subdomain = \"a b\"").as_str(),
                "amocrm.main.subdomain: `a b` is not the beginning",
            ),
            (
                format!("{good}own_users = [\"me\"]").as_str(),
                "amocrm.main.own_users: `me` is not a number",
            ),
            (
                format!("{good}token = \"t\"").as_str(),
                "amocrm.main.subdomain: is missing: with a token",
            ),
            (
                format!("{good}token = \"t\"\nurl = \"http://a.example\"").as_str(),
                "amocrm.main.url: `http://a.example` is not an address with https",
            ),
            (
                format!("{good}token = \"t\"\nurl = \"a.example\"").as_str(),
                "amocrm.main.url: `a.example` is not an address",
            ),
            (
                format!("{good}subdomain = \"edu\"\ntoken = \"t\"\nwatch = \"maybe\"").as_str(),
                "amocrm.main.watch: `maybe` must be one of off, alert, repair",
            ),
            (
                format!("{good}items_limit = 0").as_str(),
                "amocrm.main.items_limit: 0 is not between",
            ),
            (
                format!("{good}body_limit = \"1GB\"").as_str(),
                "amocrm.main.body_limit",
            ),
            (
                format!("{good}value_limit = \"many\"").as_str(),
                "amocrm.main.value_limit: `many` must be",
            ),
            (
                format!("{good}allowed_addresses = [\"x\"]").as_str(),
                "amocrm.main.allowed_addresses",
            ),
            (
                format!("{good}[channels]\nbase_path = \"/amo\"").as_str(),
                "channels.base_path: hooks of amoCRM use this path",
            ),
        ] {
            let failed = with(&[], &format!("[amocrm.main]\n{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
        let failed = with(&[], "[amocrm.\"Main.ru\"]\naccount = 1\n");
        let text = failed.unwrap_err().to_text(Lang::En);
        assert!(text.contains("small Latin letters"), "{text}");
    }
}
