//! What happens to a value on its way out of a template, so that it stays a value: it depends on
//! what the text is read as afterwards.

use std::borrow::Cow;

/// What happens to a value on its way into a template's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escape {
    /// It is put in as it is: CRM fields, comments, plain replies.
    Nothing,
    /// What HTML gives a meaning is spelt out.
    Html,
    /// It goes on inside the quotes of a JSON string.
    Json,
}

impl Escape {
    /// What a `Content-Type` needs: `text/html`, `application/problem+json`, in any case.
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

    /// The value as it goes into the text.
    pub(super) fn apply(self, value: &str) -> Cow<'_, str> {
        match self {
            Self::Nothing => Cow::Borrowed(value),
            Self::Html => Cow::Owned(html(value)),
            Self::Json => Cow::Owned(json(value)),
        }
    }
}

/// The text with everything spelt out that HTML gives a meaning, in an element and in an attribute.
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

/// The text as it stands between the quotes of a JSON string; `<`, `>` and `&` are spelt out too,
/// because a page may take the whole answer in.
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
