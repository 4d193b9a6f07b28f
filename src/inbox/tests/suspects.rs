//! A submission that may have crashed the program is tried alone, and parked if it crashes it again
//! and again.

use super::*;

/// The number of crashes after which a submission is parked.
const LIMIT: u32 = 3;

/// Crashes the program while it computes for these, and starts it again.
async fn crash(inbox: &Inbox, at_work: &[SubmissionId]) -> bool {
    inbox.recover(at(9)).await.unwrap();
    if at_work.is_empty() {
        return false;
    }
    inbox.blame(at_work.to_vec(), LIMIT, at(9)).await.unwrap()
}

async fn three(inbox: &Inbox) -> [SubmissionId; 3] {
    let mut ids = Vec::new();
    for number in 1..=3 {
        let accepted = inbox.accept(&answer(number, "x"), None).await.unwrap();
        ids.push(accepted.id());
    }
    ids.try_into().unwrap()
}

async fn state(inbox: &Inbox, id: SubmissionId) -> State {
    inbox.store.state_of(id).await.unwrap().unwrap()
}

async fn only_the_submission_that_crashes_the_program_is_parked<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let [one, guilty, three] = three(&inbox).await;
    // all three were delivered together when the program crashed
    assert_eq!(inbox.lease(9, at(9)).await.unwrap().len(), 3);
    assert!(!crash(&inbox, &[one, guilty, three]).await);
    let leased = inbox.lease(9, at(9)).await.unwrap();
    assert!(leased.iter().all(|leased| leased.suspect));
    // alone it ends the program once more; another one was in hand, and nothing was computed for it
    assert!(!crash(&inbox, &[guilty]).await);
    for leased in inbox.lease(9, at(9)).await.unwrap() {
        if leased.lease.id != guilty {
            inbox
                .settle(leased.lease, delivered(), vec![], at(9))
                .await
                .unwrap();
        }
    }
    assert!(crash(&inbox, &[guilty]).await);
    assert_eq!(state(&inbox, one).await, State::Delivered);
    assert_eq!(state(&inbox, three).await, State::Delivered);
    assert_eq!(state(&inbox, guilty).await, State::Parked);
    let history = history(&inbox, guilty);
    assert_eq!(history.entry.reason, Some(ParkReason::CrashSuspect));
    assert_eq!(kinds(&history.events), ["verdict"]);
    assert_eq!(inbox.lease(9, at(9)).await.unwrap(), vec![]);

    // queued by hand, it is treated like any other
    inbox.requeue(guilty, at(9)).await.unwrap();
    let again = inbox.lease(9, at(9)).await.unwrap();
    assert!(
        again
            .iter()
            .all(|leased| !leased.suspect && leased.uncertain)
    );
    assert!(!crash(&inbox, &[guilty]).await);
}

async fn kills_of_an_idle_program_park_nothing<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let ids = three(&inbox).await;
    for _ in 0..5 {
        let leased = inbox.lease(9, at(9)).await.unwrap();
        assert_eq!(leased.len(), 3);
        assert!(leased.iter().all(|leased| !leased.suspect));
        assert!(!crash(&inbox, &[]).await);
    }
    // not even if it always hits all of them together
    for _ in 0..5 {
        assert!(!crash(&inbox, &ids).await);
    }
    assert_eq!(inbox.lease(9, at(9)).await.unwrap().len(), 3);
}

async fn suspects_are_leased_after_the_others<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let [one, two, three] = three(&inbox).await;
    assert!(!crash(&inbox, &[one, two]).await);
    assert_eq!(inbox.put_off_suspects(at(20)).await.unwrap(), 2);
    let first = inbox.lease(9, at(19)).await.unwrap();
    let ids: Vec<SubmissionId> = first.iter().map(|leased| leased.lease.id).collect();
    assert_eq!(ids, [three]);
    assert_eq!(inbox.lease(9, at(20)).await.unwrap().len(), 2);
}

async fn any_outcome_clears_a_suspect<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let [one, ..] = three(&inbox).await;
    for _ in 0..3 {
        crash(&inbox, &[one]).await;
        crash(&inbox, &[one]).await;
        for leased in inbox.lease(9, at(9)).await.unwrap() {
            inbox
                .settle(leased.lease, retry(9), vec![], at(9))
                .await
                .unwrap();
        }
    }
    assert_eq!(state(&inbox, one).await, State::Waiting);
    assert!(!inbox.lease(1, at(9)).await.unwrap()[0].suspect);
    // a settled submission is not suspected any more
    crash(&inbox, &[]).await;
    for leased in inbox.lease(9, at(9)).await.unwrap() {
        inbox
            .settle(leased.lease, delivered(), vec![], at(9))
            .await
            .unwrap();
    }
    for _ in 0..4 {
        assert!(!crash(&inbox, &[one]).await);
    }
    assert_eq!(state(&inbox, one).await, State::Delivered);
}

async fn a_captured_suspect_is_parked_too<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let id = inbox.quarantine(&answer(1, "x"), AMPLE).await.unwrap().id();
    for _ in 0..2 {
        assert!(!crash(&inbox, &[id]).await);
    }
    assert!(crash(&inbox, &[id]).await);
    assert_eq!(state(&inbox, id).await, State::Parked);
}

async fn large_bodies_are_leased_a_few_at_a_time<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let large = "x".repeat(7 << 20);
    for number in 1..=5 {
        inbox.accept(&answer(number, &large), None).await.unwrap();
    }
    for count in [2, 2, 1, 0] {
        assert_eq!(inbox.lease(9, at(9)).await.unwrap().len(), count);
    }
    let huge = "x".repeat(20 << 20);
    inbox.accept(&answer(6, &huge), None).await.unwrap();
    assert_eq!(inbox.lease(9, at(9)).await.unwrap().len(), 1);
}

contract! {
    only_the_submission_that_crashes_the_program_is_parked,
    kills_of_an_idle_program_park_nothing,
    suspects_are_leased_after_the_others,
    any_outcome_clears_a_suspect,
    a_captured_suspect_is_parked_too,
    large_bodies_are_leased_a_few_at_a_time,
}
