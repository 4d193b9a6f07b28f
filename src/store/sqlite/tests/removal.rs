//! Removed content is gone from the files, too.

use super::*;
use crate::domain::{Phone, SourceKinds};
use crate::journal::{Journal, Person, Scrubbed};
use crate::store::testing::{deliver, found, index_all, purge_200};

/// The end of a term in the index: a part of a name that only number 55 has, in lower case. The
/// index stores the first byte with the terms before it.
const INDEXED: &[u8] = b"\xab\xd1\xb1\xd1\xb5";

fn body(number: i64) -> String {
    let rare = if number == 55 { "Ѫѱѵ" } else { "" };
    format!(
        r#"{{"name":"Анна","rare":"{rare}","phone":"8 (912) 345-67-{number:02}","more":"{}"}}"#,
        "x".repeat(6_000)
    )
}

#[tokio::test]
async fn content_to_purge_is_found_by_an_index() {
    let folder = Folder::new();
    let store = folder.store();
    let plan: String = store
        .read_blocking(|view| {
            let sql = format!("EXPLAIN QUERY PLAN {}", super::super::PURGEABLE);
            Ok(view.query_row(&sql, [0, 0], |row| row.get("detail"))?)
        })
        .unwrap();
    assert!(plan.contains("submissions_settled"), "{plan}");
}

#[tokio::test]
async fn the_file_shrinks_after_a_purge() {
    let folder = Folder::new();
    let store = folder.store();
    let after = purge_200(&store, body).await;
    store.close().await;
    drop(store);
    let size = std::fs::metadata(folder.path("leadgate.db")).unwrap().len();
    assert!(size < after * 2, "{size} for {after}");
}

/// Returns the files of the store that contain the bytes.
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
    let journal = Journal::new(
        Store::open_beside(&folder.path("leadgate.db")).unwrap(),
        SourceKinds::default(),
    );
    let person = Person {
        phones: vec![Phone::parse("+7 912 345-67-55").unwrap()],
        emails: vec![],
    };
    let found = journal.of_person(&person, &mut |_| ()).unwrap();
    let ids = found.iter().map(|entry| entry.id).collect();
    let erased = journal.erase(ids, &person).await.unwrap();
    (erased.len(), journal.scrub(&mut |_| ()).unwrap())
}

#[tokio::test]
async fn erased_bytes_are_gone_from_the_files_while_a_gateway_works() {
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
    let left = found(&store, "+79123456755");
    assert_eq!(left, vec![]);
    assert_eq!(in_files(&folder, INDEXED), [""; 0]);
    // the gateway still works
    admit(&store, &answer(99, &body(99))).await.unwrap();
    assert_eq!(deliver(&store, 500).await.len(), 1);
}

#[tokio::test]
async fn erased_bytes_are_gone_from_the_files_of_a_stopped_gateway() {
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
    assert_eq!(found(&store, "345-67-56").len(), 1);
}
