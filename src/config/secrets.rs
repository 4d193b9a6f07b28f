//! Secrets in settings: which values are secret, and how to describe a syntax error without
//! repeating one.

use figment::value::{Dict, Value};

use super::raw::{
    AMO_KEYS, AMO_SECRETS, APP_KEYS, APP_SECRETS, CONNECTION_KEYS, HTTP_KEYS, HTTP_SECRETS,
    PBX_KEYS, PBX_SECRETS,
};
use crate::domain::{Bilingual, Lang, bilingual, is_plain_header};
use crate::redact;

/// The one secret among the settings of a connection.
const WEBHOOK: &str = "webhook";

/// The header fields of an HTTP service; most values are secrets.
const HEADERS: &str = "headers";

/// The secret of the mail server.
const PASSWORD: &str = "password";

/// Registers the secrets among the merged values, valid or not: everything under `crm` except keys
/// that are known to be harmless.
pub(super) fn register(values: &Dict) {
    if let Some(crm) = values.get("crm") {
        walk("crm", crm);
    }
    let mail = |key| values.get("mail")?.as_dict()?.get(key);
    if let Some(password) = mail(PASSWORD) {
        redact::register(&text_of(password));
    }
    // with a password in it, the address is refused
    if let Some(server) = mail("server").map(text_of)
        && !is_plain_host(&server)
    {
        redact::register_address(&server);
    }
    let accounts = values.get("amocrm").and_then(Value::as_dict);
    for account in accounts.into_iter().flat_map(Dict::values) {
        for (key, value) in account.as_dict().into_iter().flatten() {
            if is_secret_of_amocrm(key) {
                walk(key, value);
            }
        }
    }
    let exchanges = values.get("pbx").and_then(Value::as_dict);
    for exchange in exchanges.into_iter().flat_map(Dict::values) {
        for (key, value) in exchange.as_dict().into_iter().flatten() {
            if is_secret_of_pbx(key) {
                walk(key, value);
            }
        }
    }
    let destinations = values.get("http").and_then(Value::as_dict);
    for destination in destinations.into_iter().flat_map(Dict::values) {
        let Some(keys) = destination.as_dict() else {
            walk("http", destination);
            continue;
        };
        for (key, value) in keys {
            let headers = value.as_dict().filter(|_| key == HEADERS);
            for (name, value) in headers.into_iter().flatten() {
                if !is_plain_header(name) {
                    walk(name, value);
                }
            }
            if headers.is_none() && is_secret_of_http(key) {
                walk(key, value);
            }
        }
    }
}

/// Returns whether a key of an amoCRM account may have a secret: those that do, and unknown ones.
fn is_secret_of_amocrm(key: &str) -> bool {
    AMO_SECRETS.contains(&key) || !AMO_KEYS.contains(&key)
}

/// Returns whether a key of a PBX may have a secret: those that do, and unknown ones.
fn is_secret_of_pbx(key: &str) -> bool {
    PBX_SECRETS.contains(&key) || !PBX_KEYS.contains(&key)
}

/// Returns whether a key of an HTTP destination may have a secret: those that do, and unknown ones.
fn is_secret_of_http(key: &str) -> bool {
    HTTP_SECRETS.contains(&key) || !HTTP_KEYS.contains(&key)
}

/// Returns whether a text is the name of a host, perhaps with a user and a port, and no secret:
/// `smtp.example.com`, `anna@smtp.example.com:465`.
fn is_plain_host(text: &str) -> bool {
    let (user, host) = text.rsplit_once('@').unwrap_or(("", text));
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    let has_name = host.contains('.') || host.starts_with("localhost");
    has_name && host.chars().all(is_part) && !user.contains([':', '/'])
}

/// Returns a value as text; a password may be all digits.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        other => super::show::literal(other),
    }
}

/// Registers the text of one dotted key of the environment or the command line.
pub(super) fn register_key(key: &str, text: &str) {
    let parts: Vec<&str> = key.split('.').collect();
    let is_secret = match parts.as_slice() {
        ["crm", rest @ ..] => !is_harmless(rest.last().unwrap_or(&"crm")),
        ["amocrm", _, key, ..] => is_secret_of_amocrm(key),
        ["http", _, HEADERS, name] => !is_plain_header(name),
        ["pbx", _, key, ..] => is_secret_of_pbx(key),
        ["http", _, key, ..] => is_secret_of_http(key),
        ["http", ..] => true,
        _ => false,
    };
    if is_secret {
        redact::register_address(text);
    }
    if key == "mail.password" {
        redact::register(text);
    }
}

/// Registers the text of a `_FILE` with any key, because a secret may be in the wrong place. Paths
/// and addresses are exempt.
pub(super) fn register_file(text: &str) {
    if !text.contains(['/', ':', '.', ' ']) {
        redact::register(text);
    }
}

fn walk(key: &str, value: &Value) {
    match value {
        Value::String(_, text) if !is_harmless(key) => redact::register_address(text),
        Value::Num(..) if key == WEBHOOK => redact::register(&super::show::literal(value)),
        Value::Dict(_, inner) => inner.iter().for_each(|(key, value)| walk(key, value)),
        Value::Array(_, items) => items.iter().for_each(|value| walk(key, value)),
        Value::String(..)
        | Value::Char(..)
        | Value::Bool(..)
        | Value::Num(..)
        | Value::Empty(..) => {}
    }
}

fn is_harmless(key: &str) -> bool {
    let is_of_app = APP_KEYS.contains(&key) && !APP_SECRETS.contains(&key);
    key != WEBHOOK && (CONNECTION_KEYS.contains(&key) || is_of_app)
}

/// Describes a syntax error by its place and key. The parser's own message repeats the whole line,
/// which may contain a secret.
pub(super) fn syntax_error(message: &str, file: &str) -> Option<Bilingual> {
    let rest = message.split_once("at line ")?.1;
    let (line, rest) = rest.split_once(", column ")?;
    let column = rest.lines().next()?.trim();
    let (line, column): (usize, usize) = (line.trim().parse().ok()?, column.parse().ok()?);
    // the last lines describe the error, the lines before them quote the text
    let words: Vec<&str> = message
        .lines()
        .skip(1)
        .filter(|line| !line.contains('|') && !line.trim().is_empty())
        .collect();
    let words = without_quotations(&words.join("; "));
    let at = file
        .lines()
        .nth(line.saturating_sub(1))
        .and_then(known_key)
        .map_or_else(Bilingual::empty, |key| {
            bilingual!(", at `{key}`", ", у `{key}`")
        });
    let (at, russian) = (at.in_lang(Lang::En), at.in_lang(Lang::Ru));
    Some(bilingual!(
        "line {line}, column {column}: this is not TOML{at}: {words}; check the quotes, brackets and \
         commas there and in the line above",
        "строка {line}, знак {column}: это не TOML{russian}; проверьте там и строкой выше кавычки, скобки и \
         запятые"
    ))
}

/// Returns the key of a line if it is the name of a setting; other text may be part of a secret.
fn known_key(line: &str) -> Option<&str> {
    let key = line.split(['=', '"', '\'']).next()?.trim();
    is_a_setting(key).then_some(key)
}

fn is_a_setting(key: &str) -> bool {
    let defaults = super::DEFAULTS
        .lines()
        .filter_map(|line| line.split_once(" ="));
    CONNECTION_KEYS.contains(&key)
        || APP_KEYS.contains(&key)
        || AMO_KEYS.contains(&key)
        || HTTP_KEYS.contains(&key)
        || defaults.into_iter().any(|(name, _)| name == key)
}

/// Hides quoted text, except punctuation and names of settings.
fn without_quotations(words: &str) -> String {
    let parts = words.split('`').enumerate();
    let shown = parts.map(|(index, part)| {
        let is_quoted = index % 2 == 1;
        let is_sign = part.chars().count() <= 2;
        if !is_quoted || is_sign || is_a_setting(part) {
            part
        } else {
            "…"
        }
    });
    shown.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_is_described_without_its_line() {
        let file = "[crm.main]\nwebhook = \"https://a.example/rest/1/s3cr3t";
        let message = "TOML parse error at line 2, column 11\n  |\n2 | webhook = \"https://a.example/rest/1/s3cr3t\n  |           ^\ninvalid basic string\n";
        assert_eq!(
            syntax_error(message, file).unwrap().pick(Lang::En),
            "line 2, column 11: this is not TOML, at `webhook`: invalid basic string; check the quotes, \
             brackets and commas there and in the line above"
        );
        assert_eq!(
            without_quotations("duplicate key `s3cr3t` in `webhook`, expected `=`"),
            "duplicate key `…` in `webhook`, expected `=`"
        );
    }

    #[test]
    fn the_name_of_a_mail_server_is_no_secret_and_a_token_in_its_place_is() {
        for (text, is_plain) in [
            ("smtp.example.com", true),
            ("smtp.example.com:465", true),
            ("anna@smtp.example.com", true),
            ("localhost:25", true),
            ("q1w2e3r4t5y6", false),
            ("anna:pa55w0rd@smtp.example.com", false),
            ("smtps://anna:pa55w0rd@smtp.example.com", false),
            ("", false),
        ] {
            assert_eq!(is_plain_host(text), is_plain, "{text}");
        }
    }
}
