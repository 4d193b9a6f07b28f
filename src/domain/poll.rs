//! Registered polls of the survey portal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Email, Lang, PollId};

/// A poll that the survey portal has connected to us by `postPoll`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The portal's number for it.
    pub id: PollId,
    /// Its short name, if the portal sent one.
    pub name: Option<String>,
    /// The language in which its sender is answered.
    pub language: Lang,
    /// Who switched the integration on most recently, if the portal said so.
    pub employee: Option<Email>,
    /// When it was registered first.
    pub registered_at: Timestamp,
    /// When it was registered most recently.
    pub activated_at: Timestamp,
    /// How often it has been registered: 1 after the first time.
    pub activations: u32,
}

/// One `postPoll`: what the portal said of the poll, by whom, when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The poll.
    pub id: PollId,
    /// Its short name, if sent.
    pub name: Option<String>,
    /// Its language.
    pub language: Lang,
    /// The employee who switched the integration on.
    pub employee: Option<Email>,
    /// When the request came.
    pub at: Timestamp,
}
