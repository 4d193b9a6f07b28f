//! What is due is looked up route by route, in an index.

use super::super::{LOOK_UPS, Past, Place, migrations};
use super::*;
use crate::domain::State;
use crate::store::{Filter, Shares};

#[tokio::test]
async fn every_lookup_of_due_submissions_is_one_index_search() {
    let folder = Folder::new();
    let store = folder.store();
    for look_up in LOOK_UPS {
        let plan: Vec<String> = store
            .read_blocking(|view| {
                let mut explained = view.prepare(&format!("EXPLAIN QUERY PLAN {look_up}"))?;
                let values: Vec<i64> = vec![0; explained.parameter_count()];
                let details = explained
                    .query_map(rusqlite::params_from_iter(values), |row| row.get("detail"))?;
                Ok(details.collect::<Result<_, _>>()?)
            })
            .unwrap();
        // one search, no scan, and nothing to put in order afterwards
        let [only] = plan.as_slice() else {
            panic!("{look_up}: {plan:?}")
        };
        let is_search = only.starts_with("SEARCH submissions USING");
        assert!(
            is_search && only.contains("INDEX submissions_due (route"),
            "{look_up}: {only}"
        );
    }
}

#[tokio::test]
async fn lists_by_time_merge_the_index_of_each_state() {
    let folder = Folder::new();
    let store = folder.store();
    let filter = Filter {
        since: Some(at(1)),
        ..Filter::default()
    };
    let (sql, mut values) = super::super::entries::newest_first(&filter);
    values.push(Box::new(50));
    let plan: Vec<String> = store
        .read_blocking(|view| {
            let mut explained = view.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let values = rusqlite::params_from_iter(values);
            let details = explained.query_map(values, |row| row.get("detail"))?;
            Ok(details.collect::<Result<_, _>>()?)
        })
        .unwrap();
    let searches: Vec<&String> = plan
        .iter()
        .filter(|it| it.contains("submissions"))
        .collect();
    assert_eq!(searches.len(), State::ALL.len(), "{plan:?}");
    for search in searches {
        let index =
            "SEARCH submissions USING INDEX submissions_by_state (state=? AND received_at>?)";
        assert_eq!(search, index);
    }
    assert!(
        !plan.iter().any(|it| it.contains("TEMP B-TREE")),
        "{plan:?}"
    );
}

#[tokio::test]
async fn submissions_queued_by_an_earlier_release_are_leased() {
    let folder = Folder::new();
    let path = folder.path("leadgate.db");
    std::fs::write(&path, []).unwrap();
    {
        let mut connection = Place::new(&path).open_with(Past::None).unwrap();
        migrations::forward(&mut connection, &path, &migrations::ALL[..4]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO meta VALUES ('instance', 'abcd1234');
                 WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50)
                 INSERT INTO submissions (id, identity, source, poll_id, answer_id, received_at, state,
                                          due_at, leased_at, settled_at, raw)
                 SELECT randomblob(16), 'polls/123/' || n, 'poll', 123, n, n,
                        CASE n % 4 WHEN 0 THEN 'queued' WHEN 1 THEN 'waiting' WHEN 2 THEN 'leased'
                                   ELSE 'delivered' END,
                        CASE WHEN n % 4 < 2 THEN n END, CASE n % 4 WHEN 2 THEN n END,
                        CASE n % 4 WHEN 3 THEN n END, x'78' FROM n;",
            )
            .unwrap();
    }
    let store = folder.store();
    // these have no route yet
    let named = Shares::default();
    assert!(store.next_work(named.clone()).await.unwrap().unserved);
    assert_eq!(store.unserved(named, 99).await.unwrap().len(), 25);
    assert_eq!(store.recover(at(0)).await.unwrap(), 13);
    assert_eq!(store.lease(99.into(), at(0)).await.unwrap().len(), 38);
}
