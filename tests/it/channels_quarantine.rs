//! Requests to a channel that no profile takes: kept within limits, listed in the journal,
//! delivered as soon as a profile takes them.

use leadgate::domain::State;
use serde_json::json;

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};

const PROFILE: &str = "receive: { channel: late, when: $.order }\nfields: { order: order }\n\
    deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";
const OTHER: &str = "receive: { polls: [1] }\ndeal: { fields: { TITLE: x } }\n";

async fn until_delivered(gateway: &TestGateway, wanted: u64) {
    let there = async || gateway.count(State::Delivered).await == wanted;
    until("it is delivered", there).await;
}

#[actix_web::test]
async fn captured_requests_are_delivered_once_a_profile_takes_them() {
    let gateway = gateway_with(&[("other.yaml", OTHER)], &[]).await;
    for address in [
        "/in/late?order=%CC%E0%F0%E8%FF",
        "/in/late?order=2",
        "/in/late?nothing=3",
        "/in/never?order=4",
    ] {
        let reply = gateway.get_in(address).await;
        assert_eq!(
            (reply.status, &reply.body["outcome"]),
            (202, &json!("captured")),
            "{reply:?}"
        );
        assert_eq!(reply.body["id"].as_str().unwrap().len(), 32);
    }
    assert_eq!(gateway.count(State::Captured).await, 4);
    std::fs::write(gateway.home.path().join("mappings/late.yaml"), PROFILE).unwrap();
    until_delivered(&gateway, 2).await;
    // the order in which two batches end is not defined
    let mut titles: Vec<_> = gateway
        .deals()
        .iter()
        .map(|deal| deal["TITLE"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    assert_eq!(titles, ["2", "Мария"]);
    assert_eq!(
        gateway.count(State::Captured).await,
        2,
        "what the profile does not want stays"
    );
}

#[actix_web::test]
async fn captured_requests_are_delivered_at_the_next_start() {
    let gateway = gateway_with(&[("other.yaml", OTHER)], &[]).await;
    assert_eq!(gateway.get_in("/in/late?order=1").await.status, 202);
    let home = gateway.stop().await;
    let folder = home.path().join("mappings");
    std::fs::write(folder.join("late.yaml"), PROFILE).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    until_delivered(&gateway, 1).await;
}

#[actix_web::test]
async fn the_quarantine_is_limited_in_number_and_bytes() {
    let flags = [
        ("channels.quarantine_most", "3"),
        ("channels.quarantine_bytes", "2KB"),
    ];
    let gateway = gateway_with(&[("other.yaml", OTHER)], &flags).await;
    let long = gateway
        .post_in("/in/a", "", format!("x={}", "y".repeat(3000)))
        .await;
    assert_eq!(
        (long.status, &long.body["outcome"]),
        (503, &json!("quarantine-full"))
    );
    for number in 0..3 {
        assert_eq!(
            gateway.get_in(&format!("/in/a{number}?x=1")).await.status,
            202
        );
    }
    let reply = gateway.get_in("/in/b?x=1").await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (503, &json!("quarantine-full"))
    );
    assert_eq!(reply.retry_after.as_deref(), Some("5"));
    assert_eq!(gateway.count(State::Captured).await, 3);
}

#[actix_web::test]
async fn unknown_channels_can_be_refused_instead() {
    let gateway = gateway_with(&[("late.yaml", PROFILE)], &[("channels.unknown", "refuse")]).await;
    let reply = gateway.get_in("/in/strange?x=1").await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (404, &json!("unknown-channel"))
    );
    assert_eq!(gateway.get_in("/in/late?order=1").await.status, 200);
    assert_eq!(
        gateway.get_in("/in/late?x=1").await.status,
        404,
        "nobody wants it"
    );
    gateway.settle().await;
    assert_eq!(gateway.count(State::Captured).await, 0);
}

#[actix_web::test]
async fn a_captured_repeat_with_the_senders_key_is_kept_once() {
    let gateway = gateway_with(&[("other.yaml", OTHER)], &[]).await;
    for _ in 0..3 {
        let request = gateway
            .posting("/in/late", "", "order=1")
            .header("Idempotency-Key", "k");
        assert_eq!(gateway.send(request).await.body["outcome"], "captured");
    }
    assert_eq!(gateway.count(State::Captured).await, 1);
}
