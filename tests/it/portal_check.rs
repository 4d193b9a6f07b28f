//! The gateway reports when a profile no longer fits its portal.

use std::net::SocketAddr;

use leadgate::domain::State;
use leadgate::simulator::{Portal, PortalOptions};
use serde_json::json;
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer, now, until};
use crate::pauses::switch_on;

const PROFILE: &str = "receive: { default: true }
fields: { name: $.data.name, card: $.data.card }
deal: { fields: { TITLE: '{{name}}', UF_CRM_CARD: { value: '{{card}}', search: true } } }
";

fn portal() -> Portal {
    Portal::new(PortalOptions::new(std::sync::Arc::new(now)))
}

fn make_the_field(portal: &Portal) {
    let fields = json!({"FIELD_NAME": "CARD", "USER_TYPE_ID": "string"});
    portal.call("crm.deal.userfield.add", json!({ "fields": fields }));
}

/// Starts a gateway with these profiles that calls the portal at this address.
async fn gateway(
    (crm, portal, address): (&str, &Portal, SocketAddr),
    profiles: &[(&str, &str)],
    settings: &[(&str, &str)],
) -> TestGateway {
    let webhook = format!("http://{address}{}", portal.webhook_path());
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    for (file, profile) in profiles {
        std::fs::write(folder.join(file), profile).unwrap();
    }
    let name = format!("crm.{crm}.webhook");
    let own = [
        ("mappings.dir", folder.to_str().unwrap()),
        (name.as_str(), webhook.as_str()),
    ];
    TestGateway::at(home, &[settings, &own].concat()).await
}

/// Returns the metric of problems with a connection.
async fn problems(gateway: &TestGateway, crm: &str) -> Option<String> {
    let page = gateway.http().get(gateway.url("/metrics")).send().await;
    let page = page.unwrap().text().await.unwrap();
    let head = format!("leadgate_profile_problems{{crm=\"{crm}\"}} ");
    let line = page.lines().find_map(|line| line.strip_prefix(&head));
    line.map(str::to_owned)
}

async fn until_there_are(gateway: &TestGateway, crm: &str, count: &str) {
    until(&format!("problems: {count}"), async || {
        problems(gateway, crm).await.as_deref() == Some(count)
    })
    .await;
}

#[actix_web::test]
async fn a_field_removed_from_the_portal_is_reported_and_not_searched() {
    let before = portal();
    make_the_field(&before);
    let (server, address) = switch_on(&before, "127.0.0.1:0".parse().unwrap()).await;
    let gateway = gateway(
        ("removed", &before, address),
        &[("shop.yaml", PROFILE)],
        &[("mappings.live_check_every", "100ms")],
    )
    .await;
    until_there_are(&gateway, "removed", "0").await;
    let packet = || json!({"name": "Анна", "card": "77"});
    gateway.post_answer(answer(1, 1, packet())).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    // the same portal without the field
    server.stop(true).await;
    let after = portal();
    switch_on(&after, address).await;
    until_there_are(&gateway, "removed", "1").await;
    // deliveries use the dictionaries that the check has read
    gateway.post_answer(answer(1, 2, packet())).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(after.counters().records["deal"], 0);
    make_the_field(&after);
    until_there_are(&gateway, "removed", "0").await;
}

#[actix_web::test]
async fn a_field_removed_after_the_dictionaries_were_read_is_detected_in_rows() {
    let before = portal();
    make_the_field(&before);
    let (server, address) = switch_on(&before, "127.0.0.1:0".parse().unwrap()).await;
    let gateway = gateway(("main", &before, address), &[("shop.yaml", PROFILE)], &[]).await;
    let packet = |card: &str| json!({"name": "Анна", "card": card});
    // no deal has the card, which does not make the field doubtful
    before.call("crm.deal.add", json!({"fields": {"TITLE": "x"}}));
    gateway.post_answer(answer(1, 1, packet("77"))).await;
    gateway.post_answer(answer(1, 2, packet("78"))).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 2);
    server.stop(true).await;
    let after = portal();
    after.call("crm.deal.add", json!({"fields": {"TITLE": "x"}}));
    switch_on(&after, address).await;
    for number in 3..=6 {
        gateway.post_answer(answer(1, number, packet("77"))).await;
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 4);
    assert_eq!(after.counters().records["deal"], 1, "nothing is created");
}

#[actix_web::test]
async fn an_edited_profile_is_checked_soon_with_few_calls() {
    leadgate::telemetry::metrics_handle();
    let portal = portal();
    let (_, address) = switch_on(&portal, "127.0.0.1:0".parse().unwrap()).await;
    let webhook = format!("http://{address}{}", portal.webhook_path());
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let everything = "receive: { default: true }\nfields: { name: $.data.name }\nitem:\n  type: 1036\n  \
                      responsible: [1, anna@firm.example]\n  fields: { title: '{{name}}' }\n";
    std::fs::write(folder.join("shop.yaml"), everything).unwrap();
    let settings = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("mappings.reload_every", "50ms"),
        ("mappings.live_check_every", "1d"),
        ("crm.edited.webhook", webhook.as_str()),
    ];
    let gateway = TestGateway::at(home, &settings).await;
    until_there_are(&gateway, "edited", "1").await;
    let asked = || {
        let calls = portal.transcript();
        let methods = calls.iter().map(|call| call.method.clone());
        // the test of the webhook at the start is not part of the check
        let looks = methods.filter(|method| !matches!(method.as_str(), "profile" | "scope"));
        looks.count()
    };
    assert!((1..=5).contains(&asked()), "{}", asked());
    std::fs::write(folder.join("shop.yaml"), PROFILE).unwrap();
    std::fs::write(
        folder.join("other.yaml"),
        PROFILE.replace("default: true", "polls: [7]"),
    )
    .unwrap();
    until_there_are(&gateway, "edited", "2").await;
}

#[actix_web::test]
async fn the_shipped_profiles_and_the_sandbox_agree() {
    leadgate::telemetry::metrics_handle();
    let gateway = TestGateway::with(&[("mappings.live_check_every", "1d")]).await;
    until_there_are(&gateway, "sandbox", "0").await;
}

/// A process that the webhook's owner may not see is one problem and hides no other.
#[actix_web::test]
async fn a_hidden_process_hides_nothing_else() {
    leadgate::telemetry::metrics_handle();
    let portal = portal();
    let hidden = json!({
        "code": "REFUSED", "error": "ACCESS_DENIED", "method": "crm.item.fields", "times": "always",
    });
    portal.inject(serde_json::from_value(hidden).unwrap());
    let (_, address) = switch_on(&portal, "127.0.0.1:0".parse().unwrap()).await;
    let item = "receive: { polls: [7] }\nfields: { name: $.data.name }\n\
                item: { type: 1036, fields: { title: '{{name}}' } }\n";
    let gateway = gateway(
        ("hidden", &portal, address),
        &[("shop.yaml", PROFILE), ("item.yaml", item)],
        &[("mappings.live_check_every", "1d")],
    )
    .await;
    until_there_are(&gateway, "hidden", "2").await;
}
