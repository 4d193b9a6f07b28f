//! Tests of the queries of those who watch the gateway.

use super::super::watch::{ArrivedAfter, Backlog};
use super::super::{Settlement, Uncertain};
use super::*;
use crate::domain::ParkReason;

async fn parked_submissions_are_counted_by_reason_and_the_backlog_by_age<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    assert_eq!(store.backlog().await.unwrap(), None);
    for number in 1..=5 {
        admit(&store, &answer(number, "x")).await.unwrap();
    }
    let all = Backlog {
        count: 5,
        oldest: at(1),
    };
    assert_eq!(store.backlog().await.unwrap(), Some(all));
    let leased = store.lease(4.into(), at(10)).await.unwrap();
    for (index, leased) in leased.into_iter().enumerate() {
        let settlement = match index {
            0 => Settlement::Retry {
                due_at: at(100),
                reason: "later".into(),
                uncertain: Uncertain::No,
                step: None,
            },
            index => Settlement::Park {
                reason: [ParkReason::NoProfile, ParkReason::MissingValue][index % 2],
                note: "x".into(),
                step: None,
            },
        };
        let now = at(10 + i64::try_from(index).unwrap());
        store
            .settle(leased.lease, settlement, vec![], now)
            .await
            .unwrap();
    }
    let rest = Backlog {
        count: 2,
        oldest: at(1),
    };
    assert_eq!(store.backlog().await.unwrap(), Some(rest));
    let groups = store.parked_groups().await.unwrap();
    let mut groups: Vec<_> = groups
        .iter()
        .map(|group| {
            (
                group.reason.as_str(),
                group.count,
                group.since,
                group.latest,
            )
        })
        .collect();
    groups.sort_unstable();
    assert_eq!(
        groups,
        [
            ("missing-value", 2, at(11), at(13)),
            ("no-profile", 1, at(12), at(12))
        ]
    );
}

async fn arrivals_are_read_on_from_any_place<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let nothing = store.arrived(ArrivedAfter::Time(at(0)), 10).await.unwrap();
    assert_eq!(nothing, (Vec::new(), ArrivedAfter::Time(at(0))));
    for number in 1..=5 {
        admit(&store, &answer(number, "x")).await.unwrap();
    }
    let (first, next) = store.arrived(ArrivedAfter::Time(at(2)), 3).await.unwrap();
    let times: Vec<_> = first.iter().map(|it| it.at).collect();
    assert_eq!(times, [at(2), at(3), at(4)]);
    assert_eq!(
        (first[0].source.as_str(), first[0].address.as_str()),
        ("polls", "123")
    );
    assert!(!first[0].is_captured);
    let (rest, next) = store.arrived(next, 3).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(store.arrived(next, 3).await.unwrap(), (Vec::new(), next));
}

async fn the_state_of_the_alerts_survives_a_restart<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    assert_eq!(store.alerts().await.unwrap(), None);
    for state in ["{}", "{\"a\":1}"] {
        store.save_alerts(state.to_owned()).await.unwrap();
        assert_eq!(store.alerts().await.unwrap().as_deref(), Some(state));
    }
    store.close().await;
    let store = folder.store();
    assert_eq!(store.alerts().await.unwrap().as_deref(), Some("{\"a\":1}"));
}

contract! {
    parked_submissions_are_counted_by_reason_and_the_backlog_by_age,
    arrivals_are_read_on_from_any_place,
    the_state_of_the_alerts_survives_a_restart,
}
