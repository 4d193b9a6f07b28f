//! Many requests, one transaction: who suffers from whom.

use super::*;

#[tokio::test]
async fn a_full_queue_is_an_error_at_once() {
    let folder = Folder::new();
    let options = StoreOptions {
        queue: 2,
        ..StoreOptions::default()
    };
    let store = Store::open(&folder.path("leadgate.db"), &options).unwrap();
    let release = hold(&store).await;
    store.write_behind(|_| Ok(())).unwrap();
    store.write_behind(|_| Ok(())).unwrap();
    assert!(matches!(
        admit(&store, &answer(1, "x")).await,
        Err(StoreError::Busy)
    ));
    let waits = store.write(|_| Ok(5));
    let (waited, ()) = tokio::join!(waits, async { drop(release) });
    assert_eq!(waited.unwrap(), 5);
    admit(&store, &answer(1, "x")).await.unwrap();
}

// `join!` asks in the order of its arguments: all are waiting when the writer starts

#[tokio::test]
async fn a_thousand_submissions_of_one_request_are_one_piece_of_work() {
    let folder = Folder::new();
    let store = folder.store();
    let one = |number| Arrival::new(&answer(number, "x"), None, Admission::Queue);
    let arrivals = (1..=1000).map(one).collect();
    let stored = store.admit_all(arrivals).await;
    assert_eq!(stored.unwrap().len(), 1000);
    assert_eq!(store.together(), 1, "one piece of work, in one commit");
}

#[tokio::test]
async fn a_request_that_fails_or_panics_is_rolled_back_alone() {
    let folder = Folder::new();
    let store = folder.store();
    let release = hold(&store).await;
    let insert = "INSERT INTO meta (name, value) VALUES (?, 'x')";
    let (first, fails, panics, last, ()) = tokio::join!(
        store.write(move |tx| Ok(tx.execute(insert, ["first"])?)),
        store.write(move |tx| {
            tx.execute(insert, ["half"])?;
            Ok(tx.execute(insert, ["half"])?)
        }),
        store.write(move |tx| -> Result<(), StoreError> {
            tx.execute(insert, ["panic"])?;
            panic!("as the test wants it")
        }),
        store.write(move |tx| Ok(tx.execute(insert, ["last"])?)),
        async { drop(release) }
    );
    assert_eq!((first.unwrap(), last.unwrap()), (1, 1));
    assert!(matches!(fails, Err(StoreError::Backend(_))));
    assert!(matches!(panics, Err(StoreError::Closed)));
    let names: i64 = store
        .read(|view| {
            let sql = "SELECT count(*) FROM meta WHERE name IN ('first', 'last', 'half', 'panic')";
            Ok(view.query_row(sql, [], |row| row.get(0))?)
        })
        .await
        .unwrap();
    assert_eq!(names, 2);
}

#[tokio::test]
async fn a_repeat_that_fails_half_way_is_rolled_back_alone() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    let trap = "CREATE TRIGGER trap BEFORE UPDATE OF repeats ON submissions
                BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END";
    store
        .write(move |tx| Ok(tx.execute_batch(trap)?))
        .await
        .unwrap();
    let release = hold(&store).await;
    let (before, repeat) = (answer(2, "x"), answer(1, "other bytes"));
    let free = async { drop(release) };
    let (before, repeat, ()) = tokio::join!(admit(&store, &before), admit(&store, &repeat), free);
    assert!(matches!(before, Ok(Accepted::New { .. })));
    assert!(matches!(repeat, Err(StoreError::Backend(_))));
    let events: i64 = store
        .read(|view| Ok(view.query_row("SELECT count(*) FROM events", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!((events, stored(&store).await), (0, 2));
}

#[tokio::test]
async fn the_store_is_busy_while_many_requests_share_a_flush() {
    let folder = Folder::new();
    let store = folder.store();
    let release = hold(&store).await;
    let all = (0..20).map(|_| store.write(|_| Ok(())));
    let (all, ()) = tokio::join!(futures_util::future::join_all(all), async { drop(release) });
    assert!(all.iter().all(Result::is_ok) && store.is_busy());
    store.write(|_| Ok(())).await.unwrap();
    assert!(!store.is_busy());
}

#[tokio::test]
async fn a_failed_commit_fails_every_request_in_it() {
    let folder = Folder::new();
    let store = folder.store();
    let release = hold(&store).await;
    let submission = answer(1, "x");
    let (neighbour, breaks, ()) = tokio::join!(
        admit(&store, &submission),
        store.write(|tx| {
            // an event of no submission, which shows at the commit only
            tx.pragma_update(None, "defer_foreign_keys", true)?;
            let sql = "INSERT INTO events (submission, at, attempt, kind, version, payload)
                       VALUES (99, 0, 0, 'note', 1, '{}')";
            Ok(tx.execute(sql, [])?)
        }),
        async { drop(release) }
    );
    assert!(neighbour.is_err());
    assert!(breaks.is_err());
    assert_eq!(stored(&store).await, 0);
    let again = admit(&store, &submission).await.unwrap();
    assert!(matches!(again, Accepted::New { .. }));
}

#[tokio::test]
async fn storing_a_submission_builds_no_temporary_table() {
    let folder = Folder::new();
    let store = folder.store();
    for sql in [super::super::admit::INSERT, super::super::queue::SETTLE] {
        let steps: Vec<String> = store
            .read_blocking(|view| {
                let mut explained = view.prepare(&format!("EXPLAIN {sql}"))?;
                let parameters = explained.parameter_count();
                let steps = explained.query_map(
                    rusqlite::params_from_iter(std::iter::repeat_n(0, parameters)),
                    |row| row.get("opcode"),
                )?;
                Ok(steps.collect::<Result<_, _>>()?)
            })
            .unwrap();
        assert!(!steps.contains(&"OpenEphemeral".to_owned()), "{sql}");
    }
}

#[tokio::test]
async fn requests_that_arrive_while_a_transaction_is_filled_share_its_flush() {
    let folder = Folder::new();
    let store = folder.store();
    // the transaction of the request that holds the writer is open
    let release = hold(&store).await;
    let eight = (0..8).map(|_| store.write(|_| Ok(())));
    let (all, ()) = tokio::join!(futures_util::future::join_all(eight), async {
        drop(release);
    });
    // busy means more than eight: the request that held the writer counts
    assert!(all.iter().all(Result::is_ok) && store.is_busy());
}

#[tokio::test]
async fn statements_are_planned_once_whatever_values_they_get() {
    let folder = Folder::new();
    let store = folder.store();
    let planned_again = |connection: &rusqlite::Connection| {
        let mut again = Vec::new();
        for sql in super::super::LOOK_UPS {
            let mut statement = connection.prepare(sql)?;
            let parameters = statement.parameter_count();
            for value in 0..3 {
                let values = std::iter::repeat_n(value, parameters);
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                while rows.next()?.is_some() {}
            }
            if statement.get_status(rusqlite::StatementStatus::RePrepare) > 0 {
                again.push(sql);
            }
        }
        Ok(again)
    };
    let none: Vec<&str> = Vec::new();
    assert_eq!(store.write(planned_again).await.unwrap(), none);
    assert_eq!(store.read_blocking(planned_again).unwrap(), none);
}
