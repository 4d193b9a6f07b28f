//! The summary of a call that has ended (`events/summary`) as profiles see it. If the call was passed
//! on, `to` is who answered, or the first who did not.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{of_side, text};
use crate::domain::{CallKind, is_inner_number};
use crate::pbx::values::international;

/// The summary of a call.
pub(super) struct Summary<'r> {
    object: &'r Map<String, Value>,
    key: String,
    direction: String,
}

/// The two sides of a call.
struct Sides {
    kind: CallKind,
    /// The number of the client, or of the employee who was called by another one.
    other: Option<String>,
    /// The inner number of the employee.
    inner: Option<String>,
}

impl<'r> Summary<'r> {
    /// Returns the summary, unless it lacks what makes it one.
    pub(super) fn of(object: &'r Map<String, Value>) -> Option<Self> {
        Some(Self {
            object,
            key: text(object, "entry_id")?,
            direction: text(object, "call_direction")?,
        })
    }

    /// Returns what tells the call from all others.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Returns the number of the other side, as the summary has it.
    pub(super) fn other(&self) -> Option<String> {
        self.sides().other
    }

    /// Returns the packet that profiles see: the call in one shape for every PBX, and the summary.
    pub(super) fn packet(&self) -> Value {
        let sides = self.sides();
        let mut call = json!({
            "kind": sides.kind.as_str(),
            "answered": self.talk() > 0,
            "id": self.key,
            "number": sides.other.map(international),
            "inner": sides.inner,
            "line": text(self.object, "line_number").map(international),
            "started": self.time("create_time").map(|time| time.to_string()),
            "duration": self.between("create_time", "end_time"),
            "talk": self.talk(),
            "waiting": self.waiting(),
            "cause": text(self.object, "disconnect_reason"),
        });
        if let Some(members) = call.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        json!({"call": call, "record": self.object})
    }

    /// Returns how long they spoke, in seconds; 0 if nobody answered.
    fn talk(&self) -> i64 {
        match self.seconds("talk_time") {
            0 => 0,
            // an answer is more than nothing, however short
            _ => self.between("talk_time", "end_time").max(1),
        }
    }

    /// Returns how long the client waited for the employee, in seconds.
    fn waiting(&self) -> i64 {
        let answered = self.seconds("talk_time") > 0;
        self.between(
            "forward_time",
            if answered { "talk_time" } else { "end_time" },
        )
    }

    /// Returns the seconds between two times; 0 if one is missing.
    fn between(&self, first: &str, last: &str) -> i64 {
        match (self.seconds(first), self.seconds(last)) {
            (0, _) | (_, 0) => 0,
            (first, last) => last.saturating_sub(first).max(0),
        }
    }

    /// Returns a time in seconds since 1970; 0 if there is none.
    fn seconds(&self, name: &str) -> i64 {
        let seconds = text(self.object, name).and_then(|text| text.parse::<i64>().ok());
        seconds.unwrap_or(0).max(0)
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        let seconds = Some(self.seconds(name)).filter(|seconds| *seconds > 0)?;
        Timestamp::from_second(seconds).ok()
    }

    /// Returns who called whom.
    fn sides(&self) -> Sides {
        let extension = |side| of_side(self.object, side, "extension");
        let number = |side| of_side(self.object, side, "number");
        let is_of_employee = extension("from").is_some();
        let (kind, other, inner) = match self.direction.as_str() {
            "0" => {
                let other = extension("to").or_else(|| number("to"));
                (CallKind::Internal, other, extension("from"))
            }
            "2" => (CallKind::Outgoing, number("to"), extension("from")),
            "1" => (self.incoming(), number("from"), extension("to")),
            _ if is_of_employee => (CallKind::Outgoing, number("to"), extension("from")),
            _ => (self.incoming(), number("from"), extension("to")),
        };
        Sides {
            kind,
            other,
            inner: inner.filter(|inner| is_inner_number(inner)),
        }
    }

    fn incoming(&self) -> CallKind {
        if self.talk() > 0 {
            CallKind::Incoming
        } else {
            CallKind::Missed
        }
    }
}
