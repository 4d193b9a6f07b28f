//! A database or log that lost a part or all of its content, while it is open and before it is
//! opened.

use std::path::Path;

use super::*;
use crate::store::{Filter, Scrubbed};

/// The files of a gateway that was killed now.
fn killed(folder: &Folder) -> Folder {
    let copy = Folder::new();
    for name in ["leadgate.db", "leadgate.db-wal", "leadgate.id"] {
        std::fs::copy(folder.path(name), copy.path(name)).unwrap();
    }
    copy
}

fn cut(path: &Path, bytes: u64) {
    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(bytes).unwrap();
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

async fn fill(store: &Store, numbers: std::ops::RangeInclusive<i64>) {
    for number in numbers {
        let text = "x".repeat(6_000);
        admit(store, &answer(number, &text)).await.unwrap();
    }
}

async fn is_refused(store: &Store, number: i64) -> bool {
    is_cut(&admit(store, &answer(number, "x")).await)
}

fn is_cut<T>(result: &Result<T, StoreError>) -> bool {
    matches!(
        result,
        Err(StoreError::Unavailable {
            trouble: Trouble::Cut,
            ..
        })
    )
}

/// A folder whose database has all of 100 submissions, and one more in the log; its store is open.
async fn checkpointed() -> (Folder, Store) {
    let folder = Folder::new();
    let store = folder.store();
    fill(&store, 1..=100).await;
    store.close().await;
    drop(store);
    let store = folder.store();
    fill(&store, 101..=101).await;
    (folder, store)
}

/// Every way to open the store refuses it with the same words, and leaves both files as they are.
fn all_refuse(folder: &Folder, words: &str) {
    let path = folder.path("leadgate.db");
    let files =
        || [path.clone(), folder.path("leadgate.db-wal")].map(|file| std::fs::read(file).ok());
    let before = files();
    for refused in [
        Store::open_read_only(&path),
        Store::open_beside(&path),
        Store::open(&path, &StoreOptions::default()),
    ] {
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(words), "{words}: {text}");
        assert!(files() == before, "{words}: a file has changed");
    }
}

#[tokio::test]
async fn a_store_killed_before_its_first_checkpoint_opens_with_everything_confirmed() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    for is_marked in [true, false] {
        let copy = killed(&folder);
        // the mark is written last
        if !is_marked {
            std::fs::remove_file(copy.path("leadgate.id")).unwrap();
        }
        assert_eq!(size(&copy.path("leadgate.db")), 4_096, "all is in the log");
        let looked_at = Store::open_read_only(&copy.path("leadgate.db")).unwrap();
        assert_eq!(stored(&looked_at).await, 1);
        drop(looked_at);
        assert_eq!(stored(&copy.store()).await, 1);
    }
}

#[test]
fn a_first_start_that_was_killed_early_is_not_a_lost_database() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    let early = rusqlite::Connection::open(&path).unwrap();
    early
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA application_id = 0x6c676174")
        .unwrap();
    std::fs::write(folder.path("leadgate.id"), "").unwrap();
    let copy = killed(&folder);
    std::fs::remove_file(copy.path("leadgate.id")).unwrap();
    drop(copy.store());
}

#[tokio::test]
async fn a_lost_database_is_not_opened_and_its_log_stays() {
    let folder = Folder::new();
    let store = folder.store();
    fill(&store, 1..=3).await;
    let states = [
        (None, "is missing, but"),
        (Some(vec![]), "is empty, but"),
        (Some(b"SQLite format 3\0".to_vec()), "is damaged"),
        (Some(vec![0; 4_096]), "is damaged"),
    ];
    for (content, words) in states {
        let copy = killed(&folder);
        let path = copy.path("leadgate.db");
        std::fs::remove_file(&path).unwrap();
        if let Some(content) = &content {
            std::fs::write(&path, content).unwrap();
        }
        all_refuse(&copy, words);
        if words == "is damaged" {
            continue;
        }
        // the advice works, and keeps the rest
        let afresh = StoreOptions {
            begin_afresh: true,
            ..StoreOptions::default()
        };
        for ending in ["", "2"] {
            drop(Store::open(&path, &afresh).unwrap());
            assert!(copy.path(&format!("leadgate.db-wal.old{ending}")).exists());
            std::fs::remove_file(&path).unwrap();
            std::fs::write(copy.path("leadgate.db-wal"), "x").unwrap();
        }
    }
}

#[tokio::test]
async fn a_blank_database_beside_the_log_of_another_one_leaves_the_log() {
    let folder = Folder::new();
    let blank = rusqlite::Connection::open(folder.path("leadgate.db")).unwrap();
    blank
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 0")
        .unwrap();
    drop(blank);
    assert_eq!(size(&folder.path("leadgate.db")), 4_096);
    let log = folder.path("leadgate.db-wal");
    std::fs::write(&log, [7; 9_000]).unwrap();
    for mark in [false, true] {
        if mark {
            std::fs::write(folder.path("leadgate.id"), "").unwrap();
        }
        let refused = Store::open(&folder.path("leadgate.db"), &StoreOptions::default());
        assert!(matches!(refused, Err(StoreError::Lost { .. })), "{mark}");
        assert_eq!(std::fs::read(&log).unwrap(), [7; 9_000], "{mark}");
    }
}

#[tokio::test]
async fn a_database_without_its_end_is_refused_and_its_log_stays() {
    let (folder, store) = checkpointed().await;
    let whole = size(&folder.path("leadgate.db"));
    for bytes in [100, 4_096, whole / 2, whole - 4_096 * 20] {
        let copy = killed(&folder);
        cut(&copy.path("leadgate.db"), bytes);
        all_refuse(&copy, "is damaged");
    }
    drop(store);
}

#[tokio::test]
async fn a_database_that_is_cut_short_confirms_nothing_and_the_files_stay_as_they_are() {
    for (number, part) in (0..=3).zip(["empty", "below a header", "one page", "half"]) {
        let (folder, store) = checkpointed().await;
        let path = folder.path("leadgate.db");
        let before = std::fs::read(&path).unwrap();
        let half = size(&path) / 2;
        let left = [0, 50, 4_096, half][number];
        let log = std::fs::read(folder.path("leadgate.db-wal")).unwrap();
        cut(&path, left);
        // in half of the cases a read comes before the write
        if number % 2 == 0 {
            let read = store.entries(&Filter::default(), 1_000);
            assert!(read.is_ok() || is_cut(&read), "{part}");
        }
        assert!(is_refused(&store, 102).await, "{part}");
        assert!(is_refused(&store, 101).await, "{part}");
        let words = store.probe(at(0)).await.unwrap_err().in_public();
        assert!(words.contains("cut short"), "{part}: {words}");
        store.close().await;
        drop(store);
        assert_eq!(size(&path), left, "{part}");
        assert!(
            std::fs::read(folder.path("leadgate.db-wal"))
                .unwrap()
                .starts_with(&log),
            "{part}"
        );
        let refused = Store::open(&path, &StoreOptions::default());
        assert!(refused.is_err(), "{part}");
        // with the part that was cut off, nothing is missing
        std::fs::write(&path, before).unwrap();
        assert_eq!(stored(&folder.store()).await, 101, "{part}");
    }
}

#[tokio::test]
async fn a_file_written_over_one_that_was_cut_short_is_refused() {
    let (folder, store) = checkpointed().await;
    let path = folder.path("leadgate.db");
    let before = std::fs::read(&path).unwrap();
    cut(&path, 0);
    assert!(is_refused(&store, 102).await);
    std::fs::write(&path, before).unwrap();
    assert!(is_refused(&store, 102).await);
}

#[tokio::test]
async fn a_log_that_is_cut_short_confirms_nothing() {
    for part in [0, 1, 2] {
        let (folder, store) = checkpointed().await;
        let log = folder.path("leadgate.db-wal");
        cut(&log, [0, 20, size(&log) / 2][part]);
        assert!(is_refused(&store, 102).await, "{part}");
        assert!(is_refused(&store, 103).await, "{part}");
        store.close().await;
        drop(store);
        let after = folder.store();
        assert!(stored(&after).await >= 100, "{part}: the database is whole");
    }
}

#[tokio::test]
async fn a_database_made_smaller_by_an_erasure_beside_the_gateway_still_works() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    let store = folder.store();
    fill(&store, 1..=100).await;
    {
        let beside = Store::open_beside(&path).unwrap();
        assert_eq!(beside.scrub(&mut |_| ()).unwrap(), Scrubbed::Overwritten);
    }
    admit(&store, &answer(101, "x")).await.unwrap();
    let before = size(&path);
    for number in 102..=104 {
        let beside = Store::open_beside(&path).unwrap();
        beside.erase(ids(&beside), |_| false).await.unwrap();
        beside.scrub(&mut |_| ()).unwrap();
        beside.close().await;
        admit(&store, &answer(number, "x")).await.unwrap();
        assert!(is_whole(&store).await);
    }
    assert!(size(&path) < before);
    store.close().await;
    drop(store);
    assert_eq!(stored(&folder.store()).await, 104);
}

#[tokio::test]
async fn a_database_made_smaller_by_the_gateway_still_works() {
    let (folder, store) = checkpointed().await;
    store.erase(ids(&store), |_| false).await.unwrap();
    while store.shrink().await.unwrap() {}
    let before = size(&folder.path("leadgate.db"));
    // SQLite also does this on its own from time to time
    let other = rusqlite::Connection::open(folder.path("leadgate.db")).unwrap();
    other
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    assert!(size(&folder.path("leadgate.db")) < before);
    fill(&store, 102..=110).await;
    assert!(is_whole(&store).await);
}

fn ids(store: &Store) -> Vec<crate::domain::SubmissionId> {
    let entries = store.entries(&Filter::default(), 1_000).unwrap();
    entries.iter().map(|entry| entry.id).collect()
}

async fn is_whole(store: &Store) -> bool {
    let checked = store.read(|view| {
        Ok(view.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?)
    });
    checked.await.unwrap() == "ok"
}
