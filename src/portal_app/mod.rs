//! leadgate as a local application of Bitrix24 portals: the page that installs it, the events of the
//! portal, and the check of who opens a page. Nothing that a request says of itself is believed: whose
//! a token is, says the authorization server of the settings, and who the employee is, says the
//! portal of the settings. No address from a request is ever asked.

mod events;
mod install;
mod opening;
mod page;
mod routes;
mod verify;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Semaphore;

pub use self::install::{InstallReport, TelephonyUse, bind, wanted_events, wanted_placements};
pub use self::opening::{LONGEST_POST, Opening};
pub use self::routes::PATH;
pub use self::verify::{Employee, NotVerified};
use crate::crm::{Application, Connection};
use crate::domain::Clock;
use crate::domain::places::Places;
use crate::pbx::directory::Directory;
use crate::telephony::{CallbackRequests, ClickToCall};

/// The requests whose tokens are checked at the same time; more wait a little, then they are refused.
/// Each asks two servers.
const MOST_CHECKS: usize = 16;

/// The checks of one token at the same time, so that one employee leaves places to the others.
const MOST_OF_ONE: usize = 2;

/// The applications by the names of their connections. Clones share it.
#[derive(Clone)]
pub struct PortalApps {
    inner: Arc<Inner>,
}

struct Inner {
    apps: BTreeMap<String, PortalApp>,
    checks: Semaphore,
    of_tokens: Places,
    clock: Arc<dyn Clock>,
    clicks: Arc<ClickToCall>,
    callbacks: Arc<CallbackRequests>,
    listeners: RwLock<Vec<Listener>>,
}

type Listener = Box<dyn Fn(&AppChange<'_>) + Send + Sync>;

/// A change of an installation that others are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppChange<'c> {
    /// An administrator has opened or installed the application of this connection: it has tokens.
    Opened(&'c str),
    /// The application was removed from the portal of this connection.
    Removed(&'c str),
}

/// The application of one connection.
pub struct PortalApp {
    /// The connection.
    pub connection: Arc<Connection>,
    /// Its application.
    pub application: Arc<Application>,
    /// Scheme, host and port of the portal's pages. The pages of the embedded sandbox are on leadgate's
    /// own address, its methods on another one.
    pub origin: String,
    /// Where browsers and the portal reach leadgate, without a slash at its end.
    pub public_url: String,
    /// The PBXs that dial for this portal, and who is who at each.
    pub pbxs: Vec<(String, Arc<Directory>)>,
}

/// What the applications need of the rest.
pub struct PortalAppParts {
    /// The applications by the names of their connections.
    pub apps: BTreeMap<String, PortalApp>,
    /// Takes clicks on numbers in portals.
    pub clicks: Arc<ClickToCall>,
    /// Takes callbacks that visitors request in portals.
    pub callbacks: Arc<CallbackRequests>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl PortalApps {
    /// Prepares the applications.
    pub fn new(parts: PortalAppParts) -> Self {
        Self {
            inner: Arc::new(Inner {
                apps: parts.apps,
                checks: Semaphore::new(MOST_CHECKS),
                of_tokens: Places::new(usize::MAX, MOST_OF_ONE),
                clock: parts.clock,
                clicks: parts.clicks,
                callbacks: parts.callbacks,
                listeners: RwLock::default(),
            }),
        }
    }

    /// Returns the names of the connections that are applications.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.inner.apps.keys().map(String::as_str)
    }

    /// Returns scheme, host and port of the pages of a connection's portal, for `frame-ancestors` and
    /// messages to its page; `None` if the connection is no application.
    pub fn portal_origin(&self, connection: &str) -> Option<String> {
        let app = self.inner.apps.get(connection)?;
        Some(app.origin.clone())
    }

    /// Tells of changes of installations from now on.
    pub fn on_change(&self, listener: impl Fn(&AppChange<'_>) + Send + Sync + 'static) {
        let listeners = self.inner.listeners.write();
        let mut listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }

    fn tell(&self, change: &AppChange<'_>) {
        let listeners = self.inner.listeners.read();
        let listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(|listener| listener(change));
    }
}

impl PortalApp {
    /// Returns the address of a page of a connection's application, such as `app` and `install`.
    pub fn address(&self, connection: &str, page: &str) -> String {
        format!("{}{PATH}/{connection}/{page}", self.public_url)
    }
}

impl fmt::Debug for PortalApps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.inner.apps.keys()).finish()
    }
}
