//! The settings in force: typed and checked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::alerts::AlertSettings;
use super::console::ConsoleSettings;
use super::crm_app::CrmAccessSettings;
use super::mail::MailSettings;
use super::pbx_calls::PbxCallSettings;
use super::pbx_commands::PbxCommandSettings;
use crate::domain::file::FileRules;
use crate::domain::{CallKind, Email, PbxDialect};

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The web server.
    pub server: ServerSettings,
    /// The data folder.
    pub data: DataSettings,
    /// Profiles and templates.
    pub mappings: MappingSettings,
    /// Intake of polls.
    pub polls: PollSettings,
    /// Intake of channels.
    pub channels: ChannelSettings,
    /// Files of submissions.
    pub files: FileRules,
    /// Connections to Bitrix24 portals by name; empty means the embedded sandbox.
    pub crm: BTreeMap<String, ConnectionSettings>,
    /// HTTP services by name.
    pub http: BTreeMap<String, HttpServiceSettings>,
    /// Accounts of amoCRM by name.
    pub amocrm: BTreeMap<String, AmoSettings>,
    /// PBXs by name.
    pub pbx: BTreeMap<String, PbxSettings>,
    /// Retries.
    pub delivery: DeliverySettings,
    /// Retention of the history.
    pub journal: JournalSettings,
    /// The mail server; `None` means the mailbox of the embedded sandbox, if that runs.
    pub mail: Option<MailSettings>,
    /// Alerts.
    pub alerts: AlertSettings,
    /// The console.
    pub console: ConsoleSettings,
    /// The embedded sandbox.
    pub sandbox: SandboxSettings,
    /// The log.
    pub log: LogSettings,
    /// What commands print.
    pub output: OutputSettings,
}

/// The HTTP services of the embedded sandbox.
pub const SANDBOX_SERVICES: [&str; 2] = ["bin", "calltouch"];

/// The name of the connection to the embedded sandbox.
pub const SANDBOX_CONNECTION: &str = "sandbox";

impl Settings {
    /// Returns the names of all connections: that of the sandbox if the settings have none.
    pub fn connection_names(&self) -> Vec<String> {
        connection_names(&self.crm)
    }

    /// Returns the names of all HTTP services: those of the sandbox too, if the settings have no
    /// portal.
    pub fn service_names(&self) -> Vec<String> {
        service_names(&self.http, &self.crm)
    }
}

pub(super) fn service_names<S, C>(
    http: &BTreeMap<String, S>,
    crm: &BTreeMap<String, C>,
) -> Vec<String> {
    let sandbox = SANDBOX_SERVICES.iter().filter(|_| crm.is_empty());
    let mut names: Vec<String> = http.keys().cloned().collect();
    names.extend(sandbox.map(|name| (*name).to_owned()));
    names.sort();
    names.dedup();
    names
}

pub(super) fn connection_names<T>(crm: &BTreeMap<String, T>) -> Vec<String> {
    if crm.is_empty() {
        return vec![SANDBOX_CONNECTION.to_owned()];
    }
    crm.keys().cloned().collect()
}

/// The web server.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// The address at which a port mapping publishes it; `None` without a port mapping.
    pub published: Option<SocketAddr>,
    /// Host names of the sandbox's pages, in lower case.
    pub allowed_hosts: Vec<String>,
    /// A separate address for metrics; `None` means `listen`.
    pub metrics_listen: Option<SocketAddr>,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Maximum length of a body, in bytes.
    pub body_limit: usize,
    /// Memory for the bodies of all requests under way, in bytes.
    pub memory_limit: usize,
    /// Maximum number of values in a JSON body.
    pub value_limit: usize,
    /// Time for the head of a request, and again for its body.
    pub request_timeout: Duration,
    /// Number of threads; 0 means one for each core.
    pub workers: usize,
    /// Maximum number of open connections.
    pub max_connections: usize,
    /// Maximum number of open connections from one address.
    pub max_connections_per_address: usize,
    /// Maximum number of connections that wait to be accepted.
    pub backlog: u32,
    /// How long a connection may stay idle between two requests.
    pub keep_alive: Duration,
    /// Time for a client to read a reply.
    pub reply_timeout: Duration,
    /// Maximum duration of the drain after SIGTERM.
    pub shutdown_timeout: Duration,
    /// Maximum number of programs that read live events.
    pub live_readers: usize,
}

/// The data folder.
#[derive(Debug, Clone)]
pub struct DataSettings {
    /// The folder.
    pub dir: PathBuf,
    /// Maximum number of writes that wait for the disk.
    pub queue_limit: usize,
    /// Whether to start with an empty database in a folder that has lost its own. Only the command
    /// line sets it.
    pub begin_afresh: bool,
}

/// Profiles and templates.
#[derive(Debug, Clone)]
pub struct MappingSettings {
    /// The profiles' folder.
    pub dir: PathBuf,
    /// The templates' folder.
    pub templates: PathBuf,
    /// How often to look for edits; `None` means never.
    pub reload_every: Option<Duration>,
    /// How often to check the profiles against their portals; `None` means never.
    pub live_check_every: Option<Duration>,
}

/// Intake of polls.
#[derive(Debug, Clone)]
pub struct PollSettings {
    /// Starts with a slash, ends without one; empty for the root.
    pub base_path: String,
    /// Who may call; empty means everybody.
    pub allowed_addresses: Vec<IpNet>,
    /// Maximum nesting of a body.
    pub depth_limit: usize,
    /// How long a sender waits for the CRM.
    pub delivered_wait: Duration,
    /// What to do with a poll without a profile.
    pub without_profile: WithoutProfile,
    /// Maximum number of captured answers.
    pub captured_most: u64,
    /// Who may connect a poll.
    pub employees: EmployeeCheck,
}

/// What to do with a poll without a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutProfile {
    /// Refuse it and say so in the reply.
    Reject,
    /// Connect it, and keep its answers until a profile takes them.
    Capture,
}

/// Intake of channels.
#[derive(Debug, Clone)]
pub struct ChannelSettings {
    /// Starts with a slash, ends without one; empty for the root.
    pub base_path: String,
    /// Maximum nesting of a JSON body.
    pub depth_limit: usize,
    /// Maximum length of a form with its files, in bytes.
    pub file_limit: usize,
    /// How long a sender waits for the CRM.
    pub delivered_wait: Duration,
    /// What to do with a request that no profile takes.
    pub unknown: Unknown,
    /// Maximum number of requests in quarantine.
    pub quarantine_most: u64,
    /// Maximum size of the quarantine, in bytes.
    pub quarantine_bytes: u64,
    /// How long a request stays in quarantine; `None` means forever.
    pub quarantine_keep: Option<Duration>,
    /// Maximum number of wrong secrets of an address per minute; 0 means no limit.
    pub wrong_secrets: u32,
    /// How long the right secret exempts an address from that limit.
    pub trusted_for: Duration,
}

/// What to do with a request that no profile takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Keep it until a profile takes it.
    Keep,
    /// Answer 404.
    Refuse,
}

/// Who may connect a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmployeeCheck {
    /// Everybody.
    Off,
    /// These addresses, and all addresses of these domains (lower case, without `@`; with a dot at
    /// the beginning: of all domains below it).
    Listed {
        /// Addresses.
        emails: Vec<Email>,
        /// Domains.
        domains: Vec<String>,
    },
    /// Active employees of the portal, only of `departments` if there are any.
    Portal {
        /// The connection whose portal to ask.
        connection: String,
        /// Department ids.
        departments: Vec<i64>,
        /// Whether the departments below these count, too.
        sub_departments: bool,
    },
}

/// One Bitrix24 portal.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// How it is reached.
    pub access: CrmAccessSettings,
    /// Hosts to which a redirect may lead, `HOST` or `HOST:PORT`, in lower case.
    pub redirect_hosts: Vec<String>,
    /// Maximum duration of a call.
    pub timeout: Duration,
    /// Time to establish a connection.
    pub connect_timeout: Duration,
    /// The portal's limits.
    pub plan: PortalPlan,
    /// Maximum number of concurrent calls.
    pub parallel: usize,
}

/// One HTTP service.
#[derive(Debug, Clone)]
pub struct HttpServiceSettings {
    /// Its address, which may have a secret.
    pub url: SecretString,
    /// What is known about the service.
    pub preset: HttpPreset,
    /// Header fields of every request, which may be secrets.
    pub headers: Vec<(String, SecretString)>,
    /// The most requests per second.
    pub rate: Option<f64>,
    /// The most requests at the same time.
    pub parallel: usize,
    /// Maximum duration of a request.
    pub timeout: Duration,
    /// Time to establish a connection.
    pub connect_timeout: Duration,
    /// How often a request without a usable reply is repeated; `None` means without end.
    pub retries: Option<u32>,
    /// What to do if it is not known whether a request arrived; `None` means the default.
    pub unknown: Option<UnknownOutcome>,
    /// The header field for the key of a repeat.
    pub idempotency_header: Option<String>,
    /// The path and query that ask whether a request has arrived, and the test of the reply.
    pub look: Option<(String, Option<String>)>,
    /// The path of a harmless request.
    pub check: Option<String>,
    /// The longest reply, in bytes.
    pub reply_limit: usize,
    /// A file with certificates that are trusted in addition.
    pub trust: Option<PathBuf>,
    /// The proxy.
    pub proxy: Option<SecretString>,
}

/// What is known about an HTTP service.
#[derive(Debug, Clone)]
pub enum HttpPreset {
    /// Nothing.
    Plain,
    /// Calltouch.
    Calltouch {
        /// The id of the project.
        site: u64,
        /// Its time zone.
        zone: String,
        /// The token for reading back.
        read_token: Option<SecretString>,
    },
}

/// What to do if it is not known whether a request arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownOutcome {
    /// Send it again.
    Repeat,
    /// Ask whether it arrived.
    Look,
    /// A person decides.
    Park,
}

/// An account of amoCRM that sends hooks.
#[derive(Debug, Clone)]
pub struct AmoSettings {
    /// Its number; hooks must tell it.
    pub account: Option<String>,
    /// The first part of its address, in lower case; hooks must tell it.
    pub subdomain: Option<String>,
    /// What the address of the hook ends with, or its query has.
    pub secret: Option<SecretString>,
    /// Who may send; empty means everybody.
    pub allowed_addresses: Vec<IpNet>,
    /// The users of amoCRM whose changes are ignored.
    pub own_users: Vec<String>,
    /// Maximum length of a request, in bytes.
    pub body_limit: usize,
    /// Maximum number of items in a request.
    pub items_limit: usize,
    /// Maximum number of values in a request.
    pub value_limit: usize,
    /// Names of stages, by number.
    pub stages: BTreeMap<String, String>,
    /// Names of pipelines, by number.
    pub pipelines: BTreeMap<String, String>,
    /// How leadgate asks it; `None` without a token and an integration.
    pub api: Option<AmoApiSettings>,
    /// The widget in its cards, if the settings have what it needs.
    pub widget: Option<WidgetSettings>,
}

/// A PBX that tells calls and asks who calls.
#[derive(Debug, Clone)]
pub struct PbxSettings {
    /// The API that it uses.
    pub dialect: PbxDialect,
    /// The key that it sends: as `Authorization: Bearer …`, or as its dialect says.
    pub key: SecretString,
    /// The secret that it signs its requests with, if its dialect has signatures.
    pub salt: Option<SecretString>,
    /// Who may send; empty means everybody.
    pub allowed_addresses: Vec<IpNet>,
    /// Maximum length of a request, in bytes.
    pub body_limit: usize,
    /// What its values of `direction` mean.
    pub direction: BTreeMap<String, CallKind>,
    /// The connection whose portal is asked who calls.
    pub connection: String,
    /// How long the PBX waits for an answer.
    pub answer_within: Duration,
    /// Whether the newest of several clients comes first.
    pub newest_first: bool,
    /// How long clients are remembered.
    pub remember_for: Duration,
    /// How many numbers are remembered.
    pub remember_most: usize,
    /// How its calls are followed while they go on.
    pub live: PbxCallSettings,
    /// How leadgate gives it commands; `None` if the settings have no address.
    pub commands: Option<PbxCommandSettings>,
    /// The token with which the portal tells that an employee has clicked a number.
    pub portal_token: Option<SecretString>,
    /// What becomes of its recordings.
    pub recordings: RecordingSettings,
}

/// What becomes of the recordings of a PBX.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingSettings {
    /// How they are attached to calls.
    pub way: RecordingWay,
    /// The most bytes of one.
    pub limit: usize,
    /// The hosts on which they may be.
    pub hosts: Vec<String>,
    /// How long a late one is waited for.
    pub wait: Duration,
    /// The time for fetching one.
    pub timeout: Duration,
}

/// How recordings are attached to calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordingWay {
    /// The portal fetches them.
    Link,
    /// leadgate copies them to the portal.
    Copy,
    /// They are not.
    Off,
}

/// How leadgate asks an amoCRM account.
#[derive(Debug, Clone)]
pub struct AmoApiSettings {
    /// Its address, `https://edudemo.amocrm.ru`; `sandbox` for that of the sandbox.
    pub url: String,
    /// What leadgate asks with.
    pub access: AmoAccessSettings,
    /// Where amoCRM reaches leadgate, without a slash at the end; empty if that is not known.
    pub hook_url: String,
    /// What happens to a hook that does not work.
    pub watch: HookCare,
    /// How often the list of hooks is read.
    pub watch_every: Duration,
    /// After how long without a hook it is read, too.
    pub watch_silence: Duration,
}

/// What leadgate asks an amoCRM account with.
#[derive(Debug, Clone)]
pub enum AmoAccessSettings {
    /// The long-lived token of a private integration.
    Token(SecretString),
    /// The pair of an integration, once `leadgate amocrm connect` has stored one.
    Integration(AmoIntegrationSettings),
}

/// An integration of an amoCRM account.
#[derive(Debug, Clone)]
pub struct AmoIntegrationSettings {
    /// Its number.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Its redirect address as amoCRM has it; empty if the settings do not say.
    pub redirect_uri: String,
    /// From what the key is made that encrypts the pair; `None` for one in the data folder.
    pub token_key: Option<SecretString>,
}

/// What happens to a hook that is missing or switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookCare {
    /// Nothing: it is not watched.
    Off,
    /// It is reported.
    Alert,
    /// It is reported, and switched on or added.
    Repair,
}

/// The widget in the cards of an amoCRM account.
#[derive(Debug, Clone)]
pub struct WidgetSettings {
    /// The address of the account, whose pages show the widget: `https://edudemo.amocrm.ru`.
    pub account_url: String,
    /// The address under which browsers reach leadgate, without a slash at the end.
    pub public_url: String,
    /// The number of the private integration.
    pub client_id: String,
    /// Its secret, with which amoCRM signs tokens.
    pub client_secret: SecretString,
    /// More origins whose pages may ask; `*` for all.
    pub origins: Vec<String>,
}

impl WidgetSettings {
    /// Returns scheme, host and port of the public address.
    pub fn public_origin(&self) -> &str {
        let url = self.public_url.as_str();
        let host = url.find("://").map_or(0, |at| at + "://".len());
        let path = url.get(host..).and_then(|rest| rest.find('/'));
        path.and_then(|path| url.get(..host + path)).unwrap_or(url)
    }
}

/// The embedded sandbox.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// Whether to keep its state between runs.
    pub keep: bool,
    /// Whether other machines may use it.
    pub public: bool,
    /// Origins whose pages may call it; `*` means all.
    pub origins: Vec<String>,
    /// Its limits; `None` means no limits.
    pub limits: Option<PortalPlan>,
    /// Whether the gateway is its local application instead of using an inbound webhook.
    pub as_application: bool,
}

/// The limits of a portal, by its plan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PortalPlan {
    /// 2 calls a second, 50 at once.
    Standard,
    /// 5 calls a second, 250 at once.
    Enterprise,
    /// None: the portal runs on a server of its own.
    Box,
    /// Other limits.
    Limits {
        /// Calls a second.
        per_second: f64,
        /// Calls at once.
        at_once: f64,
    },
}

impl PortalPlan {
    /// Returns the calls a second and at once, if they are limited.
    pub fn limits(self) -> Option<(f64, f64)> {
        match self {
            Self::Standard => Some((2.0, 50.0)),
            Self::Enterprise => Some((5.0, 250.0)),
            Self::Box => None,
            Self::Limits {
                per_second,
                at_once,
            } => Some((per_second, at_once)),
        }
    }
}

/// Retries, dictionaries and searches.
#[derive(Debug, Clone, Copy)]
pub struct DeliverySettings {
    /// The first wait.
    pub retry_first: Duration,
    /// The longest wait.
    pub retry_longest: Duration,
    /// Number of crashes in a row during work on a submission after which it is parked.
    pub crash_limit: u32,
    /// Maximum age of the cached dictionaries.
    pub dictionary_age: Duration,
    /// Maximum number of rows that one search reads, 50 a page.
    pub search_limit: usize,
}

/// Retention of the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalSettings {
    /// How long to keep content after it was settled; `None` means forever.
    pub keep_for: Option<Duration>,
    /// Size of the store, in bytes, above which older content is removed; `None` means no limit.
    pub keep_at_most: Option<u64>,
    /// Number of refused requests to keep; 0 means none.
    pub refused_most: u64,
    /// How long to keep refused requests; `None` means until newer ones replace them.
    pub refused_keep: Option<Duration>,
}

/// The log.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// Directives of `tracing`.
    pub filter: String,
    /// Format of the lines.
    pub format: LogFormat,
}

/// What commands print for people.
#[derive(Debug, Clone)]
pub struct OutputSettings {
    /// The time zone of their times, and of times in filters.
    pub zone: TimeZone,
}

/// Format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Text.
    Text,
    /// JSON.
    Json,
}
