//! Settings that are in force: typed, within their bounds.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;

use super::raw::{RawConnection, RawDelivery, RawEmployees, RawSettings};
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

/// The listening side.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Longest body, in bytes.
    pub body_limit: usize,
    /// Slowest request.
    pub request_timeout: Duration,
    /// Threads; 0 is one a core.
    pub workers: usize,
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
        /// Department ids.
        departments: Vec<i64>,
    },
}

/// One Bitrix24 portal.
#[derive(Debug, Clone)]
pub struct ConnectionSettings {
    /// The incoming webhook's address: a secret.
    pub webhook: SecretString,
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
#[derive(Debug, Clone, Copy)]
pub struct SandboxSettings {
    /// Whether it keeps its state between runs.
    pub keep: bool,
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

/// Collects every problem instead of stopping at the first.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    fn keep<T>(&mut self, key: &str, result: Result<T, String>) -> Option<T> {
        result
            .map_err(|problem| self.0.push(format!("{key}: {problem}")))
            .ok()
    }

    fn within(&mut self, key: &str, value: usize, range: std::ops::RangeInclusive<usize>) -> usize {
        if !range.contains(&value) {
            let (low, high) = (range.start(), range.end());
            self.0
                .push(format!("{key}: {value} is not between {low} and {high}"));
        }
        value
    }

    fn duration(&mut self, key: &str, text: &str) -> Duration {
        self.keep(key, duration(text)).unwrap_or_default()
    }

    fn networks(&mut self, key: &str, texts: &[String]) -> Vec<IpNet> {
        texts
            .iter()
            .filter_map(|text| self.keep(key, network(text)))
            .collect()
    }
}

impl Settings {
    pub(super) fn parse(raw: RawSettings) -> Result<Self, Vec<String>> {
        let mut problems = Problems::default();
        let settings = Self {
            server: server(&mut problems, &raw.server),
            data: DataSettings {
                dir: PathBuf::from(&raw.data.dir),
                queue_limit: problems.within(
                    "data.queue_limit",
                    raw.data.queue_limit,
                    1..=1_000_000,
                ),
            },
            mappings: MappingSettings {
                dir: PathBuf::from(&raw.mappings.dir),
                templates: PathBuf::from(&raw.mappings.templates),
                reload_every: Some(
                    problems.duration("mappings.reload_every", &raw.mappings.reload_every),
                )
                .filter(|every| !every.is_zero()),
            },
            polls: polls(&mut problems, &raw.polls),
            channels: channels(&mut problems, &raw),
            crm: raw
                .crm
                .into_iter()
                .filter_map(|(name, raw)| {
                    Some((name.clone(), connection(&mut problems, &name, raw)?))
                })
                .collect(),
            delivery: delivery(&mut problems, &raw.delivery),
            journal: journal(&mut problems, &raw.journal),
            sandbox: sandbox(&mut problems, &raw.sandbox),
            log: LogSettings {
                filter: raw.log.filter,
                format: problems
                    .keep(
                        "log.format",
                        match raw.log.format.as_str() {
                            "auto" => Ok(LogFormat::Auto),
                            "text" => Ok(LogFormat::Text),
                            "json" => Ok(LogFormat::Json),
                            other => Err(format!("`{other}` is none of auto, text, json")),
                        },
                    )
                    .unwrap_or(LogFormat::Auto),
            },
        };
        if problems.0.is_empty() {
            Ok(settings)
        } else {
            Err(problems.0)
        }
    }
}

fn delivery(problems: &mut Problems, raw: &RawDelivery) -> DeliverySettings {
    DeliverySettings {
        retry_first: problems.duration("delivery.retry_first", &raw.retry_first),
        retry_longest: problems.duration("delivery.retry_longest", &raw.retry_longest),
        dictionary_age: problems.duration("delivery.dictionary_age", &raw.dictionary_age),
        search_limit: problems.within("delivery.search_limit", raw.search_limit, 50..=10_000),
    }
}

fn server(problems: &mut Problems, raw: &super::raw::RawServer) -> ServerSettings {
    let listen = raw.listen.parse().map_err(|_| {
        format!(
            "`{}` is no address with a port; write 127.0.0.1:8080 or [::1]:8080",
            raw.listen
        )
    });
    ServerSettings {
        listen: problems
            .keep("server.listen", listen)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        trusted_proxies: problems.networks("server.trusted_proxies", &raw.trusted_proxies),
        body_limit: problems.within("server.body_limit", raw.body_limit, 1024..=64 << 20),
        request_timeout: problems.duration("server.request_timeout", &raw.request_timeout),
        workers: problems.within("server.workers", raw.workers, 0..=1024),
        shutdown_timeout: problems.duration("server.shutdown_timeout", &raw.shutdown_timeout),
    }
}

fn journal(problems: &mut Problems, raw: &super::raw::RawJournal) -> JournalSettings {
    JournalSettings {
        keep_for: problems
            .keep("journal.keep_for", long_duration(&raw.keep_for))
            .filter(|age| !age.is_zero()),
        keep_at_most: problems
            .keep("journal.keep_at_most", bytes(&raw.keep_at_most))
            .filter(|most| *most > 0),
    }
}

fn polls(problems: &mut Problems, raw: &super::raw::RawPolls) -> PollSettings {
    PollSettings {
        base_path: problems
            .keep("polls.base_path", base_path(&raw.base_path))
            .unwrap_or_default(),
        allowed_addresses: problems.networks("polls.allowed_addresses", &raw.allowed_addresses),
        depth_limit: problems.within("polls.depth_limit", raw.depth_limit, 4..=128),
        delivered_wait: problems.duration("polls.delivered_wait", &raw.delivered_wait),
        without_profile: problems
            .keep(
                "polls.without_profile",
                match raw.without_profile.as_str() {
                    "reject" => Ok(WithoutProfile::Reject),
                    "capture" => Ok(WithoutProfile::Capture),
                    other => Err(format!("`{other}` is neither reject nor capture")),
                },
            )
            .unwrap_or(WithoutProfile::Reject),
        captured_most: problems.within("polls.captured_most", raw.captured_most, 1..=10_000_000)
            as u64,
        employees: problems
            .keep("polls.employees", employees(&raw.employees))
            .unwrap_or(EmployeeCheck::Off),
    }
}

fn sandbox(problems: &mut Problems, raw: &super::raw::RawSandbox) -> SandboxSettings {
    SandboxSettings {
        keep: raw.keep,
        limits: match raw.limits.as_str() {
            "off" => None,
            plan => problems.keep("sandbox.limits", portal_plan(plan)),
        },
    }
}

fn channels(problems: &mut Problems, whole: &RawSettings) -> ChannelSettings {
    let raw = &whole.channels;
    let path = base_path(&raw.base_path);
    let path = path.and_then(|path| {
        if path.trim_matches('/') == whole.polls.base_path.trim_matches('/') {
            return Err("the polls hang below this path already; choose another one".to_owned());
        }
        if path.is_empty() {
            return Err("channels need a path of their own, such as /in".to_owned());
        }
        Ok(path)
    });
    let unknown = match raw.unknown.as_str() {
        "keep" => Ok(Unknown::Keep),
        "refuse" => Ok(Unknown::Refuse),
        other => Err(format!("`{other}` is neither keep nor refuse")),
    };
    let limit = problems
        .keep("channels.file_limit", bytes(&raw.file_limit))
        .unwrap_or_default();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let most = problems.within(
        "channels.quarantine_most",
        raw.quarantine_most,
        0..=1_000_000,
    );
    ChannelSettings {
        base_path: problems
            .keep("channels.base_path", path)
            .unwrap_or_default(),
        depth_limit: problems.within("channels.depth_limit", raw.depth_limit, 4..=128),
        file_limit: problems.within("channels.file_limit", limit, 1024..=64 << 20),
        delivered_wait: problems.duration("channels.delivered_wait", &raw.delivered_wait),
        unknown: problems
            .keep("channels.unknown", unknown)
            .unwrap_or(Unknown::Keep),
        quarantine_most: most as u64,
        quarantine_bytes: problems
            .keep("channels.quarantine_bytes", bytes(&raw.quarantine_bytes))
            .unwrap_or_default(),
        quarantine_keep: problems
            .keep(
                "channels.quarantine_keep",
                long_duration(&raw.quarantine_keep),
            )
            .filter(|age| !age.is_zero()),
    }
}

fn base_path(text: &str) -> Result<String, String> {
    let trimmed = text.trim_matches('/');
    if trimmed.is_empty() {
        return Ok(String::new());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if !trimmed.chars().all(plain) || trimmed.split('/').any(|s| s.is_empty() || s == "..") {
        return Err(format!(
            "`{text}` is no plain path; write something like /polls"
        ));
    }
    if ["sandbox", "rest", "healthz", "readyz", "metrics"].contains(&trimmed) {
        return Err(format!(
            "`{text}` is taken by the program itself; choose another path"
        ));
    }
    Ok(format!("/{trimmed}"))
}

fn employees(raw: &RawEmployees) -> Result<EmployeeCheck, String> {
    match raw.check.as_str() {
        "off" => Ok(EmployeeCheck::Off),
        "listed" if raw.listed.is_empty() => {
            Err("check = \"listed\" needs addresses or domains in `listed`".to_owned())
        }
        "listed" => {
            let (addresses, domains): (Vec<&String>, Vec<&String>) = raw
                .listed
                .iter()
                .partition(|entry| !entry.starts_with('@') && entry.contains('@'));
            let emails = addresses
                .into_iter()
                .map(|text| Email::parse(text).ok_or_else(|| format!("`{text}` is no address")))
                .collect::<Result<_, _>>()?;
            let domains = domains
                .iter()
                .map(|d| d.trim_start_matches('@').to_lowercase())
                .collect();
            Ok(EmployeeCheck::Listed { emails, domains })
        }
        "portal" => raw
            .departments
            .iter()
            .map(|id| {
                id.parse()
                    .map_err(|_| format!("department `{id}` is no number"))
            })
            .collect::<Result<_, _>>()
            .map(|departments| EmployeeCheck::Portal { departments }),
        other => Err(format!(
            "check = \"{other}\" is none of off, listed, portal"
        )),
    }
}

fn connection(
    problems: &mut Problems,
    name: &str,
    raw: RawConnection,
) -> Option<ConnectionSettings> {
    let key = |field: &str| format!("crm.{name}.{field}");
    let webhook = raw.webhook.ok_or_else(|| {
        format!(
            "is missing: set LEADGATE_CRM__{}__WEBHOOK to the address of an incoming webhook",
            name.to_uppercase()
        )
    });
    let webhook = problems.keep(&key("webhook"), webhook)?;
    let timeout = problems.duration(&key("timeout"), raw.timeout.as_deref().unwrap_or("65s"));
    let connect_timeout = problems.duration(
        &key("connect_timeout"),
        raw.connect_timeout.as_deref().unwrap_or("5s"),
    );
    let plan = portal_plan(raw.plan.as_deref().unwrap_or("standard"));
    let plan = problems.keep(&key("plan"), plan)?;
    let parallel = raw.parallel.as_deref().unwrap_or("4").parse();
    let parallel = parallel.map_err(|_| "a whole number is expected".to_owned());
    let parallel = problems.keep(&key("parallel"), parallel)?;
    let parallel = problems.within(&key("parallel"), parallel, 1..=32);
    Some(ConnectionSettings {
        webhook,
        timeout,
        connect_timeout,
        plan,
        parallel,
    })
}

fn portal_plan(word: &str) -> Result<PortalPlan, String> {
    match word {
        "standard" => Ok(PortalPlan::Standard),
        "enterprise" => Ok(PortalPlan::Enterprise),
        other => Err(format!("`{other}` is neither standard nor enterprise")),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is no length of time; write 500ms, 20s, 5m or 2h"))?;
    Duration::try_from(parsed).map_err(|_| format!("`{text}` lies in the past"))
}

/// The same, and days and weeks.
fn long_duration(text: &str) -> Result<Duration, String> {
    let hours = [('d', 24), ('w', 168)]
        .into_iter()
        .find_map(|(unit, hours)| {
            let number: u64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(hours)?.checked_mul(3_600)
        })
        .map(Duration::from_secs);
    hours.map_or_else(
        || duration(text).map_err(|problem| format!("{problem}, 90d")),
        Ok,
    )
}

/// `2GB`, `500 MB`, `1073741824`; a kilobyte is 1024 bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let upper = text.trim().to_uppercase();
    let units = [
        ("KB", 10),
        ("MB", 20),
        ("GB", 30),
        ("TB", 40),
        ("B", 0),
        ("", 0),
    ];
    units
        .into_iter()
        .find_map(|(unit, shift)| {
            let number: u64 = upper.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(1 << shift)
        })
        .ok_or_else(|| format!("`{text}` is no size; write 500MB or 2GB, or 0 for no bound"))
}

fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map(|net| net.trunc())
        .map_err(|_| format!("`{text}` is neither an address nor a network such as 10.0.0.0/8"))
}
