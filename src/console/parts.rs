//! The parts of the gateway that the console uses.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::amocrm::AmoHealth;
use crate::config::{SANDBOX_CONNECTION, Settings};
use crate::crm::Connection;
use crate::domain::{Clock, EntityKind, SourceKinds};
use crate::editing::ProfileEditor;
use crate::inbox::Inbox;
use crate::journal::{Arrivals, Journal};
use crate::live::CheckResults;
use crate::pipeline::Destinations;
use crate::portal_app::PortalApps;
use crate::profiles::ProfileStore;
use crate::replay::bulk::BulkReplays;
use crate::store::Store;
use crate::telephony::{CallHub, PbxControl};

/// The path below which everything is.
pub const PATH: &str = "/console";
/// The parts of the gateway that the console uses.
pub struct ConsoleParts {
    /// The settings.
    pub settings: Arc<Settings>,
    /// The store.
    pub store: Store,
    /// The queue.
    pub inbox: Inbox,
    /// The history.
    pub journal: Journal,
    /// When sources sent last.
    pub arrivals: Arrivals,
    /// The sources, which name what came from them.
    pub sources: SourceKinds,
    /// The profiles.
    pub profiles: Arc<ProfileStore>,
    /// Edits the files of the profiles.
    pub editor: Arc<ProfileEditor>,
    /// The connections to the CRM, by name.
    pub connections: BTreeMap<String, Arc<Connection>>,
    /// The live calls.
    pub calls: Arc<CallHub>,
    /// The PBXs, by name.
    pub pbxs: BTreeMap<String, PbxControl>,
    /// Replays of many submissions.
    pub replays: Arc<BulkReplays>,
    /// Where steps are delivered to, with what is known about each.
    pub destinations: Destinations,
    /// The last checks of the portals.
    pub checks: CheckResults,
    /// The scopes that the webhook of each connection needs.
    pub scopes: BTreeMap<String, Vec<&'static [&'static str]>>,
    /// What is wrong with accounts of amoCRM.
    pub amocrm: AmoHealth,
    /// The applications of portals, which show the console in a frame.
    pub portal_apps: PortalApps,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the gateway stops.
    pub draining: CancellationToken,
}

impl ConsoleParts {
    /// Returns the page of a record, of a contact without a kind; `None` if the settings do not have
    /// the connection any more.
    pub(super) fn page(
        &self,
        connection: &str,
        kind: Option<EntityKind>,
        id: i64,
    ) -> Option<String> {
        if connection == SANDBOX_CONNECTION {
            let word = kind.map_or("contact", EntityKind::as_str);
            return Some(format!("/sandbox/{word}/{id}"));
        }
        let connection = self.connections.get(connection)?;
        Some(connection.page(kind, id))
    }
}
