//! The destinations: what works, what waits, and pauses by hand.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::problem::Problem;
use super::{Api, as_reply, check_method};
use crate::domain::{ApiScope, AuditEntry, Destination, Lang, PausedByHand, TokenHash};
use crate::pipeline::{DestinationState, pause_by_hand, resume};
use crate::redact;

impl Api {
    /// Answers a request below `/destinations`.
    pub(super) async fn answer_destinations(
        &self,
        request: &HttpRequest,
        rest: &[&str],
        lang: Lang,
    ) -> Result<HttpResponse, Problem> {
        let (method, scope) = match rest {
            [] | [_] => ("GET, HEAD", ApiScope::ReadDestinations),
            [_, "pause" | "resume"] => ("POST", ApiScope::WriteDestinations),
            _ => return Err(Problem::NoSuchAddress),
        };
        check_method(request, method)?;
        let token = self.allow(request, scope).await?;
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
                    self.order(token, &wanted, action).await?;
                }
                let states = self.destinations.states(self.clock.now());
                let state = states.iter().find(|state| state.destination == wanted);
                let state = state.ok_or(Problem::NoSuchDestination)?;
                self.state_json(state, &counts, lang)
            }
        };
        Ok(as_reply(redact::mask(&answer.to_string()).into_owned()))
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
            json!({"reason": outage.word(), "text": outage.text().pick(lang), "since": outage.since,
                "next_probe": outage.next_probe, "error": outage.error})
        });
        json!({
            "name": name, "kind": state.destination.kind(), "state": word, "outage": outage,
            "by_hand": state.by_hand, "waiting": self.destinations.waiting(counts, &state.destination),
        })
    }

    /// Pauses or resumes a destination, and writes it into the audit log.
    async fn order(
        &self,
        token: TokenHash,
        destination: &Destination,
        action: &str,
    ) -> Result<(), Problem> {
        let name = self.store.token(token).await?.map(|token| token.name);
        let who = format!("token {}", name.unwrap_or_default());
        let now = self.clock.now();
        let (did, action) = if action == "pause" {
            let pause = PausedByHand {
                since: now,
                who: who.clone(),
                note: String::new(),
            };
            let did = pause_by_hand(&self.destinations, &self.inbox, destination, pause);
            (did.await?, "destination-paused")
        } else {
            let did = resume(&self.destinations, &self.inbox, destination);
            (did.await?, "destination-resumed")
        };
        if did {
            let entry = AuditEntry {
                at: now,
                who,
                action: action.to_owned(),
                about: destination.to_string(),
                details: Value::Null,
            };
            self.store.add_audit(entry).await?;
        }
        Ok(())
    }
}

/// Parses a destination in an address: `crm:main`, or `main` for a connection to the CRM.
fn wanted(name: &str) -> Destination {
    let name = percent_decode_str(name).decode_utf8_lossy();
    Destination::parse(&name).unwrap_or_else(|| Destination::crm(&name))
}
