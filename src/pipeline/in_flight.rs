//! The in-flight set: the leased submissions, in a queue per connection. A queue that is full, or whose
//! connection is paused, leases nothing and holds up no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lanes::Lanes;
use super::pause::{Pause, PauseChange};
use super::queue::{ConnectionQueue, LARGEST_BATCH};
use super::{Backoff, BatchEnd, Connections, Prepared, ProbeResult};
use crate::crm::Connection;
use crate::delivery::crm::PauseReason;
use crate::inbox::Shares;
use crate::mapping::ProfileSet;

/// The most submissions in flight, divided among the connections; the others wait on disk.
pub(super) const CAPACITY: usize = 256;
/// The smallest capacity of a queue: one full batch gathers while another is prepared.
const SMALLEST_QUEUE: usize = 2 * LARGEST_BATCH;
/// Submissions without a connection are settled at once and need no queue; this many are leased at a time.
const WITHOUT_CONNECTION: usize = 64;

/// See the module.
pub(super) struct InFlight {
    /// By connection name.
    queues: BTreeMap<String, ConnectionQueue>,
    /// The capacity of a queue.
    capacity: usize,
    /// By portal: connections to the same portal share lanes.
    lanes: BTreeMap<String, Lanes>,
}

impl InFlight {
    /// Creates an empty set for these connections.
    pub(super) fn new(connections: &Connections) -> Self {
        let queue = |(name, client): (&String, &Arc<Connection>)| {
            (name.clone(), ConnectionQueue::to(client.portal()))
        };
        let queues: BTreeMap<String, ConnectionQueue> = connections.0.iter().map(queue).collect();
        Self {
            capacity: (CAPACITY / queues.len().max(1)).max(SMALLEST_QUEUE),
            lanes: BTreeMap::new(),
            queues,
        }
    }

    /// Adds a submission to the queue of its connection.
    pub(super) fn push(&mut self, prepared: Prepared) {
        let queue = self.queues.entry(prepared.connection.clone()).or_default();
        queue.push(prepared);
    }

    /// Returns how many submissions may be leased per route, with these profiles. With a single connection all
    /// routes lead there, and nothing is rerouted.
    pub(super) fn shares(&self, profiles: &ProfileSet) -> Shares {
        let mut rooms = self
            .queues
            .iter()
            .map(|(name, queue)| (name, self.room(queue)));
        if self.queues.len() < 2 {
            return rooms.next().map_or(0, |(_, room)| room).into();
        }
        let without_connection = (profiles.route(None), WITHOUT_CONNECTION);
        let named = rooms.map(|(name, room)| (profiles.route(Some(name)), room));
        Shares {
            named: named.chain([without_connection]).collect(),
            others: 0,
        }
    }

    fn room(&self, queue: &ConnectionQueue) -> usize {
        if queue.is_paused() {
            0
        } else {
            self.capacity.saturating_sub(queue.ready.len())
        }
    }

    /// Begins the next batch, if one may begin.
    pub(super) fn begin_batch(&mut self, now: Instant) -> Option<Vec<Prepared>> {
        self.queues.values_mut().find_map(|queue| {
            let lanes = self.lanes.entry(queue.portal.clone()).or_default();
            queue.begin_batch(lanes, now)
        })
    }

    /// Records the end of a batch: frees its lanes, and pauses the connection if the batch asks for it.
    pub(super) fn end_batch(&mut self, end: &BatchEnd, backoff: &Backoff, now: Instant) {
        let name = &end.connection;
        let queue = self.queues.entry(name.clone()).or_default();
        queue.end_batch();
        if let Some(lanes) = self.lanes.get_mut(&queue.portal) {
            lanes.free(&end.keys);
        }
        let Some((reason, error)) = &end.pause else {
            if !queue.is_paused() {
                queue.pause = None;
            }
            return;
        };
        let change = if let Some(pause) = &mut queue.pause {
            pause.batch_failed(*reason, backoff, now)
        } else {
            queue.pause = Some(Pause::begin(*reason, backoff, now));
            PauseChange::Paused(*reason)
        };
        report(name, change, error);
    }

    /// Returns the connections whose probe is due; each is then being probed.
    pub(super) fn take_probes(&mut self, now: Instant) -> Vec<String> {
        let mut names = Vec::new();
        for (name, queue) in &mut self.queues {
            if let Some(pause) = &mut queue.pause
                && pause.begin_probe(now)
            {
                names.push(name.clone());
            }
        }
        names
    }

    /// Records the result of a probe.
    pub(super) fn end_probe(&mut self, probe: &ProbeResult, backoff: &Backoff, now: Instant) {
        let name = &probe.connection;
        let Some(pause) = self
            .queues
            .get_mut(name)
            .and_then(|queue| queue.pause.as_mut())
        else {
            return;
        };
        let (health, error) = match &probe.health {
            Ok(()) => (Ok(()), String::new()),
            Err(error) => (Err(PauseReason::of(error)), error.to_string()),
        };
        let change = pause.end_probe(health, backoff, now);
        report(name, change, &error);
    }

    /// Returns what to wait for besides the end of a batch; `store` says whether the last lease succeeded.
    pub(super) fn wait(&self, now: Instant, store: LeaseResult) -> Wait {
        let deadlines = self
            .queues
            .values()
            .filter_map(|queue| queue.next_deadline(now));
        let left = deadlines.min().map(|at| at.saturating_duration_since(now));
        let is_full = self.queues.values().all(|queue| self.room(queue) == 0);
        if store == LeaseResult::Failed || is_full {
            let most = Duration::from_secs(1);
            Wait::ForTime(left.map_or(most, |left| left.min(most)))
        } else {
            Wait::ForWork(left)
        }
    }

    /// Removes and returns what is ready for paused connections. It waits on disk instead, where an edited
    /// profile may send it elsewhere.
    pub(super) fn take_paused(&mut self) -> Vec<Prepared> {
        let paused = self.queues.values_mut().filter(|queue| queue.is_paused());
        paused.flat_map(|queue| queue.ready.drain(..)).collect()
    }

    /// Removes and returns everything that was not begun.
    pub(super) fn take_all(&mut self) -> Vec<Prepared> {
        let queues = self.queues.values_mut();
        queues.flat_map(|queue| queue.ready.drain(..)).collect()
    }
}

/// Logs once when a connection is paused and once when it works again.
fn report(name: &str, change: PauseChange, error: &str) {
    let gauge = metrics::gauge!("leadgate_crm_paused", "crm" => name.to_owned());
    match change {
        PauseChange::None => {}
        PauseChange::Paused(reason) => {
            gauge.set(1.0);
            let text = reason.text();
            if reason.needs_attention() {
                tracing::error!(
                    crm = name,
                    "connection {name} is paused: {text} ({error}); submissions are accepted and kept, and \
                     delivery resumes automatically when the portal works again"
                );
            } else {
                tracing::warn!(crm = name, "connection {name} is paused: {text} ({error})");
            }
        }
        PauseChange::Ended(duration) => {
            gauge.set(0.0);
            tracing::info!(
                crm = name,
                seconds = duration.as_secs_f64(),
                "connection {name} works again; delivery resumes"
            );
        }
    }
}

/// Whether the store could lease work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeaseResult {
    Ok,
    Failed,
}

/// What an idle pipeline waits for.
pub(super) enum Wait {
    /// New or due work, up to this time if there is one.
    ForWork(Option<Duration>),
    /// Only this time.
    ForTime(Duration),
}
