//! The SMTP client: one connection for a list of letters. It knows at which command an exchange
//! failed, and so whether the server may have taken the letter.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Noop, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use secrecy::{ExposeSecret as _, SecretString};

use super::content::LetterContent;
use super::error::{network, reply};
use super::{Letter, MailError, ServerReply};
use crate::domain::{MailCause, MailSender};

/// How long leadgate says goodbye; the letters are sent by then.
const FAREWELL: Duration = Duration::from_secs(1);

/// The slowest line that letters with files are made for, in bytes a second.
const SLOWEST: usize = 64 * 1024;

/// How to reach a mail server.
#[derive(Debug, Clone)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailTls,
    /// The user and the password, if the server wants a sign-in.
    pub login: Option<(String, SecretString)>,
    /// A certificate authority to trust besides those of the machine, as PEM.
    pub authority: Option<Vec<u8>>,
    /// The sender of all letters.
    pub from: MailSender,
    /// How long the server may take for each answer.
    pub timeout: Duration,
    /// The most bytes of a letter.
    pub letter_limit: u64,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From its beginning.
    Implicit,
    /// By `STARTTLS`, which the server has to offer.
    StartTls,
    /// Not at all.
    Off,
}

/// Sends letters through one mail server.
pub struct Mailer {
    server: MailServer,
    tls: Option<TlsParameters>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailer").field(&self.address()).finish()
    }
}

/// How a letter fared: the server's confirmation, or why there is none.
type Sent = Result<ServerReply, MailError>;

impl Mailer {
    /// Prepares a mailer; nothing is sent yet.
    ///
    /// # Errors
    /// If the certificates cannot be used.
    pub fn new(server: MailServer) -> Result<Self, MailError> {
        let unusable = |error: SmtpError| MailError::Unreachable(network(&error));
        let tls = match server.tls {
            MailTls::Off => None,
            MailTls::Implicit | MailTls::StartTls => {
                let mut tls = TlsParameters::builder(server.host.clone());
                if let Some(pem) = &server.authority {
                    tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(unusable)?);
                }
                Some(tls.build_rustls().map_err(unusable)?)
            }
        };
        Ok(Self { server, tls })
    }

    /// Returns the server and its port.
    pub fn address(&self) -> String {
        format!("{}:{}", self.server.host, self.server.port)
    }

    /// Returns the sender of all letters.
    pub fn from(&self) -> &MailSender {
        &self.server.from
    }

    /// Returns the most bytes of a letter.
    pub fn letter_limit(&self) -> u64 {
        self.server.letter_limit
    }

    /// Sends letters over one connection; returns how each fared, in order.
    pub async fn send(&self, letters: &[Letter], now: Timestamp) -> Vec<Sent> {
        let mut results: Vec<Sent> = Vec::with_capacity(letters.len());
        let mut open = None;
        for letter in letters {
            if results.len() == letters.len() {
                break;
            }
            let message = match letter.write(&self.server.from, now) {
                Ok(message) => message,
                Err(error) => {
                    results.push(Err(error));
                    continue;
                }
            };
            let connection = match open.take() {
                Some(connection) => Ok(connection),
                None => Box::pin(self.connect()).await,
            };
            let mut connection = match connection {
                Ok(connection) => connection,
                Err(error) => {
                    // the others would fail, too
                    results.resize(letters.len(), Err(error));
                    return results;
                }
            };
            let sent = Box::pin(self.hand_over(&mut connection, &message)).await;
            if self.is_usable(&mut connection, &sent).await {
                open = Some(connection);
            }
            results.push(sent);
            if let [.., Err(last), Err(sent)] = results.as_slice()
                && last.is_silence()
                && sent.is_silence()
            {
                // each of the others would wait as long
                let silent = MailError::Unreachable(MailCause::TwoSilences);
                results.resize(letters.len(), Err(silent));
            }
        }
        if let Some(mut connection) = open {
            // the server has confirmed the letters; nobody needs its goodbye
            drop(tokio::time::timeout(FAREWELL, connection.quit()).await);
        }
        results
    }

    /// Checks with a sign-in, and without a letter, whether the server works.
    pub async fn check(&self) -> Result<(), MailError> {
        let mut connection = Box::pin(self.connect()).await?;
        let working = self.answer(connection.command(Noop)).await;
        drop(tokio::time::timeout(FAREWELL, connection.quit()).await);
        working.map(drop).map_err(before_the_letter)
    }

    /// Opens a connection and signs in.
    async fn connect(&self) -> Result<Box<AsyncSmtpConnection>, MailError> {
        let MailServer { host, port, .. } = &self.server;
        let hello = ClientId::Domain(self.server.from.email.domain().to_owned());
        let implicit = self.tls.clone();
        let implicit = implicit.filter(|_| self.server.tls == MailTls::Implicit);
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (host.as_str(), *port),
            Some(self.server.timeout),
            &hello,
            implicit,
            None,
        );
        let connection = self.answer(connecting).await;
        let mut connection = connection.map_err(at_the_door)?;
        if self.server.tls == MailTls::StartTls {
            let Some(tls) = self.tls.clone().filter(|_| connection.can_starttls()) else {
                return Err(MailError::Unreachable(MailCause::NoStarttls));
            };
            let upgraded = self.answer(connection.starttls(tls, &hello)).await;
            upgraded.map_err(at_the_door)?;
        }
        if let Some((user, password)) = &self.server.login {
            let password = password.expose_secret().to_owned();
            let credentials = Credentials::new(user.clone(), password);
            let mechanisms = [Mechanism::Plain, Mechanism::Login];
            let signed_in = self
                .answer(connection.auth(&mechanisms, &credentials))
                .await;
            signed_in.map_err(of_all_letters)?;
        }
        Ok(Box::new(connection))
    }

    /// Hands one letter over.
    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &lettre::Message,
    ) -> Sent {
        let envelope = message.envelope();
        let mut parameters = Vec::new();
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        if !envelope.to().iter().all(is_ascii) {
            if !connection
                .server_info()
                .supports_feature(Extension::SmtpUtfEight)
            {
                return Err(MailError::Unwritable(MailCause::NationalLetters));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(envelope.from().cloned(), parameters);
        let mail = self.answer(connection.command(mail)).await;
        mail.map_err(of_all_letters)?;
        for recipient in envelope.to() {
            let recipient = Rcpt::new(recipient.clone(), Vec::new());
            let recipient = self.answer(connection.command(recipient)).await;
            recipient.map_err(before_the_letter)?;
        }
        let data = self.answer(connection.command(Data)).await;
        data.map_err(before_the_letter)?;
        // from here on the server may have taken it
        let content = message.formatted();
        let limit = self.server.timeout + time_for(content.len());
        let taken = match LetterContent::of(&content) {
            Some(content) => within(limit, connection.command(content)).await,
            None => within(limit, connection.message(&content)).await,
        };
        match taken.map_err(before_the_letter) {
            Ok(response) => Ok(ServerReply::from(&response)),
            Err(MailError::Unreachable(cause)) => Err(MailError::Unconfirmed(cause)),
            Err(refusal) => Err(refusal),
        }
    }

    /// Returns whether the next letter can use the connection.
    async fn is_usable(&self, connection: &mut AsyncSmtpConnection, sent: &Sent) -> bool {
        match sent {
            Ok(_) => !connection.has_broken(),
            // 421 announces that the server closes the connection
            Err(MailError::Refused(reply) | MailError::Deferred(reply)) if reply.code != 421 => {
                self.answer(connection.command(Rset)).await.is_ok()
            }
            Err(MailError::Unwritable(_)) => true,
            Err(_) => false,
        }
    }

    /// Waits for an answer, as long as the server may take.
    async fn answer<T>(
        &self,
        exchange: impl Future<Output = Result<T, SmtpError>>,
    ) -> Result<T, Failure> {
        within(self.server.timeout, exchange).await
    }
}

/// Waits for an answer for this long.
async fn within<T>(
    limit: Duration,
    exchange: impl Future<Output = Result<T, SmtpError>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(limit, exchange).await {
        Ok(answered) => answered.map_err(Failure::Smtp),
        Err(_) => Err(Failure::Silence(limit)),
    }
}

/// Returns how long the content of a letter may travel, beside the wait for the answer.
fn time_for(bytes: usize) -> Duration {
    Duration::from_secs(u64::try_from(bytes / SLOWEST).unwrap_or(u64::MAX))
}

/// Why an exchange gave no positive answer.
enum Failure {
    Smtp(SmtpError),
    /// The server was silent for this long.
    Silence(Duration),
}

fn silence(limit: Duration) -> MailCause {
    MailCause::Silence {
        ms: u64::try_from(limit.as_millis()).unwrap_or(u64::MAX),
    }
}

/// A failure while the connection is opened. A refusal here is not about a letter.
fn at_the_door(failure: Failure) -> MailError {
    MailError::Unreachable(match failure {
        Failure::Silence(limit) => silence(limit),
        Failure::Smtp(error) => match reply(&error) {
            Some(reply) => MailCause::Greeting {
                code: reply.code,
                words: reply.text.into(),
            },
            None => network(&error),
        },
    })
}

/// A failure at the sign-in or at the sender's address, which are the same for all letters.
fn of_all_letters(failure: Failure) -> MailError {
    match before_the_letter(failure) {
        MailError::Refused(reply) => MailError::Denied(reply),
        other => other,
    }
}

/// A failure before the server could take the letter.
fn before_the_letter(failure: Failure) -> MailError {
    match failure {
        Failure::Silence(limit) => MailError::Unreachable(silence(limit)),
        Failure::Smtp(error) => match reply(&error) {
            Some(reply) if error.is_permanent() => MailError::Refused(reply),
            Some(reply) => MailError::Deferred(reply),
            None => MailError::Unreachable(network(&error)),
        },
    }
}
