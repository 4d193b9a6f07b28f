//! The machine's clock is set back.

use std::sync::Arc;

use super::super::*;
use super::model::Answer;
use super::world::{mappings, pipeline};
use crate::domain::{ManualClock, State};
use crate::inbox::Settlement;
use crate::store::testing::{Folder, at};

async fn next_due(pipeline: &Pipeline) -> Option<jiff::Timestamp> {
    pipeline.inbox.next_work(9).await.unwrap().due
}

#[tokio::test]
async fn submissions_put_off_by_a_clock_that_was_ahead_are_due_when_it_is_set_back() {
    let folder = Folder::new();
    let store = folder.store();
    let (day, short) = (24 * 60 * 60, 60);
    let clock = Arc::new(ManualClock::starting_at(at(day)));
    let pipeline = pipeline(&store, &mappings(&folder), Arc::clone(&clock));
    for number in 1..=3 {
        let answer = Answer {
            poll: 1,
            number,
            person: number,
            spelling: 0,
        };
        let mut submission = answer.submission();
        submission.received_at = at(day);
        pipeline.inbox.accept(&submission, None).await.unwrap();
    }
    let leased = pipeline.inbox.lease(1, at(day)).await.unwrap();
    let retry = |due_at| Settlement::Retry {
        due_at,
        reason: "as the test wants it".into(),
        uncertain: crate::inbox::Uncertain::No,
        step: None,
    };
    let put_off = retry(at(day + short));
    let lease = leased[0].lease;
    pipeline
        .inbox
        .settle(lease, put_off, vec![], at(day))
        .await
        .unwrap();

    clock.advance(jiff::SignedDuration::from_hours(-24));
    let idle = pipeline.wait_for_work(Wait::ForWork(None), Shares::from(9));
    idle.await;
    assert_eq!(next_due(&pipeline).await, Some(at(0)));
    let leased = pipeline.inbox.lease(9, clock.now()).await.unwrap();
    assert_eq!(leased.len(), 3);

    // a normal wait is not changed
    let lease = leased[0].lease;
    let soon = retry(at(short));
    pipeline
        .inbox
        .settle(lease, soon, vec![], at(0))
        .await
        .unwrap();
    let wait = Wait::ForWork(Some(Duration::ZERO));
    let idle = pipeline.wait_for_work(wait, Shares::from(9));
    idle.await;
    assert_eq!(next_due(&pipeline).await, Some(at(short)));
    assert_eq!(pipeline.inbox.counts().await.unwrap()[&State::Waiting], 1);
}
