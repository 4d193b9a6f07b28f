//! Calls that the portal has registered before the PBX tells of them: an employee has clicked on a
//! number.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::RecordedCall;
use super::call::LiveCall;
use super::card::same_number;
use crate::domain::{CallKind, UserId};

/// How long the events of such a call may take to come.
const WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// How much earlier they may seem to have come.
const BEFORE: SignedDuration = SignedDuration::from_secs(-5);

/// How long its record may take to begin, if its events were lost.
const RECORD_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// How much earlier it may have begun by the clock of the PBX.
const RECORD_BEFORE: SignedDuration = SignedDuration::from_secs(-30);

/// A call that the PBX is about to make.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedCall {
    /// Its number in the portal.
    pub call: String,
    /// The employee who calls.
    pub user: UserId,
    /// The number that is called. Personal data.
    pub number: String,
    /// When it was ordered.
    pub at: Timestamp,
    /// With which status the call is finished in the portal, if the PBX did not make it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl OrderedCall {
    /// Returns whether this is the call, made by one of these employees.
    pub(super) fn is(&self, call: &LiveCall, users: &[UserId]) -> bool {
        let is_same = |own: &str| same_number(own, &self.number);
        let age = call.started.duration_since(self.at);
        call.told != Some(CallKind::Internal)
            && call.ended.is_none()
            && self.failed.is_none()
            && (BEFORE..=WITHIN).contains(&age)
            && users.contains(&self.user)
            && call.number.as_deref().is_some_and(is_same)
    }

    /// Returns whether this record is that of the call.
    pub(super) fn is_of_record(&self, record: RecordedCall<'_>, user: UserId) -> bool {
        let is_same = |number: &str| same_number(number, &self.number);
        let is_in_time = |started: Timestamp| {
            let age = started.duration_since(self.at);
            (RECORD_BEFORE..=RECORD_WITHIN).contains(&age)
        };
        let came_in = matches!(record.kind, Some(CallKind::Incoming | CallKind::Missed));
        self.failed.is_none()
            && !came_in
            && user == self.user
            && record.number.is_some_and(is_same)
            && record.started.is_none_or(is_in_time)
    }
}

/// Omits the number: it is personal data.
impl fmt::Debug for OrderedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OrderedCall({} of {})", self.call, self.user)
    }
}
