//! What the last check of each portal has found, for those who show it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::portal::check_portal;
use crate::authoring::Problem;
use crate::crm::{Connection, CrmError, PortalInfo, ProbeError};
use crate::domain::Clock;
use crate::mapping::PortalReferences;

/// The last checks, by connection. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct CheckResults(Arc<Mutex<BTreeMap<String, LastCheck>>>);

/// The last check of a portal.
#[derive(Debug, Clone, Default)]
pub struct LastCheck {
    /// What is wrong with the profiles, and when that was found; `None` if they were not checked.
    pub profiles: Option<(Timestamp, Vec<Problem>)>,
    /// What the portal said of its webhook, and when.
    pub portal: Option<(Timestamp, Result<PortalInfo, ProbeError>)>,
}

impl CheckResults {
    /// Returns the last check of a connection.
    pub fn of(&self, connection: &str) -> LastCheck {
        self.lock().get(connection).cloned().unwrap_or_default()
    }

    /// Records what is wrong with the profiles of a connection.
    pub fn set_profiles(&self, connection: &str, problems: Vec<Problem>, now: Timestamp) {
        let mut all = self.lock();
        let check = all.entry(connection.to_owned()).or_default();
        check.profiles = Some((now, problems));
    }

    /// Records what a portal said of its webhook.
    fn set_portal(&self, connection: &str, portal: Result<PortalInfo, ProbeError>, now: Timestamp) {
        let mut all = self.lock();
        let check = all.entry(connection.to_owned()).or_default();
        check.portal = Some((now, portal));
    }

    /// Checks a portal as [`check_portal`] does, at once, and records what it finds. Returns the number
    /// of problems with the profiles; `None` if the portal did not answer.
    ///
    /// # Errors
    /// If the profiles could not be compared with the portal; what it said of its webhook is recorded.
    pub async fn check(
        &self,
        (connection, client): (&str, &Connection),
        scopes: &[&[&str]],
        own: &[&PortalReferences],
        clock: &dyn Clock,
    ) -> Result<Option<usize>, CrmError> {
        let report = check_portal(client, scopes, own).await;
        let now = clock.now();
        self.set_portal(connection, report.portal, now);
        let problems = match report.profiles {
            Some(found) => found?.problems,
            None if own.is_empty() => Vec::new(),
            None => return Ok(None),
        };
        let count = problems.len();
        self.set_profiles(connection, problems, now);
        Ok(Some(count))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, LastCheck>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
