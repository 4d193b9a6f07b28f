//! One thing that came in.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ContactId, EntityKind, RecordId, Repairs, Source, SubmissionId};

/// The key under which a submission is stored once: never a hash of the body, because two honest
/// submissions may have equal bodies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(String);

impl Identity {
    /// Back from the store.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a submission became in the CRM, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Became {
    /// The contact that was found or created.
    pub contact: Option<ContactId>,
    /// The lead or deal that was found or created.
    pub record: Option<(EntityKind, RecordId)>,
}

/// One thing that came in: what was received, and what it says.
#[derive(Clone)]
pub struct Submission {
    /// Ours, made on receipt; also the CRM's `ORIGIN_ID`.
    pub id: SubmissionId,
    /// Who sent it.
    pub source: Source,
    /// When it came.
    pub received_at: Timestamp,
    /// The body as it came, untouched, so that a replay is a true replay.
    pub raw: bytes::Bytes,
    /// The decoded body, or as much of it as intake has to look at.
    pub body: Value,
    /// What had to be put right before the body could be read: its history says so.
    pub repairs: Repairs,
}

impl fmt::Debug for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("id", &self.id)
            .field("source", &self.source)
            .field("received_at", &self.received_at)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish_non_exhaustive()
    }
}
