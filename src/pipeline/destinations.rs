//! The destinations of the settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pauses::Pauses;
use crate::delivery::DestinationClient;
use crate::domain::{Destination, StepKind};

/// The destinations with their clients.
#[derive(Debug, Clone, Default)]
pub struct Destinations {
    clients: BTreeMap<Destination, Arc<dyn DestinationClient>>,
    pauses: Pauses,
}

impl Destinations {
    /// Adds a destination.
    pub fn insert(&mut self, destination: Destination, client: Arc<dyn DestinationClient>) {
        self.clients.insert(destination, client);
    }

    /// Returns which of them work, as far as deliveries have shown.
    pub fn pauses(&self) -> Pauses {
        self.pauses.clone()
    }

    /// Returns the client of a destination.
    pub fn client(&self, destination: &Destination) -> Option<&Arc<dyn DestinationClient>> {
        self.clients.get(destination)
    }

    /// Returns all destinations with their clients.
    pub fn iter(&self) -> impl Iterator<Item = (&Destination, &Arc<dyn DestinationClient>)> {
        self.clients.iter()
    }

    /// Returns the destination of a step: the one that it names, or the only one of its kind.
    /// Returns `None` if the settings have no such destination, or several of the kind and the step
    /// names none.
    pub fn of_step(&self, step: &StepKind) -> Option<&Destination> {
        let (kind, name) = step.destination();
        self.find(kind, name)
    }

    /// Returns the destination of this name, or the only one of this kind.
    pub fn find(&self, kind: &str, name: Option<&str>) -> Option<&Destination> {
        let mut of_kind = self.clients.keys().filter(|one| one.kind() == kind);
        match name {
            Some(name) => of_kind.find(|one| one.name() == name),
            None => of_kind.next().filter(|_| of_kind.next().is_none()),
        }
    }

    /// Returns whether two destinations lead to the same records. An outcome that was stored before
    /// connections had names means the only destination of its kind.
    pub fn is_same_place(&self, earlier: &Destination, now: &Destination) -> bool {
        if earlier.name().is_empty() {
            return self.find(earlier.kind(), None) == Some(now);
        }
        let group = |destination| self.client(destination).map(|client| client.lane_group());
        earlier == now || group(earlier).is_some_and(|earlier| Some(earlier) == group(now))
    }
}

impl<C: DestinationClient + 'static> FromIterator<(Destination, Arc<C>)> for Destinations {
    fn from_iter<I: IntoIterator<Item = (Destination, Arc<C>)>>(destinations: I) -> Self {
        let mut all = Self::default();
        for (destination, client) in destinations {
            all.insert(destination, client);
        }
        all
    }
}
