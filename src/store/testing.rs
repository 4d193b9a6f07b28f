//! What the tests of the durable half share: a store in a folder that goes away, and things to put in.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::{Store, StoreOptions, Taker};
use crate::domain::{AnswerId, PollId, Repairs, Route, Source, Submission, SubmissionId};

/// A folder for one test's store.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn store(&self) -> Store {
        Store::open(&self.path("leadgate.db"), &StoreOptions::default()).unwrap()
    }
}

/// A moment: so many seconds after the beginning of all tests.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

pub(crate) fn poll(number: i64) -> PollId {
    PollId::new(number).unwrap()
}

/// A profile that takes a submission and says nothing of its route.
pub(crate) fn taken_by(profile: &str) -> Taker {
    Taker {
        profile: profile.to_owned(),
        route: Route::default(),
    }
}

/// An answer to poll 123, received at `at(answer)`.
pub(crate) fn answer(number: i64, raw: &str) -> Submission {
    Submission {
        id: SubmissionId::fresh(),
        source: Source::Poll {
            poll: poll(123),
            answer: AnswerId::new(number).unwrap(),
        },
        received_at: at(number),
        raw: raw.to_owned().into(),
        body: Value::Null,
        repairs: Repairs::default(),
    }
}
