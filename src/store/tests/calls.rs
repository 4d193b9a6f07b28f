//! Calls that go on are stored until they are over or erased.

use super::*;
use crate::domain::{CALLS, Source, Submission};
use crate::store::{Admission, Arrival, CallChanges, CallKey, StoredCall};

fn key(id: &str) -> CallKey {
    CallKey {
        pbx: "main".to_owned(),
        id: id.to_owned(),
    }
}

fn call(id: &str, seconds: i64, state: &str) -> StoredCall {
    StoredCall {
        key: key(id),
        changed_at: at(seconds),
        state: state.to_owned(),
    }
}

async fn calls_are_stored_until_they_are_over<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let begin = CallChanges {
        new: vec![call("a", 1, "rings"), call("b", 2, "rings")],
        ..CallChanges::default()
    };
    assert_eq!(store.keep_calls(begin, at(9)).await.unwrap(), []);
    let go_on = CallChanges {
        changed: vec![call("a", 3, "talks")],
        gone: vec![key("b")],
        ..CallChanges::default()
    };
    assert_eq!(store.keep_calls(go_on, at(9)).await.unwrap(), []);
    store.close().await;
    drop(store);
    let store = folder.store();
    assert_eq!(store.calls().unwrap(), [call("a", 3, "talks")]);
}

async fn an_erased_call_is_not_stored_again<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let begin = CallChanges {
        new: vec![call("a", 1, "rings"), call("b", 1, "rings")],
        ..CallChanges::default()
    };
    store.keep_calls(begin, at(9)).await.unwrap();
    let beside = folder.store_beside();
    assert_eq!(
        beside.erase_calls(vec![key("a"), key("z")]).await.unwrap(),
        1
    );
    let go_on = CallChanges {
        changed: vec![call("a", 2, "talks"), call("b", 2, "talks")],
        ..CallChanges::default()
    };
    assert_eq!(store.keep_calls(go_on, at(9)).await.unwrap(), [key("a")]);
    assert_eq!(store.calls().unwrap(), [call("b", 2, "talks")]);
}

async fn records_that_were_held_back_become_due<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let record = Submission {
        source: Source::new(CALLS, "main", "a"),
        ..answer(1, "record")
    };
    let mut arrival = Arrival::new(&record, None, Admission::Queue);
    arrival.due_at = at(900);
    store.admit(arrival).await.unwrap();
    let released = CallChanges {
        released: vec![key("a"), key("unknown")],
        ..CallChanges::default()
    };
    assert_eq!(store.lease(9.into(), at(50)).await.unwrap().len(), 0);
    store.keep_calls(released, at(50)).await.unwrap();
    assert_eq!(store.lease(9.into(), at(50)).await.unwrap().len(), 1);
}

async fn a_pbx_is_new_once_and_only_if_nothing_is_stored_of_it<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let record = Submission {
        source: Source::new(CALLS, "old", "a"),
        ..answer(1, "record")
    };
    admit(&store, &record).await.unwrap();
    assert_eq!(store.pbx_since("new", at(5)).await.unwrap(), at(5));
    let old = store.pbx_since("old", at(5)).await.unwrap();
    assert_eq!(old, jiff::Timestamp::UNIX_EPOCH);
    store.close().await;
    let store = folder.store();
    assert_eq!(store.pbx_since("new", at(9)).await.unwrap(), at(5));
    // the beginning of the name of another one
    assert_eq!(store.pbx_since("ol", at(9)).await.unwrap(), at(9));
}

contract! {
    records_that_were_held_back_become_due,
    a_pbx_is_new_once_and_only_if_nothing_is_stored_of_it,
    calls_are_stored_until_they_are_over,
    an_erased_call_is_not_stored_again,
}
