//! Admission: new, repeated, captured and rejected submissions.

use super::*;

async fn a_repeat_is_counted_and_a_different_body_is_kept_in_the_history<B: Backend>() {
    let folder = B::new();
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

async fn a_history_keeps_a_limited_number_of_different_bodies<B: Backend>() {
    let folder = B::new();
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

async fn a_captured_submission_is_queued_with_the_captured_body<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let first = answer(1, "captured");
    assert_eq!(
        inbox.quarantine(&first, AMPLE).await.unwrap(),
        Accepted::New { id: first.id }
    );
    let second = answer(2, "two");
    inbox.quarantine(&second, AMPLE).await.unwrap();
    assert_eq!(inbox.lease(9, at(9)).await.unwrap(), vec![]);
    let again = inbox
        .accept(&answer(1, "other"), Some(taken_by("late")))
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
    let captured = inbox.captured(0, 9).await.unwrap();
    let ids: Vec<SubmissionId> = captured.iter().map(|captured| captured.id).collect();
    assert_eq!(ids, [second.id], "the first is captured no more");
    inbox.requeue(second.id, at(9)).await.unwrap();
    assert_eq!(lease_one(&inbox, 9).await.received_at, at(2));
}

async fn a_corrected_repeat_replaces_a_rejected_submission<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let wrong = answer(1, "wrong");
    inbox.reject(&wrong, None, "no phone".into()).await.unwrap();
    assert_eq!(inbox.lease(9, at(9)).await.unwrap(), vec![]);
    let still = inbox
        .reject(&answer(1, "wrong"), None, "no e-mail either".into())
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
    let accepted = inbox.accept(&right, Some(taken_by("form"))).await.unwrap();
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
            attempt: 1,
            due_at: at(5),
        }
    );
}

async fn rejecting_a_repeat_leaves_the_accepted_submission_queued<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let refused = inbox
        .reject(&answer(1, "x"), None, "no profile".into())
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

async fn concurrent_senders_of_the_same_submissions_store_each_once<B: Backend>() {
    let folder = B::new();
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

contract! {
    a_repeat_is_counted_and_a_different_body_is_kept_in_the_history,
    a_history_keeps_a_limited_number_of_different_bodies,
    a_captured_submission_is_queued_with_the_captured_body,
    a_corrected_repeat_replaces_a_rejected_submission,
    rejecting_a_repeat_leaves_the_accepted_submission_queued;
    with two threads:
    concurrent_senders_of_the_same_submissions_store_each_once,
}
