//! The log of refused requests is bounded.

use super::*;
use crate::domain::Refused;
use crate::store::{RefusedBounds, RefusedFilter};

fn refused(second: i64, body: Option<&'static [u8]>) -> Refused {
    Refused {
        at: at(second),
        address: Some("203.0.113.7".to_owned()),
        source: "channels/shop".to_owned(),
        method: "POST".to_owned(),
        status: 400,
        code: "unreadable".to_owned(),
        size: 3,
        body: body.map(bytes::Bytes::from_static),
    }
}

/// Returns the second of each row, and whether it has a body, oldest first.
fn kept(store: &Store) -> Vec<(i64, bool)> {
    let rows = store.refused_after(0, 100).unwrap();
    rows.iter()
        .map(|row| {
            let second = row.refused.at.duration_since(at(0)).as_secs();
            (second, row.refused.body.is_some())
        })
        .collect()
}

async fn the_oldest_rows_and_bodies_are_removed_first<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let bounds = RefusedBounds {
        most: 5,
        bodies: 3,
        bytes: 7,
    };
    for second in 0..8 {
        let row = refused(second, (second != 6).then_some(b"abc"));
        store.add_refused(vec![row], bounds).await.unwrap();
    }
    // two of three bodies of three bytes fit
    let five = [(3, false), (4, false), (5, true), (6, false), (7, true)];
    assert_eq!(kept(&store), five);
    let since = RefusedFilter {
        since: Some(at(4)),
        until: Some(at(6)),
        before: None,
    };
    let found = store.refused(since, 10).unwrap();
    assert_eq!(found.len(), 2);
    let older = RefusedFilter {
        before: Some(found[0].seq),
        ..since
    };
    assert_eq!(store.refused(older, 10).unwrap().len(), 1);
    assert_eq!(store.expire_refused(at(5), 1).await.unwrap(), 1);
    assert_eq!(store.expire_refused(at(5), 9).await.unwrap(), 1);
    assert_eq!(kept(&store).len(), 3);
    let last = store
        .refused(RefusedFilter::default(), 1)
        .unwrap()
        .remove(0);
    assert_eq!(store.erase_refused(vec![last.seq, 4_000]).await.unwrap(), 1);
    assert_eq!(kept(&store), [(5, true), (6, false)]);
    // a batch that is larger than the log
    let many = (20..40).map(|second| refused(second, None)).collect();
    store.add_refused(many, bounds).await.unwrap();
    assert_eq!(kept(&store).len(), 5);
    assert_eq!(kept(&store)[0].0, 35);
}

contract! {
    the_oldest_rows_and_bodies_are_removed_first,
}
