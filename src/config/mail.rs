//! `[mail]`: the server that mail is sent through.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::flexible::text;
use super::parse::Problems;
use super::raw::optional_secret;
use crate::domain::MailSender;

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
}

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
    if raw.server.trim().is_empty() {
        return None;
    }
    let server = problems.keep("mail.server", server(&raw.server))?;
    let from = MailSender::parse(&raw.from).ok_or_else(|| match raw.from.trim() {
        "" => "is missing; write the sender's address, such as leadgate@example.com".to_owned(),
        other => format!(
            "`{other}` is not an address; write leadgate@example.com or Name <leadgate@example.com>"
        ),
    });
    let from = problems.keep("mail.from", from)?;
    let encryption = match (raw.tls.as_str(), server.is_implicit) {
        ("on", true) => Ok(MailEncryption::Implicit),
        ("on", false) => Ok(MailEncryption::StartTls),
        ("off", true) => {
            Err("smtps:// is always encrypted; write smtp:// or tls = \"on\"".to_owned())
        }
        ("off", false) if server.user.is_some() && !is_local(&server.host) => Err(
            "would send the password unencrypted; only a server on this machine may ask for one"
                .to_owned(),
        ),
        ("off", false) => Ok(MailEncryption::Off),
        (other, _) => Err(format!("`{other}` must be on or off")),
    };
    let encryption = problems.keep("mail.tls", encryption)?;
    let has_password = !secrecy::ExposeSecret::expose_secret(&raw.password).is_empty();
    let login = match (server.user, has_password) {
        (Some(user), true) => Ok(Some((user, raw.password))),
        (None, false) => Ok(None),
        (Some(_), false) => Err("is missing; mail.server names a user".to_owned()),
        (None, true) => {
            Err("is set, and mail.server names no user; write smtps://USER@HOST".to_owned())
        }
    };
    Some(MailSettings {
        host: server.host,
        port: server.port,
        encryption,
        login: problems.keep("mail.password", login)?,
        from,
        ca_file: (!raw.ca_file.trim().is_empty()).then(|| PathBuf::from(raw.ca_file.trim())),
        timeout,
    })
}

/// The parts of `smtps://user@smtp.example.com:465`.
struct Server {
    is_implicit: bool,
    user: Option<String>,
    host: String,
    port: u16,
}

/// Parses the address of the server. Its problems never repeat the text, which may contain a
/// password.
fn server(text: &str) -> Result<Server, String> {
    let example = "write smtps://USER@smtp.example.com, or smtp:// for a server with STARTTLS";
    let (scheme, rest) = text
        .trim()
        .split_once("://")
        .ok_or_else(|| format!("is not the address of a mail server; {example}"))?;
    let is_implicit = match scheme.to_ascii_lowercase().as_str() {
        "smtps" => true,
        "smtp" => false,
        _ => return Err(format!("has an unknown scheme; {example}")),
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    // a user may be an address himself
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, rest),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(
            "contains a password; set it by mail.password, LEADGATE_MAIL__PASSWORD or \
             LEADGATE_MAIL__PASSWORD_FILE"
                .to_owned(),
        );
    }
    let user = user.map(|user| {
        percent_encoding::percent_decode_str(user)
            .decode_utf8_lossy()
            .into_owned()
    });
    let (host, port) = match place.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (
            host,
            port.parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or("has a port that is no number from 1 to 65535")?,
        ),
        _ => (place, if is_implicit { 465 } else { 587 }),
    };
    let host = host.trim_matches(['[', ']']);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if host.is_empty() || !host.chars().all(is_plain) || user.as_deref() == Some("") {
        return Err(format!("is not the address of a mail server; {example}"));
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
