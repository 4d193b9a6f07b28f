//! What the history and previews show of a request: everything that goes out, with the secrets of
//! the settings masked. `Host` and `Content-Length` follow from the address and the body.

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use serde_json::{Map, Value, json};

use super::settings::HttpSettings;
use super::{address, outgoing};
use crate::domain::{HttpBody, HttpStep, StepText, SubmissionId, is_plain_header, url_text};

/// Replaces a secret.
const MASK: &str = "•••";
/// A part of an address with letters and digits may be a secret from this length, in characters.
const MIXED_SECRET: usize = 6;
/// Any part of an address may be a secret from this length, in characters.
const LONG_SECRET: usize = 20;

/// A request without the secrets of its destination.
#[derive(Clone, PartialEq)]
pub struct ShownRequest {
    /// The method.
    pub method: String,
    /// The address without its query.
    pub address: String,
    /// The names and values of the query.
    pub query: Vec<(String, String)>,
    /// The header fields.
    pub headers: Vec<(String, String)>,
    /// The body: JSON, or a text.
    pub body: Option<Value>,
}

/// Shows the method only: the rest may be personal data.
impl std::fmt::Debug for ShownRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShownRequest({})", self.method)
    }
}

impl ShownRequest {
    /// Returns query, header fields and body, as far as there are any.
    pub fn to_json(&self) -> Value {
        let map = |pairs: &[(String, String)]| -> Value {
            let pairs = pairs.iter();
            let pairs = pairs.map(|(name, value)| (name.clone(), json!(value)));
            Value::Object(pairs.collect())
        };
        let mut shown = Map::new();
        if !self.query.is_empty() {
            shown.insert("query".to_owned(), map(&self.query));
        }
        if !self.headers.is_empty() {
            shown.insert("headers".to_owned(), map(&self.headers));
        }
        if let Some(body) = &self.body {
            shown.insert("body".to_owned(), body.clone());
        }
        Value::Object(shown)
    }
}

/// Returns what may be shown of a question: a GET request to an address below that of the settings.
pub(super) fn of_question(url: &Url, settings: &HttpSettings) -> ShownRequest {
    let base = settings.url.path().trim_end_matches('/');
    let path = url.path().strip_prefix(base).unwrap_or_default();
    let own = settings.url.query_pairs().count();
    let more = url.query_pairs().skip(own);
    let more = more.map(|(name, value)| (name.into_owned(), value.into_owned()));
    ShownRequest {
        method: "GET".to_owned(),
        address: below(&settings.url, Some(path)),
        query: own_query(&settings.url).chain(more).collect(),
        headers: with_own(Vec::new(), settings),
        body: None,
    }
}

/// Returns what may be shown of the request of a step.
pub(super) fn of_step(
    step: &HttpStep,
    (id, name): (SubmissionId, &str),
    settings: &HttpSettings,
) -> ShownRequest {
    let pairs = |pairs: &[(String, StepText)]| -> Vec<(String, String)> {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(name, value)| (name.clone(), value.shown().to_owned()));
        pairs.collect()
    };
    let mut headers = pairs(&step.headers);
    for (_, value) in &mut headers {
        *value = outgoing::in_one_line(value);
    }
    if let Some(content_type) = outgoing::content_type(&step.body) {
        set(&mut headers, CONTENT_TYPE.as_str(), content_type);
    }
    let mut headers = with_own(headers, settings);
    if let Some(header) = &settings.idempotency_header {
        set(&mut headers, header.as_str(), &outgoing::key(id, name));
    }
    ShownRequest {
        method: step.method().to_owned(),
        address: below(&settings.url, step.path.as_ref().map(StepText::shown)),
        query: own_query(&settings.url).chain(pairs(&step.query)).collect(),
        headers,
        body: match &step.body {
            HttpBody::None => None,
            HttpBody::Json(value) => Some(value.shown()),
            HttpBody::Form(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| url_text::pair(name, value.shown()));
                Some(fields.collect::<Vec<_>>().join("&").into())
            }
            HttpBody::Text { text, .. } => Some(text.shown().into()),
        },
    }
}

/// Returns the address of a path below that of the settings, without secrets in the latter.
fn below(base: &Url, path: Option<&str>) -> String {
    let masked: Vec<&str> = base
        .path()
        .split('/')
        .map(|part| if may_be_secret(part) { MASK } else { part })
        .collect();
    let (origin, own) = (address::origin(base), masked.join("/"));
    match path {
        None => format!("{origin}{own}"),
        Some(path) => {
            let (own, path) = (own.trim_end_matches('/'), path.trim_start_matches('/'));
            format!("{origin}{own}/{}", url_text::path(path))
        }
    }
}

/// Returns whether a part of an address looks like a token: `bot123456:AAF…`, `T0000000`.
fn may_be_secret(part: &str) -> bool {
    let is_mixed =
        part.contains(|c: char| c.is_ascii_digit()) && part.contains(char::is_alphabetic);
    let length = part.chars().count();
    length >= LONG_SECRET || (is_mixed && length >= MIXED_SECRET)
}

/// Returns the names of the query in the settings' address; each value may be a secret.
fn own_query(base: &Url) -> impl Iterator<Item = (String, String)> {
    let names = base.query_pairs();
    names.map(|(name, _)| (name.into_owned(), MASK.to_owned()))
}

/// Adds the header fields of every request to this destination.
fn with_own(mut headers: Vec<(String, String)>, settings: &HttpSettings) -> Vec<(String, String)> {
    for (name, value) in [
        (ACCEPT, outgoing::ACCEPTED),
        (USER_AGENT, outgoing::PROGRAM),
    ] {
        let is_it = |(known, _): &(String, String)| known.eq_ignore_ascii_case(name.as_str());
        if !headers.iter().any(is_it) {
            set(&mut headers, name.as_str(), value);
        }
    }
    for (name, value) in &settings.headers {
        let plain = value.to_str().ok();
        let plain = plain.filter(|_| is_plain_header(name.as_str()));
        set(&mut headers, name.as_str(), plain.unwrap_or(MASK));
    }
    let has_login = !settings.url.username().is_empty() || settings.url.password().is_some();
    let is_login = |(name, _): &(String, String)| name.eq_ignore_ascii_case(AUTHORIZATION.as_str());
    if has_login && !headers.iter().any(is_login) {
        set(&mut headers, AUTHORIZATION.as_str(), MASK);
    }
    headers
}

/// Sets a header field; it replaces another one of the same name.
fn set(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    headers.push((capitalised(name), value.to_owned()));
}

/// Returns the usual spelling of a name: `Content-Type`.
fn capitalised(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_shown_and_only_tokens_in_it_are_masked() {
        for (base, path, shown) in [
            ("https://a.example", Some("/x"), "https://a.example/x"),
            ("https://a.example", None, "https://a.example/"),
            (
                "https://a.example:8443/services/bin/",
                Some("/t"),
                "https://a.example:8443/services/bin/t",
            ),
            (
                "http://127.0.0.1:1/api/v2",
                None,
                "http://127.0.0.1:1/api/v2",
            ),
            (
                "https://api.telegram.example/bot123456:AAFx-y",
                Some("/sendMessage"),
                "https://api.telegram.example/•••/sendMessage",
            ),
            (
                "https://hooks.slack.example/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
                None,
                "https://hooks.slack.example/services/•••/•••/•••",
            ),
            (
                "https://a.example/api",
                Some("/orders/{{steps.crm.deal_id}}"),
                "https://a.example/api/orders/{{steps.crm.deal_id}}",
            ),
            (
                "https://a.example",
                Some("/заказ 1?/%D0%90"),
                "https://a.example/%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%201%3F/%D0%90",
            ),
        ] {
            assert_eq!(below(&base.parse().unwrap(), path), shown);
        }
        let url: Url = "https://a.example/?key=hidden1&user=2".parse().unwrap();
        let query: Vec<_> = own_query(&url).collect();
        let masked = |name: &str| (name.to_owned(), MASK.to_owned());
        assert_eq!(query, [masked("key"), masked("user")]);
    }

    #[test]
    fn names_of_header_fields_have_their_usual_spelling() {
        for (name, shown) in [
            ("content-type", "Content-Type"),
            ("idempotency-key", "Idempotency-Key"),
            ("x-api-key", "X-Api-Key"),
            ("a--b", "A--B"),
            ("", ""),
        ] {
            assert_eq!(capitalised(name), shown);
        }
    }
}
