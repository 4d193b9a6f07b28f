//! What came by channels: stored with how it came, kept in quarantine within bounds, found by its content.

use super::*;
use crate::domain::{ChannelName, Email, Phone, Preset, Repairs, Sent, Source, body};
use crate::journal::{Filter, Person};

fn form(key: &str, raw: &str, sent: Sent) -> Submission {
    Submission {
        id: SubmissionId::fresh(),
        source: Source::Channel {
            channel: ChannelName::parse("shop").unwrap(),
            key: key.to_owned(),
            sent: Box::new(sent),
        },
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

async fn a_request_to_a_channel_is_read_again_as_it_was_read_first<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let sent = Sent {
        content_type: Some("application/x-www-form-urlencoded; charset=koi8-r".to_owned()),
        query: Some("page=1".to_owned()),
        hidden: Some("key".to_owned()),
        preset: Preset::Tilda,
    };
    let submission = form("a/b c", "name=%ED%C1%D2%C9%D1&key=s", sent);
    inbox
        .accept(&submission, Some(taken_by("shop")))
        .await
        .unwrap();
    let leased = lease_one(&inbox, 2).await;
    assert_eq!(leased.source, submission.source);
    let packet = body::decode(&leased.source, &leased.raw).unwrap();
    assert_eq!(packet, serde_json::json!({"name": "Мария", "page": "1"}));
    let entry = history(&inbox, submission.id).entry;
    assert_eq!(entry.source, submission.source);
    assert_eq!(entry.identity.as_str(), "channels/shop/a/b c");
    assert!(matches!(
        Journal::new(inbox.store.clone()).show("channels/shop/a/b c"),
        Ok(Found::One(_))
    ));
}

#[expect(clippy::too_many_lines, reason = "one story, with all that it tells")]
async fn the_quarantine_is_limited_in_submissions_and_bytes<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let one = form("1", "a=1", Sent::default());
    assert!(matches!(
        inbox.quarantine(&one, ROOM).await,
        Ok(Accepted::New { .. })
    ));
    let long = form("2", &"x".repeat(200), Sent::default());
    assert!(matches!(
        inbox.quarantine(&long, ROOM).await,
        Err(StoreError::NoRoom)
    ));
    let two = form("2", "a=1", Sent::default());
    assert!(matches!(
        inbox.quarantine(&two, ROOM).await,
        Ok(Accepted::New { .. })
    ));
    let three = form("3", "a=1", Sent::default());
    assert!(matches!(
        inbox.quarantine(&three, ROOM).await,
        Err(StoreError::NoRoom)
    ));
    let again = inbox
        .quarantine(&form("2", "a=1", Sent::default()), ROOM)
        .await;
    assert!(matches!(
        again,
        Ok(Accepted::Known {
            state: State::Captured,
            ..
        })
    ));
    // polls have a quarantine of their own, and a full one turns no profile's submission away
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

async fn a_submission_captured_for_too_long_is_ignored<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let journal = Journal::new(inbox.store.clone());
    let old = form("1", "a=1", Sent::default());
    let new = Submission {
        received_at: at(50),
        ..form("2", "a=1", Sent::default())
    };
    let room = Room {
        most: 9,
        bytes: 999,
    };
    inbox.quarantine(&old, room).await.unwrap();
    inbox.quarantine(&new, room).await.unwrap();
    inbox.quarantine(&answer(7, "x"), room).await.unwrap();
    assert_eq!(journal.expire_captured(at(40), at(60)).await.unwrap(), 1);
    assert_eq!(history(&inbox, old.id).entry.state, State::Ignored);
    assert_eq!(history(&inbox, new.id).entry.state, State::Captured);
}

async fn a_form_is_found_by_its_values_and_its_channel<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let journal = Journal::new(inbox.store.clone());
    let form = form(
        "1",
        "name=%CC%E0%F0%E8%FF&tel=8%20912%20345-67-89&mail=anna%40mail.example",
        Sent::default(),
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
    let channel = |name: &str| Filter {
        channel: ChannelName::parse(name),
        ..Filter::default()
    };
    assert_eq!(
        (
            list(channel("shop")),
            list(channel("sho")),
            list(channel("shop2"))
        ),
        (1, 0, 0)
    );
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
    let sent = Sent {
        query: Some("tel=89123456789".to_owned()),
        ..Sent::default()
    };
    let submission = form("1", "a=1", sent);
    inbox.accept(&submission, None).await.unwrap();
    Journal::new(inbox.store.clone())
        .erase(vec![submission.id])
        .await
        .unwrap();
    let entry = history(&inbox, submission.id).entry;
    let Source::Channel { channel, sent, .. } = entry.source else {
        panic!("it came by a channel");
    };
    assert_eq!((channel.as_str(), *sent), ("shop", Sent::default()));
}

async fn a_readmitted_request_is_read_as_it_was_sent_last<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let first = form("1", "a=1", Sent::default());
    inbox.reject(&first, None, "no phone").await.unwrap();
    let sent = Sent {
        query: Some("tel=1".to_owned()),
        ..Sent::default()
    };
    let second = form("1", "a=2", sent.clone());
    assert_eq!(
        inbox.accept(&second, None).await.unwrap(),
        Accepted::New { id: first.id }
    );
    let leased = lease_one(&inbox, 2).await;
    let Source::Channel { sent: kept, .. } = leased.source else {
        panic!("it came by a channel");
    };
    assert_eq!(*kept, sent);
}

contract! {
    a_request_to_a_channel_is_read_again_as_it_was_read_first,
    the_quarantine_is_limited_in_submissions_and_bytes,
    a_submission_captured_for_too_long_is_ignored,
    a_form_is_found_by_its_values_and_its_channel,
    erasing_removes_the_details_of_the_request_too,
    a_readmitted_request_is_read_as_it_was_sent_last,
}
