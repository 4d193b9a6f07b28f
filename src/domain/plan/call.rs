//! A call that is put into the timeline of what its profile finds or makes.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{CALLS, CallKind, Source, UserId};

/// A call of a PBX.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCall {
    /// What tells it from all others: the name of the PBX and the number of the call.
    pub key: String,
    /// Who called whom.
    pub kind: CallKind,
    /// The number of the client, as the PBX names it.
    pub number: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How long they spoke, in seconds; 0 if they did not.
    pub talk: u32,
    /// The inner number of the employee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner: Option<String>,
    /// The employee, if it was known when the call was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<UserId>,
    /// The number that was called, or from which was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The address of the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// Why it ended, as the PBX names it: `NO_ANSWER`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// What the portal was told while it rang.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<CardOfCall>,
    /// What later records of it have changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<CallChanged>,
}

/// What later records of a call have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallChanged {
    /// It was missed, and was answered after all.
    Answered,
    /// Anything else.
    Other,
}

impl CallChanged {
    /// Reads what the member `call` of a packet says.
    fn of_call(call: &Value) -> Option<Self> {
        let before = call.get("before").and_then(Value::as_str);
        let was_missed = before.and_then(CallKind::parse) == Some(CallKind::Missed);
        match call.get("records") {
            Some(_) if was_missed => Some(Self::Answered),
            Some(_) => Some(Self::Other),
            None => None,
        }
    }
}

/// The card of a call: while it rang, the call was registered at the portal to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardOfCall {
    /// The portal's number of the call; `None` if its answer was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The employee for whom the call was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
}

impl CardOfCall {
    /// Reads what intake has put into a packet.
    fn of_packet(packet: &Value) -> Option<Self> {
        let portal = packet.get("portal")?;
        let call = portal.get("call").and_then(Value::as_str);
        let card = Self {
            call: call.filter(|call| !call.is_empty()).map(str::to_owned),
            user: portal
                .get("user")
                .and_then(Value::as_i64)
                .and_then(UserId::new),
        };
        (card.call.is_some() || card.user.is_some()).then_some(card)
    }
}

impl PlannedCall {
    /// The name of the step, which no step of a profile can have.
    pub const STEP: &str = "pbx.call";
    /// The portal's number of the call in the result of the step.
    pub const CALL_ID: &str = "call_id";
    /// The activity of the call in the result of the step.
    pub const ACTIVITY_ID: &str = "activity_id";

    /// Reads the call of a packet. `None` for packets of other sources, for internal calls, and for
    /// calls without a number or a client.
    pub fn of_packet(source: &Source, packet: &Value, received_at: Timestamp) -> Option<Self> {
        if source.name() != CALLS {
            return None;
        }
        let call = packet.get("call")?;
        let text = |name: &str| call.get(name).and_then(Value::as_str).map(str::to_owned);
        let seconds = |name: &str| {
            let seconds = call.get(name).and_then(Value::as_u64).unwrap_or_default();
            u32::try_from(seconds).unwrap_or(u32::MAX)
        };
        let kind = CallKind::of_packet(packet).filter(|kind| *kind != CallKind::Internal)?;
        let started = text("started").and_then(|time| time.parse::<Timestamp>().ok());
        let started = started.unwrap_or(received_at);
        let duration = SignedDuration::from_secs(i64::from(seconds("duration")));
        Some(Self {
            key: format!("{}/{}", source.address(), source.key()),
            kind,
            number: text("number").filter(|number| number.bytes().any(|b| b.is_ascii_digit()))?,
            started,
            ended: started.checked_add(duration).unwrap_or(started),
            talk: if kind == CallKind::Missed {
                0
            } else {
                seconds("talk")
            },
            inner: text("inner"),
            employee: Self::employee_of(packet),
            line: text("line"),
            recording: text("recording"),
            cause: text("cause"),
            portal: CardOfCall::of_packet(packet),
            change: CallChanged::of_call(call),
        })
    }

    /// Returns the employee of the call in a packet, if it is known.
    pub fn employee_of(packet: &Value) -> Option<UserId> {
        let employee = packet.get("call")?.get("employee")?;
        employee.as_i64().and_then(UserId::new)
    }

    /// Returns the call as one line, for printing it.
    pub fn shown(&self) -> String {
        let Self { kind, number, .. } = self;
        format!("{kind} {number} {:.0}", self.started)
    }
}

/// Omits the number: it is personal data.
impl fmt::Debug for PlannedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlannedCall({} {})", self.kind, self.key)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn planned(call: &Value) -> Option<PlannedCall> {
        let source = Source::new(CALLS, "main", "9e1d");
        PlannedCall::of_packet(&source, &json!({"call": call}), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_call_is_planned_as_the_packet_has_it() {
        let call = planned(&json!({
            "kind": "incoming", "number": "+79005550142", "inner": "1004", "line": "+74955550100",
            "started": "2025-12-29T12:45:45Z", "duration": 41, "talk": 28,
            "recording": "https://pbx.example/get_file?file=onWde", "cause": "NORMAL_CLEARING"
        }));
        let call = call.unwrap();
        assert_eq!(call.employee, None);
        assert_eq!(call.cause.as_deref(), Some("NORMAL_CLEARING"));
        assert_eq!(call.portal, None);
        assert_eq!(
            (
                call.key.as_str(),
                call.talk,
                call.ended.to_string().as_str()
            ),
            ("main/9e1d", 28, "2025-12-29T12:46:26Z")
        );
        let stored = serde_json::to_value(&call).unwrap();
        assert_eq!(serde_json::from_value::<PlannedCall>(stored).unwrap(), call);
        assert!(!format!("{call:?}").contains("79005550142"));
    }

    #[test]
    fn the_employee_of_the_packet_is_that_of_the_plan() {
        for (employee, id) in [
            (json!(6), UserId::new(6)),
            (json!(0), None),
            (json!("6"), None),
        ] {
            let call = json!({"kind": "missed", "number": "+79005550142", "employee": employee});
            assert_eq!(planned(&call).unwrap().employee, id, "{call}");
        }
    }

    #[test]
    fn what_later_records_have_changed_is_part_of_the_plan() {
        for (members, change) in [
            (json!({}), None),
            (json!({"records": 2}), Some(CallChanged::Other)),
            (
                json!({"records": 2, "before": "missed"}),
                Some(CallChanged::Answered),
            ),
        ] {
            let mut call = json!({"kind": "incoming", "number": "+79005550142"});
            let members = members.as_object().unwrap().clone();
            call.as_object_mut().unwrap().extend(members);
            assert_eq!(planned(&call).unwrap().change, change, "{call}");
        }
    }

    #[test]
    fn what_the_portal_was_told_while_it_rang_is_part_of_the_plan() {
        let of = |portal: Value| {
            let call = json!({"kind": "missed", "number": "+79005550142"});
            let packet = json!({"call": call, "portal": portal});
            let source = Source::new(CALLS, "main", "9e1d");
            let call = PlannedCall::of_packet(&source, &packet, Timestamp::UNIX_EPOCH);
            call.unwrap().portal
        };
        let card = of(json!({"call": "externalCall.1f.2", "user": 1269})).unwrap();
        assert_eq!(card.call.as_deref(), Some("externalCall.1f.2"));
        assert_eq!(card.user.map(UserId::get), Some(1269));
        // the answer of the portal was lost
        let lost = of(json!({"user": 1269})).unwrap();
        assert_eq!((lost.call, lost.user.map(UserId::get)), (None, Some(1269)));
        for nothing in [json!(null), json!({}), json!({"call": "", "user": "x"})] {
            assert_eq!(of(nothing.clone()), None, "{nothing}");
        }
    }

    #[test]
    fn some_calls_are_not_planned() {
        for call in [
            json!({"kind": "internal", "number": "1005", "inner": "1004"}),
            json!({"kind": "missed", "number": "anonymous"}),
            json!({"kind": "missed"}),
            json!({"number": "+79005550142"}),
            json!(null),
        ] {
            assert_eq!(planned(&call), None, "{call}");
        }
        let channel = Source::new("channels", "shop", "1");
        let packet = json!({"call": {"kind": "missed", "number": "+79005550142"}});
        assert_eq!(
            PlannedCall::of_packet(&channel, &packet, Timestamp::UNIX_EPOCH),
            None
        );
        // a missed call has no conversation, and a call without a time has that of its receipt
        let missed = planned(&json!({"kind": "missed", "number": "+79005550142", "talk": 9}));
        let missed = missed.unwrap();
        assert_eq!((missed.talk, missed.started), (0, Timestamp::UNIX_EPOCH));
    }
}
