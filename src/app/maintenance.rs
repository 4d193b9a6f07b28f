//! Maintains the journal: fills the search index and purges old content, in small steps with pauses
//! between them, so that intake and delivery are not slowed down.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::config::JournalSettings;
use crate::domain::Clock;
use crate::journal::{Journal, StoreError};

/// Submissions that one transaction indexes.
const INDEXED: usize = 50;

/// Submissions that one transaction purges.
const PURGED: usize = 20;

/// Refused requests that one transaction removes.
const EXPIRED: usize = 500;

/// Maintenance takes a quarter of one core at most.
const SHARE: u32 = 4;

/// The share under load. The index can wait: searches also read what is not indexed yet.
const SHARE_UNDER_LOAD: u32 = 40;

/// How often an up-to-date index is checked.
const INDEX_EVERY: Duration = Duration::from_secs(2);

/// How often old content is purged.
const PURGE_EVERY: Duration = Duration::from_secs(60);

/// A clock that runs ahead by more than this is wrong, or was.
const JUMP: SignedDuration = SignedDuration::from_hours(1);

/// Nothing is purged for this long after a jump, so that the clock can be corrected.
const PAUSE_AFTER_JUMP: Duration = Duration::from_secs(60 * 60);

/// The pause after a failed write.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(10);

/// The maintenance of one journal.
pub(super) struct Maintenance {
    pub(super) journal: Journal,
    pub(super) settings: JournalSettings,
    /// How long the submissions of each source wait in quarantine for a profile.
    pub(super) quarantine: Vec<(&'static str, Duration)>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) draining: CancellationToken,
}

impl Maintenance {
    /// Runs until draining.
    pub(super) async fn run(self) {
        let draining = self.draining.clone();
        draining.run_until_cancelled(self.maintain()).await;
    }

    async fn maintain(self) {
        let mut schedule = PurgeSchedule::default();
        loop {
            let mut done = self.index().await;
            if done.is_ok() && schedule.is_due(Instant::now(), self.clock.now()) {
                done = self.purge().await;
            }
            let rest = match done {
                Ok(()) => INDEX_EVERY,
                // the gateway shuts down, or the writer has ended: the supervisor is to name that one
                Err(StoreError::Closed) => std::future::pending().await,
                Err(error) => {
                    tracing::warn!(error = %error, "the journal's maintenance failed; trying again in 10 s");
                    PAUSE_AFTER_ERROR
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
            let share = if self.journal.is_busy() {
                SHARE_UNDER_LOAD
            } else {
                SHARE
            };
            pause_after(began, share).await;
        }
    }

    async fn purge(&self) -> Result<(), StoreError> {
        let mut purged = 0;
        for (source, age) in &self.quarantine {
            let Some(before) = self.ago(*age) else {
                continue;
            };
            let ignored = self
                .journal
                .expire_captured(source, before, self.clock.now())
                .await?;
            if ignored > 0 {
                tracing::warn!(
                    ignored,
                    "{ignored} requests in quarantine found no profile in time and are ignored now"
                );
            }
        }
        if let Some(before) = self.settings.refused_keep.and_then(|age| self.ago(age)) {
            while self.journal.expire_refused(before, EXPIRED).await? == EXPIRED {}
        }
        if let Some(before) = self.settings.keep_for.and_then(|age| self.ago(age)) {
            purged += self.purge_while(Some(before), None).await?;
        }
        if let Some(most) = self.settings.keep_at_most
            && self.journal.used().await? > most
        {
            // 5 % less, so that not every submission starts a purge
            purged += self.purge_while(None, Some(most - most / 20)).await?;
            if self.journal.used().await? > most {
                tracing::warn!(
                    "the journal is larger than journal.keep_at_most, and no settled submission is left \
                     to purge"
                );
            }
        }
        if purged > 0 {
            tracing::info!(purged, "the content of {purged} old submissions was purged");
            loop {
                let began = Instant::now();
                if !self.journal.shrink().await? {
                    break;
                }
                pause_after(began, SHARE).await;
            }
        }
        Ok(())
    }

    /// Purges the submissions settled before that time, or the oldest until no more than that many
    /// bytes are in use.
    async fn purge_while(
        &self,
        before: Option<Timestamp>,
        until: Option<u64>,
    ) -> Result<usize, StoreError> {
        let mut purged = 0;
        loop {
            if let Some(until) = until
                && self.journal.used().await? <= until
            {
                return Ok(purged);
            }
            let began = Instant::now();
            let done = self.journal.purge(before, PURGED).await?;
            purged += done;
            if done == 0 {
                return Ok(purged);
            }
            pause_after(began, SHARE).await;
        }
    }

    fn ago(&self, age: Duration) -> Option<Timestamp> {
        let age = SignedDuration::try_from(age).ok()?;
        self.clock.now().checked_sub(age).ok()
    }
}

/// Decides when to purge: once a minute, but not by a clock that has just jumped ahead, because a
/// purge cannot be undone.
#[derive(Default)]
struct PurgeSchedule {
    next: Option<Instant>,
    seen: Option<(Instant, Timestamp)>,
}

impl PurgeSchedule {
    fn is_due(&mut self, now: Instant, clock: Timestamp) -> bool {
        if let Some((then, read)) = self.seen.replace((now, clock)) {
            let passed = SignedDuration::try_from(now.saturating_duration_since(then));
            let ahead = clock.duration_since(read) - passed.unwrap_or(SignedDuration::ZERO);
            if ahead > JUMP {
                tracing::warn!("the clock has jumped ahead; nothing is purged for an hour");
                self.next = Some(now + PAUSE_AFTER_JUMP);
            }
        }
        let is_due = self.next.is_none_or(|next| now >= next);
        if is_due {
            self.next = Some(now + PURGE_EVERY);
        }
        is_due
    }
}

/// Pauses, so that maintenance takes only this share of one core and others reach the disk.
async fn pause_after(began: Instant, share: u32) {
    tokio::time::sleep(began.elapsed().saturating_mul(share - 1)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumped_ahead_purges_nothing() {
        let (start, clock) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut schedule = PurgeSchedule::default();
        let mut at = |seconds: u64, wrong: i64| {
            let right = i64::try_from(seconds).unwrap();
            let clock = clock + SignedDuration::from_secs(right + wrong);
            schedule.is_due(start + Duration::from_secs(seconds), clock)
        };
        let year = 365 * 24 * 60 * 60;
        assert!(at(0, 0));
        assert!(!at(2, 0), "once a minute");
        assert!(at(60, 0));
        assert!(!at(120, 3 * year));
        assert!(!at(180, 3 * year));
        assert!(!at(240, 0), "corrected");
        assert!(!at(3600, 0));
        assert!(at(3720, 0));
        assert!(at(3780, -year), "a clock that is behind purges less");
        assert!(!at(3840, 0));
    }
}
