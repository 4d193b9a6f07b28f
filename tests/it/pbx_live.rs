//! Calls while they go on: their cards in the portal, and what programs see of them.

use std::collections::BTreeSet;

use leadgate::domain::State;
use leadgate::simulator::{StatisticsAccess, TelephonyAccess};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, until};
use crate::pbx_calls::{self, gateway_at, gateway_of, know_employees, send, send_record};
use crate::pbx_telephony::statistics;

const NUMBER: &str = "+79005550142";

/// Starts a gateway with profiles for calls.
async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    let gateway = gateway_of(flags).await;
    know_employees(&gateway).await;
    gateway
}

/// Sends an event of a call from outside; the employee 6 has the inner number 106.
async fn tell(gateway: &TestGateway, action: &str, call: &str, user: u32) {
    let event = json!({
        "action": action, "obj": "UserCRM",
        "body": {
            "call_id": format!("{call}-{user}"), "session_id": call,
            "domain_user": (100 + user).to_string(), "other_leg": NUMBER,
            "rt_vars": {"gateway_number": "74955550100", "hangup_cause": "NORMAL_CLEARING"},
            "direction": 1
        }
    });
    assert_eq!(send(gateway, event).await.status, 200);
}

/// Sends the record of a call that the employee 7 has answered.
async fn record(gateway: &TestGateway, call: &str) {
    let record = json!({
        "uniqueid": call, "dt": 1_767_012_345.0, "src": NUMBER, "dst": "107", "duration": 41,
        "billsec": 28, "gateway_number": "+74955550100"
    });
    send_record(gateway, record).await;
}

/// Returns the calls of a method of telephony that the portal has answered.
fn asked(gateway: &TestGateway, method: &str) -> Vec<Value> {
    let name = format!("telephony.externalcall.{method}");
    let calls = gateway.portal().transcript().into_iter();
    let calls = calls.filter(|call| call.method == name);
    calls.map(|call| call.params).collect()
}

/// Returns the live calls of the portal.
fn live(gateway: &TestGateway) -> Vec<Value> {
    let snapshot = gateway.portal().snapshot();
    snapshot["telephony"]["live"].as_array().unwrap().clone()
}

/// Returns how often the statistics were asked.
fn looked_up(gateway: &TestGateway) -> u64 {
    let asked = gateway.portal().counters().commands;
    asked.get("voximplant.statistic.get").copied().unwrap_or(0)
}

/// Returns the employees who see the card of the portal's only call.
fn viewers(gateway: &TestGateway) -> BTreeSet<u64> {
    let live = live(gateway);
    let cards = live.first().map(|call| call["cards"].clone());
    let cards = cards.unwrap_or_default();
    let cards = cards.as_array().into_iter().flatten();
    cards.filter_map(Value::as_u64).collect()
}

async fn until_viewers(gateway: &TestGateway, users: &[u64]) {
    let wanted: BTreeSet<u64> = users.iter().copied().collect();
    until(&format!("{users:?} see the card"), async || {
        live(gateway).len() == 1 && viewers(gateway) == wanted
    })
    .await;
}

fn fault(gateway: &TestGateway, code: &str, method: &str) {
    let method = format!("telephony.externalcall.{method}");
    pbx_calls::fault(gateway, code, &method, 1);
}

impl TestGateway {
    /// Makes a token that may see calls.
    fn wall_token(&self) -> String {
        self.new_token("wall", "calls:read", &[])
    }

    async fn items(&self, path: &str, token: &str) -> Vec<Value> {
        let reply = self.read_api(path, token).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        crate::api::check(&reply, path);
        reply.body["items"].as_array().unwrap().clone()
    }
}

#[actix_web::test]
async fn those_who_are_rung_see_the_card_and_then_only_the_one_who_answers() {
    let gateway = gateway(&[]).await;
    for user in [6, 7, 12] {
        tell(&gateway, "call_ringing", "s1", user).await;
        // the PBX repeats itself
        tell(&gateway, "call_ringing", "s1", user).await;
    }
    until_viewers(&gateway, &[6, 7, 12]).await;
    let registered = asked(&gateway, "register");
    assert_eq!(registered.len(), 1);
    let call = &registered[0];
    for (name, value) in [
        ("USER_ID", json!(6)),
        ("PHONE_NUMBER", json!(NUMBER)),
        ("TYPE", json!(2)),
        ("LINE_NUMBER", json!("74955550100")),
        ("EXTERNAL_CALL_ID", json!("main/s1")),
        ("CRM_CREATE", json!(0)),
        ("SHOW", json!(1)),
        ("ADD_TO_CHAT", json!(0)),
    ] {
        assert_eq!(call[name], value, "{call}");
    }
    tell(&gateway, "call_answer", "s1", 7).await;
    until_viewers(&gateway, &[7]).await;
    for user in [6, 12, 7] {
        tell(&gateway, "call_hangup", "s1", user).await;
    }
    until_viewers(&gateway, &[]).await;
    record(&gateway, "s1").await;
    let source = gateway.history("pbx/main/s1").entry.source;
    let details: Value = serde_json::from_str(source.stored_details()).unwrap();
    let portal_call = details["portal_call"].as_str().unwrap();
    assert!(portal_call.starts_with("externalCall."), "{details}");
    assert_eq!(details["portal_user"], 6);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(asked(&gateway, "register").len(), 1);
}

#[actix_web::test]
async fn a_lost_reply_and_a_restart_leave_one_call() {
    for code in ["RESET_AFTER", "CUT_BODY", "BAD_GATEWAY", "RESET_BEFORE"] {
        let gateway = gateway(&[]).await;
        fault(&gateway, code, "register");
        tell(&gateway, "call_ringing", "s1", 6).await;
        until_viewers(&gateway, &[6]).await;
        let token = gateway.wall_token();
        until("the card is known", async || {
            let calls = gateway.items("/api/v1/calls", &token).await;
            calls[0]["portal_call"].is_string()
        })
        .await;
        assert_eq!(live(&gateway).len(), 1, "{code}");
    }
}

#[actix_web::test]
async fn events_before_and_after_a_restart_belong_together() {
    let gateway = gateway_at(TempDir::new().unwrap()).await;
    know_employees(&gateway).await;
    let token = gateway.wall_token();
    tell(&gateway, "call_ringing", "s1", 6).await;
    tell(&gateway, "call_ringing", "s1", 7).await;
    until_viewers(&gateway, &[6, 7]).await;
    until("the card is known", async || {
        let calls = gateway.items("/api/v1/calls", &token).await;
        calls[0]["portal_call"].is_string()
    })
    .await;
    let gateway = gateway_at(gateway.stop().await).await;
    know_employees(&gateway).await;
    let calls = gateway.items("/api/v1/calls", &token).await;
    assert_eq!((calls.len(), &calls[0]["state"]), (1, &json!("ringing")));
    tell(&gateway, "call_answer", "s1", 7).await;
    until_viewers(&gateway, &[7]).await;
    assert_eq!(asked(&gateway, "register"), Vec::<Value>::new());
}

#[actix_web::test]
async fn without_telephony_there_are_no_cards_and_calls_are_delivered() {
    let gateway = gateway(&[]).await;
    until("the portal was asked for telephony", async || {
        let calls = gateway.portal().transcript();
        calls
            .iter()
            .any(|call| call.method == "telephony.externalLine.get")
    })
    .await;
    let access = TelephonyAccess::Applications;
    gateway.portal().set_telephony_access(access);
    tell(&gateway, "call_ringing", "s1", 6).await;
    until("the portal has refused", async || {
        asked(&gateway, "register").len() == 1
    })
    .await;
    tell(&gateway, "call_answer", "s1", 6).await;
    tell(&gateway, "call_ringing", "s2", 7).await;
    for call in ["s1", "s2"] {
        record(&gateway, call).await;
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    assert!(asked(&gateway, "show").is_empty() && live(&gateway).is_empty());
}

#[actix_web::test]
async fn a_portal_that_is_closed_for_a_moment_gets_cards_again() {
    let gateway = gateway(&[]).await;
    fault(&gateway, "OVERLOAD_LIMIT", "register");
    tell(&gateway, "call_ringing", "s1", 6).await;
    until_viewers(&gateway, &[6]).await;
}

#[actix_web::test]
async fn a_call_whose_record_came_has_no_card_any_more() {
    let gateway = gateway(&[]).await;
    record(&gateway, "s1").await;
    tell(&gateway, "call_ringing", "s1", 6).await;
    tell(&gateway, "call_ringing", "s2", 6).await;
    until_viewers(&gateway, &[6]).await;
    record(&gateway, "s2").await;
    tell(&gateway, "call_ringing", "s2", 7).await;
    until("the card is hidden", async || {
        !asked(&gateway, "hide").is_empty()
    })
    .await;
    let keys: Vec<Value> = asked(&gateway, "register")
        .iter()
        .map(|call| call["EXTERNAL_CALL_ID"].clone())
        .collect();
    assert!(keys.contains(&json!("main/s2")), "{keys:?}");
    assert!(asked(&gateway, "show").is_empty());
}

#[actix_web::test]
async fn a_call_without_a_record_is_finished_in_the_portal() {
    let gateway = gateway(&[("pbx.main.record_within", "1s")]).await;
    tell(&gateway, "call_ringing", "s1", 6).await;
    until_viewers(&gateway, &[6]).await;
    tell(&gateway, "call_hangup", "s1", 6).await;
    until("the call is finished", async || live(&gateway).is_empty()).await;
    let finished = asked(&gateway, "finish");
    assert_eq!(finished.len(), 1);
    assert_eq!(
        (&finished[0]["STATUS_CODE"], &finished[0]["DURATION"]),
        (&json!("304"), &json!(0))
    );
}

#[actix_web::test]
async fn a_call_whose_record_is_rejected_is_finished_in_the_portal() {
    let gateway = gateway(&[]).await;
    tell(&gateway, "call_ringing", "s1", 6).await;
    until_viewers(&gateway, &[6]).await;
    // no profile takes a record without a number
    let mut unknown = pbx_calls::record("s1", "anonymous", "106", 0);
    unknown["gateway_number"] = Value::Null;
    send_record(&gateway, unknown).await;
    until("the call is finished", async || live(&gateway).is_empty()).await;
    assert_eq!(gateway.count(State::Rejected).await, 1);
    assert_eq!(statistics(&gateway).len(), 1);
}

#[actix_web::test]
async fn a_call_that_was_delivered_is_not_finished_again() {
    let gateway = gateway(&[("pbx.main.record_within", "1s")]).await;
    tell(&gateway, "call_ringing", "s1", 6).await;
    until_viewers(&gateway, &[6]).await;
    record(&gateway, "s1").await;
    gateway.settle().await;
    let (delivered, finished) = (looked_up(&gateway), asked(&gateway, "finish"));
    until("the portal was asked again", async || {
        looked_up(&gateway) > delivered
    })
    .await;
    assert_eq!(asked(&gateway, "finish"), finished);
    assert_eq!(statistics(&gateway).len(), 1);
}

#[actix_web::test]
async fn a_lost_reply_to_finish_leaves_one_call_in_the_statistics() {
    for shown in [StatisticsAccess::All, StatisticsAccess::Nothing] {
        let gateway = gateway(&[("pbx.main.record_within", "1s")]).await;
        // the activity tells where the statistics are closed
        let client = json!({"fields": {"NAME": "Ольга", "PHONE": [{"VALUE": NUMBER}]}});
        gateway.portal().call("crm.contact.add", client);
        gateway.portal().set_statistics_access(shown);
        fault(&gateway, "RESET_AFTER", "finish");
        tell(&gateway, "call_ringing", "s1", 6).await;
        until_viewers(&gateway, &[6]).await;
        tell(&gateway, "call_hangup", "s1", 6).await;
        until("the portal was asked again", async || {
            live(&gateway).is_empty() && looked_up(&gateway) >= 2
        })
        .await;
        assert_eq!(asked(&gateway, "finish").len(), 1, "{shown:?}");
        assert_eq!(statistics(&gateway).len(), 1, "{shown:?}");
    }
}

#[actix_web::test]
async fn programs_see_calls_and_who_can_be_reached() {
    let gateway = gateway(&[("pbx.main.cards", "false")]).await;
    let token = gateway.wall_token();
    let contact = gateway.portal().call(
        "crm.contact.add",
        json!({"fields": {"NAME": "Ольга", "LAST_NAME": "Тихая", "PHONE": [{"VALUE": NUMBER}]}}),
    );
    let question = json!({"action": "get_contact", "params": {"e164_phone": "79005550142"}});
    until("the client is known", async || {
        let reply = send(&gateway, question.clone()).await;
        !reply.body["list"].as_array().unwrap().is_empty()
    })
    .await;
    tell(&gateway, "call_ringing", "s1", 6).await;
    let calls = gateway.items("/api/v1/calls", &token).await;
    let call = &calls[0];
    for (name, value) in [
        ("pbx", json!("main")),
        ("id", json!("s1")),
        ("kind", json!("incoming")),
        ("state", json!("ringing")),
        ("number", json!(NUMBER)),
        ("line", json!("+74955550100")),
        ("portal_call", Value::Null),
    ] {
        assert_eq!(call[name], value, "{call}");
    }
    let employee = &call["employees"][0];
    assert_eq!(
        (&employee["user"], &employee["inner"], &employee["name"]),
        (&json!(6), &json!("106"), &json!("Мария Иванова"))
    );
    let client = &call["clients"][0];
    assert_eq!(client["name"], "Тихая Ольга");
    let page = format!("/sandbox/contact/{}", contact["result"]);
    assert!(
        client["link"].as_str().unwrap().ends_with(&page),
        "{client}"
    );
    let phone = json!({"action": "user_change", "body": {"user_uid": "106", "status": 1}});
    send(&gateway, phone).await;
    let agent = json!({"action": "agent_change",
        "body": {"user_uid": "106", "base_status": -1, "status_name": "В работе"}});
    send(&gateway, agent).await;
    let agents = gateway.items("/api/v1/agents", &token).await;
    assert_eq!(agents.len(), 1);
    assert_eq!(
        (
            &agents[0]["registered"],
            &agents[0]["state"],
            &agents[0]["user"]
        ),
        (&json!(true), &json!("В работе"), &json!(6))
    );
    tell(&gateway, "call_hangup", "s1", 6).await;
    assert!(gateway.items("/api/v1/calls", &token).await.is_empty());
    let url = gateway.url("/api/v1/calls?page=2");
    let odd = gateway
        .send(gateway.http().get(url).bearer_auth(&token))
        .await;
    assert_eq!(odd.body["type"], "urn:leadgate:parameter");
}

#[actix_web::test]
async fn the_states_of_phones_survive_a_restart() {
    let gateway = gateway(&[]).await;
    let phone = json!({"action": "user_change", "body": {"user_uid": "106", "status": 1}});
    send(&gateway, phone).await;
    let gateway = gateway_at(gateway.stop().await).await;
    let token = gateway.wall_token();
    let agents = gateway.items("/api/v1/agents", &token).await;
    let shown = ["inner", "registered"].map(|name| agents[0][name].clone());
    assert_eq!(shown, [json!("106"), json!(true)]);
}

/// Reads events until one of this name, and returns its content.
async fn next_event(response: &mut reqwest::Response, text: &mut String, name: &str) -> Value {
    let head = format!("event: {name}\ndata: ");
    loop {
        if let Some((_, rest)) = text.split_once(&head)
            && let Some((content, rest)) = rest.split_once("\n\n")
        {
            let content = serde_json::from_str(content).unwrap();
            let seen = text.len() - rest.len();
            text.drain(..seen);
            return content;
        }
        let piece = response.chunk().await.unwrap();
        text.push_str(std::str::from_utf8(&piece.expect("more events")).unwrap());
    }
}

#[actix_web::test]
async fn programs_read_every_change_until_the_gateway_stops() {
    let flags = [("pbx.main.cards", "false"), ("server.live_readers", "1")];
    let gateway = gateway(&flags).await;
    let token = gateway.wall_token();
    let open = || {
        let request = gateway.http().get(gateway.url("/api/v1/events"));
        request.bearer_auth(&token)
    };
    tell(&gateway, "call_ringing", "s1", 6).await;
    let mut response = open().send().await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap();
    assert_eq!(
        (response.status().as_u16(), kind),
        (200, "text/event-stream")
    );
    let mut text = String::new();
    let snapshot = next_event(&mut response, &mut text, "snapshot").await;
    assert_eq!(snapshot["calls"][0]["id"], "s1");
    // one reader is the limit here
    let second = gateway.send(open()).await;
    assert_eq!(
        (second.status, &second.body["type"]),
        (503, &json!("urn:leadgate:too-many-readers"))
    );
    tell(&gateway, "call_answer", "s1", 6).await;
    let call = next_event(&mut response, &mut text, "call").await;
    assert_eq!(
        (&call["id"], &call["state"]),
        (&json!("s1"), &json!("talking"))
    );
    tell(&gateway, "call_hangup", "s1", 6).await;
    let call = next_event(&mut response, &mut text, "call").await;
    assert_eq!(call["state"], "ended");
    let bare = gateway.http().get(gateway.url("/api/v1/events"));
    assert_eq!(gateway.send(bare).await.status, 401);
    gateway.stop().await;
    while let Ok(Some(_)) = response.chunk().await {}
}

#[actix_web::test]
async fn what_the_gateway_does_not_understand_is_answered_and_kept() {
    let gateway = gateway(&[]).await;
    for request in [
        json!({"action": "call_transfer", "body": {"call_id": "t-77"}}),
        json!({"action": "call_ringing", "body": {"domain_user": "106", "odd": "t-78"}}),
    ] {
        let reply = send(&gateway, request).await;
        assert_eq!((reply.status, &reply.body["code"]), (200, &json!(200)));
    }
    let mut log = String::new();
    until("both are kept", async || {
        log = gateway.command(&["journal", "--refused", "--json"], &[]);
        log.lines().count() == 2
    })
    .await;
    for word in ["unknown-action", "pbx/main", "t-77", "t-78"] {
        assert!(log.contains(word), "{word}: {log}");
    }
}

#[actix_web::test]
async fn the_number_of_a_person_is_erased_from_calls_that_go_on() {
    let gateway = gateway(&[("pbx.main.cards", "false")]).await;
    tell(&gateway, "call_ringing", "s1", 6).await;
    let erase = ["erase", "--phone", NUMBER, "--yes", "--lang", "en"];
    let mut text = String::new();
    until("the call is stored", async || {
        text = gateway.command(&erase, &[]);
        text.contains("calls of this person that go on: 1")
    })
    .await;
    assert!(text.contains("erased: 1"), "{text}");
    // the gateway forgets it with the next event
    let token = gateway.wall_token();
    tell(&gateway, "call_answer", "s1", 6).await;
    until("the call is forgotten", async || {
        gateway.items("/api/v1/calls", &token).await.is_empty()
    })
    .await;
}
