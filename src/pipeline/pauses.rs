//! Which destinations work, for others to read while the pipeline runs, and which of them people
//! have paused by hand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::pause::PauseChange;
use crate::delivery::PauseReason;
use crate::domain::{Destination, PausedByHand};

/// The health of the destinations that have been used since the start, and the pauses by hand.
/// Clones share both.
#[derive(Debug, Clone, Default)]
pub struct Pauses(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    known: Mutex<Known>,
    /// A person has ordered something.
    ordered: Notify,
}

#[derive(Debug, Default)]
struct Known {
    health: BTreeMap<Destination, Health>,
    /// The next probe of each paused destination, and the last error.
    outages: BTreeMap<Destination, OutageFacts>,
    by_hand: BTreeMap<Destination, PausedByHand>,
    /// Destinations that a person wants probed now.
    to_probe: BTreeSet<Destination>,
    /// Grows with every change of the above.
    version: u64,
}

/// The health of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The last delivery or probe succeeded.
    Works,
    /// It is paused.
    Paused {
        /// Why.
        reason: PauseReason,
        /// Since when.
        since: Instant,
    },
}

/// More about the pause of a destination that does not work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutageFacts {
    /// When it is probed next; `None` while a probe is under way.
    pub next_probe: Option<Instant>,
    /// The last error, as the log has it.
    pub error: String,
}

impl Pauses {
    /// Returns the health of every destination that has been used.
    pub fn all(&self) -> BTreeMap<Destination, Health> {
        self.lock().health.clone()
    }

    /// Returns the destinations that people have paused.
    pub fn by_hand(&self) -> BTreeMap<Destination, PausedByHand> {
        self.lock().by_hand.clone()
    }

    /// Returns a number that changes when anything of it changes.
    pub fn version(&self) -> u64 {
        self.lock().version
    }

    /// Returns more about the pause of a destination that does not work.
    pub fn outage(&self, destination: &Destination) -> Option<OutageFacts> {
        self.lock().outages.get(destination).cloned()
    }

    /// Lets no batch of a destination begin until it is resumed.
    pub fn pause_by_hand(&self, destination: &Destination, pause: PausedByHand) {
        let mut known = self.lock();
        known.by_hand.insert(destination.clone(), pause);
        known.version += 1;
        drop(known);
        gauge(destination, 1.0);
        self.0.ordered.notify_one();
    }

    /// Ends the pause by hand.
    pub fn resume(&self, destination: &Destination) {
        let mut known = self.lock();
        known.by_hand.remove(destination);
        known.version += 1;
        drop(known);
        gauge(destination, 0.0);
        self.0.ordered.notify_one();
    }

    /// Lets a destination that does not work be probed now.
    pub fn probe_now(&self, destination: &Destination) {
        self.lock().to_probe.insert(destination.clone());
        self.0.ordered.notify_one();
    }

    /// Waits until a person orders something.
    pub(super) async fn wait_for_order(&self) {
        self.0.ordered.notified().await;
    }

    /// Returns whether a person has paused this destination.
    pub(super) fn is_by_hand(&self, destination: &Destination) -> bool {
        self.lock().by_hand.contains_key(destination)
    }

    /// Returns and forgets the destinations to probe now.
    pub(super) fn take_to_probe(&self) -> BTreeSet<Destination> {
        std::mem::take(&mut self.lock().to_probe)
    }

    /// Records a success.
    pub(super) fn works(&self, destination: &Destination) {
        let mut known = self.lock();
        if known.health.get(destination) != Some(&Health::Works) {
            known.health.insert(destination.clone(), Health::Works);
            known.version += 1;
        }
        known.outages.remove(destination);
    }

    /// Records a change. A pause whose reason changes goes on.
    pub(super) fn note(&self, destination: &Destination, change: PauseChange) {
        let reason = match change {
            PauseChange::None => return,
            PauseChange::Ended(_) => return self.works(destination),
            PauseChange::Paused(reason) => reason,
        };
        let mut known = self.lock();
        let since = match known.health.get(destination) {
            Some(Health::Paused { since, .. }) => *since,
            Some(Health::Works) | None => Instant::now(),
        };
        let paused = Health::Paused { reason, since };
        known.health.insert(destination.clone(), paused);
        known.version += 1;
    }

    /// Records the next probe of a destination that does not work, and the error if there is a new
    /// one.
    pub(super) fn note_outage(
        &self,
        destination: &Destination,
        next_probe: Option<Instant>,
        error: &str,
    ) {
        let mut known = self.lock();
        known.version += 1;
        let outage = known.outages.entry(destination.clone()).or_default();
        outage.next_probe = next_probe;
        if !error.is_empty() {
            error.clone_into(&mut outage.error);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gauge(destination: &Destination, paused: f64) {
    let destination = destination.to_string();
    metrics::gauge!("leadgate_paused_by_hand", "destination" => destination).set(paused);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pause_lasts_until_a_success_whatever_its_reason() {
        let (pauses, main) = (Pauses::default(), Destination::crm("main"));
        let since = || match pauses.all().get(&main) {
            Some(Health::Paused { since, .. }) => Some(*since),
            Some(Health::Works) | None => None,
        };
        assert!(pauses.all().is_empty());
        pauses.note(&main, PauseChange::Paused(PauseReason::Unreachable));
        let began = since().unwrap();
        pauses.note(&main, PauseChange::None);
        pauses.note(&main, PauseChange::Paused(PauseReason::Denied));
        assert_eq!(since(), Some(began));
        pauses.note_outage(&main, Some(began), "no answer");
        pauses.note_outage(&main, None, "");
        assert_eq!(pauses.outage(&main).unwrap().error, "no answer");
        pauses.note(&main, PauseChange::Ended(Duration::ZERO));
        assert_eq!(pauses.all().get(&main), Some(&Health::Works));
        assert_eq!(pauses.outage(&main), None);
        pauses.note(&main, PauseChange::Paused(PauseReason::Throttled));
        assert!(since().is_some());
    }
}
