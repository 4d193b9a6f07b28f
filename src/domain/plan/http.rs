//! The HTTP step: a request to a service that the settings name, what counts as its success, and
//! what later steps may use of the reply.

use serde::{Deserialize, Serialize};

use super::later::{StepText, StepValue};

/// A request to an HTTP service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpStep {
    /// The name of the destination in the settings.
    pub destination: String,
    /// The method; `None` for the usual one: `POST` with a body, `GET` without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path below the address of the destination, percent-encoded; `None` for the address
    /// itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<StepText>,
    /// Names and values for the query.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub query: Vec<(String, StepText)>,
    /// Header fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, StepText)>,
    /// The body.
    #[serde(default, skip_serializing_if = "HttpBody::is_none")]
    pub body: HttpBody,
    /// What counts as success.
    #[serde(default)]
    pub success: SuccessRule,
    /// The values that later steps may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub save: Vec<SaveRule>,
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpBody {
    /// No body.
    #[default]
    None,
    /// JSON.
    Json(StepValue),
    /// A form: names and values.
    Form(Vec<(String, StepText)>),
    /// A text of this type.
    Text {
        /// The `Content-Type`.
        content_type: String,
        /// The text.
        text: StepText,
    },
}

impl HttpBody {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// What counts as success.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SuccessRule {
    /// The statuses; empty means 200 to 299.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<u16>,
    /// A test of the reply's JSON, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
}

/// A value of the reply for later steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveRule {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub from: SaveFrom,
    /// What to do if it is not there.
    #[serde(default)]
    pub missing: SaveMissing,
}

/// Where a value of a reply is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveFrom {
    /// A path in its JSON, as written.
    Path(String),
    /// A header field.
    Header(String),
    /// Its status.
    Status,
}

/// What to do if a reply lacks a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaveMissing {
    /// Later steps have no value.
    #[default]
    Skip,
    /// Later steps have an empty text.
    Empty,
    /// The step is refused.
    Fail,
}

impl HttpStep {
    /// The kind of HTTP destinations.
    pub const KIND: &str = "http";

    /// Returns the method.
    pub fn method(&self) -> &str {
        match (&self.method, &self.body) {
            (Some(method), _) => method,
            (None, HttpBody::None) => "GET",
            (None, _) => "POST",
        }
    }

    /// Returns the step as names and values, for printing it and for comparing two plans. Values
    /// that earlier steps decide are shown as written in the profile.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        let mut facts = vec![("destination".to_owned(), self.destination.clone())];
        let mut say = |name: String, value: &str| facts.push((name, value.to_owned()));
        say("method".to_owned(), self.method());
        if let Some(path) = &self.path {
            say("path".to_owned(), path.shown());
        }
        for (name, value) in &self.query {
            say(format!("query.{name}"), value.shown());
        }
        for (name, value) in &self.headers {
            say(format!("headers.{name}"), value.shown());
        }
        match &self.body {
            HttpBody::None => {}
            HttpBody::Json(value) => leaves("json".to_owned(), &value.shown(), &mut say),
            HttpBody::Form(fields) => {
                for (name, value) in fields {
                    say(format!("form.{name}"), value.shown());
                }
            }
            HttpBody::Text { content_type, text } => {
                say("type".to_owned(), content_type);
                say("body".to_owned(), text.shown());
            }
        }
        facts
    }

    /// Returns the texts of the request by which a person finds the submission in the journal.
    pub(super) fn searchable_values(&self) -> Vec<&str> {
        let mut values: Vec<&str> = self.query.iter().map(|(_, text)| text.shown()).collect();
        match &self.body {
            HttpBody::None => {}
            HttpBody::Json(value) => texts(value, &mut values),
            HttpBody::Form(fields) => values.extend(fields.iter().map(|(_, text)| text.shown())),
            HttpBody::Text { text, .. } => values.push(text.shown()),
        }
        values
    }
}

/// Lists the values of JSON with their places: `json.requests[0].email`.
fn leaves(about: String, value: &serde_json::Value, say: &mut impl FnMut(String, &str)) {
    match value {
        serde_json::Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                leaves(format!("{about}.{name}"), value, say);
            }
        }
        serde_json::Value::Array(list) if !list.is_empty() => {
            for (index, value) in list.iter().enumerate() {
                leaves(format!("{about}[{index}]"), value, say);
            }
        }
        serde_json::Value::String(text) => say(about, text),
        other => say(about, &other.to_string()),
    }
}

fn texts<'v>(value: &'v StepValue, into: &mut Vec<&'v str>) {
    match value {
        StepValue::Known(value) => texts_of(value, into),
        StepValue::Later(_) => {}
        StepValue::List(list) => list.iter().for_each(|value| texts(value, into)),
        StepValue::Object(members) => members.iter().for_each(|(_, value)| texts(value, into)),
    }
}

fn texts_of<'v>(value: &'v serde_json::Value, into: &mut Vec<&'v str>) {
    match value {
        serde_json::Value::String(text) => into.push(text),
        serde_json::Value::Array(list) => list.iter().for_each(|value| texts_of(value, into)),
        serde_json::Value::Object(members) => {
            members.values().for_each(|value| texts_of(value, into));
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}
