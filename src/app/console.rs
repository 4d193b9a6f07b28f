//! Builds the console.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::web;

use super::{Connections, Parts, needed_scopes};
use crate::config::Settings;
use crate::console::{Console, ConsoleParts};
use crate::domain::Clock;
use crate::editing::ProfileEditor;
use crate::inbox::Inbox;
use crate::intake;
use crate::journal::Journal;
use crate::portal_app::{AppChange, PortalApps};
use crate::profiles::ProfileStore;
use crate::replay::bulk::{BulkParts, BulkReplays};
use crate::store::Store;

impl Parts {
    /// Returns the console, if the settings have one.
    pub(super) fn console(
        &self,
        settings: &Settings,
        portal_apps: &PortalApps,
    ) -> Option<web::Data<Console>> {
        let parts = ConsoleParts {
            settings: Arc::new(settings.clone()),
            store: self.store.clone(),
            inbox: self.inbox.clone(),
            journal: Journal::new(self.store.clone(), intake::sources()),
            arrivals: self.arrivals.clone(),
            sources: intake::sources(),
            profiles: Arc::clone(&self.profiles),
            editor: Arc::clone(&self.editor),
            connections: self.connections.0.clone(),
            calls: Arc::clone(&self.pbxs.calls),
            pbxs: self.pbx_controls(),
            replays: Arc::clone(&self.replays),
            destinations: self.destinations.clone(),
            checks: self.checks.clone(),
            scopes: self.needed_scopes(settings),
            amocrm: self.amocrm_health.clone(),
            portal_apps: portal_apps.clone(),
            clock: Arc::clone(&self.clock),
            draining: self.supervisor.draining(),
        };
        let console = settings.console.enabled.then(|| Console::new(parts))?;
        let console = web::Data::new(console);
        self.end_sessions_of_removed(&console, portal_apps);
        Some(console)
    }

    /// Ends the sessions of a portal's employees at the start, and when the application is removed
    /// there.
    fn end_sessions_of_removed(&self, console: &web::Data<Console>, portal_apps: &PortalApps) {
        let (console, supervisor) = (console.clone(), self.supervisor.clone());
        let end = move |connection: &str| {
            let (console, connection) = (console.clone(), connection.to_owned());
            supervisor.spawn_job("portal-sessions", async move {
                if let Err(error) = console.end_sessions_of_portal(&connection).await {
                    tracing::error!(
                        connection,
                        error = %error,
                        "the sessions of a portal have not ended; they end by their time"
                    );
                }
            });
        };
        // the roles of employees may have changed; an open page renews its session
        portal_apps.names().for_each(&end);
        portal_apps.on_change(move |change| {
            if let AppChange::Removed(connection) = change {
                end(connection);
            }
        });
    }

    /// Returns the scopes that the webhook of each connection needs.
    pub(super) fn needed_scopes(
        &self,
        settings: &Settings,
    ) -> BTreeMap<String, Vec<&'static [&'static str]>> {
        let profiles = self.profiles.current();
        let names = self.connections.0.keys();
        let scopes = |name: &String| needed_scopes(settings, &profiles, name);
        names.map(|name| (name.clone(), scopes(name))).collect()
    }
}

/// Returns what edits the files of profiles, for the console and the API.
pub(super) fn profile_editor(
    settings: &Settings,
    store: &Store,
    (profiles, clock): (&Arc<ProfileStore>, &Arc<dyn Clock>),
) -> Arc<ProfileEditor> {
    Arc::new(ProfileEditor::new(
        Arc::clone(profiles),
        store.clone(),
        (Arc::new(settings.clone()), super::can_ask),
        Arc::clone(clock),
    ))
}

/// Returns the replays of many submissions; their task must run.
pub(super) fn bulk_replays(
    inbox: &Inbox,
    store: &Store,
    connections: &Connections,
    (profiles, clock): (&Arc<ProfileStore>, &Arc<dyn Clock>),
) -> Arc<BulkReplays> {
    BulkReplays::new(BulkParts {
        store: store.clone(),
        journal: Journal::new(store.clone(), intake::sources()),
        inbox: inbox.clone(),
        profiles: Arc::clone(profiles),
        sources: intake::sources(),
        connections: connections.0.clone(),
        clock: Arc::clone(clock),
    })
}
