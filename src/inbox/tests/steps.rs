//! Submissions with several steps.

use super::*;
use crate::domain::event::StepFinished;
use crate::domain::{
    Destination, Explanation, MappingExplanation, Note, Route, StepOutcome, StepResult,
};
use crate::journal::Filter;
use crate::replay::{Replay, ReplayBy};
use crate::store::testing::plan;

fn route() -> Route {
    Route::new("today", Some(&Destination::new("mail", "office")))
}

/// The step `crm` is done, and `mail` follows.
fn advance() -> Settlement {
    Settlement::Advance {
        step: crm_step(StepVerdict::Done),
        next: "mail".to_owned(),
        route: route(),
    }
}

fn mail(verdict: StepVerdict) -> StepOutcome {
    StepOutcome {
        position: 1,
        name: "mail".to_owned(),
        destination: Destination::new("mail", "office"),
        verdict,
        result: StepResult::default(),
        refusal: None,
    }
}

async fn a_finished_step_queues_the_next_one_with_its_route_and_its_plan<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    assert_eq!((first.step_attempt, first.steps.len()), (1, 0));
    let id = first.lease.id;
    let planned = vec![Event::planned(plan("first"))];
    inbox
        .settle(first.lease, advance(), planned, at(2))
        .await
        .unwrap();
    let after = history(&inbox, id);
    assert_eq!(after.entry.state, State::Queued);
    assert_eq!(
        (after.entry.due_at, after.entry.uncertain),
        (Some(at(2)), false)
    );
    assert_eq!(after.entry.contact, ContactId::new(7));
    assert_eq!(after.step.as_deref(), Some("mail"));
    // another step follows: there is no verdict yet
    assert_eq!(kinds(&after.events), ["planned"]);

    let shares = Shares {
        named: [(route(), 9)].into(),
        others: 0,
    };
    let second = inbox.lease(shares, at(2)).await.unwrap().remove(0);
    assert_eq!((second.lease.attempt, second.step_attempt), (2, 1));
    assert_eq!(second.stored_plan, Some(plan("first")));
    assert_eq!(second.steps, [crm_step(StepVerdict::Done)]);
    let settled = inbox.settle(first.lease, advance(), vec![], at(3)).await;
    assert!(matches!(settled, Err(StoreError::NotLeased { .. })));

    inbox
        .settle(second.lease, retry(9), vec![], at(3))
        .await
        .unwrap();
    let third = lease_one(&inbox, 9).await;
    assert_eq!(
        (third.step_attempt, third.stored_plan),
        (2, Some(plan("first")))
    );
    let delivered = Settlement::Delivered {
        step: Some(mail(StepVerdict::Done)),
    };
    inbox
        .settle(third.lease, delivered, vec![], at(9))
        .await
        .unwrap();
    let outcomes = history(&inbox, id).steps.into_iter();
    let outcomes: Vec<StepOutcome> = outcomes.map(|step| step.outcome).collect();
    assert_eq!(
        outcomes,
        [crm_step(StepVerdict::Done), mail(StepVerdict::Done)]
    );
}

/// Explains that a value is not in the map of a field.
fn note(about: &str) -> Event {
    Event::Because(Explanation::Mapping(Note {
        about: about.to_owned(),
        what: MappingExplanation::NotInMap {
            place: "$['a']".to_owned(),
            is_filled: false,
        },
    }))
}

/// Explains that a list of the portal has no such value.
fn label(field: &str) -> Event {
    Event::Because(Explanation::UnknownLabel {
        field: field.to_owned(),
        instead: None,
        place: None,
    })
}

fn finished() -> Event {
    Event::Step(StepFinished {
        name: "mail".to_owned(),
        destination: "mail:office".to_owned(),
        verdict: StepVerdict::Done,
        reason: None,
        text: None,
    })
}

async fn what_a_later_step_left_out_is_listed_until_its_next_attempt<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let left_out = |fields: &[&str]| {
        let filter = Filter {
            left_out: true,
            ..Filter::default()
        };
        let found = Journal::new(inbox.store.clone(), SourceKinds::default())
            .list(&filter, 9)
            .unwrap();
        let all = found.iter().flat_map(|entry| &entry.left_out);
        let all: Vec<&str> = all.map(|value| value.field.as_str()).collect();
        assert_eq!(all, fields);
    };
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    let events = vec![
        Event::planned(plan("first")),
        note("fields.size"),
        finished(),
    ];
    inbox
        .settle(first.lease, advance(), events, at(2))
        .await
        .unwrap();
    left_out(&["fields.size"]);
    let second = lease_one(&inbox, 2).await;
    let events = vec![label("deal.UF_CRM_CITY")];
    inbox
        .settle(second.lease, retry(3), events, at(2))
        .await
        .unwrap();
    left_out(&["fields.size", "deal.UF_CRM_CITY"]);
    let third = lease_one(&inbox, 3).await;
    let delivered = Settlement::Delivered {
        step: Some(mail(StepVerdict::Done)),
    };
    let events = vec![label("deal.UF_CRM_TOWN"), finished()];
    inbox
        .settle(third.lease, delivered, events, at(3))
        .await
        .unwrap();
    left_out(&["fields.size", "deal.UF_CRM_TOWN"]);
    assert_eq!(history(&inbox, id).entry.left_out.len(), 2);
}

async fn the_outcome_of_a_step_is_not_known_only_for_that_step<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    let unknown = Settlement::Retry {
        due_at: at(2),
        reason: "no answer".into(),
        uncertain: Uncertain::Yes,
        step: Some(crm_step(StepVerdict::Uncertain)),
    };
    inbox
        .settle(first.lease, unknown, vec![], at(1))
        .await
        .unwrap();
    let second = lease_one(&inbox, 2).await;
    assert!(second.uncertain);
    // nothing more was made: what was made before is kept
    let nothing = StepOutcome {
        result: StepResult::default(),
        ..crm_step(StepVerdict::Uncertain)
    };
    let park = Settlement::Park {
        reason: ParkReason::RefusedByCrm,
        note: "no".into(),
        step: Some(nothing),
    };
    inbox
        .settle(second.lease, park, vec![], at(2))
        .await
        .unwrap();
    inbox.requeue(id, at(3)).await.unwrap();
    let third = lease_one(&inbox, 3).await;
    assert_eq!(third.steps, [crm_step(StepVerdict::Uncertain)]);
    let planned = vec![Event::planned(plan("first"))];
    inbox
        .settle(third.lease, advance(), planned, at(3))
        .await
        .unwrap();
    let fourth = lease_one(&inbox, 3).await;
    assert!(!fourth.uncertain, "the next step was never tried");
    // parked before anything was sent: still never tried
    inbox.release(vec![fourth.lease]).await.unwrap();
    let fifth = lease_one(&inbox, 3).await;
    assert_eq!((fifth.uncertain, fifth.step_attempt), (false, 1));
}

/// Settles the lease of a step that is done, and leases the next one.
async fn finish(inbox: &Inbox, lease: Lease, step: &str, next: &str) -> Leased {
    let settlement = Settlement::Advance {
        step: StepOutcome {
            name: step.to_owned(),
            ..crm_step(StepVerdict::Done)
        },
        next: next.to_owned(),
        route: route(),
    };
    let planned = vec![Event::planned(plan("first"))];
    inbox
        .settle(lease, settlement, planned, at(3))
        .await
        .unwrap();
    lease_one(inbox, 3).await
}

async fn a_finished_step_does_not_make_another_one_certain<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    let second = finish(&inbox, first.lease, "crm", "mail").await;
    assert_eq!(
        (second.uncertain, second.step.as_deref()),
        (false, Some("mail"))
    );
    // the program ends inside the second step, and a person repeats the first one
    inbox.recover(at(3)).await.unwrap();
    let third = lease_one(&inbox, 3).await;
    inbox
        .settle(third.lease, parked(), vec![], at(3))
        .await
        .unwrap();
    let replay = Replay::new(ReplayBy::TodaysProfile, &[]).step("crm");
    let queued = replay.queue(&inbox.store, vec![id], at(3)).await.unwrap();
    assert!(queued[0].is_ok());
    let again = lease_one(&inbox, 3).await;
    let mail = finish(&inbox, again.lease, "crm", "mail").await;
    assert_eq!((mail.uncertain, mail.step.as_deref()), (true, Some("mail")));
    let after = finish(&inbox, mail.lease, "mail", "last").await;
    assert_eq!(
        (after.uncertain, after.step.as_deref()),
        (false, Some("last"))
    );
}

async fn a_step_that_a_profile_puts_first_does_not_make_the_next_one_certain<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    assert_eq!(first.step, None);
    inbox.recover(at(3)).await.unwrap();
    let again = lease_one(&inbox, 3).await;
    assert!(finish(&inbox, again.lease, "new", "crm").await.uncertain);
}

async fn a_repeat_after_a_finished_step_waits_for_a_new_route<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    for number in [1, 2] {
        inbox.accept(&answer(number, "x"), None).await.unwrap();
        let first = lease_one(&inbox, 3).await;
        let id = first.lease.id;
        let mut lease = first.lease;
        if number == 2 {
            lease = finish(&inbox, lease, "crm", "mail").await.lease;
        }
        inbox.settle(lease, parked(), vec![], at(3)).await.unwrap();
        let taker = Taker {
            profile: "form".to_owned(),
            route: route(),
        };
        assert!(inbox.queue_again(id, taker, at(3)).await.unwrap());
        let unserved = inbox.unserved(Shares::default(), 9).await.unwrap();
        let expected = if number == 1 {
            route()
        } else {
            Route::default()
        };
        assert_eq!(unserved[0].route, expected);
        lease_one(&inbox, 3).await;
    }
}

async fn ids_of_one_connection_are_not_kept_for_another<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    let made = |step| Settlement::Retry {
        due_at: at(2),
        reason: "no answer".into(),
        uncertain: Uncertain::Yes,
        step: Some(step),
    };
    let there = crm_step(StepVerdict::Uncertain);
    inbox
        .settle(first.lease, made(there.clone()), vec![], at(1))
        .await
        .unwrap();
    let second = lease_one(&inbox, 2).await;
    let here = StepOutcome {
        destination: Destination::crm("other"),
        result: StepResult::default(),
        ..there
    };
    inbox
        .settle(second.lease, made(here.clone()), vec![], at(2))
        .await
        .unwrap();
    let entry = history(&inbox, id).entry;
    assert_eq!((entry.contact, entry.record), (None, None));
    assert_eq!(lease_one(&inbox, 2).await.steps, [here]);
}

async fn a_plan_that_the_history_shortens_is_kept_in_full_for_the_next_step<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    let long = plan(&"long ".repeat(1 << 19));
    let planned = vec![Event::planned(long.clone())];
    inbox
        .settle(first.lease, advance(), planned, at(1))
        .await
        .unwrap();
    let Event::Planned(stored) = &history(&inbox, id).events[0].event else {
        panic!("no plan")
    };
    assert!(stored.shortened);
    let second = lease_one(&inbox, 1).await;
    assert!(second.stored_plan == Some(long));
    inbox
        .settle(second.lease, parked(), vec![], at(1))
        .await
        .unwrap();
    let replay = Replay::new(ReplayBy::StoredPlan, &[]);
    let queued = replay.queue(&inbox.store, vec![id], at(2)).await.unwrap();
    assert!(matches!(queued[0], Err(StoreError::NoPlan { .. })));
}

contract! {
    what_a_later_step_left_out_is_listed_until_its_next_attempt,
    a_finished_step_queues_the_next_one_with_its_route_and_its_plan,
    the_outcome_of_a_step_is_not_known_only_for_that_step,
    a_finished_step_does_not_make_another_one_certain,
    a_step_that_a_profile_puts_first_does_not_make_the_next_one_certain,
    a_repeat_after_a_finished_step_waits_for_a_new_route,
    ids_of_one_connection_are_not_kept_for_another,
    a_plan_that_the_history_shortens_is_kept_in_full_for_the_next_step,
}
