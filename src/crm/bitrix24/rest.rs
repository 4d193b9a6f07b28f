//! One HTTP call: JSON goes out, an envelope or a classified failure comes back.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use reqwest::header::LOCATION;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::ser::SerializeMap as _;
use serde_json::Value;
use tracing::field::Empty;
use tracing::{Instrument as _, debug_span};

use super::access::Access;
use super::address::RestAddress;
use super::application::{Application, Refused};
use super::network::network_failure;
use super::token_failure::is_token_code;
use super::wire;
use crate::crm::error::CrmError;
use crate::domain::json::has_at_most;
use crate::domain::{NoAnswer, Redirected};

/// The maximum length of an answer; fifty full rows stay far below it.
const LONGEST_ANSWER: usize = 32 << 20;
/// An answer with more values than this is not decoded: a value takes up to 350 bytes of memory.
/// Fifty lists of fifty rows with sixty fields each have 150,000.
const MOST_VALUES: usize = 250_000;

/// How many tokens of an application are tried in one call.
const MOST_TOKENS: usize = 4;

/// Status and duration of one call, for the journal.
#[derive(Debug, Clone)]
pub(super) struct CallInfo {
    pub(super) status: Option<u16>,
    pub(super) duration: Duration,
}

/// Calls methods of one portal.
pub(super) struct Rest {
    http: reqwest::Client,
    access: Access,
    /// The hosts to which a redirect may lead: `HOST` or `HOST:PORT`.
    redirect_hosts: Vec<String>,
    /// Why the last redirect was not followed, so that it is logged once.
    not_followed: Mutex<Option<Redirected>>,
    /// Where the portal has answered since it was renamed.
    moved: RwLock<Option<RestAddress>>,
}

impl Rest {
    pub(super) fn new(http: reqwest::Client, access: Access) -> Self {
        Self {
            http,
            access,
            redirect_hosts: Vec::new(),
            not_followed: Mutex::default(),
            moved: RwLock::new(None),
        }
    }

    /// Lets redirects lead to these hosts.
    pub(super) fn allow(&mut self, hosts: Vec<String>) {
        self.redirect_hosts = hosts;
    }

    fn shout(&self, why: &Redirected) {
        let mut last = self
            .not_followed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if last.as_ref() != Some(why) {
            tracing::error!(crm = %self.access.address.host(), "{why}");
            *last = Some(why.clone());
        }
    }

    /// Returns the address with its secret masked.
    pub(super) fn masked_address(&self) -> String {
        let moved = self.moved();
        moved.as_ref().unwrap_or(&self.access.address).to_string()
    }

    /// The portal's host and port, as the settings name it.
    pub(super) fn portal(&self) -> String {
        self.access.address.host()
    }

    /// Returns the address below which the portal answers now.
    pub(super) fn base(&self) -> reqwest::Url {
        let moved = self.moved();
        moved.as_ref().unwrap_or(&self.access.address).method("")
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    fn moved(&self) -> Option<RestAddress> {
        let moved = self.moved.read().unwrap_or_else(PoisonError::into_inner);
        moved.clone()
    }

    fn keep(&self, moved: Option<RestAddress>) {
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = moved;
    }

    /// POSTs one method. A redirect to a renamed portal is followed once, with the body, if the
    /// operator has allowed its new host. The new address is kept as long as a portal answers
    /// there, so that a redirect by another server in the portal's place has no lasting effect.
    pub(super) async fn call(
        &self,
        method: &str,
        params: &Value,
    ) -> (CallInfo, Result<Value, CrmError>) {
        // boxed: it is part of all futures that ask a portal
        self.timed(method, Box::pin(self.attempt(method, params)))
            .await
    }

    /// Makes a call in a span of its own, and takes the time.
    pub(super) async fn timed(
        &self,
        method: &str,
        call: impl Future<Output = (Option<u16>, Result<Value, CrmError>)>,
    ) -> (CallInfo, Result<Value, CrmError>) {
        let span = debug_span!(
            "crm_call",
            destination = %self.access.address.host(),
            crm.method = method,
            duration_ms = Empty,
        );
        let started = Instant::now();
        let (status, result) = call.instrument(span.clone()).await;
        let duration = started.elapsed();
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        span.record("duration_ms", milliseconds);
        span.in_scope(|| tracing::debug!(status, "called the CRM"));
        (CallInfo { status, duration }, result)
    }

    /// Returns the application; `None` with a webhook.
    pub(super) fn application(&self) -> Option<&Arc<Application>> {
        self.access.application.as_ref()
    }

    /// POSTs one method as the employee whose token this is.
    pub(super) async fn call_as(
        &self,
        token: &SecretString,
        method: &str,
        params: &Value,
    ) -> Result<Value, CrmError> {
        let attempt = Box::pin(self.follow(method, params, Some(token)));
        self.timed(method, attempt).await.1
    }

    /// Makes a call. A token that the portal does not take any more is renewed or replaced; nothing was
    /// executed then.
    async fn attempt(
        &self,
        method: &str,
        params: &Value,
    ) -> (Option<u16>, Result<Value, CrmError>) {
        let Some(application) = self.application() else {
            return self.follow(method, params, None).await;
        };
        let mut token = match application.token().await {
            Ok(token) => token,
            Err(failure) => return (None, Err(failure.into_error())),
        };
        let mut left = MOST_TOKENS;
        loop {
            let answer = self.follow(method, params, Some(&token)).await;
            left -= 1;
            let Some(refused) = refusal(&answer.1).filter(|_| left > 0) else {
                application.note(&answer.1);
                return answer;
            };
            match application.token_instead_of(&token, refused).await {
                Ok(Some(other)) => token = other,
                Ok(None) => return answer,
                Err(failure) => return (answer.0, Err(failure.into_error())),
            }
        }
    }

    /// Makes a call, and follows a redirect of a portal that was renamed.
    async fn follow(
        &self,
        method: &str,
        params: &Value,
        token: Option<&SecretString>,
    ) -> (Option<u16>, Result<Value, CrmError>) {
        let known = self.moved();
        let address = known.as_ref().unwrap_or(&self.access.address);
        let first = match self.send(address, method, (params, token)).await {
            Ok(response) => response,
            Err(error) => {
                self.keep(None);
                return (None, Err(error));
            }
        };
        if !first.status().is_redirection() {
            let (status, answer) = read(method, first).await;
            if known.is_some() && !is_of_a_portal(&answer) {
                self.keep(None);
            }
            return (status, answer);
        }
        let status = Some(first.status().as_u16());
        let location = first.headers().get(LOCATION).and_then(|l| l.to_str().ok());
        let location = location.unwrap_or_default();
        let moved = match address.moved_to(location, method, &self.redirect_hosts) {
            Ok(moved) => moved,
            Err(why) => {
                self.shout(&why);
                self.keep(None);
                // the server that redirects may have executed the request before
                let why = NoAnswer::Redirected(why);
                return (status, Err(CrmError::Unknown { why }));
            }
        };
        let (status, answer) = match self.send(&moved, method, (params, token)).await {
            Ok(response) => read(method, response).await,
            Err(error) => (None, Err(error)),
        };
        if is_of_a_portal(&answer) {
            tracing::warn!(host = %moved.host(), "the portal has moved; please change its address in the settings");
            self.keep(Some(moved));
        } else {
            self.keep(None);
        }
        (status, answer)
    }

    async fn send(
        &self,
        address: &RestAddress,
        method: &str,
        (params, token): (&Value, Option<&SecretString>),
    ) -> Result<reqwest::Response, CrmError> {
        let request = self.http.post(address.method(method));
        let request = match token {
            Some(token) => request.json(&WithToken { params, token }),
            None => request.json(params),
        };
        request.send().await.map_err(transport)
    }
}

/// Parameters with the token of an application.
struct WithToken<'c> {
    params: &'c Value,
    token: &'c SecretString,
}

impl Serialize for WithToken<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let params = self.params.as_object();
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in params.into_iter().flatten() {
            map.serialize_entry(name, value)?;
        }
        map.serialize_entry("auth", self.token.expose_secret())?;
        map.end()
    }
}

/// Returns whether an answer refuses the token, and why (REST documentation, "Error codes").
fn refusal(answer: &Result<Value, CrmError>) -> Option<Refused> {
    let Err(CrmError::Denied { code, .. }) = answer else {
        return None;
    };
    if is_token_code(code) {
        return Some(Refused::Token);
    }
    let is_of_employee = ["user_access_error", "authorization_error"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(code));
    is_of_employee.then_some(Refused::Employee)
}

/// Returns whether an answer comes from a portal, even a refusal.
fn is_of_a_portal(answer: &Result<Value, CrmError>) -> bool {
    !matches!(
        answer,
        Err(CrmError::Unknown { .. } | CrmError::Unreachable { .. })
    )
}

/// Classifies a transport error: nothing was executed if no connection was established, otherwise
/// the outcome is unknown.
pub(super) fn transport(error: reqwest::Error) -> CrmError {
    let connect = error.is_connect() || error.is_builder();
    let why = network_failure(&error.without_url());
    if connect {
        CrmError::Unreachable { why }
    } else {
        let why = NoAnswer::Network(why);
        CrmError::Unknown { why }
    }
}

pub(super) async fn read(
    method: &str,
    mut response: reqwest::Response,
) -> (Option<u16>, Result<Value, CrmError>) {
    let status = response.status();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LONGEST_ANSWER => {
                let why = NoAnswer::TooLong;
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
        why: NoAnswer::BrokeOff(network_failure(&error.without_url())),
    }
}

fn envelope(method: &str, status: u16, body: &[u8]) -> Result<Value, CrmError> {
    if !has_at_most(MOST_VALUES, body) {
        let why = NoAnswer::TooManyValues { status };
        return Err(CrmError::Unknown { why });
    }
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return Err(CrmError::Unknown {
            why: NoAnswer::NotJson { status },
        });
    };
    match wire::failure(method, &value) {
        // whatever the code, the portal refuses the webhook itself
        Some(CrmError::Refused { method, code, text }) if status == 401 => {
            return Err(CrmError::Denied { method, code, text });
        }
        Some(CrmError::Refused { code, text, .. })
            if status >= 500 || method == "batch" || !wire::is_portals_refusal(&value) =>
        {
            // no result for single commands: a proxy replied, or the portal is in trouble
            let words = crate::domain::text::ellipsis(format!("{code} {text}").trim(), 200);
            return Err(CrmError::Unknown {
                why: NoAnswer::WholeCall {
                    status,
                    words: words.into(),
                },
            });
        }
        Some(failure) => return Err(failure),
        None => {}
    }
    if value.get("result").is_none() {
        return Err(CrmError::Unknown {
            why: NoAnswer::NoResult { status },
        });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_millions_of_values_is_not_decoded() {
        let lists = format!(r#"{{"result":[{}[]]}}"#, "[],".repeat(9_000_000));
        let members = format!(r#"{{"result":[{}{{}}]}}"#, r#"{"a":1},"#.repeat(200_000));
        for body in [lists, members] {
            let error = envelope("m", 200, body.as_bytes()).unwrap_err();
            insta::allow_duplicates! {
                insta::assert_snapshot!(error, @"no usable answer: status 200 with more values than any answer that the portal documents");
            }
        }
    }

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
        // a proxy that replies in JSON, and a portal that refuses a whole call, refuse no single
        // submission
        for (method, status, body) in [
            ("m", 502, r#"{"error":"Bad Gateway"}"#),
            ("m", 500, r#"{"error":"","error_description":"x"}"#),
            ("m", 403, r#"{"error":"blocked"}"#),
            ("m", 404, r#"{"error":"not found","message":"no route"}"#),
            ("batch", 400, r#"{"error":"NEW","error_description":"x"}"#),
        ] {
            let read = envelope(method, status, body.as_bytes());
            assert!(matches!(read, Err(CrmError::Unknown { .. })), "{body}");
        }
        let unknown_code = r#"{"error":"NEW","error_description":"x"}"#;
        for status in [401, 400] {
            let denied = matches!(read(status, unknown_code), Err(CrmError::Denied { .. }));
            assert_eq!(denied, status == 401);
        }
        let newer = r#"{"error":{"code":"X","message":"y"}}"#;
        assert!(matches!(read(400, newer), Err(CrmError::Refused { .. })));
        assert!(matches!(
            read(503, r#"{"error":"QUERY_LIMIT_EXCEEDED"}"#),
            Err(CrmError::Throttled { .. })
        ));
    }
}
