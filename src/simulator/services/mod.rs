//! Services beside the portal: for steps after the CRM a bin that takes every HTTP request, and
//! Calltouch; for hooks an account of amoCRM. All show what came in, and fail as a test or a person
//! asks.
//!
//! `/services/bin/…` answers what it got. `/services/bin/status/422` answers with that status, and
//! `GET /services/bin/count?text=…` says how many requests contain a text. A repeat with the same
//! `Idempotency-Key` gets the first reply again, as many services do (the draft "The
//! Idempotency-Key HTTP Header Field").

mod calltouch;
mod exchange;

use std::collections::{HashMap, VecDeque};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

pub(super) use self::exchange::{Received, ServiceReply};
use super::amocrm::AmoAccount;
use super::faults::FaultKind;
use super::leaving::Delivery;

/// Number of requests kept.
const REQUESTS: usize = 2000;
/// Bytes of a body that are kept.
const KEPT: usize = 64 << 10;
/// The name of the bin, in addresses and faults.
pub(super) const BIN: &str = "bin";
/// The name of Calltouch, in addresses and faults.
pub(super) const CALLTOUCH: &str = "calltouch";

/// A request that a service got.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceRequest {
    /// Counts the requests since the start.
    pub number: u64,
    /// When it was received.
    pub time: Timestamp,
    /// `bin`, `calltouch` or `amocrm`.
    pub service: String,
    /// The HTTP method.
    pub method: String,
    /// The path behind the service's name, with its query.
    pub path: String,
    /// Its header fields.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
    /// The HTTP status of the reply; 0 when none was sent.
    pub status: u16,
    /// Whether the service did its work.
    pub done: bool,
    /// The code of the fault that occurred.
    pub fault: Option<String>,
}

/// The state of the services.
#[derive(Debug, Default)]
pub(super) struct Services {
    requests: VecDeque<ServiceRequest>,
    count: u64,
    /// The replies by idempotency key.
    replies: HashMap<String, Value>,
    calltouch: calltouch::Calltouch,
    pub(super) amocrm: AmoAccount,
}

impl Services {
    pub(super) fn clear(&mut self) {
        *self = Self {
            count: self.count,
            ..Self::default()
        };
    }

    /// Returns the number of requests since the start.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the latest requests, oldest first.
    pub(super) fn requests(&self) -> impl DoubleEndedIterator<Item = &ServiceRequest> {
        self.requests.iter()
    }

    /// Returns the requests that Calltouch has imported, oldest first.
    pub(super) fn imported(&self) -> &[Value] {
        self.calltouch.imported()
    }

    /// Keeps a request.
    pub(super) fn keep(&mut self, mut request: ServiceRequest) {
        self.count += 1;
        request.number = self.count;
        self.requests.push_back(request);
        while self.requests.len() > REQUESTS {
            self.requests.pop_front();
        }
    }

    /// The bin: takes everything.
    pub(super) fn bin(&mut self, received: &Received) -> ServiceReply {
        let path = received.path.split('?').next().unwrap_or_default();
        if let Some(status) = path.strip_prefix("/status/") {
            let status = status.parse().unwrap_or(400);
            return ServiceReply::json(status, &json!({"status": status}));
        }
        if path == "/count" && received.method == "GET" {
            let text = received.parameter("text").unwrap_or_default();
            let found = self.requests.iter().filter(|request| {
                request.done && request.method != "GET" && request.body.contains(&text)
            });
            return ServiceReply::json(200, &json!({"count": found.count()}));
        }
        let key = received.header("idempotency-key").map(str::to_owned);
        let known = key.as_ref().and_then(|key| self.replies.get(key));
        if let Some(reply) = known {
            let mut reply = ServiceReply::json(200, reply);
            reply
                .headers
                .push(("Idempotent-Replayed", "true".to_owned()));
            return reply;
        }
        let number = self.count + 1;
        let mut answer = json!({
            "ok": true, "number": number, "method": received.method, "path": received.path,
        });
        if let Ok(body) = serde_json::from_str::<Value>(&received.body) {
            answer["json"] = body;
        } else if !received.body.is_empty() {
            answer["text"] = received.body.as_str().into();
        }
        if let Some(key) = key {
            self.replies.insert(key, answer.clone());
        }
        ServiceReply::json(200, &answer)
    }

    /// Calltouch.
    pub(super) fn calltouch(
        &mut self,
        received: &Received,
        fault: Option<&FaultKind>,
    ) -> ServiceReply {
        let refused = match fault {
            Some(FaultKind::PartialImport { refused }) => *refused,
            _ => 0,
        };
        self.calltouch.serve(received, refused)
    }
}

/// The reply of a fault that occurs before any work.
pub(super) fn at_door(kind: &FaultKind) -> ServiceReply {
    match kind {
        FaultKind::TooManyRequests { retry_after } => {
            let mut reply = ServiceReply::json(429, &json!({"error": "too many requests"}));
            reply.headers.push(("Retry-After", retry_after.to_string()));
            reply
        }
        FaultKind::CredentialsRevoked | FaultKind::UserDismissed => {
            ServiceReply::json(401, &json!({"error": "unauthorized"}))
        }
        FaultKind::OverloadLimit => ServiceReply::json(503, &json!({"error": "overloaded"})),
        FaultKind::AccountBlocked => ServiceReply::json(403, &json!({"error": "forbidden"})),
        FaultKind::BadGateway => ServiceReply {
            body: "<html><h1>502 Bad Gateway</h1></html>".to_owned(),
            content_type: "text/html",
            ..ServiceReply::json(502, &Value::Null)
        },
        FaultKind::Renamed { host } => {
            let mut reply = ServiceReply::json(302, &Value::Null);
            reply.headers.push(("Location", host.clone()));
            reply
        }
        FaultKind::ResetBefore => ServiceReply {
            delivery: Delivery::Nothing,
            ..ServiceReply::json(500, &Value::Null)
        },
        _ => ServiceReply::json(500, &json!({"error": "internal error"})),
    }
}

/// Returns the part of a body that is kept.
pub(super) fn cut(mut body: String) -> String {
    let mut end = body.len().min(KEPT);
    while !body.is_char_boundary(end) {
        end -= 1;
    }
    body.truncate(end);
    body
}
