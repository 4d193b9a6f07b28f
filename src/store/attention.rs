//! What waits for a person, in groups.

use jiff::Timestamp;

use crate::domain::{ParkReason, ReasonSubject, SubmissionId, VerdictReason};

/// Parked submissions of one profile, with one reason that names the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedSubject {
    /// The profile that took them, by its file.
    pub profile: Option<String>,
    /// Why they are parked.
    pub reason: ParkReason,
    /// What the reason names.
    pub subject: ReasonSubject,
    /// How many there are.
    pub count: u64,
    /// When the first of them was parked.
    pub since: Timestamp,
    /// When the last of them was parked.
    pub latest: Timestamp,
    /// One of them.
    pub example: SubmissionId,
    /// The reason of that one, in full.
    pub note: Option<VerdictReason>,
}

/// Captured submissions of one address of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturedGroup {
    /// The name of the source.
    pub source: String,
    /// The address within it.
    pub address: String,
    /// How many there are.
    pub count: u64,
    /// How many of them cannot be read: no profile can take them.
    pub unreadable: u64,
    /// When the first of them was received.
    pub since: Timestamp,
    /// When the last of them was received.
    pub latest: Timestamp,
    /// One of them.
    pub example: SubmissionId,
}
