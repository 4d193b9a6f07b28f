//! What a PBX asks while it rings: the employees, and who calls.

use std::time::Duration;

use leadgate::simulator::Latency;
use serde_json::{Value, json};

use crate::gateway::{Reply, TestGateway, until};
use crate::pbx_calls::KEY;

/// A budget that a slow machine keeps, too.
const PATIENT: (&str, &str) = ("pbx.main.answer_within", "60s");

async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    // tests count calls
    let quiet = [
        ("pbx.main.key", KEY),
        ("pbx.main.cards", "false"),
        ("pbx.main.remember_recent", "0"),
    ];
    TestGateway::with(&[&quiet, flags].concat()).await
}

async fn ask(gateway: &TestGateway, key: &str, action: &str, params: Value) -> Reply {
    let question =
        json!({"action": action, "obj": "UserCRM", "action_id": "123", "params": params});
    let request = gateway.http().post(gateway.url("/pbx/main"));
    let request = request.header("Authorization", format!("Bearer {key}"));
    gateway.send(request.body(question.to_string())).await
}

/// Asks who has the number +79005550142, in both forms.
async fn who_calls(gateway: &TestGateway) -> Reply {
    let params = json!({"phone": "9005550142", "e164_phone": "79005550142"});
    ask(gateway, KEY, "get_contact", params).await
}

fn add(gateway: &TestGateway, kind: &str, fields: &Value) -> i64 {
    let added = gateway
        .portal()
        .call(&format!("crm.{kind}.add"), json!({"fields": fields}));
    added["result"].as_i64().unwrap()
}

fn phone(number: &str) -> Value {
    json!([{"VALUE": number, "VALUE_TYPE": "WORK"}])
}

/// Adds a company and two contacts with the number, and one with another; returns the ids of the
/// first three.
fn clients(gateway: &TestGateway) -> (i64, i64, i64) {
    let company = add(
        gateway,
        "company",
        &json!({"TITLE": "ООО «Пример»", "ASSIGNED_BY_ID": 7, "PHONE": phone("8 (900) 555-01-42")}),
    );
    let first = add(
        gateway,
        "contact",
        &json!({"NAME": "Ольга", "LAST_NAME": "Тихая", "COMPANY_ID": company, "ASSIGNED_BY_ID": 6,
            "PHONE": phone("+79005550142")}),
    );
    let second = add(
        gateway,
        "contact",
        // an external person without an inner number
        &json!({"NAME": "Иван", "ASSIGNED_BY_ID": 16, "PHONE": phone("89005550142")}),
    );
    add(
        gateway,
        "contact",
        &json!({"NAME": "Другой", "PHONE": phone("+79005550143")}),
    );
    (company, first, second)
}

#[actix_web::test]
async fn the_active_employees_are_listed_with_their_ids_as_text() {
    let gateway = gateway(&[PATIENT]).await;
    let reply = ask(&gateway, KEY, "get_users", json!({})).await;
    assert_eq!((reply.status, &reply.body["code"]), (200, &json!(200)));
    let users = reply.body["body"].as_array().unwrap();
    assert!(
        users.contains(&json!({"id": "6", "name": "Мария Иванова"})),
        "{users:?}"
    );
    let has = |id: &str| users.iter().any(|user| user["id"] == id);
    // a dismissed one and an external one
    assert!(has("1") && !has("15") && !has("16"), "{users:?}");
    // read at the start, so nothing is asked now
    let called = gateway.portal().transcript().len();
    ask(&gateway, KEY, "get_users", json!({})).await;
    assert_eq!(gateway.portal().transcript().len(), called);
}

#[actix_web::test]
async fn a_caller_is_found_in_one_call_and_then_remembered() {
    let gateway = gateway(&[PATIENT]).await;
    ask(&gateway, KEY, "get_users", json!({})).await;
    let (company, first, second) = clients(&gateway);
    let called = gateway.portal().transcript().len();
    let reply = who_calls(&gateway).await;
    assert_eq!(
        (reply.status, &reply.body),
        (
            200,
            &json!({
                "action": "get_contact", "obj": "UserCRM", "action_id": "123", "code": 200,
                "list": [
                    {"id": company, "type": "company", "name": "ООО «Пример»", "owner_id": "107"},
                    {"id": first, "type": "contact", "name": "Тихая Ольга", "company_id": company,
                        "company_name": "ООО «Пример»", "owner_id": "106"},
                    {"id": second, "type": "contact", "name": "Иван", "owner_id": "16"},
                ]
            })
        )
    );
    assert_eq!(gateway.portal().transcript().len(), called + 1);
    assert_eq!(who_calls(&gateway).await.body, reply.body);
    assert_eq!(gateway.portal().transcript().len(), called + 1);
}

#[actix_web::test]
async fn the_newest_of_several_comes_first_if_the_settings_say_so() {
    let gateway = gateway(&[PATIENT, ("pbx.main.several", "newest")]).await;
    let (company, first, second) = clients(&gateway);
    let reply = who_calls(&gateway).await;
    let ids: Vec<&Value> = reply.body["list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|client| &client["id"])
        .collect();
    assert_eq!(ids, [&json!(company), &json!(second), &json!(first)]);
}

#[actix_web::test]
async fn a_number_of_nobody_and_a_hidden_one_have_an_empty_list() {
    let gateway = gateway(&[PATIENT]).await;
    clients(&gateway);
    for (phone, e164) in [
        ("9005550199", "79005550199"),
        ("1004", "1004"),
        ("anonymous", ""),
    ] {
        let params = json!({"phone": phone, "e164_phone": e164});
        let reply = ask(&gateway, KEY, "get_contact", params).await;
        assert_eq!(
            (reply.status, &reply.body["list"]),
            (200, &json!([])),
            "{phone}"
        );
    }
}

#[actix_web::test]
async fn a_slow_portal_costs_the_answer_and_no_time() {
    let gateway = gateway(&[("pbx.main.answer_within", "20ms")]).await;
    clients(&gateway);
    let slow = Latency {
        call: Duration::from_secs(600),
        command: Duration::ZERO,
    };
    gateway.portal().set_latency(slow);
    let reply = who_calls(&gateway).await;
    assert_eq!((reply.status, &reply.body["list"]), (200, &json!([])));
    gateway.portal().set_latency(Latency::default());
}

#[actix_web::test]
async fn a_dead_portal_has_no_clients_and_no_list_of_employees() {
    // nothing listens on this port
    let gone = (
        "crm.gone.webhook",
        "http://127.0.0.1:9/rest/1/abcdefgh12345678/",
    );
    let gateway = gateway(&[gone, ("pbx.main.answer_within", "20ms")]).await;
    let reply = who_calls(&gateway).await;
    assert_eq!((reply.status, &reply.body["list"]), (200, &json!([])));
    // an empty list would tell the PBX that all employees are gone
    let reply = ask(&gateway, KEY, "get_users", json!({})).await;
    assert_eq!((reply.status, &reply.body["code"]), (503, &json!(503)));
    assert!(reply.retry_after.is_some());
    let message = reply.body["body"]["message"].as_str().unwrap();
    assert!(message.contains("Сотрудники ещё не прочитаны"), "{message}");
}

#[actix_web::test]
async fn questions_need_the_key() {
    let gateway = gateway(&[PATIENT]).await;
    clients(&gateway);
    for action in ["get_users", "get_contact"] {
        let params = json!({"phone": "9005550142", "e164_phone": "79005550142"});
        let reply = ask(&gateway, "another long secret key", action, params).await;
        assert_eq!(reply.status, 401);
        assert!(!reply.body.to_string().contains("Ольга"), "{reply:?}");
    }
}

#[actix_web::test]
async fn a_recorded_call_lets_the_caller_be_asked_again() {
    let gateway = gateway(&[PATIENT]).await;
    assert_eq!(who_calls(&gateway).await.body["list"], json!([]));
    let (_, first, _) = clients(&gateway);
    let record = json!({
        "action": "cdr_append", "obj": "UserCRM",
        "body": {"uniqueid": "9e1d", "src": "+79005550142", "dst": "1004", "billsec": 9}
    });
    let request = gateway.http().post(gateway.url("/pbx/main"));
    let request = request.header("Authorization", format!("Bearer {KEY}"));
    assert_eq!(
        gateway.send(request.body(record.to_string())).await.status,
        200
    );
    let reply = who_calls(&gateway).await;
    let list = reply.body["list"].as_array().unwrap();
    assert!(list.iter().any(|client| client["id"] == first), "{list:?}");
}

#[actix_web::test]
async fn clients_who_have_changed_are_read_before_they_call() {
    let flags = [
        ("pbx.main.remember_recent", "500"),
        ("pbx.main.read_ahead_every", "50ms"),
        ("pbx.main.answer_within", "20ms"),
    ];
    let gateway = gateway(&flags).await;
    let (company, first, second) = clients(&gateway);
    // the numbers themselves are asked for in batches
    until("the numbers are read ahead", async || {
        let calls = gateway.portal().transcript();
        let mut commands = calls.iter().flat_map(|call| &call.commands);
        commands.any(|command| {
            command.method == "crm.duplicate.findbycomm"
                && command.params.to_string().contains("79005550142")
                && command.result.is_some()
        })
    })
    .await;
    let slow = Latency {
        call: Duration::from_secs(600),
        command: Duration::ZERO,
    };
    gateway.portal().set_latency(slow);
    let mut ids = Vec::new();
    until("the answer comes from memory", async || {
        let reply = who_calls(&gateway).await;
        let list = reply.body["list"].as_array().unwrap().iter();
        ids = list.map(|client| client["id"].clone()).collect();
        !ids.is_empty()
    })
    .await;
    assert_eq!(ids, [json!(company), json!(first), json!(second)]);
    gateway.portal().set_latency(Latency::default());
}
