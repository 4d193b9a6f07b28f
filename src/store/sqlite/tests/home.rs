//! A database that was moved, removed, replaced or emptied, while it is open and before it is
//! opened.

use std::path::Path;

use super::*;
use crate::store::Filter;

const FILES: [&str; 3] = ["leadgate.db", "leadgate.db-wal", "leadgate.db-shm"];

fn rename(folder: &Folder, files: &[&str], from: &str, to: &str) {
    for name in files {
        std::fs::rename(
            folder.path(&format!("{name}{from}")),
            folder.path(&format!("{name}{to}")),
        )
        .unwrap();
    }
}

async fn is_refused(store: &Store, number: i64) -> bool {
    match admit(store, &answer(number, "x")).await {
        Err(StoreError::Unavailable { trouble, .. }) => trouble == Trouble::Moved,
        _ => false,
    }
}

#[tokio::test]
async fn a_moved_file_confirms_nothing_until_it_is_back() {
    for files in [&FILES[..], &FILES[..1], &FILES[1..2]] {
        let folder = Folder::new();
        let store = folder.store();
        admit(&store, &answer(1, "x")).await.unwrap();
        rename(&folder, files, "", ".away");
        assert!(is_refused(&store, 2).await, "{files:?}");
        assert!(is_refused(&store, 3).await, "{files:?}");
        assert!(store.probe(at(0)).await.is_err(), "{files:?}");
        rename(&folder, files, ".away", "");
        assert_eq!(
            stored(&store).await,
            1,
            "{files:?}: the refused ones are not there"
        );
        admit(&store, &answer(2, "x")).await.unwrap();
        store.probe(at(0)).await.unwrap();
        drop(store);
        assert_eq!(stored(&folder.store()).await, 2, "{files:?}");
    }
}

#[tokio::test]
async fn a_replaced_file_confirms_nothing() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    std::fs::copy(folder.path("leadgate.db"), folder.path("copy")).unwrap();
    rename(&folder, &FILES[..1], "", ".away");
    std::fs::rename(folder.path("copy"), folder.path("leadgate.db")).unwrap();
    assert!(is_refused(&store, 2).await);
}

#[tokio::test]
async fn a_removed_file_confirms_nothing_and_the_next_start_refuses() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    std::fs::remove_file(folder.path("leadgate.db")).unwrap();
    assert!(is_refused(&store, 2).await);
    store.close().await;
    drop(store);
    assert!(matches!(
        open(&folder),
        Err(StoreError::Lost {
            what: "missing",
            ..
        })
    ));
}

#[tokio::test]
async fn confirmed_submissions_survive_a_removed_log() {
    let folder = Folder::new();
    let store = folder.store();
    for number in 1..=50 {
        admit(&store, &answer(number, "x")).await.unwrap();
    }
    std::fs::remove_file(folder.path("leadgate.db-wal")).unwrap();
    assert!(is_refused(&store, 51).await);
    // as after `kill -9`: nothing else is written
    let copy = folder.path("copy.db");
    std::fs::copy(folder.path("leadgate.db"), &copy).unwrap();
    let copied = Store::open_read_only(&copy).unwrap();
    assert_eq!(copied.entries(&Filter::default(), 99).unwrap().len(), 50);
}

fn open(folder: &Folder) -> Result<Store, StoreError> {
    Store::open(&folder.path("leadgate.db"), &StoreOptions::default())
}

fn open_new(folder: &Folder) -> Result<Store, StoreError> {
    let options = StoreOptions {
        begin_afresh: true,
        ..StoreOptions::default()
    };
    Store::open(&folder.path("leadgate.db"), &options)
}

/// A folder in which a gateway has worked.
async fn used() -> Folder {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    store.close().await;
    folder
}

fn empty(path: &Path) {
    std::fs::write(path, []).unwrap();
}

#[tokio::test]
async fn a_used_folder_without_its_database_is_refused_unless_new_is_given() {
    for is_there in [false, true] {
        let folder = used().await;
        let path = folder.path("leadgate.db");
        std::fs::remove_file(&path).unwrap();
        if is_there {
            empty(&path);
        }
        let refused = open(&folder).unwrap_err();
        let words = refused.to_string();
        assert!(
            matches!(refused, StoreError::Lost { .. }) && words.contains("--new"),
            "{words}"
        );
        assert_eq!(path.exists(), is_there, "nothing was made");
        let store = open_new(&folder).unwrap();
        assert_eq!(stored(&store).await, 0);
        drop(store);
        drop(open(&folder).unwrap());
    }
}

#[tokio::test]
async fn a_database_without_tables_counts_as_empty() {
    let folder = used().await;
    let path = folder.path("leadgate.db");
    std::fs::remove_file(&path).unwrap();
    let blank = rusqlite::Connection::open(&path).unwrap();
    blank
        .execute_batch("PRAGMA user_version = 1; PRAGMA user_version = 0")
        .unwrap();
    drop(blank);
    assert!(std::fs::metadata(&path).unwrap().len() > 0);
    assert!(matches!(
        open(&folder),
        Err(StoreError::Lost { what: "empty", .. })
    ));
}

#[tokio::test]
async fn traces_of_an_older_release_show_that_a_folder_was_used() {
    let folder = used().await;
    for name in ["leadgate.db", "leadgate.id"] {
        std::fs::remove_file(folder.path(name)).unwrap();
    }
    // all that is left is the lock: nothing was ever stored there, as far as anybody can tell
    let store = open(&folder).unwrap();
    store.close().await;
    drop(store);
    for trace in ["cache", "leadgate.db-wal"] {
        for name in ["leadgate.db", "leadgate.id"] {
            std::fs::remove_file(folder.path(name)).unwrap();
        }
        std::fs::write(folder.path(trace), "x").unwrap();
        assert!(
            matches!(open(&folder), Err(StoreError::Lost { .. })),
            "{trace}"
        );
        drop(open_new(&folder).unwrap());
        std::fs::remove_file(folder.path(trace)).ok();
    }
    assert!(
        folder.path("leadgate.db-wal.old").exists(),
        "kept, under another name"
    );
}

#[tokio::test]
async fn a_restored_backup_and_an_older_folder_without_the_mark_are_opened_and_marked() {
    let folder = used().await;
    std::fs::remove_file(folder.path("leadgate.id")).unwrap();
    let store = open(&folder).unwrap();
    assert_eq!(stored(&store).await, 1);
    drop(store);
    assert!(folder.path("leadgate.id").exists());
}

#[tokio::test]
async fn a_new_database_does_not_replace_one_with_content() {
    let folder = used().await;
    assert!(matches!(open_new(&folder), Err(StoreError::NotNew { .. })));
    assert_eq!(stored(&folder.store()).await, 1);
}

#[tokio::test]
async fn the_probe_writes_and_leaves_no_submission() {
    let folder = Folder::new();
    let store = folder.store();
    store.probe(at(0)).await.unwrap();
    store.probe(at(1)).await.unwrap();
    assert_eq!(stored(&store).await, 0);
    let noted = store.read(|view| {
        let sql = "SELECT value FROM meta WHERE name = 'probed_at'";
        Ok(view.query_row(sql, [], |row| row.get::<_, String>(0))?)
    });
    assert_eq!(noted.await.unwrap(), at(1).as_microsecond().to_string());
}

#[tokio::test]
async fn the_probe_reports_damage_that_any_request_met() {
    let folder = used().await;
    {
        let store = folder.store();
        for number in 2..=200 {
            admit(&store, &answer(number, &"x".repeat(2_000)))
                .await
                .unwrap();
        }
    }
    let path = folder.path("leadgate.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[4_096 * 80..].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    let store = folder.store();
    assert!(store.entries(&Filter::default(), 1_000).is_err());
    let error = store.probe(at(0)).await.unwrap_err();
    assert_eq!(
        error.in_public(),
        "the store cannot be used now: the file is damaged, restore it from a backup"
    );
}
