//! The queue of one destination: steps that are ready, the batches under way, and whether the
//! destination is paused.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Prepared;
use super::files::has_files;
use super::lanes::Lanes;
use super::pause::Pause;
use crate::delivery::DestinationClient;

/// Batches under way at once. The destination's client limits its calls.
const BATCHES: usize = 3;
/// Steps with files in a batch: they are delivered one by one, and the batch is settled as a whole.
const MOST_WITH_FILES: usize = 48;
/// While the last batch has run for less than this, the next one begins only when it is full.
const SLOW: Duration = Duration::from_secs(1);

/// The queue of one destination.
pub(super) struct DestinationQueue {
    /// Steps that no batch has taken yet: suspects first, then oldest first.
    pub(super) ready: VecDeque<Prepared>,
    pub(super) pause: Option<Pause>,
    /// Whether a person has paused the destination.
    pub(super) by_hand: bool,
    pub(super) client: Arc<dyn DestinationClient>,
    /// The group of lanes that it shares with other destinations.
    pub(super) lane_group: String,
    /// The number of batches under way.
    under_way: usize,
    /// When the last batch began.
    since: Option<Instant>,
}

impl DestinationQueue {
    /// Creates an empty queue for the destination of this client.
    pub(super) fn new(client: Arc<dyn DestinationClient>) -> Self {
        Self {
            ready: VecDeque::new(),
            pause: None,
            by_hand: false,
            lane_group: client.lane_group(),
            client,
            under_way: 0,
            since: None,
        }
    }

    /// Returns the largest number of submissions in a batch that begins now.
    pub(super) fn largest_batch(&self) -> usize {
        self.client.largest_batch().max(1)
    }

    /// Adds a step at the end. A suspect goes ahead of all others, after earlier suspects, so that
    /// it is soon known which one crashes the program.
    pub(super) fn push(&mut self, prepared: Prepared) {
        if !prepared.suspect {
            return self.ready.push_back(prepared);
        }
        let suspects = self.ready.iter().take_while(|ready| ready.suspect).count();
        self.ready.insert(suspects, prepared);
    }

    /// Puts steps back that have to wait, before all that are not suspect: they are older.
    pub(super) fn put_back(&mut self, deferred: Vec<Prepared>) {
        for prepared in deferred.into_iter().rev() {
            let suspects = self.ready.iter().take_while(|ready| ready.suspect).count();
            self.ready.insert(suspects, prepared);
        }
    }

    /// Returns whether no batch may begin.
    pub(super) fn is_paused(&self) -> bool {
        self.by_hand || self.is_out_of_order()
    }

    /// Returns whether the destination does not work, as far as is known.
    pub(super) fn is_out_of_order(&self) -> bool {
        self.pause.as_ref().is_some_and(Pause::is_active)
    }

    /// Begins the next batch, if one may begin.
    pub(super) fn begin_batch(&mut self, lanes: &mut Lanes, now: Instant) -> Option<Vec<Prepared>> {
        if self.is_paused() || self.under_way >= BATCHES || self.is_gathering(now) {
            return None;
        }
        let is_suspect = self.ready.front().is_some_and(|first| first.suspect);
        let most = if is_suspect { 1 } else { self.largest_batch() };
        let mut with_files = self
            .ready
            .iter()
            .enumerate()
            .filter(|(_, it)| has_files(&it.job));
        let most = match with_files.nth(MOST_WITH_FILES) {
            Some((place, _)) => most.min(place),
            None => most,
        };
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
        self.slow_at().is_some_and(|at| now < at) && self.ready.len() < self.largest_batch()
    }

    /// Returns when the batch under way counts as slow and no longer holds up the next one.
    fn slow_at(&self) -> Option<Instant> {
        let since = self.since.filter(|_| self.under_way > 0)?;
        Some(since + SLOW)
    }

    /// Records that a batch has ended.
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
