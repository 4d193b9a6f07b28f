//! Callbacks that visitors of a site request in a form of the portal.

use serde_json::{Value, json};

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{TestGateway, until};
use crate::pbx_calls::KEY;
use crate::pbx_catch_up::PROFILE;

const TOKEN: &str = "the token of the webhook";

/// Nobody is the default: without a line, the one who is responsible for the client calls back.
const PEOPLE: &str = "main:\n  employees: { 9022: 1, 9023: 9, 9024: 12 }\n";

/// Starts a gateway whose PBX is that of the sandbox.
async fn gateway(people: &str) -> TestGateway {
    let files = [("calls.yaml", PROFILE), ("_pbx.yaml", people)];
    let settings = [
        ("pbx.main.key", KEY),
        ("pbx.main.url", "sandbox"),
        ("pbx.main.pbx_key", "a long key of commands"),
        ("pbx.main.portal_token", TOKEN),
        ("pbx.main.callback.74951343060", "9022"),
    ];
    gateway_with(&files, &settings).await
}

impl TestGateway {
    /// Requests a callback in the form of the sandbox's site.
    async fn request_callback(&self, number: &str, line: &str) {
        let form = format!("number={}&line={line}", number.replace('+', "%2B"));
        let answered = self.press_in_sandbox("callback", &form).await;
        assert_eq!(answered, "status=200");
    }

    /// Returns the calls that the portal has registered.
    fn registered_calls(&self) -> Vec<Value> {
        let calls = self.portal().transcript().into_iter();
        let commands = calls.flat_map(|call| {
            let own = (call.method.clone(), call.params.clone());
            let commands = call.commands.into_iter();
            let commands = commands.map(|command| (command.method, command.params));
            commands.chain([own]).collect::<Vec<_>>()
        });
        let own = commands.filter(|(method, _)| method == "telephony.externalcall.register");
        own.map(|(_, params)| params).collect()
    }

    /// Returns the activities of calls in the portal.
    fn call_activities(&self) -> Vec<Value> {
        let filter = json!({"filter": {"TYPE_ID": 2}});
        let found = self.portal().call("crm.activity.list", filter);
        found["result"].as_array().unwrap().clone()
    }
}

#[actix_web::test]
async fn the_employee_of_the_line_calls_back_and_the_portal_has_one_call() {
    let gateway = gateway(PEOPLE).await;
    for _ in 0..2 {
        gateway
            .request_callback("+79066800404", "74951343060")
            .await;
    }
    until("the phone rings", async || {
        gateway.session().await.is_some()
    })
    .await;
    let registered = gateway.registered_calls();
    assert_eq!(registered.len(), 1, "{registered:?}");
    let call = &registered[0];
    for (name, value) in [
        ("TYPE", json!(4)),
        ("USER_ID", json!(1)),
        ("CRM_ENTITY_TYPE", json!("LEAD")),
        ("LINE_NUMBER", json!("74951343060")),
        ("SHOW", json!(1)),
        ("CRM_CREATE", json!(0)),
    ] {
        assert_eq!(call[name], value, "{name}");
    }
    let session = gateway.session().await.unwrap();
    let answer = format!("session={session}&inner=9022");
    assert_eq!(gateway.press_pbx("answer", &answer).await, "status=200");
    gateway
        .press_pbx("hangup", &format!("session={session}"))
        .await;
    gateway.settle().await;
    let calls = gateway.call_activities();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0]["PROVIDER_TYPE_ID"], "CALLBACK");
    assert_eq!(gateway.registered_calls().len(), 1, "the record joins it");
}

#[actix_web::test]
async fn without_a_line_the_responsible_employee_calls_back_or_the_default_one() {
    let gateway = gateway(PEOPLE).await;
    let contact = json!({"fields": {"NAME": "Рита", "ASSIGNED_BY_ID": 9, "PHONE": [{"VALUE": "+79066800404"}]}});
    gateway.portal().call("crm.contact.add", contact);
    gateway.request_callback("8 906 680-04-04", "7").await;
    until("the call is registered", async || {
        !gateway.registered_calls().is_empty()
    })
    .await;
    let call = &gateway.registered_calls()[0];
    assert_eq!(
        (&call["USER_ID"], &call["CRM_ENTITY_TYPE"]),
        (&json!(9), &json!("CONTACT"))
    );
}

#[actix_web::test]
async fn a_callback_that_the_pbx_refuses_stays_open_in_the_portal() {
    let gateway = gateway(PEOPLE).await;
    gateway.press_pbx("register", "inner=9022").await;
    gateway
        .request_callback("+79066800404", "74951343060")
        .await;
    until("the call is finished", async || {
        !gateway.call_activities().is_empty()
    })
    .await;
    let calls = gateway.call_activities();
    assert_eq!(
        (&calls[0]["COMPLETED"], &calls[0]["PROVIDER_TYPE_ID"]),
        (&json!("N"), &json!("CALLBACK"))
    );
    assert_eq!(gateway.session().await, None);
}

#[actix_web::test]
async fn a_lost_reply_of_the_portal_registers_the_callback_once() {
    let gateway = gateway(PEOPLE).await;
    let lost = json!({
        "code": "RESET_AFTER", "method": "telephony.externalcall.register", "times": {"next": 1}
    });
    gateway
        .portal()
        .inject(serde_json::from_value(lost).unwrap());
    gateway
        .request_callback("+79066800404", "74951343060")
        .await;
    until("the phone rings", async || {
        gateway.session().await.is_some()
    })
    .await;
    let registered = gateway.registered_calls();
    assert_eq!(registered.len(), 2);
    assert_eq!(
        registered[0]["EXTERNAL_CALL_ID"],
        registered[1]["EXTERNAL_CALL_ID"]
    );
}

#[actix_web::test]
async fn only_the_portal_can_request_callbacks() {
    let gateway = gateway(PEOPLE).await;
    let form = |token: &str, number: &str| {
        format!(
            "event=ONEXTERNALCALLBACKSTART&data[PHONE_NUMBER]={number}&auth[application_token]={token}"
        )
    };
    let token = TOKEN.replace(' ', "+");
    for (form, status) in [
        (form("another+token", "79066800404"), 401),
        (form(&token, "anna"), 400),
    ] {
        let reply = gateway.post_in("/pbx/main/portal", URLENCODED, form).await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
    assert!(gateway.registered_calls().is_empty());
}
