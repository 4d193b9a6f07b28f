use std::fs;

use super::*;
use crate::domain::{ManualClock, State, VerdictReason, body};
use crate::inbox::Room;
use crate::intake::polls::PollSource;
use crate::store::testing::{Folder, answer, at};

const PROFILE: &str = "receive: { polls: [123], when: $.data.kind == 'call' }\n\
    fields: { x: $.data.x }\ndeal: { fields: { TITLE: \"{{x}}\" } }\n";

const ROOM: Room = Room {
    most: 9,
    bytes: 1 << 20,
};

#[tokio::test]
async fn a_profile_loaded_meanwhile_accepts_what_was_captured() {
    let folder = Folder::new();
    let inbox = Inbox::new(folder.store());
    let mappings = folder.path("mappings");
    fs::create_dir(&mappings).unwrap();
    let (profiles, _) = ProfileStore::open(&mappings, folder.path("templates"));
    let clock = ManualClock::starting_at(at(9));
    let recheck = Recheck {
        inbox: &inbox,
        profiles: &profiles,
        clock: &clock,
        source: &PollSource,
    };
    let kept = [r#"{"data": {"kind": "call"}}"#, r#"{"data": {}}"#];
    let kept = [answer(1, kept[0]), answer(2, kept[1])];
    for submission in &kept {
        inbox.quarantine(submission, ROOM).await.unwrap();
        recheck.queue_if_accepted(submission).await;
    }
    assert_eq!(inbox.counts().await.unwrap()[&State::Captured], 2);

    fs::write(mappings.join("calls.yaml"), PROFILE).unwrap();
    let report = profiles.reload_if_changed().unwrap();
    assert_eq!(report.loaded, ["calls.yaml"], "{:?}", report.problems);
    for submission in &kept {
        recheck.queue_if_accepted(submission).await;
    }
    let leased = inbox.lease(9, at(9)).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].lease.id, kept[0].id);
}

#[tokio::test]
async fn what_could_not_be_decoded_is_queued_once_it_can_be() {
    let folder = Folder::new();
    let inbox = Inbox::new(folder.store());
    let mappings = folder.path("mappings");
    fs::create_dir(&mappings).unwrap();
    fs::write(mappings.join("calls.yaml"), PROFILE).unwrap();
    let (profiles, _) = ProfileStore::open(&mappings, folder.path("templates"));
    let clock = ManualClock::starting_at(at(9));
    let recheck = Recheck {
        inbox: &inbox,
        profiles: &profiles,
        clock: &clock,
        source: &PollSource,
    };
    // an earlier version could not read it
    let reason = VerdictReason::Undecodable(Box::new(body::Mistake::Unknown));
    let kept = [r#"{"data": {"kind": "call"}}"#, r#"{"data": {"kind": "#];
    let kept = [answer(1, kept[0]), answer(2, kept[1])];
    for submission in &kept {
        let accepted = inbox.quarantine_undecodable(submission, reason.clone(), ROOM);
        accepted.await.unwrap();
        recheck.queue_if_accepted(submission).await;
    }
    assert_eq!(inbox.counts().await.unwrap()[&State::Captured], 1);
    let leased = inbox.lease(9, at(9)).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].lease.id, kept[0].id);
}
