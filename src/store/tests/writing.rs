//! Writes in general.

use super::*;

async fn a_store_keeps_its_instance_and_its_content_when_it_is_reopened<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let instance = store.instance().clone();
    admit(&store, &answer(1, "x")).await.unwrap();
    store.close().await;
    let store = folder.store();
    assert_eq!(store.instance(), &instance);
    assert_eq!(stored(&store).await, 1);
}

async fn a_closed_store_refuses_writes<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    store.close().await;
    let refused = admit(&store, &answer(1, "x")).await;
    assert!(matches!(refused, Err(StoreError::Closed)));
}

async fn a_probe_succeeds_and_leaves_no_submission<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    store.probe(at(1)).await.unwrap();
    assert_eq!(stored(&store).await, 0);
}

contract! {
    a_store_keeps_its_instance_and_its_content_when_it_is_reopened,
    a_closed_store_refuses_writes,
    a_probe_succeeds_and_leaves_no_submission,
}
