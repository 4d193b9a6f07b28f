//! `[alerts]`: who is told when something needs attention, and what counts as that.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::flexible::{list, scalar, text};
use super::problems::Problems;
use super::units::{bytes, long_duration};
use crate::domain::{Bilingual, Email, Lang, bilingual};

/// The section as written.
#[derive(Debug, Deserialize)]
pub(super) struct RawAlerts {
    #[serde(deserialize_with = "list")]
    mail: Vec<String>,
    #[serde(deserialize_with = "list")]
    bitrix24: Vec<String>,
    #[serde(deserialize_with = "text")]
    crm: String,
    #[serde(deserialize_with = "text")]
    http: String,
    #[serde(deserialize_with = "text")]
    http_path: String,
    #[serde(deserialize_with = "text")]
    http_json: String,
    #[serde(deserialize_with = "text")]
    lang: String,
    #[serde(deserialize_with = "text")]
    link: String,
    #[serde(deserialize_with = "text")]
    every: String,
    #[serde(deserialize_with = "text")]
    quiet: String,
    #[serde(deserialize_with = "text")]
    zone: String,
    #[serde(deserialize_with = "text")]
    look_every: String,
    #[serde(deserialize_with = "scalar")]
    parked: bool,
    #[serde(deserialize_with = "scalar")]
    profiles: bool,
    #[serde(deserialize_with = "scalar")]
    amocrm: bool,
    #[serde(deserialize_with = "text")]
    paused_after: String,
    #[serde(deserialize_with = "text")]
    backlog_after: String,
    #[serde(deserialize_with = "text")]
    disk_free: String,
    #[serde(deserialize_with = "text")]
    silence: String,
    #[serde(deserialize_with = "list")]
    silence_of: Vec<String>,
}

/// Alerts: to whom, when, about what.
#[derive(Debug, Clone)]
pub struct AlertSettings {
    /// Addresses that get them by mail.
    pub mail: Vec<Email>,
    /// Employees that get them as notices of Bitrix24.
    pub bitrix24: Vec<u32>,
    /// The connection whose portal sends these notices; empty without employees.
    pub crm: String,
    /// The HTTP service that gets them.
    pub http: Option<HttpAlert>,
    /// The language of the messages.
    pub lang: Lang,
    /// Where the messages lead; empty for nowhere.
    pub link: String,
    /// The shortest time between two messages of one kind.
    pub every: Duration,
    /// When no message is sent.
    pub quiet: Option<QuietHours>,
    /// The time zone of the quiet hours and of the times in messages.
    pub zone: TimeZone,
    /// How often the gateway looks.
    pub look_every: Duration,
    /// Whether parked submissions are reported.
    pub parked: bool,
    /// Whether profiles that do not fit their portal are reported.
    pub profiles: bool,
    /// Whether amoCRM accounts are reported that refuse the token, or whose hooks do not work.
    pub amocrm: bool,
    /// How long a destination may be paused; `None` for no alert.
    pub paused_after: Option<Duration>,
    /// How old a submission that waits may be; `None` for no alert.
    pub backlog_after: Option<Duration>,
    /// Free bytes below which the disk is nearly full; `None` for no alert.
    pub disk_free: Option<u64>,
    /// When a source is silent.
    pub silence: Silence,
    /// The same for single sources, by `source/address`.
    pub silence_of: BTreeMap<String, Silence>,
}

/// How an HTTP service gets alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAlert {
    /// Its name in the settings.
    pub service: String,
    /// The path below its address; empty for the address itself.
    pub path: String,
    /// The body. `{{text}}` in a text is the message, `{{title}}` its first line.
    pub json: Value,
}

/// When a source counts as silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Never.
    Off,
    /// When it was active at these hours of the last two weeks.
    Habit,
    /// After this time without a submission.
    After(Duration),
}

/// Hours of the day in which no message is sent; they may include midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// The beginning.
    pub from: Time,
    /// The end.
    pub to: Time,
}

impl AlertSettings {
    /// Returns whether anybody is told.
    pub fn is_on(&self) -> bool {
        !self.mail.is_empty() || !self.bitrix24.is_empty() || self.http.is_some()
    }

    /// Returns when a source is silent.
    pub fn silence_of(&self, source: &str, address: &str) -> Silence {
        let own = self.silence_of.get(&format!("{source}/{address}"));
        own.copied().unwrap_or(self.silence)
    }
}

impl QuietHours {
    /// Returns whether this time of the day is quiet.
    pub fn contains(self, time: Time) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

/// Reads the section; `connections` are the names of the CRM connections, `services` those of the
/// HTTP services.
pub(super) fn parse(
    problems: &mut Problems,
    raw: &RawAlerts,
    connections: &[String],
    (services, shown_zone): (&[String], &TimeZone),
) -> AlertSettings {
    let mail = raw.mail.iter();
    let mail = mail.filter_map(|text| problems.keep("alerts.mail", recipient(text)));
    let mail = mail.collect();
    let employees = raw.bitrix24.iter().filter_map(|text| {
        let id = text.trim().parse().ok().filter(|id| *id > 0);
        let id = id.ok_or_else(|| {
            bilingual!(
                "`{text}` is not the id of an employee, such as 1",
                "`{text}` — не номер сотрудника, например 1"
            )
        });
        problems.keep("alerts.bitrix24", id)
    });
    let bitrix24: Vec<u32> = employees.collect();
    let crm = if bitrix24.is_empty() {
        Ok(String::new())
    } else {
        connection(&raw.crm, connections)
    };
    let quiet = (!raw.quiet.trim().is_empty()).then(|| quiet(&raw.quiet));
    let silence_of = raw.silence_of.iter().filter_map(|text| {
        let entry = silence_entry(text);
        problems.keep("alerts.silence_of", entry)
    });
    let silence_of = silence_of.collect();
    AlertSettings {
        mail,
        bitrix24,
        crm: problems.keep("alerts.crm", crm).unwrap_or_default(),
        http: http(problems, raw, services),
        lang: problems
            .keep("alerts.lang", language(&raw.lang))
            .unwrap_or_default(),
        link: problems
            .keep("alerts.link", link(&raw.link))
            .unwrap_or_default(),
        every: problems.duration("alerts.every", &raw.every),
        quiet: quiet.and_then(|quiet| problems.keep("alerts.quiet", quiet)),
        zone: problems
            .keep("alerts.zone", zone(&raw.zone, shown_zone))
            .unwrap_or(TimeZone::UTC),
        look_every: problems.time_limit("alerts.look_every", &raw.look_every),
        parked: raw.parked,
        profiles: raw.profiles,
        amocrm: raw.amocrm,
        paused_after: limit(problems, "alerts.paused_after", &raw.paused_after),
        backlog_after: limit(problems, "alerts.backlog_after", &raw.backlog_after),
        disk_free: problems
            .keep("alerts.disk_free", bytes(&raw.disk_free))
            .filter(|bytes| *bytes > 0),
        silence: problems
            .keep("alerts.silence", silence(&raw.silence))
            .unwrap_or(Silence::Off),
        silence_of,
    }
}

fn recipient(text: &str) -> Result<Email, Bilingual> {
    Email::parse(text).ok_or_else(|| {
        bilingual!(
            "`{text}` is not an e-mail address",
            "`{text}` — не адрес почты"
        )
    })
}

fn language(text: &str) -> Result<Lang, Bilingual> {
    Lang::parse(text).ok_or_else(|| {
        bilingual!(
            "`{text}` must be ru or en",
            "`{text}` не подходит; можно ru или en"
        )
    })
}

/// Parses a time after which something is reported; zero is never.
fn limit(problems: &mut Problems, key: &str, text: &str) -> Option<Duration> {
    let limit = problems.keep(key, long_duration(text));
    limit.filter(|limit| !limit.is_zero())
}

fn connection(name: &str, connections: &[String]) -> Result<String, Bilingual> {
    match (name.trim(), connections) {
        ("", [only]) => Ok(only.clone()),
        ("", several) => {
            let several = several.join(", ");
            Err(bilingual!(
                "is missing; name the connection whose portal sends the notices: {several}",
                "не задано; назовите подключение, портал которого отправит уведомления: {several}"
            ))
        }
        (name, all) if all.iter().any(|one| one == name) => Ok(name.to_owned()),
        (name, all) => {
            let all = all.join(", ");
            Err(bilingual!(
                "`{name}` is not a connection; the settings have {all}",
                "подключения `{name}` нет; в настройках есть {all}"
            ))
        }
    }
}

fn http(problems: &mut Problems, raw: &RawAlerts, services: &[String]) -> Option<HttpAlert> {
    let service = raw.http.trim();
    if service.is_empty() {
        return None;
    }
    let known = services.iter().any(|one| one == service);
    let known = known.then_some(()).ok_or_else(|| match services {
        [] => bilingual!(
            "`{service}` is not an HTTP service; add [http.{service}] with its url",
            "сервиса `{service}` нет; добавьте [http.{service}] с его url"
        ),
        all => {
            let all = all.join(", ");
            bilingual!(
                "`{service}` is not an HTTP service; the settings have {all}",
                "сервиса `{service}` нет; в настройках есть {all}"
            )
        }
    });
    problems.keep("alerts.http", known)?;
    let path = raw.http_path.trim();
    let is_path = path.is_empty() || path.starts_with('/');
    let is_path = is_path.then_some(()).ok_or_else(|| {
        bilingual!(
            "`{path}` is not a path; write one such as /sendMessage",
            "`{path}` — не путь; напишите, например, /sendMessage"
        )
    });
    problems.keep("alerts.http_path", is_path)?;
    let json = serde_json::from_str(&raw.http_json).map_err(|error| {
        bilingual!(
            "is not JSON: {error}; write '{{\"text\": \"{{{{text}}}}\"}}'",
            "это не JSON; напишите '{{\"text\": \"{{{{text}}}}\"}}'"
        )
    });
    Some(HttpAlert {
        service: service.to_owned(),
        path: path.to_owned(),
        json: problems.keep("alerts.http_json", json)?,
    })
}

fn link(text: &str) -> Result<String, Bilingual> {
    let text = text.trim();
    let is_address = ["http://", "https://"].iter().any(|scheme| {
        text.strip_prefix(scheme)
            .is_some_and(|rest| !rest.is_empty())
    });
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || is_address && is_plain {
        Ok(text.to_owned())
    } else {
        Err(bilingual!(
            "`{text}` is not an address; write https://leadgate.example.com",
            "`{text}` — не адрес; напишите https://leadgate.example.com"
        ))
    }
}

/// Parses `22:00-08:00`.
fn quiet(text: &str) -> Result<QuietHours, Bilingual> {
    let time = |text: &str| {
        let text = text.trim();
        // jiff takes more than a clock shows
        let is_clock = text.len() == 5 && text.bytes().all(|it| it.is_ascii_digit() || it == b':');
        text.parse::<Time>().ok().filter(|_| is_clock)
    };
    let hours = text.split_once('-').and_then(|(from, to)| {
        Some(QuietHours {
            from: time(from)?,
            to: time(to)?,
        })
    });
    hours.filter(|hours| hours.from != hours.to).ok_or_else(|| {
        bilingual!(
            "`{text}` is not a time of the day; write 22:00-08:00",
            "`{text}` — не время суток; напишите 22:00-08:00"
        )
    })
}

/// Parses a time zone; without one it is that of the output.
fn zone(text: &str, shown: &TimeZone) -> Result<TimeZone, Bilingual> {
    match text.trim() {
        "" => Ok(shown.clone()),
        name => TimeZone::get(name).map_err(|_| {
            bilingual!(
                "`{name}` is not a time zone; write Europe/Moscow",
                "`{name}` — не часовой пояс; напишите Europe/Moscow"
            )
        }),
    }
}

fn silence(text: &str) -> Result<Silence, Bilingual> {
    match text.trim() {
        "off" => Ok(Silence::Off),
        "habit" => Ok(Silence::Habit),
        time => match long_duration(time) {
            Ok(time) if !time.is_zero() => Ok(Silence::After(time)),
            _ => Err(bilingual!(
                "`{time}` must be off, habit, or a time such as 6h",
                "`{time}` не подходит; можно off, habit или время, например 6h"
            )),
        },
    }
}

/// Parses `channels/landing: 6h`.
fn silence_entry(text: &str) -> Result<(String, Silence), Bilingual> {
    let (source, silent) = text.split_once(':').ok_or_else(|| {
        bilingual!(
            "`{text}` names no time; write channels/landing: 6h",
            "в `{text}` нет времени; напишите channels/landing: 6h"
        )
    })?;
    let source = source.trim();
    let has_address = source
        .split_once('/')
        .is_some_and(|(name, address)| !name.is_empty() && !address.is_empty());
    if !has_address {
        return Err(bilingual!(
            "`{source}` is not a source; write channels/NAME or polls/NUMBER",
            "`{source}` — не источник; напишите channels/ИМЯ или polls/НОМЕР"
        ));
    }
    Ok((source.to_owned(), silence(silent)?))
}
