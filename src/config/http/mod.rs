//! `[http.NAME]`: checks the settings of an HTTP service.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use secrecy::{ExposeSecret as _, SecretString};

use super::parse::Problems;
use super::raw::RawHttp;
use super::settings::{HttpPreset, HttpServiceSettings, UnknownOutcome};
use super::units::bytes;
use crate::domain::{Bilingual, bilingual};

/// The limit of Calltouch: requests a second from one address.
const CALLTOUCH_RATE: f64 = 5.0;

pub(super) fn service(
    problems: &mut Problems,
    name: &str,
    raw: RawHttp,
) -> Option<HttpServiceSettings> {
    let key = |field: &str| format!("http.{name}.{field}");
    let url = problems.keep(&key("url"), address(name, raw.url.clone()))?;
    let preset = preset(problems, name, &raw)?;
    let is_calltouch = matches!(preset, HttpPreset::Calltouch { .. });
    let rate = match raw.rate.as_deref() {
        Some(text) => problems.keep(&key("rate"), rate(text)),
        None => is_calltouch.then_some(CALLTOUCH_RATE),
    };
    let parallel = problems.keep(
        &key("parallel"),
        number(raw.parallel.as_deref().unwrap_or("4")),
    );
    let parallel = problems.within(&key("parallel"), parallel.unwrap_or(1), 1..=256);
    let retries = raw.retries.as_deref().map(number).transpose();
    let retries = problems.keep(&key("retries"), retries).flatten();
    let limit = bytes(raw.reply_limit.as_deref().unwrap_or("1MB"));
    let limit = problems.keep(&key("reply_limit"), limit).unwrap_or(1 << 20);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let timeout = raw.timeout.as_deref().unwrap_or("10s");
    let connect_timeout = raw.connect_timeout.as_deref().unwrap_or("5s");
    let look = raw.look_path.map(|path| (path, raw.look_found));
    let unknown = raw.unknown.as_deref().map(unknown).transpose();
    let unknown = problems.keep(&key("unknown"), unknown).flatten();
    let question = look.as_ref().map(|(path, _)| path.as_str());
    check_look(problems, name, unknown, &preset, question);
    Some(HttpServiceSettings {
        url,
        headers: headers(problems, name, raw.headers, raw.token, &preset),
        preset,
        rate,
        parallel,
        timeout: problems.time_limit(&key("timeout"), timeout),
        connect_timeout: problems.time_limit(&key("connect_timeout"), connect_timeout),
        retries: retries.map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        unknown,
        idempotency_header: problems
            .keep(
                &key("idempotency_header"),
                raw.idempotency_header
                    .as_deref()
                    .map(header_name)
                    .transpose(),
            )
            .flatten(),
        look,
        check: raw.check.filter(|path| !path.trim().is_empty()),
        reply_limit: problems.within(&key("reply_limit"), limit, 1024..=64 << 20),
        trust: raw.trust.map(PathBuf::from),
        proxy: raw.proxy,
    })
}

/// Reports `unknown = "look"` without a question.
fn check_look(
    problems: &mut Problems,
    name: &str,
    unknown: Option<UnknownOutcome>,
    preset: &HttpPreset,
    look_path: Option<&str>,
) {
    let missing = match preset {
        HttpPreset::Plain => look_path.is_none().then_some("look_path"),
        HttpPreset::Calltouch { read_token, .. } => read_token.is_none().then_some("read_token"),
    };
    if let (Some(UnknownOutcome::Look), Some(missing)) = (unknown, missing) {
        let wrong = bilingual!(
            "\"look\" needs `{missing}`",
            "для \"look\" нужно `{missing}`"
        );
        problems.keep::<()>(&format!("http.{name}.unknown"), Err(wrong));
    }
}

/// Checks the beginning of an address; the rest may be a secret.
fn address(name: &str, url: Option<SecretString>) -> Result<SecretString, Bilingual> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(bilingual!(
            "a name may have letters, digits, `_` and `-` only",
            "в имени могут быть только латинские буквы, цифры, `_` и `-`"
        ));
    }
    let url = url.ok_or_else(|| {
        let name = name.to_uppercase();
        bilingual!(
            "is missing; set LEADGATE_HTTP__{name}__URL to the address of the service",
            "не задан; запишите адрес сервиса в LEADGATE_HTTP__{name}__URL"
        )
    })?;
    let text = url.expose_secret();
    let rest = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(url),
        _ => Err(bilingual!(
            "is not an address; write https://api.example",
            "это не адрес; напишите https://api.example"
        )),
    }
}

fn preset(problems: &mut Problems, name: &str, raw: &RawHttp) -> Option<HttpPreset> {
    let key = |field: &str| format!("http.{name}.{field}");
    match raw.preset.as_deref().unwrap_or("plain") {
        "plain" => Some(HttpPreset::Plain),
        "calltouch" => {
            let site = raw.site.as_deref().map_or_else(
                || {
                    Err(bilingual!(
                        "is missing; it is in the project's settings in Calltouch",
                        "не задан; он есть в настройках проекта в Calltouch"
                    ))
                },
                |text| {
                    let site = text.trim().parse();
                    site.map_err(|_| bilingual!("`{text}` is not a number", "`{text}` — не число"))
                },
            );
            let zone = raw
                .zone
                .clone()
                .unwrap_or_else(|| "Europe/Moscow".to_owned());
            let known = TimeZone::get(&zone).map(|_| zone.clone());
            let known = known.map_err(|_| {
                bilingual!(
                    "there is no time zone `{zone}`; write Europe/Moscow",
                    "часового пояса `{zone}` нет; напишите Europe/Moscow"
                )
            });
            if raw.token.is_none() {
                let wrong = bilingual!(
                    "is missing; it is in Calltouch under API",
                    "не задан; он есть в Calltouch в разделе API"
                );
                problems.keep::<()>(&key("token"), Err(wrong));
            }
            Some(HttpPreset::Calltouch {
                site: problems.keep(&key("site"), site)?,
                zone: problems.keep(&key("zone"), known)?,
                read_token: raw.read_token.clone(),
            })
        }
        other => {
            let wrong = bilingual!(
                "`{other}` must be plain or calltouch",
                "`{other}` не подходит; можно plain или calltouch"
            );
            problems.keep(&key("preset"), Err(wrong))
        }
    }
}

/// Returns the header fields with the token among them.
fn headers(
    problems: &mut Problems,
    name: &str,
    written: impl IntoIterator<Item = (String, super::raw::Header)>,
    token: Option<SecretString>,
    preset: &HttpPreset,
) -> Vec<(String, SecretString)> {
    let mut headers = Vec::new();
    for (header, value) in written {
        let key = format!("http.{name}.headers");
        let is_plain = !value.0.expose_secret().contains(char::is_control);
        let header = header_name(&header).and_then(|header| {
            if is_plain {
                Ok(header)
            } else {
                Err(bilingual!(
                    "`{header}` has a line break in its value",
                    "в значении `{header}` есть перевод строки"
                ))
            }
        });
        headers.extend(problems.keep(&key, header).map(|header| (header, value.0)));
    }
    match (preset, token) {
        (HttpPreset::Calltouch { site, .. }, token) => {
            headers.extend(token.map(|token| ("Access-Token".to_owned(), token)));
            headers.push(("SiteId".to_owned(), site.to_string().into()));
        }
        (HttpPreset::Plain, Some(token)) => {
            let bearer = format!("Bearer {}", token.expose_secret());
            headers.push(("Authorization".to_owned(), bearer.into()));
        }
        (HttpPreset::Plain, None) => {}
    }
    headers
}

/// Checks the name of a header field. Environment variables have `_` in place of `-`.
fn header_name(text: &str) -> Result<String, Bilingual> {
    let name = text.trim().replace('_', "-");
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err(bilingual!(
            "`{text}` is not the name of a header field",
            "`{text}` — не имя заголовка"
        ));
    }
    Ok(name)
}

fn number(text: &str) -> Result<usize, Bilingual> {
    let number = text.trim().parse();
    number.map_err(|_| bilingual!("must be a whole number", "нужно целое число"))
}

/// Parses `5/s`, `100/min`, `1000 в час`, or a number of requests a second.
fn rate(text: &str) -> Result<f64, Bilingual> {
    let wrong = || {
        bilingual!(
            "`{text}` is not a rate; write 5/s, 100/m or 1000/h",
            "`{text}` — не частота; напишите 5/s, 100/m или 1000/h"
        )
    };
    let written = text.trim().to_lowercase();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let end = written.find(|c| !is_number(c)).unwrap_or(written.len());
    let (number, unit) = written.split_at_checked(end).ok_or_else(wrong)?;
    let number: f64 = number.replace(',', ".").parse().map_err(|_| wrong())?;
    let unit = unit.trim();
    let unit = ["/", "per ", "a ", "an ", "в ", "за "]
        .into_iter()
        .find_map(|word| unit.strip_prefix(word))
        .unwrap_or(unit);
    let seconds = match unit.trim().trim_end_matches('.') {
        "" | "s" | "sec" | "second" | "с" | "сек" | "секунду" => 1.0,
        "m" | "min" | "minute" | "м" | "мин" | "минуту" => 60.0,
        "h" | "hour" | "ч" | "час" => 3600.0,
        _ => return Err(wrong()),
    };
    let rate = number / seconds;
    if rate.is_finite() && rate > 0.0001 {
        Ok(rate)
    } else {
        Err(wrong())
    }
}

fn unknown(word: &str) -> Result<UnknownOutcome, Bilingual> {
    match word {
        "repeat" => Ok(UnknownOutcome::Repeat),
        "look" => Ok(UnknownOutcome::Look),
        "park" => Ok(UnknownOutcome::Park),
        other => Err(bilingual!(
            "`{other}` must be repeat, look or park",
            "`{other}` не подходит; можно repeat, look или park"
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::config::tests::with;
    use crate::domain::Lang;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table")]
    fn mistakes_in_a_service_are_reported() {
        let url = "url = \"https://api.example\"\n";
        for (toml, words) in [
            (
                "timeout = \"5s\"",
                "http.orders.url: is missing; set LEADGATE_HTTP__ORDERS__URL",
            ),
            (
                "url = \"api.example\"",
                "http.orders.url: is not an address",
            ),
            ("url = \"https:///x\"", "http.orders.url: is not an address"),
            (
                "url = \"ftp://x.example\"",
                "http.orders.url: is not an address",
            ),
            (
                &format!("{url}rate = \"fast\""),
                "http.orders.rate: `fast` is not a rate",
            ),
            (
                &format!("{url}rate = \"5/d\""),
                "http.orders.rate: `5/d` is not a rate",
            ),
            (
                &format!("{url}rate = \"0/s\""),
                "http.orders.rate: `0/s` is not a rate",
            ),
            (
                &format!("{url}parallel = 0"),
                "http.orders.parallel: 0 is not between 1 and 256",
            ),
            (
                &format!("{url}parallel = \"x\""),
                "http.orders.parallel: must be a whole number",
            ),
            (
                &format!("{url}timeout = \"soon\""),
                "http.orders.timeout: `soon` is not a duration",
            ),
            (
                &format!("{url}unknown = \"maybe\""),
                "http.orders.unknown: `maybe` must be repeat, look or park",
            ),
            (
                &format!("{url}unknown = \"look\""),
                "http.orders.unknown: \"look\" needs `look_path`",
            ),
            (
                &format!("{url}headers = {{ \"X Y\" = \"z\" }}"),
                "`X Y` is not the name of a header field",
            ),
            (
                &format!("{url}idempotency_header = \"a:b\""),
                "`a:b` is not the name of a header field",
            ),
            (
                &format!("{url}reply_limit = \"10\""),
                "http.orders.reply_limit: 10 is not between",
            ),
            (
                &format!("{url}preset = \"other\""),
                "http.orders.preset: `other` must be plain or calltouch",
            ),
            (
                &format!("{url}preset = \"calltouch\"\ntoken = \"t\""),
                "http.orders.site: is missing",
            ),
            (
                &format!("{url}preset = \"calltouch\"\nsite = 1"),
                "http.orders.token: is missing",
            ),
            (
                &format!("{url}preset = \"calltouch\"\ntoken = \"t\"\nsite = \"x\""),
                "http.orders.site: `x` is not a number",
            ),
            (
                &format!("{url}preset = \"calltouch\"\ntoken = \"t\"\nsite = 1\nzone = \"Moscow\""),
                "there is no time zone `Moscow`",
            ),
            (
                &format!(
                    "{url}preset = \"calltouch\"\ntoken = \"t\"\nsite = 1\nunknown = \"look\""
                ),
                "\"look\" needs `read_token`",
            ),
            (&format!("{url}ulr = \"x\""), "http.orders.ulr"),
        ] {
            let failed = with(&[], &format!("[http.orders]\n{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}\n{text}");
        }
    }

    #[test]
    fn a_rate_is_read_as_people_write_it() {
        for (text, rate) in [
            ("5", Some(5.0)),
            ("5/s", Some(5.0)),
            (" 5 / sec ", Some(5.0)),
            ("5 per second", Some(5.0)),
            ("5 в секунду", Some(5.0)),
            ("5 в сек.", Some(5.0)),
            ("0.5", Some(0.5)),
            ("0,5/с", Some(0.5)),
            ("120/m", Some(2.0)),
            ("120/min", Some(2.0)),
            ("120 в минуту", Some(2.0)),
            ("3600/h", Some(1.0)),
            ("3600 в час", Some(1.0)),
            ("5/d", None),
            ("5 apples", None),
            ("0", None),
            ("-5", None),
            ("/s", None),
            ("fast", None),
            ("", None),
        ] {
            assert_eq!(super::rate(text).ok(), rate, "{text}");
        }
    }

    #[test]
    fn secrets_of_a_service_come_from_the_environment_and_are_never_shown() {
        let env = [
            (
                "LEADGATE_HTTP__ORDERS__URL",
                "https://api.example/s3cret-path",
            ),
            ("LEADGATE_HTTP__ORDERS__TOKEN", "s3cret-token"),
            ("LEADGATE_HTTP__ORDERS__HEADERS__X_API_KEY", "s3cret-key"),
            (
                "LEADGATE_HTTP__ORDERS__PROXY",
                "http://u:s3cret-proxy@proxy.example",
            ),
            ("LEADGATE_HTTP__CALLS__URL", "https://api.calltouch.ru"),
            ("LEADGATE_HTTP__CALLS__PRESET", "calltouch"),
            ("LEADGATE_HTTP__CALLS__SITE", "7"),
            ("LEADGATE_HTTP__CALLS__TOKEN", "s3cret-access"),
            ("LEADGATE_HTTP__CALLS__READ_TOKEN", "s3cret-read"),
        ];
        let loaded = with(&env, "").unwrap();
        let names: Vec<&String> = loaded.settings.http["orders"]
            .headers
            .iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["x-api-key", "Authorization"]);
        assert_eq!(loaded.settings.http["calls"].rate, Some(5.0));
        let shown = format!("{}{:?}{:?}", loaded.show(Lang::En), loaded.settings, loaded);
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("https://api.example/•••"), "{shown}");
    }

    #[test]
    fn every_setting_of_a_service_is_on_its_page_in_both_languages() {
        for page in ["docs/services.md", "docs/services.ru.md"] {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
            let text = std::fs::read_to_string(path).unwrap();
            for key in crate::config::raw::HTTP_KEYS {
                let row = format!("\n| `{key}` | ");
                assert_eq!(text.matches(&row).count(), 1, "{page}: {key}");
            }
        }
    }
}
