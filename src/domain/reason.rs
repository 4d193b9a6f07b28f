//! Why a submission waits for a person: a closed list, each with a page in `docs/errors/`.

use serde::{Deserialize, Serialize};

/// A reason for parking. Nothing parked is ever dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ParkReason {
    /// The profile that took the submission is gone or no longer takes it.
    NoProfile,
    /// The profile asks for a person when this value is missing.
    MissingValue,
    /// A value or a template could not be worked out.
    MappingFailed,
    /// A path or a test of the profile would visit too much of this packet.
    TooCostly,
    /// A list of the portal has no value with this label and the profile says `unknown: park`.
    UnknownLabel,
    /// The profile searches by a field that the portal does not have.
    UnknownField,
    /// Several contacts match and the profile says `several: park`.
    SeveralContacts,
    /// The portal refused it for good: its words are in the journal.
    RefusedByCrm,
    /// The profile names a connection that the settings lack.
    NoConnection,
    /// A fault of ours: please report it.
    InternalFault,
    /// The program ended while it worked on this submission, several times in a row.
    CrashSuspect,
}

impl ParkReason {
    /// All of them, for documentation and its test.
    pub const ALL: [Self; 11] = [
        Self::NoProfile,
        Self::MissingValue,
        Self::MappingFailed,
        Self::TooCostly,
        Self::UnknownLabel,
        Self::UnknownField,
        Self::SeveralContacts,
        Self::RefusedByCrm,
        Self::NoConnection,
        Self::InternalFault,
        Self::CrashSuspect,
    ];

    /// The stable word in the store, the journal and the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoProfile => "no-profile",
            Self::MissingValue => "missing-value",
            Self::MappingFailed => "mapping-failed",
            Self::TooCostly => "too-costly",
            Self::UnknownLabel => "unknown-label",
            Self::UnknownField => "unknown-field",
            Self::SeveralContacts => "several-contacts",
            Self::RefusedByCrm => "refused-by-crm",
            Self::NoConnection => "no-connection",
            Self::InternalFault => "internal-fault",
            Self::CrashSuspect => "crash-suspect",
        }
    }

    /// Back from the store; `None` for a word that is none of the list.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

impl std::fmt::Display for ParkReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
