//! Opening: new files, old files, other people's files, and none.

use super::super::{Past, Place, migrations};
use super::*;
use crate::domain::{Activation, Lang, Source, SourceKinds};
use crate::store::Filter;
use crate::store::testing::poll;

fn setting(store: &Store, name: &'static str) -> i64 {
    store
        .read_blocking(|view| Ok(view.pragma_query_value(None, name, |row| row.get(0))?))
        .unwrap()
}

/// The number of this edition's schema.
fn newest() -> u32 {
    u32::try_from(migrations::ALL.len()).unwrap()
}

#[tokio::test]
async fn a_new_file_is_durable_and_private() {
    let folder = Folder::new();
    let store = folder.store();
    assert_eq!(setting(&store, "auto_vacuum"), 2);
    assert_eq!(setting(&store, "user_version"), i64::from(newest()));
    let (journal, synchronous, foreign_keys): (String, i64, i64) = store
        .write(|tx| {
            let journal = tx.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
            let synchronous = tx.pragma_query_value(None, "synchronous", |row| row.get(0))?;
            let keys = tx.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
            Ok((journal, synchronous, keys))
        })
        .await
        .unwrap();
    assert_eq!((journal.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for name in ["leadgate.db", "leadgate.db-wal"] {
            let mode = std::fs::metadata(folder.path(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o077, 0, "{name}");
        }
    }
}

#[tokio::test]
async fn a_data_folder_has_one_gateway() {
    let folder = Folder::new();
    let store = folder.store();
    let instance = store.instance().clone();
    let path = folder.path("leadgate.db");
    let second = Store::open(&path, &StoreOptions::default());
    assert!(matches!(second, Err(StoreError::InUse { .. })));
    drop(store);
    let again = folder.store();
    assert_eq!(again.instance(), &instance);
    again.close().await;
    assert!(matches!(
        admit(&again, &answer(1, "x")).await,
        Err(StoreError::Closed)
    ));
    folder.store();
}

#[tokio::test]
async fn a_reader_works_beside_a_gateway() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    assert!(matches!(
        Store::open_read_only(&path),
        Err(StoreError::Missing { .. })
    ));
    let store = folder.store();
    let reader = Store::open_read_only(&path).unwrap();
    assert_eq!(reader.instance(), store.instance());
    admit(&store, &answer(1, "x")).await.unwrap();
    assert_eq!(stored(&reader).await, 1);
    let refused = admit(&reader, &answer(2, "x")).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly)));
    store.close().await;
    drop(store);
    assert_eq!(reader.entries(&Filter::default(), 9).unwrap().len(), 1);
    drop(reader);
    let alone = Store::open_read_only(&path).unwrap();
    assert_eq!(stored(&alone).await, 1);
}

#[tokio::test]
async fn a_file_of_the_first_schema_is_upgraded() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    std::fs::write(&path, []).unwrap();
    {
        let place = Place::new(&path);
        let mut connection = place.open_with(Past::None).unwrap();
        migrations::forward(&mut connection, &path, &migrations::ALL[..1]).unwrap();
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, 1);
        connection
            .execute_batch(
                "INSERT INTO meta VALUES ('instance', 'abcd1234');
                 INSERT INTO submissions (id, identity, source, poll_id, answer_id, received_at,
                                          state, due_at, raw)
                 VALUES (randomblob(16), 'polls/123/345', 'poll', 123, 345, 5, 'queued', 5, x'78');",
            )
            .unwrap();
    }
    let looked_at = Store::open_read_only(&path);
    assert!(matches!(looked_at, Err(StoreError::TooOld { .. })));
    let store = folder.store();
    assert_eq!(setting(&store, "user_version"), i64::from(newest()));
    assert_eq!(store.instance().as_str(), "abcd1234");
    let entries = store.entries(&Filter::default(), 9).unwrap();
    assert_eq!(entries[0].identity.as_str(), "polls/123/345");
    let activation = Activation {
        id: poll(123),
        name: None,
        language: Lang::Ru,
        employee: None,
        at: at(1),
    };
    store.activate(activation).await.unwrap();
    assert_eq!(store.polls().unwrap().0.len(), 1);
}

#[test]
fn the_sources_of_a_file_of_release_0_1_0_are_converted() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    std::fs::write(&path, []).unwrap();
    {
        let mut connection = Place::new(&path).open_with(Past::None).unwrap();
        migrations::forward(&mut connection, &path, &migrations::ALL[..7]).unwrap();
        connection
            .execute_batch(
                r#"INSERT INTO meta VALUES ('instance', 'abcd1234');
                   INSERT INTO submissions (id, identity, source, poll_id, answer_id, received_at, state, raw)
                   VALUES (randomblob(16), 'polls/123/345', 'poll', 123, 345, 3, 'captured', x'78'),
                          (randomblob(16), 'channels/shop/a/b c', 'channel {"query":"page=1"}', NULL, NULL,
                           2, 'captured', x'78'),
                          (randomblob(16), 'channels/shop/2', 'channel', NULL, NULL, 1, 'rejected', x'');"#,
            )
            .unwrap();
    }
    let store = folder.store();
    let entries = store.entries(&Filter::default(), 9).unwrap();
    let sources: Vec<_> = entries.into_iter().map(|entry| entry.source).collect();
    let sent = serde_json::json!({"query": "page=1"});
    assert_eq!(
        sources,
        [
            Source::new("polls", "123", "345"),
            Source::new("channels", "shop", "a/b c").with_details(&sent),
            Source::new("channels", "shop", "2"),
        ]
    );
}

#[tokio::test]
async fn a_file_of_the_second_schema_is_indexed_in_steps() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    std::fs::write(&path, []).unwrap();
    {
        let mut connection = Place::new(&path).open_with(Past::None).unwrap();
        migrations::forward(&mut connection, &path, &migrations::ALL[..2]).unwrap();
        connection
            .execute_batch(
                r#"INSERT INTO meta VALUES ('instance', 'abcd1234');
                   WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50)
                   INSERT INTO submissions (id, identity, source, poll_id, answer_id, received_at, state,
                                            settled_at, raw)
                   SELECT randomblob(16), 'polls/123/' || n, 'poll', 123, n, n, 'delivered', n,
                          CAST('{"name":"Анна"}' AS BLOB) FROM n;
                   INSERT INTO events (submission, at, attempt, kind, version, payload)
                   SELECT seq, 1, 1, 'note', 1, '{"text":"for a call"}' FROM submissions;"#,
            )
            .unwrap();
    }
    let store = folder.store();
    let filter = Filter {
        text: Some("анн call".to_owned()),
        ..Filter::default()
    };
    let find = || {
        store
            .search(&filter, 100, &SourceKinds::default(), &mut |_| ())
            .unwrap()
            .len()
    };
    assert_eq!(find(), 50);
    let mut steps = 0;
    while let Some(done) = store
        .index_some(20, SourceKinds::default(), at(0))
        .await
        .unwrap()
    {
        assert!(done <= 20);
        steps += 1;
        assert_eq!(find(), 50);
    }
    assert_eq!(steps, 3);
}

#[tokio::test]
async fn a_file_of_a_newer_schema_is_refused() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    let store = folder.store();
    store
        .write(|tx| Ok(tx.pragma_update(None, "user_version", 99)?))
        .await
        .unwrap();
    drop(store);
    for refused in [
        Store::open(&path, &StoreOptions::default()),
        Store::open_read_only(&path),
    ] {
        let error = refused.unwrap_err();
        let StoreError::TooNew { found, known, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!((*found, *known), (99, newest()));
        assert!(error.to_string().contains("install the newer one"));
    }
}

#[test]
fn a_foreign_file_is_refused_and_not_changed() {
    let folder = Folder::new();
    let text = "the quick brown fox jumps over the lazy dog\n".repeat(500);
    let written = folder.path("text.db");
    std::fs::write(&written, &text).unwrap();
    let foreign = folder.path("foreign.db");
    rusqlite::Connection::open(&foreign)
        .unwrap()
        .execute_batch("CREATE TABLE contacts (name TEXT)")
        .unwrap();
    for path in [&written, &foreign] {
        for refused in [
            Store::open(path, &StoreOptions::default()),
            Store::open_read_only(path),
        ] {
            assert!(
                matches!(refused, Err(StoreError::Damaged { .. })),
                "{refused:?}"
            );
        }
    }
    assert_eq!(std::fs::read_to_string(&written).unwrap(), text);
}

#[test]
fn a_folder_that_cannot_be_created_is_named() {
    let folder = Folder::new();
    std::fs::write(folder.path("file"), "x").unwrap();
    let path = folder.path("file").join("data").join("leadgate.db");
    let error = Store::open(&path, &StoreOptions::default()).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }));
    assert!(error.to_string().contains("data"));
}
