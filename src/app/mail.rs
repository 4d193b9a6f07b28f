//! The mail server: that of the settings, or the mailbox of the sandbox.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::config::{MailEncryption, MailSettings, Settings};
use crate::delivery::mail::{MailDestination, MailServer, MailTls, Mailer};
use crate::domain::{BilingualError, Clock, Destination, MailSender, MailStep, bilingual, failed};
use crate::pipeline::Destinations;

/// The file in the data folder that says where the sandbox's mailbox listens.
const MAILBOX_FILE: &str = "sandbox-mailbox";

/// The sender of mail to the sandbox.
const SANDBOX_SENDER: &str = "leadgate@sandbox.example";

/// The most bytes of a letter to the sandbox: the default of `mail.letter_limit`.
const SANDBOX_LIMIT: u64 = 20 << 20;

/// Prepares the mail server of the settings, or the mailbox at this address; `None` if there is
/// neither.
pub(super) fn mailer(
    settings: &Settings,
    mailbox: Option<SocketAddr>,
) -> anyhow::Result<Option<Mailer>> {
    let server = match (&settings.mail, mailbox) {
        (Some(mail), _) => server(mail)?,
        (None, Some(address)) => mailbox_server(address)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(Mailer::new(server).map_err(failed(
        "mail.server cannot be used",
        "mail.server не подходит",
    ))?))
}

/// Adds the mail server to the destinations of steps.
pub(super) fn insert_into(
    destinations: &mut Destinations,
    mailer: Option<&Arc<Mailer>>,
    clock: &Arc<dyn Clock>,
) {
    if let Some(mailer) = mailer {
        let server = MailDestination::new(Arc::clone(mailer), Arc::clone(clock));
        let destination = Destination::new(MailStep::KIND, MailStep::SERVER);
        destinations.insert(destination, Arc::new(server));
    }
}

/// Returns the sender of letters, of the settings or of the sandbox; `None` if neither has a mail
/// server.
pub fn mail_sender(settings: &Settings) -> Option<MailSender> {
    let sandbox = || MailSender::parse(SANDBOX_SENDER).filter(|_| settings.crm.is_empty());
    let mail = settings.mail.as_ref();
    mail.map(|mail| mail.from.clone()).or_else(sandbox)
}

fn server(mail: &MailSettings) -> anyhow::Result<MailServer> {
    let authority = mail.ca_file.as_ref().map(|file| {
        std::fs::read(file).map_err(|error| {
            let file = file.display();
            let text = bilingual!(
                "mail.ca_file: cannot read {file}",
                "mail.ca_file: не удаётся прочитать {file}"
            );
            BilingualError::because(text, error)
        })
    });
    Ok(MailServer {
        host: mail.host.clone(),
        port: mail.port,
        tls: match mail.encryption {
            MailEncryption::Implicit => MailTls::Implicit,
            MailEncryption::StartTls => MailTls::StartTls,
            MailEncryption::Off => MailTls::Off,
        },
        login: mail.login.clone(),
        authority: authority.transpose()?,
        from: mail.from.clone(),
        timeout: mail.timeout,
        letter_limit: mail.letter_limit,
    })
}

fn mailbox_server(address: SocketAddr) -> anyhow::Result<MailServer> {
    Ok(MailServer {
        host: address.ip().to_string(),
        port: address.port(),
        tls: MailTls::Off,
        login: None,
        authority: None,
        from: MailSender::parse(SANDBOX_SENDER).context("the sandbox has no sender")?,
        timeout: Duration::from_secs(30),
        letter_limit: SANDBOX_LIMIT,
    })
}

/// Prepares the same for a command that runs beside the gateway. The sandbox's mailbox is that of
/// the gateway on this data folder.
pub fn command_mailer(settings: &Settings) -> anyhow::Result<Option<Mailer>> {
    let mailbox = std::fs::read_to_string(mailbox_file(&settings.data.dir));
    let mailbox = mailbox.ok().and_then(|text| text.trim().parse().ok());
    mailer(settings, mailbox.filter(|_| settings.crm.is_empty()))
}

/// Writes down where the mailbox listens, for commands.
pub(super) fn publish_mailbox(data: &Path, address: SocketAddr) {
    if let Err(error) = std::fs::write(mailbox_file(data), address.to_string()) {
        tracing::debug!(error = %error, "commands will not find the mailbox of the sandbox");
    }
}

fn mailbox_file(data: &Path) -> PathBuf {
    data.join(MAILBOX_FILE)
}
