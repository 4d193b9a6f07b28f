//! From the bytes of a request to the packet that profiles see: the body, the query's fields under
//! it, and the habits of the sender. Stored bytes are read again the same way.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tilda;
use crate::channels::Preset;
use crate::domain::body::{self, Mistake, Separator};
use crate::domain::json::{Bounds, Decoded, Repairs};
use crate::domain::{ChannelFacts, RequestFacts, Source};

/// How a request came, as far as its bytes cannot be read the same way again without it. Stored as
/// the details of the source.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    /// The header `Content-Type`. It is a hint: the bytes decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The query of the address, without secrets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The field of the body in which the sender's secret came: it is no part of the packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<String>,
    /// The form builder whose habits the sender has.
    #[serde(skip_serializing_if = "Preset::is_plain")]
    pub preset: Preset,
    /// What separates the values of CSV, if the settings tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<Separator>,
    /// What the settings told about the channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Box<ChannelFacts>>,
    /// What the request told apart from its body, if a profile may use it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<Box<RequestFacts>>,
}

impl fmt::Debug for Sent {
    /// The query is a person's data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("content_type", &self.content_type)
            .field("query", &self.query.as_ref().map(String::len))
            .field("preset", &self.preset)
            .finish_non_exhaustive()
    }
}

/// Returns how the stored request came.
pub(super) fn sent(source: &Source) -> Sent {
    source.details().unwrap_or_default()
}

/// Decodes a request. JSON beyond the bounds is a mistake.
pub fn packet(sent: &Sent, raw: &[u8], bounds: impl Into<Bounds>) -> Result<Value, Mistake> {
    read(sent, raw, bounds).map(|decoded| decoded.value)
}

/// Decodes a request, and returns what had to be repaired first.
pub(super) fn read(sent: &Sent, raw: &[u8], bounds: impl Into<Bounds>) -> Result<Decoded, Mistake> {
    let query = sent.query.as_deref().filter(|query| !query.is_empty());
    let query = query.map(body::query).transpose()?;
    let (mut value, repairs) = match query {
        Some(query) if raw.trim_ascii().is_empty() => (query, Repairs::default()),
        query => {
            let content_type = sent.content_type.as_deref();
            let decoded = body::decode_separated(content_type, sent.separator, raw, bounds)?;
            (over(decoded.value, query), decoded.repairs)
        }
    };
    if let Value::Object(fields) = &mut value {
        if let Some(hidden) = &sent.hidden {
            fields.shift_remove(hidden);
            // a form may have the name several times
            fields.shift_remove(&format!("{hidden}{}", body::ALL));
        }
        match sent.preset {
            Preset::Plain => {}
            Preset::Tilda => tilda::add_marks(fields),
        }
    }
    Ok(Decoded { value, repairs })
}

/// Adds the fields of the query that the body does not have.
fn over(mut body: Value, query: Option<Value>) -> Value {
    if let (Value::Object(body), Some(Value::Object(query))) = (&mut body, query) {
        for (name, value) in query {
            body.entry(name).or_insert(value);
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_of_the_query_are_added_and_a_secret_is_removed() {
        let sent = Sent {
            query: Some("utm=direct&a=query".to_owned()),
            hidden: Some("key".to_owned()),
            ..Sent::default()
        };
        let read = |raw: &str| packet(&sent, raw.as_bytes(), 64).unwrap();
        assert_eq!(
            read("a=body&key=s3cr3t"),
            json!({"a": "body", "utm": "direct"})
        );
        assert_eq!(read(r#"{"a": 1}"#), json!({"a": 1, "utm": "direct"}));
        assert_eq!(
            read("key=x&a=body&key=s3cr3t"),
            json!({"a": "body", "utm": "direct"})
        );
        assert_eq!(read("[1]"), json!([1]));
        assert_eq!(read(""), json!({"utm": "direct", "a": "query"}));
    }
}
