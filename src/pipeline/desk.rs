//! What the pipeline has in hand: submissions that are ready, lanes, and connections that rest.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::lanes::Lanes;
use super::{Backoff, Ended, Prepared};
use crate::delivery::Hold;

/// Submissions in hand at most; the rest waits on disk.
pub(super) const BACKLOG: usize = 256;
/// Batches under way at once. Calls are limited by the connection's own budget.
pub(super) const BATCHES: usize = 3;
/// Submissions in one batch: their questions fill two calls, their changes three.
const LARGEST_BATCH: usize = 48;

/// See the module.
#[derive(Default)]
pub(super) struct Desk {
    /// Planned and not begun, oldest first.
    pub(super) ready: VecDeque<Prepared>,
    lanes: Lanes,
    resting: BTreeMap<String, Rest>,
}

struct Rest {
    until: Instant,
    failures: u32,
}

impl Desk {
    /// The next batch for one connection, if anything may run.
    pub(super) fn batch(&mut self, now: Instant) -> Option<Vec<Prepared>> {
        let rests = |name: &str| self.resting.get(name).is_some_and(|rest| rest.until > now);
        // the oldest one that may run decides for which connection
        let first = self
            .lanes
            .pick(&mut self.ready, 1, |one| !rests(&one.connection))
            .pop()?;
        let connection = first.connection.clone();
        let mut batch = vec![first];
        batch.extend(self.lanes.pick(&mut self.ready, LARGEST_BATCH - 1, |one| {
            one.connection == connection
        }));
        Some(batch)
    }

    /// Takes note of the end of a batch: its lanes are free, and its connection may have to rest.
    pub(super) fn ended(&mut self, ended: &Ended, backoff: &Backoff, now: Instant) {
        self.lanes.free(&ended.keys);
        match ended.hold {
            None => {
                self.resting.remove(&ended.connection);
            }
            Some(hold) => {
                let rest = self
                    .resting
                    .entry(ended.connection.clone())
                    .or_insert(Rest {
                        until: now,
                        failures: 0,
                    });
                // several batches that were under way together fail together: that is one failure
                if rest.until <= now {
                    rest.failures += 1;
                    let pause = backoff.of_connection(hold.first_pause(), rest.failures);
                    rest.until = now + pause;
                    tracing::error!(
                        crm = %ended.connection, seconds = pause.as_secs_f64(),
                        "the connection rests ({hold:?}); submissions are kept meanwhile"
                    );
                }
            }
        }
    }

    /// What to wait for besides the end of a batch; `store`: whether it
    /// could be asked just now.
    pub(super) fn wait(&self, now: Instant, store: Store) -> Wait {
        /// A look now and then costs nothing, and finds what another process has queued.
        const LONGEST: Duration = Duration::from_secs(2);
        let over = self
            .resting
            .values()
            .map(|rest| rest.until.saturating_duration_since(now));
        let over = over
            .filter(|left| !left.is_zero() && !self.ready.is_empty())
            .min();
        let most = over.unwrap_or(LONGEST).min(LONGEST);
        if store == Store::Refused || self.ready.len() >= BACKLOG {
            Wait::ForTime(most.min(Duration::from_secs(1)))
        } else {
            Wait::ForWork(most)
        }
    }
}

/// Whether the store gave work when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Store {
    Answered,
    Refused,
}

/// What an idle pipeline waits for.
pub(super) enum Wait {
    /// Something to do, so long at most.
    ForWork(Duration),
    /// Nothing but time.
    ForTime(Duration),
}

impl Hold {
    /// How long a connection rests after the first such failure.
    fn first_pause(self) -> Duration {
        Duration::from_secs(match self {
            Self::Throttled => 1,
            Self::Unreachable => 2,
            Self::Denied => 30,
        })
    }
}
