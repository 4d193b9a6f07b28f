//! Options of a sandbox portal; some can be changed while it runs.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The portal's source of time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How to set up a [`Portal`](super::Portal).
#[derive(Clone)]
pub struct PortalOptions {
    /// The user whose webhook it is; 1 is the administrator.
    pub user: u32,
    /// The secret part of the webhook's path.
    pub secret: String,
    /// What the webhook may call: `crm`, `user`, `department`, `im`,
    /// `telephony`.
    pub scopes: Vec<String>,
    /// The portal's limits.
    pub limits: Limits,
    /// The portal's latency.
    pub latency: Latency,
    /// Seeds random faults and demo data, so that a run can be repeated.
    pub seed: u64,
    /// Where the portal is reached, for links on its pages.
    pub base_url: String,
    /// Whether the portal has leads.
    pub mode: CrmMode,
    /// The initial content.
    pub content: Content,
    /// The source of time.
    pub clock: Clock,
}

/// Whether a portal works with leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrmMode {
    /// Leads exist.
    Classic,
    /// A new lead becomes a contact and a deal at once.
    Simple,
}

/// The initial content of a portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// People and dictionaries, no records.
    Empty,
    /// The same, and a few hundred invented contacts, deals and leads.
    Demo,
}

impl PortalOptions {
    /// A portal of the usual plan without records, webhook `/rest/1/sandbox/`.
    pub fn new(clock: Clock) -> Self {
        Self {
            user: 1,
            secret: "sandbox".to_owned(),
            scopes: ["crm", "user", "department", "im", "telephony"]
                .map(str::to_owned)
                .to_vec(),
            limits: Limits::standard(),
            latency: Latency::default(),
            seed: 1,
            base_url: "http://127.0.0.1:8080".to_owned(),
            mode: CrmMode::Classic,
            content: Content::Empty,
            clock,
        }
    }

    /// The same portal with demo data.
    pub fn demo(clock: Clock) -> Self {
        Self {
            content: Content::Demo,
            ..Self::new(clock)
        }
    }
}

impl fmt::Debug for PortalOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PortalOptions")
            .field("user", &self.user)
            .field("limits", &self.limits)
            .field("latency", &self.latency)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// The portal's limits; `None` switches one off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The leaky bucket, one per calling address.
    pub bucket: Option<Bucket>,
    /// Operating seconds that one method may use in ten minutes.
    pub operating: Option<f64>,
    /// Operating seconds charged for a call of a method, without a delay.
    pub cost: BTreeMap<String, f64>,
    /// Seconds after which a request is cut off, batches included.
    #[serde(alias = "wall")]
    pub request_timeout: f64,
}

/// A leaky bucket.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Calls that drain per second.
    pub drain: f64,
    /// Calls that the bucket holds; the next one is refused.
    pub size: f64,
}

impl Limits {
    /// The usual plans: 2 calls a second, 50 at once.
    pub fn standard() -> Self {
        Self {
            bucket: Some(Bucket {
                drain: 2.0,
                size: 50.0,
            }),
            operating: Some(480.0),
            cost: BTreeMap::new(),
            request_timeout: 60.0,
        }
    }

    /// The Enterprise plan: 5 calls a second, 250 at once.
    pub fn enterprise() -> Self {
        Self {
            bucket: Some(Bucket {
                drain: 5.0,
                size: 250.0,
            }),
            ..Self::standard()
        }
    }

    /// No limits except the longest duration of a request.
    pub fn off() -> Self {
        Self {
            bucket: None,
            operating: None,
            ..Self::standard()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::standard()
    }
}

/// The portal's latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    /// Added to every HTTP call.
    pub call: Duration,
    /// Added for every method that runs, in a batch for each command.
    pub command: Duration,
}

/// Where the portal sends the event.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallHook {
    /// The address of the handler.
    pub url: String,
    /// The application token, which proves that the portal sends the event.
    pub token: String,
}

impl fmt::Debug for CallHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallHook").finish_non_exhaustive()
    }
}
