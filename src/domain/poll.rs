//! Registered polls of the survey portal.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Email, Lang, PollId};

/// A poll that the survey portal has connected to us by `postPoll`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// Its number in the portal.
    pub id: PollId,
    /// Its short name, if the portal sent one.
    pub name: Option<String>,
    /// The language of replies to its sender.
    pub language: Lang,
    /// The employee who connected it most recently, if the portal named one.
    pub employee: Option<Email>,
    /// When it was registered first.
    pub registered_at: Timestamp,
    /// When it was registered most recently.
    pub activated_at: Timestamp,
    /// The number of times it has been registered.
    pub activations: u32,
}

/// One `postPoll` request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// The poll.
    pub id: PollId,
    /// Its short name, if sent.
    pub name: Option<String>,
    /// Its language.
    pub language: Lang,
    /// The employee who connected it.
    pub employee: Option<Email>,
    /// When the request was received.
    pub at: Timestamp,
}
