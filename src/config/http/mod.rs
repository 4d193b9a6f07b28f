//! `[http.NAME]`: checks the settings of an HTTP service.

mod requests;

use std::path::PathBuf;

use jiff::tz::TimeZone;
use secrecy::{ExposeSecret, SecretString};

use super::problems::Problems;
use super::raw::RawHttp;
use super::settings::{HttpPreset, HttpServiceSettings, UnknownOutcome};
use super::units::bytes;
use crate::domain::{Bilingual, bilingual, is_header_name, is_of_the_connection};

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
    let look_path = raw.look_path.filter(|path| !path.trim().is_empty());
    let unknown = raw.unknown.as_deref().map(unknown).transpose();
    let unknown = problems.keep(&key("unknown"), unknown).flatten();
    check_look(problems, name, unknown, &preset, look_path.as_deref());
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
        look: requests::look(problems, name, look_path, raw.look_found),
        check: requests::check(problems, name, raw.check),
        reply_limit: problems.within(&key("reply_limit"), limit, 1024..=64 << 20),
        trust: raw.trust.filter(|it| !it.is_empty()).map(PathBuf::from),
        proxy: requests::proxy(problems, name, raw.proxy),
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
        Some(rest) if rest.contains('#') => Err(bilingual!(
            "has `#`, which is not sent; remove it and what follows",
            "есть `#`, а он не отправляется; уберите его и то, что за ним"
        )),
        Some(rest) if is_host(rest) => Ok(url),
        _ => Err(bilingual!(
            "is not an address; write https://api.example",
            "это не адрес; напишите https://api.example"
        )),
    }
}

/// Returns whether the rest of an address begins with a host, and has no blanks.
fn is_host(rest: &str) -> bool {
    !rest.is_empty()
        && !rest.starts_with(['/', '?'])
        && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// Reports settings of Calltouch at another service.
fn no_calltouch(problems: &mut Problems, name: &str, raw: &RawHttp) {
    let is_set = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    let read_token = raw.read_token.as_ref().map(ExposeSecret::expose_secret);
    for (field, is_set) in [
        ("site", is_set(raw.site.as_deref())),
        ("zone", is_set(raw.zone.as_deref())),
        ("read_token", is_set(read_token)),
    ] {
        if is_set {
            let wrong = bilingual!(
                "is a setting of Calltouch only; write `preset = \"calltouch\"`, or remove it",
                "есть только у Calltouch; добавьте `preset = \"calltouch\"` или уберите"
            );
            problems.add(&format!("http.{name}.{field}"), &wrong);
        }
    }
}

fn preset(problems: &mut Problems, name: &str, raw: &RawHttp) -> Option<HttpPreset> {
    let key = |field: &str| format!("http.{name}.{field}");
    match raw.preset.as_deref().unwrap_or("plain") {
        "plain" => {
            no_calltouch(problems, name, raw);
            Some(HttpPreset::Plain)
        }
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
                read_token: one_line(problems, &key("read_token"), raw.read_token.clone()),
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
    let token = one_line(problems, &format!("http.{name}.token"), token);
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

/// Checks a token: a line break in it cannot be sent.
fn one_line(
    problems: &mut Problems,
    key: &str,
    token: Option<SecretString>,
) -> Option<SecretString> {
    let is_broken = |token: &SecretString| token.expose_secret().contains(char::is_control);
    if token.as_ref().is_some_and(is_broken) {
        let wrong = bilingual!(
            "has a line break; write the token in one line",
            "есть перевод строки; запишите токен одной строкой"
        );
        return problems.keep(key, Err(wrong));
    }
    token
}

/// Checks the name of a header field. Environment variables have `_` in place of `-`.
fn header_name(text: &str) -> Result<String, Bilingual> {
    let name = text.trim().replace('_', "-");
    if !is_header_name(&name) {
        return Err(bilingual!(
            "`{text}` is not the name of a header field",
            "`{text}` — не имя заголовка"
        ));
    }
    if is_of_the_connection(&name) {
        return Err(bilingual!(
            "`{text}` cannot be set: the connection decides it",
            "`{text}` задать нельзя: его определяет соединение"
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
mod tests;
