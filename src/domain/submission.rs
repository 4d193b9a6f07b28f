//! Submissions.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CompanyId, ContactId, EntityKind, RecordId, Repairs, Source, SubmissionId};

/// What makes two deliveries the same submission. Never a hash of the body, because two submissions
/// may have equal bodies.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(String);

/// The last part may be a person's address, so `Debug` shows `channels/shop/…`.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = self.0.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(address), Some(_)) => write!(f, "Identity({name}/{address}/…)"),
            _ => f.write_str("Identity(…)"),
        }
    }
}

impl Identity {
    /// Restores what the store holds.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a submission became in the CRM, as far as known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Became {
    /// The contact that was found or created.
    pub contact: Option<ContactId>,
    /// The company that was found or created.
    pub company: Option<CompanyId>,
    /// The lead or deal that was found or created.
    pub record: Option<(EntityKind, RecordId)>,
}

/// A submission: what was received, and its decoded body.
#[derive(Clone)]
pub struct Submission {
    /// Its id, created on receipt; also the CRM's `ORIGIN_ID`.
    pub id: SubmissionId,
    /// Where it came from.
    pub source: Source,
    /// When it was received.
    pub received_at: Timestamp,
    /// The body as received, so that a replay is a true replay.
    pub raw: bytes::Bytes,
    /// The decoded body, or the part of it that intake needs.
    pub body: Value,
    /// What had to be repaired before the body could be decoded; the journal shows it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_an_identity_without_its_key() {
        for (text, shown) in [
            (
                "channels/shop/anna@mail.example",
                "Identity(channels/shop/…)",
            ),
            (
                "channels/shop/a/anna@mail.example",
                "Identity(channels/shop/…)",
            ),
            ("polls/123/1", "Identity(polls/123/…)"),
            ("odd/anna@mail.example", "Identity(…)"),
            ("anna@mail.example", "Identity(…)"),
            ("", "Identity(…)"),
        ] {
            let identity = Identity::from_stored(text.to_owned());
            assert_eq!(format!("{identity:?}"), shown);
        }
    }
}
