//! Test leads: marked as such, and delivered like all others.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::decision::taker;
use super::{SOURCES, polls};
use crate::domain::{Repairs, Source, SourceKind, Submission, SubmissionId};
use crate::inbox::Inbox;
use crate::mapping::{Profile, ProfileSet};
use crate::store::StoreError;

/// Queues a test lead for this profile. If it is queued through an inbox of its own, the running
/// gateway finds it within two seconds.
///
/// # Errors
/// If it cannot be stored.
pub async fn queue_trial(
    inbox: &Inbox,
    (profiles, profile): (&ProfileSet, &Profile),
    (source, body): (Source, &Value),
    received_at: Timestamp,
) -> Result<SubmissionId, StoreError> {
    let id = SubmissionId::fresh();
    let submission = Submission {
        id,
        source: source.as_trial(),
        received_at,
        raw: Bytes::from(body.to_string()),
        body: Value::Null,
        repairs: Repairs::default(),
    };
    let taker = taker(profiles, profile);
    inbox.accept(&submission, Some(taker)).await?;
    Ok(id)
}

/// Returns a packet with an invented person, as the gateway's announcement shows it, from a source
/// that no other submission has.
pub fn sample(now: Timestamp) -> Option<(Source, Value)> {
    let body: Value = serde_json::from_str(polls::EXAMPLE_ANSWER).ok()?;
    let mut kinds = SOURCES.into_iter();
    let (kind, source) = kinds.find_map(|kind| Some((kind, kind.of_packet(None, &body)?)))?;
    let key = SourceKind::trial_key(kind, SubmissionId::fresh(), now);
    Some((source.with_key(key), body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_has_a_source_of_its_own() {
        let at = |second| sample(Timestamp::from_second(second).unwrap()).unwrap();
        let (first, body) = at(1);
        let (second, _) = at(2);
        assert_ne!(first.identity(), second.identity());
        assert_eq!(first.name(), "polls");
        assert!(body["data"]["phone"].is_string());
    }
}
