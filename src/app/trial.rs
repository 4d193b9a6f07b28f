//! Test leads in the CRM: their pages, and how they are removed again.

use super::connections::{SANDBOX, command_connection};
use crate::config::Settings;
pub use crate::crm::Removed;
use crate::crm::{Connection, CrmError};
use crate::domain::{Destination, EntityKind};
use crate::journal::History;
use crate::store::Store;

/// A contact or record that a test lead led to, with its page in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialPage {
    /// Lead, deal or item; `None` for the contact.
    pub kind: Option<EntityKind>,
    /// Its id.
    pub id: i64,
    /// The address of its page.
    pub address: String,
}

/// The connection through which a test lead was delivered.
#[derive(Debug)]
pub struct TrialConnection {
    client: Connection,
    is_sandbox: bool,
}

impl TrialConnection {
    /// Returns the connection of a test lead; `None` if it wrote nothing.
    ///
    /// # Errors
    /// If the settings do not have the connection any more.
    pub fn of(
        settings: &Settings,
        store: &Store,
        history: &History,
    ) -> anyhow::Result<Option<Self>> {
        let mut destinations = history.steps.iter().map(|step| &step.outcome.destination);
        let of_crm = destinations.rfind(|destination| destination.kind() == Destination::CRM);
        let Some(destination) = of_crm else {
            return Ok(None);
        };
        let name = destination.name();
        let originator = store.instance().originator();
        Ok(Some(Self {
            client: command_connection(settings, name, originator)?,
            is_sandbox: name == SANDBOX,
        }))
    }

    /// Returns the pages of what the test lead became.
    pub fn pages(&self, history: &History) -> Vec<TrialPage> {
        let entry = &history.entry;
        let contact = entry.contact.map(|id| (None, id.get()));
        let record = entry.record.map(|(kind, id)| (Some(kind), id.get()));
        let found = [contact, record].into_iter().flatten();
        found
            .map(|(kind, id)| TrialPage {
                kind,
                id,
                address: self.page(kind, id),
            })
            .collect()
    }

    fn page(&self, kind: Option<EntityKind>, id: i64) -> String {
        if self.is_sandbox {
            self.client.sandbox_page(kind, id)
        } else {
            self.client.page(kind, id)
        }
    }

    /// Deletes what the test lead created.
    ///
    /// # Errors
    /// If the portal does not answer, or refuses.
    pub async fn remove(&self, history: &History) -> Result<Removed, CrmError> {
        let entry = &history.entry;
        let mut steps = history.steps.iter();
        let company = steps.find_map(|step| step.outcome.result.became().company);
        let removed = self.client.remove_created(entry.id, entry.record, company);
        removed.await
    }
}
