//! Several submissions of one request, and items of which only the newest change is delivered.

use serde_json::Value;

use super::*;
use crate::domain::{Repairs, Source, Succession};

fn change(item: &str, time: u64, rest: &str) -> Submission {
    let place = Succession::new(&format!("9/leads/{item}"), time);
    Submission {
        id: SubmissionId::fresh(),
        source: Source::new("amocrm", "main", place.key(rest)).in_succession(&place),
        received_at: at(1),
        raw: format!("{{\"t\": {time}}}").into(),
        body: Value::Null,
        repairs: Repairs::default(),
    }
}

fn accepted(changes: &[Submission], profile: &str) -> Vec<(Submission, Reception)> {
    let one = |change: &Submission| (change.clone(), Reception::Accept(taken_by(profile)));
    changes.iter().map(one).collect()
}

fn state(inbox: &Inbox, submission: &Submission) -> State {
    history(inbox, submission.id).entry.state
}

async fn many_submissions_are_stored_in_their_order_and_counted<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let many: Vec<Submission> = (0..1000)
        .map(|item| change(&item.to_string(), 5, "add/x"))
        .collect();
    let received = accepted(&many, "leads");
    let stored = inbox.receive_all(&received).await.unwrap();
    let is_new = |one: &Option<Accepted>| matches!(one, Some(Accepted::New { .. }));
    assert!(stored.len() == 1000 && stored.iter().all(is_new));
    let again = inbox.receive_all(&received).await.unwrap();
    assert!(!again.iter().any(is_new));
    let leased = inbox.lease(1000, at(2)).await.unwrap();
    let order: Vec<SubmissionId> = leased.iter().map(|leased| leased.lease.id).collect();
    let sent: Vec<SubmissionId> = many.iter().map(|submission| submission.id).collect();
    assert_eq!(order, sent);
}

async fn each_submission_of_a_request_has_its_own_end<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let [one, two, three, four, five] =
        ["1", "2", "3", "4", "5"].map(|item| change(item, 5, "add/x"));
    let room = Room {
        most: 1,
        bytes: 1_000,
    };
    let reason = || VerdictReason::OwnChange;
    let taker = taken_by("leads");
    let received = [
        (one.clone(), Reception::Quarantine(room)),
        (two, Reception::Quarantine(room)),
        (three.clone(), Reception::Ignore { reason: reason() }),
        (
            four.clone(),
            Reception::Reject {
                taker: taker.clone(),
                reason: reason(),
            },
        ),
        (five.clone(), Reception::Accept(taker)),
        // there is still no room, and the first is still known
        (one.clone(), Reception::Quarantine(room)),
    ];
    let stored = inbox.receive_all(&received).await.unwrap();
    let is_stored: Vec<bool> = stored.iter().map(Option::is_some).collect();
    assert_eq!(is_stored, [true, false, true, true, true, true]);
    for (submission, wanted) in [
        (&one, State::Captured),
        (&three, State::Ignored),
        (&four, State::Rejected),
        (&five, State::Queued),
    ] {
        assert_eq!(state(&inbox, submission), wanted);
    }
    let entry = history(&inbox, three.id).entry;
    assert_eq!(entry.note, Some(VerdictReason::OwnChange));
}

async fn a_newer_change_replaces_the_waiting_ones_of_its_item<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let old = [
        change("7", 1, "add/x"),
        change("7", 2, "update/x"),
        change("7", 2, "update/y"),
    ];
    let others = [change("70", 1, "add/x"), change("6", 1, "add/x")];
    inbox.receive_all(&accepted(&old, "leads")).await.unwrap();
    inbox
        .receive_all(&accepted(&others, "leads"))
        .await
        .unwrap();
    let of_another = change("7", 1, "add/z");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&of_another), "other"))
        .await
        .unwrap();
    let newer = change("7", 3, "update/x");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&newer), "leads"))
        .await
        .unwrap();
    for old in &old {
        assert_eq!(state(&inbox, old), State::Ignored);
        let history = history(&inbox, old.id);
        assert_eq!(history.entry.note, Some(VerdictReason::Overtaken));
        assert_eq!(kinds(&history.events), ["verdict"]);
    }
    for waits in others.iter().chain([&newer, &of_another]) {
        assert_eq!(state(&inbox, waits), State::Queued);
    }
}

async fn an_older_change_that_comes_late_is_ignored<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let newer = change("7", 3, "update/x");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&newer), "leads"))
        .await
        .unwrap();
    let leased = lease_one(&inbox, 2).await;
    inbox
        .settle(leased.lease, delivered(), vec![], at(3))
        .await
        .unwrap();
    let late = change("7", 2, "update/x");
    for _ in 0..2 {
        inbox
            .receive_all(&accepted(std::slice::from_ref(&late), "leads"))
            .await
            .unwrap();
        assert_eq!(state(&inbox, &late), State::Ignored);
    }
    let of_another = change("7", 1, "update/x");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&of_another), "other"))
        .await
        .unwrap();
    assert_eq!(state(&inbox, &of_another), State::Queued);
    let same_second = change("7", 3, "update/y");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&same_second), "leads"))
        .await
        .unwrap();
    assert_eq!(state(&inbox, &same_second), State::Queued);
}

async fn a_change_is_not_tried_again_once_a_newer_one_has_come<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let old = change("7", 1, "add/x");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&old), "leads"))
        .await
        .unwrap();
    let leased = lease_one(&inbox, 2).await;
    let newer = change("7", 2, "update/x");
    inbox
        .receive_all(&accepted(std::slice::from_ref(&newer), "leads"))
        .await
        .unwrap();
    assert_eq!(state(&inbox, &old), State::Leased, "it is being delivered");
    inbox
        .settle(leased.lease, retry(60), vec![], at(3))
        .await
        .unwrap();
    assert_eq!(state(&inbox, &old), State::Ignored);
    // without a newer one it waits as usual
    let leased = lease_one(&inbox, 4).await;
    inbox
        .settle(leased.lease, retry(60), vec![], at(5))
        .await
        .unwrap();
    assert_eq!(state(&inbox, &newer), State::Waiting);
}

fn plain(item: &str, time: u64, rest: &str) -> Submission {
    let mut change = change(item, time, rest);
    let key = change.source.key().to_owned();
    change.source = Source::new("amocrm", "main", key);
    change
}

async fn changes_of_an_item_go_in_their_order<B: Backend>() {
    let folder = B::new();
    let inbox = new_inbox(&folder);
    let [first, second, third] = [5, 4, 6].map(|time| plain("7", time, "update/x"));
    let other = plain("70", 5, "add/x");
    let received = [first.clone(), second.clone(), other.clone(), third.clone()];
    for changes in received.chunks(3) {
        inbox
            .receive_all(&accepted(changes, "leads"))
            .await
            .unwrap();
    }
    let leased = inbox.lease(9, at(2)).await.unwrap();
    let ids: Vec<SubmissionId> = leased.iter().map(|it| it.lease.id).collect();
    assert_eq!(ids, [first.id, other.id]);
    // the first fails and waits: the second waits for it
    inbox
        .settle(leased[0].lease, retry(60), vec![], at(3))
        .await
        .unwrap();
    assert!(inbox.lease(9, at(30)).await.unwrap().is_empty());
    assert_eq!(state(&inbox, &second), State::Queued);
    let again = lease_one(&inbox, 60).await;
    assert_eq!(again.lease.id, first.id);
    assert!(inbox.lease(9, at(61)).await.unwrap().is_empty());
    // each end makes the next one due
    let mut lease = again.lease;
    for next in [&second, &third] {
        inbox
            .settle(lease, delivered(), vec![], at(62))
            .await
            .unwrap();
        let leased = inbox.lease(9, at(62)).await.unwrap();
        let ids: Vec<SubmissionId> = leased.iter().map(|it| it.lease.id).collect();
        assert_eq!(ids, [next.id]);
        lease = leased[0].lease;
    }
}

contract! {
    changes_of_an_item_go_in_their_order,
    many_submissions_are_stored_in_their_order_and_counted,
    each_submission_of_a_request_has_its_own_end,
    a_newer_change_replaces_the_waiting_ones_of_its_item,
    an_older_change_that_comes_late_is_ignored,
    a_change_is_not_tried_again_once_a_newer_one_has_come,
}
