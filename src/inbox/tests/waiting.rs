//! Waiting: workers for work, senders for the end.

use super::*;

async fn a_waiter_learns_the_outcome_and_is_forgotten<B: Backend>() {
    let folder = B::new();
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

async fn an_arrival_wakes_an_idle_worker<B: Backend>() {
    let folder = B::new();
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

contract! {
    a_waiter_learns_the_outcome_and_is_forgotten;
    with two threads:
    an_arrival_wakes_an_idle_worker,
}
