//! The outcome of a step, its events and the next step are stored together or not at all.

use super::*;
use crate::domain::{Event, Route, StepVerdict};
use crate::store::Settlement;
use crate::store::testing::{crm_step, plan};

/// The state of the only submission, the number of its events, and that of its steps.
async fn rows(store: &Store) -> (String, u64, u64) {
    let read = store.read(|view| {
        let sql = "SELECT state, (SELECT count(*) FROM events), (SELECT count(*) FROM steps)
                   FROM submissions";
        let row = view.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        Ok(row?)
    });
    read.await.unwrap()
}

#[tokio::test]
async fn a_settlement_that_fails_at_its_last_statement_leaves_nothing_behind() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    let leased = store.lease(1.into(), at(1)).await.unwrap().remove(0);
    let advance = || Settlement::Advance {
        step: crm_step(StepVerdict::Done),
        next: "mail".to_owned(),
        route: Route::default(),
    };
    let rename = |from: &str, to: &str| format!("ALTER TABLE {from} RENAME TO {to}");
    let hide = rename("replays", "hidden");
    store
        .write(move |tx| Ok(tx.execute_batch(&hide)?))
        .await
        .unwrap();
    let events = vec![Event::planned(plan("Form"))];
    let settled = store
        .settle(leased.lease, advance(), events.clone(), at(2))
        .await;
    assert!(settled.is_err());
    assert_eq!(rows(&store).await, ("leased".to_owned(), 0, 0));

    let show = rename("hidden", "replays");
    store
        .write(move |tx| Ok(tx.execute_batch(&show)?))
        .await
        .unwrap();
    store
        .settle(leased.lease, advance(), events, at(2))
        .await
        .unwrap();
    assert_eq!(rows(&store).await, ("queued".to_owned(), 1, 1));
}
