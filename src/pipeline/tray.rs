//! What is in hand for one connection: submissions that are ready, what is under way, and whether the
//! connection is paused.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Prepared;
use super::lanes::Lanes;
use super::pause::Pause;

/// Batches under way at once. Calls are limited by the connection's own budget.
const BATCHES: usize = 3;
/// Submissions in one batch: their questions fill two calls, their changes three.
pub(super) const LARGEST_BATCH: usize = 48;
/// While a batch is under way, only a full one begins beside it: fewer gather until it has ended.
const BESIDE: usize = LARGEST_BATCH;
/// A batch that takes longer than this keeps nobody waiting.
const SLOW: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Default)]
pub(super) struct Tray {
    /// Planned and not begun, oldest first.
    pub(super) ready: VecDeque<Prepared>,
    pub(super) pause: Option<Pause>,
    /// The portal that the connection leads to.
    pub(super) portal: String,
    /// How many batches.
    under_way: usize,
    /// When the last of them began.
    since: Option<Instant>,
}

impl Tray {
    /// An empty one for a connection to this portal.
    pub(super) fn to(portal: String) -> Self {
        Self {
            portal,
            ..Self::default()
        }
    }

    /// Puts a submission behind the others; one that the program may have died of behind its like, before all
    /// others, so that it is soon known.
    pub(super) fn lay(&mut self, prepared: Prepared) {
        if !prepared.suspect {
            return self.ready.push_back(prepared);
        }
        let suspects = self.ready.iter().take_while(|ready| ready.suspect).count();
        self.ready.insert(suspects, prepared);
    }

    /// Whether nothing may be begun.
    pub(super) fn is_paused(&self) -> bool {
        self.pause.as_ref().is_some_and(Pause::holds)
    }

    /// The next batch, if anything may run.
    pub(super) fn batch(&mut self, lanes: &mut Lanes, now: Instant) -> Option<Vec<Prepared>> {
        if self.is_paused() || self.under_way >= BATCHES || self.gathers(now) {
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

    /// Whether the next submissions still gather.
    fn gathers(&self, now: Instant) -> bool {
        self.ready.len() < BESIDE && self.slow_at().is_some_and(|at| now < at)
    }

    /// When those that are ready need not wait any longer for a batch under way.
    fn slow_at(&self) -> Option<Instant> {
        let since = self.since.filter(|_| self.under_way > 0)?;
        Some(since + SLOW)
    }

    /// A batch has ended.
    pub(super) fn ended(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// When there is something to do by the clock alone.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        let probe = self.pause.as_ref().and_then(Pause::due);
        let slow = self.slow_at();
        let slow = slow.filter(|at| *at > now && !self.ready.is_empty());
        probe.into_iter().chain(slow).min()
    }
}
