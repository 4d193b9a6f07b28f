//! Replays of many submissions: their set, their states, and what becomes of their items.

use super::super::{
    BulkChoice, BulkExamined, BulkItems, BulkOrder, BulkOutcome, BulkState, Filter, NewBulkReplay,
    ReplayBy, ReplayOrder, Settlement,
};
use super::*;
use crate::domain::{ParkReason, State};
use crate::store::testing::deliver;

fn order() -> BulkOrder {
    BulkOrder {
        choice: BulkChoice::default(),
        by: ReplayBy::TodaysProfile,
        also: vec![State::Rejected],
        step: None,
        is_onwards: false,
        editions: [("shop".to_owned(), "abc".to_owned())].into(),
        addresses: vec![("polls".to_owned(), "123".to_owned())],
    }
}

fn parked() -> ReplayOrder {
    ReplayOrder {
        by: ReplayBy::TodaysProfile,
        states: vec![State::Parked],
        repeated: None,
    }
}

/// Parks this many submissions and stores a replay of them; returns its number.
async fn replay_of(store: &Store, count: i64) -> i64 {
    for number in 1..=count {
        admit(store, &answer(number, "x")).await.unwrap();
    }
    for leased in store.lease(1_000.into(), at(count)).await.unwrap() {
        let settlement = Settlement::Park {
            reason: ParkReason::MissingValue,
            note: "x".into(),
            step: None,
        };
        let settled = store.settle(leased.lease, settlement, vec![], at(count));
        settled.await.unwrap();
    }
    let all = store.entries(&Filter::default(), 1_000).unwrap();
    let new = NewBulkReplay {
        at: at(100),
        who: "olga".to_owned(),
        order: order(),
        places: all.iter().map(|entry| entry.seq).collect(),
    };
    store.add_bulk(new).await.unwrap()
}

/// Says of all items that they would be queued, and lets the replay run.
async fn confirm(store: &Store, id: i64) {
    let items = store.bulk_unexamined(id, 1_000).await.unwrap().into_iter();
    let examined = items.map(|(place, _)| BulkExamined {
        place,
        fate: "{}".to_owned(),
        is_taken: true,
    });
    store.keep_examined(id, examined.collect()).await.unwrap();
    for (states, who) in [
        ((BulkState::Examining, BulkState::Ready), None),
        (
            (BulkState::Ready, BulkState::Running),
            Some("olga".to_owned()),
        ),
    ] {
        assert!(store.move_bulk(id, states, who, at(101)).await.unwrap());
    }
}

async fn a_replay_is_stored_with_its_set_and_survives_a_restart<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let id = replay_of(&store, 3).await;
    store.close().await;
    let store = folder.store();
    let replay = store.bulk_replay(id).await.unwrap().unwrap();
    assert_eq!(replay.order, order());
    assert_eq!(
        (replay.state, replay.who.as_str()),
        (BulkState::Examining, "olga")
    );
    let items = store.bulk_unexamined(id, 2).await.unwrap();
    assert_eq!(items.len(), 2);
    assert!(items[0].0 < items[1].0, "in the order of acceptance");
    assert_eq!(store.active_bulk().await.unwrap().len(), 1);
    assert_eq!(store.bulk_replay(id + 1).await.unwrap(), None);
}

async fn of_two_confirmations_one_counts<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let id = replay_of(&store, 1).await;
    confirm(&store, id).await;
    let states = (BulkState::Ready, BulkState::Running);
    let again = store.move_bulk(id, states, Some("anna".to_owned()), at(102));
    assert!(!again.await.unwrap());
    let replay = store.bulk_replay(id).await.unwrap().unwrap();
    assert_eq!(replay.confirmed_by.as_deref(), Some("olga"));
    assert_eq!(replay.confirmed_at, Some(at(101)));
}

async fn items_are_begun_a_few_at_a_time_and_a_stop_leaves_the_rest<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let id = replay_of(&store, 5).await;
    confirm(&store, id).await;
    let begun = store.queue_bulk((id, 2), parked(), at(110)).await.unwrap();
    assert_eq!(begun, 2);
    assert_eq!(store.note_bulk_outcomes(id).await.unwrap(), (2, 3));
    let first = deliver(&store, 120).await;
    assert_eq!(first.len(), 2);
    assert_eq!(store.note_bulk_outcomes(id).await.unwrap(), (0, 3));
    let delivered = BulkItems::Outcome(BulkOutcome::Delivered);
    let listed = store.bulk_items(id, delivered, 10).await.unwrap();
    assert_eq!(listed, first, "in the order of acceptance");
    let stop = (BulkState::Running, BulkState::Stopping);
    assert!(store.move_bulk(id, stop, None, at(121)).await.unwrap());
    let begun = store.queue_bulk((id, 9), parked(), at(122)).await.unwrap();
    assert_eq!(begun, 0, "it was stopped");
    assert_eq!(store.counts().await.unwrap()[&State::Parked], 3);
    let counts = store.bulk_counts(id).await.unwrap();
    let sums: Vec<_> = counts.iter().map(|it| (it.outcome, it.count)).collect();
    assert_eq!(sums, [(None, 3), (Some(BulkOutcome::Delivered), 2)]);
}

async fn an_item_that_somebody_else_has_settled_is_unchanged<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let id = replay_of(&store, 1).await;
    confirm(&store, id).await;
    let entry = store.entries(&Filter::default(), 1).unwrap().remove(0);
    store
        .replay(vec![entry.id], parked(), at(110))
        .await
        .unwrap();
    deliver(&store, 111).await;
    store.queue_bulk((id, 9), parked(), at(120)).await.unwrap();
    assert_eq!(store.note_bulk_outcomes(id).await.unwrap(), (0, 0));
    let counts = store.bulk_counts(id).await.unwrap();
    assert_eq!(counts[0].outcome, Some(BulkOutcome::Unchanged));
}

contract! {
    a_replay_is_stored_with_its_set_and_survives_a_restart,
    of_two_confirmations_one_counts,
    items_are_begun_a_few_at_a_time_and_a_stop_leaves_the_rest,
    an_item_that_somebody_else_has_settled_is_unchanged,
}
