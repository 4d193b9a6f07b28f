//! PBXs: records of calls become submissions, and everything else is answered.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{Reply, TestGateway};
use crate::pbx_calls::KEY;

/// A missed call makes a lead with a to-do, every other call of the telephone network a contact.
const MISSED: &str = r#"receive: { pbx: main, on: missed }
name: Missed calls
fields:
  phone: { from: $.call.number, as: phone, missing: reject }
  line: $.call.line
contact: none
lead:
  found: update
  fields:
    TITLE: { value: "Missed call {{phone}} to {{line}}", on_update: keep }
    PHONE: { value: "{{phone}}", search: true }
todo: { title: "Call back {{phone}}", after: 1h, on: create }
comment: none
"#;
const OTHERS: &str = r#"receive: { pbx: main, on: [incoming, outgoing] }
name: Calls
fields:
  phone: { from: $.call.number, as: phone, missing: reject }
contact:
  fields: { PHONE: { value: "{{phone}}", search: true } }
comment: none
"#;

async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    let own = [("pbx.main.key", KEY), ("pbx.main.body_limit", "16KB")];
    let files = [("missed.yaml", MISSED), ("others.yaml", OTHERS)];
    gateway_with(&files, &[&own, flags].concat()).await
}

/// Sends a request with this header `Authorization`; an empty one is left out.
async fn send(gateway: &TestGateway, address: &str, key: &str, body: &str) -> Reply {
    let mut request = gateway.posting(address, "application/json", body.to_owned());
    if !key.is_empty() {
        request = request.header("Authorization", key);
    }
    gateway.send(request).await
}

async fn post(gateway: &TestGateway, body: &str) -> Reply {
    send(gateway, "/pbx/main", &format!("Bearer {KEY}"), body).await
}

/// The record of a call as the PBX sends it.
fn record(id: &str, from: &str, to: &str, talk: u32) -> String {
    json!({
        "action": "cdr_append", "action_id": "n-903", "obj": "UserCRM", "code": 200, "notifies": [],
        "body": {
            "id": 220_417, "uniqueid": id, "dt": 1_767_012_345.0, "src": from, "dst": to,
            "duration": 41, "billsec": talk, "gateway_number": "+74955550100", "dial_status": 0,
            "direction": 1, "bridge_hangup_cause": "NORMAL_CLEARING"
        }
    })
    .to_string()
}

#[actix_web::test]
async fn records_of_calls_become_submissions_once_by_their_kind() {
    let gateway = gateway(&[]).await;
    for _ in 0..3 {
        let reply = post(&gateway, &record("9e1d", "+79005550142", "1004", 0)).await;
        assert_eq!((reply.status, &reply.body["code"]), (200, &json!(200)));
        assert_eq!(reply.body["body"]["success"], true);
    }
    for (id, from, to, talk) in [
        ("9e1e", "+79005550143", "1004", 28),
        ("9e1f", "1004", "+79005550144", 0),
        ("9e20", "1004", "1005", 7),
        ("9e21", "anonymous", "1004", 0),
    ] {
        let reply = post(&gateway, &record(id, from, to, talk)).await;
        assert_eq!(reply.status, 200, "{id}");
    }
    gateway.settle().await;
    let titles: Vec<Value> = gateway
        .leads()
        .iter()
        .map(|lead| lead["TITLE"].clone())
        .collect();
    assert_eq!(titles, ["Missed call +79005550142 to +74955550100"]);
    let phones: Vec<Value> = gateway
        .contacts()
        .iter()
        .map(|contact| contact["PHONE"][0]["VALUE"].clone())
        .collect();
    assert_eq!(phones, ["+79005550143", "+79005550144"]);
    // an internal call waits for a profile, a hidden number has no client
    assert_eq!(gateway.count(State::Captured).await, 1);
    assert_eq!(gateway.count(State::Rejected).await, 1);
    let journal = gateway.command(&["journal", "--lang", "ru", "--source", "pbx/main"], &[]);
    assert!(journal.contains("АТС main, звонок 9e1d"), "{journal}");
}

#[actix_web::test]
async fn the_samples_of_the_documentation_are_understood_as_printed() {
    let gateway = gateway(&[]).await;
    for name in [
        "user_change",
        "agent_change",
        "call_ringing",
        "call_answer",
        "call_hangup",
        "call_held",
        "call_active",
        "cdr_append",
    ] {
        let path = format!(
            "{}/tests/fixtures/pbx/{name}.txt",
            env!("CARGO_MANIFEST_DIR")
        );
        let sample = std::fs::read_to_string(path).unwrap();
        let reply = post(&gateway, &sample).await;
        assert_eq!(
            (reply.status, &reply.body["action"]),
            (200, &json!(name)),
            "{reply:?}"
        );
    }
    gateway.settle().await;
    assert_eq!(gateway.contacts()[0]["PHONE"][0]["VALUE"], "+74952523060");
}

#[actix_web::test]
async fn only_a_test_needs_no_key_and_nothing_is_given_away() {
    let gateway = gateway(&[]).await;
    let test = r#"{"action":"test","obj":"UserCRM","action_id":"123","params":{}}"#;
    let reply = send(&gateway, "/pbx/main", "", test).await;
    let tested = json!({
        "action": "test", "obj": "UserCRM", "action_id": "123", "code": 200, "body": {"success": true}
    });
    assert_eq!((reply.status, &reply.body), (200, &tested));
    let record = record("9e1d", "+79005550142", "1004", 0);
    for (address, key, body, status) in [
        ("/pbx/main", "", record.as_str(), 401),
        (
            "/pbx/main",
            "Bearer another long secret key",
            record.as_str(),
            401,
        ),
        ("/pbx/main", KEY, record.as_str(), 401),
        ("/pbx/main", "", "{'action': 'get_users'}", 401),
        ("/pbx/main", "", "nonsense", 401),
        ("/pbx/other", "", test, 404),
        ("/pbx", "", test, 404),
    ] {
        let reply = send(&gateway, address, key, body).await;
        assert_eq!(reply.status, status, "{address} {key}: {reply:?}");
    }
    assert_eq!(
        gateway.count(State::Captured).await + gateway.count(State::Delivered).await,
        0
    );
}

#[actix_web::test]
async fn what_cannot_be_understood_gets_a_clear_refusal() {
    let gateway = gateway(&[]).await;
    for (body, status, words) in [
        ("nonsense".to_owned(), 400, "The body is no JSON object"),
        (
            "{'action': 'cdr_append', 'body': {'src': '1'}}".to_owned(),
            422,
            "neither uniqueid nor id",
        ),
        (
            format!("{{\"a\": \"{}\"}}", "x".repeat(20_000)),
            413,
            "pbx.NAME.body_limit",
        ),
    ] {
        let reply = post(&gateway, &body).await;
        let message = reply.body["body"]["message"].as_str().unwrap_or_default();
        assert_eq!(reply.status, status, "{reply:?}");
        assert!(message.contains(words), "{message}");
    }
}
