//! Planned faults of the mailbox, each at one moment of an SMTP session.

use serde::{Deserialize, Serialize};

use crate::simulator::faults::Times;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MailFaultKind {
    /// 450 for a sender and recipient that the server has not seen together before; the next try
    /// passes (RFC 6647).
    Greylist,
    /// 4xx: the server asks to try again later.
    TryLater {
        /// Where.
        #[serde(default)]
        at: MailStage,
    },
    /// 5xx: the server refuses for good.
    RefuseMail {
        /// Where.
        #[serde(default)]
        at: MailStage,
    },
    /// 535: wrong user or password.
    LoginRejected,
    /// The letter is stored and the connection breaks before the answer.
    LostReply,
    /// The letter is stored and the answer does not come for a while; then the connection breaks.
    HoldMailReply {
        /// Milliseconds.
        ms: u64,
    },
    /// The connection breaks before the letter is stored.
    LostLetter,
    /// Every answer of one session takes this long.
    SlowMail {
        /// Milliseconds.
        ms: u64,
    },
    /// The server accepts the connection and says nothing.
    SilentServer {
        /// Milliseconds until it closes the connection.
        ms: u64,
    },
    /// The server closes the connection at once.
    ClosedPort,
    /// 421 instead of a greeting.
    BusyServer,
    /// The server does not offer STARTTLS.
    NoStarttls,
    /// The server answers the TLS handshake with garbage.
    BrokenTls,
}

/// The command at which a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStage {
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    #[default]
    Recipient,
    /// `DATA`.
    Data,
    /// After the letter.
    Letter,
}

/// The moment of a session at which a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Moment {
    /// When a client connects.
    Connect,
    /// For the whole session.
    Session,
    /// At EHLO.
    Hello,
    /// At the TLS handshake.
    Handshake,
    /// At AUTH.
    Login,
    /// At the command of this stage.
    Command(MailStage),
    /// When a letter has come, before it is stored.
    Before,
    /// After it was stored.
    After,
}

impl MailFaultKind {
    fn moment(&self) -> Moment {
        match self {
            Self::Greylist => Moment::Command(MailStage::Recipient),
            Self::TryLater { at } | Self::RefuseMail { at } => Moment::Command(*at),
            Self::LoginRejected => Moment::Login,
            Self::LostReply | Self::HoldMailReply { .. } => Moment::After,
            Self::LostLetter => Moment::Before,
            Self::SlowMail { .. } => Moment::Session,
            Self::SilentServer { .. } | Self::ClosedPort | Self::BusyServer => Moment::Connect,
            Self::NoStarttls => Moment::Hello,
            Self::BrokenTls => Moment::Handshake,
        }
    }
}

/// A fault and the sessions that it affects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MailFault {
    /// What goes wrong.
    #[serde(flatten)]
    pub kind: MailFaultKind,
    /// Only letters to this address; faults before `RCPT TO` ignore it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// How often it occurs.
    #[serde(default)]
    pub times: Times,
}

/// The planned faults.
#[derive(Debug, Default)]
pub(super) struct MailPlan {
    waiting: Vec<MailFault>,
    dice: u64,
}

impl MailPlan {
    pub(super) fn add(&mut self, fault: MailFault) {
        self.waiting.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn waiting(&self) -> &[MailFault] {
        &self.waiting
    }

    /// Returns the fault that occurs now: the first planned one for this moment and one of these
    /// recipients.
    pub(super) fn strike(&mut self, moment: Moment, to: &[String]) -> Option<MailFaultKind> {
        for at in 0..self.waiting.len() {
            let Some(fault) = self.waiting.get_mut(at) else {
                break;
            };
            let is_aimed = fault
                .to
                .as_ref()
                .is_none_or(|wanted| to.is_empty() || to.contains(wanted));
            if fault.kind.moment() != moment || !is_aimed {
                continue;
            }
            if fault.times.strike(&mut self.dice) {
                let kind = fault.kind.clone();
                if fault.times == Times::Next(0) {
                    self.waiting.remove(at);
                }
                return Some(kind);
            }
        }
        None
    }
}
