//! A request that was refused before it became a submission.

use std::fmt;

use bytes::Bytes;
use jiff::Timestamp;

/// A refused request as it is stored: never with a token, a header or a query.
#[derive(Clone, PartialEq, Eq)]
pub struct Refused {
    /// When it was received.
    pub at: Timestamp,
    /// The sender's address, if it is known.
    pub address: Option<String>,
    /// What it was sent to: `polls/postAnswer`, `channels/shop`; of a path that leads nowhere its
    /// known beginning, as in `/polls/…`.
    pub source: String,
    /// Its method.
    pub method: String,
    /// The status of the reply.
    pub status: u16,
    /// The reason, as a stable code: `unauthorized`.
    pub code: String,
    /// The length of its body in bytes, as far as known.
    pub size: u64,
    /// The body, if it could not be decoded. Long bodies are cut.
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
