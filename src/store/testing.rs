//! Shared by tests of the store: the backends under test, and submissions.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::{Settlement, Store, StoreOptions, Taker};
use crate::domain::{
    Became, ContactId, Destination, EntityKind, PollId, RecordId, Repairs, Route, Source,
    StepOutcome, StepResult, StepVerdict, Submission, SubmissionId,
};

/// A place for one store, empty at first and removed with the value.
pub(crate) trait Backend: Sized + Send + Sync + 'static {
    fn new() -> Self;

    /// Opens the store. After [`Store::close`] it opens the same store again.
    fn store(&self) -> Store;

    /// Opens the store as another process does, for commands beside a running gateway.
    fn store_beside(&self) -> Store;
}

/// The SQLite backend: a folder with a file.
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

impl Backend for Folder {
    fn new() -> Self {
        Self::new()
    }

    fn store(&self) -> Store {
        self.store()
    }

    fn store_beside(&self) -> Store {
        Store::open_beside(&self.path("leadgate.db")).unwrap()
    }
}

/// Runs tests over every backend. A test is `async fn name<B: Backend>()`; another backend is
/// another module here. The compiler reports a test that is missing in the list as unused.
macro_rules! contract {
    (outside a runtime: $($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[test]
                fn $test() {
                    super::$test::<$crate::store::testing::Folder>();
                }
            )+
        }
    };
    ($($test:ident),+ $(,)? $(; with two threads: $($threaded:ident),+ $(,)?)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test::<$crate::store::testing::Folder>().await;
                }
            )+
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $threaded() {
                    super::$threaded::<$crate::store::testing::Folder>().await;
                }
            )+)?
        }
    };
}

pub(crate) use contract;

/// Returns the time this many seconds after the beginning of all tests.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

pub(crate) fn poll(number: i64) -> PollId {
    PollId::new(number).unwrap()
}

/// A profile that takes a submission, without a route.
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
        source: Source::new("polls", "123", number.to_string()),
        received_at: at(number),
        raw: raw.to_owned().into(),
        body: Value::Null,
        repairs: Repairs::default(),
    }
}

/// Delivered, with contact 7 and deal 9.
pub(crate) fn delivered() -> Settlement {
    Settlement::Delivered {
        step: Some(crm_step(StepVerdict::Done)),
    }
}

/// An outcome of the step `crm`: contact 7 and deal 9.
pub(crate) fn crm_step(verdict: StepVerdict) -> StepOutcome {
    let became = Became {
        contact: ContactId::new(7),
        record: RecordId::new(9).map(|id| (EntityKind::Deal, id)),
    };
    StepOutcome {
        position: 0,
        name: "crm".to_owned(),
        destination: Destination::crm("main"),
        verdict,
        result: StepResult::of_crm(became),
        refusal: None,
    }
}
