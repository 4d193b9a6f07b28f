//! The in-flight set: the leased submissions, in a queue per destination. For a queue that
//! is full or whose destination is paused, nothing is leased; the other queues go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::{Batch, BatchEnd};
use super::claims::{SharedLanes, locked};
use super::pause::{Pause, PauseChange, ProbeProof};
use super::pauses::Pauses;
use super::queue::DestinationQueue;
use super::{Backoff, Destinations, Prepared, ProbeResult};
use crate::delivery::DestinationClient;
use crate::domain::Destination;
use crate::inbox::Shares;
use crate::mapping::ProfileSet;

/// Submissions in flight, divided equally among the destinations; the others wait on disk. A
/// destination whose share is smaller than a full batch gets a full batch, so there may be more in
/// flight.
pub(super) const CAPACITY: usize = 256;
/// Submissions that are leased for a queue at a time, so that intake does not wait long.
pub(super) const LEASED_AT_ONCE: usize = 256;
/// Submissions without a destination are settled at once and need no queue; this many are leased at
/// a time.
const WITHOUT_DESTINATION: usize = 64;

/// The in-flight set.
pub(super) struct InFlight {
    queues: BTreeMap<Destination, DestinationQueue>,
    /// The capacity of a queue, unless its batches need more.
    capacity: usize,
    /// By group: CRM connections to the same portal share lanes.
    lanes: BTreeMap<String, SharedLanes>,
    /// Tells others which destinations are paused.
    pauses: Pauses,
}

impl InFlight {
    /// Creates an empty set for these destinations.
    pub(super) fn new(destinations: &Destinations) -> Self {
        let queues: BTreeMap<Destination, DestinationQueue> = destinations
            .iter()
            .map(|(name, client)| (name.clone(), DestinationQueue::new(Arc::clone(client))))
            .collect();
        Self {
            capacity: CAPACITY / queues.len().max(1),
            lanes: BTreeMap::new(),
            pauses: destinations.pauses(),
            queues,
        }
    }

    /// Adds a submission to the queue of its destination. Returns whether there is one: jobs are
    /// prepared for these destinations only.
    #[must_use]
    pub(super) fn push(&mut self, prepared: Prepared) -> bool {
        let queue = self.queues.get_mut(&prepared.task.destination);
        queue.map(|queue| queue.push(prepared)).is_some()
    }

    /// Returns how many submissions may be leased per route, with these profiles. With a single
    /// destination all routes lead there, and nothing is rerouted.
    pub(super) fn shares(&self, profiles: &ProfileSet) -> Shares {
        if self.queues.len() < 2 {
            let mut queues = self.queues.values();
            return queues.next().map_or(0, |queue| self.room(queue)).into();
        }
        let mut named = BTreeMap::from([(profiles.route(None), WITHOUT_DESTINATION)]);
        for (destination, queue) in &self.queues {
            let room = self.room(queue);
            named.insert(profiles.route(Some(destination)), room);
            // a profile that names no destination means the only one of a kind; with several of
            // them, its submissions are parked at once
            let unnamed = Destination::new(destination.kind(), "");
            let of_kind = self.queues.keys();
            let of_kind = of_kind.filter(|other| other.kind() == destination.kind());
            let room = if of_kind.count() == 1 {
                room
            } else {
                WITHOUT_DESTINATION
            };
            named.insert(profiles.route(Some(&unnamed)), room);
        }
        Shares { named, others: 0 }
    }

    /// Returns how many more submissions fit into a queue; none while its destination is paused.
    fn room(&self, queue: &DestinationQueue) -> usize {
        if queue.is_paused() {
            0
        } else {
            let capacity = self.capacity.max(queue.largest_batch());
            let room = capacity.saturating_sub(queue.ready.len());
            room.min(LEASED_AT_ONCE)
        }
    }

    /// Begins the next batch, if one may begin.
    pub(super) fn begin_batch(&mut self, now: Instant) -> Option<Batch> {
        self.queues.iter_mut().find_map(|(destination, queue)| {
            let lanes = self.lanes.entry(queue.lane_group.clone()).or_default();
            let prepared = queue.begin_batch(&mut locked(lanes), now)?;
            Some(Batch {
                prepared,
                lanes: Arc::clone(lanes),
                destination: destination.clone(),
                client: Arc::clone(&queue.client),
            })
        })
    }

    /// Records the end of a batch: frees its lanes, puts back what has to wait, and pauses the
    /// destination if the batch asks for it.
    pub(super) fn end_batch(&mut self, end: BatchEnd, backoff: &Backoff, now: Instant) {
        let destination = &end.destination;
        let Some(queue) = self.queues.get_mut(destination) else {
            return;
        };
        queue.end_batch();
        if let Some(lanes) = self.lanes.get(&queue.lane_group) {
            let deferred = end.deferred.iter().map(|one| one.task.lease.id).collect();
            locked(lanes).end(&end.keys, &end.ids, &deferred);
        }
        queue.put_back(end.deferred);
        let Some((reason, error)) = &end.pause else {
            if !queue.is_out_of_order() {
                if let Some(pause) = queue.pause.take() {
                    report(destination, &*queue.client, pause.end(now), "");
                }
                self.pauses.works(destination);
            }
            return;
        };
        let change = if let Some(pause) = &mut queue.pause {
            pause.batch_failed(*reason, backoff, now)
        } else {
            let probe = if queue.client.is_asked() {
                ProbeProof::Works
            } else {
                ProbeProof::Nothing
            };
            queue.pause = Some(Pause::begin(*reason, probe, backoff, now));
            PauseChange::Paused(*reason)
        };
        self.pauses.note(destination, change);
        let next_probe = queue.pause.as_ref().and_then(Pause::next_probe);
        self.pauses.note_outage(destination, next_probe, error);
        report(destination, &*queue.client, change, error);
    }

    /// Carries out what people have ordered: pauses, resumes, and brings probes forward.
    pub(super) fn take_orders(&mut self, now: Instant) {
        let to_probe = self.pauses.take_to_probe();
        for (destination, queue) in &mut self.queues {
            queue.by_hand = self.pauses.is_by_hand(destination);
            if let Some(pause) = &mut queue.pause
                && to_probe.contains(destination)
            {
                pause.bring_forward(now);
            }
        }
    }

    /// Returns the destinations whose probe is due, and marks each as being probed.
    pub(super) fn take_probes(&mut self, now: Instant) -> Vec<Destination> {
        let mut due = Vec::new();
        for (destination, queue) in &mut self.queues {
            if let Some(pause) = &mut queue.pause
                && pause.begin_probe(now)
            {
                self.pauses.note_outage(destination, None, "");
                due.push(destination.clone());
            }
        }
        due
    }

    /// Records the result of a probe.
    pub(super) fn end_probe(&mut self, probe: &ProbeResult, backoff: &Backoff, now: Instant) {
        let destination = &probe.destination;
        let Some(queue) = self.queues.get_mut(destination) else {
            return;
        };
        let Some(pause) = &mut queue.pause else {
            return;
        };
        let (health, error) = match &probe.health {
            Ok(()) => (Ok(()), ""),
            Err(outage) => (Err(outage.reason), outage.error.as_str()),
        };
        let change = pause.end_probe(health, backoff, now);
        let is_over = !pause.is_active();
        let next_probe = pause.next_probe();
        self.pauses.note(destination, change);
        if !is_over {
            self.pauses.note_outage(destination, next_probe, error);
        }
        report(destination, &*queue.client, change, error);
    }

    /// Returns what to wait for besides the end of a batch; `store` says whether the last lease
    /// succeeded.
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

    /// Removes and returns the steps that are ready for paused destinations. They wait on disk
    /// instead, where an edited profile may send them elsewhere.
    pub(super) fn take_paused(&mut self) -> Vec<Prepared> {
        let paused = self.queues.values_mut().filter(|queue| queue.is_paused());
        let paused = paused.flat_map(|queue| drain(queue, &self.lanes));
        paused.collect()
    }

    /// Returns how many steps wait in memory for a batch to their destination.
    #[cfg(test)]
    pub(super) fn waiting(&self, destination: &Destination) -> usize {
        let queue = self.queues.get(destination);
        queue.map_or(0, |queue| queue.ready.len())
    }

    /// Removes and returns everything that was not begun.
    pub(super) fn take_all(&mut self) -> Vec<Prepared> {
        let queues = self.queues.values_mut();
        let all = queues.flat_map(|queue| drain(queue, &self.lanes));
        all.collect()
    }
}

/// Removes and returns the ready steps of a queue; they wait for nothing any more.
fn drain(queue: &mut DestinationQueue, lanes: &BTreeMap<String, SharedLanes>) -> Vec<Prepared> {
    if let Some(lanes) = lanes.get(&queue.lane_group) {
        let claimed = &mut locked(lanes).claimed;
        for prepared in &queue.ready {
            claimed.forget(prepared.task.lease.id);
        }
    }
    queue.ready.drain(..).collect()
}

/// Logs once when a destination is paused and once when it works again.
fn report(
    destination: &Destination,
    client: &dyn DestinationClient,
    change: PauseChange,
    error: &str,
) {
    match change {
        PauseChange::None => {}
        PauseChange::Paused(reason) => {
            gauge(destination, 1.0);
            let (what, noun) = (named(destination), client.noun());
            let text = reason.text(noun);
            // many errors begin with the same words
            let text = if error.starts_with(&text) {
                error.to_owned()
            } else {
                format!("{text} ({error})")
            };
            if reason.needs_attention() {
                tracing::error!(
                    %destination,
                    "{what} is paused: {text}; submissions are accepted and kept, and delivery \
                     resumes automatically when {noun} works again"
                );
            } else {
                tracing::warn!(%destination, "{what} is paused: {text}");
            }
        }
        PauseChange::Ended(duration) => {
            gauge(destination, 0.0);
            tracing::info!(
                %destination,
                seconds = duration.as_secs_f64(),
                "{} works again; delivery resumes", named(destination)
            );
        }
    }
}

/// Returns what log lines call a destination.
fn named(destination: &Destination) -> String {
    match destination.kind() {
        Destination::CRM => format!("connection {}", destination.name()),
        _ => format!("destination {destination}"),
    }
}

fn gauge(destination: &Destination, paused: f64) {
    metrics::gauge!("leadgate_destination_paused", "destination" => destination.to_string())
        .set(paused);
    if destination.kind() == Destination::CRM {
        metrics::gauge!("leadgate_crm_paused", "crm" => destination.name().to_owned()).set(paused);
    }
}

/// Whether the last lease succeeded.
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
