//! What waits for a person: groups, and dismissing.

use super::super::{Admission, Arrival, Filter, ReplayBy, ReplayOrder, Room, Settlement};
use super::*;
use crate::domain::{Explanation, LabelExplanation, ParkReason, State, VerdictReason};

/// Parks everything that is due because a list lacks this label.
async fn park(store: &Store, label: &str, now: i64) {
    for leased in store.lease(100.into(), at(now)).await.unwrap() {
        let label = LabelExplanation::NoValue {
            field: "deal.UF_CRM_CITY".to_owned(),
            title: "Город".to_owned(),
            label: label.into(),
            some: Vec::new(),
            others: usize::try_from(now).unwrap(),
            default: None,
        };
        let settlement = Settlement::Park {
            reason: ParkReason::UnknownLabel,
            note: VerdictReason::Because(vec![Explanation::Label(label)]),
            step: None,
        };
        let settled = store.settle(leased.lease, settlement, vec![], at(now));
        settled.await.unwrap();
    }
}

async fn parked_submissions_form_groups_by_what_their_reason_names<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    for (number, label) in [(1, "Тверь"), (2, "Тверь"), (3, "Омск"), (4, "Тверь")]
    {
        admit(&store, &answer(number, "x")).await.unwrap();
        // the rest of the reason differs
        park(&store, label, 10 + number).await;
    }
    let groups = store.parked_subjects().await.unwrap();
    assert_eq!(groups.len(), 2, "{groups:?}");
    let first = &groups[0];
    assert_eq!(first.count, 3);
    assert_eq!((first.since, first.latest), (at(11), at(14)));
    assert_eq!(first.subject.field.as_deref(), Some("deal.UF_CRM_CITY"));
    assert_eq!(first.subject.value, Some("Тверь".into()));
    assert_eq!(groups[1].count, 1);
}

async fn captured_submissions_form_groups_by_address<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    for number in 1..=3 {
        let room = Room {
            most: 10,
            bytes: 1_000,
        };
        let captured = Arrival::new(&answer(number, "x"), None, Admission::Quarantine(room));
        store.admit(captured).await.unwrap();
    }
    let groups = store.captured_groups().await.unwrap();
    assert_eq!(groups.len(), 1);
    let group = &groups[0];
    assert_eq!(
        (group.source.as_str(), group.address.as_str()),
        ("polls", "123")
    );
    assert_eq!((group.count, group.unreadable), (3, 0));
    assert_eq!((group.since, group.latest), (at(1), at(3)));
}

async fn a_dismissed_submission_is_ignored_and_a_replay_still_takes_it<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    for number in 1..=2 {
        admit(&store, &answer(number, "x")).await.unwrap();
    }
    park(&store, "Тверь", 10).await;
    let delivered = answer(3, "x");
    admit(&store, &delivered).await.unwrap();
    let all = store.entries(&Filter::default(), 10).unwrap();
    let ids: Vec<_> = all.iter().map(|entry| entry.id).collect();
    let reason = VerdictReason::Dismissed {
        by: "olga".to_owned(),
        note: "тестовые".into(),
    };
    let dismissed = store.dismiss(ids.clone(), reason.clone(), at(20)).await;
    assert_eq!(dismissed.unwrap(), 2, "the queued one stays");
    assert!(store.parked_subjects().await.unwrap().is_empty());
    let entry = store
        .entries(&Filter::default(), 10)
        .unwrap()
        .into_iter()
        .find(|entry| entry.state == State::Ignored)
        .unwrap();
    assert_eq!(entry.note, Some(reason.clone()));
    assert_eq!(entry.settled_at, Some(at(20)));
    let events = store.events(entry.seq).unwrap();
    let last = &events.last().unwrap().event;
    assert!(
        matches!(last, crate::domain::Event::Verdict(verdict) if verdict.text == Some(reason)),
        "{last:?}"
    );
    let order = ReplayOrder {
        by: ReplayBy::TodaysProfile,
        states: vec![State::Ignored],
        repeated: None,
    };
    let queued = store.replay(vec![entry.id], order, at(30)).await.unwrap();
    assert!(queued[0].is_ok());
    let leased = store.lease(10.into(), at(30)).await.unwrap();
    let again = leased.iter().find(|leased| leased.lease.id == entry.id);
    assert!(
        again.unwrap().uncertain,
        "an attempt may have sent something"
    );
}

contract! {
    parked_submissions_form_groups_by_what_their_reason_names,
    captured_submissions_form_groups_by_address,
    a_dismissed_submission_is_ignored_and_a_replay_still_takes_it,
}
