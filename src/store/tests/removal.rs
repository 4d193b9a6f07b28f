//! Removed content, and what stays of the submission.

use super::*;
use crate::domain::{ContactId, Event, SourceKinds, State};
use crate::store::testing::{deliver, found, index_all, purge_200};
use crate::store::{Filter, Settlement};

fn body(number: i64) -> String {
    format!(
        r#"{{"name":"Анна","phone":"8 (912) 345-67-{number:02}","more":"{}"}}"#,
        "x".repeat(6_000)
    )
}

async fn the_oldest_settled_content_is_purged_and_a_repeat_is_still_known<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    for number in 1..=5 {
        admit(&store, &answer(number, &body(number))).await.unwrap();
    }
    let ids = deliver(&store, 10).await;
    admit(&store, &answer(6, &body(6))).await.unwrap();
    index_all(&store, 100).await;
    assert_eq!(store.purge(Some(at(10)), 200).await.unwrap(), 0);
    assert_eq!(store.purge(Some(at(11)), 3).await.unwrap(), 3);
    assert_eq!(store.purge(Some(at(11)), 200).await.unwrap(), 2);
    assert_eq!(store.purge(None, 200).await.unwrap(), 0);

    let queued = found(&store, "анна");
    assert_eq!(queued.len(), 1, "only queued submissions");
    let entries = store.entries(&Filter::default(), 9).unwrap();
    let bare = &entries[5];
    assert_eq!(bare.id, ids[0]);
    assert_eq!(
        (bare.state, bare.contact),
        (State::Delivered, ContactId::new(7))
    );
    assert_eq!(store.events(bare.seq).unwrap(), vec![]);
    let late = admit(&store, &answer(1, "other bytes")).await.unwrap();
    assert!(matches!(
        late,
        Accepted::Known {
            state: State::Delivered,
            repeats: 1,
            same_body: true,
            ..
        }
    ));
    assert_eq!(
        store.events(bare.seq).unwrap(),
        vec![],
        "nothing of it is kept again"
    );

    // the numbers of deleted events may be reused: their text is found all the same
    deliver(&store, 200).await;
    index_all(&store, 300).await;
    assert_eq!(found(&store, "345-67-06").len(), 1);
    let seq = entries[0].seq;
    store
        .append(entries[0].id, vec![Event::note("перезвонить")], at(301))
        .await
        .unwrap();
    assert!(store.events(seq).unwrap().len() > 2);
    assert_eq!(found(&store, "перезв").len(), 1);
}

async fn erased_submissions_are_not_delivered_and_leased_ones_stay<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let taken = answer(1, &body(1));
    admit(&store, &taken).await.unwrap();
    let leased = store.lease(1.into(), at(5)).await.unwrap().remove(0);
    let queued = answer(2, &body(2));
    admit(&store, &queued).await.unwrap();
    let erased = store
        .erase(vec![taken.id, queued.id], |_| false)
        .await
        .unwrap();
    assert_eq!(erased, [queued.id]);
    assert_eq!(store.lease(9.into(), at(9)).await.unwrap(), vec![]);
    let entries = store.entries(&Filter::default(), 9).unwrap();
    assert_eq!(entries[0].state, State::Ignored);
    assert!(matches!(
        store.requeue(queued.id, at(9)).await,
        Err(StoreError::Bare { .. })
    ));
    let late = admit(&store, &queued).await.unwrap();
    assert!(matches!(
        late,
        Accepted::Known {
            state: State::Ignored,
            ..
        }
    ));
    let ignored = Settlement::Ignored { note: "x".into() };
    store
        .settle(leased.lease, ignored, vec![], at(9))
        .await
        .unwrap();
}

async fn purged_content_no_longer_counts_as_used<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    purge_200(&store, body).await;
    assert_eq!(stored(&store).await, 200);
}

async fn everything_that_may_name_a_person_is_read_page_by_page<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    for number in 1..=3 {
        admit(&store, &answer(number, &body(number))).await.unwrap();
    }
    deliver(&store, 10).await;
    let first = store.bodies(0, 2, &SourceKinds::default()).unwrap();
    let second = store
        .bodies(first[1].entry.seq, 2, &SourceKinds::default())
        .unwrap();
    assert_eq!((first.len(), second.len()), (2, 1));
    // the body, the note, the verdict and the result of the step
    assert_eq!(first[0].texts.len(), 4);
    assert!(first[0].texts[0].ends_with(b"}"));
}

contract! {
    the_oldest_settled_content_is_purged_and_a_repeat_is_still_known,
    erased_submissions_are_not_delivered_and_leased_ones_stay,
    purged_content_no_longer_counts_as_used,
    everything_that_may_name_a_person_is_read_page_by_page,
}
