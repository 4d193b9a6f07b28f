//! Submissions of channels: stored with their details, captured within limits, found by their
//! content.

use serde_json::{Value, json};

use super::*;
use crate::domain::{Email, Phone, Repairs, Source, SourceKinds};
use crate::journal::{Filter, Person, SourceFilter};

fn form(key: &str, raw: &str, details: &Value) -> Submission {
    Submission {
        id: SubmissionId::fresh(),
        source: Source::new("channels", "shop", key).with_details(details),
        received_at: at(1),
        raw: raw.to_owned().into(),
        body: serde_json::Value::Null,
        repairs: Repairs::default(),
    }
}

const ROOM: Room = Room {
    most: 2,
    bytes: 100,
};

async fn the_details_of_a_source_are_stored_with_the_submission<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let submission = form("a/b c", "name=Мария", &json!({"query": "page=1"}));
    inbox
        .accept(&submission, Some(taken_by("shop")))
        .await
        .unwrap();
    let leased = lease_one(&inbox, 2).await;
    assert_eq!(leased.source, submission.source);
    let entry = history(&inbox, submission.id).entry;
    assert_eq!(entry.source, submission.source);
    assert_eq!(entry.identity.as_str(), "channels/shop/a/b c");
    assert!(matches!(
        Journal::new(inbox.store.clone(), SourceKinds::default()).show("channels/shop/a/b c"),
        Ok(Found::One(_))
    ));
}

#[expect(clippy::too_many_lines, reason = "one story, with all that it tells")]
async fn the_quarantine_is_limited_in_submissions_and_bytes<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let one = form("1", "a=1", &json!({}));
    assert!(matches!(
        inbox.quarantine(&one, ROOM).await,
        Ok(Accepted::New { .. })
    ));
    let long = form("2", &"x".repeat(200), &json!({}));
    assert!(matches!(
        inbox.quarantine(&long, ROOM).await,
        Err(StoreError::NoRoom)
    ));
    let two = form("2", "a=1", &json!({}));
    assert!(matches!(
        inbox.quarantine(&two, ROOM).await,
        Ok(Accepted::New { .. })
    ));
    let three = form("3", "a=1", &json!({}));
    assert!(matches!(
        inbox.quarantine(&three, ROOM).await,
        Err(StoreError::NoRoom)
    ));
    let again = inbox.quarantine(&form("2", "a=1", &json!({})), ROOM).await;
    assert!(matches!(
        again,
        Ok(Accepted::Known {
            state: State::Captured,
            ..
        })
    ));
    // each source has a quarantine of its own, and accepted submissions need no room in one
    let polled = answer(7, "x");
    inbox.quarantine(&polled, ROOM).await.unwrap();
    assert!(matches!(
        inbox.accept(&three, None).await,
        Ok(Accepted::New { .. })
    ));
    let captured = inbox.captured(0, 10).await.unwrap();
    let ids: Vec<SubmissionId> = captured.iter().map(|captured| captured.id).collect();
    assert_eq!(ids, [one.id, two.id, polled.id], "those of polls as well");
    let rest = inbox.captured(captured[0].seq, 10).await.unwrap();
    assert_eq!(rest.len(), 2);
    inbox.requeue(one.id, at(5)).await.unwrap();
    let repeat = inbox
        .quarantine(
            &one,
            Room {
                most: 9,
                bytes: 999,
            },
        )
        .await
        .unwrap();
    assert!(matches!(
        repeat,
        Accepted::Known {
            state: State::Queued,
            ..
        }
    ));
}

async fn undecodable_submissions_fill_only_a_quarter_of_the_quarantine<B: Backend>() {
    for (room, raw) in [
        (
            Room {
                most: 8,
                bytes: 9_999,
            },
            "{",
        ),
        (
            Room {
                most: 999,
                bytes: 400,
            },
            "{\"a\": 56789012345678901234567890123456789012345",
        ),
    ] {
        let folder = B::new();
        let inbox = new_inbox(&folder);
        let garbage = |number: usize| form(&format!("garbage-{number}"), raw, &json!({}));
        let mut kept = 0;
        for number in 0..20 {
            let submission = garbage(number);
            let reason = VerdictReason::from("JSON breaks off");
            match inbox
                .quarantine_undecodable(&submission, reason, room)
                .await
            {
                Ok(Accepted::New { .. }) => kept += 1,
                Err(StoreError::NoRoom) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(kept, 2);
        // a repeat needs no room
        let again = garbage(0);
        let again = inbox.quarantine_undecodable(&again, "x".into(), room);
        assert!(matches!(again.await, Ok(Accepted::Known { .. })));
        // the others may use all of the rest
        for number in 0..6 {
            let submission = form(&format!("form-{number}"), raw, &json!({}));
            let captured = inbox.quarantine(&submission, room).await;
            assert!(matches!(captured, Ok(Accepted::New { .. })), "{number}");
        }
    }
}

async fn the_last_identity_of_a_range_of_times_is_found<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let key = |digest: &str, seconds| {
        let millis = at(seconds).as_millisecond();
        format!("once/{digest}/{millis:016}")
    };
    let find = async |digest: &str, from, to| {
        let beginning = format!("channels/shop/once/{digest}/");
        let found = inbox.last_beginning(beginning, (from, to)).await.unwrap();
        found.map(|identity| identity.strip_prefix("channels/shop/").unwrap().to_owned())
    };
    // the time of the key counts: a clock may have been wrong
    for (digest, seconds) in [
        ("a", 10),
        ("a", 20),
        ("a", 9_000_000),
        ("b", 15),
        ("a-1", 16),
    ] {
        let submission = form(&key(digest, seconds), "a=1", &json!({}));
        inbox.accept(&submission, None).await.unwrap();
    }
    for (from, to, found) in [
        (0, 30, Some(20)),
        (20, 30, Some(20)),
        (0, 20, Some(20)),
        (0, 19, Some(10)),
        (21, 30, None),
        (0, 9, None),
        (0, 9_000_000, Some(9_000_000)),
    ] {
        let found = found.map(|seconds| key("a", seconds));
        assert_eq!(find("a", at(from), at(to)).await, found, "{from} {to}");
    }
    assert_eq!(find("b", at(0), at(30)).await, Some(key("b", 15)));
    assert_eq!(find("a-1", at(0), at(30)).await, Some(key("a-1", 16)));
    let first = find("a", Timestamp::MIN, at(30)).await;
    assert_eq!(first, Some(key("a", 20)));
}

async fn each_source_has_a_quarantine_of_its_own<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let room = Room {
        most: 1,
        bytes: 100,
    };
    let of = |source: &'static str, key: &str| Submission {
        source: Source::new(source, "main", key),
        ..form("1", "a=1", &json!({}))
    };
    for source in ["polls", "channels", "pbx"] {
        let first = inbox.quarantine(&of(source, "1"), room).await;
        assert!(matches!(first, Ok(Accepted::New { .. })), "{source}");
        let second = inbox.quarantine(&of(source, "2"), room).await;
        assert!(matches!(second, Err(StoreError::NoRoom)), "{source}");
    }
    let journal = Journal::new(inbox.store.clone(), SourceKinds::default());
    let expired = journal.expire_captured("pbx", at(40), at(60)).await;
    assert_eq!(expired.unwrap(), 1);
    assert_eq!(inbox.captured(0, 10).await.unwrap().len(), 2);
}

async fn a_submission_captured_for_too_long_is_ignored<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let journal = Journal::new(inbox.store.clone(), SourceKinds::default());
    let old = form("1", "a=1", &json!({}));
    let new = Submission {
        received_at: at(50),
        ..form("2", "a=1", &json!({}))
    };
    let room = Room {
        most: 9,
        bytes: 999,
    };
    inbox.quarantine(&old, room).await.unwrap();
    inbox.quarantine(&new, room).await.unwrap();
    let polled = answer(7, "x");
    inbox.quarantine(&polled, room).await.unwrap();
    let expired = journal.expire_captured("channels", at(40), at(60)).await;
    assert_eq!(expired.unwrap(), 1);
    assert_eq!(history(&inbox, polled.id).entry.state, State::Captured);
    assert_eq!(history(&inbox, old.id).entry.state, State::Ignored);
    assert_eq!(history(&inbox, new.id).entry.state, State::Captured);
}

async fn a_form_is_found_by_its_values_and_its_channel<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let journal = Journal::new(inbox.store.clone(), SourceKinds::default());
    let form = form(
        "1",
        "name=%CC%E0%F0%E8%FF&tel=8%20912%20345-67-89&mail=anna%40mail.example",
        &json!({}),
    );
    inbox.accept(&form, None).await.unwrap();
    inbox.accept(&answer(7, "{}"), None).await.unwrap();
    let list = |filter: Filter| journal.list(&filter, 10).unwrap().len();
    let text = |text: &str| Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    assert_eq!(list(text("мария")), 1);
    assert_eq!(list(text("+7 912 345 67 89")), 1);
    let listed = |name: &str, address: Option<&str>| {
        list(Filter {
            source: Some(SourceFilter {
                name: name.to_owned(),
                address: address.map(str::to_owned),
            }),
            ..Filter::default()
        })
    };
    for (name, address, number) in [
        ("channels", Some("shop"), 1),
        ("channels", Some("sho"), 0),
        ("channels", Some("shop2"), 0),
        ("channels", None, 1),
        ("channel", None, 0),
        ("polls", Some("123"), 1),
        ("polls", Some("12"), 0),
        ("polls", None, 1),
    ] {
        assert_eq!(listed(name, address), number, "{name} {address:?}");
    }
    for person in [
        Person {
            phones: vec![Phone::parse("+79123456789").unwrap()],
            emails: vec![],
        },
        Person {
            phones: vec![],
            emails: vec![Email::parse("anna@mail.example").unwrap()],
        },
    ] {
        let found = journal.of_person(&person, &mut |_| ()).unwrap();
        assert_eq!(found.len(), 1);
    }
}

async fn erasing_removes_the_details_of_the_request_too<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let submission = form("1", "a=1", &json!({"query": "tel=89123456789"}));
    inbox.accept(&submission, None).await.unwrap();
    Journal::new(inbox.store.clone(), SourceKinds::default())
        .erase(vec![submission.id], &Person::default())
        .await
        .unwrap();
    let entry = history(&inbox, submission.id).entry;
    assert_eq!(entry.source, Source::new("channels", "shop", "1"));
}

/// Returns who has this address and this number.
fn somebody() -> Person {
    Person {
        phones: vec![Phone::parse("+79123456789").unwrap()],
        emails: vec![Email::parse("anna@mail.example").unwrap()],
    }
}

async fn an_erased_identity_is_a_digest_and_a_late_repeat_is_known<B: Backend>() {
    for (number, key) in [
        "anna@mail.example",
        "Anna%40Mail.example",
        "8 (912) 345-67-89",
        "79123456789-2026",
        "2026_anna@mail.example",
    ]
    .into_iter()
    .enumerate()
    {
        let folder = B::new();
        let inbox = new_inbox(&folder);
        let journal = Journal::new(inbox.store.clone(), SourceKinds::default());
        let others = [
            form("42", "a=1", &json!({})),
            form("joanna@mail.example", "a=1", &json!({})),
        ];
        for other in &others {
            inbox.accept(other, None).await.unwrap();
        }
        let submission = form(key, "a=1", &json!({}));
        inbox.accept(&submission, None).await.unwrap();
        // a bare record has nothing but its identity
        let is_purged = number % 2 == 0;
        if is_purged {
            for leased in inbox.lease(9, at(1)).await.unwrap() {
                inbox
                    .settle(leased.lease, delivered(), vec![], at(1))
                    .await
                    .unwrap();
            }
            journal.purge(None, 9).await.unwrap();
        }
        let found = journal.of_person(&somebody(), &mut |_| ()).unwrap();
        let ids: Vec<SubmissionId> = found.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [submission.id], "{key}");
        let all = others.iter().map(|other| other.id).chain(ids);
        journal.erase(all.collect(), &somebody()).await.unwrap();
        let after = history(&inbox, submission.id).entry;
        let identity = after.identity.as_str();
        assert!(identity.starts_with("channels/shop/erased:"), "{identity}");
        assert!(!somebody().occurs_in_key(after.source.key()));
        for other in &others {
            let kept = history(&inbox, other.id).entry.identity;
            assert_eq!(kept, other.source.identity());
        }
        // a second erasure changes nothing
        assert_eq!(journal.of_person(&somebody(), &mut |_| ()).unwrap(), []);
        let late = form(key, "a=2", &json!({}));
        let accepted = inbox.accept(&late, None).await.unwrap();
        assert!(
            matches!(accepted, Accepted::Known { id, .. } if id == submission.id),
            "{key}: {accepted:?}"
        );
        assert_eq!(journal.of_person(&somebody(), &mut |_| ()).unwrap(), []);
        let new = form("79123456780", "a=2", &json!({}));
        let accepted = inbox.accept(&new, None).await.unwrap();
        assert!(matches!(accepted, Accepted::New { .. }));
    }
}

async fn a_readmitted_request_is_read_as_it_was_sent_last<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let first = form("1", "a=1", &json!({}));
    inbox.reject(&first, None, "no phone".into()).await.unwrap();
    let second = form("1", "a=2", &json!({"query": "tel=1"}));
    assert_eq!(
        inbox.accept(&second, None).await.unwrap(),
        Accepted::New { id: first.id }
    );
    let leased = lease_one(&inbox, 2).await;
    assert_eq!(leased.source, second.source);
}

contract! {
    an_erased_identity_is_a_digest_and_a_late_repeat_is_known,
    the_details_of_a_source_are_stored_with_the_submission,
    the_quarantine_is_limited_in_submissions_and_bytes,
    undecodable_submissions_fill_only_a_quarter_of_the_quarantine,
    the_last_identity_of_a_range_of_times_is_found,
    each_source_has_a_quarantine_of_its_own,
    a_submission_captured_for_too_long_is_ignored,
    a_form_is_found_by_its_values_and_its_channel,
    erasing_removes_the_details_of_the_request_too,
    a_readmitted_request_is_read_as_it_was_sent_last,
}
