//! Calls that go on are stored until they are over or erased.

use super::*;
use crate::store::{CallChanges, CallKey, StoredCall};

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
    assert_eq!(store.keep_calls(begin).await.unwrap(), []);
    let go_on = CallChanges {
        changed: vec![call("a", 3, "talks")],
        gone: vec![key("b")],
        ..CallChanges::default()
    };
    assert_eq!(store.keep_calls(go_on).await.unwrap(), []);
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
    store.keep_calls(begin).await.unwrap();
    let beside = folder.store_beside();
    assert_eq!(
        beside.erase_calls(vec![key("a"), key("z")]).await.unwrap(),
        1
    );
    let go_on = CallChanges {
        changed: vec![call("a", 2, "talks"), call("b", 2, "talks")],
        ..CallChanges::default()
    };
    assert_eq!(store.keep_calls(go_on).await.unwrap(), [key("a")]);
    assert_eq!(store.calls().unwrap(), [call("b", 2, "talks")]);
}

contract! {
    calls_are_stored_until_they_are_over,
    an_erased_call_is_not_stored_again,
}
