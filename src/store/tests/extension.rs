//! What a sender tells later of a stored submission: nothing that is delivered is delivered twice, and
//! nothing that was told is lost.

use serde_json::json;

use super::*;
use crate::domain::{
    Destination, Route, Source, State, StepOutcome, StepResult, StepVerdict, Submission,
};
use crate::store::testing::delivered;
use crate::store::{Admission, Arrival, Extension, Leased, Settlement};

const CALL: &str = "pbx.call";

/// Returns a submission with these details.
fn told(number: i64, details: &str, raw: &str) -> Submission {
    let submission = answer(number, raw);
    let source = submission.source.clone();
    Submission {
        source: source.with_details(&json!({ "told": details })),
        ..submission
    }
}

fn extension(before: &Source, later: &Submission) -> Extension {
    let mut arrival = Arrival::new(later, Some("calls"), Admission::Queue);
    arrival.due_at = at(100);
    Extension {
        arrival,
        before: before.stored_details().to_owned(),
        steps: vec![CALL.to_owned()],
    }
}

fn step(name: &str, position: u32) -> StepOutcome {
    StepOutcome {
        position,
        name: name.to_owned(),
        destination: Destination::new(Destination::CRM, "main"),
        verdict: StepVerdict::Done,
        result: StepResult::default(),
        refusal: None,
    }
}

fn advance(name: &str, next: &str) -> Settlement {
    Settlement::Advance {
        step: step(name, 0),
        next: next.to_owned(),
        route: Route::default(),
    }
}

fn finished(name: &str) -> Settlement {
    Settlement::Delivered {
        step: Some(step(name, 1)),
    }
}

async fn lease_one(store: &Store, now: i64) -> Leased {
    let mut leased = store.lease(9.into(), at(now)).await.unwrap();
    assert_eq!(leased.len(), 1);
    leased.remove(0)
}

async fn settle(store: &Store, leased: &Leased, settlement: Settlement, now: i64) {
    store
        .settle(leased.lease, settlement, Vec::new(), at(now))
        .await
        .unwrap();
}

fn details(leased: &Leased) -> String {
    let details: serde_json::Value = leased.source.details().unwrap();
    details["told"].as_str().unwrap().to_owned()
}

/// Returns the verdicts of the steps of a leased submission.
fn verdicts(leased: &Leased) -> Vec<(String, StepVerdict)> {
    let steps = leased.steps.iter();
    steps
        .map(|step| (step.name.clone(), step.verdict))
        .collect()
}

async fn what_waits_is_delivered_with_what_came_later<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let mut first = told(1, "first", "a");
    first.source = first.source.as_held();
    let mut arrival = Arrival::new(&first, Some("missed"), Admission::Queue);
    arrival.due_at = at(900);
    store.admit(arrival).await.unwrap();
    assert_eq!(store.lease(9.into(), at(50)).await.unwrap().len(), 0);
    // no wrong clock has put it off
    assert_eq!(store.bring_forward(at(60), at(50)).await.unwrap(), 0);
    let later = told(1, "both", "b");
    let accepted = store
        .extend(extension(&first.source, &later))
        .await
        .unwrap();
    assert!(matches!(accepted, Some(Accepted::Known { repeats: 1, .. })));
    // of two that come at the same time, the second reads the details again
    let other = told(1, "other", "c");
    let stale = store
        .extend(extension(&first.source, &other))
        .await
        .unwrap();
    assert_eq!(stale, None);
    let leased = lease_one(&store, 100).await;
    assert_eq!(details(&leased), "both");
    assert_eq!(leased.raw, "a");
    assert_eq!(leased.profile.as_deref(), Some("calls"));
}

async fn of_what_is_delivered_only_some_steps_are_repeated<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let first = told(1, "first", "a");
    admit(&store, &first).await.unwrap();
    settle(&store, &lease_one(&store, 1).await, advance("crm", CALL), 2).await;
    settle(&store, &lease_one(&store, 3).await, finished(CALL), 4).await;
    let later = told(1, "both", "b");
    store
        .extend(extension(&first.source, &later))
        .await
        .unwrap()
        .unwrap();
    let leased = lease_one(&store, 100).await;
    assert!(leased.stored_plan.is_none());
    let expected = [("crm", StepVerdict::Done), (CALL, StepVerdict::Uncertain)];
    assert_eq!(
        verdicts(&leased),
        expected.map(|(name, it)| (name.to_owned(), it))
    );
    settle(&store, &leased, finished(CALL), 101).await;
    assert_eq!(store.lease(9.into(), at(999)).await.unwrap().len(), 0);
}

async fn what_comes_during_an_attempt_leads_to_another_one<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let first = told(1, "first", "a");
    admit(&store, &first).await.unwrap();
    let leased = lease_one(&store, 1).await;
    let later = told(1, "both", "b");
    store
        .extend(extension(&first.source, &later))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(store.lease(9.into(), at(999)).await.unwrap().len(), 0);
    settle(&store, &leased, advance("crm", CALL), 2).await;
    let leased = lease_one(&store, 3).await;
    assert_eq!(details(&leased), "both");
    settle(&store, &leased, finished(CALL), 4).await;
    // and once more, during the last attempt
    let known = store.known(vec![first.source.clone()]).await.unwrap();
    let known = known.into_iter().next().flatten().unwrap();
    let third = told(1, "third", "c");
    store
        .extend(extension(&known.source, &third))
        .await
        .unwrap()
        .unwrap();
    let leased = lease_one(&store, 100).await;
    let known = store.known(vec![first.source.clone()]).await.unwrap();
    let known = known.into_iter().next().flatten().unwrap();
    let fourth = told(1, "fourth", "d");
    store
        .extend(extension(&known.source, &fourth))
        .await
        .unwrap()
        .unwrap();
    settle(&store, &leased, finished(CALL), 101).await;
    let leased = lease_one(&store, 102).await;
    assert_eq!(details(&leased), "fourth");
    settle(&store, &leased, finished(CALL), 103).await;
    assert_eq!(
        store.state_of(leased.lease.id).await.unwrap(),
        Some(State::Delivered)
    );
}

async fn what_is_told_often_is_extended_and_what_is_erased_is_not<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let first = told(1, "0", "0");
    admit(&store, &first).await.unwrap();
    let mut before = first.source.clone();
    for number in 1..=100 {
        let later = told(1, &number.to_string(), &number.to_string());
        let extended = store.extend(extension(&before, &later)).await.unwrap();
        assert!(extended.is_some(), "{number}");
        before = later.source;
    }
    let known = store.known(vec![first.source.clone()]).await.unwrap();
    let known = known.into_iter().next().flatten().unwrap();
    assert_eq!(known.source.stored_details(), before.stored_details());
    let erased = told(2, "first", "a");
    let id = erased.id;
    admit(&store, &erased).await.unwrap();
    for leased in store.lease(9.into(), at(500)).await.unwrap() {
        settle(&store, &leased, delivered(), 501).await;
    }
    store.erase(vec![id], |_| true).await.unwrap();
    let later = told(2, "both", "b");
    assert_eq!(
        store
            .extend(extension(&erased.source, &later))
            .await
            .unwrap(),
        None
    );
}

async fn what_was_refused_is_accepted_with_its_own_body<B: Backend>() {
    let folder = B::new();
    let store = folder.store();
    let first = told(1, "first", "a");
    let reason = "no number".into();
    let refused = Arrival::new(&first, Some("calls"), Admission::Reject { reason });
    store.admit(refused).await.unwrap();
    let later = told(1, "both", "b");
    store
        .extend(extension(&first.source, &later))
        .await
        .unwrap()
        .unwrap();
    let leased = lease_one(&store, 100).await;
    assert_eq!(details(&leased), "both");
    assert_eq!(leased.raw, "a");
}

contract! {
    what_waits_is_delivered_with_what_came_later,
    of_what_is_delivered_only_some_steps_are_repeated,
    what_comes_during_an_attempt_leads_to_another_one,
    what_is_told_often_is_extended_and_what_is_erased_is_not,
    what_was_refused_is_accepted_with_its_own_body,
}
