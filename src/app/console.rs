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
use crate::profiles::ProfileStore;
use crate::replay::bulk::{BulkParts, BulkReplays};
use crate::store::Store;

impl Parts {
    /// Returns the console, if the settings have one.
    pub(super) fn console(&self, settings: &Settings) -> Option<web::Data<Console>> {
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
            portal_apps: self.portal_apps.clone(),
            clock: Arc::clone(&self.clock),
            draining: self.supervisor.draining(),
        };
        settings
            .console
            .enabled
            .then(|| web::Data::new(Console::new(parts)))
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
