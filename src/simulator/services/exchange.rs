//! A request to a service as it came, and the ways in which its reply may fail to arrive.

use std::time::Duration;

use actix_web::HttpRequest;
use bytes::Bytes;
use serde_json::Value;

use crate::simulator::faults::FaultKind;
use crate::simulator::leaving::Delivery;
use crate::simulator::{params, php};

/// A request.
pub(in crate::simulator) struct Received {
    pub(in crate::simulator) service: String,
    pub(in crate::simulator) method: String,
    /// The path behind the service's name, with its query.
    pub(in crate::simulator) path: String,
    query: String,
    pub(in crate::simulator) headers: Vec<(String, String)>,
    pub(in crate::simulator) body: String,
}

impl Received {
    pub(in crate::simulator) fn new(request: &HttpRequest, body: &Bytes) -> Self {
        let part = |name: &str| {
            request
                .match_info()
                .get(name)
                .unwrap_or_default()
                .to_owned()
        };
        let query = request.query_string().to_owned();
        let mut path = format!("/{}", part("tail"));
        if !query.is_empty() {
            path = format!("{path}?{query}");
        }
        let headers = request.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        Self {
            service: part("service"),
            method: request.method().as_str().to_owned(),
            path,
            query,
            headers: headers.collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }

    /// Creates a request to amoCRM.
    #[cfg(test)]
    pub(in crate::simulator) fn made(method: &str, path: &str, token: &str, body: &str) -> Self {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        Self {
            service: "amocrm".to_owned(),
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: vec![("authorization".to_owned(), token.to_owned())],
            body: body.to_owned(),
        }
    }

    pub(in crate::simulator) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter();
        let found = named.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns a parameter of the query.
    pub(in crate::simulator) fn parameter(&self, name: &str) -> Option<String> {
        params::parse_str(&self.query).get(name).map(php::strval)
    }
}

/// A reply and how it is sent.
pub(in crate::simulator) struct ServiceReply {
    pub(in crate::simulator) status: u16,
    pub(in crate::simulator) headers: Vec<(&'static str, String)>,
    pub(in crate::simulator) content_type: &'static str,
    pub(in crate::simulator) body: String,
    pub(in crate::simulator) delivery: Delivery,
}

impl ServiceReply {
    pub(in crate::simulator) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: "application/json; charset=utf-8",
            body: body.to_string(),
            delivery: Delivery::Whole,
        }
    }

    /// Applies a fault that occurs while the reply is sent.
    pub(in crate::simulator) fn leave(&mut self, kind: &FaultKind) {
        match kind {
            FaultKind::ResetAfter => self.delivery = Delivery::Nothing,
            FaultKind::HoldReply { ms } => {
                self.delivery = Delivery::NothingAfter(Duration::from_millis(*ms));
            }
            FaultKind::CutBody => self.delivery = Delivery::Half,
            FaultKind::SlowBody { ms } => {
                self.delivery = Delivery::Slowly(Duration::from_millis(*ms));
            }
            FaultKind::WrongJson => "{\"data\": {\"requests\": [".clone_into(&mut self.body),
            _ => {}
        }
    }
}
