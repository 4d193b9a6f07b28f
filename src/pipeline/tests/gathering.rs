//! A single submission is delivered at once; those that arrive while a batch is under way share the next one.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::batch::BatchEnd;
use super::super::*;
use super::model::Answer;
use super::world::{mappings, pipeline};
use crate::domain::ManualClock;
use crate::store::testing::{Folder, at};

/// Adds answers of new people to the in-flight set.
async fn add(pipeline: &Pipeline, in_flight: &mut InFlight, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let answer = Answer {
            poll: 1,
            number,
            person: number,
            spelling: 0,
        };
        let submission = answer.submission();
        pipeline.inbox.accept(&submission, None).await.unwrap();
    }
    loop {
        let shares = pipeline.shares(in_flight);
        let leased = pipeline.inbox.lease(shares, at(0)).await.unwrap();
        if leased.is_empty() {
            return;
        }
        for leased in leased {
            pipeline.admit(in_flight, leased).await;
        }
    }
}

#[tokio::test]
async fn only_a_full_batch_begins_while_another_is_under_way() {
    let folder = Folder::new();
    let store = folder.store();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&store, &mappings(&folder), clock);
    let (mut in_flight, now) = (InFlight::new(&pipeline.destinations), Instant::now());
    let taken =
        |in_flight: &mut InFlight, at| in_flight.begin_batch(at).map(|batch| batch.prepared.len());

    add(&pipeline, &mut in_flight, 1..2).await;
    assert_eq!(
        taken(&mut in_flight, now),
        Some(1),
        "an idle queue does not wait"
    );
    add(&pipeline, &mut in_flight, 2..22).await;
    assert_eq!(taken(&mut in_flight, now), None);
    add(&pipeline, &mut in_flight, 22..1002).await;
    assert_eq!(
        taken(&mut in_flight, now),
        Some(1000),
        "a full batch does not wait"
    );
    add(&pipeline, &mut in_flight, 1002..1012).await;
    assert_eq!(taken(&mut in_flight, now), None);
    let Wait::ForWork(Some(left)) = in_flight.wait(now, LeaseResult::Ok) else {
        panic!("the batch would never begin")
    };
    assert_eq!(
        taken(&mut in_flight, now + left),
        Some(10),
        "a slow batch holds up no other"
    );

    add(&pipeline, &mut in_flight, 1012..1013).await;
    for _ in 0..3 {
        let ended = BatchEnd {
            keys: Vec::new(),
            ids: HashSet::new(),
            deferred: Vec::new(),
            destination: Destination::crm("main"),
            pause: None,
        };
        assert_eq!(taken(&mut in_flight, now + left), None);
        in_flight.end_batch(ended, &pipeline.backoff, now);
    }
    assert_eq!(taken(&mut in_flight, now + left), Some(1));
}
