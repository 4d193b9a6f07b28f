//! The list of history never reads a body.

use super::*;
use crate::domain::{Destination, SourceKinds, State};
use crate::store::testing::{deliver, index_all};
use crate::store::{Filter, SourceFilter};

#[tokio::test]
async fn no_list_reads_the_bodies() {
    let folder = Folder::new();
    let store = folder.store();
    for number in 1..=20 {
        admit(&store, &answer(number, "x")).await.unwrap();
    }
    deliver(&store, 100).await;
    for number in 21..=30 {
        admit(&store, &answer(number, "x")).await.unwrap();
    }
    index_all(&store, 1_000).await;
    // a list that reads the column finds none of this name
    store
        .write(|tx| Ok(tx.execute_batch("ALTER TABLE submissions RENAME COLUMN raw TO elsewhere")?))
        .await
        .unwrap();
    let all = Filter::default;
    let source = SourceFilter {
        name: "polls".to_owned(),
        address: Some("123".to_owned()),
    };
    for (filter, count) in [
        (all(), 30),
        (
            Filter {
                state: Some(State::Delivered),
                ..all()
            },
            20,
        ),
        (
            Filter {
                source: Some(source),
                ..all()
            },
            30,
        ),
        (
            Filter {
                destination: Some(Destination::crm("main")),
                ..all()
            },
            20,
        ),
        (
            Filter {
                left_out: true,
                ..all()
            },
            0,
        ),
    ] {
        let found = store.entries(&filter, 50).unwrap();
        assert_eq!(found.len(), count, "{filter:?}");
    }
    // a search does
    let filter = Filter {
        text: Some("polls".to_owned()),
        ..all()
    };
    let searched = store.search(&filter, 5, &SourceKinds::default(), &mut |_| ());
    assert!(searched.is_err());
}
