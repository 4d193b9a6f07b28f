//! A lone submission goes at once; what comes while a batch is under way shares the next one.

use std::sync::Arc;

use super::super::*;
use super::model::Answer;
use super::world::{mappings, pipeline};
use crate::domain::ManualClock;
use crate::store::testing::{Folder, at};

/// Puts answers of so many new people onto the desk.
async fn lay_out(pipeline: &Pipeline, desk: &mut Desk, numbers: std::ops::Range<i64>) {
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
    for leased in pipeline.inbox.lease(desk::BACKLOG, at(0)).await.unwrap() {
        pipeline.lay_out(desk, leased).await;
    }
}

#[tokio::test]
async fn beside_a_batch_under_way_only_a_full_one_begins() {
    let folder = Folder::new();
    let store = folder.store();
    let clock = Arc::new(ManualClock::starting_at(at(0)));
    let pipeline = pipeline(&store, &mappings(&folder), clock);
    let (mut desk, now) = (Desk::new(&pipeline.connections), Instant::now());
    let taken = |desk: &mut Desk, at| desk.batch(at).map(|batch| batch.len());

    lay_out(&pipeline, &mut desk, 1..2).await;
    assert_eq!(
        taken(&mut desk, now),
        Some(1),
        "an idle desk waits for nobody"
    );
    lay_out(&pipeline, &mut desk, 2..22).await;
    assert_eq!(taken(&mut desk, now), None);
    lay_out(&pipeline, &mut desk, 22..60).await;
    assert_eq!(
        taken(&mut desk, now),
        Some(48),
        "a full one has nothing to wait for"
    );
    assert_eq!(taken(&mut desk, now), None);
    let Wait::ForWork(Some(left)) = desk.wait(now, desk::Store::Answered) else {
        panic!("nobody would look again")
    };
    assert_eq!(
        taken(&mut desk, now + left),
        Some(10),
        "a slow batch keeps nobody waiting"
    );

    lay_out(&pipeline, &mut desk, 60..61).await;
    for _ in 0..3 {
        let ended = Ended {
            keys: Vec::new(),
            connection: "main".to_owned(),
            hold: None,
        };
        assert_eq!(taken(&mut desk, now + left), None);
        desk.ended(&ended, &pipeline.backoff, now);
    }
    assert_eq!(taken(&mut desk, now + left), Some(1));
}
