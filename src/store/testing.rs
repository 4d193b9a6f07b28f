//! Shared by tests of the store: the backends under test, and submissions.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    Accepted, Admission, Arrival, Entry, Filter, Settlement, Store, StoreError, StoreOptions, Taker,
};
use crate::domain::{
    Became, ContactId, Destination, EntityKind, Event, Plan, PollId, ProfileRef, RecordId, Repairs,
    ReplyMode, Route, Source, SourceKinds, StepOutcome, StepResult, StepVerdict, Submission,
    SubmissionId,
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
        company: None,
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

/// A plan without steps.
pub(crate) fn plan(name: &str) -> Plan {
    Plan {
        profile: ProfileRef {
            file: "consultation".to_owned(),
            name: name.to_owned(),
            hash: "abc".to_owned(),
            outdated: false,
        },
        steps: vec![],
        reply: ReplyMode::Accepted,
        notes: vec![],
    }
}

/// Accepts a submission for delivery.
pub(crate) async fn admit(store: &Store, submission: &Submission) -> Result<Accepted, StoreError> {
    let arrival = Arrival::new(submission, None, Admission::Queue);
    store.admit(arrival).await
}

/// Returns the number of submissions.
pub(crate) async fn stored(store: &Store) -> u64 {
    store.counts().await.unwrap().values().sum()
}

/// Delivers everything that is due, with the body as a note.
pub(crate) async fn deliver(store: &Store, now: i64) -> Vec<SubmissionId> {
    let mut ids = Vec::new();
    for leased in store.lease(1_000.into(), at(now)).await.unwrap() {
        let raw = String::from_utf8_lossy(&leased.raw).into_owned();
        ids.push(leased.lease.id);
        store
            .settle(leased.lease, delivered(), vec![Event::note(raw)], at(now))
            .await
            .unwrap();
    }
    ids
}

/// Delivers 200 submissions with these bodies, purges their content, and shrinks the store. Returns
/// the bytes in use after the purge.
pub(crate) async fn purge_200(store: &Store, body: impl Fn(i64) -> String) -> u64 {
    for number in 1..=200 {
        admit(store, &answer(number, &body(number))).await.unwrap();
    }
    deliver(store, 300).await;
    let before = store.used().await.unwrap();
    assert_eq!(store.purge(None, 200).await.unwrap(), 200);
    let after = store.used().await.unwrap();
    assert!(after * 3 < before, "{before} → {after}");
    while store.shrink().await.unwrap() {}
    after
}

/// Indexes the text of everything that is stored.
pub(crate) async fn index_all(store: &Store, now: i64) {
    while store
        .index_some(50, SourceKinds::default(), at(now))
        .await
        .unwrap()
        .is_some()
    {}
}

/// Finds submissions by their text.
pub(crate) fn found(store: &Store, text: &str) -> Vec<Entry> {
    let filter = Filter {
        text: Some(text.to_owned()),
        ..Filter::default()
    };
    let sources = SourceKinds::default();
    store.search(&filter, 9, &sources, &mut |_| ()).unwrap()
}
