//! `token` and `url` of `[amocrm.NAME]`: how leadgate asks an account.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::amocrm::subdomain;
use super::amocrm_widget::{account_url, is_local};
use super::parse::Problems;
use super::raw::RawAmo;
use super::settings::{AmoApiSettings, HookCare, SANDBOX_CONNECTION};
use super::units::long_duration;
use crate::domain::{Bilingual, bilingual};

/// Reads how an account is asked; `None` without a token.
pub(super) fn api(problems: &mut Problems, name: &str, raw: &RawAmo) -> Option<AmoApiSettings> {
    let key = |field: &str| format!("amocrm.{name}.{field}");
    let written = |text: &Option<String>| {
        let text = text.as_deref().filter(|text| !text.trim().is_empty());
        text.map(address).transpose()
    };
    let url = problems.keep(&key("url"), written(&raw.url))?;
    let token = raw.token.clone();
    let token = token.filter(|token| !token.expose_secret().is_empty())?;
    let url = match (url, &raw.subdomain) {
        (Some(url), _) => url,
        // a wrong one is reported with its own key
        (None, Some(written)) => {
            subdomain(written).ok()?;
            account_url(written.trim())
        }
        (None, None) => {
            let wrong = bilingual!(
                "is missing: with a token leadgate asks https://SUBDOMAIN.amocrm.ru; for another address set url",
                "не указан: с токеном leadgate обращается к https://SUBDOMAIN.amocrm.ru; другой адрес задаёт url"
            );
            problems.keep::<()>(&key("subdomain"), Err(wrong));
            return None;
        }
    };
    let hook_url = problems.keep(&key("hook_url"), written(&raw.hook_url))?;
    let mut time = |field: &str, written: Option<&str>, default: &str| {
        let time = long_duration(written.unwrap_or(default));
        let time = problems.keep(&key(field), time);
        time.filter(|time| !time.is_zero()).unwrap_or(DAY)
    };
    let watch_every = time("watch_every", raw.watch_every.as_deref(), "24h");
    let watch_silence = time("watch_silence", raw.watch_silence.as_deref(), "3h");
    let watch = care(raw.watch.as_deref().unwrap_or("alert"));
    Some(AmoApiSettings {
        url,
        token,
        hook_url: hook_url.unwrap_or_default(),
        watch: problems.keep(&key("watch"), watch)?,
        watch_every,
        watch_silence,
    })
}

/// What a time is that cannot be read or is zero.
const DAY: Duration = Duration::from_secs(24 * 3600);

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

/// Checks an address. The token goes there, so it is encrypted unless it stays on this machine.
fn address(text: &str) -> Result<String, Bilingual> {
    let text = text.trim().trim_end_matches('/');
    let is_plain =
        text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains(['@', '?', '#']);
    let is_address = match text.split_once("://") {
        Some(("https", rest)) => !rest.is_empty() && !rest.starts_with(['/', ':']),
        Some(("http", _)) => is_local(text),
        _ => text == SANDBOX_CONNECTION,
    };
    if is_plain && is_address {
        return Ok(text.to_owned());
    }
    Err(bilingual!(
        "`{text}` is not an address with https; write https://edudemo.amocrm.ru",
        "`{text}` — не адрес с https; напишите https://edudemo.amocrm.ru"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(address(text).ok().as_deref(), url, "{text}");
        }
    }
}
