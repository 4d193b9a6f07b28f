//! Work is leased, settled, released and recovered.

use super::*;

async fn the_history_of_a_submission_shows_each_attempt<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let submission = answer(1, r#"{"data":{}}"#);
    let accepted = inbox
        .accept(&submission, Some(taken_by("consultation")))
        .await
        .unwrap();
    assert_eq!(accepted, Accepted::New { id: submission.id });

    let leased = lease_one(&inbox, 1).await;
    assert_eq!(
        leased.lease,
        Lease {
            id: submission.id,
            attempt: 1,
            due_at: at(1),
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

async fn the_oldest_due_are_leased_up_to_the_limit<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    for number in [3, 1, 2] {
        inbox.accept(&answer(number, "x"), None).await.unwrap();
    }
    let first: Vec<_> = inbox.lease(2, at(9)).await.unwrap();
    let order: Vec<_> = first.iter().map(|leased| leased.received_at).collect();
    assert_eq!(order, [at(1), at(2)]);
    assert_eq!(lease_one(&inbox, 9).await.received_at, at(3));
}

async fn a_waiting_submission_is_leased_when_due_and_counts_its_attempts<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    inbox
        .settle(first.lease, retry(60), vec![], at(2))
        .await
        .unwrap();
    assert_eq!(inbox.next_work(1).await.unwrap().due, Some(at(60)));
    assert_eq!(inbox.lease(10, at(59)).await.unwrap(), vec![]);
    let second = lease_one(&inbox, 60).await;
    assert_eq!(second.lease.attempt, 2);
    assert!(!second.uncertain);
    assert_eq!(inbox.next_work(1).await.unwrap().due, None);
}

async fn a_lease_is_settled_once_by_its_holder<B: Backend>() {
    let folder = B::new();
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
        due_at: at(1),
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

async fn submissions_leased_at_a_crash_become_uncertain<B: Backend>() {
    let folder = B::new();
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

async fn a_released_submission_counts_no_attempt<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let leased = lease_one(&inbox, 1).await;
    assert_eq!(inbox.release(vec![leased.lease]).await.unwrap(), 1);
    assert_eq!(inbox.release(vec![leased.lease]).await.unwrap(), 0);
    let again = lease_one(&inbox, 1).await;
    assert_eq!(again, leased);
}

async fn a_cancelled_lease_request_leases_nothing<B: Backend>() {
    let folder = B::new();
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
    // each unused lease is released by a write of its own; this one comes after them
    inbox.release(vec![]).await.unwrap();
    inbox.release(vec![]).await.unwrap();
    assert_eq!(inbox.lease(99, at(99)).await.unwrap().len(), 50);
}

async fn a_requeued_parked_submission_is_uncertain<B: Backend>() {
    let folder = B::new();
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

async fn counts_are_by_state<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    for number in 1..=3 {
        inbox.accept(&answer(number, "x"), None).await.unwrap();
    }
    inbox.quarantine(&answer(4, "x"), AMPLE).await.unwrap();
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

async fn repeats_of_a_parked_submission_are_queued_with_growing_pauses<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let leased = lease_one(&inbox, 1).await;
    let id = leased.lease.id;
    let queued_at = async |now: i64| {
        let taker = taken_by("form");
        inbox.queue_again(id, taker, at(now)).await.unwrap()
    };
    assert!(!queued_at(1).await, "it is in a worker's hands");
    let park = async |lease, now| {
        let settled = inbox.settle(lease, parked(), vec![], at(now));
        settled.await.unwrap();
    };
    park(leased.lease, 1).await;
    for now in 2..7 {
        assert!(queued_at(now).await);
        assert!(!queued_at(now).await, "it is queued already");
        let again = lease_one(&inbox, now).await;
        assert!(again.uncertain, "what was written is looked for first");
        assert_eq!(again.profile.as_deref(), Some("form"));
        park(again.lease, now).await;
    }
    assert!(!queued_at(65).await, "a minute has not passed");
    let events = history(&inbox, id).events.len();
    assert!(!queued_at(65).await);
    assert_eq!(history(&inbox, id).events.len(), events);
    assert!(queued_at(66).await);
    let again = lease_one(&inbox, 66).await;
    let settled = inbox.settle(again.lease, delivered(), vec![], at(66));
    settled.await.unwrap();
    assert!(!queued_at(9_999).await, "it is delivered");
    let unknown = inbox.queue_again(SubmissionId::fresh(), taken_by("form"), at(9));
    assert!(!unknown.await.unwrap());
}

contract! {
    the_history_of_a_submission_shows_each_attempt,
    the_oldest_due_are_leased_up_to_the_limit,
    a_waiting_submission_is_leased_when_due_and_counts_its_attempts,
    a_lease_is_settled_once_by_its_holder,
    submissions_leased_at_a_crash_become_uncertain,
    a_released_submission_counts_no_attempt,
    a_cancelled_lease_request_leases_nothing,
    a_requeued_parked_submission_is_uncertain,
    counts_are_by_state,
    repeats_of_a_parked_submission_are_queued_with_growing_pauses,
}
