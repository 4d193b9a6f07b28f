//! Calltouch: requests of many submissions in one call, a result for each, and reading back.

use leadgate::domain::State;
use leadgate::simulator::{Fault, FaultKind, Times};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};

/// HTTP in, Calltouch out, no CRM.
const PROFILE: &str = r#"
receive: { channel: landing }
fields:
  fio: $.name
  email: { from: $.email, as: email }
  phone: { from: $.phone, as: phone }
  session: $.session
  text: $.text
then:
  - http: calltouch
    json:
      requests:
        - subject: Заявка с лендинга
          sessionId: "{{session}}"
          phoneNumber: "{{digits phone}}"
          email: "{{email}}"
          fio: "{{fio}}"
          comment: { text: "{{text}}" }
          addTags: [{ tag: site }]
    save: { request: { from: "$.data.requests[0].requestNumber", missing: fail } }
"#;

async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    gateway_with(&[("landing.yaml", PROFILE)], flags).await
}

async fn send(gateway: &TestGateway, number: usize) -> String {
    let body = json!({
        "name": format!("Анна {number}"), "phone": format!("+7912{number:07}"), "session": 705_518_233,
    });
    let reply = gateway
        .post_in("/in/landing", "application/json", body.to_string())
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["id"].as_str().unwrap().to_owned()
}

fn inject(gateway: &TestGateway, kind: FaultKind, times: u32) {
    let fault = Fault::once(kind).on("calltouch").times(Times::Next(times));
    gateway.portal().inject(fault);
}

/// Returns the numbers of the imported requests.
fn imported(gateway: &TestGateway) -> Vec<String> {
    let rows = gateway.portal().calltouch_requests().into_iter();
    rows.map(|row| row["requestNumber"].as_str().unwrap().to_owned())
        .collect()
}

/// Returns the number of imports.
fn calls(gateway: &TestGateway) -> usize {
    let requests = gateway.portal().service_requests().into_iter();
    requests.filter(|request| request.method == "POST").count()
}

#[actix_web::test]
async fn a_request_is_imported_with_the_defaults_of_the_preset() {
    let gateway = gateway(&[]).await;
    let id = send(&gateway, 1).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let [row] = &gateway.portal().calltouch_requests()[..] else {
        panic!("not one request")
    };
    assert_eq!(row["requestNumber"], id);
    assert_eq!(row["phoneNumber"], "79120000001");
    assert_eq!(row["sessionId"], "705518233");
    assert_eq!(row["addTags"], json!([{"tag": "site"}]));
    assert_eq!(row.get("comment"), None);
    assert_eq!(row.get("email"), None);
    let date = row["requestDate"].as_str().unwrap();
    assert!(date.len() == 19 && date.as_bytes()[2] == b'-', "{date}");
    let request = &gateway.portal().service_requests()[0];
    let has = |name: &str| request.headers.iter().any(|(known, _)| known == name);
    assert!(has("access-token") && has("siteid"));
    let history = gateway.history(&id);
    let saved = history.steps[0].outcome.result.get("request");
    assert_eq!(saved, Some(&Value::from(id)));
}

#[actix_web::test]
async fn a_thousand_requests_take_at_most_twelve_calls() {
    let gateway = gateway(&[
        ("http.calltouch.url", "http://127.0.0.1:9"),
        ("http.calltouch.preset", "calltouch"),
        ("http.calltouch.token", "t"),
        ("http.calltouch.site", "1"),
    ])
    .await;
    for number in 0..1000 {
        send(&gateway, number).await;
    }
    // the service comes back
    let home = gateway.stop().await;
    let folder = TestGateway::mappings(&home);
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    until("all are imported", async || {
        imported(&gateway).len() >= 1000
    })
    .await;
    gateway.settle().await;
    let mut numbers = imported(&gateway);
    numbers.sort();
    numbers.dedup();
    assert_eq!((numbers.len(), imported(&gateway).len()), (1000, 1000));
    let calls = calls(&gateway);
    assert!(calls <= 12, "{calls} calls");
}

#[actix_web::test]
async fn each_request_of_a_call_has_its_own_verdict() {
    let gateway = gateway(&[]).await;
    inject(&gateway, FaultKind::InternalServerError, 1);
    for number in 0..10 {
        send(&gateway, number).await;
    }
    gateway.settle().await;
    assert_eq!(imported(&gateway).len(), 10);
    // the last one of the next call is refused
    inject(&gateway, FaultKind::PartialImport { refused: 1 }, 1);
    send(&gateway, 10).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(gateway.count(State::Delivered).await, 10);
    // without a phone, an address and a session
    let reply = gateway
        .post_in("/in/landing", "application/json", "{\"name\": \"Никто\"}")
        .await;
    gateway.settle().await;
    let id = reply.body["id"].as_str().unwrap();
    let shown = gateway.command(&["journal", "show", id], &[]);
    assert!(
        shown.contains("refused-by-service") && shown.contains("neither phoneNumber"),
        "{shown}"
    );
}

#[actix_web::test]
async fn a_call_that_is_imported_in_part_settles_each_of_its_submissions() {
    // one request brings six submissions, which share a call
    let each = "landing: { each: '$.orders[*]' }\n";
    let files = [("landing.yaml", PROFILE), ("_channels.yaml", each)];
    let gateway = gateway_with(&files, &[]).await;
    inject(&gateway, FaultKind::PartialImport { refused: 2 }, 1);
    let orders: Vec<Value> = (0..6)
        .map(|number| json!({"name": format!("Анна {number}"), "phone": format!("+7912{number:07}")}))
        .collect();
    let body = json!({ "orders": orders }).to_string();
    let reply = gateway
        .post_in("/in/landing", "application/json", body)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_eq!(calls(&gateway), 1);
    assert_eq!(gateway.count(State::Delivered).await, 4);
    assert_eq!(gateway.count(State::Parked).await, 2);
    assert_eq!(imported(&gateway).len(), 4);
    // the refused ones alone are sent again
    gateway.command(&["replay", "--state", "parked"], &[]);
    until("all are imported", async || {
        gateway.count(State::Delivered).await == 6
    })
    .await;
    let mut numbers = imported(&gateway);
    numbers.sort();
    numbers.dedup();
    assert_eq!((numbers.len(), imported(&gateway).len()), (6, 6));
}

#[actix_web::test]
async fn after_a_lost_reply_the_requests_are_read_back() {
    let kinds = [
        FaultKind::ResetAfter,
        FaultKind::WrongJson,
        FaultKind::CutBody,
        FaultKind::ErrorAfterSave,
        FaultKind::ResetBefore,
        FaultKind::BadGateway,
        FaultKind::InternalServerError,
    ];
    for kind in kinds {
        let gateway = gateway(&[]).await;
        inject(&gateway, kind.clone(), 1);
        for number in 0..5 {
            send(&gateway, number).await;
        }
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 5, "{kind:?}");
        assert_eq!(imported(&gateway).len(), 5, "{kind:?}");
    }
}

#[actix_web::test]
async fn without_reading_back_an_unknown_outcome_is_parked() {
    let service = TestGateway::start().await;
    let url = service.url("/services/calltouch");
    let flags = [
        ("http.calltouch.url", url.as_str()),
        ("http.calltouch.preset", "calltouch"),
        ("http.calltouch.token", "t"),
        ("http.calltouch.site", "7"),
    ];
    let gateway = gateway(&flags).await;
    inject(&service, FaultKind::ResetAfter, 1);
    let id = send(&gateway, 1).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let shown = gateway.command(&["journal", "show", &id], &[]);
    assert!(shown.contains("outcome-unknown"), "{shown}");
    assert_eq!(imported(&service), std::slice::from_ref(&id));
    let request = &service.portal().service_requests()[0];
    let site = request.headers.iter().find(|(name, _)| name == "siteid");
    assert_eq!(site.unwrap().1, "7");
}
