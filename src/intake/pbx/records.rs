//! Stores the records of calls as submissions, and the recordings that belong to them.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::{Map, Value};

use super::reply::Refused;
use super::source::{PbxSource, RecordDetails};
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
use crate::pbx::{CallRecord, RecordingNotice, later_members};
use crate::telephony::{AwaitsMore, RecordPlace};

/// How often the record of a call is joined with those that are stored, while others come.
const MOST_TRIES: usize = 8;

/// How long a record is held back at most while its call goes on.
const LONGEST_HOLD: Duration = Duration::from_secs(24 * 3_600);

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

/// The stored submission of a record.
struct StoredCall {
    known: KnownSubmission,
    /// Whether it has the key of the record, so that the record has come before.
    is_own: bool,
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
struct Incoming<'r> {
    pbx: NamedPbx<'r>,
    record: &'r CallRecord,
    /// What the records of its call share.
    session: Option<String>,
    /// How it has come.
    origin: Origin,
}

impl Incoming<'_> {
    /// Returns what a record adds to the stored submission of its call. Nothing is added to one of
    /// which nothing is left.
    fn added(&self, known: &KnownSubmission) -> Map<String, Value> {
        let Incoming { record, pbx, .. } = self;
        let details = RecordDetails {
            recordings: pbx.1.recordings.of(&record.key),
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
        details.joined.extend(added);
        if let Some(portal) = &place.portal {
            details.portal_user = Some(portal.user);
            details.portal_call = portal.call.clone().or(details.portal_call);
        }
        let source = known.source.clone().with_details(&details);
        let packet = PbxSource.decode(&source, &known.raw, Bounds::STORED);
        let has_card = HasCard(details.portal_user.is_some());
        let employee = employee(self.pbx.1, &packet.unwrap_or_default(), has_card);
        details.employee = employee.or(details.employee);
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
        let told = || self.calls.session_of(name, &record.key);
        let incoming = Incoming {
            pbx,
            record,
            session: record.session.clone().or_else(told),
            origin,
        };
        let mut outcome = None;
        // another record of the call may be stored at the same time
        for _ in 0..MOST_TRIES {
            outcome = match self.stored_call(&incoming).await? {
                None => self.store_new(&incoming).await?,
                Some(stored) => self.store_later(&incoming, &stored).await?,
            };
            if outcome.is_some() {
                break;
            }
        }
        if let Some(number) = record.number.as_deref().and_then(Phone::parse) {
            own.directory.call_recorded(&number);
        }
        if let Some(outcome) = outcome {
            return Ok(outcome);
        }
        // it may not be extended any more
        let stored = self.stored_call(&incoming).await?;
        let stored = stored.ok_or(Refused::NotStored)?;
        let key = stored.known.source.key();
        self.receive(&incoming, key, RecordPlace::default()).await?;
        Ok(RecordOutcome::Known)
    }

    /// Returns the stored submission of a record, or of its call.
    async fn stored_call(&self, incoming: &Incoming<'_>) -> Result<Option<StoredCall>, StoreError> {
        let Incoming { record, pbx, .. } = incoming;
        let own = [Some(record.key.as_str()), record.old_key.as_deref()];
        let keys: Vec<&str> = own
            .into_iter()
            .chain([incoming.session.as_deref()])
            .flatten()
            .collect();
        let source = |key: &str| Source::new(SOURCE, pbx.0, key);
        let sources = keys.iter().map(|key| source(key)).collect();
        let known = self.receiver.inbox.known(sources).await?;
        for (key, known) in keys.into_iter().zip(known) {
            let Some(known) = known else {
                continue;
            };
            // the unique id of another record may be the number of this one
            if record.old_key.as_deref() == Some(key) && !has_key(&known, &record.key) {
                continue;
            }
            let is_own = own.contains(&Some(key));
            let details: RecordDetails = known.source.details().unwrap_or_default();
            let Some(call) = details.part_of else {
                return Ok(Some(StoredCall { known, is_own }));
            };
            let whole = self.receiver.inbox.known(vec![source(&call)]).await?;
            if let Some(known) = whole.into_iter().next().flatten() {
                return Ok(Some(StoredCall { known, is_own }));
            }
        }
        Ok(None)
    }

    /// Stores the first record of a call; `None` if another one was stored meanwhile.
    async fn store_new(&self, incoming: &Incoming<'_>) -> Result<Option<RecordOutcome>, Refused> {
        let Incoming { record, .. } = incoming;
        let key = incoming.session.as_ref().unwrap_or(&record.key);
        let place = self.place_of(incoming, true_number(record)).await;
        let stored = self.receive(incoming, key, place).await?;
        let is_known = matches!(stored, Some(Accepted::Known { .. }));
        Ok((!is_known).then_some(RecordOutcome::Stored))
    }

    /// Returns what remembers that a record is one of a call, for the time when the events of the call
    /// are forgotten; `None` if the record itself tells.
    fn part_of(&self, incoming: &Incoming<'_>, call: &str) -> Option<(Submission, Reception)> {
        let Incoming { record, pbx, .. } = incoming;
        let is_told = record.session.is_some() || record.key == call;
        if is_told || incoming.session.as_deref() != Some(call) {
            return None;
        }
        let details = RecordDetails {
            part_of: Some(call.to_owned()),
            ..RecordDetails::default()
        };
        let source = Source::new(SOURCE, pbx.0, record.key.as_str()).with_details(&details);
        let reception = Reception::Ignore {
            reason: VerdictReason::PartOfCall(call.to_owned()),
        };
        // the call has the content
        Some((self.submission(source, bytes::Bytes::new()), reception))
    }

    /// Adds a record to the stored submission of its call; `None` if that has changed meanwhile.
    async fn store_later(
        &self,
        incoming: &Incoming<'_>,
        stored: &StoredCall,
    ) -> Result<Option<RecordOutcome>, Refused> {
        let Incoming { record, pbx, .. } = incoming;
        let known = &stored.known;
        let key = known.source.key();
        // a repeat may come when its call is long forgotten, and must not end another one
        let place = match (stored.is_own, &incoming.session) {
            (true, None) => RecordPlace::default(),
            _ => self.place_of(incoming, None).await,
        };
        let added = incoming.added(known);
        if incoming.origin == Origin::Asked && !stored.is_news(&added) {
            return Ok(Some(RecordOutcome::Known));
        }
        if added.is_empty() {
            self.receive(incoming, key, RecordPlace::default()).await?;
            return Ok(Some(RecordOutcome::Known));
        }
        let details = incoming.joined_details(known, (added, &place));
        let source = Source::new(SOURCE, pbx.0, key).with_details(&details);
        let packet = PbxSource.decode(&source, &known.raw, Bounds::STORED);
        let packet = packet.unwrap_or_default();
        let (reception, _) = self.reception((&source, &packet), (pbx.1, &place));
        let later = self.submission(source, record.raw.clone());
        if let Some(part) = self.part_of(incoming, key) {
            self.receiver.inbox.receive_all(&[part]).await?;
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
        key: &str,
        place: RecordPlace,
    ) -> Result<Option<Accepted>, Refused> {
        let Incoming { record, pbx, .. } = incoming;
        let (name, pbx) = *pbx;
        let recordings = pbx.recordings.of(&record.key);
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
        received.extend(self.part_of(incoming, key));
        let stored = self.receiver.inbox.receive_all(&received).await?;
        let stored = stored.into_iter().next().flatten();
        if matches!(stored, Some(Accepted::New { .. })) {
            pbx.recordings.settle(&record.key, &recordings);
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
                let longest = pbx.settings.live.timeout.min(LONGEST_HOLD);
                let until = SignedDuration::try_from(longest).ok();
                let until = until.and_then(|longest| now.checked_add(longest).ok());
                Reception::Hold(taker, until.unwrap_or(now))
            }
            reception => reception,
        };
        (reception, profiles)
    }

    /// Returns where the portal has the call of a record already, and whether other phones take part
    /// in it. `number` is that of the client, if the call may be found by it.
    async fn place_of(&self, incoming: &Incoming<'_>, number: Option<&str>) -> RecordPlace {
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
        self.calls.place_of(pbx.0, recorded).await
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
        if !pbx.recordings.note(&notice) || self.join_recording((name, pbx), &notice).await? {
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

/// Whether the portal has shown a card of the call.
#[derive(Clone, Copy)]
struct HasCard(bool);

/// Returns the number of the client, as the packet has it.
fn true_number(record: &CallRecord) -> Option<&str> {
    call_of(&record.packet)?.get("number")?.as_str()
}

fn call_of(packet: &Value) -> Option<&Map<String, Value>> {
    packet.get("call")?.as_object()
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
