//! What goes out for a step: address, header fields and body; and what of it may be shown.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::{Map, Value, json};

use super::address;
use super::settings::HttpSettings;
use crate::delivery::Job;
use crate::domain::{HttpBody, HttpFailure, HttpStep, StepText, StepValue, SubmissionId};

/// A request that can be sent.
#[derive(Clone)]
pub(super) struct OutgoingRequest {
    /// The destination's name.
    pub(super) destination: String,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
    /// What the journal shows of it.
    pub(super) shown: ShownRequest,
    /// The number of submissions' requests in it.
    pub(super) rows: u32,
}

/// A request without the secrets of its destination.
#[derive(Clone, PartialEq)]
pub struct ShownRequest {
    /// The method.
    pub method: String,
    /// The host, and the path below the destination's address.
    pub address: String,
    /// The query of the profile.
    pub query: Vec<(String, String)>,
    /// The header fields of the profile.
    pub headers: Vec<(String, String)>,
    /// The body: JSON, or a text.
    pub body: Option<Value>,
}

/// Shows the address only: the rest may be personal data.
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

impl OutgoingRequest {
    /// Creates a GET request to an address of the settings.
    pub(super) fn get(url: Url, settings: &HttpSettings) -> Self {
        let shown = ShownRequest {
            method: "GET".to_owned(),
            address: shown_address(&url, settings),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        };
        Self {
            destination: settings.name.clone(),
            method: Method::GET,
            headers: own_headers(settings, HeaderMap::new()),
            url,
            body: None,
            shown,
            rows: 1,
        }
    }

    /// Returns the method and the address, for the journal.
    pub(super) fn shown_address(&self) -> String {
        format!("{} {}", self.shown.method, self.shown.address)
    }
}

/// Returns the key by which a service recognises a repeat of a step.
pub(super) fn key(id: SubmissionId, step: &str) -> String {
    format!("{id}-{step}")
}

/// Returns the request of a step.
pub(super) fn request(
    job: &Job,
    step: &HttpStep,
    settings: &HttpSettings,
) -> Result<OutgoingRequest, HttpFailure> {
    let path = step.path.as_ref().map(StepText::shown);
    let mut url = address::join(&settings.url, path)?;
    for (name, value) in &step.query {
        url.query_pairs_mut().append_pair(name, value.shown());
    }
    let mut headers = HeaderMap::new();
    for (name, value) in &step.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, header_value(value.shown()));
        }
    }
    let (content_type, body) = body(&step.body);
    if let Some(content_type) = content_type {
        headers.insert(CONTENT_TYPE, header_value(&content_type));
    }
    let mut headers = own_headers(settings, headers);
    if let Some(name) = &settings.idempotency_header {
        headers.insert(name, header_value(&key(job.id, &job.step.name)));
    }
    Ok(OutgoingRequest {
        destination: settings.name.clone(),
        method: Method::from_bytes(step.method().as_bytes()).unwrap_or(Method::POST),
        url,
        headers,
        body,
        shown: shown(step, settings),
        rows: 1,
    })
}

/// Returns what may be shown of a step's request.
pub(super) fn shown(step: &HttpStep, settings: &HttpSettings) -> ShownRequest {
    let text = |pairs: &[(String, StepText)]| {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (name.clone(), value.shown().to_owned()))
            .collect()
    };
    let path = step.path.as_ref().map_or("", StepText::shown);
    ShownRequest {
        method: step.method().to_owned(),
        address: format!("{}{path}", address::host(&settings.url)),
        query: text(&step.query),
        headers: text(&step.headers),
        body: match &step.body {
            HttpBody::None => None,
            HttpBody::Json(value) => Some(value.shown()),
            HttpBody::Form(fields) => {
                let fields = fields.iter();
                let fields = fields.map(|(name, value)| (name.clone(), json!(value.shown())));
                Some(Value::Object(fields.collect()))
            }
            HttpBody::Text { text, .. } => Some(text.shown().into()),
        },
    }
}

/// Returns host and path of an address of the settings; its own path may be a secret.
fn shown_address(url: &Url, settings: &HttpSettings) -> String {
    let base = settings.url.path().trim_end_matches('/');
    let path = url.path();
    let path = path.strip_prefix(base).unwrap_or_default();
    format!("{}{path}", address::host(url))
}

/// Adds the header fields of the destination, which replace others of the same name.
fn own_headers(settings: &HttpSettings, mut headers: HeaderMap) -> HeaderMap {
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("application/json, */*;q=0.5"));
    for (name, value) in &settings.headers {
        headers.insert(name, value.clone());
    }
    headers
}

/// Returns the content type and the bytes of a body.
fn body(body: &HttpBody) -> (Option<String>, Option<Vec<u8>>) {
    match body {
        HttpBody::None => (None, None),
        HttpBody::Json(value) => {
            let bytes = known(value).to_string().into_bytes();
            (Some("application/json".to_owned()), Some(bytes))
        }
        HttpBody::Form(fields) => {
            let mut text = Url::parse("http://form.invalid/").ok();
            if let Some(url) = &mut text {
                let mut pairs = url.query_pairs_mut();
                for (name, value) in fields {
                    pairs.append_pair(name, value.shown());
                }
            }
            let form = text.as_ref().and_then(Url::query).unwrap_or_default();
            let kind = "application/x-www-form-urlencoded".to_owned();
            (Some(kind), Some(form.as_bytes().to_vec()))
        }
        HttpBody::Text { content_type, text } => {
            let bytes = text.shown().as_bytes().to_vec();
            (Some(content_type.clone()), Some(bytes))
        }
    }
}

/// Returns the value of a body in which everything is filled in.
pub(super) fn known(value: &StepValue) -> Value {
    match value {
        StepValue::Known(value) => value.clone(),
        other => other.shown(),
    }
}

/// Returns a header value: what a value must not contain becomes a blank.
fn header_value(text: &str) -> HeaderValue {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    HeaderValue::from_bytes(line.trim().as_bytes()).unwrap_or(HeaderValue::from_static(""))
}
