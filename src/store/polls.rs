//! The registered polls as a whole.

use serde::{Deserialize, Serialize};

/// Identifies a state of the polls; every registration changes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollsStamp {
    /// The installation.
    pub instance: String,
    /// The number of polls.
    pub polls: u64,
    /// The number of all registrations.
    pub activations: u64,
}
