//! What can go wrong between leadgate and a mail server.

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::response::Response;

use crate::crm::innermost_failure;
use crate::domain::{Lang, MailCause, MailFailure};

/// Why a letter was not sent, or may not have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// No connection, or it broke before the letter was handed over.
    #[error("the mail server cannot be reached: {}", .0.to_text(Lang::En))]
    Unreachable(MailCause),
    /// The server rejects the sign-in or the sender, so that it would refuse every letter.
    #[error("the mail server rejects the sign-in or the sender: {0}")]
    Denied(ServerReply),
    /// The server asks to try again later (4xx); nothing was sent.
    #[error("the mail server asks to try again later: {0}")]
    Deferred(ServerReply),
    /// The server refuses this letter (5xx); nothing was sent.
    #[error("the mail server refuses the letter: {0}")]
    Refused(ServerReply),
    /// The letter was handed over and the server's answer was lost: it may have been sent.
    #[error("the mail server did not confirm the letter: {}", .0.to_text(Lang::En))]
    Unconfirmed(MailCause),
    /// The letter cannot be written as a mail.
    #[error("the letter cannot be written: {}", .0.to_text(Lang::En))]
    Unwritable(MailCause),
}

/// An answer of the server. It may quote an address, so only the code is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerReply {
    /// The three digits.
    pub code: u16,
    /// The server's words.
    pub text: String,
}

impl ServerReply {
    /// Returns the whole answer: `250 2.0.0 queued`.
    pub fn words(&self) -> String {
        format!("{} {}", self.code, self.text).trim().to_owned()
    }
}

impl From<&Response> for ServerReply {
    fn from(response: &Response) -> Self {
        let lines: Vec<&str> = response.message().collect();
        Self {
            code: response.code().into(),
            text: lines.join(" "),
        }
    }
}

impl std::fmt::Display for ServerReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.code)
    }
}

impl std::fmt::Debug for ServerReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ServerReply({})", self.code)
    }
}

impl MailError {
    /// Returns whether no answer came.
    pub(super) fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Unconfirmed(_))
    }

    /// Returns the failure as data, for the journal.
    pub fn failure(&self) -> MailFailure {
        let words = |reply: &ServerReply| reply.text.as_str().into();
        match self {
            Self::Unreachable(why) => MailFailure::Unreachable(why.clone()),
            Self::Denied(reply) => MailFailure::Denied {
                code: reply.code,
                words: words(reply),
            },
            Self::Deferred(reply) => MailFailure::Deferred {
                code: reply.code,
                words: words(reply),
            },
            Self::Refused(reply) => MailFailure::Refused {
                code: reply.code,
                words: words(reply),
            },
            Self::Unconfirmed(why) => MailFailure::Unconfirmed(why.clone()),
            Self::Unwritable(why) => MailFailure::Unwritable(why.clone()),
        }
    }

    /// Returns the server's whole answer, if there was one.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Denied(reply) | Self::Deferred(reply) | Self::Refused(reply) => {
                Some(reply.words())
            }
            Self::Unreachable(_) | Self::Unconfirmed(_) | Self::Unwritable(_) => None,
        }
    }
}

/// Returns the server's negative answer, if the error is one.
pub(super) fn reply(error: &SmtpError) -> Option<ServerReply> {
    let code = error.status()?;
    let text = std::error::Error::source(error).map(ToString::to_string);
    Some(ServerReply {
        code: code.into(),
        text: text.unwrap_or_default(),
    })
}

/// Returns the error of the network or of TLS.
pub(super) fn network(error: &SmtpError) -> MailCause {
    MailCause::Network(innermost_failure(error))
}
