//! What a sender tells later of a submission that is stored, such as another record of one call.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;

use super::queue::Arrival;
use crate::domain::{Source, State};

/// A submission that is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct KnownSubmission {
    /// Its source, with the details that are stored.
    pub source: Source,
    /// Its state.
    pub state: State,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its body; empty if nothing is left of it.
    pub raw: Bytes,
}

/// What is added to a stored submission.
pub(crate) struct Extension {
    /// The later request, with the details that the submission has from now on.
    pub(crate) arrival: Arrival,
    /// The details that it had when they were read.
    pub(crate) before: String,
    /// The names of the steps that are delivered again.
    pub(crate) steps: Vec<String>,
}

/// Omits the body and the key: they may be personal data.
impl fmt::Debug for KnownSubmission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownSubmission")
            .field("source", &self.source)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
