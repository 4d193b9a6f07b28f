//! Events that an earlier or later release wrote.

use super::*;
use crate::domain::Event;

#[tokio::test]
async fn shows_events_that_another_release_wrote_as_they_are() {
    let folder = Folder::new();
    let store = folder.store();
    admit(&store, &answer(1, "x")).await.unwrap();
    store
        .write(|tx| {
            Ok(tx.execute_batch(
                r#"INSERT INTO events (submission, at, attempt, kind, version, payload) VALUES
                       (1, 0, 0, 'weather', 1, '{"text":"rain"}'),
                       (1, 0, 0, 'note', 2, '{"text":"later"}'),
                       (1, 0, 0, 'note', 1, '{"odd":1}')"#,
            )?)
        })
        .await
        .unwrap();
    let events = store.events(1).unwrap();
    for (logged, kind) in events.iter().zip(["weather", "note", "note"]) {
        assert!(matches!(&logged.event, Event::Foreign(foreign) if foreign.kind == kind));
    }
    assert_eq!(events.len(), 3);
}
