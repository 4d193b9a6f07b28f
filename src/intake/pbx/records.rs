//! Stores the records of calls as submissions, and the recordings that belong to them.

use std::sync::Arc;

use serde_json::Value;

use super::reply::Refused;
use super::source::{PbxSource, RecordDetails};
use super::{Pbx, PbxIntake, SOURCE, count};
use crate::domain::{Phone, Repairs, Source, Submission, SubmissionId, VerdictReason};
use crate::inbox::{Accepted, Reception, StoreError};
use crate::intake::decision;
use crate::pbx::{CallRecord, RecordingNotice};

impl PbxIntake {
    /// Stores the record of a call. It is on disk when this returns.
    pub(super) async fn store(
        &self,
        name: &str,
        pbx: &Pbx,
        record: CallRecord,
    ) -> Result<(), Refused> {
        let (key, recordings) = (record.key.clone(), pbx.recordings.of(&record.key));
        let number = record.number.as_deref().and_then(Phone::parse);
        let details = RecordDetails {
            direction: record.told.map(|told| told.as_str().to_owned()),
            dialect: RecordDetails::word(pbx.settings.dialect),
            recordings: recordings.clone(),
        };
        let profiles = self.receiver.profiles.current();
        let mut source = Source::new(SOURCE, name, key.as_str());
        if details != RecordDetails::default() {
            source = source.with_details(&details);
        }
        let packet = details.complete(record.packet);
        let reception = match profiles.for_source(&source, &packet) {
            None => Reception::Quarantine(self.receiver.room),
            Some(profile) => decision::by_profile(&profiles, profile, (&source, &packet)),
        };
        let received = [(self.submission(source, record.raw), reception)];
        let stored = self.receiver.inbox.receive_all(&received).await?;
        let stored = stored.into_iter().next().flatten();
        if matches!(stored, Some(Accepted::New { .. })) {
            pbx.recordings.settle(&key, &recordings);
        }
        let [(submission, reception)] = &received;
        let outcome = outcome(reception, stored.as_ref());
        if outcome == "dropped" {
            tracing::warn!(pbx = %name, "the record of a call was not kept: no profile takes it, and the quarantine is full");
        }
        let is_outdated = || !Arc::ptr_eq(&profiles, &self.receiver.profiles.current());
        if outcome == "captured" && is_outdated() {
            let recheck = self.receiver.recheck(&PbxSource);
            recheck.queue_if_accepted(submission).await;
        }
        count(outcome);
        if let Some(number) = number {
            pbx.directory.call_recorded(&number);
        }
        Ok(())
    }

    /// Keeps what a PBX tells of a recording until the record of the call comes. A recording that no
    /// record has yet is stored, too: the gateway may be restarted before the record comes, and the
    /// record may have been there.
    pub(super) async fn note_recording(
        &self,
        name: &str,
        pbx: &Pbx,
        notice: RecordingNotice,
    ) -> Result<(), Refused> {
        if !pbx.recordings.note(&notice) {
            return Ok(());
        }
        let RecordingNotice {
            call,
            id,
            link,
            raw,
            ..
        } = notice;
        let details = RecordDetails {
            dialect: RecordDetails::word(pbx.settings.dialect),
            ..RecordDetails::default()
        };
        let source = Source::new(SOURCE, name, format!("{call}/recording/{id}"));
        let source = source.with_details(&details);
        let reception = Reception::Ignore {
            reason: VerdictReason::LateRecording(link),
        };
        let received = [(self.submission(source, raw), reception)];
        self.receiver.inbox.receive_all(&received).await?;
        Ok(())
    }

    fn submission(&self, source: Source, raw: bytes::Bytes) -> Submission {
        Submission {
            id: SubmissionId::fresh(),
            source,
            received_at: self.receiver.clock.now(),
            raw,
            body: Value::Null,
            repairs: Repairs::default(),
        }
    }
}

/// Returns what is counted.
fn outcome(reception: &Reception, stored: Option<&Accepted>) -> &'static str {
    match (reception, stored) {
        (_, Some(Accepted::Known { .. })) => "repeated",
        (Reception::Accept(_), _) => "accepted",
        (Reception::Reject { .. }, _) => "rejected",
        (Reception::Ignore { .. }, _) => "ignored",
        (Reception::Quarantine(_), None) => "dropped",
        (Reception::Quarantine(_), Some(_)) => "captured",
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        if error.is_passing() {
            tracing::warn!(error = %error, "the record of a call was answered 503");
        } else {
            tracing::error!(error = %error, "the record of a call was answered 503");
        }
        Self::NotStored
    }
}
