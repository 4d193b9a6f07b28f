//! Portals in the console and the API: what works, and pauses by hand.

use leadgate::domain::{Role, State};
use serde_json::{Value, json};

use crate::flood::person;
use crate::gateway::{TestGateway, answer, until};

const PAGE: &str = "/console/portals/crm:sandbox";

impl TestGateway {
    /// Returns the number of submissions that are queued or wait.
    async fn waiting_submissions(&self) -> u64 {
        let counts = self.inbox().counts().await.unwrap();
        let of = |state: State| counts.get(&state).copied().unwrap_or(0);
        of(State::Queued) + of(State::Waiting) + of(State::Leased)
    }

    async fn ask_destinations(&self, method: &str, path: &str, token: &str) -> (u16, Value) {
        let method = method.parse().unwrap();
        let url = self.url(&format!("/api/v1/destinations{path}"));
        let request = self.http().request(method, url).bearer_auth(token);
        let reply = self.send(request).await;
        (reply.status, reply.body)
    }
}

#[tokio::test]
async fn a_pause_by_hand_keeps_submissions_survives_a_restart_and_ends() {
    let gateway = TestGateway::start().await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let note = "<script>alert(1)</script> new webhook";
    let reply = operator
        .press(&format!("{PAGE}/pause"), &[("note", note)])
        .await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let page = operator.read(PAGE).await.text;
    assert!(
        page.contains("paused by hand") && page.contains("operator"),
        "{page}"
    );
    assert!(
        page.contains("&lt;script&gt;") && !page.contains("<script>alert"),
        "{page}"
    );
    let reply = gateway.post_answer(answer(124, 1, person(1))).await;
    assert_eq!(reply.body["is_successful"], true, "{reply:?}");
    let list = operator.read("/console/portals").await.text;
    assert!(list.contains("paused by hand"), "{list}");
    let health = gateway
        .http()
        .get(gateway.url("/readyz"))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    assert_eq!(gateway.waiting_submissions().await, 1);
    let home = gateway.stop().await;
    let gateway = TestGateway::at(home, &[]).await;
    let token = gateway.new_token("robot", "destinations:read,destinations:write", &[]);
    let (status, state) = gateway.ask_destinations("GET", "/sandbox", &token).await;
    assert_eq!((status, &state["state"]), (200, &json!("paused-by-hand")));
    assert_eq!(
        (&state["waiting"], &state["by_hand"]["who"]),
        (&json!(1), &json!("operator"))
    );
    gateway.post_answer(answer(124, 2, person(2))).await;
    assert_eq!(gateway.waiting_submissions().await, 2);
    let contacts = gateway.portal().counters().records.get("contact").copied();
    assert_eq!(contacts.unwrap_or(0), 0);
    let (status, state) = gateway
        .ask_destinations("POST", "/crm:sandbox/resume", &token)
        .await;
    assert_eq!((status, &state["by_hand"]), (200, &Value::Null));
    gateway.settle().await;
    assert_eq!(gateway.portal().counters().records["contact"], 2);
    let home = gateway.stop().await;
    let gateway = TestGateway::at(home, &[]).await;
    let (_, state) = gateway
        .ask_destinations("GET", "/crm:sandbox", &token)
        .await;
    assert_eq!(state["state"], "unused");
    let audit = gateway.beside().audit(None, 10).await.unwrap();
    let actions: Vec<&str> = audit.iter().map(|(_, it)| it.action.as_str()).collect();
    assert!(actions.contains(&"destination-paused"), "{actions:?}");
    assert!(actions.contains(&"destination-resumed"), "{actions:?}");
}

#[tokio::test]
async fn a_pause_by_hand_is_told_on_the_overview_and_on_what_waits_for_it() {
    let gateway = TestGateway::start().await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let note = [("note", "new webhook")];
    let paused = operator.press(&format!("{PAGE}/pause"), &note).await;
    assert_eq!(paused.status, 303);
    gateway.post_answer(answer(124, 1, person(1))).await;
    let overview = operator.read("/console").await.text;
    assert!(overview.contains("paused by hand"), "{overview}");
    let id = gateway.history("124/1").entry.id;
    let page = format!("/console/history/{id}");
    let page = operator.read(&page).await.text;
    assert!(
        page.contains("waits until it is resumed") && page.contains("new webhook"),
        "{page}"
    );
    let audit = gateway.signed_in().await.read("/console/audit").await.text;
    assert!(
        audit.contains("delivery paused: ") && audit.contains("note new webhook"),
        "{audit}"
    );
}

#[tokio::test]
async fn programs_pause_and_resume_destinations_with_the_scope_only() {
    let gateway = TestGateway::start().await;
    let reading = gateway.new_token("reader", "destinations:read", &[]);
    let writing = gateway.new_token("writer", "destinations:write", &[]);
    let (status, list) = gateway.ask_destinations("GET", "", &reading).await;
    assert_eq!(status, 200);
    let names = list["items"].as_array().unwrap().iter();
    assert!(
        names.clone().any(|item| item["name"] == "crm:sandbox"),
        "{list}"
    );
    for (method, path, token, expected) in [
        ("POST", "/sandbox/pause", &reading, 403),
        ("GET", "", &writing, 403),
        ("GET", "/sandbox/pause", &writing, 405),
        ("POST", "/nowhere/pause", &writing, 404),
        ("POST", "/sandbox/stop", &writing, 404),
        ("POST", "/sandbox/pause", &writing, 200),
        ("POST", "/sandbox/pause", &writing, 200),
        ("POST", "/sandbox/resume", &writing, 200),
    ] {
        let (status, body) = gateway.ask_destinations(method, path, token).await;
        assert_eq!(status, expected, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn the_page_says_why_a_portal_does_not_work_and_when_it_is_probed() {
    let gateway = TestGateway::with(&[
        ("delivery.retry_first", "1h"),
        ("delivery.retry_longest", "1h"),
    ])
    .await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    gateway.post_answer(answer(124, 1, person(1))).await;
    until("the page says that it is paused", async || {
        operator
            .read(PAGE)
            .await
            .text
            .contains("Does not work since")
    })
    .await;
    let page = operator.read(PAGE).await.text;
    assert!(page.contains("Next probe"), "{page}");
    assert!(page.contains("rejects the credentials"), "{page}");
    assert!(page.contains("What to do"), "{page}");
    let attention = operator.read("/console/attention").await.text;
    for part in [
        "Does not work since",
        "Next probe",
        "What to do",
        "Waiting for it: 1 submission",
    ] {
        assert!(attention.contains(part), "{part}: {attention}");
    }
    gateway.portal().clear_faults();
    // in an hour, or now
    let reply = operator.press(&format!("{PAGE}/probe"), &[]).await;
    assert_eq!(reply.status, 303);
    until("the portal works again", async || {
        !operator
            .read(PAGE)
            .await
            .text
            .contains("Does not work since")
    })
    .await;
}

#[tokio::test]
async fn a_portal_is_checked_against_the_profiles_on_demand() {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let profile = "receive: { polls: [777] }\nfields:\n  phone: { from: $.data.phone, as: phone }\ncontact: { fields: { PHONE: { value: \"{{phone}}\", search: true }, UF_CRM_NOWHERE: x } }\n";
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    let folder = folder.display().to_string();
    let gateway = TestGateway::at(home, &[("mappings.dir", &folder)]).await;
    let operator = gateway.signed_in_as(Role::Operator).await;
    let before = operator.read(PAGE).await.text;
    assert!(before.contains("Not checked since the start"), "{before}");
    let reply = operator.press(&format!("{PAGE}/check"), &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let page = operator.read(PAGE).await.text;
    assert!(
        page.contains("UF_CRM_NOWHERE") && page.contains("shop.yaml:4"),
        "{page}"
    );
    assert!(page.contains("Scopes: "), "{page}");
    let reply = operator.press(&format!("{PAGE}/dictionaries"), &[]).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let secret = gateway.portal().webhook_path();
    let secret = secret.trim_matches('/').rsplit('/').next().unwrap();
    assert!(!page.contains(&format!("/{secret}/")), "{page}");
}
