//! Replays of many submissions, for the console and the API.
//!
//! A person chooses submissions; their set is fixed and stored. A dry run looks at each of them, and
//! nothing is queued until a person confirms. Then a task queues them in the order of receipt, a few
//! at a time, so that a stop leaves the rest as it is. All of this survives a restart.

mod choose;
mod error;
mod fate;
mod lists;
mod task;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;

use self::choose::Item;
pub use self::choose::{BulkRequest, Chosen};
pub use self::error::BulkError;
pub use self::fate::{Fate, ParkedBecause};
pub use self::view::{BulkView, FateCount, choice_text};
pub use crate::store::{
    BulkChoice, BulkItems, BulkOrder, BulkOutcome, BulkReplay, BulkState, ReplayBy,
};

use super::{DryRun, Replay, StoreError};
use crate::crm::Connection;
use crate::domain::{Clock, SourceKinds, State, SubmissionId, VerdictReason};
use crate::inbox::Inbox;
use crate::journal::{Found, History, Journal};
use crate::mapping::ProfileSet;
use crate::ops::blocking;
use crate::profiles::ProfileStore;
use crate::store::{NewBulkReplay, Store};

/// The most submissions of one replay.
pub const MOST: usize = 10_000;

/// Submissions that are dismissed in one transaction.
const DISMISSED_AT_ONCE: usize = 500;

/// The parts of the gateway that replays use.
pub struct BulkParts {
    /// The store.
    pub store: Store,
    /// The history.
    pub journal: Journal,
    /// The queue, which is woken.
    pub inbox: Inbox,
    /// The profiles.
    pub profiles: Arc<ProfileStore>,
    /// The sources, which decode bodies.
    pub sources: SourceKinds,
    /// The connections to the CRM, by name.
    pub connections: BTreeMap<String, Arc<Connection>>,
    /// The current time.
    pub clock: Arc<dyn Clock>,
}

/// Replays of many submissions.
pub struct BulkReplays {
    parts: BulkParts,
    /// Wakes the task.
    wanted: Notify,
}

impl BulkReplays {
    /// Prepares replays. Their task must run.
    pub fn new(parts: BulkParts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            wanted: Notify::new(),
        })
    }

    /// Fixes the set of a new replay, begins its dry run, and returns its number.
    pub async fn make(&self, request: BulkRequest) -> Result<i64, BulkError> {
        if request.also.contains(&State::Delivered) && request.step.is_none() {
            return Err(BulkError::NoStep);
        }
        let (found, choice) = self.find(&request.chosen).await?;
        let mut addresses: Vec<(String, String)> = found.iter().map(Item::address).collect();
        addresses.sort();
        addresses.dedup();
        let editions = match request.by {
            ReplayBy::TodaysProfile => editions(&self.parts.profiles.current(), &addresses),
            ReplayBy::StoredPlan => BTreeMap::new(),
        };
        let new = NewBulkReplay {
            at: self.parts.clock.now(),
            who: request.who,
            order: BulkOrder {
                choice,
                by: request.by,
                also: request.also,
                step: request.step,
                is_onwards: request.is_onwards,
                editions,
                addresses,
            },
            places: found.iter().map(|it| it.place).collect(),
        };
        let id = self.parts.store.add_bulk(new).await?;
        self.wanted.notify_one();
        Ok(id)
    }

    /// Finds the chosen submissions, and says how they were chosen.
    async fn find(&self, chosen: &Chosen) -> Result<(Vec<Item>, BulkChoice), BulkError> {
        if let Chosen::Again(id) = chosen {
            let choice = self.get(*id).await?.order.choice;
            let set = self.parts.store.bulk_set(*id).await?;
            let items = set.iter().map(|(place, source)| Item::new(*place, source));
            return Ok((items.collect(), choice));
        }
        let journal = self.parts.journal.clone();
        let wanted = chosen.clone();
        let found = blocking(move || choose::resolve(&journal, &wanted)).await;
        Ok((found.ok_or(StoreError::Closed)??, chosen.words()))
    }

    /// Dismisses the chosen submissions, as far as they are parked or captured: they become ignored
    /// with this note. Returns how many there were.
    pub async fn dismiss(&self, chosen: Chosen, by: &str, note: &str) -> Result<usize, BulkError> {
        let journal = self.parts.journal.clone();
        let ids = blocking(move || chosen.ids(&journal)).await;
        let ids = ids.ok_or(StoreError::Closed)??;
        if ids.is_empty() {
            return Err(BulkError::Nothing);
        }
        let reason = VerdictReason::Dismissed {
            by: by.to_owned(),
            note: note.into(),
        };
        let now = self.parts.clock.now();
        let mut dismissed = 0;
        for some in ids.chunks(DISMISSED_AT_ONCE) {
            let done = self.parts.store.dismiss(some.to_vec(), reason.clone(), now);
            dismissed += done.await?;
        }
        Ok(dismissed)
    }

    /// Returns the replays, the latest first.
    pub async fn list(&self) -> Result<Vec<BulkReplay>, BulkError> {
        Ok(self.parts.store.bulk_replays().await?)
    }

    /// Returns a replay with its numbers.
    pub async fn view(&self, id: i64) -> Result<BulkView, BulkError> {
        let replay = self.get(id).await?;
        let counts = self.parts.store.bulk_counts(id).await?.into_iter();
        let counts = counts.map(|it| FateCount {
            fate: it.fate.as_deref().map(Fate::from_stored),
            outcome: it.outcome,
            is_taken: it.is_taken,
            count: it.count,
        });
        Ok(BulkView {
            replay,
            counts: counts.collect(),
        })
    }

    async fn get(&self, id: i64) -> Result<BulkReplay, BulkError> {
        let replay = self.parts.store.bulk_replay(id).await?;
        replay.ok_or(BulkError::Unknown)
    }

    /// Confirms a replay: its submissions are queued from now on. Of two confirmations one counts.
    pub async fn confirm(&self, id: i64, who: &str) -> Result<(), BulkError> {
        let replay = self.get(id).await?;
        if replay.state != BulkState::Ready {
            return Err(BulkError::NotNow(replay.state));
        }
        let changed = self.changed(&replay.order);
        if !changed.is_empty() {
            return Err(BulkError::Changed(changed));
        }
        self.go(id, (BulkState::Ready, BulkState::Running), Some(who))
            .await
    }

    /// Stops a replay: what was not begun stays as it is.
    pub async fn stop(&self, id: i64) -> Result<(), BulkError> {
        let replay = self.get(id).await?;
        let to = match replay.state {
            BulkState::Running => BulkState::Stopping,
            BulkState::Examining | BulkState::Ready => BulkState::Stopped,
            state => return Err(BulkError::NotNow(state)),
        };
        self.go(id, (replay.state, to), None).await
    }

    async fn go(
        &self,
        id: i64,
        states: (BulkState, BulkState),
        who: Option<&str>,
    ) -> Result<(), BulkError> {
        let (store, now) = (&self.parts.store, self.parts.clock.now());
        let moved = store.move_bulk(id, states, who.map(str::to_owned), now);
        if !moved.await? {
            let now = self.get(id).await?;
            return Err(BulkError::NotNow(now.state));
        }
        self.wanted.notify_one();
        Ok(())
    }

    /// Returns the profiles that have changed since the dry run began, or may take its submissions
    /// only now.
    fn changed(&self, order: &BulkOrder) -> Vec<String> {
        if order.by == ReplayBy::StoredPlan {
            return Vec::new();
        }
        let now = editions(&self.parts.profiles.current(), &order.addresses);
        let files = now.keys().chain(order.editions.keys());
        let differs = |file: &&String| now.get(*file) != order.editions.get(*file);
        let mut changed: Vec<String> = files.filter(differs).cloned().collect();
        changed.sort();
        changed.dedup();
        changed
    }

    /// Returns some submissions of a replay, each with what a replay would do with it now.
    pub async fn examples(
        &self,
        id: i64,
        which: BulkItems,
        limit: usize,
    ) -> Result<Vec<(History, DryRun)>, BulkError> {
        let ids = self.parts.store.bulk_items(id, which, limit).await?;
        self.dry_runs(id, ids).await
    }

    /// Returns what a replay would do with one submission now.
    pub async fn planned(
        &self,
        id: i64,
        submission: SubmissionId,
    ) -> Result<Option<(History, DryRun)>, BulkError> {
        Ok(self.dry_runs(id, vec![submission]).await?.pop())
    }

    async fn dry_runs(
        &self,
        id: i64,
        ids: Vec<SubmissionId>,
    ) -> Result<Vec<(History, DryRun)>, BulkError> {
        let replay = self.get(id).await?;
        let journal = self.parts.journal.clone();
        let profiles = self.parts.profiles.current();
        let sources = self.parts.sources.clone();
        let run = move || {
            let order = order_of(&replay.order);
            let one = |id: &SubmissionId| {
                let Found::One(history) = journal.show(&id.to_string())? else {
                    return Ok(None);
                };
                let dry_run = order.dry_run(&history, &profiles, &sources);
                Ok(Some((*history, dry_run)))
            };
            let all: Result<Vec<_>, StoreError> = ids.iter().map(one).collect();
            all
        };
        let found = blocking(run).await.ok_or(StoreError::Closed)??;
        Ok(found.into_iter().flatten().collect())
    }
}

/// Returns what a stored order asks for.
fn order_of(order: &BulkOrder) -> Replay {
    let also: Vec<State> = order.also.clone();
    let replay = Replay::new(order.by, &also);
    match (&order.step, order.is_onwards) {
        (None, _) => replay,
        (Some(step), false) => replay.step(step),
        (Some(step), true) => replay.from_step(step),
    }
}

/// Returns the profiles that may take submissions of these addresses, with their editions.
fn editions(profiles: &ProfileSet, addresses: &[(String, String)]) -> BTreeMap<String, String> {
    let candidates = addresses
        .iter()
        .flat_map(|(source, address)| profiles.candidates(source, address));
    candidates
        .map(|profile| {
            let reference = profile.reference();
            (reference.file.clone(), reference.hash.clone())
        })
        .collect()
}
