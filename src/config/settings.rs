//! Settings that are in force: typed, within their bounds.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use crate::domain::Email;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The listening side.
    pub server: ServerSettings,
    /// Where data lie.
    pub data: DataSettings,
    /// Profiles and templates.
    pub mappings: MappingSettings,
    /// The survey portal's intake.
    pub polls: PollSettings,
    /// The channels' intake.
    pub channels: ChannelSettings,
    /// Connections to Bitrix24 portals by name; empty: the embedded sandbox.
    pub crm: BTreeMap<String, ConnectionSettings>,
    /// Retries.
    pub delivery: DeliverySettings,
    /// How long history is kept.
    pub journal: JournalSettings,
    /// The embedded sandbox.
    pub sandbox: SandboxSettings,
    /// The log.
    pub log: LogSettings,
}

/// The name of the connection to the embedded sandbox.
pub const SANDBOX_CONNECTION: &str = "sandbox";

impl Settings {
    /// Returns the names of all connections: the sandbox's when the settings have none.
    pub fn connection_names(&self) -> Vec<String> {
        connection_names(&self.crm)
    }
}

pub(super) fn connection_names<T>(crm: &BTreeMap<String, T>) -> Vec<String> {
    if crm.is_empty() {
        return vec![SANDBOX_CONNECTION.to_owned()];
    }
    crm.keys().cloned().collect()
}

/// The listening side.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where a port mapping publishes it; `None`: it is reached directly.
    pub published: Option<SocketAddr>,
    /// Names of this server for the sandbox's pages, in lower case.
    pub allowed_hosts: Vec<String>,
    /// Where metrics are served, when not on `listen`.
    pub metrics_listen: Option<SocketAddr>,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Longest body, in bytes.
    pub body_limit: usize,
    /// Memory of the bodies of all requests under way together, in bytes.
    pub memory_limit: usize,
    /// Most values in a JSON body.
    pub value_limit: usize,
    /// Slowest request.
    pub request_timeout: Duration,
    /// Threads; 0 is one a core.
    pub workers: usize,
    /// Connections open at the same time, at most.
    pub max_connections: usize,
    /// Of these from one address, at most.
    pub max_connections_per_address: usize,
    /// Connections that may wait to be accepted.
    pub backlog: u32,
    /// Longest rest of a connection between two requests.
    pub keep_alive: Duration,
    /// Longest wait for a client that does not read its reply.
    pub reply_timeout: Duration,
    /// Longest drain after SIGTERM.
    pub shutdown_timeout: Duration,
}

/// Where data lie.
#[derive(Debug, Clone)]
pub struct DataSettings {
    /// The folder.
    pub dir: PathBuf,
    /// Writes that may wait for the disk at once.
    pub queue_limit: usize,
    /// Whether a folder that has lost its database begins with an empty one: asked for on the command line alone.
    pub begin_afresh: bool,
}

/// Profiles and templates.
#[derive(Debug, Clone)]
pub struct MappingSettings {
    /// The profiles' folder.
    pub dir: PathBuf,
    /// The templates' folder.
    pub templates: PathBuf,
    /// How often edits are looked for; `None`: never.
    pub reload_every: Option<Duration>,
    /// How often the profiles are held against their portals; `None`: never.
    pub live_check_every: Option<Duration>,
}

/// The survey portal's intake.
#[derive(Debug, Clone)]
pub struct PollSettings {
    /// Begins with a slash, ends without one; empty for the root.
    pub base_path: String,
    /// Who may call; empty: everybody.
    pub allowed_addresses: Vec<IpNet>,
    /// Deepest nesting of a body.
    pub depth_limit: usize,
    /// Longest wait of a sender for the CRM.
    pub delivered_wait: Duration,
    /// What becomes of a poll without a profile.
    pub without_profile: WithoutProfile,
    /// So many answers are captured at most.
    pub captured_most: u64,
    /// Who may connect a poll.
    pub employees: EmployeeCheck,
}

/// What becomes of a poll without a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutProfile {
    /// The sender is told that there is none.
    Reject,
    /// It is connected, and its answers are kept until a profile takes them.
    Capture,
}

/// The channels' intake.
#[derive(Debug, Clone)]
pub struct ChannelSettings {
    /// Begins with a slash, ends without one; empty for the root.
    pub base_path: String,
    /// Deepest nesting of a JSON body.
    pub depth_limit: usize,
    /// Longest form with its files, in bytes.
    pub file_limit: usize,
    /// Longest wait of a sender for the CRM.
    pub delivered_wait: Duration,
    /// What becomes of what no profile takes.
    pub unknown: Unknown,
    /// So many requests are kept without a profile.
    pub quarantine_most: u64,
    /// So many bytes of them.
    pub quarantine_bytes: u64,
    /// So long; `None`: always.
    pub quarantine_keep: Option<Duration>,
    /// How many wrong secrets an address may send a minute; 0: any number.
    pub wrong_secrets: u32,
    /// How long an address that had the right secret does not wait for wrong ones.
    pub trusted_for: Duration,
}

/// What becomes of a request that no profile takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It is kept until a profile takes it.
    Keep,
    /// It is answered 404.
    Refuse,
}

/// Who may connect a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmployeeCheck {
    /// Everybody.
    Off,
    /// These addresses, and everybody of these domains (lower case, without `@`).
    Listed {
        /// Addresses.
        emails: Vec<Email>,
        /// Domains.
        domains: Vec<String>,
    },
    /// Active employees of the Bitrix24 portal; of these departments, if any are given.
    Portal {
        /// The name of the connection whose portal is asked.
        connection: String,
        /// Department ids.
        departments: Vec<i64>,
    },
}

/// One Bitrix24 portal.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// The incoming webhook's address: a secret.
    pub webhook: SecretString,
    /// Hosts to which a redirect may lead, `HOST` or `HOST:PORT`, in lower case.
    pub redirect_hosts: Vec<String>,
    /// Longest call.
    pub timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// The portal's limits.
    pub plan: PortalPlan,
    /// Calls under way at the same time.
    pub parallel: usize,
}

/// The embedded sandbox.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Whether it keeps its state between runs.
    pub keep: bool,
    /// Whether it is open on addresses that other machines can reach.
    pub public: bool,
    /// Origins whose pages may call it; `*` for all.
    pub origins: Vec<String>,
    /// Its limits; `None`: it has none.
    pub limits: Option<PortalPlan>,
}

/// Which limits a portal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortalPlan {
    /// 2 calls a second, 50 at once.
    Standard,
    /// 5 calls a second, 250 at once.
    Enterprise,
}

/// Retries, and how far is read.
#[derive(Debug, Clone, Copy)]
pub struct DeliverySettings {
    /// The first wait.
    pub retry_first: Duration,
    /// The longest wait.
    pub retry_longest: Duration,
    /// After so many ends of the program in a row while it worked on a submission, that one is parked.
    pub crash_limit: u32,
    /// After this time the portal's dictionaries are read again.
    pub dictionary_age: Duration,
    /// How many rows one search reads at most, 50 a page.
    pub search_limit: usize,
}

/// How long history is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalSettings {
    /// So long after it was settled; `None`: always.
    pub keep_for: Option<Duration>,
    /// As long as the store takes no more bytes than this; `None`: whatever it takes.
    pub keep_at_most: Option<u64>,
    /// So many refused requests; 0: none.
    pub refused_most: u64,
    /// So long; `None`: until newer ones take their place.
    pub refused_keep: Option<Duration>,
}

/// The log.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// tracing directives.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}
