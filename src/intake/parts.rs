//! What a source gets from the gateway, and what the gateway asks of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::ServiceConfig;
use tokio_util::sync::CancellationToken;

use super::pbx::shared::PbxShared;
use super::{Memory, RefusedLog};
use crate::cache::PollRegistry;
use crate::config::Settings;
use crate::crm::Connection;
use crate::domain::json::Bounds;
use crate::domain::{Bilingual, Clock, SourceKind};
use crate::inbox::Inbox;
use crate::mapping::ProfileSet;
use crate::pbx::directory::Directory;
use crate::profiles::ProfileStore;
use crate::telephony::{CallHub, CallbackRequests, ClickToCall, PbxClient};

/// The parts of the gateway that sources use.
pub struct IntakeParts<'p> {
    /// The settings; each source has a section of its own.
    pub settings: &'p Settings,
    /// The memory that bodies are charged to.
    pub memory: &'p Arc<Memory>,
    /// The queue that stores submissions.
    pub inbox: &'p Inbox,
    /// The registered polls.
    pub registry: &'p PollRegistry,
    /// The profiles and the settings of channels.
    pub profiles: &'p Arc<ProfileStore>,
    /// The connections to the CRM, by name.
    pub connections: &'p BTreeMap<String, Arc<Connection>>,
    /// What PBXs may ask, by their names.
    pub directories: &'p BTreeMap<String, Arc<Directory>>,
    /// The live calls of PBXs.
    pub calls: &'p Arc<CallHub>,
    /// What their requests and catching up share, by their names.
    pub pbx_shared: &'p BTreeMap<String, Arc<PbxShared>>,
    /// What gives PBXs commands, by their names.
    pub pbx_clients: &'p BTreeMap<String, Arc<PbxClient>>,
    /// Takes clicks on numbers in portals.
    pub clicks: &'p Arc<ClickToCall>,
    /// Takes callbacks that visitors request in portals.
    pub callbacks: &'p Arc<CallbackRequests>,
    /// The log of refused requests.
    pub refused: &'p RefusedLog,
    /// The current time.
    pub clock: &'p Arc<dyn Clock>,
    /// Cancelled when the gateway accepts no more requests.
    pub draining: CancellationToken,
}

/// Registers the routes of a source, once for each worker of the web server.
pub type Routes = Box<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Why a source cannot be served: a setting and its problem.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct BadSource {
    /// The setting.
    pub setting: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// A source as the gateway serves it.
pub trait IntakeSource: SourceKind {
    /// Builds the handlers, and returns the function that registers their routes.
    fn routes(&self, parts: &IntakeParts<'_>) -> Result<Routes, BadSource>;

    /// Returns the addresses to which its senders send.
    fn addresses(&self, settings: &Settings) -> SourceAddresses;

    /// Returns what the gateway prints about the source when it starts. `base` is its URL.
    fn announcement(&self, base: &str, settings: &Settings, profiles: &ProfileSet) -> Announcement;

    /// Returns the limits of a JSON body: its nesting and its number of values.
    fn bounds(&self, settings: &Settings) -> Bounds;

    /// Returns how long a submission waits in quarantine for a profile; `None` is forever.
    fn quarantine_keep(&self, settings: &Settings) -> Option<Duration>;
}

/// What the gateway prints about a source when it starts.
#[derive(Debug, Clone, Default)]
pub struct Announcement {
    /// The addresses for senders, each with a name.
    pub addresses: Vec<(Bilingual<&'static str>, Bilingual)>,
    /// Commands to try, each with a title.
    pub examples: Vec<(Bilingual<&'static str>, String)>,
}

/// The addresses to which the senders of a source send.
#[derive(Debug, Clone)]
pub struct SourceAddresses {
    /// Begins with a slash, ends without one; empty for the root.
    pub base_path: String,
    /// What follows the base path; `None` is any name.
    pub names: Option<&'static [&'static str]>,
}
