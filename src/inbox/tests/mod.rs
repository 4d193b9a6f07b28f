//! The contract of the inbox, over every backend of the store.

mod admission;
mod hooks;
mod model;
mod replay;
mod routes;
mod sources;
mod steps;
mod suspects;
mod waiting;
mod work;

use std::time::Duration;

use super::*;
use crate::domain::{ContactId, ParkReason, SourceKinds, StepVerdict};
use crate::journal::{Found, Journal};
use crate::store::testing::{Backend, answer, at, contract, crm_step, delivered, taken_by};
use crate::store::{History, Logged};

/// Room for whatever a test captures.
const AMPLE: Room = Room {
    most: 1_000,
    bytes: 1_000_000,
};

fn new_inbox(backend: &impl Backend) -> Inbox {
    Inbox::new(backend.store())
}

fn history(inbox: &Inbox, id: SubmissionId) -> History {
    match Journal::new(inbox.store.clone(), SourceKinds::default()).show(&id.to_string()) {
        Ok(Found::One(history)) => *history,
        other => panic!("no history of {id}: {other:?}"),
    }
}

fn kinds(events: &[Logged]) -> Vec<&str> {
    events.iter().map(|logged| logged.event.kind()).collect()
}

fn parked() -> Settlement {
    Settlement::Park {
        reason: ParkReason::SeveralContacts,
        note: "two contacts match".into(),
        step: None,
    }
}

fn retry(seconds: i64) -> Settlement {
    Settlement::Retry {
        due_at: at(seconds),
        reason: "the portal asks us to slow down".into(),
        uncertain: Uncertain::No,
        step: None,
    }
}

async fn lease_one(inbox: &Inbox, now: i64) -> Leased {
    let mut leased = inbox.lease(10, at(now)).await.unwrap();
    assert_eq!(leased.len(), 1);
    leased.remove(0)
}
