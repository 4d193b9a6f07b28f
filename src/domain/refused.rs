//! A request that was refused before it became a submission.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;

/// What is kept of a refused request: never a token, a header or a query.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// When it came.
    pub at: Timestamp,
    /// The sender's address; `None` when nobody can tell it.
    pub address: Option<String>,
    /// What it was sent to: `polls/postAnswer`, `channels/shop`; of a path that leads nowhere its known
    /// beginning, as in `/polls/…`.
    pub source: String,
    /// Its method.
    pub method: String,
    /// The status that it was answered.
    pub status: u16,
    /// Why, as a stable word: `unauthorized`.
    pub code: String,
    /// The length of its body in bytes, as far as it is known.
    pub size: u64,
    /// The body of one that could not be read; longer ones are cut.
    pub body: Option<Bytes>,
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused")
            .field("at", &self.at)
            .field("source", &self.source)
            .field("status", &self.status)
            .field("code", &self.code)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}
