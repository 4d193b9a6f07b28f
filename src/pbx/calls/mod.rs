//! The calls of a PBX while they go on: who rings, who talks, who waits. Events come in any order,
//! some twice and some never; time comes in as an argument, so that nothing here waits.

mod call;
mod card;
mod expected;
mod presence;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

pub use self::call::{CallState, Leg, LegState, LiveCall};
pub use self::card::{Card, CardRules, CardStep, Registration, same_number};
pub use self::expected::OrderedCall;
pub use self::presence::{Agent, Presence};

use super::CallEvent;
use crate::domain::{CallKind, UserId};

/// How long a call that has ended is remembered, so that late events do not begin it again.
const LINGER: SignedDuration = SignedDuration::from_mins(2);

/// How long the place of a call in the portal is remembered after leadgate has finished it there: its
/// record may still come.
const FINISHED: SignedDuration = SignedDuration::from_hours(24);

/// A record without the id of a call of these minutes may be that of the call with the same number.
const SAME_TIME: SignedDuration = SignedDuration::from_mins(2);

/// How long after the end of a call its other records may come before what has come is delivered.
const RECORDS_WITHIN: SignedDuration = SignedDuration::from_secs(10);

/// The status of a call that nobody has heard of.
const MISSED: &str = "304";

/// The most calls that are expected.
const MOST_EXPECTED: usize = 200;

/// The limits of a PBX's calls.
#[derive(Debug, Clone, Copy)]
pub struct CallLimits {
    /// The most calls.
    pub most: usize,
    /// A call without news for this long is over.
    pub timeout: SignedDuration,
    /// How long after the end of a call its record may come. The phones of the call are remembered as
    /// long: each of them may have a record.
    pub record_within: SignedDuration,
}

/// Where the portal has a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalCall {
    /// Its number in the portal; `None` if the portal was asked and its answer was lost.
    pub call: Option<String>,
    /// The employee for whom it was registered.
    pub user: UserId,
}

/// What a record tells of its call.
#[derive(Clone, Copy)]
pub struct RecordedCall<'r> {
    /// The key of the record.
    pub key: &'r str,
    /// The number of the client.
    pub number: Option<&'r str>,
    /// The inner number of the employee.
    pub inner: Option<&'r str>,
    /// Who called whom.
    pub kind: Option<CallKind>,
    /// When the call began.
    pub started: Option<Timestamp>,
}

/// The calls of a PBX.
#[derive(Debug, Default)]
pub struct LiveCalls {
    calls: BTreeMap<String, LiveCall>,
    expected: Vec<OrderedCall>,
    /// Calls that have made room for others.
    evicted: Vec<String>,
}

/// How an event was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// This call changed.
    Changed(String),
    /// Nothing changed: the event is late, or came twice.
    Nothing,
    /// There are too many calls already.
    Full,
}

impl LiveCalls {
    /// Applies an event.
    pub fn apply(&mut self, event: &CallEvent, now: Timestamp, limits: CallLimits) -> Applied {
        let id = match self.id_of(event) {
            Some(id) => id,
            None if self.has_room(limits.most) => {
                let call = LiveCall::new(&event.call, now);
                self.calls.insert(event.call.clone(), call);
                event.call.clone()
            }
            None => return Applied::Full,
        };
        let call = self.calls.get_mut(&id);
        if call.is_some_and(|call| call.apply(event, now)) {
            Applied::Changed(id)
        } else {
            Applied::Nothing
        }
    }

    /// Returns the call that an event is about: the one with its id, else the one that has its leg. A
    /// record that came before may have had the id of the leg.
    fn id_of(&self, event: &CallEvent) -> Option<String> {
        let ids = [&event.call, &event.leg];
        if let Some(id) = ids.into_iter().find(|id| self.calls.contains_key(*id)) {
            return Some(id.clone());
        }
        let with_leg = self
            .calls
            .values()
            .find(|call| call.has_leg(&event.leg) || call.has_leg(&event.call));
        with_leg.map(|call| call.id.clone())
    }

    /// Makes room for a call: the oldest of those that are over goes, first one with nothing left to
    /// do.
    fn has_room(&mut self, most: usize) -> bool {
        if self.calls.len() < most {
            return true;
        }
        let over = self.calls.values().filter(|call| call.is_over());
        let oldest = over
            .min_by_key(|call| (!call.is_settled(), call.heard))
            .map(|call| call.id.clone());
        let Some(id) = oldest else {
            return false;
        };
        self.calls.remove(&id);
        self.evicted.push(id);
        true
    }

    /// Returns a call.
    pub fn get(&self, id: &str) -> Option<&LiveCall> {
        self.calls.get(id)
    }

    /// Returns a call to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut LiveCall> {
        self.calls.get_mut(id)
    }

    /// Returns all calls.
    pub fn iter(&self) -> impl Iterator<Item = &LiveCall> {
        self.calls.values()
    }

    /// Restores a call that was stored.
    pub fn restore(&mut self, call: LiveCall) {
        self.calls.insert(call.id.clone(), call);
    }

    /// Discards a call.
    pub fn remove(&mut self, id: &str) {
        self.calls.remove(id);
    }

    /// Closes calls without news and discards those that are over; returns the ids of both.
    pub fn expire(&mut self, now: Timestamp, limits: CallLimits) -> Expired {
        let mut expired = Expired::default();
        for call in self.calls.values_mut() {
            if call.ended.is_none() && now.duration_since(call.heard) >= limits.timeout {
                call.close(now);
                expired.closed.push(call.id.clone());
            }
            call.give_up_registration(now);
            if call.release_record(now) {
                expired.released.push(call.id.clone());
                expired.due.append(&mut call.held_as);
            }
        }
        let is_old = |call: &LiveCall| {
            let keep = if call.card.is_finished && call.recorded.is_none() {
                FINISHED
            } else if call.has_phones() {
                limits.record_within
            } else {
                LINGER
            };
            let age = call.ended.map(|ended| now.duration_since(ended));
            call.is_settled() && age.is_some_and(|age| age >= keep)
        };
        let old = self.calls.values().filter(|call| is_old(call));
        expired.removed = old.map(|call| call.id.clone()).collect();
        for id in &expired.removed {
            self.calls.remove(id);
        }
        expired.removed.append(&mut self.evicted);
        expired
    }

    /// Finds the call of a record and closes it: no card is opened for it any more. A record of one
    /// leg of a call that goes on closes that leg only, and returns nothing.
    pub fn recorded(&mut self, record: RecordedCall<'_>, now: Timestamp) -> Option<&LiveCall> {
        let id = self.id_of_record(record)?;
        let call = self.calls.get_mut(&id)?;
        let is_own = call.recorded.as_deref() == Some(record.key);
        if !is_own && !call.record_leg(record, now) {
            return None;
        }
        if !is_own {
            call.recorded = Some(record.key.to_owned());
            call.close(now);
        }
        call.recorded_at = Some(now);
        self.calls.get(&id)
    }

    /// Returns the call of which this is the id, or that of a phone.
    pub fn with_leg(&self, id: &str) -> Option<&LiveCall> {
        let by_leg = || self.calls.values().find(|call| call.has_leg(id));
        self.calls.get(id).or_else(by_leg)
    }

    /// Takes the record of a phone that has not answered while another one has: the call is that of
    /// the other one's record, and what has come is held back until then.
    pub fn hold_missed(&mut self, record: RecordedCall<'_>, now: Timestamp) -> Option<&LiveCall> {
        let id = self.with_leg(record.key)?.id.clone();
        let call = self.calls.get_mut(&id)?;
        if record.kind != Some(CallKind::Missed) || !call.was_answered_elsewhere(record.key) {
            return None;
        }
        call.record_leg(record, now);
        call.hold(now);
        Some(call)
    }

    /// Returns the call that has the phone of a record. If it goes on, what has come of it is held back
    /// until its end.
    pub fn hold_record(&mut self, record: &str, now: Timestamp) -> Option<&LiveCall> {
        let id = self.with_leg(record)?.id.clone();
        let call = self.calls.get_mut(&id)?;
        if call.ended.is_none() {
            call.hold(now);
        }
        Some(call)
    }

    /// Remembers under which key the record of a call is held back.
    pub fn hold_as(&mut self, id: &str, key: &str) {
        if let Some(call) = self.calls.get_mut(id) {
            call.hold_as(key);
        }
    }

    /// Returns whether the submission with this key finishes a call in the portal; `number` is that of
    /// its client.
    pub fn is_finished_by(&mut self, id: &str, key: &str, number: Option<&str>) -> bool {
        let call = self.calls.get_mut(id);
        call.is_none_or(|call| call.is_finished_by(key, number))
    }

    /// Marks the call of a record for which nothing is delivered; returns its id.
    pub fn record_unused(&mut self, key: &str) -> Option<&str> {
        let mut calls = self.calls.values_mut();
        let call = calls.find(|call| call.recorded.as_deref() == Some(key))?;
        call.is_unused = true;
        Some(&call.id)
    }

    /// Remembers a record that belongs to no call, so that late events do not begin one.
    pub fn remember_record(&mut self, key: &str, now: Timestamp, most: usize) {
        if self.with_leg(key).is_none() && self.has_room(most) {
            self.restore(LiveCall::of_record(key, now));
        }
    }

    fn id_of_record(&self, record: RecordedCall<'_>) -> Option<String> {
        let by_record = || {
            let mut calls = self.calls.values();
            calls.find(|call| call.recorded.as_deref() == Some(record.key))
        };
        let found = self.with_leg(record.key).or_else(by_record);
        found
            .or_else(|| self.by_number(record))
            .map(|call| call.id.clone())
    }

    /// Returns the call with the number of a record that began at the same time, if the ids of events
    /// and records differ. Of several, those of the employee come first, then those that have ended,
    /// then the nearest.
    fn by_number(&self, record: RecordedCall<'_>) -> Option<&LiveCall> {
        let (number, started) = (record.number?, record.started?);
        let same = self.calls.values().filter(|call| {
            let apart = call.started.duration_since(started).abs();
            let is_same = call
                .number
                .as_deref()
                .is_some_and(|own| same_number(own, number));
            call.recorded.is_none() && is_same && apart <= SAME_TIME
        });
        let is_other = |call: &LiveCall| !record.inner.is_some_and(|inner| call.has_inner(inner));
        same.min_by_key(|call| {
            let apart = call.started.duration_since(started).abs();
            (is_other(call), call.ended.is_none(), apart)
        })
    }

    /// Expects a call that the portal has registered already. The oldest expectation is dropped if
    /// there are too many.
    pub fn expect(&mut self, expected: OrderedCall) {
        self.expected.retain(|known| known.call != expected.call);
        if self.expected.len() >= MOST_EXPECTED {
            self.expected.remove(0);
        }
        self.expected.push(expected);
    }

    /// Returns the calls that are expected.
    pub fn expected(&self) -> &[OrderedCall] {
        &self.expected
    }

    /// Returns an expected call to change it.
    pub fn expected_mut(&mut self, call: &str) -> Option<&mut OrderedCall> {
        self.expected.iter_mut().find(|known| known.call == call)
    }

    /// Gives up expected calls of which nothing was heard for this long; returns their numbers in the
    /// portal.
    pub fn give_up(&mut self, now: Timestamp, within: SignedDuration) -> Vec<String> {
        let is_old = |call: &&mut OrderedCall| now.duration_since(call.at) >= within;
        let old = self.expected.iter_mut().filter(is_old);
        old.map(|call| {
            call.failed.get_or_insert_with(|| MISSED.to_owned());
            call.call.clone()
        })
        .collect()
    }

    /// Discards an expected call.
    pub fn drop_expected(&mut self, call: &str) {
        self.expected.retain(|known| known.call != call);
    }

    /// Joins a call with the one that the portal expects of one of these employees; returns what was
    /// expected.
    pub fn join(&mut self, id: &str, users: &[UserId]) -> Option<OrderedCall> {
        let call = self.calls.get_mut(id)?;
        if call.card.registration.is_some() || call.recorded.is_some() {
            return None;
        }
        let place = self
            .expected
            .iter()
            .position(|expected| expected.is(call, users))?;
        let expected = self.expected.remove(place);
        call.card.adopt(&expected);
        Some(expected)
    }

    /// Closes an expected call of this employee whose events were lost, by its record.
    pub fn record_expected(
        &mut self,
        record: RecordedCall<'_>,
        user: UserId,
        now: Timestamp,
    ) -> Option<OrderedCall> {
        let mut places = self.expected.iter();
        let place = places.position(|expected| expected.is_of_record(record, user))?;
        let expected = self.expected.remove(place);
        self.restore(LiveCall::of_expected(record.key, &expected, now));
        Some(expected)
    }
}

/// What time has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Calls that were closed.
    pub closed: Vec<String>,
    /// Calls of which what was held back is delivered now.
    pub released: Vec<String>,
    /// The keys of the submissions that were held back.
    pub due: BTreeSet<String>,
    /// Calls that were discarded, those included that have made room for others.
    pub removed: Vec<String>,
}
