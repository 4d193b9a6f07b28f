//! A PBX that sends a record for each phone: they are one call, in whatever order they come, and what
//! comes later reaches the call that the portal has.

use leadgate::domain::State;
use leadgate::simulator::TelephonyAccess;
use leadgate::store::Store;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};
use crate::pbx_calls::{
    KEY, calls, fault, gateway, gateway_at, gateway_of, know_employees, record, send, send_record,
    values,
};
use crate::pbx_telephony::statistics;

const NUMBER: &str = "+79005550142";

/// Returns the record of a phone of the call `s1`.
fn of_phone(inner: &str, talk: u32) -> Value {
    record(&format!("s1-{inner}"), NUMBER, inner, talk)
}

/// The same, with what the records of the call share.
fn with_session(mut record: Value) -> Value {
    record["session_id"] = json!("s1");
    record
}

/// Sends an event of a phone of the call `s1`.
async fn tell(gateway: &TestGateway, action: &str, inner: &str) {
    let event = json!({
        "action": action, "obj": "UserCRM",
        "body": {
            "call_id": format!("s1-{inner}"), "session_id": "s1", "domain_user": inner,
            "other_leg": NUMBER, "rt_vars": {"gateway_number": "74955550100"}, "direction": 1
        }
    });
    assert_eq!(send(gateway, event).await.status, 200);
}

/// Two phones ring, and that of the employee 7 answers.
async fn ring_two(gateway: &TestGateway) {
    for inner in ["106", "107"] {
        tell(gateway, "call_ringing", inner).await;
    }
    tell(gateway, "call_answer", "107").await;
    tell(gateway, "call_hangup", "106").await;
}

/// Asserts that the only call was answered by the employee 7.
fn assert_answered(gateway: &TestGateway) {
    let found = calls(gateway);
    let names = ["SUBJECT", "COMPLETED", "RESPONSIBLE_ID"];
    let shown: Vec<Vec<Value>> = found.iter().map(|call| values(call, &names)).collect();
    let expected = ["Входящий звонок от +79005550142", "Y", "7"];
    let shown: Vec<&[Value]> = shown.iter().map(Vec::as_slice).collect();
    assert_eq!(json!(shown), json!([expected]));
}

#[actix_web::test]
async fn the_records_of_two_phones_are_one_call_in_either_order() {
    for (first, leads) in [("106", 1), ("107", 0)] {
        let gateway = gateway().await;
        let portal = gateway.portal();
        portal.set_telephony_access(TelephonyAccess::Applications);
        let mut both = [of_phone("106", 0), of_phone("107", 28)].map(with_session);
        if first == "107" {
            both.reverse();
        }
        for record in &both {
            send_record(&gateway, record.clone()).await;
            gateway.settle().await;
        }
        assert_answered(&gateway);
        assert_eq!(gateway.leads().len(), leads);
        assert_eq!(gateway.contacts().len(), 1);
        assert_eq!(gateway.count(State::Delivered).await, 1);
        // repeats change nothing
        let before = portal.counters().commands;
        for record in both {
            send_record(&gateway, record).await;
        }
        gateway.settle().await;
        assert_eq!(portal.counters().commands, before);
        let shown = gateway.command(&["journal", "show", "pbx/main/s1"], &["--lang", "en"]);
        assert!(shown.contains("incoming"), "{shown}");
    }
}

#[actix_web::test]
async fn a_call_in_telephony_is_answered_after_all_and_is_there_once() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    send_record(&gateway, with_session(of_phone("106", 0))).await;
    gateway.settle().await;
    assert_eq!(values(&calls(&gateway)[0], &["COMPLETED"]), [json!("N")]);
    fault(&gateway, "RESET_AFTER", "crm.activity.update", 1);
    send_record(&gateway, with_session(of_phone("107", 28))).await;
    gateway.settle().await;
    assert_answered(&gateway);
    let rows = statistics(&gateway);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["EXTERNAL_CALL_ID"], "main/s1");
    assert_eq!((gateway.leads().len(), gateway.contacts().len()), (1, 1));
    let shown = gateway.command(&["journal", "show", "pbx/main/s1"], &["--lang", "en"]);
    assert!(shown.contains("changed by a later record"), "{shown}");
}

#[actix_web::test]
async fn a_missed_phone_makes_no_lead_while_another_one_talks() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    ring_two(&gateway).await;
    send_record(&gateway, of_phone("106", 0)).await;
    // it is held back, whatever the others of the queue do
    send_record(&gateway, record("9e1d", "+79005550143", "106", 28)).await;
    until("the other call is delivered", async || {
        gateway.count(State::Delivered).await == 1
    })
    .await;
    assert_eq!(gateway.count(State::Queued).await, 1);
    tell(&gateway, "call_hangup", "107").await;
    send_record(&gateway, of_phone("107", 28)).await;
    gateway.settle().await;
    let rows = statistics(&gateway);
    let names = ["EXTERNAL_CALL_ID", "PORTAL_USER_ID", "CALL_FAILED_CODE"];
    let shown: Vec<Vec<Value>> = rows.iter().map(|row| values(row, &names)).collect();
    let expected = [["main/9e1d", "6", "200"], ["main/s1", "7", "200"]];
    assert_eq!(json!(shown), json!(expected));
    assert_eq!((gateway.leads().len(), gateway.contacts().len()), (0, 2));
    assert_eq!(gateway.count(State::Delivered).await, 2);
}

#[actix_web::test]
async fn records_before_and_after_a_restart_are_one_call() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    ring_two(&gateway).await;
    send_record(&gateway, of_phone("106", 0)).await;
    let gateway = gateway_at(gateway.stop().await).await;
    send_record(&gateway, of_phone("107", 28)).await;
    gateway.settle().await;
    assert_eq!(statistics(&gateway).len(), 1);
    assert_eq!(gateway.leads().len(), 0);
    // a third one that comes after another restart
    let gateway = gateway_at(gateway.stop().await).await;
    send_record(&gateway, of_phone("106", 0)).await;
    gateway.settle().await;
    assert_eq!(statistics(&gateway).len(), 1);
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_repeat_is_known_when_the_phones_of_its_call_are_forgotten() {
    let gateway = gateway_of(&[("pbx.main.record_within", "1s")]).await;
    know_employees(&gateway).await;
    ring_two(&gateway).await;
    tell(&gateway, "call_hangup", "107").await;
    for (inner, talk) in [("107", 28), ("106", 0)] {
        send_record(&gateway, of_phone(inner, talk)).await;
    }
    gateway.settle().await;
    let file = gateway.home.path().join("data").join("leadgate.db");
    until("the phones are forgotten", async || {
        let store = Store::open_read_only(&file).unwrap();
        store.calls().unwrap().is_empty()
    })
    .await;
    for (inner, talk) in [("106", 0), ("107", 28)] {
        send_record(&gateway, of_phone(inner, talk)).await;
    }
    gateway.settle().await;
    assert_eq!(statistics(&gateway).len(), 1);
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn what_a_later_record_adds_reaches_the_call() {
    let gateway = gateway().await;
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    let mut first = record("9e1d", NUMBER, "106", 28);
    first["link"] = json!("");
    send_record(&gateway, first.clone()).await;
    gateway.settle().await;
    first["link"] = json!("https://pbx.example/r/2");
    first["billsec"] = json!(31);
    for _ in 0..2 {
        send_record(&gateway, first.clone()).await;
        gateway.settle().await;
    }
    let found = calls(&gateway);
    assert_eq!(found.len(), 1);
    let text = found[0]["DESCRIPTION"].as_str().unwrap();
    assert!(text.contains("Запись: https://pbx.example/r/2"), "{text}");
    assert!(text.contains("Разговор: 0 мин 31 с"), "{text}");
    assert_eq!(gateway.contacts().len(), 1);
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(gateway.history("pbx/main/9e1d").entry.repeats, 2);
}

#[actix_web::test]
async fn a_record_that_comes_during_the_delivery_is_not_lost() {
    let gateway = gateway().await;
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    fault(&gateway, "BAD_GATEWAY", "crm.activity.add", 2);
    let both = [of_phone("106", 0), of_phone("107", 28)].map(with_session);
    for record in both {
        send_record(&gateway, record).await;
    }
    gateway.settle().await;
    assert_answered(&gateway);
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_number_and_a_unique_id_do_not_share_their_names() {
    let gateway = gateway().await;
    let mut numbered = record("", NUMBER, "106", 28);
    numbered["id"] = json!(7);
    send_record(&gateway, numbered.clone()).await;
    send_record(&gateway, record("7", "+79005550143", "106", 13)).await;
    send_record(&gateway, numbered).await;
    gateway.settle().await;
    assert_eq!(gateway.contacts().len(), 2);
    assert_eq!(gateway.count(State::Delivered).await, 2);
}

/// A missed call makes a lead of the employee of the call, else of the employee 7.
const OF_EMPLOYEE: &str = r#"receive: { pbx: main }
name: Calls
fields: { phone: { from: $.call.number, as: phone, missing: reject } }
contact:
  responsible: call_employee
  fields: { PHONE: { value: "{{phone}}", search: true } }
lead:
  responsible: [call_employee, 12]
  fields: { TITLE: "Call {{phone}}" }
comment: none
"#;

#[actix_web::test]
async fn the_employee_of_the_call_is_responsible() {
    let people = ("_pbx.yaml", "main: { employees: { \"9024\": 7 } }\n");
    let files = [("calls.yaml", OF_EMPLOYEE), people];
    let gateway = gateway_with(&files, &[("pbx.main.key", KEY)]).await;
    know_employees(&gateway).await;
    for (number, inner) in ["106", "9024", "9999"].into_iter().enumerate() {
        let phone = format!("+7900555014{number}");
        send_record(&gateway, record(&phone, &phone, inner, 28)).await;
        gateway.settle().await;
    }
    let of = |rows: Vec<Value>| -> Vec<Value> {
        let owners = rows.iter().map(|row| row["ASSIGNED_BY_ID"].clone());
        owners.collect()
    };
    assert_eq!(of(gateway.leads()), ["6", "7", "12"]);
    // without the employee of the call, a contact has that of the lead
    assert_eq!(of(gateway.contacts()), ["6", "7", "12"]);
}

#[actix_web::test]
async fn a_lost_registration_of_a_rejected_call_is_finished_in_the_portal() {
    let gateway = gateway().await;
    know_employees(&gateway).await;
    let live = || {
        let snapshot = gateway.portal().snapshot();
        snapshot["telephony"]["live"].as_array().unwrap().len()
    };
    fault(
        &gateway,
        "RESET_AFTER",
        "telephony.externalcall.register",
        2,
    );
    tell(&gateway, "call_ringing", "106").await;
    until("the call is registered", async || live() == 1).await;
    // no profile takes a record without a number
    let rejected = record("s1", "anonymous", "106", 0);
    send_record(&gateway, rejected).await;
    assert_eq!(gateway.count(State::Rejected).await, 1);
    until("the call is finished", async || live() == 0).await;
    assert_eq!(statistics(&gateway).len(), 1);
}
