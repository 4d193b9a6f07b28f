//! Requests that cannot be read: refused as ever, and kept in quarantine with the reason.

use leadgate::domain::State;
use serde_json::json;

use crate::channels::gateway_with;
use crate::gateway::TestGateway;

const PROFILE: &str = "receive: { channel: [shop, quiet, guarded] }\nfields: { order: order }\n\
    deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";
const CHANNELS: &str = "quiet: { unreadable: drop }\n\
    guarded: { token: { field: key, secret: { file: secret.txt } } }\n";

async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    let files = [
        ("shop.yaml", PROFILE),
        ("_channels.yaml", CHANNELS),
        ("secret.txt", "s3cr3t"),
    ];
    gateway_with(&files, flags).await
}

#[actix_web::test]
async fn a_body_that_cannot_be_read_is_refused_and_kept_with_its_reason() {
    let gateway = gateway(&[]).await;
    let multipart = "multipart/form-data; boundary=B";
    let unfinished = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
    let bodies: [(&str, &[u8], u16); 6] = [
        ("application/json", b"{\"order\": ", 400),
        ("application/json", b"{\"order\": {,}}", 400),
        ("application/json", b"\"hello\"", 422),
        (multipart, unfinished.as_bytes(), 400),
        ("text/xml", b"<order>", 400),
        ("", b"\x1f\x8b\x08\x00", 415),
    ];
    for (kind, body, status) in bodies {
        for _ in 0..2 {
            let reply = gateway.post_in("/in/shop", kind, body.to_vec()).await;
            assert_eq!(reply.status, status, "{body:?} {reply:?}");
            assert_eq!(
                (&reply.body["status"], &reply.body["id"]),
                (&json!("error"), &json!(null))
            );
        }
    }
    // each once, however often it was sent
    assert_eq!(gateway.count(State::Captured).await, 6);
    let listed = gateway.command(&["journal", "--state", "captured", "--lang", "ru"], &[]);
    for reason in [
        "JSON обрывается",
        "обрывается в части № 1",
        "объект {…} или список […]",
    ] {
        assert!(listed.contains(reason), "{reason} is not in\n{listed}");
    }
    gateway.settle().await;
    assert_eq!(
        gateway.count(State::Captured).await,
        6,
        "no profile takes them"
    );
}

#[actix_web::test]
async fn a_channel_may_drop_them_and_limits_and_field_tokens_keep_none() {
    let gateway = gateway(&[]).await;
    for (channel, body) in [
        ("quiet", "{\"order\": ".to_owned()),
        ("guarded", "{\"key\": \"s3cr3t\", ".to_owned()),
        ("shop", "[".repeat(1000)),
        ("shop", format!("[{}]", vec!["0"; 200_000].join(","))),
        ("shop", "a=1&".repeat(20_000)),
        ("shop", " ".to_owned()),
    ] {
        let reply = gateway.post(&format!("/in/{channel}"), body).await;
        assert!(reply.status >= 400, "{reply:?}");
    }
    assert_eq!(gateway.count(State::Captured).await, 0);
}

#[actix_web::test]
async fn a_full_quarantine_changes_no_reply() {
    // a quarter of it is for requests that cannot be read
    let gateway = gateway(&[("channels.quarantine_most", "8")]).await;
    for number in 0..4 {
        let reply = gateway
            .post("/in/shop", format!("{{\"order\": {number}"))
            .await;
        assert_eq!(
            (reply.status, &reply.body["outcome"]),
            (400, &json!("unreadable"))
        );
    }
    assert_eq!(gateway.count(State::Captured).await, 2);
}

#[actix_web::test]
async fn a_person_is_erased_from_requests_that_cannot_be_read() {
    let gateway = gateway(&[]).await;
    let broken = "{\"a\":";
    for (path, kind, body) in [
        ("/in/shop?phone=%2B7+912+345-67-89", "", broken),
        ("/in/shop?phone=8+912+345-67-89", "application/json", broken),
        ("/in/shop", "", "{\"phone\":\"%2B7+912+345-67-89"),
        ("/in/shop", "text/xml", "<a>phone%2B7+912+345-67-89"),
    ] {
        let reply = gateway.post_in(path, kind, body).await;
        assert!(reply.status >= 400, "{path} {reply:?}");
    }
    let other = gateway.post_in("/in/shop?phone=%2B7+912+345-67-80", "", broken);
    assert_eq!(other.await.status, 400);
    assert_eq!(gateway.count(State::Captured).await, 5);
    gateway.command(&["erase", "--phone", "+79123456789", "--yes"], &[]);
    assert_eq!(gateway.count(State::Captured).await, 1);
    assert_eq!(gateway.count(State::Ignored).await, 4);
}

#[actix_web::test]
async fn the_secrets_of_the_channel_are_masked_in_kept_requests() {
    let files = [
        ("shop.yaml", PROFILE),
        (
            "_channels.yaml",
            "shop: { token: { header: X-Key, secret: { file: short.txt } } }\n",
        ),
        // too short to be masked wherever it occurs
        ("short.txt", "q#7z"),
    ];
    let gateway = gateway_with(&files, &[]).await;
    for body in [
        "{\"key\": \"q#7z\", \"a\": ",
        "<form>q%237z",
        "<form><key>q#7z</key>",
    ] {
        let request = gateway
            .posting("/in/shop", "text/xml", body)
            .header("X-Key", "q#7z");
        let reply = gateway.send(request).await;
        assert!([400, 415].contains(&reply.status), "{reply:?}");
    }
    assert_eq!(gateway.count(State::Captured).await, 3);
    let home = gateway.stop().await;
    let mut stored = Vec::new();
    for file in ["leadgate.db", "leadgate.db-wal"] {
        stored.extend(std::fs::read(home.path().join("data").join(file)).unwrap_or_default());
    }
    let stored = String::from_utf8_lossy(&stored);
    assert!(
        stored.contains("<key>***</key>"),
        "the bodies are in that file"
    );
    assert!(!stored.contains("q#7") && !stored.contains("q%237"));
}
