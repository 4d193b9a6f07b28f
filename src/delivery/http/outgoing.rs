//! What goes out for a step: address, header fields and body.

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Method, Url};
use serde_json::Value;

use super::settings::HttpSettings;
use super::shown::ShownRequest;
use super::{address, shown};
use crate::delivery::Job;
use crate::domain::{HttpBody, HttpFailure, HttpStep, StepText, StepValue, SubmissionId};

/// What leadgate accepts, unless a profile says otherwise.
pub(super) const ACCEPTED: &str = "application/json, */*;q=0.5";
/// The name of this program for services.
pub(super) const PROGRAM: &str = concat!("leadgate/", env!("CARGO_PKG_VERSION"));

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

impl OutgoingRequest {
    /// Creates a GET request to an address of the settings.
    pub(super) fn get(url: Url, settings: &HttpSettings) -> Self {
        Self {
            destination: settings.name.clone(),
            method: Method::GET,
            headers: own_headers(settings, HeaderMap::new()),
            shown: shown::of_question(&url, settings),
            url,
            body: None,
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
    if let Some(content_type) = content_type(&step.body) {
        headers.insert(CONTENT_TYPE, header_value(content_type));
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
        body: bytes(&step.body),
        shown: shown::of_step(step, (job.id, &job.step.name), settings),
        rows: 1,
    })
}

/// Adds the header fields of the destination, which replace others of the same name.
fn own_headers(settings: &HttpSettings, mut headers: HeaderMap) -> HeaderMap {
    for (name, value) in [(ACCEPT, ACCEPTED), (USER_AGENT, PROGRAM)] {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    for (name, value) in &settings.headers {
        headers.insert(name, value.clone());
    }
    headers
}

/// Returns the content type of a body.
pub(super) fn content_type(body: &HttpBody) -> Option<&str> {
    match body {
        HttpBody::None => None,
        HttpBody::Json(_) => Some("application/json"),
        HttpBody::Form(_) => Some("application/x-www-form-urlencoded"),
        HttpBody::Text { content_type, .. } => Some(content_type),
    }
}

/// Returns the bytes of a body.
fn bytes(body: &HttpBody) -> Option<Vec<u8>> {
    match body {
        HttpBody::None => None,
        HttpBody::Json(value) => Some(known(value).to_string().into_bytes()),
        HttpBody::Form(fields) => {
            let mut text = Url::parse("http://form.invalid/").ok();
            if let Some(url) = &mut text {
                let mut pairs = url.query_pairs_mut();
                for (name, value) in fields {
                    pairs.append_pair(name, value.shown());
                }
            }
            let form = text.as_ref().and_then(Url::query).unwrap_or_default();
            Some(form.as_bytes().to_vec())
        }
        HttpBody::Text { text, .. } => Some(text.shown().as_bytes().to_vec()),
    }
}

/// Returns the value of a body in which everything is filled in.
pub(super) fn known(value: &StepValue) -> Value {
    match value {
        StepValue::Known(value) => value.clone(),
        other => other.shown(),
    }
}

/// Returns a header value in one line: what a value must not contain becomes a blank.
pub(super) fn in_one_line(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    line.trim().to_owned()
}

fn header_value(text: &str) -> HeaderValue {
    let line = in_one_line(text);
    HeaderValue::from_bytes(line.as_bytes()).unwrap_or(HeaderValue::from_static(""))
}
