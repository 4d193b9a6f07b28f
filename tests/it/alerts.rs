//! Alerts of a running gateway: by mail and as notices of the portal, told once, over once, across
//! restarts, and never in the way of deliveries.

use std::net::SocketAddr;

use leadgate::domain::State;
use leadgate::simulator::{MailSecurity, Mailbox};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer, until};
use crate::mail::{ALERTS, mail_to, mailbox};

const PROFILE: &str = "receive: { default: true }
fields: { name: { from: $.data.name, missing: park } }
deal: { fields: { TITLE: '{{name}}' } }
";

/// Starts a gateway that looks all the time and sends its mail to this server.
async fn gateway(home: TempDir, mail: SocketAddr, more: &[(&str, &str)]) -> TestGateway {
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("shop.yaml"), PROFILE).unwrap();
    let server = format!("smtp://{mail}");
    let folder = [("mappings.dir", folder.to_str().unwrap())];
    let flags = [&folder[..], &mail_to(&server), &ALERTS, more].concat();
    TestGateway::at(home, &flags).await
}

/// Returns the subjects of all letters.
fn subjects(mailbox: &Mailbox) -> Vec<String> {
    let letters = mailbox.letters();
    let subject = |raw: &str| {
        let line = raw.lines().find_map(|line| line.strip_prefix("Subject: "));
        line.unwrap_or_default().to_owned()
    };
    letters.iter().map(|letter| subject(&letter.raw)).collect()
}

async fn until_told(mailbox: &Mailbox, expected: &[&str]) {
    until(&format!("{expected:?}"), async || {
        subjects(mailbox).len() >= expected.len()
    })
    .await;
    assert_eq!(subjects(mailbox), expected);
}

fn without_name() -> Value {
    json!({"phone": "+79160000001"})
}

#[actix_web::test]
async fn parked_submissions_are_told_once_by_mail_and_in_bitrix24_until_they_are_settled() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let employee = [("alerts.bitrix24", "6")];
    let gateway = gateway(TempDir::new().unwrap(), address, &employee).await;
    let portal = gateway.portal();
    let refusal = json!({"code": "REFUSED", "error": "NO", "method": "crm.deal.add"});
    portal.inject(serde_json::from_value(refusal).unwrap());
    let anna = json!({"name": "Анна", "phone": "+79160000001"});
    gateway.post_answer(answer(1, 1, anna)).await;
    gateway.settle().await;
    let told = "leadgate: 1 submission waits for a person";
    until_told(&mailbox, &[told]).await;
    let notices = || portal.snapshot()["notices"].as_array().unwrap().clone();
    until("the employee is told", async || !notices().is_empty()).await;
    let notice = notices()[0].to_string();
    assert!(
        notice.contains("profile shop, refused-by-crm: 1"),
        "{notice}"
    );
    let letter = mailbox.letters()[0].clone();
    assert_eq!(letter.to, ["ops@firm.example"]);
    assert!(!letter.raw.contains("9160000001"), "no personal data");
    gateway.command(&["replay", "--state", "parked"], &[]);
    let over = "leadgate: over: submissions that waited for a person";
    until_told(&mailbox, &[told, over]).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_restart_neither_repeats_nor_forgets_an_alert() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let gateway_at = gateway(TempDir::new().unwrap(), address, &[]).await;
    gateway_at.post_answer(answer(1, 1, without_name())).await;
    gateway_at.settle().await;
    let one = "leadgate: 1 submission waits for a person";
    until_told(&mailbox, &[one]).await;
    let home = gateway_at.stop().await;
    let again = gateway(home, address, &[]).await;
    again.post_answer(answer(1, 2, without_name())).await;
    again.settle().await;
    until_told(
        &mailbox,
        &[one, "leadgate: 2 submissions wait for a person"],
    )
    .await;
}

#[actix_web::test]
async fn a_paused_connection_is_told_by_mail_and_its_return_too() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let soon = [("alerts.paused_after", "10ms")];
    let gateway = gateway(TempDir::new().unwrap(), address, &soon).await;
    let shut = json!({"code": "CREDENTIALS_REVOKED", "times": "always"});
    gateway
        .portal()
        .inject(serde_json::from_value(shut).unwrap());
    gateway
        .post_answer(answer(1, 1, json!({"name": "Анна"})))
        .await;
    let paused = "leadgate: 1 destination is paused";
    until_told(&mailbox, &[paused]).await;
    let letter = mailbox.letters()[0].raw.clone();
    assert!(
        letter.contains("crm:sandbox rejects the connection"),
        "{letter}"
    );
    gateway.portal().clear_faults();
    gateway.settle().await;
    until_told(&mailbox, &[paused, "leadgate: over: delivery works again"]).await;
}

#[actix_web::test]
async fn a_source_that_never_sent_is_silent_after_its_time_and_speaks_again() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let rule = [("alerts.silence_of", "polls/7: 1h")];
    let gateway = gateway(TempDir::new().unwrap(), address, &rule).await;
    let silent = "leadgate: 1 source is silent";
    until_told(&mailbox, &[silent]).await;
    gateway
        .post_answer(answer(7, 1, json!({"name": "Анна"})))
        .await;
    until_told(
        &mailbox,
        &[silent, "leadgate: over: the sources send again"],
    )
    .await;
}

#[actix_web::test]
async fn an_alert_that_cannot_be_sent_is_kept_and_holds_up_no_delivery() {
    let closed = SocketAddr::from(([127, 0, 0, 1], 9));
    let first = gateway(TempDir::new().unwrap(), closed, &[]).await;
    first.post_answer(answer(1, 1, without_name())).await;
    for number in 2..=30 {
        first
            .post_answer(answer(1, number, json!({"name": "Анна"})))
            .await;
    }
    first.settle().await;
    assert_eq!(first.count(State::Delivered).await, 29);
    let stored = |gateway: &TestGateway| {
        let file = gateway.home.path().join("data").join("leadgate.db");
        let store = leadgate::store::Store::open_read_only(&file).unwrap();
        async move { store.alerts().await.unwrap().unwrap_or_default() }
    };
    until("it waits", async || {
        stored(&first).await.contains("\"failures\":1")
    })
    .await;
    let home = first.stop().await;
    // the mail server is back; the next attempt is due in a minute, so the clock of the notice is
    // not waited for: another alert shows that the outbox is alive
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let second = gateway(home, address, &[]).await;
    second.post_answer(answer(1, 31, without_name())).await;
    until_told(&mailbox, &["leadgate: 2 submissions wait for a person"]).await;
    assert!(
        stored(&second).await.contains("\"failures\":1"),
        "it waits still"
    );
}

#[actix_web::test]
async fn an_http_service_gets_alerts_and_a_broken_one_holds_up_no_other_way() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let service = [
        ("alerts.http", "bin"),
        ("alerts.http_path", "/sendMessage"),
        (
            "alerts.http_json",
            r#"{"chat_id": -100, "text": "{{text}}", "head": "{{title}}"}"#,
        ),
    ];
    let gateway = gateway(TempDir::new().unwrap(), address, &service).await;
    let portal = gateway.portal();
    gateway.post_answer(answer(1, 1, without_name())).await;
    gateway.settle().await;
    let told = "leadgate: 1 submission waits for a person";
    until_told(&mailbox, &[told]).await;
    until("the service is told", async || {
        !portal.service_requests().is_empty()
    })
    .await;
    let requests = portal.service_requests();
    let body: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(
        (requests.len(), requests[0].path.as_str()),
        (1, "/sendMessage")
    );
    assert_eq!(
        (&body["chat_id"], &body["head"]),
        (&json!(-100), &json!(told))
    );
    let text = body["text"].as_str().unwrap();
    assert!(text.starts_with(told) && text.lines().count() > 2, "{text}");
    assert!(!requests[0].body.contains("9160000001"), "no personal data");
}

#[actix_web::test]
async fn a_full_disk_and_late_deliveries_are_told_and_deliveries_on_time_too() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let full = [("alerts.disk_free", "100TB")];
    let crowded = gateway(TempDir::new().unwrap(), address, &full).await;
    until_told(&mailbox, &["leadgate: the disk is nearly full"]).await;
    crowded.stop().await;
    mailbox.reset();
    let late = [
        ("alerts.backlog_after", "10ms"),
        ("alerts.paused_after", "0s"),
    ];
    let gateway = gateway(TempDir::new().unwrap(), address, &late).await;
    let shut = json!({"code": "OVERLOAD_LIMIT", "times": "always"});
    let shut = serde_json::from_value(shut).unwrap();
    gateway.portal().inject(shut);
    let anna = json!({"name": "Анна"});
    gateway.post_answer(answer(1, 1, anna)).await;
    let told = "leadgate: deliveries are late";
    until_told(&mailbox, &[told]).await;
    gateway.portal().clear_faults();
    gateway.settle().await;
    until_told(&mailbox, &[told, "leadgate: over: deliveries are on time"]).await;
}

#[actix_web::test]
async fn profiles_that_do_not_fit_the_portal_are_told_until_they_do() {
    let (mailbox, address) = mailbox(MailSecurity::Plain);
    let often = [
        ("mappings.live_check_every", "100ms"),
        ("mappings.reload_every", "20ms"),
    ];
    let gateway = gateway(TempDir::new().unwrap(), address, &often).await;
    let file = gateway.home.path().join("mappings/shop.yaml");
    std::fs::write(&file, PROFILE.replace("TITLE:", "UF_CRM_NONE: x, TITLE:")).unwrap();
    let told = "leadgate: profiles do not fit the portal";
    until_told(&mailbox, &[told]).await;
    let letter = mailbox.to_json()[0]["text"].to_string();
    assert!(letter.contains("connection sandbox: 1 problem"), "{letter}");
    std::fs::write(&file, PROFILE).unwrap();
    let over = "leadgate: over: the profiles fit the portal";
    until_told(&mailbox, &[told, over]).await;
}

#[actix_web::test]
async fn the_address_of_the_gateway_leads_to_a_page_that_says_where_to_look() {
    let gateway = TestGateway::start().await;
    let root = gateway.url("/");
    let reply = gateway.http().get(&root).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    let policy = reply.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = reply.text().await.unwrap();
    for words in [
        "Это шлюз",
        "This is a gateway",
        "href=\"readyz\"",
        "leadgate explain ID",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
    assert!(!page.contains("<script"), "{page}");
    let head = gateway.http().head(&root).send().await.unwrap();
    assert_eq!(head.status(), 200);
}
