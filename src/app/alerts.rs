//! Builds the alerts of a gateway, and what a command needs to try them.

use std::sync::Arc;

use super::connections::command_connection;
use super::{Parts, mail};
use crate::alerts::{Alerts, Observed, Ways};
use crate::config::Settings;
use crate::intake;

impl Parts {
    /// Returns the task that tells people, if the settings name anybody.
    pub(super) fn alerts(&self, settings: &Settings) -> Option<Alerts> {
        if !settings.alerts.is_on() {
            return None;
        }
        let destinations = self.destinations.iter();
        let checked = self.connections.0.keys().cloned();
        let checked = checked.filter(|_| settings.mappings.live_check_every.is_some());
        Some(Alerts {
            observed: Observed {
                store: self.store.clone(),
                pauses: self.destinations.pauses(),
                destinations: destinations.map(|(name, _)| name.to_string()).collect(),
                mismatches: self.mismatches.clone(),
                checked: checked.collect(),
                folder: settings.data.dir.clone(),
            },
            ways: Ways {
                mailer: self.mailer.clone(),
                connection: self.connections.0.get(&settings.alerts.crm).cloned(),
            },
            settings: settings.alerts.clone(),
            sources: intake::sources(),
            clock: Arc::clone(&self.clock),
            draining: self.supervisor.draining(),
        })
    }
}

/// Prepares the ways of the settings for a command that runs beside the gateway.
pub fn command_ways(settings: &Settings) -> anyhow::Result<Ways> {
    let crm = &settings.alerts.crm;
    let connection = (!crm.is_empty())
        .then(|| command_connection(settings, crm, String::new()))
        .transpose()?;
    Ok(Ways {
        mailer: mail::command_mailer(settings)?.map(Arc::new),
        connection: connection.map(Arc::new),
    })
}
