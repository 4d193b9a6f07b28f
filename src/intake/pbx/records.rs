//! Stores the records of calls as submissions.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::reply::Refused;
use super::source::{PbxSource, RecordDetails};
use super::stored_calls::{FoundCall, RecordHome, StoredCall};
use super::{NamedPbx, Pbx, PbxIntake, SOURCE, count};
use crate::domain::json::Bounds;
use crate::domain::{
    CallKind, Phone, PlannedCall, RecordingStep, Repairs, Source, SourceKind as _, Submission,
    SubmissionId, UserId, VerdictReason,
};
use crate::inbox::{Accepted, KnownSubmission, Reception, StoreError};
use crate::intake::decision;
use crate::mapping::ProfileSet;
use crate::pbx::calls::RecordedCall;
use crate::pbx::{CallRecord, later_members};
use crate::telephony::{AwaitsMore, RecordOwner, RecordPlace};

/// How often a record is joined with what is stored of its call, while others come.
const MOST_TRIES: usize = 1_000;

/// The members that are delivered again if the history of a PBX has them and the stored record of the
/// same key does not.
const NEWS: [&str; 4] = ["kind", "answered", "recording", "more_recordings"];

/// The steps that deliver what a later record adds.
const STEPS: [&str; 2] = [PlannedCall::STEP, RecordingStep::STEP];

/// How a record has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The PBX has sent it.
    Sent,
    /// The PBX was asked for it.
    Asked,
}

/// What has become of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordOutcome {
    /// It is that of a new call, or adds something to a stored one.
    Stored,
    /// It was stored before.
    Known,
}

impl StoredCall {
    /// Returns whether what a record adds is worth delivering again that the PBX was asked for. A
    /// history may count the seconds of a call another way than the record that was sent.
    fn is_news(&self, added: &Map<String, Value>) -> bool {
        let is_told = |name: &str| added.contains_key(name);
        if self.is_own {
            NEWS.into_iter().any(is_told)
        } else {
            !added.is_empty()
        }
    }
}

/// A record on its way into the store.
pub(super) struct Incoming<'r> {
    pub(super) pbx: NamedPbx<'r>,
    pub(super) record: &'r CallRecord,
    /// What the records of its call share, by the record.
    pub(super) session: Option<String>,
    /// What they share, by the events.
    pub(super) told: Option<String>,
    /// How it has come.
    origin: Origin,
}

impl Incoming<'_> {
    /// Returns the key of a new submission.
    pub(super) fn base_key(&self) -> &str {
        let session = self.session.as_ref().or(self.told.as_ref());
        session.unwrap_or(&self.record.key)
    }

    /// Returns what a record adds to the stored submission of its call. Nothing is added to one of
    /// which nothing is left.
    fn added(&self, known: &KnownSubmission) -> Map<String, Value> {
        let Incoming { record, pbx, .. } = self;
        let details = RecordDetails {
            recordings: pbx.1.shared.recordings.of(&record.key),
            ..RecordDetails::default()
        };
        let later = details.complete(record.packet.clone());
        let packet = PbxSource.decode(&known.source, &known.raw, Bounds::STORED);
        let packet = packet.unwrap_or_default();
        match (call_of(&packet), call_of(&later)) {
            (Some(call), Some(later)) if !known.raw.is_empty() => later_members(call, later),
            _ => Map::new(),
        }
    }

    /// Returns the details of a submission after a later record was added.
    fn joined_details(
        &self,
        known: &KnownSubmission,
        (added, place): (Map<String, Value>, &RecordPlace),
    ) -> RecordDetails {
        let mut details: RecordDetails = known.source.details().unwrap_or_default();
        let is_other = added.contains_key("inner");
        details.joined.extend(added);
        if let Some(portal) = &place.portal {
            details.portal_user = Some(portal.user);
            details.portal_call = portal.call.clone().or(details.portal_call);
        }
        let source = known.source.clone().with_details(&details);
        let packet = PbxSource.decode(&source, &known.raw, Bounds::STORED);
        let has_card = HasCard(details.portal_user.is_some());
        let employee = employee(self.pbx.1, &packet.unwrap_or_default(), has_card);
        // that of another inner number is not the employee of this one
        let before = details.employee.filter(|_| !is_other);
        details.employee = employee.or(before);
        details
    }
}

impl PbxIntake {
    /// Stores the record of a call. It is on disk when this returns. Of the records of one call, the
    /// first makes a submission, and the others add to it.
    pub(super) async fn store(
        &self,
        pbx: NamedPbx<'_>,
        record: &CallRecord,
        origin: Origin,
    ) -> Result<RecordOutcome, Refused> {
        let (name, own) = pbx;
        let incoming = Incoming {
            pbx,
            record,
            session: record.session.clone(),
            told: self.calls.session_of(name, &record.key),
            origin,
        };
        let outcome = match self.try_to_store(&incoming).await? {
            Some(outcome) => outcome,
            None => self.store_in_turn(&incoming).await?,
        };
        if let Some(number) = record.number.as_deref().and_then(Phone::parse) {
            own.directory.call_recorded(&number);
        }
        Ok(outcome)
    }

    /// Stores a record; `None` if another one of its call was stored meanwhile.
    async fn try_to_store(
        &self,
        incoming: &Incoming<'_>,
    ) -> Result<Option<RecordOutcome>, Refused> {
        let FoundCall { home, unknown } = self.find_call(incoming).await?;
        match home {
            RecordHome::New(key) => self.store_new(incoming, &key, &unknown).await,
            RecordHome::Stored(stored) => self.store_later(incoming, &stored, &unknown).await,
        }
    }

    /// Stores a record after others of its call that have come at the same time.
    async fn store_in_turn(&self, incoming: &Incoming<'_>) -> Result<RecordOutcome, Refused> {
        let _turn = incoming.pbx.1.shared.turn.lock().await;
        for _ in 0..MOST_TRIES {
            if let Some(outcome) = self.try_to_store(incoming).await? {
                return Ok(outcome);
            }
        }
        Err(Refused::NotStored)
    }

    /// Stores the first record of a call; `None` if another one was stored meanwhile.
    async fn store_new(
        &self,
        incoming: &Incoming<'_>,
        key: &str,
        unknown: &[String],
    ) -> Result<Option<RecordOutcome>, Refused> {
        let number = client_number(incoming.record);
        let place = self.place_of(incoming, key, number).await;
        let stored = self.receive(incoming, (key, unknown), place).await?;
        let is_known = matches!(stored, Some(Accepted::Known { .. }));
        Ok((!is_known).then_some(RecordOutcome::Stored))
    }

    /// Returns what remembers that a record is one of a call: the same record may come again, and
    /// others of its session, without what says so.
    fn parts_of(
        &self,
        incoming: &Incoming<'_>,
        (call, unknown): (&str, &[String]),
    ) -> Vec<(Submission, Reception)> {
        let parts = unknown.iter().filter(|key| *key != call);
        let part = |key: &String| {
            let details = RecordDetails {
                part_of: Some(call.to_owned()),
                ..RecordDetails::default()
            };
            let source = Source::new(SOURCE, incoming.pbx.0, key.as_str()).with_details(&details);
            let reception = Reception::Ignore {
                reason: VerdictReason::PartOfCall(call.to_owned()),
            };
            // the call has the content
            (self.submission(source, bytes::Bytes::new()), reception)
        };
        parts.map(part).collect()
    }

    /// Adds a record to the stored submission of its call; `None` if that has changed meanwhile.
    async fn store_later(
        &self,
        incoming: &Incoming<'_>,
        stored: &StoredCall,
        unknown: &[String],
    ) -> Result<Option<RecordOutcome>, Refused> {
        let Incoming { record, pbx, .. } = incoming;
        let known = &stored.known;
        let key = known.source.key();
        // a repeat may come when its call is long forgotten, and must not end another one
        let has_session = incoming.session.is_some() || incoming.told.is_some();
        let place = if stored.is_own && !has_session {
            RecordPlace::default()
        } else {
            self.place_of(incoming, key, None).await
        };
        let added = incoming.added(known);
        if incoming.origin == Origin::Asked && !stored.is_news(&added) {
            return Ok(Some(RecordOutcome::Known));
        }
        if added.is_empty() {
            let place = RecordPlace::default();
            self.receive(incoming, (key, unknown), place).await?;
            return Ok(Some(RecordOutcome::Known));
        }
        let details = incoming.joined_details(known, (added, &place));
        let source = Source::new(SOURCE, pbx.0, key).with_details(&details);
        let packet = PbxSource.decode(&source, &known.raw, Bounds::STORED);
        let packet = packet.unwrap_or_default();
        let (reception, _) = self.reception((&source, &packet), (pbx.1, &place));
        let later = self.submission(source, record.raw.clone());
        let parts = self.parts_of(incoming, (key, unknown));
        if !parts.is_empty() {
            self.receiver.inbox.receive_all(&parts).await?;
        }
        let extended = self
            .receiver
            .inbox
            .extend(known, (&later, reception), &STEPS);
        if extended.await?.is_none() {
            return Ok(None);
        }
        count("joined");
        Ok(Some(RecordOutcome::Stored))
    }

    /// Receives a record as a submission with this key.
    async fn receive(
        &self,
        incoming: &Incoming<'_>,
        (key, unknown): (&str, &[String]),
        place: RecordPlace,
    ) -> Result<Option<Accepted>, Refused> {
        let Incoming { record, pbx, .. } = incoming;
        let (name, pbx) = *pbx;
        let recordings = pbx.shared.recordings.of(&record.key);
        let portal = place.portal.as_ref();
        let details = RecordDetails {
            direction: record.told.kind.map(|told| told.as_str().to_owned()),
            answered: record.told.answered,
            dialect: RecordDetails::word(pbx.settings.dialect),
            recordings: recordings.clone(),
            employee: employee(pbx, &record.packet, HasCard(portal.is_some())),
            portal_user: portal.map(|portal| portal.user),
            portal_call: portal.and_then(|portal| portal.call.clone()),
            ..RecordDetails::default()
        };
        let mut source = Source::new(SOURCE, name, key);
        if details != RecordDetails::default() {
            source = source.with_details(&details);
        }
        let packet = details.complete(record.packet.clone());
        let (reception, profiles) = self.reception((&source, &packet), (pbx, &place));
        let submission = self.submission(source, record.raw.clone());
        let mut received = vec![(submission, reception)];
        received.extend(self.parts_of(incoming, (key, unknown)));
        let stored = self.receiver.inbox.receive_all(&received).await?;
        let stored = stored.into_iter().next().flatten();
        if matches!(stored, Some(Accepted::New { .. })) {
            pbx.shared.recordings.settle(&record.key, &recordings);
        }
        let Some((submission, reception)) = received.first() else {
            return Ok(stored);
        };
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
            self.calls.record_unused(name, &record.key);
        }
        count(outcome);
        Ok(stored)
    }

    /// Returns what becomes of a submission by today's profiles. One of a call that goes on waits for
    /// its end.
    fn reception(
        &self,
        (source, packet): (&Source, &Value),
        (pbx, place): (&Pbx, &RecordPlace),
    ) -> (Reception, Arc<ProfileSet>) {
        let profiles = self.receiver.profiles.current();
        let reception = match profiles.for_source(source, packet) {
            None => Reception::Quarantine(self.receiver.room),
            Some(profile) => decision::by_profile(&profiles, profile, (source, packet)),
        };
        let reception = match reception {
            Reception::Accept(taker) if place.awaits_more == AwaitsMore(true) => {
                let now = self.receiver.clock.now();
                let longest = SignedDuration::try_from(pbx.settings.live.timeout);
                let longest = longest.unwrap_or(SignedDuration::MAX);
                let until = now.checked_add(longest).unwrap_or(Timestamp::MAX);
                Reception::Hold(taker, until)
            }
            reception => reception,
        };
        (reception, profiles)
    }

    /// Returns where the portal has the call of a record already, and whether other phones take part
    /// in it. `key` is that of the submission, `number` that of the client, if the call may be found
    /// by it.
    async fn place_of(
        &self,
        incoming: &Incoming<'_>,
        key: &str,
        number: Option<&str>,
    ) -> RecordPlace {
        let Incoming { record, pbx, .. } = incoming;
        let Some(call) = call_of(&record.packet) else {
            return RecordPlace::default();
        };
        let text = |name: &str| call.get(name).and_then(Value::as_str);
        let recorded = RecordedCall {
            key: &record.key,
            number,
            inner: text("inner"),
            kind: text("kind").and_then(CallKind::parse),
            started: text("started").and_then(|time| time.parse().ok()),
        };
        let owner = RecordOwner {
            key,
            number: client_number(record),
        };
        self.calls.place_of(pbx.0, recorded, owner).await
    }

    /// Returns a submission of now.
    pub(super) fn submission(&self, source: Source, raw: bytes::Bytes) -> Submission {
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

/// Whether the portal has shown a card of the call.
#[derive(Clone, Copy)]
struct HasCard(bool);

/// Returns the number of the client, as the packet has it.
fn client_number(record: &CallRecord) -> Option<&str> {
    call_of(&record.packet)?.get("number")?.as_str()
}

/// Returns the member of a packet with the call.
pub(super) fn call_of(packet: &Value) -> Option<&Map<String, Value>> {
    packet.get("call")?.as_object()
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
        (Reception::Accept(_) | Reception::Hold(..), _) => "accepted",
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
