//! The ways by which people are told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::message::{Message, Voice};
use super::outbox::Way;
use crate::config::AlertSettings;
use crate::crm::{Connection, CrmError};
use crate::delivery::mail::{Letter, MailError, Mailer};
use crate::domain::SourceKinds;

/// How long one way may take. The portal's budget may keep a notice waiting behind deliveries.
const LIMIT: Duration = Duration::from_secs(120);

/// What messages are sent with.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// The mail server, if there is one.
    pub mailer: Option<Arc<Mailer>>,
    /// The portal that notifies employees, if there are any to notify.
    pub connection: Option<Arc<Connection>>,
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// Mail failed.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Bitrix24 failed.
    #[error(transparent)]
    Crm(#[from] CrmError),
    /// There is no mail server.
    #[error("there is no mail server; set mail.server")]
    NoMailServer,
    /// There is no portal.
    #[error("the connection alerts.crm is not there")]
    NoConnection,
    /// It took too long.
    #[error("it took longer than {} s", LIMIT.as_secs())]
    TooLong,
}

impl fmt::Display for Way {
    /// Names the way for the log: of an address only the domain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mail(email) => write!(f, "mail to …@{}", email.domain()),
            Self::Bitrix24(employee) => write!(f, "notice to employee {employee}"),
        }
    }
}

impl Way {
    /// Returns all ways of the settings.
    pub fn all(settings: &AlertSettings) -> Vec<Self> {
        let mail = settings.mail.iter().cloned().map(Self::Mail);
        let employees = settings.bitrix24.iter().copied().map(Self::Bitrix24);
        mail.chain(employees).collect()
    }
}

/// A message for one recipient.
pub(super) struct Outgoing {
    /// Tells the messages apart, the same for every attempt.
    pub(super) id: String,
    pub(super) way: Way,
    pub(super) message: Message,
}

impl Ways {
    /// Sends a test message every way of the settings, and returns how each went.
    pub async fn test(
        &self,
        settings: &AlertSettings,
        now: Timestamp,
    ) -> Vec<(Way, Result<(), AlertError>)> {
        let message = Voice::new(settings, SourceKinds::default()).test();
        let ways = Way::all(settings);
        let outgoing = ways.iter().enumerate().map(|(index, way)| Outgoing {
            id: format!("test.{}.{index}", now.as_microsecond()),
            way: way.clone(),
            message: message.clone(),
        });
        let results = self.send(outgoing.collect(), now).await;
        ways.into_iter().zip(results).collect()
    }

    /// Sends messages, all ways at the same time; returns how each went, in order.
    pub(super) async fn send(
        &self,
        outgoing: Vec<Outgoing>,
        now: Timestamp,
    ) -> Vec<Result<(), AlertError>> {
        join_all(outgoing.into_iter().map(|one| async move {
            match tokio::time::timeout(LIMIT, self.send_one(one, now)).await {
                Ok(sent) => sent,
                Err(_) => Err(AlertError::TooLong),
            }
        }))
        .await
    }

    async fn send_one(&self, outgoing: Outgoing, now: Timestamp) -> Result<(), AlertError> {
        let Message { title, body } = outgoing.message;
        match outgoing.way {
            Way::Mail(email) => {
                let mailer = self.mailer.as_ref().ok_or(AlertError::NoMailServer)?;
                let letter = Letter {
                    id: format!("alert.{}", outgoing.id),
                    to: vec![email],
                    reply_to: None,
                    subject: title,
                    text: body,
                    html: None,
                    attachments: Vec::new(),
                };
                let sent = mailer.send(std::slice::from_ref(&letter), now).await;
                sent.into_iter().collect::<Result<(), MailError>>()?;
            }
            Way::Bitrix24(employee) => {
                let connection = self.connection.as_ref().ok_or(AlertError::NoConnection)?;
                let text = format!("{title}\n\n{body}");
                connection.notify(employee, &text).await?;
            }
        }
        Ok(())
    }
}
