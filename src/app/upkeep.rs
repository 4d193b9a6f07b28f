//! What the gateway does for its journal beside the work: fills the index of texts, and lets old history
//! go. In small steps with rests between them, so that intake and delivery do not notice.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::config::JournalSettings;
use crate::domain::Clock;
use crate::journal::{Journal, StoreError};

/// Submissions in one transaction of the index.
const INDEXED: usize = 50;

/// Submissions in one transaction that lets them go.
const RETIRED: usize = 20;

/// Upkeep takes a quarter of one core at most.
const SHARE: u32 = 4;

/// The index can wait while many come in: who searches reads what it lacks.
const FLOODED: u32 = 40;

/// How often the index is looked at when it is up to date.
const INDEX_EVERY: Duration = Duration::from_secs(2);

/// How often history is looked at for what may go.
const RETIRE_EVERY: Duration = Duration::from_secs(60);

/// After trouble with the disk.
const REST: Duration = Duration::from_secs(10);

/// The upkeep of one journal.
pub(super) struct Upkeep {
    pub(super) journal: Journal,
    pub(super) settings: JournalSettings,
    /// So long a request waits for a profile that takes its channel.
    pub(super) quarantine: Option<Duration>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) draining: CancellationToken,
}

impl Upkeep {
    /// Goes on until draining.
    pub(super) async fn run(self) {
        let draining = self.draining.clone();
        draining.run_until_cancelled(self.go_on()).await;
    }

    async fn go_on(self) {
        let mut retired: Option<Instant> = None;
        loop {
            let due = retired.is_none_or(|at| at.elapsed() >= RETIRE_EVERY);
            let mut done = self.index().await;
            if due && done.is_ok() {
                retired = Some(Instant::now());
                done = self.retire().await;
            }
            let rest = match done {
                Ok(()) => INDEX_EVERY,
                // the gateway shuts down
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::warn!(error = %error, "the journal's upkeep rests for a while");
                    REST
                }
            };
            tokio::time::sleep(rest).await;
        }
    }

    async fn index(&self) -> Result<(), StoreError> {
        loop {
            let began = Instant::now();
            let now = self.clock.now();
            if self.journal.index(INDEXED, now).await?.is_none() {
                return Ok(());
            }
            let share = if self.journal.is_crowded() {
                FLOODED
            } else {
                SHARE
            };
            rest_after(began, share).await;
        }
    }

    async fn retire(&self) -> Result<(), StoreError> {
        let mut gone = 0;
        if let Some(before) = self.quarantine.and_then(|age| self.ago(age)) {
            let ignored = self
                .journal
                .let_captured_go(before, self.clock.now())
                .await?;
            if ignored > 0 {
                tracing::warn!(
                    ignored,
                    "{ignored} requests waited too long for a profile and are ignored"
                );
            }
        }
        if let Some(before) = self.settings.keep_for.and_then(|age| self.ago(age)) {
            gone += self.retire_while(Some(before), None).await?;
        }
        if let Some(most) = self.settings.keep_at_most
            && self.journal.used().await? > most
        {
            // some room, or this would begin anew with every submission
            gone += self.retire_while(None, Some(most - most / 20)).await?;
            if self.journal.used().await? > most {
                tracing::warn!(
                    "the journal takes more than journal.keep_at_most, and nothing that is settled is \
                     left to let go"
                );
            }
        }
        if gone > 0 {
            tracing::info!(gone, "the content of {gone} old submissions was let go");
            loop {
                let began = Instant::now();
                if !self.journal.shrink().await? {
                    break;
                }
                rest_after(began, SHARE).await;
            }
        }
        Ok(())
    }

    /// Lets go what was settled before that time, or until so many bytes are in use.
    async fn retire_while(
        &self,
        before: Option<Timestamp>,
        until: Option<u64>,
    ) -> Result<usize, StoreError> {
        let mut gone = 0;
        loop {
            if let Some(until) = until
                && self.journal.used().await? <= until
            {
                return Ok(gone);
            }
            let began = Instant::now();
            let done = self.journal.retire(before, RETIRED).await?;
            gone += done;
            if done == 0 {
                return Ok(gone);
            }
            rest_after(began, SHARE).await;
        }
    }

    fn ago(&self, age: Duration) -> Option<Timestamp> {
        let age = SignedDuration::try_from(age).ok()?;
        self.clock.now().checked_sub(age).ok()
    }
}

/// Upkeep lets others at the disk between two steps, and takes only that share of one core.
async fn rest_after(began: Instant, share: u32) {
    tokio::time::sleep(began.elapsed().saturating_mul(share - 1)).await;
}
