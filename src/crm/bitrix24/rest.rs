//! One HTTP call: JSON goes out, an envelope or a classified failure comes back.

use std::sync::RwLock;
use std::time::{Duration, Instant};

use reqwest::header::LOCATION;
use serde_json::Value;

use super::webhook::Webhook;
use super::wire;
use crate::crm::CrmError;

/// An answer longer than this is not read on: fifty full rows stay far below it.
const LONGEST_ANSWER: usize = 32 << 20;

/// How one call went, for the journal.
#[derive(Debug, Clone)]
pub(super) struct CallInfo {
    pub(super) status: Option<u16>,
    pub(super) duration: Duration,
}

/// Calls methods of one portal.
pub(super) struct Rest {
    http: reqwest::Client,
    webhook: RwLock<Webhook>,
}

impl Rest {
    pub(super) fn new(http: reqwest::Client, webhook: Webhook) -> Self {
        Self {
            http,
            webhook: RwLock::new(webhook),
        }
    }

    /// The address with its secret masked.
    pub(super) fn shown(&self) -> String {
        self.current().to_string()
    }

    fn current(&self) -> Webhook {
        self.webhook
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// POSTs one method. A redirect to a renamed portal is followed once, with the body, and kept.
    pub(super) async fn call(
        &self,
        method: &str,
        params: &Value,
    ) -> (CallInfo, Result<Value, CrmError>) {
        let started = Instant::now();
        let (status, result) = self.attempt(method, params).await;
        (
            CallInfo {
                status,
                duration: started.elapsed(),
            },
            result,
        )
    }

    async fn attempt(
        &self,
        method: &str,
        params: &Value,
    ) -> (Option<u16>, Result<Value, CrmError>) {
        let webhook = self.current();
        let first = match self.send(&webhook, method, params).await {
            Ok(response) => response,
            Err(error) => return (None, Err(error)),
        };
        if !first.status().is_redirection() {
            return read(method, first).await;
        }
        let status = Some(first.status().as_u16());
        let location = first.headers().get(LOCATION).and_then(|l| l.to_str().ok());
        let Some(moved) = location.and_then(|location| webhook.moved_to(location)) else {
            let why = "the portal redirects to an address that is no portal".to_owned();
            return (status, Err(CrmError::Unreachable { why }));
        };
        tracing::warn!(host = %moved.host(), "the portal has moved; please change the webhook's address");
        match self.send(&moved, method, params).await {
            Ok(response) => {
                *self
                    .webhook
                    .write()
                    .unwrap_or_else(std::sync::PoisonError::into_inner) = moved;
                read(method, response).await
            }
            Err(error) => (None, Err(error)),
        }
    }

    async fn send(
        &self,
        webhook: &Webhook,
        method: &str,
        params: &Value,
    ) -> Result<reqwest::Response, CrmError> {
        self.http
            .post(webhook.method(method))
            .json(params)
            .send()
            .await
            .map_err(transport)
    }
}

/// Before a connection stands nothing can have been executed; after that anything can.
fn transport(error: reqwest::Error) -> CrmError {
    let connect = error.is_connect() || error.is_builder();
    let timeout = error.is_timeout();
    let why = deepest(&error.without_url());
    if connect {
        CrmError::Unreachable { why }
    } else if timeout {
        CrmError::Unknown {
            why: "no answer in time".to_owned(),
        }
    } else {
        CrmError::Unknown { why }
    }
}

/// The innermost cause tells most: "connection refused", "invalid peer certificate".
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

async fn read(
    method: &str,
    mut response: reqwest::Response,
) -> (Option<u16>, Result<Value, CrmError>) {
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LONGEST_ANSWER => {
                let why = "the answer is longer than any the portal documents".to_owned();
                return (Some(status.as_u16()), Err(CrmError::Unknown { why }));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return (Some(status.as_u16()), Err(cut(error))),
        }
    }
    (
        Some(status.as_u16()),
        envelope(method, status.as_u16(), &body),
    )
}

fn cut(error: reqwest::Error) -> CrmError {
    CrmError::Unknown {
        why: format!("the answer broke off: {}", deepest(&error.without_url())),
    }
}

fn envelope(method: &str, status: u16, body: &[u8]) -> Result<Value, CrmError> {
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Err(CrmError::Unknown {
            why: format!("status {status} with a body that is no JSON"),
        });
    };
    if let Some(failure) = wire::failure(method, &value) {
        return Err(failure);
    }
    if value.get("result").is_none() {
        return Err(CrmError::Unknown {
            why: format!("status {status} without a result"),
        });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_decides_whatever_the_status() {
        let read = |status, body: &str| envelope("m", status, body.as_bytes());
        assert!(read(200, r#"{"result":[]}"#).is_ok());
        assert!(matches!(
            read(200, r#"{"error":"","error_description":"no"}"#),
            Err(CrmError::Refused { .. })
        ));
        assert!(matches!(
            read(502, "<html>Bad gateway</html>"),
            Err(CrmError::Unknown { .. })
        ));
        assert!(matches!(read(200, ""), Err(CrmError::Unknown { .. })));
        assert!(matches!(read(200, "{}"), Err(CrmError::Unknown { .. })));
        assert!(matches!(
            read(503, r#"{"error":"QUERY_LIMIT_EXCEEDED"}"#),
            Err(CrmError::Throttled { .. })
        ));
    }
}
