//! Content that goes away, and what stays.

use super::*;
use crate::domain::{ContactId, Event, Phone, State, SubmissionId};
use crate::journal::{Journal, Person, Scrubbed};
use crate::store::{Filter, Settlement};

fn text(words: &str) -> Filter {
    Filter {
        text: Some(words.to_owned()),
        ..Filter::default()
    }
}

/// The end of a piece of the index for a name that only number 55 has, in lower case: of the terms before
/// it the index shares the first byte.
const INDEXED: &[u8] = b"\xab\xd1\xb1\xd1\xb5";

fn body(number: i64) -> String {
    let rare = if number == 55 { "Ѫѱѵ" } else { "" };
    format!(
        r#"{{"name":"Анна","rare":"{rare}","phone":"8 (912) 345-67-{number:02}","more":"{}"}}"#,
        "x".repeat(6_000)
    )
}

/// Delivers what is queued, with a note of a person.
async fn deliver(store: &Store, now: i64) -> Vec<SubmissionId> {
    let mut ids = Vec::new();
    for leased in store.lease(1_000.into(), at(now)).await.unwrap() {
        let delivered = Settlement::Delivered {
            contact: ContactId::new(7),
            record: None,
        };
        let raw = String::from_utf8_lossy(&leased.raw).into_owned();
        ids.push(leased.lease.id);
        store
            .settle(leased.lease, delivered, vec![Event::note(raw)], at(now))
            .await
            .unwrap();
    }
    ids
}

async fn index_all(store: &Store, now: i64) {
    while store.index_some(50, at(now)).await.unwrap().is_some() {}
}

#[tokio::test]
async fn the_oldest_that_is_settled_goes_and_is_still_known() {
    let folder = Folder::new();
    let store = folder.store();
    for number in 1..=5 {
        admit(&store, &answer(number, &body(number))).await.unwrap();
    }
    let ids = deliver(&store, 10).await;
    admit(&store, &answer(6, &body(6))).await.unwrap();
    index_all(&store, 100).await;
    assert_eq!(store.retire(Some(at(10)), 200).await.unwrap(), 0);
    assert_eq!(store.retire(Some(at(11)), 3).await.unwrap(), 3);
    assert_eq!(store.retire(Some(at(11)), 200).await.unwrap(), 2);
    assert_eq!(store.retire(None, 200).await.unwrap(), 0);

    let found = store.search(&text("анна"), 9, &mut |_| ()).unwrap();
    assert_eq!(found.len(), 1, "only what is queued");
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

    // numbers of deleted events are given out again, and what they say is found
    deliver(&store, 200).await;
    index_all(&store, 300).await;
    assert_eq!(
        store
            .search(&text("345-67-06"), 9, &mut |_| ())
            .unwrap()
            .len(),
        1
    );
    let seq = entries[0].seq;
    store
        .append(entries[0].id, vec![Event::note("перезвонить")], at(301))
        .await
        .unwrap();
    assert!(store.events(seq).unwrap().len() > 2);
    assert_eq!(
        store.search(&text("перезв"), 9, &mut |_| ()).unwrap().len(),
        1
    );
}

#[tokio::test]
async fn what_may_go_is_found_by_its_index() {
    let folder = Folder::new();
    let store = folder.store();
    let plan: String = store
        .read_blocking(|view| {
            let sql = format!("EXPLAIN QUERY PLAN {}", super::super::RETIRE);
            Ok(view.query_row(&sql, [0, 0], |row| row.get("detail"))?)
        })
        .unwrap();
    assert!(plan.contains("submissions_settled"), "{plan}");
}

#[tokio::test]
async fn space_is_given_back() {
    let folder = Folder::new();
    let store = folder.store();
    for number in 1..=200 {
        admit(&store, &answer(number, &body(number))).await.unwrap();
    }
    deliver(&store, 300).await;
    let before = store.used().await.unwrap();
    assert_eq!(store.retire(None, 200).await.unwrap(), 200);
    let after = store.used().await.unwrap();
    assert!(after * 3 < before, "{before} → {after}");
    while store.shrink().await.unwrap() {}
    store.close().await;
    drop(store);
    let size = std::fs::metadata(folder.path("leadgate.db")).unwrap().len();
    assert!(size < after * 2, "{size} for {after}");
}

/// Whether the bytes are in any of the store's files.
fn in_files(folder: &Folder, bytes: &[u8]) -> Vec<&'static str> {
    ["leadgate.db", "leadgate.db-wal"]
        .into_iter()
        .filter(|name| {
            let file = std::fs::read(folder.path(name)).unwrap_or_default();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
        .collect()
}

async fn erase_anna(folder: &Folder) -> (usize, Scrubbed) {
    let journal = Journal::new(Store::open_beside(&folder.path("leadgate.db")).unwrap());
    let person = Person {
        phones: vec![Phone::parse("+7 912 345-67-55").unwrap()],
        emails: vec![],
    };
    let found = journal.of_person(&person, &mut |_| ()).unwrap();
    let ids = found.iter().map(|entry| entry.id).collect();
    let erased = journal.erase(ids).await.unwrap();
    (erased.len(), journal.scrub(&mut |_| ()).unwrap())
}

#[tokio::test]
async fn what_was_erased_is_gone_from_the_files_while_a_gateway_works() {
    let folder = Folder::new();
    let store = folder.store();
    for number in 10..99 {
        admit(&store, &answer(number, &body(number))).await.unwrap();
    }
    deliver(&store, 300).await;
    index_all(&store, 400).await;
    let needle = "345-67-55".as_bytes();
    assert!(!in_files(&folder, needle).is_empty());
    assert!(!in_files(&folder, INDEXED).is_empty());
    assert_eq!(erase_anna(&folder).await, (1, Scrubbed::Overwritten));
    assert_eq!(in_files(&folder, needle), [""; 0]);
    assert!(!in_files(&folder, "345-67-56".as_bytes()).is_empty());
    let left = store.search(&text("+79123456755"), 9, &mut |_| ()).unwrap();
    assert_eq!(left, vec![]);
    assert_eq!(in_files(&folder, INDEXED), [""; 0]);
    // the gateway goes on
    admit(&store, &answer(99, &body(99))).await.unwrap();
    assert_eq!(deliver(&store, 500).await.len(), 1);
}

#[tokio::test]
async fn what_was_erased_is_gone_from_the_files_of_a_gateway_that_rests() {
    let folder = Folder::new();
    let store = folder.store();
    for number in 10..99 {
        admit(&store, &answer(number, &body(number))).await.unwrap();
    }
    deliver(&store, 300).await;
    store.close().await;
    drop(store);
    assert_eq!(erase_anna(&folder).await, (1, Scrubbed::Whole));
    assert_eq!(in_files(&folder, "345-67-55".as_bytes()), [""; 0]);
    let store = folder.store();
    assert_eq!(stored(&store).await, 89);
    assert_eq!(
        store
            .search(&text("345-67-56"), 9, &mut |_| ())
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn what_was_not_delivered_yet_will_not_be_and_what_is_in_hand_is_left() {
    let folder = Folder::new();
    let store = folder.store();
    let taken = answer(1, &body(1));
    admit(&store, &taken).await.unwrap();
    let leased = store.lease(1.into(), at(5)).await.unwrap().remove(0);
    let queued = answer(2, &body(2));
    admit(&store, &queued).await.unwrap();
    let erased = store.erase(vec![taken.id, queued.id]).await.unwrap();
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
