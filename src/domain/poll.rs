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

/// What `postPoll` told about a poll, as it was when an answer came: stored with the answer. The
/// employee is left out: an answer would keep it for as long as the answer is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollFacts {
    /// Its number in the portal.
    pub id: PollId,
    /// Its short name, if the portal sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The language of the poll.
    pub language: Lang,
}

impl PollFacts {
    /// The names that profiles use: `$poll.language`.
    pub const NAMES: [&str; 3] = ["id", "name", "language"];
}

impl From<&Poll> for PollFacts {
    fn from(poll: &Poll) -> Self {
        Self {
            id: poll.id,
            name: poll.name.clone(),
            language: poll.language,
        }
    }
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
