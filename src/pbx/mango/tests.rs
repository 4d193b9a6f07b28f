//! The events of a call as the PBX posts them. The fixtures have the shapes of the documentation.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::*;
use crate::domain::{CallKind, Lang};
use crate::pbx::event::{CallChange, CallEvent, PbxEvent};
use crate::pbx::{RecordingNotice, RecordingState};

const KEY: &str = "unique code of the PBX";
const SALT: &str = "key for the signatures";

const LINK: &str = "https://app.mango-office.ru/vpbx/queries/recording/issa/MToxMDAyMDMwOjEwMjAzMDQwNTA6MQ%3D%3D/play";

fn fixture(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/pbx/mango");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    text.trim_end().to_owned()
}

fn sign(key: &str, json: &str, salt: &str) -> String {
    let signed = format!("{key}{json}{salt}");
    HEXLOWER.encode(digest(&SHA256, signed.as_bytes()).as_ref())
}

fn form(key: &str, sign: &str, json: &str) -> String {
    let field = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!(
        "vpbx_api_key={}&sign={}&json={}",
        field(key),
        field(sign),
        field(json)
    )
}

fn read(path: &str, body: &str) -> Result<PbxRequest, Denied> {
    let rules = DialectRules {
        key: KEY.into(),
        salt: Some(SALT.into()),
        direction: BTreeMap::new(),
        dial_status: BTreeMap::new(),
        phone_status: BTreeMap::new(),
    };
    let incoming = IncomingRequest {
        path,
        authorization: None,
        body: &Bytes::copy_from_slice(body.as_bytes()),
        bounds: Bounds::from(20),
    };
    Mango
        .read(&incoming, &rules)
        .map(|received| received.request)
}

fn signed(path: &str, json: &str) -> Result<PbxRequest, Denied> {
    read(path, &form(KEY, &sign(KEY, json, SALT), json))
}

fn event(json: &str) -> Option<CallEvent> {
    match signed("events/call", json).unwrap() {
        PbxRequest::Event(Some(PbxEvent::Call(event))) => Some(event),
        PbxRequest::Event(None) => None,
        other => panic!("{other:?}"),
    }
}

fn notice(path: &str, json: &str) -> RecordingNotice {
    match signed(path, json).unwrap() {
        PbxRequest::Recording(notice) => notice,
        other => panic!("{other:?}"),
    }
}

/// Returns the call of a summary as profiles see it, and checks that it is read again from the
/// stored bytes and from the whole request.
fn call(json: &str) -> Value {
    let PbxRequest::Record(record) = signed("events/summary", json).unwrap() else {
        panic!("{json}");
    };
    assert_eq!(record.raw, json.as_bytes());
    let request = form(KEY, "any", json);
    for raw in [json, &request] {
        let packet = Mango.packet(raw.as_bytes(), Bounds::STORED, ToldValues::default());
        assert_eq!(packet.as_ref(), Some(&record.packet), "{raw}");
    }
    assert_eq!(record.packet["call"]["id"], json!(record.key));
    record.packet["call"].clone()
}

#[test]
fn an_answered_call_has_the_shape_that_profiles_see() {
    let json = fixture("summary_answered");
    assert_eq!(
        call(&json),
        json!({
            "kind": "incoming", "answered": true, "id": "MTAyMDMwNDA1MA==",
            "number": "+79005550142", "inner": "101", "line": "+74955550100",
            "started": "2025-12-29T12:45:45Z", "duration": 35, "talk": 28, "waiting": 6,
            "cause": "1110"
        })
    );
    let packet = Mango
        .packet(json.as_bytes(), Bounds::STORED, ToldValues::default())
        .unwrap();
    assert_eq!(
        packet["record"],
        serde_json::from_str::<Value>(&json).unwrap()
    );
}

#[test]
fn the_direction_and_the_talk_tell_who_called_and_whether_anybody_answered() {
    for (name, kind, number, inner, talk) in [
        ("summary_missed", "missed", "+79005550143", json!("102"), 0),
        ("summary_menu", "missed", "+79005550145", Value::Null, 0),
        (
            "summary_outgoing",
            "outgoing",
            "+79005550144",
            json!("101"),
            30,
        ),
        ("summary_internal", "internal", "102", json!("101"), 7),
    ] {
        let call = call(&fixture(name));
        let shown = ["kind", "number", "inner", "talk"].map(|member| call[member].clone());
        assert_eq!(
            shown,
            [json!(kind), json!(number), inner, json!(talk)],
            "{name}"
        );
        assert_eq!(call["answered"], talk > 0, "{name}");
    }
    for (json, kind, number) in [
        // answered and hung up within a second
        (
            r#"{"entry_id":1,"call_direction":1,"from":{"number":"79005550142"},"talk_time":5,"end_time":5}"#,
            "incoming",
            json!("+79005550142"),
        ),
        // a hidden number
        (
            r#"{"entry_id":"a","call_direction":1,"to":{"extension":"101"},"talk_time":0}"#,
            "missed",
            Value::Null,
        ),
        (
            r#"{"entry_id":"a","call_direction":9,"from":{"extension":"101"},"to":{"number":"79005550142"}}"#,
            "outgoing",
            json!("+79005550142"),
        ),
        (
            r#"{"entry_id":"a","call_direction":9,"from":{"number":"79005550142"},"create_time":"noon","end_time":-4}"#,
            "missed",
            json!("+79005550142"),
        ),
    ] {
        let call = call(json);
        assert_eq!(
            (&call["kind"], &call["number"]),
            (&json!(kind), &number),
            "{json}"
        );
        assert_eq!(call["answered"], call["talk"] != 0, "{json}");
    }
    for json in ["{}", r#"{"entry_id":"a"}"#, r#"{"call_direction":1}"#] {
        let denied = signed("events/summary", json).unwrap_err();
        assert!(matches!(denied, Denied::NoRecord(_)), "{json}");
    }
}

#[test]
fn events_tell_of_the_phones_of_employees() {
    let ringing = event(&fixture("appeared")).unwrap();
    let wanted = CallEvent {
        call: "MTAyMDMwNDA1MA==".to_owned(),
        leg: "MToxMDAyMDMwOjE6MTAx".to_owned(),
        change: CallChange::Ringing,
        inner: Some("101".to_owned()),
        crm_user: None,
        other: Some("79005550142".to_owned()),
        line: Some("74955550100".to_owned()),
        kind: Some(CallKind::Incoming),
        seq: Some(1),
    };
    assert_eq!(ringing, wanted);
    let ended = CallChange::Ended { talk: None };
    for (name, change, seq) in [
        ("connected", CallChange::Answered, 2),
        ("on_hold", CallChange::Held, 3),
        ("disconnected", ended, 4),
    ] {
        let event = event(&fixture(name)).unwrap();
        assert_eq!((event.change, event.seq), (change, Some(seq)), "{name}");
        assert_eq!(
            (event.call, event.leg),
            (ringing.call.clone(), ringing.leg.clone())
        );
    }
    // both parts of a call that was ordered
    for name in ["ordered", "outgoing"] {
        let event = event(&fixture(name)).unwrap();
        assert_eq!(event.kind, Some(CallKind::Outgoing), "{name}");
        assert_eq!(event.inner.as_deref(), Some("101"), "{name}");
        assert_eq!(event.other.as_deref(), Some("79005550144"), "{name}");
    }
    let between = r#"{"entry_id":"a","call_id":"b","call_state":"Appeared","from":{"extension":"101"},"to":{"extension":"102"}}"#;
    let between = event(between).unwrap();
    assert_eq!(
        (between.kind, between.inner),
        (Some(CallKind::Internal), Some("102".to_owned()))
    );
    for json in [
        fixture("queue"),
        r#"{"entry_id":"a","call_id":"b","call_state":"Parked","to":{"extension":"1"}}"#.to_owned(),
        r#"{"entry_id":"a","call_state":"Appeared","to":{"extension":"1"}}"#.to_owned(),
        r#"{"entry_id":"a","call_id":"b","call_state":"Appeared","to":{}}"#.to_owned(),
    ] {
        assert_eq!(event(&json), None, "{json}");
    }
}

#[test]
fn recordings_are_named_before_they_can_be_listened_to() {
    for (path, name, state) in [
        (
            "events/recording",
            "recording_started",
            RecordingState::Begun,
        ),
        (
            "events/recording",
            "recording_completed",
            RecordingState::Begun,
        ),
        ("events/record/added", "record_added", RecordingState::Ready),
    ] {
        let json = fixture(name);
        let notice = notice(path, &json);
        assert_eq!(
            (notice.state, notice.link.as_str()),
            (state, LINK),
            "{name}"
        );
        assert_eq!(notice.call, "MTAyMDMwNDA1MA==");
        assert_eq!(notice.raw, json.as_bytes());
    }
    let completed = fixture("recording_completed");
    for (old, new) in [("1000", "4002"), ("\"Cloud\"", "\"Mail\"")] {
        let notice = notice("events/recording", &completed.replace(old, new));
        assert_eq!(notice.state, RecordingState::Dropped, "{new}");
    }
    // nothing that a path could be made of by somebody else
    let odd = r#"{"entry_id":"a","recording_id":"../../x?y"}"#;
    assert!(
        notice("events/record/added", odd)
            .link
            .ends_with("/..%2F..%2Fx%3Fy/play")
    );
    let nameless = signed("events/record/added", r#"{"entry_id":"a"}"#);
    assert_eq!(nameless, Ok(PbxRequest::Event(None)));
}

#[test]
fn the_signature_is_of_the_text_as_it_was_sent() {
    let json = fixture("summary_answered");
    let good = sign(KEY, &json, SALT);
    let upper = good.to_uppercase();
    assert!(read("events/summary", &form(KEY, &upper, &json)).is_ok());
    let value: Value = serde_json::from_str(&json).unwrap();
    let again = serde_json::to_string_pretty(&value).unwrap();
    let other = sign(KEY, &json, "another salt of signatures");
    let half: String = good.chars().take(32).collect();
    for (key, sign, json) in [
        // the same value, written again
        (KEY, good.as_str(), again.as_str()),
        (KEY, other.as_str(), json.as_str()),
        (KEY, half.as_str(), json.as_str()),
        (KEY, "", json.as_str()),
        (KEY, "no digits", json.as_str()),
        ("another code of a PBX", good.as_str(), json.as_str()),
        ("", good.as_str(), json.as_str()),
        (KEY, "", ""),
    ] {
        let denied = read("events/summary", &form(key, sign, json)).unwrap_err();
        assert!(matches!(denied, Denied::Unauthorized(_)), "{key} {sign}");
        assert!(denied.words().pick(Lang::En).contains("pbx.NAME.salt"));
    }
    for body in [json.as_str(), "nonsense", "sign=1", "<a/>"] {
        let denied = read("events/summary", body).unwrap_err();
        assert!(matches!(denied, Denied::Unauthorized(_)), "{body}");
    }
    let denied = signed("events/summary", "[1]").unwrap_err();
    assert!(matches!(denied, Denied::Unreadable(_)));
}

#[test]
fn an_empty_request_checks_the_address_and_new_events_are_taken() {
    for (path, body) in [
        ("", ""),
        ("events/call", " \r\n"),
        ("ping", ""),
        ("ping", "a=1"),
        ("", "vpbx_api_key=x"),
    ] {
        assert_eq!(read(path, body), Ok(PbxRequest::Test), "{path} {body}");
    }
    for path in ["events/dtmf", "events/record/tagged", "result/callback", ""] {
        assert_eq!(signed(path, "{}"), Ok(PbxRequest::Unknown), "{path}");
    }
    assert_eq!(Mango.reply(&Value::Null, &PbxAnswer::Done), None);
}
