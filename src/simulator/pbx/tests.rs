//! Calls from ring to record.

use serde_json::{Value, json};

use super::faults::PbxFaultCode;
use super::records::Recording;
use super::{PbxFault, PbxOptions, Press, Switch};

fn switch() -> Switch {
    Switch {
        options: Some(PbxOptions {
            hook: "http://gw.example/pbx/main".to_owned(),
            key: "key".to_owned(),
            command_key: "other".to_owned(),
            site: "http://pbx.example".to_owned(),
        }),
        ..Switch::default()
    }
}

/// Returns the action of each event, and the employee.
fn told(events: &[Value]) -> Vec<(String, String)> {
    let told = events.iter().map(|event| {
        let body = &event["body"];
        let inner = body["domain_user"]
            .as_str()
            .or_else(|| body["user_uid"].as_str());
        let action = event["action"].as_str().unwrap().to_owned();
        (action, inner.unwrap_or_default().to_owned())
    });
    told.collect()
}

fn ring(switch: &mut Switch, inner: &[&'static str], now: i64) -> (String, Vec<Value>) {
    let press = Press::Ring {
        number: "+7 906 219-50-47".to_owned(),
        inner: inner.to_vec(),
    };
    let events = switch.press(&press, now).unwrap();
    let session = events[0]["body"]["session_id"].as_str().unwrap().to_owned();
    (session, events)
}

fn pair(action: &str, inner: &str) -> (String, String) {
    (action.to_owned(), inner.to_owned())
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn one_of_a_group_answers_holds_gives_the_call_away_and_it_is_recorded_once() {
    let mut switch = switch();
    let (session, rung) = ring(&mut switch, &["9022", "9023", "9024"], 100);
    assert_eq!(
        told(&rung),
        ["9022", "9023", "9024"].map(|inner| pair("call_ringing", inner))
    );
    assert_eq!(rung[0]["body"]["other_leg"], "+79062195047");
    let answer = |inner: &str| Press::Answer {
        session: session.clone(),
        inner: inner.to_owned(),
    };
    let answered = switch.press(&answer("9023"), 105).unwrap();
    let first = [
        pair("call_answer", "9023"),
        pair("call_hangup", "9022"),
        pair("call_hangup", "9024"),
    ];
    assert_eq!(told(&answered), first);
    assert_eq!(answered[1]["body"]["rt_vars"]["hangup_cause"], "LOSE_RACE");
    assert_eq!(switch.press(&answer("9022"), 106), None);
    let hold = Press::Hold {
        session: session.clone(),
    };
    assert_eq!(
        told(&switch.press(&hold, 110).unwrap()),
        [pair("call_held", "9023")]
    );
    assert_eq!(
        told(&switch.press(&hold, 117).unwrap()),
        [pair("call_active", "9023")]
    );
    let transfer = Press::Transfer {
        session: session.clone(),
        inner: "9024".to_owned(),
    };
    assert_eq!(
        told(&switch.press(&transfer, 120).unwrap()),
        [pair("call_ringing", "9024")]
    );
    let taken = switch.press(&answer("9024"), 121).unwrap();
    assert_eq!(
        told(&taken),
        [pair("call_answer", "9024"), pair("call_hangup", "9023")]
    );
    let ended = switch.press(&Press::HangUp { session }, 130).unwrap();
    assert_eq!(
        told(&ended),
        [pair("call_hangup", "9024"), pair("cdr_append", "")]
    );
    let row = &ended[1]["body"];
    let shown = [
        &row["src"],
        &row["dst"],
        &row["duration"],
        &row["billsec"],
        &row["hold_accum_seconds"],
    ];
    assert_eq!(
        shown,
        [
            &json!("+79062195047"),
            &json!("9024"),
            &json!(30),
            &json!(25),
            &json!(7)
        ]
    );
    assert!(
        row["link"]
            .as_str()
            .unwrap()
            .starts_with("http://pbx.example/services/pbx/record/")
    );
    assert!(switch.calls.is_empty());
    assert_eq!(switch.records.len(), 1);
}

#[test]
fn a_missed_call_has_no_talk_and_no_recording() {
    let mut switch = switch();
    let (session, _) = ring(&mut switch, &["9022"], 100);
    let ended = switch.press(&Press::HangUp { session }, 120).unwrap();
    let row = &ended[1]["body"];
    assert_eq!((&row["billsec"], &row["duration"]), (&json!(0), &json!(20)));
    assert_eq!(
        (&row["link"], &row["bridge_hangup_cause"]),
        (&json!(""), &json!("ORIGINATOR_CANCEL"))
    );
    let id = row["id"].to_string();
    assert_eq!(switch.recording(&id, 120), Recording::Missing);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn commands_are_answered_as_the_documentation_prints() {
    let mut switch = switch();
    for began in [100, 200, 300] {
        let (session, _) = ring(&mut switch, &["9022"], began);
        let answer = Press::Answer {
            session: session.clone(),
            inner: "9022".to_owned(),
        };
        switch.press(&answer, began + 1).unwrap();
        switch.press(&Press::HangUp { session }, began + 5).unwrap();
    }
    let mut ask = |request: Value| switch.command(&request);
    let users = ask(json!({"action": "get_domain_user_list", "params": {}})).reply;
    assert_eq!(users["body"][0]["uid"], "9022");
    let history = |params: Value| json!({"action": "get_cdr", "sort": {"dt": "+"}, "limit": 2, "offset": 0, "params": params});
    let mut times = |params: Value| {
        let reply = ask(history(params)).reply;
        let rows = reply["body"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| row["dt"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(times(json!({})), [100, 200]);
    assert_eq!(times(json!({"start_dt": "150", "end_dt": "300"})), [200]);
    assert_eq!(
        times(json!({"src_or_dst_list": ["89062195047"]})),
        [100, 200]
    );
    assert_eq!(
        times(json!({"src_or_dst_list": ["+74952523060"]})),
        [0_i64; 0]
    );
    let call =
        ask(json!({"action": "make_call", "params": {"crm_user_id": 1, "dst": "89062195047"}}));
    assert_eq!(call.reply["code"], 200);
    let dial = Press::Dial {
        inner: "9022",
        number: "79062195047".to_owned(),
    };
    assert_eq!(call.press, Some(dial));
    for (request, code) in [
        (
            json!({"action": "make_call", "params": {"crm_user_id": "77", "dst": "8906"}}),
            404,
        ),
        (
            json!({"action": "make_call", "params": {"crm_user_id": "1"}}),
            400,
        ),
        (
            json!({"action": "switch_call_hold", "params": {"crm_user_id": "1", "call_id": "x"}}),
            404,
        ),
        (json!({"action": "dance"}), 400),
    ] {
        let commanded = ask(request.clone());
        assert_eq!(
            (&commanded.reply["code"], commanded.press),
            (&json!(code), None),
            "{request}"
        );
    }
}

#[test]
fn faults_lose_repeat_and_delay_events() {
    let fault = |code, action: &str| PbxFault {
        code,
        action: Some(action.to_owned()),
        times: 1,
        seconds: None,
    };
    let mut switch = switch();
    switch.faults = vec![
        fault(PbxFaultCode::LostEvent, "call_hangup"),
        fault(PbxFaultCode::RepeatedEvent, "cdr_append"),
        fault(PbxFaultCode::LateEvent, "call_answer"),
    ];
    let (session, rung) = ring(&mut switch, &["9022", "9023"], 100);
    assert_eq!(switch.strike(rung).len(), 2);
    let answer = Press::Answer {
        session: session.clone(),
        inner: "9022".to_owned(),
    };
    let answered = switch.press(&answer, 101).unwrap();
    let sent: Vec<Value> = switch
        .strike(answered)
        .into_iter()
        .map(|sent| sent.event)
        .collect();
    assert_eq!(
        told(&sent),
        [pair("call_answer", "9022")],
        "the hang-up of the other is lost"
    );
    let ended = switch.press(&Press::HangUp { session }, 110).unwrap();
    let sent: Vec<Value> = switch
        .strike(ended)
        .into_iter()
        .map(|sent| sent.event)
        .collect();
    let last = [
        pair("call_hangup", "9022"),
        pair("cdr_append", ""),
        pair("cdr_append", ""),
    ];
    assert_eq!(told(&sent), last);
    assert!(switch.faults.is_empty());
    let id = switch.records[0].row()["id"].to_string();
    switch.faults = vec![PbxFault {
        code: PbxFaultCode::NoRecording,
        action: None,
        times: 1,
        seconds: None,
    }];
    assert_eq!(switch.recording(&id, 110), Recording::Missing);
    assert!(is_wav(&switch.recording(&id, 110)));
}

fn is_wav(recording: &Recording) -> bool {
    matches!(recording, Recording::File(file) if file.starts_with(b"RIFF"))
}

/// Lets an employee talk for ten seconds, and returns the number of the record.
fn talked(switch: &mut Switch) -> String {
    let (session, _) = ring(switch, &["9022"], 100);
    let answer = Press::Answer {
        session: session.clone(),
        inner: "9022".to_owned(),
    };
    switch.press(&answer, 101).unwrap();
    switch.press(&Press::HangUp { session }, 111).unwrap();
    switch.records[0].row()["id"].to_string()
}

#[test]
fn a_recording_is_ready_some_seconds_after_the_call() {
    let mut switch = switch();
    let id = talked(&mut switch);
    let fault = json!({"code": "NO_RECORDING", "seconds": 30});
    switch.faults = vec![serde_json::from_value(fault).unwrap()];
    assert_eq!(switch.recording(&id, 111), Recording::Missing);
    assert_eq!(switch.recording(&id, 140), Recording::Missing);
    assert!(is_wav(&switch.recording(&id, 141)));
}

#[test]
fn recordings_can_be_expired_empty_too_large_or_a_page() {
    let mut switch = switch();
    let id = talked(&mut switch);
    for (code, expected) in [
        ("EXPIRED_RECORDING", Recording::Expired),
        ("HTML_RECORDING", Recording::Page),
        ("EMPTY_RECORDING", Recording::File(Vec::new())),
        ("LARGE_RECORDING", Recording::Large(80 << 20)),
    ] {
        switch.faults = vec![serde_json::from_value(json!({"code": code})).unwrap()];
        assert_eq!(switch.recording(&id, 111), expected);
        assert!(is_wav(&switch.recording(&id, 111)), "{code} strikes once");
    }
}

#[test]
fn a_call_to_the_group_rings_those_who_are_ready() {
    let mut switch = switch();
    let register = Press::Register {
        inner: "9023".to_owned(),
    };
    switch.press(&register, 100).unwrap();
    let work = Press::Work {
        inner: "9024".to_owned(),
    };
    let told_of_work = switch.press(&work, 100).unwrap();
    assert_eq!(told_of_work[0]["body"]["status_name"], "Перерыв");
    assert_eq!(switch.group(), ["9022"]);
}

#[test]
fn a_call_that_rings_nobody_leaves_only_a_record() {
    let mut switch = switch();
    let press = Press::Ring {
        number: "+79062195047".to_owned(),
        inner: Vec::new(),
    };
    assert_eq!(switch.press(&press, 100).unwrap(), Vec::<Value>::new());
    let session = switch.calls[0].session.clone();
    let ended = switch.press(&Press::HangUp { session }, 130).unwrap();
    assert_eq!(told(&ended), [pair("cdr_append", "")]);
    assert_eq!(ended[0]["body"]["dst"], super::LINE);
}

#[test]
fn a_call_with_two_legs_is_told_twice_with_one_session() {
    let mut switch = switch();
    let fault = json!({"code": "TWO_LEGS", "action": "call_ringing"});
    switch.faults = vec![serde_json::from_value(fault).unwrap()];
    let (session, rung) = ring(&mut switch, &["9022"], 100);
    let sent = switch.strike(rung);
    let ids: Vec<&Value> = sent.iter().map(|it| &it.event["body"]["call_id"]).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
    let sessions = sent.iter().map(|it| &it.event["body"]["session_id"]);
    assert!(sessions.eq([&json!(session), &json!(session)]));
}

#[test]
fn a_transfer_that_nobody_answers_leaves_the_call_with_the_first_employee() {
    let mut switch = switch();
    let (session, _) = ring(&mut switch, &["9022"], 100);
    let answer = Press::Answer {
        session: session.clone(),
        inner: "9022".to_owned(),
    };
    switch.press(&answer, 101).unwrap();
    let transfer = Press::Transfer {
        session: session.clone(),
        inner: "9024".to_owned(),
    };
    switch.press(&transfer, 105).unwrap();
    let ended = switch.press(&Press::HangUp { session }, 111).unwrap();
    let causes = ended
        .iter()
        .map(|event| &event["body"]["rt_vars"]["hangup_cause"]);
    let causes: Vec<&Value> = causes.take(2).collect();
    assert_eq!(causes, ["NORMAL_CLEARING", "ORIGINATOR_CANCEL"]);
    assert_eq!(ended[1]["body"]["variable_answersec"], "0");
    assert_eq!(ended[2]["body"]["dst"], "9022");
}

#[test]
fn records_and_phones_outlive_a_restart_and_links_lead_to_the_new_address() {
    let mut before = switch();
    let id = talked(&mut before);
    for press in [
        Press::Register {
            inner: "9023".to_owned(),
        },
        Press::Work {
            inner: "9024".to_owned(),
        },
    ] {
        before.press(&press, 120).unwrap();
    }
    let kept = serde_json::to_string(&before.kept()).unwrap();
    let pbx = super::Pbx::default();
    pbx.switch().restore(serde_json::from_str(&kept).unwrap());
    pbx.connect(PbxOptions {
        site: "http://pbx.example:8081".to_owned(),
        ..before.options.clone().unwrap()
    });
    let mut after = pbx.switch();
    assert_eq!(after.group(), ["9022"]);
    let link = format!("http://pbx.example:8081/services/pbx/record/{id}.wav");
    assert_eq!(after.records[0].row()["link"], json!(link));
    assert!(is_wav(&after.recording(&id, 130)));
    // numbers go on
    let press = Press::Ring {
        number: "+79062195047".to_owned(),
        inner: vec!["9022"],
    };
    let rung = after.press(&press, 120).unwrap();
    let session = rung[0]["body"]["session_id"].as_str().unwrap();
    assert!(!kept.contains(session));
}
