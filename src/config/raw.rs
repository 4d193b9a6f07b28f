//! Settings as written: the structure of the file, before any check.

use std::collections::BTreeMap;

use figment::Figment;
use figment::value::Dict;
use secrecy::SecretString;
use serde::Deserialize;

use super::alerts::RawAlerts;
use super::console::RawConsole;
use super::flexible::{list, scalar, text};
use super::mail::RawMail;

#[derive(Debug, Deserialize)]
pub(super) struct RawSettings {
    pub(super) server: RawServer,
    pub(super) data: RawData,
    pub(super) mappings: RawMappings,
    pub(super) polls: RawPolls,
    pub(super) channels: RawChannels,
    pub(super) files: RawFiles,
    #[serde(default)]
    pub(super) crm: BTreeMap<String, RawConnection>,
    #[serde(default)]
    pub(super) http: BTreeMap<String, RawHttp>,
    #[serde(default)]
    pub(super) amocrm: BTreeMap<String, RawAmo>,
    #[serde(default)]
    pub(super) pbx: BTreeMap<String, RawPbx>,
    pub(super) delivery: RawDelivery,
    pub(super) journal: RawJournal,
    pub(super) mail: RawMail,
    pub(super) alerts: RawAlerts,
    pub(super) console: RawConsole,
    pub(super) sandbox: RawSandbox,
    pub(super) log: RawLog,
    pub(super) output: RawOutput,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawServer {
    #[serde(deserialize_with = "text")]
    pub(super) listen: String,
    #[serde(deserialize_with = "text")]
    pub(super) published: String,
    #[serde(deserialize_with = "list")]
    pub(super) allowed_hosts: Vec<String>,
    #[serde(deserialize_with = "text")]
    pub(super) metrics_listen: String,
    #[serde(deserialize_with = "list")]
    pub(super) trusted_proxies: Vec<String>,
    #[serde(deserialize_with = "scalar")]
    pub(super) body_limit: usize,
    #[serde(deserialize_with = "text")]
    pub(super) memory_limit: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) value_limit: usize,
    #[serde(deserialize_with = "text")]
    pub(super) request_timeout: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) workers: usize,
    #[serde(deserialize_with = "scalar")]
    pub(super) max_connections: usize,
    #[serde(deserialize_with = "scalar")]
    pub(super) max_connections_per_address: usize,
    #[serde(deserialize_with = "scalar")]
    pub(super) backlog: usize,
    #[serde(deserialize_with = "text")]
    pub(super) keep_alive: String,
    #[serde(deserialize_with = "text")]
    pub(super) reply_timeout: String,
    #[serde(deserialize_with = "text")]
    pub(super) shutdown_timeout: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) live_readers: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawData {
    #[serde(deserialize_with = "text")]
    pub(super) dir: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) queue_limit: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawMappings {
    #[serde(deserialize_with = "text")]
    pub(super) dir: String,
    #[serde(deserialize_with = "text")]
    pub(super) templates: String,
    #[serde(deserialize_with = "text")]
    pub(super) reload_every: String,
    #[serde(deserialize_with = "text")]
    pub(super) live_check_every: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawPolls {
    #[serde(deserialize_with = "text")]
    pub(super) base_path: String,
    #[serde(deserialize_with = "list")]
    pub(super) allowed_addresses: Vec<String>,
    #[serde(deserialize_with = "scalar")]
    pub(super) depth_limit: usize,
    #[serde(deserialize_with = "text")]
    pub(super) delivered_wait: String,
    #[serde(deserialize_with = "text")]
    pub(super) without_profile: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) captured_most: usize,
    pub(super) employees: RawEmployees,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawFiles {
    #[serde(deserialize_with = "text")]
    pub(super) limit: String,
    #[serde(deserialize_with = "list")]
    pub(super) types: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(super) hosts: Vec<String>,
    #[serde(deserialize_with = "text")]
    pub(super) fetch_for: String,
    #[serde(deserialize_with = "text")]
    pub(super) fetch_timeout: String,
    #[serde(deserialize_with = "text")]
    pub(super) fetch_total: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawChannels {
    #[serde(deserialize_with = "text")]
    pub(super) base_path: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) depth_limit: usize,
    #[serde(deserialize_with = "text")]
    pub(super) file_limit: String,
    #[serde(deserialize_with = "text")]
    pub(super) delivered_wait: String,
    #[serde(deserialize_with = "text")]
    pub(super) unknown: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) quarantine_most: usize,
    #[serde(deserialize_with = "text")]
    pub(super) quarantine_bytes: String,
    #[serde(deserialize_with = "text")]
    pub(super) quarantine_keep: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) wrong_secrets: u32,
    #[serde(deserialize_with = "text")]
    pub(super) trusted_for: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawEmployees {
    #[serde(deserialize_with = "text")]
    pub(super) check: String,
    #[serde(deserialize_with = "list")]
    pub(super) listed: Vec<String>,
    #[serde(deserialize_with = "list")]
    pub(super) departments: Vec<String>,
    #[serde(deserialize_with = "scalar")]
    pub(super) sub_departments: bool,
    #[serde(deserialize_with = "text")]
    pub(super) crm: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawConnection {
    #[serde(default, deserialize_with = "secret")]
    pub(super) webhook: Option<SecretString>,
    #[serde(default)]
    pub(super) app: Option<RawApp>,
    #[serde(default, deserialize_with = "list")]
    pub(super) redirect_hosts: Vec<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) timeout: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) connect_timeout: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) plan: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) parallel: Option<String>,
}

/// The application of a connection: a table, or the word `sandbox`.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum RawApp {
    Word(String),
    Table(Box<RawAppTable>),
}

#[derive(Debug, Deserialize)]
pub(super) struct RawAppTable {
    #[serde(default, deserialize_with = "optional")]
    pub(super) portal: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) client_secret: Option<SecretString>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) client_secret_file: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) authorization: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) public_url: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) token_key: Option<SecretString>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawHttp {
    #[serde(default, deserialize_with = "secret")]
    pub(super) url: Option<SecretString>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) preset: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) token: Option<SecretString>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) read_token: Option<SecretString>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) site: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) zone: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Header>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) rate: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) parallel: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) timeout: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) connect_timeout: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) retries: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) unknown: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) idempotency_header: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) look_path: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) look_found: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) check: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) reply_limit: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) trust: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) proxy: Option<SecretString>,
}

/// The value of a header field, which may be a secret.
#[derive(Debug, Deserialize)]
pub(super) struct Header(#[serde(deserialize_with = "some_secret")] pub(super) SecretString);

fn some_secret<'de, D: serde::Deserializer<'de>>(input: D) -> Result<SecretString, D::Error> {
    text(input).map(|text| text.trim().to_owned().into())
}

#[derive(Debug, Deserialize)]
pub(super) struct RawDelivery {
    #[serde(deserialize_with = "text")]
    pub(super) retry_first: String,
    #[serde(deserialize_with = "text")]
    pub(super) retry_longest: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) crash_limit: usize,
    #[serde(deserialize_with = "text")]
    pub(super) dictionary_age: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) search_limit: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawJournal {
    #[serde(deserialize_with = "text")]
    pub(super) keep_for: String,
    #[serde(deserialize_with = "text")]
    pub(super) keep_at_most: String,
    #[serde(deserialize_with = "scalar")]
    pub(super) refused_most: usize,
    #[serde(deserialize_with = "text")]
    pub(super) refused_keep: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawSandbox {
    /// Not a setting of this section: `app` of the connection of the sandbox says it.
    #[serde(skip)]
    pub(super) as_application: bool,
    #[serde(deserialize_with = "scalar")]
    pub(super) keep: bool,
    #[serde(deserialize_with = "scalar")]
    pub(super) public: bool,
    #[serde(deserialize_with = "list")]
    pub(super) origins: Vec<String>,
    #[serde(deserialize_with = "text")]
    pub(super) limits: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawAmo {
    #[serde(default, deserialize_with = "optional")]
    pub(super) subdomain: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) account: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) secret: Option<SecretString>,
    #[serde(default, deserialize_with = "list")]
    pub(super) allowed_addresses: Vec<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) own_users: Vec<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) body_limit: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) items_limit: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) value_limit: Option<String>,
    #[serde(default)]
    pub(super) stages: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) pipelines: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) token: Option<SecretString>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) url: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) hook_url: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) watch: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) watch_every: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) watch_silence: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) public_url: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) client_id: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) client_secret: Option<SecretString>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) redirect_uri: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) token_key: Option<SecretString>,
    #[serde(default, deserialize_with = "list")]
    pub(super) widget_origins: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawPbx {
    #[serde(default, deserialize_with = "optional")]
    pub(super) dialect: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) key: Option<SecretString>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) salt: Option<SecretString>,
    #[serde(default, deserialize_with = "list")]
    pub(super) allowed_addresses: Vec<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) body_limit: Option<String>,
    #[serde(default)]
    pub(super) direction: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) crm: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) answer_within: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) several: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) remember_for: Option<String>,
    #[serde(default, deserialize_with = "optional_scalar")]
    pub(super) remember_most: Option<usize>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) url: Option<String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) pbx_key: Option<SecretString>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) timeout: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) catch_up: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) silence: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) history_every: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) history_within: Option<String>,
    #[serde(default)]
    pub(super) callback: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "secret")]
    pub(super) portal_token: Option<SecretString>,
    #[serde(default, deserialize_with = "optional_scalar")]
    pub(super) remember_recent: Option<usize>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) read_ahead_every: Option<String>,
    #[serde(default)]
    pub(super) dial_status: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) phone_status: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "optional_scalar")]
    pub(super) cards: Option<bool>,
    #[serde(default, deserialize_with = "optional_scalar")]
    pub(super) calls_most: Option<usize>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) call_timeout: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) record_within: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) presence_for: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) recording: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) recording_limit: Option<String>,
    #[serde(default, deserialize_with = "list")]
    pub(super) recording_hosts: Vec<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) recording_wait: Option<String>,
    #[serde(default, deserialize_with = "optional")]
    pub(super) recording_timeout: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawLog {
    #[serde(deserialize_with = "text")]
    pub(super) filter: String,
    #[serde(deserialize_with = "text")]
    pub(super) format: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawOutput {
    #[serde(deserialize_with = "text")]
    pub(super) zone: String,
}

/// The keys of a connection; the file of defaults has them in comments only.
pub(super) const CONNECTION_KEYS: [&str; 7] = [
    "webhook",
    "app",
    "redirect_hosts",
    "timeout",
    "connect_timeout",
    "plan",
    "parallel",
];

/// The keys of an application of a portal; the file of defaults has them in comments only.
pub(super) const APP_KEYS: [&str; 7] = [
    "portal",
    "client_id",
    "client_secret",
    "client_secret_file",
    "authorization",
    "public_url",
    "token_key",
];

/// The secrets among them.
pub(super) const APP_SECRETS: [&str; 2] = ["client_secret", "token_key"];

/// The keys of an HTTP destination; the file of defaults has them in comments only.
pub(super) const HTTP_KEYS: [&str; 20] = [
    "url",
    "preset",
    "token",
    "read_token",
    "site",
    "zone",
    "headers",
    "rate",
    "parallel",
    "timeout",
    "connect_timeout",
    "retries",
    "unknown",
    "idempotency_header",
    "look_path",
    "look_found",
    "check",
    "reply_limit",
    "trust",
    "proxy",
];

/// The keys of an amoCRM account; the file of defaults has them in comments only.
pub(super) const AMO_KEYS: [&str; 22] = [
    "subdomain",
    "account",
    "secret",
    "allowed_addresses",
    "own_users",
    "body_limit",
    "items_limit",
    "value_limit",
    "stages",
    "pipelines",
    "token",
    "url",
    "hook_url",
    "watch",
    "watch_every",
    "watch_silence",
    "public_url",
    "client_id",
    "client_secret",
    "redirect_uri",
    "token_key",
    "widget_origins",
];

/// The secrets among them.
pub(super) const AMO_SECRETS: [&str; 4] = ["secret", "token", "client_secret", "token_key"];

/// The keys of a PBX; the file of defaults has them in comments only.
pub(super) const PBX_KEYS: [&str; 34] = [
    "dialect",
    "key",
    "salt",
    "allowed_addresses",
    "body_limit",
    "direction",
    "crm",
    "answer_within",
    "several",
    "remember_for",
    "remember_most",
    "url",
    "pbx_key",
    "timeout",
    "catch_up",
    "silence",
    "history_every",
    "history_within",
    "callback",
    "portal_token",
    "remember_recent",
    "read_ahead_every",
    "dial_status",
    "phone_status",
    "cards",
    "calls_most",
    "call_timeout",
    "record_within",
    "presence_for",
    "recording",
    "recording_limit",
    "recording_hosts",
    "recording_wait",
    "recording_timeout",
];

/// Those of a PBX that are tables: what its values mean, and who calls back.
pub(super) const PBX_TABLES: [&str; 4] = ["direction", "dial_status", "phone_status", "callback"];

/// The secrets among them.
pub(super) const PBX_SECRETS: [&str; 4] = ["key", "salt", "pbx_key", "portal_token"];

/// Those whose values may be secrets.
pub(super) const HTTP_SECRETS: [&str; 5] = ["url", "token", "read_token", "headers", "proxy"];

fn secret<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<SecretString>, D::Error> {
    text(input).map(|text| Some(text.trim().to_owned().into()))
}

/// Reads a secret that may be missing: empty then.
pub(super) fn optional_secret<'de, D: serde::Deserializer<'de>>(
    input: D,
) -> Result<SecretString, D::Error> {
    text(input).map(|text| text.trim().to_owned().into())
}

fn optional<'de, D: serde::Deserializer<'de>>(input: D) -> Result<Option<String>, D::Error> {
    text(input).map(Some)
}

fn optional_scalar<'de, D, T>(input: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    scalar(input).map(Some)
}

/// Merges all sources, untyped.
pub(super) fn values(figment: &Figment) -> Result<Dict, Box<figment::Error>> {
    figment.extract().map_err(Box::new)
}
