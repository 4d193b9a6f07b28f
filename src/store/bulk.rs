//! Replays of many submissions: what a person wants, the set as it was when the replay was made, and
//! how far it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ReplayBy;
use crate::domain::{ParkReason, State};

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkState {
    /// The dry run looks at each submission.
    Examining,
    /// The dry run is over; nothing is queued until a person confirms.
    Ready,
    /// Submissions are queued, a few at a time.
    Running,
    /// A person has stopped it; what was begun is still being delivered.
    Stopping,
    /// It was stopped, and nothing of it is under way.
    Stopped,
    /// Everything was delivered, parked, or left alone.
    Finished,
}

impl BulkState {
    /// All states.
    pub const ALL: [Self; 6] = [
        Self::Examining,
        Self::Ready,
        Self::Running,
        Self::Stopping,
        Self::Stopped,
        Self::Finished,
    ];

    /// Returns the stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Examining => "examining",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Finished => "finished",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Returns whether the gateway works on it.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Examining | Self::Running | Self::Stopping)
    }
}

/// The outcome of an item that a replay has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BulkOutcome {
    /// It was queued and is under way.
    Queued,
    /// The CRM has it.
    Delivered,
    /// It was parked again.
    Parked,
    /// Nothing was written: somebody else was faster, its content is gone, or its profile ignores
    /// it.
    Unchanged,
}

impl BulkOutcome {
    const ALL: [Self; 4] = [Self::Queued, Self::Delivered, Self::Parked, Self::Unchanged];

    /// Returns the stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
            Self::Unchanged => "unchanged",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// How the submissions of a replay were chosen, for people. It contains no data about persons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkChoice {
    /// Whether a person ticked them one by one.
    pub is_ticked: bool,
    /// Only in this state.
    pub state: Option<State>,
    /// Only parked for this reason.
    pub reason: Option<ParkReason>,
    /// Only those that this profile took, by its file.
    pub profile: Option<String>,
    /// Only those of this source or address: `polls/123`.
    pub source: Option<String>,
    /// Only those received at this time or later.
    pub since: Option<Timestamp>,
    /// Only those received before this time.
    pub until: Option<Timestamp>,
    /// Whether a text was searched for. The text itself is not stored.
    pub has_text: bool,
    /// Only those of which a value was left out.
    pub left_out: bool,
    /// The field that the reason names.
    pub field: Option<String>,
}

/// What to replay, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOrder {
    /// How the submissions were chosen.
    pub choice: BulkChoice,
    /// The plan to deliver.
    pub by: ReplayBy,
    /// States that are replayed beside the usual ones: rejected, delivered.
    #[serde(default)]
    pub also: Vec<State>,
    /// The step to repeat of delivered submissions.
    #[serde(default)]
    pub step: Option<String>,
    /// Whether the steps after it are repeated, too.
    #[serde(default)]
    pub is_onwards: bool,
    /// The profiles that may take the submissions, with their editions when the dry run began.
    #[serde(default)]
    pub editions: BTreeMap<String, String>,
    /// The addresses of the submissions: source and address.
    #[serde(default)]
    pub addresses: Vec<(String, String)>,
}

/// A replay to store.
#[derive(Debug, Clone)]
pub struct NewBulkReplay {
    /// When it is made.
    pub at: Timestamp,
    /// By whom.
    pub who: String,
    /// What to do.
    pub order: BulkOrder,
    /// The submissions by their places in the order of acceptance.
    pub places: Vec<i64>,
}

/// A stored replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkReplay {
    /// Its number.
    pub id: i64,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom.
    pub who: String,
    /// How far it is.
    pub state: BulkState,
    /// What to do.
    pub order: BulkOrder,
    /// When it was confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// By whom.
    pub confirmed_by: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What the dry run says about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkExamined {
    /// The submission.
    pub place: i64,
    /// What would become of it, as JSON.
    pub fate: String,
    /// Whether it would be queued.
    pub is_taken: bool,
}

/// How many items have one fate and one outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkCount {
    /// What the dry run says, as JSON; `None` before it has looked.
    pub fate: Option<String>,
    /// Whether they are queued after the confirmation.
    pub is_taken: bool,
    /// Their outcomes; `None` before they are begun.
    pub outcome: Option<BulkOutcome>,
    /// How many there are.
    pub count: u64,
}

/// Which items of a replay to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkItems {
    /// Those with this fate.
    Fate(String),
    /// Those with this outcome.
    Outcome(BulkOutcome),
}
