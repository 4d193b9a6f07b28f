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

/// Refused requests that are removed in one transaction.
const EXPIRED: usize = 500;

/// Maintenance takes a quarter of one core at most.
const SHARE: u32 = 4;

/// The index can wait while many come in: who searches reads what it lacks.
const FLOODED: u32 = 40;

/// How often the index is looked at when it is up to date.
const INDEX_EVERY: Duration = Duration::from_secs(2);

/// How often history is looked at for what may go.
const RETIRE_EVERY: Duration = Duration::from_secs(60);

/// A clock that has gone so much further than time has is wrong, or was.
const JUMP: SignedDuration = SignedDuration::from_hours(1);

/// So long nothing is let go after that: whoever sets clocks right has done it by then.
const DOUBT: Duration = Duration::from_secs(60 * 60);

/// After trouble with the disk.
const REST: Duration = Duration::from_secs(10);

/// The upkeep of one journal.
pub(super) struct Maintenance {
    pub(super) journal: Journal,
    pub(super) settings: JournalSettings,
    /// So long a request waits for a profile that takes its channel.
    pub(super) quarantine: Option<Duration>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) draining: CancellationToken,
}

impl Maintenance {
    /// Goes on until draining.
    pub(super) async fn run(self) {
        let draining = self.draining.clone();
        draining.run_until_cancelled(self.go_on()).await;
    }

    async fn go_on(self) {
        let mut turns = Turns::default();
        loop {
            let mut done = self.index().await;
            if done.is_ok() && turns.come(Instant::now(), self.clock.now()) {
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
        if let Some(before) = self.settings.refused_keep.and_then(|age| self.ago(age)) {
            while self.journal.expire_refused(before, EXPIRED).await? == EXPIRED {}
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

/// When history may be let go: once a minute, but not by a clock that has just jumped ahead. What is gone by
/// mistake does not come back.
#[derive(Default)]
struct Turns {
    next: Option<Instant>,
    seen: Option<(Instant, Timestamp)>,
}

impl Turns {
    fn come(&mut self, now: Instant, clock: Timestamp) -> bool {
        if let Some((then, told)) = self.seen.replace((now, clock)) {
            let passed = SignedDuration::try_from(now.saturating_duration_since(then));
            let ahead = clock.duration_since(told) - passed.unwrap_or(SignedDuration::ZERO);
            if ahead > JUMP {
                tracing::warn!("the clock has jumped ahead: no history is let go for an hour");
                self.next = Some(now + DOUBT);
            }
        }
        let has_come = self.next.is_none_or(|next| now >= next);
        if has_come {
            self.next = Some(now + RETIRE_EVERY);
        }
        has_come
    }
}

/// Maintenance lets others at the disk between two steps, and takes only that share of one core.
async fn rest_after(began: Instant, share: u32) {
    tokio::time::sleep(began.elapsed().saturating_mul(share - 1)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_let_go_by_a_clock_that_has_jumped_ahead() {
        let (start, clock) = (Instant::now(), Timestamp::UNIX_EPOCH);
        let mut turns = Turns::default();
        let mut at = |seconds: u64, wrong: i64| {
            let right = i64::try_from(seconds).unwrap();
            let clock = clock + SignedDuration::from_secs(right + wrong);
            turns.come(start + Duration::from_secs(seconds), clock)
        };
        let year = 365 * 24 * 60 * 60;
        assert!(at(0, 0));
        assert!(!at(2, 0), "once a minute");
        assert!(at(60, 0));
        assert!(!at(120, 3 * year));
        assert!(!at(180, 3 * year));
        assert!(!at(240, 0), "set right");
        assert!(!at(3600, 0));
        assert!(at(3720, 0));
        assert!(at(3780, -year), "behind, it lets go less");
        assert!(!at(3840, 0));
    }
}
