//! A call that is put into the timeline of what its profile finds or makes.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{CALLS, CallKind, Source};

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
    /// The number that was called, or from which was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// The address of the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
}

impl PlannedCall {
    /// The name of the step, which no step of a profile can have.
    pub const STEP: &str = "pbx.call";

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
            line: text("line"),
            recording: text("recording"),
        })
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
            "recording": "https://pbx.example/get_file?file=onWde"
        }));
        let call = call.unwrap();
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
