//! Parses and checks the settings as written. Reports all problems at once.

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::crm_app::{self, CrmAccessSettings, is_of_sandbox};
use super::problems::Problems;
use super::raw::{
    RawApp, RawConnection, RawData, RawDelivery, RawJournal, RawLog, RawMappings, RawOutput,
    RawSandbox, RawServer, RawSettings,
};
use super::settings::{
    ChannelSettings, ConnectionSettings, DataSettings, DeliverySettings, EmployeeCheck,
    JournalSettings, LogFormat, LogSettings, MappingSettings, OutputSettings, PollSettings,
    PortalPlan, SANDBOX_CONNECTION, SandboxSettings, ServerSettings, Settings, Unknown,
    WithoutProfile, connection_names, service_names,
};
use super::units::{bytes, long_duration, time_zone};
use super::{alerts, amocrm, console, employees, http, mail, pbx};
use crate::domain::file::{FileRules, LinkRules};
use crate::domain::{Bilingual, Lang, bilingual};

impl Settings {
    pub(super) fn parse(mut raw: RawSettings) -> Result<Self, Vec<Bilingual>> {
        let mut problems = Problems::default();
        note_sandbox_application(&mut raw);
        amocrm::check_paths(&mut problems, &raw);
        pbx::check_paths(&mut problems, &raw);
        let connections = connection_names(&raw.crm);
        let services = service_names(&raw.http, &raw.crm);
        let output = output(&mut problems, &raw.output);
        let server = server(&mut problems, &raw.server);
        let console = console::parse(&mut problems, &raw.console, &server.trusted_proxies);
        let settings = Self {
            server,
            data: data(&mut problems, &raw.data),
            mappings: mappings(&mut problems, &raw.mappings),
            polls: polls(&mut problems, &raw),
            channels: channels(&mut problems, &raw),
            files: files(&mut problems, &raw),
            crm: raw
                .crm
                .into_iter()
                .filter_map(|(name, raw)| {
                    let connection = connection(&mut problems, &name, raw)?;
                    Some((name, connection))
                })
                .collect(),
            http: raw
                .http
                .into_iter()
                .filter_map(|(name, raw)| {
                    let service = http::service(&mut problems, &name, raw)?;
                    Some((name, service))
                })
                .collect(),
            amocrm: raw
                .amocrm
                .into_iter()
                .filter_map(|(name, raw)| {
                    let account = amocrm::account(&mut problems, &name, raw)?;
                    Some((name, account))
                })
                .collect(),
            pbx: pbx::parse(&mut problems, raw.pbx, &connections),
            delivery: delivery(&mut problems, &raw.delivery),
            journal: journal(&mut problems, &raw.journal),
            mail: mail::parse(&mut problems, raw.mail),
            alerts: alerts::parse(
                &mut problems,
                &raw.alerts,
                &connections,
                (&services, &output.zone),
            ),
            console,
            sandbox: sandbox(&mut problems, &raw.sandbox),
            log: log(&mut problems, raw.log),
            output,
        };
        if problems.0.is_empty() {
            Ok(settings)
        } else {
            Err(problems.0)
        }
    }
}

fn server(problems: &mut Problems, raw: &RawServer) -> ServerSettings {
    let listen = address(&raw.listen);
    let optional = |text: &str, parse: fn(&str) -> Result<SocketAddr, Bilingual>| {
        (!text.trim().is_empty())
            .then(|| parse(text.trim()))
            .transpose()
    };
    let published = optional(&raw.published, published);
    let metrics_listen = optional(&raw.metrics_listen, address);
    let allowed_hosts = raw.allowed_hosts.iter().filter_map(|text| {
        let name = host(text).and_then(|name| match name.parse::<std::net::IpAddr>() {
            Err(_) if name.contains(':') => Err(bilingual!(
                "`{text}`: write the name without its port",
                "`{text}`: напишите имя без порта"
            )),
            _ => Ok(name),
        });
        problems.keep("server.allowed_hosts", name)
    });
    let allowed_hosts = allowed_hosts.collect();
    ServerSettings {
        memory_limit: memory_limit(problems, &raw.memory_limit),
        listen: problems
            .keep("server.listen", listen)
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        published: problems.keep("server.published", published).flatten(),
        allowed_hosts,
        metrics_listen: problems
            .keep("server.metrics_listen", metrics_listen)
            .flatten(),
        trusted_proxies: problems.networks("server.trusted_proxies", &raw.trusted_proxies),
        body_limit: problems.within("server.body_limit", raw.body_limit, 1024..=64 << 20),
        value_limit: problems.within("server.value_limit", raw.value_limit, 1000..=10_000_000),
        request_timeout: problems.time_limit("server.request_timeout", &raw.request_timeout),
        // the maximum of the web server
        workers: problems.within("server.workers", raw.workers, 0..=512),
        max_connections: problems.within(
            "server.max_connections",
            raw.max_connections,
            32..=1_000_000,
        ),
        max_connections_per_address: problems.within(
            "server.max_connections_per_address",
            raw.max_connections_per_address,
            1..=1_000_000,
        ),
        backlog: u32::try_from(problems.within("server.backlog", raw.backlog, 1..=65_535))
            .unwrap_or(u32::MAX),
        keep_alive: problems.time_limit("server.keep_alive", &raw.keep_alive),
        reply_timeout: problems.time_limit("server.reply_timeout", &raw.reply_timeout),
        live_readers: problems.within("server.live_readers", raw.live_readers, 0..=10_000),
        shutdown_timeout: problems.duration("server.shutdown_timeout", &raw.shutdown_timeout),
    }
}

fn address(text: &str) -> Result<SocketAddr, Bilingual> {
    text.parse().map_err(|_| {
        bilingual!(
            "`{text}` is not an address with a port; write 127.0.0.1:8080 or [::1]:8080",
            "`{text}` — не адрес с портом; напишите 127.0.0.1:8080 или [::1]:8080"
        )
    })
}

/// Parses an address or, as Docker does, a port that is published on every address.
fn published(text: &str) -> Result<SocketAddr, Bilingual> {
    text.parse::<u16>()
        .map(|port| SocketAddr::from(([0, 0, 0, 0], port)))
        .or_else(|_| address(text))
}

fn memory_limit(problems: &mut Problems, text: &str) -> usize {
    let limit = problems.keep("server.memory_limit", bytes(text));
    let limit = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    limit.map_or(0, |limit| {
        problems.within("server.memory_limit", limit, 4 << 20..=1 << 40)
    })
}

fn data(problems: &mut Problems, raw: &RawData) -> DataSettings {
    DataSettings {
        dir: PathBuf::from(&raw.dir),
        queue_limit: problems.within("data.queue_limit", raw.queue_limit, 1..=1_000_000),
        begin_afresh: false,
    }
}

fn mappings(problems: &mut Problems, raw: &RawMappings) -> MappingSettings {
    let reload_every = problems.duration("mappings.reload_every", &raw.reload_every);
    MappingSettings {
        dir: PathBuf::from(&raw.dir),
        templates: PathBuf::from(&raw.templates),
        reload_every: Some(reload_every).filter(|every| !every.is_zero()),
        live_check_every: problems
            .keep(
                "mappings.live_check_every",
                long_duration(&raw.live_check_every),
            )
            .filter(|every| !every.is_zero()),
    }
}

fn delivery(problems: &mut Problems, raw: &RawDelivery) -> DeliverySettings {
    DeliverySettings {
        retry_first: problems.time_limit("delivery.retry_first", &raw.retry_first),
        retry_longest: problems.time_limit("delivery.retry_longest", &raw.retry_longest),
        crash_limit: u32::try_from(problems.within(
            "delivery.crash_limit",
            raw.crash_limit,
            1..=1000,
        ))
        .unwrap_or(u32::MAX),
        dictionary_age: problems.duration("delivery.dictionary_age", &raw.dictionary_age),
        search_limit: problems.within("delivery.search_limit", raw.search_limit, 50..=10_000),
    }
}

fn log(problems: &mut Problems, raw: RawLog) -> LogSettings {
    let format = match raw.format.as_str() {
        "auto" => Ok(LogFormat::Auto),
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        other => Err(bilingual!(
            "`{other}` must be one of auto, text, json",
            "`{other}` не подходит; можно auto, text, json"
        )),
    };
    LogSettings {
        filter: raw.filter,
        format: problems
            .keep("log.format", format)
            .unwrap_or(LogFormat::Auto),
    }
}

fn output(problems: &mut Problems, raw: &RawOutput) -> OutputSettings {
    let zone = problems.keep("output.zone", time_zone(&raw.zone));
    OutputSettings {
        zone: zone.unwrap_or(TimeZone::UTC),
    }
}

fn journal(problems: &mut Problems, raw: &RawJournal) -> JournalSettings {
    let keep_at_most = bytes(&raw.keep_at_most).map_err(|problem| {
        let (en, ru) = (problem.in_lang(Lang::En), problem.in_lang(Lang::Ru));
        bilingual!(
            "{en}, or 0 for no limit",
            "{ru} или 0, если без ограничения"
        )
    });
    JournalSettings {
        keep_for: problems
            .keep("journal.keep_for", long_duration(&raw.keep_for))
            .filter(|age| !age.is_zero()),
        keep_at_most: problems
            .keep("journal.keep_at_most", keep_at_most)
            .filter(|most| *most > 0),
        refused_most: problems.within("journal.refused_most", raw.refused_most, 0..=1_000_000)
            as u64,
        refused_keep: problems
            .keep("journal.refused_keep", long_duration(&raw.refused_keep))
            .filter(|age| !age.is_zero()),
    }
}

fn polls(problems: &mut Problems, raw: &RawSettings) -> PollSettings {
    let connections = connection_names(&raw.crm);
    let raw = &raw.polls;
    let without_profile = match raw.without_profile.as_str() {
        "reject" => Ok(WithoutProfile::Reject),
        "capture" => Ok(WithoutProfile::Capture),
        other => Err(bilingual!(
            "`{other}` must be reject or capture",
            "`{other}` не подходит; можно reject или capture"
        )),
    };
    PollSettings {
        base_path: problems
            .keep("polls.base_path", base_path(&raw.base_path))
            .unwrap_or_default(),
        allowed_addresses: problems.networks("polls.allowed_addresses", &raw.allowed_addresses),
        depth_limit: problems.within("polls.depth_limit", raw.depth_limit, 4..=128),
        delivered_wait: problems.duration("polls.delivered_wait", &raw.delivered_wait),
        without_profile: problems
            .keep("polls.without_profile", without_profile)
            .unwrap_or(WithoutProfile::Reject),
        captured_most: problems.within("polls.captured_most", raw.captured_most, 1..=10_000_000)
            as u64,
        employees: problems
            .keep(
                "polls.employees",
                employees::parse(&raw.employees, &connections),
            )
            .unwrap_or(EmployeeCheck::Off),
    }
}

/// Notes whether the gateway is the local application of the embedded sandbox: then that is the only
/// connection, and the settings name no portal.
fn note_sandbox_application(raw: &mut RawSettings) {
    let only = raw.crm.len() == 1;
    let sandbox = raw.crm.get(SANDBOX_CONNECTION).filter(|_| only);
    let is_it = sandbox.is_some_and(|own| own.webhook.is_none() && is_of_sandbox(own.app.as_ref()));
    if is_it {
        raw.crm.clear();
        raw.sandbox.as_application = true;
    }
}

fn sandbox(problems: &mut Problems, raw: &RawSandbox) -> SandboxSettings {
    SandboxSettings {
        as_application: raw.as_application,
        keep: raw.keep,
        public: raw.public,
        origins: raw.origins.clone(),
        limits: match raw.limits.as_str() {
            "off" => None,
            plan => problems.keep("sandbox.limits", portal_plan(plan)),
        },
    }
}

/// Checks a host of links: `files.example`, `*.files.example`, `http://10.0.0.7:8000`.
pub(super) fn link_host(text: &str) -> Result<String, Bilingual> {
    let text = text.trim().to_ascii_lowercase();
    let bare = text.strip_prefix("http://").unwrap_or(&text);
    let name = bare.strip_prefix("*.").unwrap_or(bare);
    let is_host = !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
        });
    if is_host && name != "." {
        return Ok(text);
    }
    Err(bilingual!(
        "`{text}` is not a host; write files.example, *.files.example or http://files.example:8000",
        "`{text}` — не хост; напишите files.example, *.files.example или http://files.example:8000"
    ))
}

fn files(problems: &mut Problems, whole: &RawSettings) -> FileRules {
    let raw = &whole.files;
    let limit = problems.keep("files.limit", bytes(&raw.limit));
    let limit = limit.map_or(0, |limit| {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        problems.within("files.limit", limit, 1024..=64 << 20)
    });
    let kind = |text: &String| {
        let text = text.trim();
        let is_type = match text.strip_prefix('.') {
            Some(ending) => !ending.is_empty() && !ending.contains(['/', '.']),
            None => text.split_once('/').is_some_and(|(group, name)| {
                !group.is_empty() && !group.contains('*') && !name.is_empty()
            }),
        };
        if is_type {
            Ok(text.to_owned())
        } else {
            Err(bilingual!(
                "`{text}` is not a type of files; write image/*, application/pdf or .docx",
                "`{text}` — не тип файлов; напишите image/*, application/pdf или .docx"
            ))
        }
    };
    let types = raw.types.iter();
    let hosts = raw.hosts.iter();
    FileRules {
        links: LinkRules {
            hosts: hosts
                .filter_map(|text| problems.keep("files.hosts", link_host(text)))
                .collect(),
            patience: problems.duration("files.fetch_for", &raw.fetch_for),
            timeout: problems.time_limit("files.fetch_timeout", &raw.fetch_timeout),
            total: fetch_total(problems, whole, limit),
        },
        limit,
        types: types
            .filter_map(|text| problems.keep("files.types", kind(text)))
            .collect(),
    }
}

/// Returns the limit of all fetched files of a submission; `limit` is that of one file.
fn fetch_total(problems: &mut Problems, whole: &RawSettings, limit: usize) -> usize {
    let text = whole.files.fetch_total.trim();
    if text.is_empty() {
        // an unreadable limit of channels is reported where it belongs
        let form = bytes(&whole.channels.file_limit).unwrap_or_default();
        return usize::try_from(form).unwrap_or_default().max(limit);
    }
    let total = problems.keep("files.fetch_total", bytes(text));
    let total = usize::try_from(total.unwrap_or_default()).unwrap_or(usize::MAX);
    problems.within("files.fetch_total", total, 1024..=1 << 30)
}

fn channels(problems: &mut Problems, whole: &RawSettings) -> ChannelSettings {
    let raw = &whole.channels;
    let path = base_path(&raw.base_path);
    let path = path.and_then(|path| {
        if path.trim_matches('/') == whole.polls.base_path.trim_matches('/') {
            return Err(bilingual!(
                "polls use this path; choose another one",
                "этот путь занят опросами; выберите другой"
            ));
        }
        if path.is_empty() {
            return Err(bilingual!(
                "channels need a path of their own, such as /in",
                "каналам нужен свой путь, например /in"
            ));
        }
        Ok(path)
    });
    let unknown = match raw.unknown.as_str() {
        "keep" => Ok(Unknown::Keep),
        "refuse" => Ok(Unknown::Refuse),
        other => Err(bilingual!(
            "`{other}` must be keep or refuse",
            "`{other}` не подходит; можно keep или refuse"
        )),
    };
    let file_limit = problems.keep("channels.file_limit", bytes(&raw.file_limit));
    let file_limit = file_limit.map_or(0, |limit| {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        problems.within("channels.file_limit", limit, 1024..=64 << 20)
    });
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
        file_limit,
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
        wrong_secrets: raw.wrong_secrets,
        trusted_for: problems
            .keep("channels.trusted_for", long_duration(&raw.trusted_for))
            .unwrap_or_default(),
    }
}

fn base_path(text: &str) -> Result<String, Bilingual> {
    let trimmed = text.trim_matches('/');
    if trimmed.is_empty() {
        return Ok(String::new());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    if !trimmed.chars().all(plain) || trimmed.split('/').any(|s| s.is_empty() || s == "..") {
        return Err(bilingual!(
            "`{text}` is not a valid path; write something like /polls",
            "`{text}` не подходит как путь; напишите что-нибудь вроде /polls"
        ));
    }
    if [
        "sandbox", "b24", "rest", "services", "healthz", "readyz", "metrics",
    ]
    .contains(&trimmed)
    {
        return Err(bilingual!(
            "leadgate uses `{text}` itself; choose another path",
            "путь `{text}` занят самим leadgate; выберите другой"
        ));
    }
    Ok(format!("/{trimmed}"))
}

fn connection(
    problems: &mut Problems,
    name: &str,
    raw: RawConnection,
) -> Option<ConnectionSettings> {
    let key = |field: &str| format!("crm.{name}.{field}");
    let access = access(problems, name, (raw.webhook, raw.app))?;
    let hosts = raw.redirect_hosts.iter();
    let redirect_hosts = hosts
        .filter_map(|text| problems.keep(&key("redirect_hosts"), host(text)))
        .collect();
    let timeout = problems.time_limit(&key("timeout"), raw.timeout.as_deref().unwrap_or("65s"));
    let connect_timeout = problems.time_limit(
        &key("connect_timeout"),
        raw.connect_timeout.as_deref().unwrap_or("5s"),
    );
    let plan = portal_plan(raw.plan.as_deref().unwrap_or("standard"));
    let plan = problems.keep(&key("plan"), plan)?;
    let parallel = raw.parallel.as_deref().unwrap_or("4").parse();
    let parallel = parallel.map_err(|_| bilingual!("must be a whole number", "нужно целое число"));
    let parallel = problems.keep(&key("parallel"), parallel)?;
    let parallel = problems.within(&key("parallel"), parallel, 1..=32);
    Some(ConnectionSettings {
        access,
        redirect_hosts,
        timeout,
        connect_timeout,
        plan,
        parallel,
    })
}

/// Reads how a portal is reached: by a webhook or as an application, never by both.
fn access(
    problems: &mut Problems,
    name: &str,
    written: (Option<SecretString>, Option<RawApp>),
) -> Option<CrmAccessSettings> {
    let wrong = match written {
        (Some(webhook), None) => return Some(CrmAccessSettings::Webhook(webhook)),
        (None, Some(app)) => {
            return Some(CrmAccessSettings::App(crm_app::app(problems, name, app)?));
        }
        (Some(_), Some(_)) => bilingual!(
            "is set beside crm.{name}.app; keep one of them: a portal is reached by a webhook or as an application",
            "задан вместе с crm.{name}.app; оставьте что-то одно: с порталом работают через вебхук или через приложение"
        ),
        (None, None) => {
            let variable = name.to_uppercase();
            bilingual!(
                "is missing; set LEADGATE_CRM__{variable}__WEBHOOK to the address of an inbound webhook",
                "не задан; запишите адрес входящего вебхука в LEADGATE_CRM__{variable}__WEBHOOK"
            )
        }
    };
    problems.keep(&format!("crm.{name}.webhook"), Err(wrong))
}

/// Parses `example.bitrix24.ru` or `192.0.2.1:8443`.
fn host(text: &str) -> Result<String, Bilingual> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    if text.is_empty() || !text.chars().all(is_plain) {
        return Err(bilingual!(
            "`{text}` is not a host; write example.bitrix24.ru or example.bitrix24.ru:8443, without https://",
            "`{text}` — не хост; напишите example.bitrix24.ru или example.bitrix24.ru:8443, без https://"
        ));
    }
    Ok(text.to_lowercase())
}

/// Parses `standard`, `enterprise`, `box`, or calls a second and calls at once, as in `10/500`.
fn portal_plan(word: &str) -> Result<PortalPlan, Bilingual> {
    match word {
        "standard" => Ok(PortalPlan::Standard),
        "enterprise" => Ok(PortalPlan::Enterprise),
        "box" => Ok(PortalPlan::Box),
        figures => figures
            .split_once('/')
            .and_then(|(per_second, at_once)| {
                Some(PortalPlan::Limits {
                    per_second: figure(per_second, 0.1..=10_000.0)?,
                    at_once: figure(at_once, 2.0..=1_000_000.0)?,
                })
            })
            .ok_or_else(|| {
                bilingual!(
                    "`{figures}` must be standard, enterprise, box (a portal on your own server), or calls a \
                     second and calls at once, as in 10/500",
                    "`{figures}` не подходит; можно standard, enterprise, box (портал на своём сервере) или \
                     сколько вызовов в секунду и сразу: 10/500"
                )
            }),
    }
}

/// Parses a plain number within these bounds.
fn figure(text: &str, bounds: std::ops::RangeInclusive<f64>) -> Option<f64> {
    let text = text.trim();
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = text.parse().ok().filter(|_| is_plain);
    number.filter(|number| bounds.contains(number))
}
