//! A second kind of step for tests.

use serde::{Deserialize, Serialize};

/// Sends a text to a test destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeStep {
    /// The test destination; `None` for the only one.
    pub destination: Option<String>,
    /// The text.
    pub text: String,
}

impl ProbeStep {
    /// The kind of its destinations.
    pub const KIND: &str = "probe";
}
