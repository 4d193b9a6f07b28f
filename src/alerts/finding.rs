//! What needs attention, as data; `message` has the words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::amocrm::AmoTrouble;
use crate::delivery::PauseReason;

/// The kinds of alerts. Each has at most one message in a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// Submissions wait for a person.
    Parked,
    /// A destination has been paused for long.
    Paused,
    /// Profiles do not fit their portal.
    Profiles,
    /// Submissions have waited for long.
    Backlog,
    /// The disk is nearly full.
    Disk,
    /// A source that usually sends is silent.
    Silence,
    /// An amoCRM account refuses the token, or its hook does not work.
    Amocrm,
    /// The application of a portal has no tokens any more.
    Application,
}

impl AlertKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Parked,
        Self::Paused,
        Self::Profiles,
        Self::Backlog,
        Self::Disk,
        Self::Silence,
        Self::Amocrm,
        Self::Application,
    ];

    /// Returns the word of the metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Paused => "paused",
            Self::Profiles => "profiles",
            Self::Backlog => "backlog",
            Self::Disk => "disk",
            Self::Silence => "silence",
            Self::Amocrm => "amocrm",
            Self::Application => "application",
        }
    }
}

/// What an alert is about. Two findings with one subject are the same alert.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Submissions of one profile that are parked for one reason.
    Parked {
        /// The profile, by its file.
        profile: String,
        /// The reason's word.
        reason: String,
    },
    /// A destination.
    Paused {
        /// `crm:main`.
        destination: String,
    },
    /// The profiles of a connection.
    Profiles {
        /// Its name.
        crm: String,
    },
    /// What waits for delivery.
    Backlog,
    /// The disk of the data folder.
    Disk,
    /// An address of a source.
    Silence {
        /// The name of the source.
        source: String,
        /// The address within it.
        address: String,
    },
    /// An amoCRM account.
    Amocrm {
        /// Its name in the settings.
        account: String,
        /// What is wrong.
        trouble: AmoTrouble,
    },
    /// The application of a portal.
    Application {
        /// The name of the connection.
        crm: String,
    },
}

impl Subject {
    /// Returns the kind of the alert.
    pub fn kind(&self) -> AlertKind {
        match self {
            Self::Parked { .. } => AlertKind::Parked,
            Self::Paused { .. } => AlertKind::Paused,
            Self::Profiles { .. } => AlertKind::Profiles,
            Self::Backlog => AlertKind::Backlog,
            Self::Disk => AlertKind::Disk,
            Self::Silence { .. } => AlertKind::Silence,
            Self::Amocrm { .. } => AlertKind::Amocrm,
            Self::Application { .. } => AlertKind::Application,
        }
    }
}

/// Something that needs attention now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub subject: Subject,
    /// How many: submissions, problems; free bytes of a disk.
    pub count: u64,
    /// Since when; `None` if nobody knows.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// When the last of several was parked.
    #[serde(default)]
    pub latest: Option<Timestamp>,
    /// Why a destination is paused.
    #[serde(default)]
    pub cause: Option<Cause>,
}

/// Why a destination is paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It asks for fewer requests.
    Throttled,
    /// It cannot be reached.
    Unreachable,
    /// It gives no usable answer.
    Unanswered,
    /// It rejects the credentials.
    Denied,
}

impl From<PauseReason> for Cause {
    fn from(reason: PauseReason) -> Self {
        match reason {
            PauseReason::Throttled => Self::Throttled,
            PauseReason::Unreachable => Self::Unreachable,
            PauseReason::Unanswered => Self::Unanswered,
            PauseReason::Denied => Self::Denied,
        }
    }
}
