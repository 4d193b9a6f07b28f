//! Records of one call under attack: ids that are used again, clients that change, queues that ring for
//! a long time, records that all come at once.

use futures_util::future::join_all;
use leadgate::domain::State;
use leadgate::simulator::TelephonyAccess;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};
use crate::pbx_calls::{
    KEY, calls, fault, gateway, gateway_at, know_employees, record, send, send_record, values,
};
use crate::pbx_catch_up::PROFILE;
use crate::pbx_telephony::statistics;

const NUMBER: &str = "+79005550142";
const OTHER: &str = "+79005550143";

/// Starts a gateway whose calls are activities.
async fn with_activities() -> TestGateway {
    let gateway = gateway().await;
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    gateway
}

/// Returns the record of a phone in a session.
fn of_session(session: &str, id: &str, sides: (&str, &str), talk: u32) -> Value {
    let mut record = record(id, sides.0, sides.1, talk);
    record["session_id"] = json!(session);
    record
}

/// Sends an event of a phone of a session.
async fn tell(gateway: &TestGateway, action: &str, (session, leg, inner): (&str, &str, &str)) {
    let event = json!({
        "action": action, "obj": "UserCRM",
        "body": {
            "call_id": leg, "session_id": session, "domain_user": inner, "other_leg": NUMBER,
            "rt_vars": {"gateway_number": "74955550100"}, "direction": 1
        }
    });
    assert_eq!(send(gateway, event).await.status, 200);
}

/// Returns these members of each row.
fn shown(rows: &[Value], names: &[&str]) -> Value {
    json!(
        rows.iter()
            .map(|row| values(row, names))
            .collect::<Vec<_>>()
    )
}

#[actix_web::test]
async fn a_session_id_that_is_used_again_is_another_call() {
    let gateway = with_activities().await;
    let mut first = of_session("7", "a-1", (NUMBER, "106"), 28);
    let mut next = of_session("7", "b-1", (OTHER, "107"), 0);
    next["dt"] = json!(1_767_012_345 + 90_000);
    let mut its_answer = of_session("7", "b-2", (OTHER, "106"), 12);
    its_answer["dt"] = json!(1_767_012_345 + 90_010);
    for record in [&first, &next, &its_answer] {
        send_record(&gateway, record.clone()).await;
        gateway.settle().await;
    }
    let found = calls(&gateway);
    let expected = json!([["main/7", "Y"], ["main/7/2", "Y"]]);
    assert_eq!(shown(&found, &["ORIGIN_ID", "COMPLETED"]), expected);
    assert_eq!(gateway.contacts().len(), 2);
    assert_eq!(gateway.count(State::Delivered).await, 2);
    // repeats of all of them, one with its recording
    first["link"] = json!("https://pbx.example/r/9");
    for record in [its_answer, next, first] {
        send_record(&gateway, record).await;
        gateway.settle().await;
    }
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(gateway.contacts().len(), 2);
    let found = calls(&gateway);
    assert_eq!(found.len(), 2);
    let text = |place: usize| found[place]["DESCRIPTION"].to_string();
    assert!(!text(1).contains("r/9"), "{}", text(1));
}

#[actix_web::test]
async fn a_unique_id_that_is_used_again_is_another_call() {
    let gateway = with_activities().await;
    let first = record("7", NUMBER, "106", 28);
    let mut next = record("7", OTHER, "107", 13);
    next["dt"] = json!(1_767_012_345 + 90_000);
    for _ in 0..2 {
        for record in [&first, &next] {
            send_record(&gateway, record.clone()).await;
            gateway.settle().await;
        }
    }
    assert_eq!(gateway.contacts().len(), 2);
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert_eq!(calls(&gateway).len(), 2);
}

#[actix_web::test]
async fn a_session_id_that_says_nothing_joins_nothing() {
    let gateway = with_activities().await;
    for (session, number) in [
        ("0", NUMBER),
        ("00000000-0000-0000-0000-000000000000", OTHER),
    ] {
        for (id, inner) in [("a", "106"), ("b", "107")] {
            let id = format!("{number}-{id}");
            send_record(&gateway, of_session(session, &id, (number, inner), 28)).await;
        }
    }
    gateway.settle().await;
    assert_eq!(gateway.contacts().len(), 2);
    assert_eq!(calls(&gateway).len(), 4);
}

#[actix_web::test]
async fn another_client_of_one_session_is_a_call_of_its_own() {
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let gateway = with_activities().await;
        let mut asked = of_session("s1", "s1-b", ("106", OTHER), 9);
        asked["dt"] = json!(1_767_012_365);
        let mut again = of_session("s1", "s1-c", (OTHER, "106"), 5);
        again["dt"] = json!(1_767_012_395);
        let records = [of_session("s1", "s1-a", (NUMBER, "106"), 28), asked, again];
        for _ in 0..2 {
            for place in order {
                send_record(&gateway, records[place].clone()).await;
                gateway.settle().await;
            }
        }
        assert_eq!(gateway.contacts().len(), 2, "{order:?}");
        assert_eq!(gateway.count(State::Delivered).await, 2, "{order:?}");
        let mut found = calls(&gateway);
        found.sort_by_key(|call| call["SUBJECT"].to_string());
        let subjects = shown(&found, &["SUBJECT"]);
        let expected = json!([
            ["Входящий звонок от +79005550142"],
            ["Исходящий звонок на +79005550143"]
        ]);
        if order[0] != 2 {
            assert_eq!(subjects, expected, "{order:?}");
        }
        // each call is in the timeline of its own client
        for call in &found {
            let owner = call["OWNER_ID"].as_str().unwrap();
            let contact = gateway.contacts().into_iter();
            let contact = contact
                .clone()
                .find(|contact| contact["ID"] == owner)
                .unwrap();
            let number = contact["PHONE"][0]["VALUE"].as_str().unwrap();
            assert!(
                call["SUBJECT"].as_str().unwrap().contains(number),
                "{order:?} {call}"
            );
        }
    }
}

#[actix_web::test]
async fn the_card_belongs_to_the_client_who_called() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    tell(&gateway, "call_ringing", ("s1", "s1-a", "106")).await;
    tell(&gateway, "call_answer", ("s1", "s1-a", "106")).await;
    until("the call is registered", async || {
        let snapshot = gateway.portal().snapshot();
        snapshot["telephony"]["live"].as_array().unwrap().len() == 1
    })
    .await;
    // the employee has asked somebody else, and that record comes first
    for action in ["call_ringing", "call_answer", "call_hangup"] {
        tell(&gateway, action, ("s1", "s1-b", "106")).await;
    }
    tell(&gateway, "call_hangup", ("s1", "s1-a", "106")).await;
    send_record(&gateway, of_session("s1", "s1-b", ("106", OTHER), 9)).await;
    gateway.settle().await;
    send_record(&gateway, of_session("s1", "s1-a", (NUMBER, "106"), 28)).await;
    gateway.settle().await;
    let rows = statistics(&gateway);
    let names = ["PHONE_NUMBER", "CALL_DURATION"];
    let expected = json!([["79005550143", "9"], ["79005550142", "28"]]);
    assert_eq!(shown(&rows, &names), expected);
    let snapshot = gateway.portal().snapshot();
    assert_eq!(snapshot["telephony"]["live"], json!([]));
}

#[actix_web::test]
async fn records_that_come_at_the_same_time_are_all_joined() {
    let gateway = with_activities().await;
    let records = (0..160_u32).map(|number| {
        let (session, part) = (number % 4, number / 4);
        let phone = format!("+7900555014{session}");
        let session = format!("s{session}");
        let id = format!("{session}-{part}");
        // the last one was answered by another phone
        let (inner, talk) = if part == 39 { ("107", 34) } else { ("106", 0) };
        let mut record = of_session(&session, &id, (&phone, inner), talk);
        record["duration"] = json!(100 + part);
        record
    });
    join_all(records.map(|record| send_record(&gateway, record))).await;
    gateway.settle().await;
    let found = calls(&gateway);
    assert_eq!(found.len(), 4);
    for call in found {
        assert_eq!(call["COMPLETED"], "Y", "{call}");
        let text = call["DESCRIPTION"].as_str().unwrap();
        assert!(text.contains("Разговор: 0 мин 34 с"), "{text}");
        let end = call["END_TIME"].as_str().unwrap();
        assert!(end.ends_with("15:48:04+03:00"), "{end}");
    }
    assert_eq!(gateway.count(State::Delivered).await, 4);
    assert_eq!(gateway.contacts().len(), 4);
}

#[actix_web::test]
async fn a_call_is_answered_after_a_queue_has_rung_for_long() {
    let gateway = with_activities().await;
    for number in 0..80_u32 {
        let inner = if number % 2 == 0 { "106" } else { "107" };
        let mut record = of_session("s1", &format!("s1-{number}"), (NUMBER, inner), 0);
        record["duration"] = json!(20 * number);
        send_record(&gateway, record).await;
    }
    send_record(&gateway, of_session("s1", "s1-last", (NUMBER, "107"), 28)).await;
    gateway.settle().await;
    let found = calls(&gateway);
    let expected = json!([["Входящий звонок от +79005550142", "Y"]]);
    assert_eq!(shown(&found, &["SUBJECT", "COMPLETED"]), expected);
    assert_eq!(gateway.contacts().len(), 1);
}

#[actix_web::test]
async fn a_record_that_comes_again_without_its_session_is_known() {
    let gateway = with_activities().await;
    let mut first = of_session("s1", "s1-a", (NUMBER, "106"), 0);
    send_record(&gateway, first.clone()).await;
    gateway.settle().await;
    let gateway = gateway_at(gateway.stop().await).await;
    gateway
        .portal()
        .set_telephony_access(TelephonyAccess::Applications);
    first.as_object_mut().unwrap().remove("session_id");
    send_record(&gateway, first).await;
    // and others of the session
    send_record(&gateway, of_session("s1", "s1-b", (NUMBER, "107"), 28)).await;
    gateway.settle().await;
    let expected = json!([["main/s1", "Y"]]);
    assert_eq!(
        shown(&calls(&gateway), &["ORIGIN_ID", "COMPLETED"]),
        expected
    );
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_session_is_known_of_a_record_that_came_first_without_it() {
    let gateway = with_activities().await;
    let mut bare = record("s1-a", NUMBER, "106", 0);
    send_record(&gateway, bare.clone()).await;
    bare["session_id"] = json!("s1");
    send_record(&gateway, bare).await;
    send_record(&gateway, of_session("s1", "s1-b", (NUMBER, "107"), 28)).await;
    gateway.settle().await;
    let expected = json!([["main/s1-a", "Y"]]);
    assert_eq!(
        shown(&calls(&gateway), &["ORIGIN_ID", "COMPLETED"]),
        expected
    );
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn what_is_held_back_is_delivered_whatever_its_session_is_called() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    for (leg, inner) in [("l-1", "106"), ("l-2", "107")] {
        tell(&gateway, "call_ringing", ("of-events", leg, inner)).await;
    }
    tell(&gateway, "call_answer", ("of-events", "l-2", "107")).await;
    tell(&gateway, "call_hangup", ("of-events", "l-1", "106")).await;
    send_record(
        &gateway,
        of_session("of-records", "l-1", (NUMBER, "106"), 0),
    )
    .await;
    let gateway = gateway_at(gateway.stop().await).await;
    know_employees(&gateway).await;
    assert_eq!(gateway.count(State::Queued).await, 1);
    tell(&gateway, "call_hangup", ("of-events", "l-2", "107")).await;
    until("what was held back is delivered", async || {
        gateway.count(State::Delivered).await == 1
    })
    .await;
}

#[actix_web::test]
async fn late_events_of_a_recorded_call_begin_no_other_one() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    send_record(&gateway, of_session("s1", "s1-a", (NUMBER, "106"), 28)).await;
    gateway.settle().await;
    for action in ["call_ringing", "call_answer"] {
        tell(&gateway, action, ("s1", "s1-a", "106")).await;
    }
    // another call makes sure that the events were looked at
    tell(&gateway, "call_ringing", ("s2", "s2-a", "106")).await;
    until("the other call is registered", async || {
        let snapshot = gateway.portal().snapshot();
        !snapshot["telephony"]["live"].as_array().unwrap().is_empty()
    })
    .await;
    let snapshot = gateway.portal().snapshot();
    assert_eq!(snapshot["telephony"]["live"].as_array().unwrap().len(), 1);
    assert_eq!(statistics(&gateway).len(), 1);
}

#[actix_web::test]
async fn a_number_that_a_later_record_tells_reaches_a_rejected_call() {
    let gateway = with_activities().await;
    let mut hidden = of_session("s1", "s1-a", ("anonymous", "106"), 30);
    hidden["link"] = json!("https://pbx.example/r/of-106");
    send_record(&gateway, hidden).await;
    assert_eq!(gateway.count(State::Rejected).await, 1);
    let mut known = of_session("s1", "s1-b", (NUMBER, "107"), 3);
    known["link"] = json!("");
    send_record(&gateway, known).await;
    gateway.settle().await;
    let found = calls(&gateway);
    let expected = json!([["Входящий звонок от +79005550142", "6"]]);
    assert_eq!(shown(&found, &["SUBJECT", "RESPONSIBLE_ID"]), expected);
    let text = found[0]["DESCRIPTION"].as_str().unwrap();
    assert!(
        text.contains("Разговор: 0 мин 30 с") && text.contains("of-106"),
        "{text}"
    );
}

#[actix_web::test]
async fn the_employee_who_missed_a_call_is_not_that_of_the_one_who_answered() {
    let gateway = with_activities().await;
    know_employees(&gateway).await;
    fault(&gateway, "BAD_GATEWAY", "crm.activity.add", 2);
    send_record(&gateway, of_session("s1", "s1-a", (NUMBER, "106"), 0)).await;
    // an inner number of nobody: the portal chooses the employee
    send_record(&gateway, of_session("s1", "s1-b", (NUMBER, "9999"), 28)).await;
    gateway.settle().await;
    let expected = json!([["Входящий звонок от +79005550142", "1"]]);
    let names = ["SUBJECT", "RESPONSIBLE_ID"];
    assert_eq!(shown(&calls(&gateway), &names), expected);
}

#[actix_web::test]
async fn hostile_ids_and_words_do_no_harm() {
    let gateway = with_activities().await;
    let long = "7".repeat(9_000);
    let ids = [
        long.as_str(),
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "a\u{0}b\nc",
        "'; DROP TABLE submissions; --",
        "[url=javascript:1]x[/url]",
        "main/s1/2",
        "erased:00",
        "s1-a/recording/1",
        "\u{202e}\u{1f600}",
    ];
    for id in ids {
        for session in [Some(id), None] {
            let mut record = record(id, NUMBER, "106", 28);
            if let Some(session) = session {
                record["session_id"] = json!(format!("of {session}"));
            }
            for name in [
                "gateway",
                "project_name",
                "geo_names",
                "bridge_hangup_cause",
                "link",
            ] {
                record[name] = json!(id);
            }
            send_record(&gateway, record).await;
        }
    }
    gateway.settle().await;
    assert_eq!(calls(&gateway).len(), ids.len());
    assert_eq!(gateway.count(State::Delivered).await, ids.len() as u64);
    assert_eq!(gateway.contacts().len(), 1);
    for origin in calls(&gateway).iter().map(|call| call["ORIGIN_ID"].clone()) {
        assert!(origin.as_str().unwrap().len() < 300, "{origin}");
    }
    let nameless = json!({"action": "cdr_append", "body": {"src": NUMBER, "dst": "106"}});
    assert_eq!(send(&gateway, nameless).await.status, 422);
}

#[actix_web::test]
async fn equal_ids_on_two_pbxs_are_two_calls() {
    let settings = [("pbx.main.key", KEY), ("pbx.other.key", KEY)];
    let gateway = gateway_with(&[("calls.yaml", PROFILE)], &settings).await;
    gateway
        .portal()
        .set_telephony_access(TelephonyAccess::Applications);
    for (pbx, number) in [("main", NUMBER), ("other", OTHER), ("main", NUMBER)] {
        let record = of_session("s1", "s1-a", (number, "106"), 28);
        let body = json!({"action": "cdr_append", "body": record});
        let address = format!("/pbx/{pbx}");
        let request = gateway.posting(&address, "application/json", body.to_string());
        let request = request.header("Authorization", format!("Bearer {KEY}"));
        assert_eq!(gateway.send(request).await.status, 200);
    }
    gateway.settle().await;
    let mut found = calls(&gateway);
    found.sort_by_key(|call| call["ORIGIN_ID"].to_string());
    let expected = json!([["main/s1"], ["other/s1"]]);
    assert_eq!(shown(&found, &["ORIGIN_ID"]), expected);
    assert_eq!(gateway.contacts().len(), 2);
}

#[actix_web::test]
async fn what_is_erased_between_two_records_stays_erased() {
    let gateway = with_activities().await;
    send_record(&gateway, of_session("s1", "s1-a", (NUMBER, "106"), 0)).await;
    gateway.settle().await;
    gateway.command(&["erase", "--phone", NUMBER, "--yes"], &[]);
    let before = gateway.portal().counters().commands;
    for _ in 0..2 {
        for (id, talk) in [("s1-a", 0), ("s1-b", 28)] {
            send_record(&gateway, of_session("s1", id, (NUMBER, "107"), talk)).await;
        }
    }
    gateway.settle().await;
    assert_eq!(gateway.portal().counters().commands, before);
    let shown = gateway.command(&["journal", "--source", "pbx/main", "--json"], &[]);
    assert!(!shown.contains(NUMBER), "{shown}");
}

#[actix_web::test]
async fn records_around_a_replay_are_one_call() {
    let gateway = with_activities().await;
    send_record(&gateway, of_session("s1", "s1-a", (NUMBER, "106"), 0)).await;
    gateway.settle().await;
    gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
    send_record(&gateway, of_session("s1", "s1-b", (NUMBER, "107"), 28)).await;
    gateway.settle().await;
    gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
    gateway.settle().await;
    let expected = json!([["main/s1", "Y"]]);
    let names = ["ORIGIN_ID", "COMPLETED"];
    assert_eq!(shown(&calls(&gateway), &names), expected);
    assert_eq!((gateway.contacts().len(), gateway.leads().len()), (1, 1));
}
