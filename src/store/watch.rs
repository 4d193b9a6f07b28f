//! The answers that those who watch the gateway ask for again and again.

use jiff::Timestamp;

use crate::domain::{ParkReason, State};

/// The parked submissions of one profile and reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedGroup {
    /// The profile that took them, by its file.
    pub profile: Option<String>,
    /// Why they are parked.
    pub reason: ParkReason,
    /// How many there are.
    pub count: u64,
    /// When the first of them was parked.
    pub since: Timestamp,
    /// When the last of them was parked.
    pub latest: Timestamp,
}

/// The submissions that are queued, leased or waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many there are.
    pub count: u64,
    /// When the oldest of them was received.
    pub oldest: Timestamp,
}

/// The submissions of an hour that are in one state now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HourCount {
    /// When the hour begins, in UTC.
    pub hour: Timestamp,
    /// The state.
    pub state: State,
    /// How many there are.
    pub count: u64,
}

/// A submission as a sign that its source works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The name of its source.
    pub source: String,
    /// The address within the source.
    pub address: String,
    /// When it was received.
    pub at: Timestamp,
    /// Whether it is in quarantine: strangers may have sent it.
    pub is_captured: bool,
}

/// From where to read arrivals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrivedAfter {
    /// Those that were received at this time or later.
    Time(Timestamp),
    /// Those that were accepted after this one.
    Seq(i64),
}
