//! How values are escaped in a template, depending on how the result will be read.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The escaping of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// None: CRM fields, comments, plain replies.
    Nothing,
    /// For HTML.
    Html,
    /// For the inside of a JSON string.
    Json,
    /// For a part of an address or a form: percent-encoding.
    Url,
}

impl Escape {
    /// Returns the escaping for a `Content-Type` such as `text/html` or `application/problem+json`.
    pub(crate) fn of_type(content_type: &str) -> Self {
        let kind = content_type.to_ascii_lowercase();
        if kind.contains("html") || kind.contains("xml") {
            Self::Html
        } else if kind.contains("json") || kind.contains("script") {
            Self::Json
        } else {
            Self::Nothing
        }
    }

    /// Escapes a value.
    pub(super) fn apply(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Nothing => Cow::Borrowed(value),
            Self::Html => Cow::Owned(html(value)),
            Self::Json => Cow::Owned(json(value)),
            Self::Url => Cow::Owned(url(value)),
        }
    }
}

/// Encodes everything but letters, digits, `-`, `_`, `.` and `~` (RFC 3986, 2.3).
pub(super) fn url(text: &str) -> String {
    const REST: AsciiSet = NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(text, &REST).to_string()
}

/// Escapes a text for HTML, in an element or an attribute.
pub(super) fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '`' => safe.push_str("&#96;"),
            '=' => safe.push_str("&#61;"),
            c => safe.push(c),
        }
    }
    safe
}

/// Escapes a text for a JSON string, including `<`, `>` and `&`, because a page may embed the whole
/// reply.
pub(super) fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    let inside = quoted
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    inside
        .unwrap_or_default()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
