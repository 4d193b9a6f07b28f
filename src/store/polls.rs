//! The registered polls as a whole.

use serde::{Deserialize, Serialize};

/// Tells one state of the polls from another: no two registrations leave the same one behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollsStamp {
    /// Whose polls.
    pub instance: String,
    /// How many there are.
    pub polls: u64,
    /// How often they were registered, all together.
    pub activations: u64,
}
