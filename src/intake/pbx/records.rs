//! Stores the records of calls as submissions, and the recordings that belong to them.

use std::sync::Arc;

use serde_json::Value;

use super::reply::Refused;
use super::source::{PbxSource, RecordDetails};
use super::{Pbx, PbxIntake, SOURCE, count};
use crate::domain::{
    CallKind, Phone, Repairs, Source, Submission, SubmissionId, UserId, VerdictReason,
};
use crate::inbox::{Accepted, Reception, StoreError};
use crate::intake::decision;
use crate::pbx::calls::{PortalCall, RecordedCall};
use crate::pbx::{CallRecord, RecordingNotice};

/// Whether the portal has shown a card of the call.
#[derive(Clone, Copy)]
struct HasCard(bool);

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
        // a repeat may come when its call is long forgotten, and must not end another one
        let source = Source::new(SOURCE, name, key.as_str());
        let known = self.receiver.inbox.known(vec![source]).await?;
        let portal = match known.first() {
            Some(true) => None,
            _ => self.portal_of(name, &record).await,
        };
        let details = RecordDetails {
            direction: record.told.kind.map(|told| told.as_str().to_owned()),
            answered: record.told.answered,
            dialect: RecordDetails::word(pbx.settings.dialect),
            recordings: recordings.clone(),
            employee: employee(pbx, &record.packet, HasCard(portal.is_some())),
            portal_user: portal.as_ref().map(|portal| portal.user),
            portal_call: portal.and_then(|portal| portal.call),
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
        if matches!(outcome, "rejected" | "ignored" | "dropped") {
            self.calls.record_unused(name, &key);
        }
        count(outcome);
        if let Some(number) = number {
            pbx.directory.call_recorded(&number);
        }
        Ok(())
    }

    /// Returns where the portal has the call of a record already.
    async fn portal_of(&self, name: &str, record: &CallRecord) -> Option<PortalCall> {
        let call = record.packet.get("call")?;
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        let recorded = RecordedCall {
            key: &record.key,
            number: text("number"),
            inner: text("inner"),
            kind: text("kind").and_then(CallKind::parse),
            started: text("started").and_then(|time| time.parse().ok()),
        };
        self.calls.portal_of(name, recorded).await
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

/// Returns the employee who is meant by the inner number of a call. Until the employees were read, the
/// step that adds the call asks the portal. The one for whom the portal showed a card comes before
/// the one for unknown numbers.
fn employee(pbx: &Pbx, packet: &Value, has_card: HasCard) -> Option<UserId> {
    let call = packet.get("call")?;
    let inner = call.get("inner").and_then(Value::as_str);
    match has_card {
        HasCard(true) => pbx.directory.employee_at(inner, None),
        HasCard(false) => pbx.directory.employee_of(inner, None),
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
