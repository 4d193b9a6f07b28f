//! The spellings of a secret in a text: plain, and escaped for JSON, URLs and HTML.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that URLs need not escape.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// Returns all spellings, each once.
pub(super) fn all(secret: &str) -> Vec<String> {
    let json = inner(&serde_json::Value::from(secret).to_string());
    let debug = inner(&format!("{secret:?}"));
    let mut found = BTreeSet::from([secret.to_owned(), debug]);
    let escaped_signs = [false, true].map(|signs| {
        if signs {
            php_signs(&json)
        } else {
            json.clone()
        }
    });
    for json in escaped_signs {
        let php = json.replace('/', "\\/");
        for json in [json, php] {
            found.insert(unicode(&json, |unit| format!("\\u{unit:04x}")));
            found.insert(unicode(&json, |unit| format!("\\u{unit:04X}")));
            found.insert(json);
        }
    }
    for set in [NON_ALPHANUMERIC, UNRESERVED] {
        let percent = utf8_percent_encode(secret, set).to_string();
        found.insert(percent.replace("%20", "+"));
        found.insert(lower_hex(&percent).replace("%20", "+"));
        found.insert(lower_hex(&percent));
        found.insert(percent);
    }
    let html = secret
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    found.insert(html.replace('\'', "&#39;"));
    found.insert(html.replace('\'', "&#039;"));
    found.insert(html);
    found.into_iter().collect()
}

/// Decodes `\u0065` and `%65` that stand for a visible ASCII character. Returns `None` if there are
/// none.
pub(super) fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    let mut rest = bytes;
    let mut changed = false;
    while let Some((first, after)) = rest.split_first() {
        let escape = [&b"\\u00"[..], b"%"].into_iter().find_map(|prefix| {
            let (digits, after) = rest.strip_prefix(prefix)?.split_at_checked(2)?;
            let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            byte.is_ascii_graphic().then_some((byte, after))
        });
        let (byte, after) = escape.unwrap_or((*first, after));
        changed |= escape.is_some();
        plain.push(byte);
        rest = after;
    }
    changed.then_some(plain)
}

/// Removes the quotes around a text.
fn inner(quoted: &str) -> String {
    let text = quoted.strip_prefix('"').unwrap_or(quoted);
    text.strip_suffix('"').unwrap_or(text).to_owned()
}

/// Escapes the characters that PHP can write as `\u003C`.
fn php_signs(json: &str) -> String {
    json.replace('&', "\\u0026")
        .replace('<', "\\u003C")
        .replace('>', "\\u003E")
        .replace('\'', "\\u0027")
}

/// Replaces every letter that is not ASCII by `\u00f6`.
fn unicode(json: &str, escape: fn(u16) -> String) -> String {
    let mut escaped = String::new();
    for letter in json.chars() {
        if letter.is_ascii() {
            escaped.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&escape(*unit));
        }
    }
    escaped
}

/// Replaces `%2F` by `%2f`.
fn lower_hex(percent: &str) -> String {
    let mut parts = percent.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        lower.push('%');
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
    }
    lower
}
