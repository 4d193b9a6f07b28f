//! Work is leased route by route.

use super::*;
use crate::domain::Route;
use crate::replay::{Replay, ReplayBy};

fn route(connection: &str) -> Route {
    Route::new("today", Some(&crate::domain::Destination::crm(connection)))
}

/// Accepts an answer for this connection.
async fn accept(inbox: &Inbox, number: i64, connection: &str) -> SubmissionId {
    let submission = answer(number, "x");
    let taker = Taker {
        profile: "form".to_owned(),
        route: route(connection),
    };
    inbox.accept(&submission, Some(taker)).await.unwrap();
    submission.id
}

fn shares(named: &[(&str, usize)]) -> Shares {
    let named = named.iter().map(|(name, share)| (route(name), *share));
    Shares {
        named: named.collect(),
        others: 0,
    }
}

/// Returns the numbers of the answers in the order in which they are leased.
async fn handed_out(inbox: &Inbox, shares: Shares, now: i64) -> Vec<i64> {
    let leased = inbox.lease(shares, at(now)).await.unwrap();
    let number = |leased: &Leased| leased.source.key().parse().unwrap();
    leased.iter().map(number).collect()
}

async fn each_route_has_its_share_and_the_oldest_come_first<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    for (number, connection) in [(5, "b"), (1, "a"), (2, "a"), (3, "b"), (4, "a")] {
        accept(&inbox, number, connection).await;
    }
    assert_eq!(
        handed_out(&inbox, shares(&[("a", 2), ("b", 1)]), 9).await,
        [1, 2, 3]
    );
    // a paused one keeps nobody waiting, and is not waited for
    assert_eq!(
        handed_out(&inbox, shares(&[("a", 0), ("b", 9)]), 9).await,
        [5]
    );
    let before = inbox
        .next_work(shares(&[("a", 0), ("b", 9)]))
        .await
        .unwrap();
    assert_eq!(before, NextWork::default());
    let before = inbox
        .next_work(shares(&[("a", 1), ("b", 0)]))
        .await
        .unwrap();
    assert_eq!(before.due, Some(at(4)));
}

async fn without_routes_the_oldest_submissions_are_leased<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    for (number, connection) in [(4, "b"), (1, "c"), (2, "a"), (3, "b")] {
        accept(&inbox, number, connection).await;
    }
    assert_eq!(handed_out(&inbox, 3.into(), 9).await, [1, 2, 3]);
    let before = inbox.next_work(1).await.unwrap();
    assert_eq!((before.due, before.unserved), (Some(at(4)), false));
}

async fn submissions_on_unserved_routes_are_leased_after_rerouting<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let today = shares(&[("a", 9), ("b", 0)]);
    let old = accept(&inbox, 1, "gone").await;
    inbox.accept(&answer(2, "y"), None).await.unwrap();
    assert_eq!(
        handed_out(&inbox, today.clone(), 9).await,
        Vec::<i64>::new()
    );
    assert!(inbox.next_work(today.clone()).await.unwrap().unserved);

    let unserved = inbox.unserved(today.clone(), 9).await.unwrap();
    let found: Vec<_> = unserved.iter().map(|one| one.route.clone()).collect();
    assert_eq!(found, [Route::default(), route("gone")]);
    let printed = format!("{:?}", unserved[0]);
    let shows_body = printed.contains("[121]") || printed.contains("\"y\"");
    assert!(printed.contains("1 bytes") && !shows_body, "{printed}");
    assert_eq!(inbox.unserved(today.clone(), 1).await.unwrap().len(), 1);
    let rerouted: Vec<Rerouted> = unserved
        .into_iter()
        .map(|one| Rerouted {
            to: route(if one.id == old { "a" } else { "b" }),
            id: one.id,
            from: one.route,
        })
        .collect();
    inbox.reroute(rerouted.clone()).await.unwrap();
    assert!(!inbox.next_work(today.clone()).await.unwrap().unserved);
    assert_eq!(handed_out(&inbox, today.clone(), 9).await, [1]);
    // a rerouted submission is not moved again by outdated information
    inbox
        .reroute(vec![Rerouted {
            to: route("a"),
            ..rerouted[0].clone()
        }])
        .await
        .unwrap();
    assert_eq!(handed_out(&inbox, today, 9).await, Vec::<i64>::new());
    assert_eq!(handed_out(&inbox, shares(&[("b", 9)]), 9).await, [2]);
}

async fn a_submission_queued_by_hand_loses_its_route_and_a_waiting_one_keeps_it<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let today = shares(&[("a", 9)]);
    for number in 1..=3 {
        accept(&inbox, number, "a").await;
    }
    let leased = inbox.lease(today.clone(), at(9)).await.unwrap();
    for (leased, settlement) in leased.iter().zip([retry(10), parked(), parked()]) {
        let settled = inbox.settle(leased.lease, settlement, vec![], at(9));
        settled.await.unwrap();
    }
    inbox.requeue(leased[1].lease.id, at(9)).await.unwrap();
    Replay::new(ReplayBy::TodaysProfile, &[])
        .queue(&inbox.store, vec![leased[2].lease.id], at(9))
        .await
        .unwrap()
        .remove(0)
        .unwrap();
    assert_eq!(inbox.unserved(today.clone(), 9).await.unwrap().len(), 2);
    assert_eq!(handed_out(&inbox, today, 10).await, [1]);
}

async fn a_released_submission_keeps_its_place<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    for number in 1..=3 {
        accept(&inbox, number, "a").await;
    }
    let leased = inbox.lease(2, at(9)).await.unwrap();
    let held = leased.iter().map(|leased| leased.lease).collect();
    assert_eq!(inbox.release(held).await.unwrap(), 2);
    assert_eq!(handed_out(&inbox, shares(&[("a", 9)]), 9).await, [1, 2, 3]);
}

contract! {
    each_route_has_its_share_and_the_oldest_come_first,
    without_routes_the_oldest_submissions_are_leased,
    submissions_on_unserved_routes_are_leased_after_rerouting,
    a_submission_queued_by_hand_loses_its_route_and_a_waiting_one_keeps_it,
    a_released_submission_keeps_its_place,
}
