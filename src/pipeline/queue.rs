//! The queue of one connection: submissions that are ready, the batches under way, and whether the connection
//! is paused.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Prepared;
use super::lanes::Lanes;
use super::pause::Pause;

/// Batches under way at once. The connection's own budget limits its calls.
const BATCHES: usize = 3;
/// Submissions in one batch: their queries fill two calls, their changes three.
pub(super) const LARGEST_BATCH: usize = 48;
/// While a batch is under way for less than this, the next submissions gather until they fill a batch.
const SLOW: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct ConnectionQueue {
    /// Planned and not begun, oldest first.
    pub(super) ready: VecDeque<Prepared>,
    pub(super) pause: Option<Pause>,
    /// The portal of the connection.
    pub(super) portal: String,
    /// The number of batches under way.
    under_way: usize,
    /// When the last of them began.
    since: Option<Instant>,
}

impl ConnectionQueue {
    /// Creates an empty queue for a connection to this portal.
    pub(super) fn to(portal: String) -> Self {
        Self {
            portal,
            ..Self::default()
        }
    }

    /// Adds a submission at the end. A suspect goes before all others, behind earlier suspects, so that the
    /// suspicion is settled soon.
    pub(super) fn push(&mut self, prepared: Prepared) {
        if !prepared.suspect {
            return self.ready.push_back(prepared);
        }
        let suspects = self.ready.iter().take_while(|ready| ready.suspect).count();
        self.ready.insert(suspects, prepared);
    }

    /// Returns whether no batch may begin.
    pub(super) fn is_paused(&self) -> bool {
        self.pause.as_ref().is_some_and(Pause::is_active)
    }

    /// Begins the next batch, if one may begin.
    pub(super) fn begin_batch(&mut self, lanes: &mut Lanes, now: Instant) -> Option<Vec<Prepared>> {
        if self.is_paused() || self.under_way >= BATCHES || self.is_gathering(now) {
            return None;
        }
        let is_suspect = self.ready.front().is_some_and(|first| first.suspect);
        let most = if is_suspect { 1 } else { LARGEST_BATCH };
        let batch = lanes.pick(&mut self.ready, most);
        if batch.is_empty() {
            return None;
        }
        self.under_way += 1;
        self.since = Some(now);
        Some(batch)
    }

    /// Returns whether the next batch waits for more submissions.
    fn is_gathering(&self, now: Instant) -> bool {
        self.ready.len() < LARGEST_BATCH && self.slow_at().is_some_and(|at| now < at)
    }

    /// Returns when the batch under way counts as slow and no longer holds up the next one.
    fn slow_at(&self) -> Option<Instant> {
        let since = self.since.filter(|_| self.under_way > 0)?;
        Some(since + SLOW)
    }

    /// Removes a batch that has ended.
    pub(super) fn end_batch(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Returns the next time at which a probe is due or a batch counts as slow.
    pub(super) fn next_deadline(&self, now: Instant) -> Option<Instant> {
        let probe = self.pause.as_ref().and_then(Pause::next_probe);
        let slow = self.slow_at();
        let slow = slow.filter(|at| *at > now && !self.ready.is_empty());
        probe.into_iter().chain(slow).min()
    }
}
