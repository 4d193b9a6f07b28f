//! Calls in the timeline as activities, where the portal has no telephony: each once, whatever is
//! lost or repeated.

use leadgate::domain::State;
use leadgate::simulator::TelephonyAccess;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::channels::gateway_with;
use crate::gateway::{Reply, TestGateway, until};

pub(crate) const KEY: &str = "a long secret key of the PBX";

const MISSED: &str = r#"receive: { pbx: main, on: missed }
name: Missed calls
fields: { phone: { from: $.call.number, as: phone, missing: reject } }
contact: { fields: { PHONE: { value: "{{phone}}", search: true } } }
lead: { found: update, fields: { TITLE: { value: "Missed call {{phone}}", on_update: keep } } }
comment: none
"#;
const OTHERS: &str = r#"receive: { pbx: main }
name: Calls
fields: { phone: { from: $.call.number, as: phone, missing: reject } }
contact: { fields: { PHONE: { value: "{{phone}}", search: true } } }
comment: none
"#;

/// The two profiles.
pub(crate) const PROFILES: [(&str, &str); 2] = [("a-missed.yaml", MISSED), ("others.yaml", OTHERS)];

/// Starts a gateway with the two profiles.
pub(crate) async fn gateway() -> TestGateway {
    gateway_of(&[]).await
}

/// The same, with these settings.
pub(crate) async fn gateway_of(flags: &[(&str, &str)]) -> TestGateway {
    let own = [("pbx.main.key", KEY)];
    gateway_with(&PROFILES, &[&own, flags].concat()).await
}

/// Starts a gateway on this folder, with the profiles that are there.
pub(crate) async fn gateway_at(home: TempDir) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    let folder = folder.to_str().unwrap();
    TestGateway::at(home, &[("mappings.dir", folder), ("pbx.main.key", KEY)]).await
}

/// Starts a gateway whose portal lets no webhook use telephony.
async fn without_telephony(flags: &[(&str, &str)]) -> TestGateway {
    let gateway = gateway_of(flags).await;
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    gateway
}

/// Returns the record of a call.
pub(crate) fn record(id: &str, from: &str, to: &str, talk: u32) -> Value {
    json!({
        "uniqueid": id, "dt": 1_767_012_345.0, "src": from, "dst": to, "duration": 41,
        "billsec": talk, "gateway_number": "+74955550100", "link": "https://pbx.example/r/1"
    })
}

/// Sends a request as the PBX does.
pub(crate) async fn send(gateway: &TestGateway, request: Value) -> Reply {
    let request = gateway.posting("/pbx/main", "application/json", request.to_string());
    let request = request.header("Authorization", format!("Bearer {KEY}"));
    gateway.send(request).await
}

/// Waits until the gateway knows the employees of the portal.
pub(crate) async fn know_employees(gateway: &TestGateway) {
    until("the employees are read", async || {
        let reply = send(gateway, json!({"action": "get_users"})).await;
        reply.status == 200
    })
    .await;
}

/// Sends the record of a call.
pub(crate) async fn send_record(gateway: &TestGateway, record: Value) {
    let body = json!({"action": "cdr_append", "obj": "UserCRM", "body": record});
    assert_eq!(send(gateway, body).await.status, 200);
}

/// Sends the record of a call between these numbers.
pub(crate) async fn call(gateway: &TestGateway, id: &str, from: &str, to: &str, talk: u32) {
    send_record(gateway, record(id, from, to, talk)).await;
}

/// Returns the calls in all timelines.
pub(crate) fn calls(gateway: &TestGateway) -> Vec<Value> {
    let of_calls = json!({"filter": {"TYPE_ID": 2}, "order": {"ID": "ASC"}});
    let listed = gateway.portal().call("crm.activity.list", of_calls);
    listed["result"].as_array().unwrap().clone()
}

pub(crate) fn fault(gateway: &TestGateway, code: &str, method: &str, times: u32) {
    let fault = json!({"code": code, "method": method, "times": {"next": times}});
    gateway
        .portal()
        .inject(serde_json::from_value(fault).unwrap());
}

/// Returns these members of a row.
pub(crate) fn values(row: &Value, names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| row[*name].clone()).collect()
}

#[actix_web::test]
async fn a_call_is_in_the_timeline_with_its_employee_and_its_recording() {
    let gateway = without_telephony(&[]).await;
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    call(&gateway, "9e1e", "+79005550143", "9999", 0).await;
    gateway.settle().await;
    call(&gateway, "9e1f", "107", "+79005550144", 0).await;
    gateway.settle().await;
    let found = calls(&gateway);
    let names = [
        "SUBJECT",
        "DIRECTION",
        "COMPLETED",
        "OWNER_TYPE_ID",
        "RESPONSIBLE_ID",
        "ORIGIN_ID",
    ];
    let shown: Vec<Vec<Value>> = found.iter().map(|call| values(call, &names)).collect();
    assert_eq!(
        shown,
        [
            vec![
                json!("Входящий звонок от +79005550142"),
                json!("1"),
                json!("Y"),
                json!("3"),
                json!("6"),
                json!("main/9e1d")
            ],
            // an inner number of nobody
            vec![
                json!("Пропущенный звонок от +79005550143"),
                json!("1"),
                json!("N"),
                json!("1"),
                json!("1"),
                json!("main/9e1e")
            ],
            vec![
                json!("Исходящий звонок на +79005550144"),
                json!("2"),
                json!("Y"),
                json!("3"),
                json!("7"),
                json!("main/9e1f")
            ],
        ]
    );
    let lines = found[0]["DESCRIPTION"].as_str().unwrap();
    assert!(lines.contains("Запись: https://pbx.example/r/1"), "{lines}");
    assert!(lines.contains("Разговор: 0 мин 28 с"), "{lines}");
    assert!(gateway.count(State::Delivered).await == 3);
}

#[actix_web::test]
async fn lost_replies_and_repeats_leave_one_call() {
    for (code, method) in [
        ("RESET_AFTER", "crm.activity.add"),
        ("CUT_BODY", "crm.activity.add"),
        ("ERROR_AFTER_SAVE", "crm.activity.add"),
        ("BAD_GATEWAY", "crm.activity.add"),
        ("RESET_BEFORE", "crm.activity.add"),
        ("BAD_GATEWAY", "crm.activity.list"),
        ("RESET_AFTER", "crm.activity.list"),
        ("INTERNAL_SERVER_ERROR", "user.get"),
    ] {
        let gateway = without_telephony(&[]).await;
        fault(&gateway, code, method, 2);
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        gateway.settle().await;
        call(&gateway, "9e1d", "+79005550142", "106", 28).await;
        gateway.settle().await;
        assert_eq!(calls(&gateway).len(), 1, "{code} {method}");
        assert_eq!(gateway.count(State::Delivered).await, 1, "{code} {method}");
        assert_eq!(gateway.contacts().len(), 1);
    }
}

#[actix_web::test]
async fn a_call_that_is_delivered_again_is_found() {
    let gateway = without_telephony(&[]).await;
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    gateway.settle().await;
    gateway.command(&["replay", "--since", "1h", "--step", "pbx.call"], &[]);
    gateway.settle().await;
    assert_eq!(calls(&gateway).len(), 1);
}

#[actix_web::test]
async fn without_the_scope_calls_are_activities_and_the_connection_works() {
    let gateway = gateway().await;
    gateway.portal().set_scopes(&["crm", "user"]);
    call(&gateway, "9e1d", "+79005550142", "106", 28).await;
    call(&gateway, "9e1e", "+79005550143", "106", 28).await;
    gateway.settle().await;
    let origins: Vec<Value> = calls(&gateway)
        .iter()
        .map(|call| call["ORIGIN_ID"].clone())
        .collect();
    assert_eq!(origins, [json!("main/9e1d"), json!("main/9e1e")]);
    assert_eq!(gateway.count(State::Delivered).await, 2);
    let shown = gateway.command(&["journal", "show", "pbx/main/9e1e"], &["--lang", "en"]);
    assert!(shown.contains("may not use telephony"), "{shown}");
}

/// Starts a gateway whose calls of unknown inner numbers belong to employee 7.
pub(crate) async fn gateway_with_default() -> TestGateway {
    let people = ("_pbx.yaml", "main: { default: 7 }\n");
    let files = [PROFILES[0], PROFILES[1], people];
    let gateway = gateway_with(&files, &[("pbx.main.key", KEY)]).await;
    know_employees(&gateway).await;
    gateway
}

#[actix_web::test]
async fn the_calls_of_nobody_belong_to_the_default_employee() {
    let gateway = gateway_with_default().await;
    let portal = gateway.portal();
    portal.set_telephony_access(TelephonyAccess::Applications);
    call(&gateway, "9e1d", "+79005550142", "9999", 28).await;
    gateway.settle().await;
    assert_eq!(calls(&gateway)[0]["RESPONSIBLE_ID"], "7");
}
