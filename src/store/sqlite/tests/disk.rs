//! A disk that is full, read-only, or rotten.

use std::io::{Seek, SeekFrom, Write};

use super::*;
use crate::store::Filter;

fn trouble<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Trouble {
    match result {
        Err(StoreError::Unavailable { trouble, .. }) => trouble,
        other => panic!("no trouble: {other:?}"),
    }
}

async fn limit_pages(store: &Store, pages: i64) {
    store
        .write(move |tx| Ok(tx.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_disk_stores_nothing_in_part_and_works_again_once_there_is_room() {
    let folder = Folder::new();
    let store = folder.store();
    limit_pages(&store, 100).await;
    let body = "x".repeat(3_000);
    let mut taken = 0;
    let refused = loop {
        match admit(&store, &answer(taken + 1, &body)).await {
            Ok(_) => taken += 1,
            refused => break refused,
        }
        assert!(taken < 200);
    };
    assert_eq!(trouble(refused), Trouble::Full);
    assert!(taken > 20);
    assert_eq!(stored(&store).await, u64::try_from(taken).unwrap());
    let refused = admit(&store, &answer(taken + 1, &body)).await;
    assert_eq!(trouble(refused), Trouble::Full);

    limit_pages(&store, 10_000).await;
    let retried = admit(&store, &answer(taken + 1, &body)).await.unwrap();
    assert!(matches!(retried, Accepted::New { .. }));
}

#[tokio::test]
async fn a_read_only_disk_is_tried_again_with_every_request() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    // this handle can write no more; the next one can
    store
        .write(|tx| Ok(tx.pragma_update(None, "query_only", true)?))
        .await
        .unwrap();
    let refused = admit(&store, &answer(2, "x")).await;
    assert_eq!(trouble(refused), Trouble::ReadOnly);
    admit(&store, &answer(2, "x")).await.unwrap();
    assert_eq!(stored(&store).await, 2);
}

#[tokio::test]
async fn a_missing_store_is_not_replaced_by_an_empty_one() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    for name in ["leadgate.db", "leadgate.db-wal", "leadgate.db-shm"] {
        std::fs::rename(folder.path(name), folder.path(&format!("{name}.away"))).unwrap();
    }
    // whether this handle notices is the system's business; a new one must
    store
        .write(|tx| Ok(tx.pragma_update(None, "query_only", true)?))
        .await
        .ok();
    assert!(admit(&store, &answer(2, "x")).await.is_err());
    assert!(admit(&store, &answer(2, "x")).await.is_err());
    assert!(!folder.path("leadgate.db").exists());
    for name in ["leadgate.db", "leadgate.db-wal", "leadgate.db-shm"] {
        std::fs::rename(folder.path(&format!("{name}.away")), folder.path(name)).unwrap();
    }
    admit(&store, &answer(2, "x")).await.unwrap();
    assert_eq!(stored(&store).await, 2);
}

#[tokio::test]
async fn damage_inside_the_file_is_reported() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    let store = folder.store();
    for number in 1..=200 {
        admit(&store, &answer(number, &"x".repeat(2_000)))
            .await
            .unwrap();
    }
    drop(store);
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    let size = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(4_096 * 80)).unwrap();
    let rest = usize::try_from(size - 4_096 * 80).unwrap();
    file.write_all(&vec![0xa5; rest]).unwrap();
    drop(file);
    let store = folder.store();
    let read = store.entries(&Filter::default(), 1_000);
    assert_eq!(trouble(read), Trouble::Corrupt);

    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    drop(store);
    file.write_all(&[0xa5; 4_096]).unwrap();
    drop(file);
    let error = Store::open(&path, &StoreOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(error.to_string().ends_with("restore it from a backup"));
}
