//! Which destinations work, for others to read while the pipeline runs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::pause::PauseChange;
use crate::delivery::PauseReason;
use crate::domain::Destination;

/// The health of the destinations that have been used since the start. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Pauses(Arc<Mutex<BTreeMap<Destination, Health>>>);

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

impl Pauses {
    /// Returns the health of every destination that has been used.
    pub fn all(&self) -> BTreeMap<Destination, Health> {
        self.lock().clone()
    }

    /// Records a success.
    pub(super) fn works(&self, destination: &Destination) {
        let mut all = self.lock();
        if all.get(destination) != Some(&Health::Works) {
            all.insert(destination.clone(), Health::Works);
        }
    }

    /// Records a change. A pause whose reason changes goes on.
    pub(super) fn note(&self, destination: &Destination, change: PauseChange) {
        let reason = match change {
            PauseChange::None => return,
            PauseChange::Ended(_) => return self.works(destination),
            PauseChange::Paused(reason) => reason,
        };
        let mut all = self.lock();
        let since = match all.get(destination) {
            Some(Health::Paused { since, .. }) => *since,
            Some(Health::Works) | None => Instant::now(),
        };
        all.insert(destination.clone(), Health::Paused { reason, since });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Destination, Health>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
        pauses.note(&main, PauseChange::Ended(Duration::ZERO));
        assert_eq!(pauses.all().get(&main), Some(&Health::Works));
        pauses.note(&main, PauseChange::Paused(PauseReason::Throttled));
        assert!(since().is_some());
    }
}
