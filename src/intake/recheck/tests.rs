use std::fs;
use std::path::PathBuf;

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

/// A gateway's inbox and profiles.
struct Fixture {
    folder: Folder,
    inbox: Inbox,
    profiles: ProfileStore,
    clock: ManualClock,
}

impl Fixture {
    fn new(profile: Option<&str>) -> Self {
        let folder = Folder::new();
        let mappings = folder.path("mappings");
        fs::create_dir(&mappings).unwrap();
        if let Some(profile) = profile {
            fs::write(mappings.join("calls.yaml"), profile).unwrap();
        }
        Self {
            inbox: Inbox::new(folder.store()),
            profiles: ProfileStore::open(&mappings, folder.path("templates")).0,
            clock: ManualClock::starting_at(at(9)),
            folder,
        }
    }

    fn profile(&self) -> PathBuf {
        self.folder.path("mappings").join("calls.yaml")
    }

    fn recheck(&self) -> Recheck<'_> {
        Recheck {
            inbox: &self.inbox,
            profiles: &self.profiles,
            clock: &self.clock,
            source: &PollSource,
        }
    }
}

#[tokio::test]
async fn a_profile_loaded_meanwhile_accepts_what_was_captured() {
    let fixture = Fixture::new(None);
    let (inbox, recheck) = (&fixture.inbox, fixture.recheck());
    let kept = [r#"{"data": {"kind": "call"}}"#, r#"{"data": {}}"#];
    let kept = [answer(1, kept[0]), answer(2, kept[1])];
    for submission in &kept {
        inbox.quarantine(submission, ROOM).await.unwrap();
        recheck.queue_if_accepted(submission).await;
    }
    assert_eq!(inbox.counts().await.unwrap()[&State::Captured], 2);

    fs::write(fixture.profile(), PROFILE).unwrap();
    let report = fixture.profiles.reload_if_changed().unwrap();
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
    let fixture = Fixture::new(Some(PROFILE));
    let (inbox, recheck) = (&fixture.inbox, fixture.recheck());
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
