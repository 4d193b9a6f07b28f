//! `token`, `url` and the integration of `[amocrm.NAME]`: how leadgate asks an account.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::addresses::encrypted_address;
use super::amocrm::subdomain;
use super::amocrm_widget::account_url;
use super::problems::Problems;
use super::raw::RawAmo;
use super::settings::{
    AmoAccessSettings, AmoApiSettings, AmoIntegrationSettings, HookCare, SANDBOX_CONNECTION,
};
use super::units::long_duration;
use crate::domain::{Bilingual, bilingual};

/// Reads how an account is asked; `None` without a token and an integration.
pub(super) fn api(problems: &mut Problems, name: &str, raw: &RawAmo) -> Option<AmoApiSettings> {
    let key = |field: &str| format!("amocrm.{name}.{field}");
    let url = problems.keep(&key("url"), written(raw.url.as_deref(), asked_address))?;
    let access = access(problems, name, raw)?;
    let url = match (url, &raw.subdomain, &access) {
        (Some(url), ..) => url,
        // a wrong one is reported with its own key
        (None, Some(written), _) => {
            subdomain(written).ok()?;
            account_url(written.trim())
        }
        // such as an integration for the widget, which reports it if it needs it
        (None, None, AmoAccessSettings::Integration(_)) => return None,
        (None, None, AmoAccessSettings::Token(_)) => {
            let wrong = bilingual!(
                "is missing: with a token leadgate asks https://SUBDOMAIN.amocrm.ru; for another address set url",
                "не указан: с токеном leadgate обращается к https://SUBDOMAIN.amocrm.ru; другой адрес задаёт url"
            );
            problems.keep::<()>(&key("subdomain"), Err(wrong));
            return None;
        }
    };
    let hook_url = written(raw.hook_url.as_deref(), address);
    let hook_url = problems.keep(&key("hook_url"), hook_url)?;
    let mut time = |field: &str, written: Option<&str>, default: &str| {
        let time = long_duration(written.unwrap_or(default)).and_then(not_too_short);
        problems.keep(&key(field), time).unwrap_or(DAY)
    };
    let watch_every = time("watch_every", raw.watch_every.as_deref(), "24h");
    let watch_silence = time("watch_silence", raw.watch_silence.as_deref(), "3h");
    let watch = care(raw.watch.as_deref().unwrap_or("alert"));
    Some(AmoApiSettings {
        url,
        access,
        hook_url: hook_url.unwrap_or_default(),
        watch: problems.keep(&key("watch"), watch)?,
        watch_every,
        watch_silence,
    })
}

/// What a time is that cannot be read.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The shortest time between two looks at the hooks.
const SHORTEST: Duration = Duration::from_secs(1);
/// The fewest characters of `token_key`.
const FEWEST: usize = 32;

/// Reads what leadgate asks with: a token, or else the integration.
fn access(problems: &mut Problems, name: &str, raw: &RawAmo) -> Option<AmoAccessSettings> {
    let key = |field: &str| format!("amocrm.{name}.{field}");
    let filled = |secret: &SecretString| !secret.expose_secret().is_empty();
    let token_key = raw.token_key.clone().filter(filled);
    let token_key = token_key.map(|key| {
        if key.expose_secret().chars().count() >= FEWEST {
            return Ok(key);
        }
        Err(bilingual!(
            "is too short: write at least {FEWEST} random characters",
            "слишком короткий: нужно не меньше {FEWEST} случайных символов"
        ))
    });
    let token_key = problems.keep(&key("token_key"), token_key.transpose())?;
    let redirect = written(raw.redirect_uri.as_deref(), address);
    problems.keep(&key("redirect_uri"), redirect)?;
    if let Some(token) = raw.token.clone().filter(filled) {
        return Some(AmoAccessSettings::Token(token));
    }
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    let client_id = Some(text(&raw.client_id)).filter(|id| !id.is_empty())?;
    let client_secret = raw.client_secret.clone().filter(filled)?;
    let redirect_uri = match text(&raw.redirect_uri) {
        none if none.is_empty() => text(&raw.public_url).trim_end_matches('/').to_owned(),
        redirect_uri => redirect_uri,
    };
    Some(AmoAccessSettings::Integration(AmoIntegrationSettings {
        client_id,
        client_secret,
        redirect_uri,
        token_key,
    }))
}

/// Parses a text that may be missing.
fn written(
    text: Option<&str>,
    parse: fn(&str) -> Result<String, Bilingual>,
) -> Result<Option<String>, Bilingual> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(parse).transpose()
}

fn not_too_short(time: Duration) -> Result<Duration, Bilingual> {
    if time >= SHORTEST {
        return Ok(time);
    }
    Err(bilingual!(
        "is too short: at least 1s",
        "слишком мало: не меньше 1s"
    ))
}

fn care(text: &str) -> Result<HookCare, Bilingual> {
    match text.trim() {
        "off" => Ok(HookCare::Off),
        "alert" => Ok(HookCare::Alert),
        "repair" => Ok(HookCare::Repair),
        other => Err(bilingual!(
            "`{other}` must be one of off, alert, repair",
            "`{other}` не подходит; можно off, alert или repair"
        )),
    }
}

/// Checks the address of an account, or the name of the sandbox.
fn asked_address(text: &str) -> Result<String, Bilingual> {
    if text.trim() == SANDBOX_CONNECTION {
        return Ok(SANDBOX_CONNECTION.to_owned());
    }
    address(text)
}

/// Checks an address of amoCRM.
fn address(text: &str) -> Result<String, Bilingual> {
    encrypted_address(text, "https://edudemo.amocrm.ru")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests;
    use crate::domain::Lang;

    #[test]
    fn the_token_goes_to_encrypted_addresses_only() {
        for (text, url) in [
            (
                "https://edudemo.kommo.com/",
                Some("https://edudemo.kommo.com"),
            ),
            (
                "http://127.0.0.1:8090/services/amocrm",
                Some("http://127.0.0.1:8090/services/amocrm"),
            ),
            ("http://localhost", Some("http://localhost")),
            ("sandbox", Some("sandbox")),
            ("http://edudemo.amocrm.ru", None),
            ("http://localhost.example", None),
            ("https://user:pass@a.example", None),
            ("https://a.example/?x=1", None),
            ("https://", None),
            ("https:///x", None),
            ("edudemo", None),
            ("ftp://a.example", None),
            ("", None),
        ] {
            assert_eq!(asked_address(text).ok().as_deref(), url, "{text}");
        }
        assert!(address("sandbox").is_err());
    }

    fn access_of(toml: &str) -> Option<AmoAccessSettings> {
        let account = "[amocrm.main]\nsecret = \"the secret of the hook\"\naccount = 1\n";
        let loaded = tests::with(&[], &format!("{account}{toml}")).unwrap();
        assert!(!loaded.show(Lang::En).contains("0123456789abcdef"));
        let api = loaded.settings.amocrm["main"].api.clone();
        api.map(|api| api.access)
    }

    #[test]
    fn an_integration_is_what_leadgate_asks_with_unless_there_is_a_token() {
        let integration = "client_id = \"9a1f\"\nclient_secret = \"the secret of it\"\n";
        let key = "token_key = \"0123456789abcdef0123456789abcdef\"\n";
        let subdomain = "subdomain = \"edudemo\"\n";
        for (toml, redirect) in [
            (
                "redirect_uri = \"https://gw.example/x/\"\n",
                "https://gw.example/x/",
            ),
            (
                "public_url = \"https://gw.example/\"\n",
                "https://gw.example",
            ),
            ("", ""),
        ] {
            let toml = format!("{integration}{subdomain}{key}{toml}");
            let Some(AmoAccessSettings::Integration(found)) = access_of(&toml) else {
                panic!("{toml}");
            };
            assert_eq!(found.redirect_uri, redirect);
            assert_eq!(found.client_id, "9a1f");
            assert!(found.token_key.is_some());
        }
        let both = format!("{integration}{subdomain}token = \"a token of amoCRM\"\n");
        assert!(matches!(
            access_of(&both),
            Some(AmoAccessSettings::Token(_))
        ));
        assert!(
            access_of(integration).is_none(),
            "nobody is asked without an address"
        );
        assert!(access_of(&format!("client_id = \"9a1f\"\n{subdomain}")).is_none());
    }

    #[test]
    fn what_is_wrong_with_the_watch_and_the_integration_is_reported() {
        let good = "[amocrm.main]\nsecret = \"a long secret\"\naccount = 1\nsubdomain = \"a\"\ntoken = \"t\"\n";
        for (toml, words) in [
            (
                "watch_every = \"0s\"",
                "amocrm.main.watch_every: is too short: at least 1s",
            ),
            ("watch_every = \"1ms\"", "amocrm.main.watch_every"),
            ("watch_every = \"0\"", "amocrm.main.watch_every"),
            ("watch_every = \"soon\"", "amocrm.main.watch_every"),
            (
                "watch_silence = \"999ms\"",
                "amocrm.main.watch_silence: is too short",
            ),
            ("watch_silence = \"0h\"", "amocrm.main.watch_silence"),
            (
                "hook_url = \"sandbox\"",
                "amocrm.main.hook_url: `sandbox` is not an address",
            ),
            ("hook_url = \"http://gw.example\"", "amocrm.main.hook_url"),
            ("redirect_uri = \"sandbox\"", "amocrm.main.redirect_uri"),
            (
                "redirect_uri = \"http://gw.example\"",
                "amocrm.main.redirect_uri",
            ),
            (
                "token_key = \"short\"",
                "amocrm.main.token_key: is too short",
            ),
        ] {
            let text = tests::with(&[], &format!("{good}{toml}\n"));
            let text = text.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
            assert!(!text.contains("`short`"), "{text}");
        }
        for toml in ["watch_every = \"1s\"", "watch_silence = \"5m\""] {
            assert!(
                tests::with(&[], &format!("{good}{toml}\n")).is_ok(),
                "{toml}"
            );
        }
    }
}
