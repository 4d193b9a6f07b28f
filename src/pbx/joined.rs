//! Several records of one call as one call. A PBX may send a record for each phone that was rung, and
//! send one again with more in it. The order in which they come makes no difference, and a record
//! that comes twice adds nothing.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::domain::{CallKind, Phone};

/// The most recordings of one call.
const MOST_RECORDINGS: usize = 16;

/// The most records of one call that may change its seconds or its sides: a PBX that counts on and on
/// must not keep the portal busy for ever. That it was answered, and its recordings, always count.
const MOST_RECORDS: u64 = 500;

/// The members that tell who called whom.
const SIDES: [&str; 7] = [
    "number",
    "line",
    "line_name",
    "started",
    "project",
    "place",
    "kind",
];

/// Members that any record may tell if the others do not.
const GAPS: [&str; 6] = ["inner", "cause", "line", "line_name", "project", "place"];

/// Members that are a number of seconds; the greatest counts.
const SECONDS: [&str; 3] = ["duration", "waiting", "hold"];

/// The members with the addresses of recordings.
const RECORDING: &str = "recording";
const MORE_RECORDINGS: &str = "more_recordings";

/// Members that change a few times at most.
const RARE: [&str; 3] = ["answered", RECORDING, MORE_RECORDINGS];

/// The longest call, and so the longest time between the beginnings of two records of one.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// The member of a joined call with the number of records that have added to it.
const RECORDS: &str = "records";

/// The member with the kind that a joined call had before.
const BEFORE: &str = "before";

/// Returns whether two records with one id may be those of one call. PBXs use ids again: a call that
/// began more than a day earlier or later is another one.
pub fn is_one_call(call: &Map<String, Value>, later: &Map<String, Value>) -> bool {
    let apart = started(later)
        .zip(started(call))
        .map(|(later, own)| later.duration_since(own).abs());
    apart.is_none_or(|apart| apart <= LONGEST)
}

/// Returns whether the record of a call may be that of which nothing is left but when it was received:
/// one that began long after that is another one.
pub fn may_be_received(call: &Map<String, Value>, received_at: Timestamp) -> bool {
    started(call).is_none_or(|started| started.duration_since(received_at) <= LONGEST)
}

/// Returns whether two records of one session are calls with different clients: an employee has
/// talked to one and called another one, to ask or to transfer the call.
pub fn are_two_clients(call: &Map<String, Value>, later: &Map<String, Value>) -> bool {
    let phone = |call: &Map<String, Value>, name: &str| {
        let number = call.get(name).and_then(Value::as_str)?;
        Phone::parse(number)
    };
    // a PBX may hand a call on under its own number
    let lines = [phone(call, "line"), phone(later, "line")];
    let client = |call: &Map<String, Value>| {
        // without an employee, it may be the mobile phone of one
        let is_clients = call.contains_key("inner") && kind(call) != Some(CallKind::Internal);
        let number = phone(call, "number").filter(|_| is_clients);
        number.filter(|number| !lines.iter().flatten().any(|line| line == number))
    };
    client(call)
        .zip(client(later))
        .is_some_and(|(own, later)| own != later)
}

/// Joins a call with what a later record says of it. Returns the members that change; none if the
/// record adds nothing. Both are the member `call` of a packet.
pub fn later_members(call: &Map<String, Value>, later: &Map<String, Value>) -> Map<String, Value> {
    let mut joined = call.clone();
    if gives_sides(call, later) {
        for name in SIDES {
            copy(later, name, &mut joined);
        }
    }
    for name in GAPS {
        if !joined.contains_key(name) {
            copy(later, name, &mut joined);
        }
    }
    let is_answered = answered(call) || answered(later);
    joined.insert("answered".to_owned(), json!(is_answered));
    if let Some(kind) = kind(&joined) {
        let kind = match kind {
            CallKind::Missed | CallKind::Incoming if is_answered => CallKind::Incoming,
            CallKind::Missed | CallKind::Incoming => CallKind::Missed,
            kind => kind,
        };
        joined.insert("kind".to_owned(), json!(kind.as_str()));
    }
    // the call is of the one who spoke, and of two of the one who spoke longer
    let part = |call| (answered(call), seconds(call, "talk"));
    if part(later) > part(call) {
        for name in ["inner", "talk", "cause"] {
            copy(later, name, &mut joined);
        }
    }
    for name in SECONDS {
        let longest = seconds(call, name).max(seconds(later, name));
        if longest > seconds(call, name) {
            joined.insert(name.to_owned(), json!(longest));
        }
    }
    join_recordings(&mut joined, later);
    joined.retain(|name, value| call.get(name) != Some(&*value));
    if let (Some(CallKind::Missed), Some(_)) = (kind(call), joined.get("kind")) {
        joined.insert(BEFORE.to_owned(), json!(CallKind::Missed.as_str()));
    }
    let before = call.get(RECORDS).and_then(Value::as_u64).unwrap_or(1);
    if before >= MOST_RECORDS && !RARE.into_iter().any(|name| joined.contains_key(name)) {
        return Map::new();
    }
    if !joined.is_empty() {
        joined.insert(RECORDS.to_owned(), json!(before.saturating_add(1)));
    }
    joined
}

/// Returns whether the later record tells who called whom: that of the client's side goes before that
/// of a call between employees, a number before a hidden one, and the earlier beginning before the
/// later one.
fn gives_sides(call: &Map<String, Value>, later: &Map<String, Value>) -> bool {
    let is_internal = |call| kind(call) == Some(CallKind::Internal);
    match (is_internal(call), is_internal(later)) {
        (true, false) => kind(later).is_some(),
        (false, true) => false,
        _ => place(later) < place(call),
    }
}

/// Returns the place of a record among those that may tell who called whom.
fn place(call: &Map<String, Value>) -> (bool, Timestamp) {
    let number = call.get("number").and_then(Value::as_str);
    let is_hidden = !number.is_some_and(|number| number.bytes().any(|byte| byte.is_ascii_digit()));
    (is_hidden, started(call).unwrap_or(Timestamp::MAX))
}

fn join_recordings(joined: &mut Map<String, Value>, later: &Map<String, Value>) {
    let mut known = recordings(joined);
    let before = known.len();
    for link in recordings(later) {
        if !known.contains(&link) && known.len() < MOST_RECORDINGS {
            known.push(link);
        }
    }
    if known.len() == before {
        return;
    }
    let mut links = known.into_iter();
    if let Some(first) = links.next() {
        joined.insert(RECORDING.to_owned(), json!(first));
    }
    let more: Vec<String> = links.collect();
    if !more.is_empty() {
        joined.insert(MORE_RECORDINGS.to_owned(), json!(more));
    }
}

fn recordings(call: &Map<String, Value>) -> Vec<String> {
    let more = call.get(MORE_RECORDINGS).and_then(Value::as_array);
    let links = call
        .get(RECORDING)
        .into_iter()
        .chain(more.into_iter().flatten());
    links.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn copy(from: &Map<String, Value>, name: &str, to: &mut Map<String, Value>) {
    if let Some(value) = from.get(name) {
        to.insert(name.to_owned(), value.clone());
    }
}

fn kind(call: &Map<String, Value>) -> Option<CallKind> {
    call.get("kind")
        .and_then(Value::as_str)
        .and_then(CallKind::parse)
}

fn answered(call: &Map<String, Value>) -> bool {
    call.get("answered") == Some(&Value::Bool(true))
}

fn seconds(call: &Map<String, Value>, name: &str) -> u64 {
    call.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn started(call: &Map<String, Value>) -> Option<Timestamp> {
    call.get("started").and_then(Value::as_str)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(kind: &str, inner: &str, talk: u64) -> Map<String, Value> {
        let call = json!({
            "kind": kind, "answered": talk > 0, "id": inner, "number": "+79005550142",
            "inner": inner, "started": "2025-12-29T12:45:45Z", "duration": 20, "talk": talk,
        });
        call.as_object().unwrap().clone()
    }

    /// Returns the call after all these records.
    fn joined(records: &[&Map<String, Value>]) -> Map<String, Value> {
        let (first, later) = records.split_first().unwrap();
        let mut whole = (*first).clone();
        for record in later {
            whole.extend(later_members(&whole, record));
        }
        // of the first one that came
        for name in ["id", RECORDS, BEFORE] {
            whole.remove(name);
        }
        whole
    }

    #[test]
    fn a_call_is_the_same_in_every_order_of_its_records() {
        let missed = call("missed", "21", 0);
        let mut answered = call("incoming", "22", 34);
        answered.insert("recording".to_owned(), json!("https://pbx.example/r/1"));
        let mut transfer = call("internal", "22", 9);
        transfer.insert("number".to_owned(), json!("23"));
        transfer.insert("started".to_owned(), json!("2025-12-29T12:46:00Z"));
        let whole = joined(&[&missed, &answered, &transfer]);
        for (name, value) in [
            ("kind", json!("incoming")),
            ("answered", json!(true)),
            ("inner", json!("22")),
            ("talk", json!(34)),
            ("number", json!("+79005550142")),
            ("recording", json!("https://pbx.example/r/1")),
        ] {
            assert_eq!(whole[name], value, "{name}");
        }
        for order in [
            [&missed, &transfer, &answered],
            [&answered, &missed, &transfer],
            [&answered, &transfer, &missed],
            [&transfer, &missed, &answered],
            [&transfer, &answered, &missed],
        ] {
            assert_eq!(joined(&order), whole);
        }
    }

    #[test]
    fn a_record_that_comes_again_adds_nothing() {
        let missed = call("missed", "21", 0);
        let answered = call("incoming", "22", 34);
        assert_eq!(later_members(&missed, &missed), Map::new());
        let mut whole = missed.clone();
        whole.extend(later_members(&missed, &answered));
        assert_eq!(
            (&whole["records"], &whole["before"]),
            (&json!(2), &json!("missed"))
        );
        for record in [&missed, &answered] {
            assert_eq!(later_members(&whole, record), Map::new());
        }
    }

    #[test]
    fn a_late_link_and_a_longer_conversation_are_added() {
        let first = call("incoming", "22", 34);
        let mut later = call("incoming", "22", 36);
        later.insert("duration".to_owned(), json!(50));
        later.insert("recording".to_owned(), json!("https://pbx.example/r/1"));
        let added = later_members(&first, &later);
        let expected = json!({
            "talk": 36, "duration": 50, "recording": "https://pbx.example/r/1", "records": 2
        });
        assert_eq!(Value::Object(added), expected);
        for number in 2..40 {
            let link = format!("https://pbx.example/r/{number}");
            later.insert("recording".to_owned(), json!(link));
            let added = later_members(&first, &later);
            let mut whole = first.clone();
            whole.extend(added);
            assert_eq!(recordings(&whole), [link]);
        }
    }

    #[test]
    fn the_first_of_two_calls_on_the_outside_tells_the_direction() {
        let outgoing = call("outgoing", "21", 10);
        let mut back = call("incoming", "22", 40);
        back.insert("started".to_owned(), json!("2025-12-29T12:46:00Z"));
        for order in [[&outgoing, &back], [&back, &outgoing]] {
            let whole = joined(&order);
            assert_eq!(
                (&whole["kind"], &whole["inner"]),
                (&json!("outgoing"), &json!("22"))
            );
            assert_eq!(whole["started"], "2025-12-29T12:45:45Z");
        }
    }

    #[test]
    fn the_sides_are_those_of_the_client_whatever_is_missing() {
        let known = call("missed", "21", 0);
        let mut hidden = call("missed", "22", 0);
        hidden.insert("number".to_owned(), json!("anonymous"));
        hidden.insert("started".to_owned(), json!("2025-12-29T12:45:40Z"));
        let mut bare = call("missed", "23", 0);
        for name in ["number", "started", "inner"] {
            bare.remove(name);
        }
        bare.insert("line".to_owned(), json!("+74955550100"));
        for order in [[&known, &hidden, &bare], [&bare, &hidden, &known]] {
            let whole = joined(&order);
            assert_eq!(whole["number"], "+79005550142");
            assert_eq!(whole["started"], "2025-12-29T12:45:45Z");
            assert_eq!(whole["line"], "+74955550100");
            assert!(whole.contains_key("inner"));
        }
    }

    #[test]
    fn calls_a_day_apart_and_calls_with_two_clients_are_not_one() {
        let first = call("incoming", "21", 10);
        let at = |time: &str| {
            let mut later = first.clone();
            later.insert("started".to_owned(), json!(time));
            later
        };
        assert!(is_one_call(&first, &at("2025-12-30T12:45:45Z")));
        assert!(!is_one_call(&first, &at("2025-12-30T12:45:46Z")));
        assert!(!is_one_call(&at("2025-12-30T12:45:46Z"), &first));
        assert!(is_one_call(&first, &at("soon")));
        let with = |number: &str, kind: &str| {
            let mut later = call(kind, "21", 10);
            later.insert("number".to_owned(), json!(number));
            later
        };
        assert!(are_two_clients(&first, &with("+79005550143", "outgoing")));
        assert!(!are_two_clients(&first, &with("89005550142", "outgoing")));
        assert!(!are_two_clients(&first, &with("anonymous", "incoming")));
        assert!(!are_two_clients(&first, &with("22", "internal")));
        let mut handed_on = with("+74955550100", "incoming");
        handed_on.insert("line".to_owned(), json!("+74955550100"));
        assert!(!are_two_clients(&first, &handed_on));
        let mut forwarded = with("+79005550143", "outgoing");
        forwarded.remove("inner");
        assert!(!are_two_clients(&first, &forwarded));
    }

    #[test]
    fn a_call_that_is_told_again_and_again_changes_for_a_while_and_is_answered_all_the_same() {
        let mut whole = call("missed", "21", 0);
        let mut later = whole.clone();
        for seconds in 0..2 * MOST_RECORDS {
            later.insert("duration".to_owned(), json!(100 + seconds));
            whole.extend(later_members(&whole, &later));
        }
        assert_eq!(whole[RECORDS], MOST_RECORDS);
        let answered = call("incoming", "22", 34);
        whole.extend(later_members(&whole, &answered));
        assert_eq!(
            (&whole["kind"], &whole["inner"]),
            (&json!("incoming"), &json!("22"))
        );
    }
}
