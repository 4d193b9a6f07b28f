//! Channels: senders that guess secrets or change addresses, and settings that are lost at run
//! time.

use crate::channels::{URLENCODED, gateway_with};
use crate::channels_guard::{PROFILE, SECRET, accepted, guarded, refused};
use crate::gateway::{Reply, TestGateway, now, until};

/// Starts a gateway behind a proxy that reports the senders' addresses.
async fn proxied(channels: &str, flags: &[(&str, &str)]) -> TestGateway {
    let files = [
        ("shop.yaml", PROFILE),
        ("_channels.yaml", channels),
        ("secret.txt", "s3cr3t\n"),
    ];
    let mut all = vec![("server.trusted_proxies", "127.0.0.1")];
    all.extend(flags);
    gateway_with(&files, &all).await
}

async fn post(gateway: &TestGateway, address: &str, key: &str) -> Reply {
    let request = gateway.posting("/in/shop", URLENCODED, "order=1");
    let request = request.header("X-Forwarded-For", address);
    gateway.send(request.header("X-Api-Key", key)).await
}

#[actix_web::test]
async fn an_ipv6_network_and_a_mapped_ipv4_address_are_one_sender() {
    let gateway = proxied("shop: { rate_per_address: 2/h }\n", &[]).await;
    accepted(&post(&gateway, "2001:db8:1:2::1", "").await);
    accepted(&post(&gateway, "2001:db8:1:2:a:b:c:d", "").await);
    refused(
        &post(&gateway, "2001:db8:1:2::3", "").await,
        429,
        "too-much",
    );
    accepted(&post(&gateway, "2001:db8:1:3::1", "").await);
    accepted(&post(&gateway, "::ffff:203.0.113.7", "").await);
    accepted(&post(&gateway, "203.0.113.7", "").await);
    refused(
        &post(&gateway, "::ffff:cb00:7107", "").await,
        429,
        "too-much",
    );
    accepted(&post(&gateway, "203.0.113.8", "").await);
}

#[actix_web::test]
async fn wrong_secrets_are_limited_by_default() {
    let channels = format!("shop: {{ token: {{ header: X-Api-Key, {SECRET} }} }}\n");
    let gateway = proxied(&channels, &[]).await;
    accepted(&post(&gateway, "203.0.113.9", "s3cr3t").await);
    for _ in 0..20 {
        refused(
            &post(&gateway, "203.0.113.7", "guess").await,
            401,
            "unauthorized",
        );
    }
    let reply = post(&gateway, "203.0.113.7", "guess").await;
    refused(&reply, 429, "too-much");
    assert!(reply.retry_after.is_some());
    refused(
        &post(&gateway, "203.0.113.7", "s3cr3t").await,
        429,
        "too-much",
    );
    // right secrets and other addresses are not limited
    for _ in 0..30 {
        accepted(&post(&gateway, "203.0.113.8", "s3cr3t").await);
    }
    // an address that sent the right one may continue while wrong ones come from it
    for _ in 0..20 {
        refused(
            &post(&gateway, "203.0.113.9", "guess").await,
            401,
            "unauthorized",
        );
    }
    refused(
        &post(&gateway, "203.0.113.9", "guess").await,
        429,
        "too-much",
    );
    accepted(&post(&gateway, "203.0.113.9", "s3cr3t").await);
}

#[actix_web::test]
async fn settings_change_the_limit_of_wrong_secrets_and_the_time_of_trust() {
    let channels = format!("shop: {{ token: {{ header: X-Api-Key, {SECRET} }} }}\n");
    let off = proxied(&channels, &[("channels.wrong_secrets", "0")]).await;
    for _ in 0..40 {
        refused(
            &post(&off, "203.0.113.7", "guess").await,
            401,
            "unauthorized",
        );
    }
    let flags = [
        ("channels.wrong_secrets", "2"),
        ("channels.trusted_for", "0s"),
    ];
    let strict = proxied(&channels, &flags).await;
    accepted(&post(&strict, "203.0.113.7", "s3cr3t").await);
    for _ in 0..2 {
        refused(
            &post(&strict, "203.0.113.7", "guess").await,
            401,
            "unauthorized",
        );
    }
    refused(
        &post(&strict, "203.0.113.7", "s3cr3t").await,
        429,
        "too-much",
    );
}

#[actix_web::test]
async fn a_channel_stays_guarded_when_its_settings_are_lost_and_after_a_restart() {
    let channels = format!("shop: {{ token: {{ header: X-Api-Key, {SECRET} }} }}\n");
    let gateway = guarded(&channels).await;
    let file = gateway.home.path().join("mappings/_channels.yaml");
    let unrelated = gateway.home.path().join("mappings/unrelated.yaml");
    let kept = async |gateway: &TestGateway| {
        // all gateways of this process share the metrics; each load of its files writes them anew
        let text = format!("# {}\n", now().as_nanosecond());
        std::fs::write(&unrelated, text).unwrap();
        let metrics = gateway
            .http()
            .get(gateway.url("/metrics"))
            .send()
            .await
            .unwrap();
        metrics
            .text()
            .await
            .unwrap()
            .contains("leadgate_channels_guard_kept 1")
    };
    for (lost, also) in [("", "deleted"), ("other: {}\n", ""), ("shop:\n", "")] {
        std::fs::write(&file, &channels).unwrap();
        let is_told = async || !kept(&gateway).await;
        until("the settings are back", is_told).await;
        std::fs::write(&file, lost).unwrap();
        if also == "deleted" {
            std::fs::remove_file(&file).unwrap();
        }
        until("the loss is noticed", async || kept(&gateway).await).await;
        let reply = gateway.post_in("/in/shop", "", "order=1").await;
        refused(&reply, 401, "unauthorized");
        accepted(&post(&gateway, "", "s3cr3t").await);
    }
    let home = gateway.stop().await;
    let folder = home.path().join("mappings").display().to_string();
    let flags = [
        ("mappings.dir", folder.as_str()),
        ("mappings.reload_every", "50ms"),
    ];
    let gateway = TestGateway::at(home, &flags).await;
    let reply = gateway.post_in("/in/shop", "", "order=1").await;
    refused(&reply, 401, "unauthorized");
    accepted(&post(&gateway, "", "s3cr3t").await);
    std::fs::write(&file, "shop: { guard: none }\n").unwrap();
    let is_open = async || gateway.post_in("/in/shop", "", "order=1").await.status == 200;
    until("the file opens the channel", is_open).await;
}
