//! Each connection has a tray of its own: what it shares with others, and what not.

use std::sync::Arc;

use super::super::*;
use super::model::Answer;
use super::world::{client, mappings, pipeline};
use crate::domain::{ManualClock, Route};
use crate::store::testing::{Folder, at};

/// Lays an answer of the first person, or of another one, on the tray of a connection.
async fn lay(pipeline: &Pipeline, desk: &mut Desk, number: i64, connection: &str, person: i64) {
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
    connection.clone_into(&mut prepared.connection);
    desk.lay(prepared);
}

/// The batches that begin now: their connections and sizes.
fn begun(desk: &mut Desk) -> Vec<(String, usize)> {
    let now = Instant::now();
    let batches = std::iter::from_fn(|| desk.batch(now));
    batches
        .map(|batch| (batch[0].connection.clone(), batch.len()))
        .collect()
}

fn is(connection: &str, size: usize) -> (String, usize) {
    (connection.to_owned(), size)
}

#[tokio::test]
async fn a_person_goes_in_turn_in_each_portal_and_not_among_portals() {
    let folder = Folder::new();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&folder.store(), &mappings(&folder), clock);
    let here = Arc::clone(&pipeline.connections.0["main"]);
    let there = Arc::new(client("https://other.example/rest/1/secret/"));
    let connections = [("a", Arc::clone(&here)), ("b", here), ("c", there)];
    let connections = connections.map(|(name, client)| (name.to_owned(), client));
    let mut desk = Desk::new(&Connections(connections.into()));
    for (number, connection) in [(1, "a"), (2, "b"), (3, "c")] {
        lay(&pipeline, &mut desk, number, connection, 1).await;
    }
    lay(&pipeline, &mut desk, 4, "c", 2).await;
    assert_eq!(begun(&mut desk), [is("a", 1), is("c", 2)]);
    // the first of this person has ended
    let ended = Ended {
        keys: desk.take_all()[0].keys.clone(),
        connection: "a".to_owned(),
        hold: None,
    };
    lay(&pipeline, &mut desk, 5, "b", 1).await;
    assert_eq!(begun(&mut desk), []);
    desk.ended(&ended, &pipeline.backoff, Instant::now());
    assert_eq!(begun(&mut desk), [is("b", 1)]);
}

#[tokio::test]
async fn a_paused_connection_takes_nothing_and_has_nothing_in_hand() {
    let folder = Folder::new();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&folder.store(), &mappings(&folder), clock);
    let here = Arc::clone(&pipeline.connections.0["main"]);
    let connections = ["a", "b"].map(|name| (name.to_owned(), Arc::clone(&here)));
    let mut desk = Desk::new(&Connections(connections.into()));
    lay(&pipeline, &mut desk, 1, "a", 1).await;
    lay(&pipeline, &mut desk, 2, "b", 2).await;
    let ended = Ended {
        keys: Vec::new(),
        connection: "a".to_owned(),
        hold: Some((PauseReason::Denied, "revoked".to_owned())),
    };
    desk.ended(&ended, &pipeline.backoff, Instant::now());
    let profiles = pipeline.profiles.current();
    let share = |route: Route| desk.shares(&profiles).named[&route];
    assert_eq!(share(profiles.route(Some("a"))), 0);
    assert_eq!(share(profiles.route(Some("b"))), desk::BACKLOG / 2 - 1);
    assert_eq!(desk.shares(&profiles).others, 0);
    let given_back = desk.take_paused();
    assert_eq!(given_back.len(), 1);
    assert_eq!(given_back[0].connection, "a");
    assert_eq!(begun(&mut desk), [is("b", 1)]);
}
