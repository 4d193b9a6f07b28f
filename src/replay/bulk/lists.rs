//! Whether the lists and fields of the portals have what plans name: a replay must not promise what a
//! delivery would park again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::fate::{Fate, ParkedBecause};
use crate::crm::{Connection, Dictionaries};
use crate::delivery::crm::{ByDictionaries, by_dictionaries};
use crate::domain::Plan;

/// How long a portal may take to tell its lists again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The connections to the CRM, by name.
pub(super) type Connections = BTreeMap<String, Arc<Connection>>;

/// What is known of the portals' lists.
#[derive(Clone, Default)]
pub(super) struct Lists(BTreeMap<String, Option<Arc<Dictionaries>>>);

impl Lists {
    /// Returns what was read before.
    pub(super) fn known(connections: &Connections) -> Self {
        let known = connections.iter().map(|(name, connection)| {
            let known = connection.watch_dictionaries().borrow().clone();
            (name.clone(), known)
        });
        Self(known.collect())
    }

    /// Returns what was read after a moment; older lists are read again. Of a portal that does not
    /// answer nothing is known.
    pub(super) async fn since(connections: &Connections, moment: Timestamp) -> Self {
        for connection in connections.values() {
            let known = connection.watch_dictionaries().borrow().clone();
            if known.is_some_and(|known| known.read_at < moment) {
                let read = tokio::time::timeout(PATIENCE, connection.refresh_dictionaries());
                if !matches!(read.await, Ok(Ok(_))) {
                    tracing::debug!("a dry run could not read the lists of a portal");
                }
            }
        }
        let mut lists = Self::known(connections);
        for known in lists.0.values_mut() {
            *known = known.take().filter(|known| known.read_at >= moment);
        }
        lists
    }

    /// Returns the fate of a submission that would get this plan.
    pub(super) fn fate(&self, plan: &Plan, otherwise: Fate) -> Fate {
        let Some(step) = plan.crm().filter(|_| otherwise.is_taken()) else {
            return otherwise;
        };
        let known = match &step.connection {
            Some(name) => self.0.get(name),
            None if self.0.len() == 1 => self.0.values().next(),
            None => None,
        };
        let known = known.and_then(Option::as_deref);
        match by_dictionaries(step, &plan.profile.file, known) {
            ByDictionaries::Parks(reason, text) => Fate::Parked {
                because: ParkedBecause::Reason {
                    reason,
                    about: text.subject().field.unwrap_or_default(),
                },
            },
            ByDictionaries::Fits(_) | ByDictionaries::Unread => otherwise,
        }
    }
}
