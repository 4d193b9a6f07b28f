//! The destinations: what works, what waits, pauses by hand, and of portals their checks, fields and
//! lists.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Api, as_reply, body, check_method};
use crate::domain::{ApiScope, Destination, Lang, PausedByHand, bilingual};
use crate::pipeline::{DestinationState, pause_by_hand, resume};
use crate::redact;

/// The longest body, in bytes.
const BODY: usize = 4 << 10;
/// The longest note, in characters.
const LONGEST_NOTE: usize = 200;

/// The body of a pause, which may be missing.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseBody {
    #[serde(default)]
    note: String,
}

impl Api {
    /// Answers a request below `/destinations`.
    pub(super) async fn answer_destinations(
        &self,
        request: &HttpRequest,
        body: web::Payload,
        (rest, lang): (&[&str], Lang),
    ) -> Result<HttpResponse, Problem> {
        let is_post = *request.method() == Method::POST;
        let (method, scope) = match rest {
            [] | [_] => ("GET, HEAD", ApiScope::ReadDestinations),
            [_, "check" | "dictionaries"] if !is_post => {
                ("GET, HEAD, POST", ApiScope::ReadDestinations)
            }
            [_, "check" | "dictionaries"] => ("GET, HEAD, POST", ApiScope::WriteDestinations),
            [_, "pause" | "resume" | "probe"] => ("POST", ApiScope::WriteDestinations),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, method)?;
        let who = self.caller(request, scope).await?.name();
        let counts = self.store.waiting_by_destination().await?;
        let answer = match rest {
            [] => {
                let states = self.destinations.states(self.clock.now());
                let items = states
                    .iter()
                    .map(|state| self.state_json(state, &counts, lang));
                json!({"items": items.collect::<Vec<_>>()})
            }
            [name, rest @ ..] => {
                let wanted = wanted(name);
                if self.destinations.client(&wanted).is_none() {
                    return Err(Problem::NoSuchDestination);
                }
                if let [action] = rest {
                    if is_post {
                        let order = Order { who, body };
                        self.order(order, &wanted, action).await?;
                    }
                    match *action {
                        "check" => return Ok(shown(&self.last_check(&wanted, lang)?)),
                        "dictionaries" => return Ok(shown(&self.dictionaries(&wanted)?)),
                        _ => {}
                    }
                }
                let states = self.destinations.states(self.clock.now());
                let state = states.iter().find(|state| state.destination == wanted);
                let state = state.ok_or(Problem::NoSuchDestination)?;
                self.state_json(state, &counts, lang)
            }
        };
        Ok(shown(&answer))
    }

    fn state_json(
        &self,
        state: &DestinationState,
        counts: &BTreeMap<String, u64>,
        lang: Lang,
    ) -> Value {
        let name = state.destination.to_string();
        let word = if state.by_hand.is_some() {
            "paused-by-hand"
        } else if state.outage.is_some() {
            "paused"
        } else if state.works {
            "works"
        } else {
            "unused"
        };
        let outage = state.outage.as_ref().map(|outage| {
            json!({"reason": outage.word(), "text": format!("{} {}", outage.text().pick(lang), outage.advice().pick(lang)), "since": outage.since,
                "next_probe": outage.next_probe, "error": outage.error})
        });
        json!({
            "name": name, "kind": state.destination.kind(), "state": word, "outage": outage,
            "by_hand": state.by_hand, "waiting": self.destinations.waiting(counts, &state.destination),
            "limits": self.limits(&state.destination),
        })
    }

    /// Carries out an order, and writes it into the audit log.
    async fn order(
        &self,
        order: Order,
        destination: &Destination,
        action: &str,
    ) -> Result<(), Problem> {
        let about = destination.to_string();
        let Order { who, body } = order;
        let (did, action, details) = match action {
            "pause" => {
                let note = note(body).await?;
                let details = json!({"note": note});
                let pause = PausedByHand {
                    since: self.clock.now(),
                    who: who.clone(),
                    note,
                };
                let did = pause_by_hand(&self.destinations, &self.inbox, destination, pause);
                (did.await?, "destination-paused", details)
            }
            "resume" => {
                let did = resume(&self.destinations, &self.inbox, destination);
                (did.await?, "destination-resumed", Value::Null)
            }
            "probe" => {
                self.destinations.pauses().probe_now(destination);
                (true, "probed", Value::Null)
            }
            "check" => {
                self.check_portal(destination).await?;
                (true, "portal-checked", Value::Null)
            }
            _ => {
                self.read_dictionaries(destination).await?;
                (true, "dictionaries-read", Value::Null)
            }
        };
        if did {
            self.audit(&who, (action, &about), details).await?;
        }
        Ok(())
    }
}

/// Who orders something, and the rest of the request.
struct Order {
    who: String,
    body: web::Payload,
}

async fn note(body: web::Payload) -> Result<String, Problem> {
    let PauseBody { note } = body::read_or_default(body, BODY).await?;
    if note.chars().count() > LONGEST_NOTE {
        return Err(Problem::Body(bilingual!(
            "`note` is longer than {LONGEST_NOTE} characters",
            "`note` длиннее {LONGEST_NOTE} знаков"
        )));
    }
    Ok(note.trim().to_owned())
}

fn shown(answer: &Value) -> HttpResponse {
    as_reply(redact::mask(&answer.to_string()).into_owned())
}

/// Parses a destination in an address: `crm:main`, or `main` for a connection to the CRM.
fn wanted(name: &str) -> Destination {
    let name = percent_decode_str(name).decode_utf8_lossy();
    Destination::parse(&name).unwrap_or_else(|| Destination::crm(&name))
}
