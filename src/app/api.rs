//! Builds the API for programs.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::Parts;
use crate::api::Api;
use crate::config::Settings;
use crate::intake;
use crate::journal::Journal;

impl Parts {
    /// Returns the API for programs.
    pub(super) fn api(&self, settings: &Settings) -> Api {
        Api {
            store: self.store.clone(),
            journal: Journal::new(self.store.clone(), intake::sources()),
            sources: intake::sources(),
            arrivals: self.arrivals.clone(),
            settings: Arc::new(settings.clone()),
            profiles: Arc::clone(&self.profiles),
            connections: self.connections.0.clone(),
            scopes: self.needed_scopes(settings),
            checks: self.checks.clone(),
            amocrm: self.amocrm_health.clone(),
            erasing: Semaphore::new(1),
            alerts: settings.alerts.clone(),
            pbxs: self.pbx_controls(),
            replays: Arc::clone(&self.replays),
            inbox: self.inbox.clone(),
            destinations: self.destinations.clone(),
            clock: Arc::clone(&self.clock),
            calls: Arc::clone(&self.pbxs.calls),
            editor: Arc::clone(&self.editor),
            live_readers: Arc::new(Semaphore::new(settings.server.live_readers)),
            draining: self.supervisor.draining(),
        }
    }
}
