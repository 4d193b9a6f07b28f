//! The record of a call (`cdr_append`, and each row of `get_cdr`) as profiles see it.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::text_of;
use crate::domain::{CallKind, is_inner_number};
use crate::pbx::values::{international, is_nil, short_id};

/// The seconds of a day: no call is longer.
const DAY: f64 = 86_400.0;

/// A larger number of seconds since 1970 is one of milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;

/// The record of a call.
#[derive(Clone, Copy, PartialEq)]
pub struct Record<'r> {
    body: &'r Map<String, Value>,
    /// Whether the employee answered, if the settings say what the status of the record means.
    answered: Option<bool>,
}

/// Omits the content: it is personal data.
impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Record({:?})", self.key())
    }
}

/// The two sides of a call.
struct Sides {
    kind: CallKind,
    /// The number of the client, or of the employee who was called by another one.
    other: Option<String>,
    /// The inner number of the employee.
    inner: Option<String>,
}

impl<'r> Record<'r> {
    pub(super) fn of(body: &'r Map<String, Value>) -> Option<Self> {
        let record = Self {
            body,
            answered: None,
        };
        record.key().map(|_| record)
    }

    /// Sets whether the employee answered; without it the length of the conversation tells.
    #[must_use]
    pub fn with_answered(self, answered: Option<bool>) -> Self {
        Self { answered, ..self }
    }

    /// Returns whether it names the two sides of a call.
    pub(super) fn has_sides(self) -> bool {
        self.body.contains_key("src") && self.body.contains_key("dst")
    }

    fn is_answered(self) -> bool {
        self.answered.unwrap_or(self.seconds("billsec") > 0)
    }

    /// Returns what tells it from all others: its unique id, else its number, which may be the unique
    /// id of another one.
    pub fn key(self) -> Option<String> {
        let number = || self.text("id").map(|id| format!("id:{id}"));
        self.text("uniqueid").or_else(number).map(short_id)
    }

    /// Returns the key that earlier releases gave it, if that was another one.
    pub(super) fn old_key(self) -> Option<String> {
        match self.text("uniqueid") {
            Some(_) => None,
            None => self.text("id"),
        }
    }

    /// Returns what the records of one call share.
    pub(super) fn session(self) -> Option<String> {
        let session = self.text("session_id").filter(|id| !is_nil(id));
        session.map(short_id)
    }

    fn text(self, name: &str) -> Option<String> {
        self.body.get(name).and_then(text_of)
    }

    /// Returns a number of seconds, at most a day: as a number, or as `0:05`.
    fn seconds(self, name: &str) -> i64 {
        let Some(text) = self.text(name) else {
            return 0;
        };
        let mut parts = text.split(':').map(|part| part.trim().parse::<f64>().ok());
        let whole = parts.try_fold(0.0, |whole, part| Some(whole * 60.0 + part?));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a fraction of a second is dropped"
        )]
        whole.map_or(0, |seconds| seconds.clamp(0.0, DAY) as i64)
    }

    /// Returns the value of `direction`. Its meaning is nowhere documented.
    pub fn direction(self) -> Option<String> {
        self.text("direction")
    }

    /// Returns the value of `dial_status`. Its meaning is nowhere documented.
    pub fn dial_status(self) -> Option<String> {
        self.text("dial_status")
    }

    /// Returns the packet that profiles see: the call in one shape for every PBX, and the record.
    /// `told` is what its direction means; it counts if the two numbers do not tell who called.
    pub fn packet(self, told: Option<CallKind>) -> Value {
        let talk = self.seconds("billsec").max(0);
        let sides = self.sides(told);
        let number = |name: &str| self.text(name).map(international);
        let mut call = json!({
            "kind": sides.kind.as_str(),
            "answered": self.is_answered(),
            "id": self.key(),
            "number": sides.other.map(international),
            "inner": sides.inner,
            "line": number("gateway_number"),
            "line_name": self.text("gateway"),
            "started": self.started().map(|time| time.to_string()),
            "duration": self.seconds("duration").max(0),
            "talk": talk,
            "waiting": self.seconds("cc_queue_waiting_time").max(0),
            "hold": self.seconds("hold_accum_seconds").max(0),
            "project": self.text("project_name"),
            "place": self.text("geo_names"),
            "cause": self.text("bridge_hangup_cause"),
            "recording": self.text("link"),
        });
        if let Some(members) = call.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        json!({"call": call, "record": self.body})
    }

    /// Returns the number of the other side, as the record has it.
    pub fn other(self) -> Option<String> {
        self.sides(None).other
    }

    /// Returns when it began: seconds or milliseconds since 1970, or a time with its zone.
    pub fn started(self) -> Option<Timestamp> {
        let text = self.text("dt")?;
        let Ok(number) = text.parse::<f64>() else {
            return text.parse().ok();
        };
        let seconds = if number > MILLISECONDS_FROM {
            number / 1000.0
        } else {
            number
        };
        let since = SignedDuration::try_from_secs_f64(seconds).ok()?;
        Timestamp::from_duration(since).ok()
    }

    /// Returns who called whom.
    fn sides(self, told: Option<CallKind>) -> Sides {
        let (from, to) = (self.text("src"), self.text("dst"));
        let is_inner = |side: &Option<String>| side.as_deref().is_some_and(is_inner_number);
        let kind = match (is_inner(&from), is_inner(&to)) {
            (true, true) => CallKind::Internal,
            (true, false) => CallKind::Outgoing,
            (false, true) => CallKind::Incoming,
            (false, false) => told.unwrap_or(CallKind::Incoming),
        };
        let (kind, other, inner) = match kind {
            CallKind::Outgoing | CallKind::Internal => (kind, to, from),
            CallKind::Incoming | CallKind::Missed if self.is_answered() => {
                (CallKind::Incoming, from, to)
            }
            CallKind::Incoming | CallKind::Missed => (CallKind::Missed, from, to),
        };
        Sides {
            kind,
            other,
            inner: inner.filter(|inner| is_inner_number(inner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(record: &Value) -> Value {
        let record = Record::of(record.as_object().unwrap()).unwrap();
        let told = (record.direction().as_deref() == Some("0")).then_some(CallKind::Outgoing);
        record.packet(told)
    }

    #[test]
    fn times_and_numbers_are_read_as_pbxs_write_them() {
        let call = |body: Value| packet(&body)["call"].clone();
        for (dt, started) in [
            (json!(1_633_333_012.0), json!("2021-10-04T07:36:52Z")),
            (json!("1633333012"), json!("2021-10-04T07:36:52Z")),
            (json!(1_633_333_012_000_i64), json!("2021-10-04T07:36:52Z")),
            (
                json!("2021-10-04T10:36:52+03:00"),
                json!("2021-10-04T07:36:52Z"),
            ),
            (json!("yesterday"), Value::Null),
        ] {
            let read = call(json!({"id": 1, "src": "+79005550142", "dst": "1004", "dt": dt}));
            assert_eq!(read["started"], started, "{dt}");
        }
        for (talk, seconds) in [
            (json!("0:05"), 5),
            (json!("1:02:03"), 3723),
            (json!("7.9"), 7),
            (json!(-3), 0),
            (json!("1e99"), 86_400),
            (json!("soon"), 0),
        ] {
            let read =
                call(json!({"id": 1, "src": "+79005550142", "dst": "1004", "billsec": talk}));
            assert_eq!(read["talk"], json!(seconds), "{talk}");
        }
        for (number, seen) in [
            ("79005550142", "+79005550142"),
            ("9005550142", "9005550142"),
            ("89005550142", "89005550142"),
            ("anonymous", "anonymous"),
        ] {
            let read = call(json!({"id": 1, "src": number, "dst": "1004"}));
            assert_eq!(read["number"], json!(seen));
        }
    }

    #[test]
    fn the_record_of_the_documentation_is_an_outgoing_call() {
        let record = json!({
            "id": 112_666, "uniqueid": "5548f6ab-efab-4dd9-843b-c53f50a5506a", "dt": 1_633_333_012.0,
            "src": "9022", "dst": "+74952523060", "duration": 14, "billsec": 3,
            "cc_queue_waiting_time": 0, "rec_path": "office.pbx.example/2021-10-04/", "gateway": "Test1",
            "gateway_number": "+74951343060", "dial_status": 0, "direction": 0, "project_id": 0,
            "project_name": "", "bridge_hangup_cause": "NORMAL_CLEARING", "hold_accum_seconds": 0,
            "geo_names": "Москва", "link": "https://pbx.example/get_file?file=onWde"
        });
        let packet = packet(&record);
        assert_eq!(
            packet["call"],
            json!({
                "kind": "outgoing", "answered": true, "id": "5548f6ab-efab-4dd9-843b-c53f50a5506a",
                "number": "+74952523060", "inner": "9022", "line": "+74951343060",
                "line_name": "Test1", "started": "2021-10-04T07:36:52Z", "duration": 14, "talk": 3,
                "waiting": 0, "hold": 0, "place": "Москва", "cause": "NORMAL_CLEARING",
                "recording": "https://pbx.example/get_file?file=onWde"
            })
        );
        assert_eq!(packet["record"], record);
    }

    #[test]
    fn the_numbers_tell_who_called_and_the_table_where_they_do_not() {
        for (from, to, talk, direction, kind, number, inner) in [
            (
                "+79062195047",
                "1004",
                28,
                0,
                "incoming",
                "+79062195047",
                "1004",
            ),
            (
                "79062195047",
                "1004",
                0,
                1,
                "missed",
                "+79062195047",
                "1004",
            ),
            (
                "1004",
                "89062195047",
                0,
                1,
                "outgoing",
                "89062195047",
                "1004",
            ),
            ("1004", "1005", 5, 1, "internal", "1005", "1004"),
            (
                "+79062195047",
                "+74951343060",
                5,
                0,
                "outgoing",
                "+74951343060",
                "",
            ),
            (
                "+79062195047",
                "+74951343060",
                0,
                7,
                "missed",
                "+79062195047",
                "",
            ),
            ("anonymous", "1004", 0, 1, "missed", "anonymous", "1004"),
        ] {
            let record =
                json!({"id": "1", "src": from, "dst": to, "billsec": talk, "direction": direction});
            let call = packet(&record)["call"].clone();
            let shown = (
                call["kind"].clone(),
                call["number"].clone(),
                call.get("inner").cloned(),
            );
            let inner = (!inner.is_empty()).then(|| json!(inner));
            assert_eq!(shown, (json!(kind), json!(number), inner), "{record}");
        }
    }

    #[test]
    fn the_status_counts_before_the_conversation_if_the_settings_say_what_it_means() {
        for (talk, answered, kind, is_answered) in [
            (0, None, "missed", false),
            (0, Some(true), "incoming", true),
            (9, Some(false), "missed", false),
            (9, None, "incoming", true),
        ] {
            let record = json!({"id": "1", "src": "+79062195047", "dst": "1004", "billsec": talk});
            let record = Record::of(record.as_object().unwrap()).unwrap();
            let call = record.with_answered(answered).packet(None)["call"].clone();
            let shown = (call["kind"].clone(), call["answered"].clone());
            assert_eq!(
                shown,
                (json!(kind), json!(is_answered)),
                "{talk} {answered:?}"
            );
        }
    }

    #[test]
    fn odd_values_do_no_harm() {
        let record = json!({
            "id": 7, "src": null, "dst": [], "billsec": "3", "duration": "1e99", "dt": "yesterday",
            "cc_queue_waiting_time": -5, "link": ""
        });
        let call = packet(&record)["call"].clone();
        assert_eq!(call["kind"], "incoming");
        assert_eq!(
            (call["talk"].clone(), call["waiting"].clone()),
            (json!(3), json!(0))
        );
        assert_eq!(
            (
                call.get("started"),
                call.get("recording"),
                call.get("number")
            ),
            (None, None, None)
        );
        assert_eq!(Record::of(json!({"src": "1"}).as_object().unwrap()), None);
    }

    #[test]
    fn ids_are_of_bounded_length_and_a_session_of_zeros_is_none() {
        let keys = |body: Value| {
            let record = Record::of(body.as_object().unwrap()).unwrap();
            (record.key().unwrap(), record.session())
        };
        let (long, other) = ("7".repeat(201), "7".repeat(202));
        let (key, session) = keys(json!({"uniqueid": long, "session_id": other}));
        let session = session.unwrap();
        assert!(key.starts_with("sha256:") && session.starts_with("sha256:"));
        assert!(key != session && key.len() < 100);
        let usual = "5548f6ab-efab-4dd9-843b-c53f50a5506a";
        let (key, session) = keys(json!({"uniqueid": usual, "session_id": 0}));
        assert_eq!((key.as_str(), session), (usual, None));
        let nil = "00000000-0000-0000-0000-000000000000";
        assert_eq!(
            keys(json!({"id": 7, "session_id": nil})),
            ("id:7".to_owned(), None)
        );
    }
}
