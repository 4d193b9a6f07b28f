//! Tests of the lists by profile, source, destination and left-out values.

use super::super::{Admission, Arrival, Cursor, Filter, RecordFilter, SourceFilter};
use super::*;
use crate::domain::{Destination, EntityKind, Event, Explanation, Source, State};
use crate::store::testing::{deliver, delivered, index_all, plan};

/// Three answers delivered by a plan, and three that wait; every third is of a channel.
async fn filled<B: Backend>() -> (B, Store) {
    let folder = B::new();
    let store = folder.store();
    for number in 1..=6 {
        let profile = if number % 2 == 0 { "even" } else { "odd" };
        let mut submission = answer(number, profile);
        if number % 3 == 0 {
            submission.source = Source::new("channels", "shop", number.to_string());
        }
        let mut arrival = Arrival::new(&submission, None, Admission::Queue);
        arrival.profile = Some(profile.to_owned());
        store.admit(arrival).await.unwrap();
    }
    let leased = store.lease(3.into(), at(10)).await.unwrap();
    assert_eq!(leased.len(), 3);
    for leased in leased {
        let mut plan = plan("a profile");
        plan.profile.file = String::from_utf8_lossy(&leased.raw).into_owned();
        let events = vec![Event::planned(plan), left_out()];
        store
            .settle(leased.lease, delivered(), events, at(11))
            .await
            .unwrap();
    }
    (folder, store)
}

fn left_out() -> Event {
    Event::Because(Explanation::UnknownLabel {
        field: "deal.UF_CRM_CITY".to_owned(),
        instead: None,
        place: Some("$['city']".to_owned()),
    })
}

fn numbers(store: &Store, filter: &Filter) -> Vec<i64> {
    let entries = store.entries(filter, 50).unwrap();
    entries.iter().map(|entry| entry.seq).collect()
}

fn of_source(name: &str, address: Option<&str>) -> Filter {
    let source = SourceFilter {
        name: name.to_owned(),
        address: address.map(str::to_owned),
    };
    Filter {
        source: Some(source),
        ..Filter::default()
    }
}

fn of_profile(profile: &str, state: Option<State>) -> Filter {
    Filter {
        profile: Some(profile.to_owned()),
        state,
        ..Filter::default()
    }
}

fn of_destination(name: &str) -> Filter {
    Filter {
        destination: Some(Destination::crm(name)),
        ..Filter::default()
    }
}

fn of_record(name: &str, kind: Option<EntityKind>, id: i64) -> Filter {
    Filter {
        record: Some(RecordFilter {
            destination: Destination::crm(name),
            kind,
            id,
        }),
        ..Filter::default()
    }
}

fn with_left_out(filter: Filter) -> Filter {
    Filter {
        left_out: true,
        ..filter
    }
}

/// Filters, each with the places of what passes it.
fn filters() -> Vec<(Filter, Vec<i64>)> {
    let in_time = Filter {
        since: Some(at(2)),
        until: Some(at(5)),
        ..of_source("polls", None)
    };
    vec![
        (of_profile("even", None), vec![6, 4, 2]),
        (of_profile("gone", None), vec![]),
        (of_profile("odd", Some(State::Delivered)), vec![3, 1]),
        (of_profile("odd", Some(State::Queued)), vec![5]),
        (of_source("polls", None), vec![5, 4, 2, 1]),
        (of_source("polls", Some("123")), vec![5, 4, 2, 1]),
        (of_source("channels", Some("shop")), vec![6, 3]),
        (of_source("chan", None), vec![]),
        (in_time, vec![4, 2]),
        (of_destination("main"), vec![3, 2, 1]),
        (of_destination("other"), vec![]),
        (of_record("main", None, 7), vec![3, 2, 1]),
        (of_record("main", Some(EntityKind::Deal), 9), vec![3, 2, 1]),
        (of_record("main", Some(EntityKind::Lead), 9), vec![]),
        (of_record("main", EntityKind::parse("item-128"), 9), vec![]),
        (of_record("main", None, 9), vec![]),
        (of_record("other", None, 7), vec![]),
        (with_left_out(Filter::default()), vec![3, 2, 1]),
        (with_left_out(of_profile("odd", None)), vec![3, 1]),
    ]
}

async fn a_list_is_the_same_before_and_after_it_is_indexed<B: Backend>() {
    let (_folder, store) = filled::<B>().await;
    for round in ["before", "after"] {
        for (filter, wanted) in filters() {
            assert_eq!(numbers(&store, &filter), wanted, "{round}: {filter:?}");
        }
        index_all(&store, 1_000).await;
    }
    // what is delivered later is in the lists at once
    deliver(&store, 2_000).await;
    let filter = of_destination("main");
    assert_eq!(numbers(&store, &filter), [6, 5, 4, 3, 2, 1]);
    index_all(&store, 3_000).await;
    assert_eq!(numbers(&store, &filter), [6, 5, 4, 3, 2, 1]);
}

async fn pages_of_a_list_follow_each_other<B: Backend>() {
    let (_folder, store) = filled::<B>().await;
    for _ in 0..2 {
        for (filter, wanted) in filters() {
            let mut seen = Vec::new();
            let mut before: Option<Cursor> = None;
            loop {
                let filter = Filter {
                    before,
                    ..filter.clone()
                };
                let page = store.entries(&filter, 1).unwrap();
                let Some(last) = page.last() else { break };
                before = Some(last.cursor());
                seen.push(last.seq);
            }
            assert_eq!(seen, wanted, "{filter:?}");
        }
        index_all(&store, 1_000).await;
    }
}

async fn purged_submissions_are_of_nobody_and_nothing_of_them_is_left_out<B: Backend>() {
    let (_folder, store) = filled::<B>().await;
    index_all(&store, 1_000).await;
    assert_eq!(store.purge(None, 50).await.unwrap(), 3);
    let left_out = with_left_out(Filter::default());
    assert_eq!(numbers(&store, &left_out), Vec::<i64>::new());
    let entries = store.entries(&Filter::default(), 50).unwrap();
    assert!(entries.iter().all(|entry| entry.person.is_none()));
}

async fn an_hour_has_its_submissions_by_their_states<B: Backend>() {
    let (_folder, store) = filled::<B>().await;
    let hours = store.hours(at(0)).await.unwrap();
    let all: Vec<(State, u64)> = hours.iter().map(|hour| (hour.state, hour.count)).collect();
    assert_eq!(all, [(State::Queued, 3), (State::Delivered, 3)]);
    for hour in &hours {
        let into = at(1).duration_since(hour.hour);
        assert!(!into.is_negative() && into.as_hours() == 0, "{hour:?}");
    }
    assert_eq!(store.hours(at(100_000)).await.unwrap(), []);
}

contract!(
    a_list_is_the_same_before_and_after_it_is_indexed,
    pages_of_a_list_follow_each_other,
    purged_submissions_are_of_nobody_and_nothing_of_them_is_left_out,
    an_hour_has_its_submissions_by_their_states,
);
