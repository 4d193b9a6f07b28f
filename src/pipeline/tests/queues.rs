//! The queues of connections: what they share, and what they do not.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::batch::BatchEnd;
use super::super::claims::{BatchClaims, SharedLanes};
use super::super::settle::StoredTurns;
use super::super::*;
use super::model::Answer;
use super::world::{client, mappings, pipeline, portal_client};
use crate::delivery::{DestinationClient as _, Helpers, PauseReason, Report, Verdict};
use crate::domain::{ManualClock, ParkReason, ProbeStep, Route, State, StepKind};
use crate::store::testing::{Folder, at};

/// Adds an answer of a person to the queue of a connection.
async fn add(
    pipeline: &Pipeline,
    in_flight: &mut InFlight,
    number: i64,
    connection: &str,
    person: i64,
) {
    let answer = Answer {
        poll: 1,
        number,
        person,
        spelling: 0,
    };
    let submission = answer.submission();
    pipeline.inbox.accept(&submission, None).await.unwrap();
    let leased = pipeline.inbox.lease(1, at(0)).await.unwrap().remove(0);
    let mut prepared = pipeline
        .prepare(&leased, &tracing::Span::none())
        .ok()
        .unwrap();
    prepared.task.destination = Destination::crm(connection);
    assert!(in_flight.push(prepared));
}

/// The batches that begin now: their connections and sizes.
fn begun(in_flight: &mut InFlight) -> Vec<(String, usize)> {
    let now = Instant::now();
    let batches = std::iter::from_fn(|| in_flight.begin_batch(now));
    batches
        .map(|batch| (batch.destination.name().to_owned(), batch.prepared.len()))
        .collect()
}

fn is(connection: &str, size: usize) -> (String, usize) {
    (connection.to_owned(), size)
}

#[tokio::test]
async fn submissions_of_a_person_share_a_lane_per_portal() {
    let folder = Folder::new();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&folder.store(), &mappings(&folder), clock);
    let here = Arc::new(portal_client());
    let there = Arc::new(client("https://other.example/rest/1/secret/"));
    let connections = [("a", Arc::clone(&here)), ("b", here), ("c", there)];
    let connections = connections.map(|(name, client)| (Destination::crm(name), client));
    let mut in_flight = InFlight::new(&connections.into_iter().collect());
    for (number, connection) in [(1, "a"), (2, "b"), (3, "c")] {
        add(&pipeline, &mut in_flight, number, connection, 1).await;
    }
    add(&pipeline, &mut in_flight, 4, "c", 2).await;
    assert_eq!(begun(&mut in_flight), [is("a", 1), is("c", 2)]);
    // the first of this person has ended
    let ended = BatchEnd {
        keys: in_flight.take_all()[0].keys.clone(),
        ids: HashSet::new(),
        deferred: Vec::new(),
        destination: Destination::crm("a"),
        pause: None,
    };
    add(&pipeline, &mut in_flight, 5, "b", 1).await;
    assert_eq!(begun(&mut in_flight), []);
    in_flight.end_batch(ended, &pipeline.backoff, Instant::now());
    assert_eq!(begun(&mut in_flight), [is("b", 1)]);
}

#[tokio::test]
async fn a_paused_connection_leases_nothing_and_releases_its_queue() {
    let folder = Folder::new();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&folder.store(), &mappings(&folder), clock);
    let here = Arc::new(portal_client());
    let connections = ["a", "b"].map(|name| (Destination::crm(name), Arc::clone(&here)));
    let mut in_flight = InFlight::new(&connections.into_iter().collect());
    add(&pipeline, &mut in_flight, 1, "a", 1).await;
    add(&pipeline, &mut in_flight, 2, "b", 2).await;
    let ended = BatchEnd {
        keys: Vec::new(),
        ids: HashSet::new(),
        deferred: Vec::new(),
        destination: Destination::crm("a"),
        pause: Some((PauseReason::Denied, "revoked".to_owned())),
    };
    in_flight.end_batch(ended, &pipeline.backoff, Instant::now());
    let profiles = pipeline.profiles.current();
    let share = |route: Route| in_flight.shares(&profiles).named[&route];
    assert_eq!(share(profiles.route(Some(&Destination::crm("a")))), 0);
    assert_eq!(
        share(profiles.route(Some(&Destination::crm("b")))),
        in_flight::LEASED_AT_ONCE
    );
    assert_eq!(in_flight.shares(&profiles).others, 0);
    let released = in_flight.take_paused();
    assert_eq!(released.len(), 1);
    assert_eq!(released[0].task.destination.name(), "a");
    assert_eq!(begun(&mut in_flight), [is("b", 1)]);
}

#[test]
fn ids_are_used_again_only_at_the_same_portal() {
    let here = Arc::new(portal_client());
    let there = Arc::new(client("https://other.example/rest/1/secret/"));
    let connections = [
        ("a", Arc::clone(&here)),
        ("b", Arc::clone(&here)),
        ("c", there),
    ];
    let several: Destinations = connections
        .map(|(name, client)| (Destination::crm(name), client))
        .into_iter()
        .collect();
    let one: Destinations = [(Destination::crm("a"), here)].into_iter().collect();
    for (earlier, now, is_same) in [
        ("a", "a", true),
        ("a", "b", true),
        ("a", "c", false),
        ("gone", "c", false),
        ("", "a", false),
    ] {
        let [earlier, now] = [earlier, now].map(Destination::crm);
        assert_eq!(
            several.is_same_place(&earlier, &now),
            is_same,
            "{earlier} {now}"
        );
    }
    // stored before connections had names
    assert!(one.is_same_place(&Destination::crm(""), &Destination::crm("a")));
    assert!(!one.is_same_place(&Destination::new("mail", ""), &Destination::crm("a")));
}

#[tokio::test]
async fn what_has_no_queue_or_is_not_for_a_crm_is_parked() {
    let folder = Folder::new();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&folder.store(), &mappings(&folder), clock);
    let answer = Answer {
        poll: 1,
        number: 1,
        person: 1,
        spelling: 0,
    };
    let submission = answer.submission();
    pipeline.inbox.accept(&submission, None).await.unwrap();
    let leased = pipeline.inbox.lease(1, at(0)).await.unwrap().remove(0);
    let prepared = pipeline.prepare(&leased, &tracing::Span::none()).ok();
    let mut job = prepared.unwrap().job;
    job.step.kind = StepKind::Probe(ProbeStep {
        destination: None,
        text: "x".to_owned(),
    });
    let helpers = Helpers {
        turns: &StoredTurns(&pipeline.inbox),
        claims: &BatchClaims::new(SharedLanes::default()),
    };
    let outcomes = portal_client().deliver(&[job], helpers).await;
    let reports: Vec<Report> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(reports.len(), 1);
    let is_fault = |verdict: &Verdict| matches!(verdict, Verdict::Park { reason, .. } if *reason == ParkReason::InternalFault);
    assert!(is_fault(&reports[0].verdict));

    let mut nothing = InFlight::new(&Destinations::default());
    pipeline.admit(&mut nothing, leased).await;
    let counts = pipeline.inbox.counts().await.unwrap();
    assert_eq!(counts[&State::Parked], 1);
}
