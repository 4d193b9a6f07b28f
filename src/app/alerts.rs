//! Builds the alerts of a gateway, and what a command needs to try them.

use std::sync::Arc;

use super::connections::command_connection;
use super::services::command_service;
use super::{Parts, mail};
use crate::alerts::{Alerts, Observed, Ways};
use crate::config::{HttpAlert, Settings};
use crate::delivery::DestinationClient;
use crate::domain::{Destination, HttpStep, SystemClock};
use crate::intake;

impl Parts {
    /// Returns the task that watches the gateway, and tells people if the settings name anybody.
    pub(super) fn alerts(&self, settings: &Settings) -> Alerts {
        let destinations = self.destinations.iter();
        let checked = self.connections.0.keys().cloned();
        let checked = checked.filter(|_| settings.mappings.live_check_every.is_some());
        let asked = settings.amocrm.iter();
        let asked = asked.filter(|(_, account)| account.api.is_some());
        Alerts {
            observed: Observed {
                store: self.store.clone(),
                pauses: self.destinations.pauses(),
                destinations: destinations.map(|(name, _)| name.to_string()).collect(),
                mismatches: self.mismatches.clone(),
                amocrm: self.amocrm_health.clone(),
                accounts: asked.map(|(name, _)| name.clone()).collect(),
                applications: self.applications(),
                checked: checked.collect(),
                folder: settings.data.dir.clone(),
            },
            ways: Ways {
                mailer: self.mailer.clone(),
                connection: self.connections.0.get(&settings.alerts.crm).cloned(),
                http: settings.alerts.http.clone().and_then(|http| {
                    let destination = Destination::new(HttpStep::KIND, &http.service);
                    let client = self.destinations.client(&destination)?;
                    Some((Arc::clone(client), http))
                }),
            },
            settings: settings.alerts.clone(),
            sources: intake::sources(),
            clock: Arc::clone(&self.clock),
            draining: self.supervisor.draining(),
        }
    }
}

/// Prepares the ways of the settings for a command that runs beside the gateway.
pub fn command_ways(settings: &Settings) -> anyhow::Result<Ways> {
    let crm = &settings.alerts.crm;
    let connection = (!crm.is_empty())
        .then(|| command_connection(settings, crm, String::new()))
        .transpose()?;
    let http = settings.alerts.http.clone();
    let http = http.map(|http| command_http(settings, http)).transpose()?;
    Ok(Ways {
        http: http.flatten(),
        mailer: mail::command_mailer(settings)?.map(Arc::new),
        connection: connection.map(Arc::new),
    })
}

type HttpWay = (Arc<dyn DestinationClient>, HttpAlert);

/// Prepares the HTTP service of the settings; the services of the sandbox are the gateway's alone.
fn command_http(settings: &Settings, http: HttpAlert) -> anyhow::Result<Option<HttpWay>> {
    let Some(service) = settings.http.get(&http.service) else {
        return Ok(None);
    };
    let client = command_service(&http.service, service, Arc::new(SystemClock))?;
    Ok(Some((Arc::new(client), http)))
}
