//! The contract of history and search, over every backend of the store.

use serde_json::json;

use super::*;
use crate::domain::spelling::CompareAs;
use crate::domain::{
    CommentPlan, Conflict, ContactPlan, CrmStep, FieldRole, Match, OnUpdate, Origin, ParkReason,
    Personal, Phone, Plan, PlannedField, PlannedValue, ProfileRef, ReplyMode, Several, SourceKinds,
    State, Step, StepKind, WithoutKey,
};
use crate::inbox::{Inbox, Settlement};
use crate::store::testing::{Backend, answer, at, contract, taken_by};

fn plan(comment: &str) -> Plan {
    Plan {
        profile: ProfileRef {
            file: "consultation".to_owned(),
            name: "Консультация".to_owned(),
            hash: "abc".to_owned(),
            outdated: false,
        },
        steps: vec![Step::new(CrmStep::NAME, crm(comment))],
        reply: ReplyMode::Accepted,
        notes: vec![],
    }
}

fn crm(comment: &str) -> StepKind {
    StepKind::Crm(Box::new(CrmStep {
        connection: None,
        contact: Some(ContactPlan {
            match_: Match::Any,
            several: Several::Oldest,
            conflict: Conflict::default(),
            without_key: WithoutKey::default(),
            responsible: None,
            fields: vec![PlannedField {
                name: "PHONE".to_owned(),
                value: PlannedValue::Phone(Phone::parse("+79123456789").unwrap()),
                role: FieldRole::Search,
                on_update: OnUpdate::Keep,
                value_type: None,
                extension: None,
                together: None,
                compare: CompareAs::default(),
                origin: Origin::default(),
            }],
        }),
        company: None,
        record: None,
        comment: Some(CommentPlan {
            text: Personal::from(comment),
            origin: Origin::default(),
        }),
        files: vec![],
        todo: None,
        turns_of: None,
    }))
}

fn call(answer: serde_json::Value) -> Event {
    Event::Call(Call {
        method: "crm.contact.add".to_owned(),
        params: json!({"fields": {"NAME": "Анна"}}),
        status: Some(200),
        answer,
        duration_ms: 150,
        commands: 3,
    })
}

struct Kept {
    _backend: Box<dyn std::any::Any>,
    journal: Journal,
    inbox: Inbox,
}

fn kept<B: Backend>() -> Kept {
    let backend = B::new();
    let store = backend.store();
    Kept {
        _backend: Box::new(backend),
        journal: Journal::new(store.clone(), SourceKinds::default()),
        inbox: Inbox::new(store),
    }
}

fn numbers(entries: &[Entry]) -> Vec<i64> {
    entries
        .iter()
        .map(|entry| entry.received_at.duration_since(at(0)).as_secs())
        .collect()
}

fn one(found: Found) -> History {
    match found {
        Found::One(history) => *history,
        other => panic!("not found: {other:?}"),
    }
}

async fn every_kind_of_event_is_read_as_it_was_written<B: Backend>() {
    let kept = kept::<B>();
    let submission = answer(1, "x");
    kept.inbox.accept(&submission, None).await.unwrap();
    let lease = kept.inbox.lease(1, at(1)).await.unwrap()[0].lease;
    let events = vec![
        Event::planned(plan("Спросите про скидку")),
        call(json!({"result": 17})),
        Event::note("found by phone"),
    ];
    let park = Settlement::Park {
        step: None,
        reason: ParkReason::RefusedByCrm,
        note: "the portal says no".into(),
    };
    kept.inbox
        .settle(lease, park, events.clone(), at(2))
        .await
        .unwrap();
    let readmitted = Event::Readmitted(Readmitted {
        rejected_at: at(5),
        reason: None,
    });
    kept.journal
        .append(submission.id, vec![readmitted.clone()], at(3))
        .await
        .unwrap();
    let history = one(kept.journal.show(&submission.id.to_string()).unwrap());
    assert_eq!(history.entry.profile.as_deref(), Some("consultation"));
    let stored: Vec<_> = history
        .events
        .iter()
        .map(|logged| logged.event.clone())
        .collect();
    assert_eq!(stored[..3], events);
    assert_eq!(
        stored[3],
        Event::Verdict(Verdict {
            state: State::Parked,
            reason: Some(ParkReason::RefusedByCrm),
            text: Some("the portal says no".into()),
            due_at: None,
        })
    );
    assert_eq!(stored[4], readmitted);
    assert_eq!(
        (history.events[4].at, history.events[4].attempt),
        (at(3), 1)
    );
    let shown = format!("{history:?}");
    for private in ["Анна", "скидку", "9123456789", "portal says no"] {
        assert!(!shown.contains(private), "{private}");
    }
    let unknown = kept
        .journal
        .append(crate::domain::SubmissionId::fresh(), vec![], at(3))
        .await;
    assert!(matches!(unknown, Err(StoreError::Unknown { .. })));
}

async fn a_submission_is_found_by_any_spelling_of_its_id_or_identity<B: Backend>() {
    let kept = kept::<B>();
    let submission = answer(345, "x");
    kept.inbox.accept(&submission, None).await.unwrap();
    kept.inbox.accept(&answer(346, "y"), None).await.unwrap();
    let id = submission.id.to_string();
    let dashed = format!("{}-{}", id.split_at(8).0, id.split_at(8).1);
    for name in [
        id.as_str(),
        &id.to_uppercase(),
        &dashed,
        &submission.id.short(),
        "polls/123/345",
        " polls/123/345 ",
    ] {
        let found = kept.journal.show(name).unwrap();
        assert_eq!(one(found).entry.id, submission.id, "{name}");
    }
    // both came in the same millisecond or so: the first digits are a time
    let first: String = id.chars().take(6).collect();
    assert_eq!(kept.journal.show(&first).unwrap(), Found::Several);
    assert_eq!(kept.journal.show("123/999").unwrap(), Found::None);
    assert_eq!(kept.journal.show(&"f".repeat(32)).unwrap(), Found::None);
    for name in ["", "abc", "Анна", "x' OR 1=1", &"f".repeat(33)] {
        assert_eq!(kept.journal.show(name).unwrap(), Found::NotAName, "{name}");
    }
}

async fn a_list_is_filtered_and_paged_newest_first<B: Backend>() {
    let kept = kept::<B>();
    let room = crate::inbox::Room {
        most: 9,
        bytes: 999,
    };
    for number in 1..=9 {
        let profile = if number % 2 == 0 { "even" } else { "odd" };
        let submission = answer(number, "x");
        match number {
            1 => kept.inbox.quarantine(&submission, room).await,
            2 => {
                kept.inbox
                    .reject(&submission, Some(profile), "no phone".into())
                    .await
            }
            _ => {
                kept.inbox
                    .accept(&submission, Some(taken_by(profile)))
                    .await
            }
        }
        .unwrap();
    }
    let list = |change: fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        numbers(&kept.journal.list(&filter, 3).unwrap())
    };
    assert_eq!(list(|_| ()), [9, 8, 7]);
    assert_eq!(list(|f| f.state = Some(State::Rejected)), [2]);
    assert_eq!(list(|f| f.profile = Some("even".to_owned())), [8, 6, 4]);
    assert_eq!(
        list(|f| (f.since, f.until) = (Some(at(3)), Some(at(5)))),
        [4, 3]
    );
    assert_eq!(
        list(|f| (f.state, f.until) = (Some(State::Queued), Some(at(4)))),
        [3]
    );
    assert_eq!(list(|f| f.reason = Some(ParkReason::NoProfile)), [0_i64; 0]);

    let page = kept.journal.list(&Filter::default(), 3).unwrap();
    let next = Filter {
        before: Some(page[2].cursor()),
        ..Filter::default()
    };
    assert_eq!(numbers(&kept.journal.list(&next, 3).unwrap()), [6, 5, 4]);
}

async fn index_all(kept: &Kept, now: i64) {
    while kept.journal.index(2, at(now)).await.unwrap().is_some() {}
}

fn found(kept: &Kept, text: &str) -> Vec<i64> {
    let filter = Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    numbers(&kept.journal.list(&filter, 9).unwrap())
}

async fn text_is_found_in_any_case_and_behind_escapes_indexed_or_not<B: Backend>() {
    let kept = kept::<B>();
    let bodies = [
        r#"{"name":"\u0410\u043d\u043d\u0430","phone":79123456789}"#,
        r#"{"name":"Борис","email":"Boris@Example.com","phone":"8 (912) 345-67-80"}"#,
        "no JSON: Вера",
    ];
    for (number, body) in (1..).zip(bodies) {
        kept.inbox
            .accept(&answer(number, body), None)
            .await
            .unwrap();
    }
    let entries = kept.journal.list(&Filter::default(), 9).unwrap();
    let note = vec![Event::note("перезвонить Глебу Ёлкину")];
    let expected = [
        ("анн", vec![1]),
        ("борис", vec![2]),
        ("boris@example", vec![2]),
        ("example борис", vec![2]),
        ("ВЕРА", vec![3]),
        ("ве", vec![3]),
        ("глеб елкин", vec![1]),
        ("123/2", vec![2]),
        ("+7 912 345-67-89", vec![1]),
        ("8912345", vec![2, 1]),
        ("нет такого", vec![]),
        ("  ", vec![3, 2, 1]),
    ];
    let all = |kept: &Kept| {
        for (text, numbers) in &expected {
            assert_eq!(found(kept, text), *numbers, "{text}");
        }
    };
    // what was accepted a moment ago is not indexed: it will be, with its verdict
    index_all(&kept, 5).await;
    kept.journal
        .append(entries[2].id, note.clone(), at(9))
        .await
        .unwrap();
    all(&kept);
    index_all(&kept, 60).await;
    all(&kept);
    kept.journal
        .append(entries[0].id, vec![Event::note("позвать Глеба")], at(60))
        .await
        .unwrap();
    assert_eq!(found(&kept, "глеб"), [3, 1]);
    index_all(&kept, 61).await;
    assert_eq!(found(&kept, "глеб"), [3, 1]);
}

async fn a_search_is_filtered_and_paged<B: Backend>() {
    let kept = kept::<B>();
    for number in 1..=500 {
        let name = if number % 5 == 0 {
            "Анна"
        } else {
            "Анатолий"
        };
        let body = format!(r#"{{"name":"{name}"}}"#);
        let profile = if number % 2 == 0 { "even" } else { "odd" };
        kept.inbox
            .accept(&answer(number, &body), Some(taken_by(profile)))
            .await
            .unwrap();
        if number == 300 {
            index_all(&kept, 900).await;
        }
    }
    let mut filter = Filter {
        text: Some("анна".to_owned()),
        profile: Some("odd".to_owned()),
        since: Some(at(200)),
        ..Filter::default()
    };
    let mut all = Vec::new();
    loop {
        let page = kept.journal.list(&filter, 4).unwrap();
        let Some(last) = page.last() else {
            break;
        };
        filter.before = Some(last.cursor());
        all.extend(numbers(&page));
    }
    let expected: Vec<i64> = (200..=500).rev().filter(|n| n % 10 == 5).collect();
    assert_eq!(all, expected);
}

async fn very_large_replies_and_plans_are_shortened_visibly<B: Backend>() {
    let kept = kept::<B>();
    let submission = answer(1, "x");
    kept.inbox.accept(&submission, None).await.unwrap();
    let rows: Vec<_> = (0..5_000)
        .map(|row| json!({"ID": row, "NAME": "x".repeat(100)}))
        .collect();
    let events = vec![
        call(json!({"result": rows})),
        Event::planned(plan(&"Ж".repeat(100))),
        Event::planned(plan(&"Ж".repeat(2_000_000))),
    ];
    kept.journal
        .append(submission.id, events.clone(), at(1))
        .await
        .unwrap();
    let history = one(kept.journal.show("polls/123/1").unwrap());
    let Event::Call(call) = &history.events[0].event else {
        panic!("no call");
    };
    assert!(serde_json::to_string(call).unwrap().len() < 64 << 10);
    assert!(call.answer.to_string().contains("more"));
    assert_eq!(call.params, json!({"fields": {"NAME": "Анна"}}));
    assert_eq!(history.events[1].event, events[1]);
    let Event::Planned(planned) = &history.events[2].event else {
        panic!("no plan");
    };
    assert!(planned.shortened);
    assert!(
        planned
            .plan
            .crm()
            .unwrap()
            .comment
            .as_ref()
            .as_ref()
            .unwrap()
            .text
            .as_str()
            .ends_with('…')
    );
}

contract! {
    every_kind_of_event_is_read_as_it_was_written,
    a_submission_is_found_by_any_spelling_of_its_id_or_identity,
    a_list_is_filtered_and_paged_newest_first,
    text_is_found_in_any_case_and_behind_escapes_indexed_or_not,
    a_search_is_filtered_and_paged,
    very_large_replies_and_plans_are_shortened_visibly,
}
