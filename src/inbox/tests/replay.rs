//! Replays.

use super::*;
use crate::replay::{Replay, ReplayBy};
use crate::store::testing::plan;

async fn replay(
    inbox: &Inbox,
    id: SubmissionId,
    by: ReplayBy,
    also: &[State],
) -> Result<(), StoreError> {
    Replay::new(by, also)
        .queue(&inbox.store, vec![id], at(9))
        .await
        .unwrap()
        .remove(0)
}

/// Replays a submission and repeats this step.
async fn repeat(inbox: &Inbox, id: SubmissionId, step: &str) -> Result<(), StoreError> {
    Replay::new(ReplayBy::TodaysProfile, &[])
        .step(step)
        .queue(&inbox.store, vec![id], at(9))
        .await
        .unwrap()
        .remove(0)
}

async fn a_delivered_submission_is_replayed_only_if_a_step_is_named<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    inbox
        .settle(first.lease, delivered(), vec![], at(1))
        .await
        .unwrap();
    let refused = replay(&inbox, id, ReplayBy::TodaysProfile, &[]).await;
    assert!(matches!(refused, Err(StoreError::NotQueued { .. })));
    let finished = replay(&inbox, id, ReplayBy::TodaysProfile, &[State::Delivered]).await;
    assert!(matches!(finished, Err(StoreError::AllFinished { .. })));
    repeat(&inbox, id, "crm").await.unwrap();
    let again = lease_one(&inbox, 9).await;
    assert_eq!((again.lease.id, again.lease.attempt), (id, 2));
    assert!(!again.uncertain, "only the step is");
    assert_eq!(again.steps, [crm_step(StepVerdict::Uncertain)]);
    assert_eq!(again.stored_plan, None);
    let entry = history(&inbox, id).entry;
    assert_eq!(entry.contact, ContactId::new(7));
    let leased = repeat(&inbox, id, "crm").await;
    assert!(matches!(
        leased,
        Err(StoreError::NotQueued {
            state: State::Leased,
            ..
        })
    ));
}

async fn a_chosen_plan_applies_until_the_submission_is_settled<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    let id = first.lease.id;
    inbox
        .settle(first.lease, parked(), vec![], at(1))
        .await
        .unwrap();
    let none = replay(&inbox, id, ReplayBy::StoredPlan, &[]).await;
    assert!(matches!(none, Err(StoreError::NoPlan { .. })));
    inbox.requeue(id, at(2)).await.unwrap();
    let planned = vec![Event::planned(plan("old")), Event::planned(plan("last"))];
    let second = lease_one(&inbox, 2).await;
    inbox
        .settle(second.lease, parked(), planned, at(2))
        .await
        .unwrap();

    replay(&inbox, id, ReplayBy::StoredPlan, &[]).await.unwrap();
    let third = lease_one(&inbox, 9).await;
    assert_eq!(third.stored_plan, Some(plan("last")));
    inbox
        .settle(third.lease, retry(20), vec![], at(9))
        .await
        .unwrap();
    let fourth = lease_one(&inbox, 20).await;
    assert_eq!(fourth.stored_plan, Some(plan("last")));
    inbox
        .settle(fourth.lease, parked(), vec![], at(20))
        .await
        .unwrap();
    inbox.requeue(id, at(21)).await.unwrap();
    assert_eq!(lease_one(&inbox, 21).await.stored_plan, None);
}

async fn a_rejected_submission_is_accepted_by_hand<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let submission = answer(1, "x");
    inbox
        .reject(&submission, None, "no phone".into())
        .await
        .unwrap();
    let by = ReplayBy::TodaysProfile;
    let refused = replay(&inbox, submission.id, by, &[]).await;
    assert!(matches!(refused, Err(StoreError::NotQueued { .. })));
    replay(&inbox, submission.id, by, &[State::Rejected])
        .await
        .unwrap();
    assert!(!lease_one(&inbox, 9).await.uncertain);
}

async fn another_process_queues_beside_a_gateway<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    inbox.accept(&answer(1, "x"), None).await.unwrap();
    let first = lease_one(&inbox, 1).await;
    inbox
        .settle(first.lease, parked(), vec![], at(1))
        .await
        .unwrap();
    let beside = folder.store_beside();
    Replay::new(ReplayBy::TodaysProfile, &[])
        .queue(&beside, vec![first.lease.id], at(2))
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    drop(beside);
    inbox.accept(&answer(2, "y"), None).await.unwrap();
    assert_eq!(inbox.lease(9, at(9)).await.unwrap().len(), 2);
}

contract! {
    a_delivered_submission_is_replayed_only_if_a_step_is_named,
    a_chosen_plan_applies_until_the_submission_is_settled,
    a_rejected_submission_is_accepted_by_hand,
    another_process_queues_beside_a_gateway,
}
