//! The state of a part of a call (`events/call`). `entry_id` is the call, `call_id` its part, and
//! `seq` numbers the events of a part, which may arrive in any order.

use serde_json::{Map, Value};

use super::{of_side, text};
use crate::domain::CallKind;
use crate::pbx::event::{CallChange, CallEvent, PbxEvent};

/// The longest id or number, in bytes.
const LONGEST: usize = 200;

/// Whom an event is about.
struct Sides {
    kind: CallKind,
    inner: Option<String>,
    other: Option<String>,
}

/// Reads an event. `None` if it is about no employee: the call is in a menu or a queue.
pub(super) fn read(object: &Map<String, Value>) -> Option<PbxEvent> {
    let location = text(object, "location");
    if location.is_some_and(|location| location != "abonent") {
        return None;
    }
    let change = match text(object, "call_state")?.as_str() {
        "Appeared" => CallChange::Ringing,
        "Connected" => CallChange::Answered,
        "OnHold" => CallChange::Held,
        "Disconnected" => CallChange::Ended { talk: None },
        _ => return None,
    };
    let Sides { kind, inner, other } = sides(object);
    Some(PbxEvent::Call(CallEvent {
        call: short(text(object, "entry_id"))?,
        leg: short(text(object, "call_id"))?,
        change,
        inner: Some(short(inner)?),
        crm_user: None,
        other: short(other),
        line: short(of_side(object, "to", "line_number")),
        kind: Some(kind),
        seq: text(object, "seq").and_then(|seq| seq.parse().ok()),
    }))
}

/// Drops what is too long to be an id or a number: it is kept as long as the call goes on.
fn short(text: Option<String>) -> Option<String> {
    text.filter(|text| text.len() <= LONGEST)
}

fn sides(object: &Map<String, Value>) -> Sides {
    let extension = |side| of_side(object, side, "extension");
    let number = |side| of_side(object, side, "number");
    let (from, to) = (extension("from"), extension("to"));
    // the phone of the employee rings first, and the client is named as the caller
    if is_ordered(object) && to.is_some() {
        return Sides {
            kind: CallKind::Outgoing,
            inner: to,
            other: number("from"),
        };
    }
    match (from, to) {
        (Some(from), None) => Sides {
            kind: CallKind::Outgoing,
            inner: Some(from),
            other: number("to"),
        },
        (Some(from), Some(to)) => Sides {
            kind: CallKind::Internal,
            inner: Some(to),
            other: Some(from),
        },
        (None, to) => Sides {
            kind: CallKind::Incoming,
            inner: to,
            other: number("from"),
        },
    }
}

/// Returns whether it is the first part of a call that somebody ordered: by a command, in the
/// cabinet, or by a campaign.
fn is_ordered(object: &Map<String, Value>) -> bool {
    let has = |name| text(object, name).is_some();
    let is_passed_on = of_side(object, "from", "taken_from_call_id").is_some();
    (has("command_id") || has("callback_initiator") || has("task_id")) && !is_passed_on
}
