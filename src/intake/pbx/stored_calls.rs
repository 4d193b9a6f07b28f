//! Finds the stored submission of a record: another record of its call may have come before, and the
//! same record may have come before, too. Ids are not trusted to be unique for ever: PBXs use them
//! again.

use serde_json::Value;

use super::records::{Incoming, call_of};
use super::source::{PbxSource, RecordDetails};
use super::{PbxIntake, SOURCE};
use crate::domain::json::Bounds;
use crate::domain::{Source, SourceKind as _, SubmissionId};
use crate::inbox::{KnownSubmission, StoreError};
use crate::pbx::{are_two_clients, is_one_call, may_be_received};

/// The most calls with one id.
const MOST_OF_ID: usize = 64;

/// The stored submission of a record.
pub(super) struct StoredCall {
    pub(super) known: KnownSubmission,
    /// Whether it has the key of the record, so that the record has come before.
    pub(super) is_own: bool,
}

/// Where a record belongs.
pub(super) enum RecordHome {
    /// It belongs to a stored submission.
    Stored(StoredCall),
    /// It is that of a new call, whose submission gets this key.
    New(String),
}

/// What was found of a record.
pub(super) struct FoundCall {
    pub(super) home: RecordHome,
    /// The keys of the record under which nothing is stored.
    pub(super) unknown: Vec<String>,
}

impl Incoming<'_> {
    /// Returns the key of the record and that of its session, each once.
    fn keys(&self) -> Vec<&str> {
        let Self {
            record,
            session,
            told,
            ..
        } = self;
        let mut keys = vec![record.key.as_str()];
        for key in [session, told].into_iter().flatten() {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        keys
    }

    /// Returns whether the record may be one of the call of this submission.
    fn may_belong_to(&self, stored: &StoredCall) -> bool {
        let StoredCall { known, is_own } = stored;
        // a counter may begin again; other ids are unique for ever
        if *is_own && !is_counter(&self.record.key) {
            return true;
        }
        let Some(later) = call_of(&self.record.packet) else {
            return true;
        };
        if known.raw.is_empty() {
            return may_be_received(later, known.received_at);
        }
        let packet = PbxSource.decode(&known.source, &known.raw, Bounds::STORED);
        let packet = packet.unwrap_or_default();
        call_of(&packet).is_none_or(|call| {
            is_one_call(call, later) && (*is_own || !are_two_clients(call, later))
        })
    }
}

impl PbxIntake {
    /// Finds the submission of a record, or of its call.
    pub(super) async fn find_call(&self, incoming: &Incoming<'_>) -> Result<FoundCall, StoreError> {
        let record = incoming.record;
        let own_keys = incoming.keys();
        // the number of this record, as earlier releases have stored it, may be the id of another one
        let old_key = record.old_key.as_deref();
        let mut keys = own_keys.clone();
        keys.extend(old_key);
        let stored = self.stored(incoming, &keys).await?;
        let is_stored = |key: &&str| {
            let place = keys.iter().position(|own| own == key);
            place.is_some_and(|place| matches!(stored.get(place), Some(Some(_))))
        };
        let unknown: Vec<String> = own_keys
            .into_iter()
            .filter(|key| !is_stored(key))
            .map(str::to_owned)
            .collect();
        for (key, known) in keys.iter().zip(&stored) {
            let is_own = *key == record.key || Some(*key) == old_key;
            let Some(known) = known else {
                continue;
            };
            if Some(*key) == old_key && !has_key(known, &record.key) {
                continue;
            }
            let whole = self.whole(incoming, known).await?;
            let stored = whole.map(|known| StoredCall { known, is_own });
            if let Some(stored) = stored.filter(|stored| incoming.may_belong_to(stored)) {
                let home = RecordHome::Stored(stored);
                return Ok(FoundCall { home, unknown });
            }
        }
        let home = self.further_home(incoming, &unknown).await?;
        Ok(FoundCall { home, unknown })
    }

    /// Returns where a record belongs of which no other call has the id, or only others have.
    async fn further_home(
        &self,
        incoming: &Incoming<'_>,
        unknown: &[String],
    ) -> Result<RecordHome, StoreError> {
        let record = incoming.record;
        let base = incoming.base_key();
        if unknown.iter().any(|key| key == base) {
            return Ok(RecordHome::New(base.to_owned()));
        }
        let further: Vec<String> = (2..=MOST_OF_ID).map(|n| format!("{base}/{n}")).collect();
        let keys: Vec<&str> = further.iter().map(String::as_str).collect();
        let stored = self.stored(incoming, &keys).await?;
        for (key, known) in further.iter().zip(stored) {
            let Some(known) = known else {
                return Ok(RecordHome::New(key.clone()));
            };
            let is_own = false;
            let stored = StoredCall { known, is_own };
            if incoming.may_belong_to(&stored) {
                return Ok(RecordHome::Stored(stored));
            }
        }
        tracing::warn!(pbx = %incoming.pbx.0, "the PBX gives many calls the same id: its records are not joined");
        Ok(RecordHome::New(if unknown.contains(&record.key) {
            record.key.clone()
        } else {
            format!("{}/{}", record.key, SubmissionId::fresh())
        }))
    }

    async fn stored(
        &self,
        incoming: &Incoming<'_>,
        keys: &[&str],
    ) -> Result<Vec<Option<KnownSubmission>>, StoreError> {
        let sources = keys.iter();
        let sources = sources.map(|key| Source::new(SOURCE, incoming.pbx.0, *key));
        self.receiver.inbox.known(sources.collect()).await
    }

    /// Returns the submission of the whole call, if this one only remembers a record of it.
    async fn whole(
        &self,
        incoming: &Incoming<'_>,
        known: &KnownSubmission,
    ) -> Result<Option<KnownSubmission>, StoreError> {
        let details: RecordDetails = known.source.details().unwrap_or_default();
        let Some(call) = details.part_of else {
            return Ok(Some(known.clone()));
        };
        let whole = self.stored(incoming, &[&call]).await?;
        Ok(whole.into_iter().next().flatten())
    }
}

/// Returns whether the key of a record is a number that a PBX may use again.
fn is_counter(key: &str) -> bool {
    let number = key.strip_prefix("id:").unwrap_or(key);
    number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a stored record has this key. Of a purged one nothing else is known.
fn has_key(known: &KnownSubmission, key: &str) -> bool {
    if known.raw.is_empty() {
        return true;
    }
    let packet = PbxSource.decode(&known.source, &known.raw, Bounds::STORED);
    let packet = packet.unwrap_or_default();
    let id = call_of(&packet).and_then(|call| call.get("id"));
    id.and_then(Value::as_str) == Some(key)
}
