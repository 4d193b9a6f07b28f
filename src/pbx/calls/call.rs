//! One call and its legs. Each state of a leg can be reached from any earlier one, and an ended leg
//! never comes back, so that late and repeated events change nothing.

use std::collections::BTreeSet;
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::card::Card;
use super::expected::OrderedCall;
use super::{RECORDS_WITHIN, RecordedCall};
use crate::domain::{CallKind, Phone};
use crate::pbx::{CallChange, CallEvent};

/// The most legs of a call. A queue may ring its phones again and again: of further ones, the ids of
/// the first that have ended are kept.
const MOST_LEGS: usize = 50;

/// The most ids of legs that have ended.
const MOST_PAST_LEGS: usize = 1_000;

/// The most submissions of one call.
const MOST_HELD: usize = 50;

/// A call.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveCall {
    /// What tells it from all others of its PBX.
    pub id: String,
    /// Who called whom, as far as the PBX says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<CallKind>,
    /// The number of the other side. Personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The number that was called, or from which was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// When the first event came.
    pub started: Timestamp,
    /// When the last event came.
    pub heard: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// The key of its record, once that has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<String>,
    /// When the record came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_at: Option<Timestamp>,
    /// Whether nothing is delivered for the record.
    #[serde(default)]
    pub is_unused: bool,
    /// Whether records of some phones have come, and are held back until the call has ended.
    #[serde(default)]
    pub is_held: bool,
    /// The keys of the submissions that are held back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub held_as: BTreeSet<String>,
    /// The key of the submission that finishes it in the portal. An employee may call another client
    /// during a call: that is a submission of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_as: Option<String>,
    /// The phones, in the order of their first events.
    pub legs: Vec<Leg>,
    /// The ids of unanswered legs that have ended, if there are too many legs.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub past_legs: BTreeSet<String>,
    /// Its card in the portal.
    #[serde(default)]
    pub card: Card,
}

/// A phone that takes part in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    /// What tells it from other legs.
    pub id: String,
    /// The inner number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    /// The number of the employee in the CRM, by the PBX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crm_user: Option<String>,
    /// Its state.
    pub state: LegState,
    /// When its first event came.
    pub began: Timestamp,
    /// Since when it is in its state.
    pub since: Timestamp,
    /// When the employee answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Timestamp>,
    /// How long they spoke in seconds, by the PBX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub talk: Option<u32>,
    /// The place of its last event, if the PBX numbers them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
}

/// The state of a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// The phone rings.
    Rings,
    /// The employee talks.
    Talks,
    /// The call is on hold.
    OnHold,
    /// The leg has ended.
    Ended,
}

/// The state of a call: that of its furthest leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    /// It rings.
    Ringing,
    /// Somebody talks.
    Talking,
    /// It is on hold.
    OnHold,
    /// It has ended.
    Ended,
}

impl LegState {
    /// Returns the word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rings => "ringing",
            Self::Talks => "talking",
            Self::OnHold => "on_hold",
            Self::Ended => "ended",
        }
    }
}

impl CallState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Ringing, Self::Talking, Self::OnHold, Self::Ended];

    /// Returns the word of the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Talking => "talking",
            Self::OnHold => "on_hold",
            Self::Ended => "ended",
        }
    }
}

impl LiveCall {
    /// Begins a call of which nothing is known but its ID.
    pub(super) fn new(id: &str, now: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            told: None,
            number: None,
            line: None,
            started: now,
            heard: now,
            ended: None,
            recorded: None,
            recorded_at: None,
            is_unused: false,
            is_held: false,
            held_as: BTreeSet::new(),
            stored_as: None,
            legs: Vec::new(),
            past_legs: BTreeSet::new(),
            card: Card::default(),
        }
    }

    /// Makes the call that an employee has ordered and whose record came without events.
    pub(super) fn of_expected(key: &str, expected: &OrderedCall, now: Timestamp) -> Self {
        let mut call = Self {
            told: Some(CallKind::Outgoing),
            started: expected.at,
            ..Self::of_record(key, now)
        };
        call.card.adopt(expected);
        call
    }

    /// Makes the call of a record that came without events.
    pub(super) fn of_record(key: &str, now: Timestamp) -> Self {
        Self {
            ended: Some(now),
            recorded: Some(key.to_owned()),
            recorded_at: Some(now),
            ..Self::new(key, now)
        }
    }

    /// Returns who called whom. A call of unknown direction is one that came in: so does a ringing
    /// phone.
    pub fn kind(&self) -> CallKind {
        self.told.unwrap_or(CallKind::Incoming)
    }

    /// Returns the state.
    pub fn state(&self) -> CallState {
        if self.ended.is_some() {
            return CallState::Ended;
        }
        let has = |state: LegState| self.legs.iter().any(|leg| leg.state == state);
        if has(LegState::Talks) {
            CallState::Talking
        } else if has(LegState::OnHold) {
            CallState::OnHold
        } else {
            CallState::Ringing
        }
    }

    /// Returns the legs that have not ended.
    pub fn live_legs(&self) -> impl Iterator<Item = &Leg> {
        self.legs.iter().filter(|leg| leg.state != LegState::Ended)
    }

    /// Returns the leg of the employee whose call it is: the last who answered, else the first who
    /// was rung.
    pub fn main_leg(&self) -> Option<&Leg> {
        let answered = self.legs.iter().filter(|leg| leg.answered.is_some());
        let last = answered.max_by_key(|leg| leg.answered);
        last.or_else(|| self.legs.first())
    }

    /// Returns how long they spoke, in seconds.
    pub fn talk(&self) -> u32 {
        let of_leg = |leg: &Leg| {
            let measured = leg.answered.map(|answered| {
                let has_ended = leg.state == LegState::Ended;
                let end = if has_ended { leg.since } else { self.heard };
                u32::try_from(end.duration_since(answered).as_secs()).unwrap_or_default()
            });
            leg.talk.or(measured).unwrap_or_default()
        };
        self.legs.iter().map(of_leg).max().unwrap_or_default()
    }

    /// Returns whether nothing is left to do for it.
    pub fn is_settled(&self) -> bool {
        self.ended.is_some() && self.card.is_closed() && !self.is_held
    }

    /// Returns whether other phones than one may have records of it.
    pub fn has_phones(&self) -> bool {
        self.legs.len() > 1
    }

    /// Gives up a registration of which the portal's answer was lost and that it would not recognise
    /// any more.
    pub(super) fn give_up_registration(&mut self, now: Timestamp) {
        let is_old = self.card.is_unanswered_since(now);
        self.card.is_refused |= is_old;
    }

    /// Returns whether another phone than this one has answered, and the call has no record yet.
    pub(super) fn was_answered_elsewhere(&self, leg: &str) -> bool {
        let has_answered = |other: &Leg| other.id != leg && other.answered.is_some();
        self.recorded.is_none() && self.has_leg(leg) && self.legs.iter().any(has_answered)
    }

    /// Holds back what has come of it until it has ended and its other records have come.
    pub(super) fn hold(&mut self, now: Timestamp) {
        self.is_held = true;
        self.recorded_at = Some(now);
    }

    /// Remembers under which key something is held back.
    pub(super) fn hold_as(&mut self, key: &str) {
        if self.held_as.len() < MOST_HELD {
            self.held_as.insert(key.to_owned());
        }
    }

    /// Returns whether this submission finishes the call in the portal: the first one with the number
    /// of the call.
    pub(super) fn is_finished_by(&mut self, key: &str, number: Option<&str>) -> bool {
        let parsed = |number: Option<&str>| number.and_then(Phone::parse);
        let own = parsed(self.number.as_deref());
        let is_other = own.zip(parsed(number)).is_some_and(|(own, it)| own != it);
        match &self.stored_as {
            Some(known) => known == key,
            None if is_other => false,
            None => {
                self.stored_as = Some(key.to_owned());
                true
            }
        }
    }

    /// Returns whether what was held back is delivered now: the call has ended, and nothing more comes.
    pub(super) fn release_record(&mut self, now: Timestamp) -> bool {
        let last = self
            .ended
            .map(|ended| self.recorded_at.unwrap_or(ended).max(ended));
        let is_over = last.is_some_and(|last| now.duration_since(last) >= RECORDS_WITHIN);
        if !self.is_held || !is_over {
            return false;
        }
        self.is_held = false;
        if self.recorded.is_none() {
            (self.recorded, self.recorded_at) = (Some(self.id.clone()), Some(now));
        }
        true
    }

    /// Returns whether it is over: what is left to do for it needs no number.
    pub fn is_over(&self) -> bool {
        let is_known = self.recorded.is_some() && !self.card.is_unanswered();
        is_known || self.is_settled()
    }

    /// Returns whether leadgate is to finish it in the portal: its record does not come, or does not
    /// lead to a call there.
    pub(super) fn is_overdue(&self, within: SignedDuration, now: Timestamp) -> bool {
        let last = self.ended.map(|ended| self.recorded_at.unwrap_or(ended));
        let is_late = last.is_some_and(|last| now.duration_since(last) >= within);
        self.is_unused || is_late
    }

    pub(super) fn has_leg(&self, id: &str) -> bool {
        self.legs.iter().any(|leg| leg.id == id) || self.past_legs.contains(id)
    }

    pub(super) fn has_inner(&self, inner: &str) -> bool {
        self.legs
            .iter()
            .any(|leg| leg.inner.as_deref() == Some(inner))
    }

    /// Applies an event; returns whether anything changed.
    pub(super) fn apply(&mut self, event: &CallEvent, now: Timestamp) -> bool {
        if self.recorded.is_some() || self.past_legs.contains(&event.leg) {
            return false;
        }
        let learned = self.learn(event);
        let changed = match self.leg_of(event) {
            Some(place) => {
                let leg = self.legs.get_mut(place);
                leg.is_some_and(|leg| leg.apply(event, now))
            }
            None if self.has_place() => {
                let mut leg = Leg::new(event, now);
                leg.apply(event, now);
                self.legs.push(leg);
                true
            }
            None => false,
        };
        if changed {
            self.heard = now;
            let is_live = self.live_legs().next().is_some();
            self.ended = (!is_live).then_some(self.ended.unwrap_or(now));
        }
        changed || learned
    }

    /// Makes place for a leg: the first that has ended without an answer goes.
    fn has_place(&mut self) -> bool {
        if self.legs.len() < MOST_LEGS {
            return true;
        }
        let is_past = |leg: &Leg| leg.state == LegState::Ended && leg.answered.is_none();
        let Some(past) = self.legs.iter().position(is_past) else {
            return false;
        };
        let leg = self.legs.remove(past);
        if self.past_legs.len() < MOST_PAST_LEGS {
            self.past_legs.insert(leg.id);
        }
        true
    }

    /// Learns what an event says of the whole call, if it is not known yet.
    fn learn(&mut self, event: &CallEvent) -> bool {
        let before = (self.told, self.number.is_some(), self.line.is_some());
        self.told = self.told.or(event.kind);
        if self.number.is_none() {
            self.number.clone_from(&event.other);
        }
        if self.line.is_none() {
            self.line.clone_from(&event.line);
        }
        before != (self.told, self.number.is_some(), self.line.is_some())
    }

    /// Returns the place of an event's leg. Some events name the call instead of the leg; then it is
    /// the one of the same employee.
    fn leg_of(&self, event: &CallEvent) -> Option<usize> {
        let by_id = self.legs.iter().position(|leg| leg.id == event.leg);
        let is_nameless = event.leg == event.call || event.leg == self.id;
        by_id.or_else(|| {
            let of_employee = |leg: &Leg| {
                let same_inner = leg.inner.is_some() && leg.inner == event.inner;
                let same_user = leg.crm_user.is_some() && leg.crm_user == event.crm_user;
                same_inner || same_user
            };
            let mut legs = self.legs.iter();
            legs.position(|leg| is_nameless && leg.state != LegState::Ended && of_employee(leg))
        })
    }

    /// Ends all legs, at the time of the last event.
    pub(super) fn close(&mut self, now: Timestamp) {
        for leg in &mut self.legs {
            leg.end(self.heard);
        }
        self.ended = Some(self.ended.unwrap_or(now));
    }

    /// Ends the leg whose record came; returns whether the record is that of the whole call. A record
    /// with a key of its own is that of one leg, too, as long as other employees take part.
    pub(super) fn record_leg(&mut self, record: RecordedCall<'_>, now: Timestamp) -> bool {
        if self.recorded.is_some() {
            return false;
        }
        let RecordedCall { key, inner, .. } = record;
        if key == self.id {
            return true;
        }
        let has_leg = self.has_leg(key);
        if !has_leg && inner.is_none() {
            return true;
        }
        let is_its = |leg: &Leg| {
            if has_leg {
                leg.id == key
            } else {
                leg.inner.as_deref() == inner
            }
        };
        for leg in self.legs.iter_mut().filter(|leg| is_its(leg)) {
            leg.end(now);
        }
        self.live_legs().all(|leg| self.is_passed_over(leg))
    }

    /// Returns whether a phone rings of which somebody else has taken the call since.
    pub(super) fn is_passed_over(&self, leg: &Leg) -> bool {
        let answered = self.legs.iter().filter_map(|leg| leg.answered).max();
        leg.state == LegState::Rings && answered.is_some_and(|at| leg.began <= at)
    }

    /// Forgets the number of the other side.
    pub fn forget_number(&mut self) {
        self.number = None;
        if let Some(registration) = &mut self.card.registration {
            registration.number.clear();
        }
    }
}

impl Leg {
    fn new(event: &CallEvent, now: Timestamp) -> Self {
        Self {
            id: event.leg.clone(),
            inner: event.inner.clone(),
            crm_user: event.crm_user.clone(),
            state: LegState::Rings,
            began: now,
            since: now,
            answered: None,
            talk: None,
            seq: None,
        }
    }

    /// Applies an event; returns whether the leg changed.
    fn apply(&mut self, event: &CallEvent, now: Timestamp) -> bool {
        let is_late = match (self.seq, event.seq) {
            (Some(known), Some(seq)) => seq < known,
            _ => false,
        };
        if is_late || self.state == LegState::Ended {
            return false;
        }
        self.seq = event.seq.or(self.seq);
        let next = match (&event.change, self.state) {
            (CallChange::Ended { talk }, _) => {
                self.talk = *talk;
                LegState::Ended
            }
            (CallChange::Answered, LegState::Rings) | (CallChange::Resumed, _) => LegState::Talks,
            (CallChange::Held, _) => LegState::OnHold,
            // late, or twice
            (CallChange::Ringing | CallChange::Answered, state) => state,
        };
        if next == self.state {
            return false;
        }
        // an event may be lost: who talks or waits has answered
        if matches!(next, LegState::Talks | LegState::OnHold) {
            self.answered = self.answered.or(Some(now));
        }
        (self.state, self.since) = (next, now);
        true
    }

    fn end(&mut self, now: Timestamp) {
        if self.state != LegState::Ended {
            (self.state, self.since) = (LegState::Ended, now);
        }
    }
}

/// Omits the number of the other side: it is personal data.
impl fmt::Debug for LiveCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCall")
            .field("id", &self.id)
            .field("state", &self.state())
            .field("legs", &self.legs)
            .field("card", &self.card)
            .finish_non_exhaustive()
    }
}
