//! `[mail]`: the server that mail is sent through.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::flexible::text;
use super::problems::Problems;
use super::raw::optional_secret;
use super::units::bytes;
use crate::domain::{Bilingual, Lang, MailSender, bilingual};

/// The section as written.
#[derive(Debug, Deserialize)]
pub(super) struct RawMail {
    #[serde(deserialize_with = "text")]
    server: String,
    #[serde(deserialize_with = "optional_secret")]
    password: SecretString,
    #[serde(deserialize_with = "text")]
    from: String,
    #[serde(deserialize_with = "text")]
    tls: String,
    #[serde(deserialize_with = "text")]
    ca_file: String,
    #[serde(deserialize_with = "text")]
    timeout: String,
    #[serde(deserialize_with = "text")]
    letter_limit: String,
}

/// The least `letter_limit`, in bytes.
const SHORTEST_LIMIT: u64 = 1 << 10;

/// The mail server.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: MailEncryption,
    /// The user and the password, if there is a sign-in.
    pub login: Option<(String, SecretString)>,
    /// The sender of all mail.
    pub from: MailSender,
    /// A file with a certificate authority to trust besides those of the machine.
    pub ca_file: Option<PathBuf>,
    /// How long the server may take for each answer.
    pub timeout: Duration,
    /// The most bytes of a letter with its files.
    pub letter_limit: u64,
}

/// How a connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailEncryption {
    /// From its beginning: `smtps://`.
    Implicit,
    /// By `STARTTLS`, which the server has to offer: `smtp://`.
    StartTls,
    /// Not at all: `tls = "off"`.
    Off,
}

/// Reads the section; `None` without a server.
pub(super) fn parse(problems: &mut Problems, raw: RawMail) -> Option<MailSettings> {
    let timeout = problems.time_limit("mail.timeout", &raw.timeout);
    let letter_limit = problems.keep("mail.letter_limit", letter_limit(&raw.letter_limit));
    if raw.server.trim().is_empty() {
        return None;
    }
    let server = problems.keep("mail.server", server(&raw.server))?;
    let from = MailSender::parse(&raw.from).ok_or_else(|| match raw.from.trim() {
        "" => bilingual!(
            "is missing; write the sender's address, such as leadgate@example.com",
            "не задан; напишите адрес отправителя, например leadgate@example.com"
        ),
        other => bilingual!(
            "`{other}` is not an address; write leadgate@example.com or Name <leadgate@example.com>",
            "`{other}` — не адрес; напишите leadgate@example.com или Имя <leadgate@example.com>"
        ),
    });
    let from = problems.keep("mail.from", from)?;
    let encryption = match (raw.tls.as_str(), server.is_implicit) {
        ("on", true) => Ok(MailEncryption::Implicit),
        ("on", false) => Ok(MailEncryption::StartTls),
        ("off", true) => Err(bilingual!(
            "smtps:// is always encrypted; write smtp:// or tls = \"on\"",
            "smtps:// всегда шифруется; напишите smtp:// или tls = \"on\""
        )),
        ("off", false) if server.user.is_some() && !is_local(&server.host) => Err(bilingual!(
            "would send the password unencrypted; only a server on this machine may ask for one",
            "пароль ушёл бы без шифрования; это можно только с сервером на этой машине"
        )),
        ("off", false) => Ok(MailEncryption::Off),
        (other, _) => Err(bilingual!(
            "`{other}` must be on or off",
            "`{other}` не подходит; можно on или off"
        )),
    };
    let encryption = problems.keep("mail.tls", encryption)?;
    Some(MailSettings {
        host: server.host,
        port: server.port,
        encryption,
        login: problems.keep("mail.password", login(server.user, raw.password))?,
        from,
        ca_file: (!raw.ca_file.trim().is_empty()).then(|| PathBuf::from(raw.ca_file.trim())),
        timeout,
        letter_limit: letter_limit?,
    })
}

/// Parses the most bytes of a letter. A few bytes hold no letter: a unit is missing.
fn letter_limit(text: &str) -> Result<u64, Bilingual> {
    match bytes(text)? {
        0 => Ok(u64::MAX),
        1..SHORTEST_LIMIT => Err(bilingual!(
            "`{text}` holds no letter; write 20MB",
            "`{text}` — письмо не поместится; напишите 20MB"
        )),
        limit => Ok(limit),
    }
}

/// Returns the user with the password.
fn login(
    user: Option<String>,
    password: SecretString,
) -> Result<Option<(String, SecretString)>, Bilingual> {
    let has_password = !secrecy::ExposeSecret::expose_secret(&password).is_empty();
    match (user, has_password) {
        (Some(user), true) => Ok(Some((user, password))),
        (None, false) => Ok(None),
        (Some(_), false) => Err(bilingual!(
            "is missing; mail.server names a user",
            "не задан, а в mail.server есть имя пользователя"
        )),
        (None, true) => Err(bilingual!(
            "is set, and mail.server names no user; write smtps://USER@HOST",
            "задан, а имени пользователя в mail.server нет; напишите smtps://ИМЯ@ХОСТ"
        )),
    }
}

/// The parts of `smtps://user@smtp.example.com:465`.
struct Server {
    is_implicit: bool,
    user: Option<String>,
    host: String,
    port: u16,
}

/// Says what is wrong with the address of the server, and how to write it.
fn wrong(what: Bilingual<&str>) -> Bilingual {
    let (en, ru) = (what.pick(Lang::En), what.pick(Lang::Ru));
    bilingual!(
        "{en}; write smtps://USER@smtp.example.com, or smtp:// for a server with STARTTLS",
        "{ru}; напишите smtps://ИМЯ@smtp.example.com или smtp:// для сервера со STARTTLS"
    )
}

/// What is no address of a mail server.
const NO_SERVER: Bilingual<&str> = Bilingual::new(
    "is not the address of a mail server",
    "это не адрес почтового сервера",
);

/// Parses the address of the server. Its problems never repeat the text, which may contain a
/// password.
fn server(text: &str) -> Result<Server, Bilingual> {
    let (scheme, rest) = text
        .trim()
        .split_once("://")
        .ok_or_else(|| wrong(NO_SERVER))?;
    let is_implicit = match scheme.to_ascii_lowercase().as_str() {
        "smtps" => true,
        "smtp" => false,
        _ => {
            return Err(wrong(Bilingual::new(
                "has an unknown scheme",
                "неизвестная схема",
            )));
        }
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    // a user may be an address himself
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, rest),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(bilingual!(
            "contains a password; set it by mail.password, LEADGATE_MAIL__PASSWORD or \
             LEADGATE_MAIL__PASSWORD_FILE",
            "здесь пароль; задайте его через mail.password, LEADGATE_MAIL__PASSWORD или \
             LEADGATE_MAIL__PASSWORD_FILE"
        ));
    }
    let user = user.map(|user| {
        percent_encoding::percent_decode_str(user)
            .decode_utf8_lossy()
            .into_owned()
    });
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (
            host,
            port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                bilingual!(
                    "has a port that is no number from 1 to 65535",
                    "порт — не число от 1 до 65535"
                )
            })?,
        ),
        _ => (place, if is_implicit { 465 } else { 587 }),
    };
    let host = host.trim_matches(['[', ']']);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if host.is_empty() || !host.chars().all(is_plain) || user.as_deref() == Some("") {
        return Err(wrong(NO_SERVER));
    }
    Ok(Server {
        is_implicit,
        user,
        host: host.to_owned(),
        port,
    })
}

fn is_local(host: &str) -> bool {
    let address: Option<IpAddr> = host.parse().ok();
    host == "localhost" || address.is_some_and(|address| address.is_loopback())
}
