//! The extended statistics: calls of the past, with their parts and recordings. The PBX prepares them
//! (`stats/calls/request`) and is asked under a key until they are ready (`stats/calls/result`). The
//! ID of a call is that of its summary.

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};

use super::{recording, text};
use crate::domain::{CallKind, is_inner_number};
use crate::pbx::command::{CommandFailure, CommandReply, DialNumber, HistoryQuery};
use crate::pbx::dialect::{CallRecord, ToldValues};
use crate::pbx::values::international;

/// Where the statistics are ordered, and where they are collected.
pub(super) const REQUEST_PATH: &str = "stats/calls/request/";
pub(super) const RESULT_PATH: &str = "stats/calls/result/";

/// How many calls the PBX may be asked for.
const LIMITS: [usize; 8] = [1, 5, 10, 20, 50, 100, 500, 1000];
const MOST: usize = 2_000;

/// The PBX reads and writes times without a zone in that of Moscow.
const MOSCOW_HOURS: i8 = 3;

/// The digits of a number that all its spellings share.
const TAIL: usize = 10;

/// Returns the order of a query. Calls with other numbers are dropped from the reply if there are
/// several: the PBX searches for one only.
pub(super) fn order(query: &HistoryQuery) -> Value {
    let limit = LIMITS.into_iter().find(|limit| *limit >= query.limit);
    let limit = limit.unwrap_or(MOST);
    let mut order = json!({
        "start_date": in_moscow(query.from),
        "end_date": in_moscow(query.to),
        "limit": limit.to_string(),
        "offset": query.offset.to_string(),
    });
    if let [number] = query.numbers.as_slice() {
        order["search_string"] = json!(tail(number.as_str()));
    }
    order
}

fn in_moscow(time: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(MOSCOW_HOURS));
    time.to_zoned(zone)
        .strftime("%d.%m.%Y %H:%M:%S")
        .to_string()
}

/// Returns the last digits of a number.
fn tail(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let from = digits.len().saturating_sub(TAIL);
    digits.iter().skip(from).collect()
}

/// Reads a reply: the key of the statistics, their state, or the calls.
pub(super) fn reply(
    reply: &Map<String, Value>,
    query: &HistoryQuery,
) -> Result<CommandReply, CommandFailure> {
    if let Some(key) = text(reply, "key") {
        return Ok(CommandReply::Prepares { key });
    }
    match text(reply, "status").as_deref() {
        Some("request" | "work") => return Ok(CommandReply::NotReady),
        Some("complete") | None => {}
        Some(status) => {
            return Err(CommandFailure::Refused {
                code: status.to_owned(),
                words: text(reply, "message"),
            });
        }
    }
    // a list of days, or one of them
    let days = match reply.get("data") {
        Some(Value::Array(days)) => days.as_slice(),
        Some(day @ Value::Object(_)) => std::slice::from_ref(day),
        _ => return Err(CommandFailure::NotUnderstood),
    };
    let rows: Vec<&Value> = days
        .iter()
        .filter_map(|day| day.get("list")?.as_array())
        .flatten()
        .take(query.limit)
        .collect();
    let calls = rows.iter().filter_map(|row| PastCall::of(row.as_object()?));
    let mut calls: Vec<PastCall<'_>> = calls.filter(|call| call.is_of(&query.numbers)).collect();
    calls.sort_by_key(PastCall::began);
    Ok(CommandReply::History {
        records: calls.iter().map(PastCall::record).collect(),
        rows: rows.len(),
    })
}

/// A call of the statistics.
pub(super) struct PastCall<'r> {
    object: &'r Map<String, Value>,
    key: String,
    direction: String,
    legs: Vec<&'r Map<String, Value>>,
}

impl<'r> PastCall<'r> {
    /// Returns the call, unless it lacks what makes it one.
    pub(super) fn of(object: &'r Map<String, Value>) -> Option<Self> {
        let list = |of: &'r Map<String, Value>, name: &str| {
            let list = of.get(name).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_object)
        };
        let mut legs = Vec::new();
        for leg in list(object, "context_calls") {
            legs.push(leg);
            // those of a group
            legs.extend(list(leg, "members"));
        }
        Some(Self {
            object,
            key: text(object, "entry_id")?,
            direction: text(object, "context_type")?,
            legs,
        })
    }

    /// Returns the packet that profiles see: the call in one shape for every PBX, and the row.
    pub(super) fn packet(&self) -> Value {
        let leg = self.employees_leg();
        let of_leg = |name: &str| leg.and_then(|leg| text(leg, name));
        let line = self.called().filter(|_| self.direction == "1");
        let started = Timestamp::from_second(self.began()).ok();
        let mut recordings = self.recordings().into_iter();
        let mut call = json!({
            "kind": self.kind().as_str(),
            "answered": self.talk() > 0,
            "id": self.key,
            "number": self.other().map(international),
            "inner": self.inner(),
            "line": line.map(international),
            "started": started.filter(|_| self.began() > 0).map(|time| time.to_string()),
            "duration": self.seconds("duration"),
            "talk": self.talk(),
            "waiting": leg.map_or(0, |leg| seconds(leg, "dial_duration")),
            "hold": of_leg("hold_duration").and_then(|text| text.parse::<u32>().ok()),
            "cause": of_leg("call_end_reason"),
            "recording": recordings.next(),
        });
        let more: Vec<String> = recordings.collect();
        if let Some(members) = call.as_object_mut() {
            members.retain(|_, value| !value.is_null());
            if !more.is_empty() {
                members.insert("more_recordings".to_owned(), json!(more));
            }
        }
        json!({"call": call, "record": self.object})
    }

    fn record(&self) -> CallRecord {
        CallRecord {
            key: self.key.clone(),
            session: None,
            old_key: None,
            number: self.other(),
            told: ToldValues::default(),
            packet: self.packet(),
            raw: Bytes::from(Value::Object(self.object.clone()).to_string()),
        }
    }

    fn kind(&self) -> CallKind {
        match (self.direction.as_str(), self.talk()) {
            ("2", _) => CallKind::Outgoing,
            ("3", _) => CallKind::Internal,
            (_, 0) => CallKind::Missed,
            _ => CallKind::Incoming,
        }
    }

    fn talk(&self) -> i64 {
        self.seconds("talk_duration")
    }

    /// Returns when the call began, in seconds since 1970.
    fn began(&self) -> i64 {
        self.seconds("context_start_time")
    }

    fn seconds(&self, name: &str) -> i64 {
        seconds(self.object, name)
    }

    fn called(&self) -> Option<String> {
        text(self.object, "called_number")
    }

    fn caller(&self) -> Option<String> {
        text(self.object, "caller_number")
    }

    /// Returns the number of the client, or of the employee who was called by another one.
    fn other(&self) -> Option<String> {
        match self.direction.as_str() {
            "2" | "3" => self.called(),
            _ => self.caller(),
        }
    }

    /// Returns the inner number of the employee: of the one who has answered, else of the first who
    /// was rung.
    fn inner(&self) -> Option<String> {
        let leg = self.employees_leg();
        let of_leg = leg.and_then(|leg| text(leg, "call_abonent_extension"));
        let own = match self.direction.as_str() {
            "2" | "3" => self.caller(),
            _ => leg.and_then(|leg| text(leg, "call_abonent_number")),
        };
        let numbers = if self.direction == "3" {
            [own, of_leg]
        } else {
            [of_leg, own]
        };
        numbers
            .into_iter()
            .flatten()
            .find(|number| is_inner_number(number))
    }

    fn employees_leg(&self) -> Option<&'r Map<String, Value>> {
        let is_of_group = |leg: &Map<String, Value>| {
            let kind = text(leg, "call_type");
            matches!(kind.as_deref(), Some("group" | "conference"))
        };
        let mut legs = self.legs.iter().copied().filter(|leg| !is_of_group(leg));
        let first = legs.clone().next();
        legs.find(|leg| seconds(leg, "talk_duration") > 0).or(first)
    }

    /// Returns the addresses of the recordings, each once.
    fn recordings(&self) -> Vec<String> {
        let mut links = Vec::new();
        for leg in &self.legs {
            let ids = match leg.get("recording_id") {
                Some(Value::Array(ids)) => ids.as_slice(),
                Some(id) => std::slice::from_ref(id),
                None => &[],
            };
            for id in ids.iter().filter_map(Value::as_str) {
                let link = recording::link(id);
                if recording::is_id(id) && !links.contains(&link) {
                    links.push(link);
                }
            }
        }
        links
    }

    fn is_of(&self, numbers: &[DialNumber]) -> bool {
        let sides = [self.caller(), self.called(), self.inner()];
        let sides = sides.map(|side| side.map(|number| tail(&number)));
        let is_side = |number: &DialNumber| sides.contains(&Some(tail(number.as_str())));
        numbers.is_empty() || numbers.iter().any(is_side)
    }
}

fn seconds(of: &Map<String, Value>, name: &str) -> i64 {
    let seconds = text(of, name).and_then(|text| text.parse::<i64>().ok());
    seconds.unwrap_or(0).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture() -> Map<String, Value> {
        let file = "/tests/fixtures/pbx/mango/stats_result.json";
        let text = std::fs::read_to_string(format!("{}{file}", env!("CARGO_MANIFEST_DIR")));
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    fn query(limit: usize, numbers: &[&str]) -> HistoryQuery {
        let numbers = numbers
            .iter()
            .filter_map(|number| DialNumber::parse(number));
        HistoryQuery {
            from: "2025-12-28T21:00:00Z".parse().unwrap(),
            to: "2025-12-29T12:45:45Z".parse().unwrap(),
            numbers: numbers.collect(),
            limit,
            offset: 0,
        }
    }

    fn read(limit: usize, numbers: &[&str]) -> (Vec<CallRecord>, usize) {
        match reply(&fixture(), &query(limit, numbers)) {
            Ok(CommandReply::History { records, rows }) => (records, rows),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_statistics_are_ordered_in_the_time_of_moscow_and_in_pages_that_the_pbx_allows() {
        let ordered = order(&query(30, &[]));
        let wanted = json!({
            "start_date": "29.12.2025 00:00:00", "end_date": "29.12.2025 15:45:45",
            "limit": "50", "offset": "0",
        });
        assert_eq!(ordered, wanted);
        assert_eq!(order(&query(9_999, &[]))["limit"], "2000");
        let one = order(&query(1, &["8 900 555-01-42"]));
        assert_eq!(one["search_string"], "9005550142");
        let two = order(&query(1, &["101", "102"]));
        assert_eq!(two.get("search_string"), None);
    }

    #[test]
    fn calls_of_the_statistics_look_like_their_summaries() {
        let (records, rows) = read(100, &[]);
        assert_eq!((records.len(), rows), (4, 5), "one row is no call");
        let call = |key: &str| {
            let record = records.iter().find(|record| record.key == key).unwrap();
            record.packet["call"].clone()
        };
        let link = "https://app.mango-office.ru/vpbx/queries/recording/issa/MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ%3D%3D/play";
        assert_eq!(
            call("MTAyMDMwNDA1MA=="),
            json!({
                "kind": "incoming", "answered": true, "id": "MTAyMDMwNDA1MA==",
                "number": "+79005550142", "inner": "101", "line": "+74955550100",
                "started": "2025-12-29T12:45:45Z", "duration": 35, "talk": 28, "waiting": 6,
                "hold": 4, "cause": "1110", "recording": link
            })
        );
        assert_eq!(
            call("MTAyMDMwNDA1MQ=="),
            json!({
                "kind": "missed", "answered": false, "id": "MTAyMDMwNDA1MQ==",
                "number": "+79005550143", "inner": "102", "line": "+74955550100",
                "started": "2025-12-29T12:45:45Z", "duration": 41, "talk": 0, "waiting": 41,
                "cause": "1131"
            })
        );
        let outgoing = call("MTAyMDMwNDA2MA==");
        assert_eq!(
            (&outgoing["kind"], &outgoing["number"], &outgoing["inner"]),
            (&json!("outgoing"), &json!("+79005550144"), &json!("101"))
        );
        let internal = call("MTAyMDMwNDA3MA==");
        assert_eq!(
            (&internal["kind"], &internal["number"], &internal["inner"]),
            (&json!("internal"), &json!("102"), &json!("101"))
        );
        // the stored bytes are read as the same packet
        for record in &records {
            let row: Map<String, Value> = serde_json::from_slice(&record.raw).unwrap();
            assert_eq!(PastCall::of(&row).unwrap().packet(), record.packet);
        }
        let began: Vec<&Value> = records
            .iter()
            .map(|record| &record.packet["call"]["started"])
            .collect();
        assert!(began.is_sorted_by_key(ToString::to_string), "{began:?}");
    }

    #[test]
    fn a_page_has_the_calls_with_the_wanted_numbers_only() {
        let keys = |numbers: &[&str]| {
            let (records, rows) = read(100, numbers);
            assert_eq!(rows, 5);
            records
                .into_iter()
                .map(|record| record.key)
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(&["89005550143"]), ["MTAyMDMwNDA1MQ=="]);
        assert_eq!(
            keys(&["+79005550144", "102"]),
            ["MTAyMDMwNDA1MQ==", "MTAyMDMwNDA2MA==", "MTAyMDMwNDA3MA=="]
        );
        let (records, rows) = read(2, &[]);
        assert_eq!((records.len(), rows), (2, 2));
    }

    #[test]
    fn the_statistics_are_waited_for_until_they_are_complete() {
        let read = |raw: &str| reply(&serde_json::from_str(raw).unwrap(), &query(1, &[]));
        let key = "fHJ2mmMBZ1Cnu/YvTRJg==".to_owned();
        assert_eq!(
            read(r#"{"result":1000,"key":"fHJ2mmMBZ1Cnu/YvTRJg=="}"#),
            Ok(CommandReply::Prepares { key })
        );
        for raw in [
            r#"{"result":1000,"status":"work","data":[{"list":[{"entry_id":"a","context_type":1}]}]}"#,
            r#"{"result":1000,"status":"request"}"#,
        ] {
            assert_eq!(read(raw), Ok(CommandReply::NotReady), "{raw}");
        }
        let none = Ok(CommandReply::History {
            records: Vec::new(),
            rows: 0,
        });
        assert_eq!(read(r#"{"status":"complete","data":[]}"#), none);
        for status in ["cancel", "error", "not-found"] {
            let refused = read(&json!({"status": status}).to_string()).unwrap_err();
            assert!(refused.to_string().contains(status), "{refused}");
        }
        assert_eq!(read("{}"), Err(CommandFailure::NotUnderstood));
    }
}
