//! The contract of the inbox, sentence by sentence.

use std::time::Duration;

use super::*;
use crate::domain::{ContactId, EntityKind, ParkReason, RecordId};
use crate::journal::{Found, Journal};
use crate::store::testing::{Folder, answer, at, poll};
use crate::store::{History, Logged};

fn new_inbox(folder: &Folder) -> Inbox {
    Inbox::new(folder.store())
}

fn history(inbox: &Inbox, id: SubmissionId) -> History {
    match Journal::new(inbox.store.clone()).show(&id.to_string()) {
        Ok(Found::One(history)) => *history,
        other => panic!("no history of {id}: {other:?}"),
    }
}

fn kinds(events: &[Logged]) -> Vec<&str> {
    events.iter().map(|logged| logged.event.kind()).collect()
}

fn delivered() -> Settlement {
    Settlement::Delivered {
        contact: ContactId::new(7),
        record: RecordId::new(9).map(|id| (EntityKind::Deal, id)),
    }
}

fn parked() -> Settlement {
    Settlement::Park {
        reason: ParkReason::SeveralContacts,
        note: "two contacts match".to_owned(),
    }
}

fn retry(seconds: i64) -> Settlement {
    Settlement::Retry {
        due_at: at(seconds),
        reason: "the portal asks us to slow down".to_owned(),
        uncertain: Uncertain::No,
    }
}

async fn lease_one(inbox: &Inbox, now: i64) -> Leased {
    let mut leased = inbox.lease(10, at(now)).await.unwrap();
    assert_eq!(leased.len(), 1);
    leased.remove(0)
}

#[tokio::test]
async fn a_submission_goes_its_way_and_its_history_tells() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let submission = answer(1, r#"{"data":{}}"#);
    let accepted = inbox
        .accept(&submission, Some("consultation"))
        .await
        .unwrap();
    assert_eq!(accepted, Accepted::New { id: submission.id });

    let leased = lease_one(&inbox, 1).await;
    assert_eq!(
        leased.lease,
        Lease {
            id: submission.id,
            attempt: 1
        }
    );
    assert_eq!(leased.raw, submission.raw);
    assert_eq!(leased.source, submission.source);
    assert_eq!(leased.received_at, submission.received_at);
    assert_eq!(leased.profile.as_deref(), Some("consultation"));
    assert!(!leased.uncertain);
    assert_eq!(inbox.lease(10, at(1)).await.unwrap(), vec![]);

    let events = vec![Event::note("found by phone")];
    inbox
        .settle(leased.lease, delivered(), events, at(2))
        .await
        .unwrap();
    let history = history(&inbox, submission.id);
    assert_eq!(history.entry.state, State::Delivered);
    assert_eq!(history.entry.contact, ContactId::new(7));
    assert_eq!(history.entry.settled_at, Some(at(2)));
    assert_eq!(history.raw, submission.raw);
    assert_eq!(kinds(&history.events), ["note", "verdict"]);
}

#[tokio::test]
async fn a_repeat_is_counted_and_other_bytes_are_kept_beside() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let first = answer(1, "first");
    inbox.accept(&first, None).await.unwrap();
    for (repeats, raw, same_body) in [(1, "first", true), (2, "other", false), (3, "other", false)]
    {
        assert_eq!(
            inbox.accept(&answer(1, raw), None).await.unwrap(),
            Accepted::Known {
                id: first.id,
                state: State::Queued,
                repeats,
                same_body
            }
        );
    }
    let history = history(&inbox, first.id);
    assert_eq!(history.raw, first.raw);
    assert_eq!(history.entry.repeats, 3);
    assert_eq!(history.entry.last_repeat_at, Some(at(1)));
    assert_eq!(kinds(&history.events), ["repeated"]);
    assert_eq!(history.events[0].body.as_deref(), Some(&b"other"[..]));
    lease_one(&inbox, 5).await;
}

#[tokio::test]
async fn a_sender_whose_repeats_always_differ_does_not_fill_the_disk() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let first = answer(1, "first");
    inbox.accept(&first, None).await.unwrap();
    for time in 0..100 {
        inbox
            .accept(&answer(1, &format!("sent at {time}")), None)
            .await
            .unwrap();
    }
    let history = history(&inbox, first.id);
    assert_eq!(history.entry.repeats, 100);
    assert_eq!(history.events.len(), 33);
    assert!(history.events[32].body.is_none());
}

#[tokio::test]
async fn oldest_due_come_first_and_no_more_than_asked_for() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    for number in [3, 1, 2] {
        inbox.accept(&answer(number, "x"), None).await.unwrap();
    }
    let first: Vec<_> = inbox.lease(2, at(9)).await.unwrap();
    let order: Vec<_> = first.iter().map(|leased| leased.received_at).collect();
    assert_eq!(order, [at(1), at(2)]);
    assert_eq!(lease_one(&inbox, 9).await.received_at, at(3));
}

#[tokio::test]
async fn what_waits_is_due_at_its_time_and_keeps_count() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    inbox
        .settle(first.lease, retry(60), vec![], at(2))
        .await
        .unwrap();
    assert_eq!(inbox.next_due().await.unwrap(), Some(at(60)));
    assert_eq!(inbox.lease(10, at(59)).await.unwrap(), vec![]);
    let second = lease_one(&inbox, 60).await;
    assert_eq!(second.lease.attempt, 2);
    assert!(!second.uncertain);
    assert_eq!(inbox.next_due().await.unwrap(), None);
}

#[tokio::test]
async fn a_lease_is_settled_once_and_by_its_holder() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    inbox
        .settle(first.lease, retry(2), vec![], at(1))
        .await
        .unwrap();
    let second = lease_one(&inbox, 2).await;
    let late = inbox.settle(first.lease, delivered(), vec![], at(2)).await;
    assert!(matches!(
        late,
        Err(StoreError::NotLeased {
            state: Some(State::Leased),
            ..
        })
    ));
    inbox
        .settle(second.lease, delivered(), vec![], at(2))
        .await
        .unwrap();
    let again = inbox
        .settle(second.lease, delivered(), vec![Event::note("x")], at(3))
        .await;
    assert!(matches!(
        again,
        Err(StoreError::NotLeased {
            state: Some(State::Delivered),
            ..
        })
    ));
    let unknown = Lease {
        id: SubmissionId::fresh(),
        attempt: 1,
    };
    let unknown = inbox.settle(unknown, delivered(), vec![], at(3)).await;
    assert!(matches!(
        unknown,
        Err(StoreError::NotLeased { state: None, .. })
    ));
    assert_eq!(
        kinds(&history(&inbox, first.lease.id).events),
        ["verdict", "verdict"]
    );
}

#[tokio::test]
async fn what_a_crash_left_leased_comes_back_uncertain() {
    let folder = Folder::new();
    let submission = answer(1, "x");
    {
        let inbox = new_inbox(&folder);
        inbox.accept(&submission, None).await.unwrap();
        lease_one(&inbox, 1).await;
    }
    let inbox = new_inbox(&folder);
    assert_eq!(inbox.recover(at(5)).await.unwrap(), 1);
    inbox.wait_for_work().await;
    let again = lease_one(&inbox, 5).await;
    assert!(again.uncertain);
    assert_eq!(again.lease.attempt, 2);
    assert_eq!(inbox.recover(at(6)).await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_released_is_as_if_it_had_not_been_leased() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let leased = lease_one(&inbox, 1).await;
    assert_eq!(inbox.release(vec![leased.lease]).await.unwrap(), 1);
    assert_eq!(inbox.release(vec![leased.lease]).await.unwrap(), 0);
    let again = lease_one(&inbox, 1).await;
    assert_eq!(again, leased);
}

#[tokio::test]
async fn a_worker_that_goes_away_while_it_asks_has_leased_nothing() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    for number in 1..=50 {
        inbox.accept(&answer(number, "x"), None).await.unwrap();
    }
    for polls in 0..40 {
        let lease = inbox.lease(1, at(99));
        tokio::pin!(lease);
        for _ in 0..=polls % 4 {
            drop(futures_util::poll!(lease.as_mut()));
            tokio::task::yield_now().await;
        }
    }
    // each lease that nobody took is given back by a write of its own; this one stands behind them
    inbox.release(vec![]).await.unwrap();
    inbox.release(vec![]).await.unwrap();
    assert_eq!(inbox.lease(99, at(99)).await.unwrap().len(), 50);
}

#[tokio::test]
async fn a_captured_answer_is_queued_as_it_was_captured() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let first = answer(1, "captured");
    assert_eq!(
        inbox.capture(&first).await.unwrap(),
        Accepted::New { id: first.id }
    );
    inbox.capture(&answer(2, "two")).await.unwrap();
    assert_eq!(inbox.lease(9, at(9)).await.unwrap(), vec![]);
    let again = inbox
        .accept(&answer(1, "other"), Some("late"))
        .await
        .unwrap();
    assert_eq!(
        again,
        Accepted::Known {
            id: first.id,
            state: State::Queued,
            repeats: 1,
            same_body: false
        }
    );
    let leased = lease_one(&inbox, 9).await;
    assert_eq!(leased.raw, first.raw);
    assert_eq!(leased.profile.as_deref(), Some("late"));
    assert_eq!(
        inbox.requeue_captured(poll(124), 9, at(9)).await.unwrap(),
        0
    );
    assert_eq!(
        inbox.requeue_captured(poll(123), 9, at(9)).await.unwrap(),
        1
    );
    assert_eq!(lease_one(&inbox, 9).await.received_at, at(2));
}

#[tokio::test]
async fn a_rejected_answer_that_comes_again_put_right_is_taken_as_it_came() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let wrong = answer(1, "wrong");
    inbox.reject(&wrong, None, "no phone").await.unwrap();
    assert_eq!(inbox.lease(9, at(9)).await.unwrap(), vec![]);
    let still = inbox
        .reject(&answer(1, "wrong"), None, "no e-mail either")
        .await
        .unwrap();
    assert!(matches!(
        still,
        Accepted::Known {
            state: State::Rejected,
            repeats: 1,
            ..
        }
    ));
    let mut right = answer(1, "right");
    right.received_at = at(5);
    let accepted = inbox.accept(&right, Some("form")).await.unwrap();
    assert_eq!(accepted, Accepted::New { id: wrong.id });
    let history = history(&inbox, wrong.id);
    assert_eq!(kinds(&history.events), ["readmitted"]);
    assert_eq!(history.events[0].body.as_deref(), Some(&b"wrong"[..]));
    let leased = lease_one(&inbox, 5).await;
    assert_eq!(leased.raw, right.raw);
    assert_eq!(leased.received_at, at(5));
    assert_eq!(
        leased.lease,
        Lease {
            id: wrong.id,
            attempt: 1
        }
    );
}

#[tokio::test]
async fn a_refusal_does_not_undo_what_was_accepted() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let refused = inbox
        .reject(&answer(1, "x"), None, "no profile")
        .await
        .unwrap();
    assert!(matches!(
        refused,
        Accepted::Known {
            state: State::Queued,
            ..
        }
    ));
    lease_one(&inbox, 9).await;
}

#[tokio::test]
async fn a_parked_one_is_queued_again_and_looks_before_it_creates() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let leased = lease_one(&inbox, 1).await;
    inbox
        .settle(leased.lease, parked(), vec![], at(1))
        .await
        .unwrap();
    let entry = history(&inbox, leased.lease.id).entry;
    assert_eq!(entry.reason, Some(ParkReason::SeveralContacts));
    assert_eq!(inbox.lease(9, at(9)).await.unwrap(), vec![]);
    inbox.requeue(leased.lease.id, at(9)).await.unwrap();
    let again = lease_one(&inbox, 9).await;
    assert!(again.uncertain);
    inbox
        .settle(again.lease, delivered(), vec![], at(9))
        .await
        .unwrap();
    let refused = inbox.requeue(leased.lease.id, at(9)).await;
    assert!(matches!(
        refused,
        Err(StoreError::NotQueued {
            state: State::Delivered,
            ..
        })
    ));
    let unknown = inbox.requeue(SubmissionId::fresh(), at(9)).await;
    assert!(matches!(unknown, Err(StoreError::Unknown { .. })));
}

#[tokio::test]
async fn counts_tell_what_stands_where() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    for number in 1..=3 {
        inbox.accept(&answer(number, "x"), None).await.unwrap();
    }
    inbox.capture(&answer(4, "x")).await.unwrap();
    let leased = inbox.lease(1, at(9)).await.unwrap();
    inbox
        .settle(leased[0].lease, delivered(), vec![], at(9))
        .await
        .unwrap();
    let counts: Vec<_> = inbox.counts().await.unwrap().into_iter().collect();
    assert_eq!(
        counts,
        [
            (State::Queued, 2),
            (State::Delivered, 1),
            (State::Captured, 1)
        ]
    );
}

#[tokio::test]
async fn whoever_waits_for_the_end_is_told_and_forgotten() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let submission = answer(1, "x");
    inbox.accept(&submission, None).await.unwrap();
    let short = inbox
        .wait_settled(submission.id, Duration::from_millis(20))
        .await;
    assert_eq!(short.unwrap(), None);
    assert_eq!(inbox.waiters.len(), 0);

    let long = Duration::from_secs(30);
    let (first, second, ()) = tokio::join!(
        inbox.wait_settled(submission.id, long),
        inbox.wait_settled(submission.id, long),
        async {
            let leased = lease_one(&inbox, 1).await;
            inbox
                .settle(leased.lease, retry(2), vec![], at(1))
                .await
                .unwrap();
            let leased = lease_one(&inbox, 2).await;
            inbox
                .settle(leased.lease, parked(), vec![], at(2))
                .await
                .unwrap();
        }
    );
    assert_eq!(first.unwrap(), Some(State::Parked));
    assert_eq!(second.unwrap(), Some(State::Parked));
    let after = inbox.wait_settled(submission.id, long).await;
    assert_eq!(after.unwrap(), Some(State::Parked));
    let unknown = inbox.wait_settled(SubmissionId::fresh(), long).await;
    assert_eq!(unknown.unwrap(), None);
    assert_eq!(inbox.waiters.len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_arrival_wakes_an_idle_worker() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let worker = tokio::spawn({
        let inbox = inbox.clone();
        async move {
            inbox.wait_for_work().await;
            inbox.lease(1, at(9)).await.unwrap()
        }
    });
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    assert_eq!(worker.await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_senders_at_once_with_repeats_are_each_taken_once() {
    let folder = Folder::new();
    let inbox = new_inbox(&folder);
    let senders: Vec<_> = (0..64)
        .map(|sender| {
            let inbox = inbox.clone();
            tokio::spawn(async move {
                let mut new = 0_usize;
                // every answer is sent by four of the senders
                for number in 0..50 {
                    let submission = answer(1 + (sender / 4) * 50 + number, "x");
                    match inbox.accept(&submission, None).await.unwrap() {
                        Accepted::New { .. } => new += 1,
                        Accepted::Known { same_body, .. } => assert!(same_body),
                    }
                }
                new
            })
        })
        .collect();
    let mut new = 0;
    for sender in senders {
        new += sender.await.unwrap();
    }
    assert_eq!(new, 16 * 50);
    let leased = inbox.lease(10_000, at(10_000)).await.unwrap();
    assert_eq!(leased.len(), 16 * 50);
    let sources: std::collections::HashSet<_> =
        leased.iter().map(|job| job.source.clone()).collect();
    assert_eq!(sources.len(), 16 * 50);
}
