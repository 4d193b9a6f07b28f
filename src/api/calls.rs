//! Live calls and employees: lists, and every change as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, stream};
use serde::Serialize;
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;

use super::problem::Problem;
use super::{Api, as_reply};
use crate::domain::{ApiScope, TokenHash, bilingual};
use crate::redact;
use crate::telephony::{LiveChange, Subscription};

/// The type of a stream of events.
const EVENTS: &str = "text/event-stream";

/// How often an event stream says that it lives, and checks its token.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The most changes of a call or employee in one piece.
const TOGETHER: usize = 64;

/// Answers one of the addresses of live calls.
pub(super) fn answer(
    api: &web::Data<Api>,
    address: &str,
    request: &HttpRequest,
    token: TokenHash,
) -> Result<HttpResponse, Problem> {
    if let Some(name) = first_parameter(request.query_string()) {
        let wrong = bilingual!(
            "this address takes no parameters",
            "у этого адреса нет параметров"
        );
        return Err(Problem::Parameter(name, wrong));
    }
    if address == "events" && request.method() == Method::HEAD {
        return Ok(HttpResponse::Ok().content_type(EVENTS).finish());
    }
    let items = match address {
        "calls" => json!(api.calls.calls()),
        "agents" => json!(api.calls.agents()),
        _ => return events(api, token),
    };
    let answer = json!({ "items": items });
    Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
}

fn first_parameter(query: &str) -> Option<String> {
    let name = query.split('&').find(|pair| !pair.is_empty())?;
    let name = name.split('=').next().unwrap_or_default();
    Some(name.chars().take(100).collect())
}

/// Begins a stream of events: everything first, then the changes.
fn events(api: &web::Data<Api>, token: TokenHash) -> Result<HttpResponse, Problem> {
    let places = Arc::clone(&api.live_readers);
    let place = places
        .try_acquire_owned()
        .map_err(|_| Problem::TooManyReaders)?;
    let reader = Reader {
        subscription: api.calls.subscribe(),
        api: api.clone(),
        token,
        is_new: true,
        beat: Instant::now() + HEARTBEAT,
        _place: place,
    };
    let mut reply = HttpResponse::Ok();
    reply.content_type(EVENTS);
    // nginx passes each event on at once
    reply.insert_header(("X-Accel-Buffering", "no"));
    Ok(reply.streaming(pieces(reader)))
}

/// A program that reads events.
struct Reader {
    api: web::Data<Api>,
    subscription: Subscription,
    token: TokenHash,
    /// Whether it does not have everything yet.
    is_new: bool,
    /// When the next sign of life is due.
    beat: Instant,
    _place: OwnedSemaphorePermit,
}

fn pieces(reader: Reader) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold(reader, |mut reader| async move {
        let piece = reader.next().await?;
        Some((Ok(Bytes::from(piece)), reader))
    })
}

impl Reader {
    /// Returns what is sent next; `None` at the end: the gateway stops, or the token is not valid any
    /// more.
    async fn next(&mut self) -> Option<String> {
        if self.is_new {
            self.is_new = false;
            return Some(event("snapshot", &self.subscription.snapshot));
        }
        let draining = self.api.draining.clone();
        let beat = tokio::time::sleep_until(self.beat);
        tokio::select! {
            () = draining.cancelled() => None,
            () = beat => {
                self.beat = Instant::now() + HEARTBEAT;
                let is_valid = self.api.check(self.token, ApiScope::ReadCalls).await;
                is_valid.is_ok().then(|| ":\n\n".to_owned())
            }
            change = self.subscription.changes.recv() => self.change(change),
        }
    }

    fn change(&mut self, change: Result<LiveChange, RecvError>) -> Option<String> {
        let mut text = String::new();
        let mut next = Some(change);
        let mut count = 0;
        while let Some(change) = next.take() {
            match change {
                Ok(change) => text.push_str(&of_change(&change)),
                Err(RecvError::Closed) => return None,
                // it has missed some: everything anew
                Err(RecvError::Lagged(_)) => {
                    self.subscription = self.api.calls.subscribe();
                    return Some(event("snapshot", &self.subscription.snapshot));
                }
            }
            count += 1;
            if count < TOGETHER {
                next = match self.subscription.changes.try_recv() {
                    Ok(change) => Some(Ok(change)),
                    Err(TryRecvError::Lagged(missed)) => Some(Err(RecvError::Lagged(missed))),
                    Err(TryRecvError::Empty | TryRecvError::Closed) => None,
                };
            }
        }
        Some(text)
    }
}

fn of_change(change: &LiveChange) -> String {
    match change {
        LiveChange::Call(call) => event("call", &**call),
        LiveChange::Agent(agent) => event("agent", &**agent),
    }
}

/// Returns an event: its name, and its content in one line of JSON.
fn event(name: &str, content: &impl Serialize) -> String {
    let content = serde_json::to_string(content).unwrap_or_default();
    format!("event: {name}\ndata: {}\n\n", redact::mask(&content))
}
