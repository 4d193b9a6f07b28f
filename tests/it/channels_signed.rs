//! Channels with `hmac`: parts of a request that are not signed do not count.

use leadgate::domain::State;
use reqwest::RequestBuilder;

use crate::channels::{URLENCODED, gateway_with};
use crate::channels_guard::{SECRET, accepted, guarded, hmac_sha256, refused};
use crate::gateway::{Reply, TestGateway, now};

/// The comment with the whole packet shows everything that was accepted.
const PROFILE: &str = "receive: { channel: shop }\nfields: { order: order }\n\
    deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\ncomment: full\n";

async fn signed(hmac: &str) -> TestGateway {
    let channels = format!("shop: {{ hmac: {{ header: X-Sign, {hmac}{SECRET} }} }}\n");
    let files = [
        ("shop.yaml", PROFILE),
        ("_channels.yaml", channels.as_str()),
        ("secret.txt", "s3cr3t"),
    ];
    gateway_with(&files, &[]).await
}

fn bearing(request: RequestBuilder, signature: &str) -> RequestBuilder {
    request.header("X-Sign", signature)
}

async fn comment(gateway: &TestGateway) -> String {
    gateway.settle().await;
    gateway.comments("deal", "1").remove(0)
}

#[actix_web::test]
async fn a_query_beside_a_signed_body_is_dropped() {
    for body in ["order=7", r#"{"order": 7}"#] {
        let gateway = signed("").await;
        let address = "/in/shop?email=evil@mail.example&order=666&_value=1";
        let request = gateway.posting(address, URLENCODED, body);
        accepted(
            &gateway
                .send(bearing(request, &hmac_sha256("s3cr3t", body)))
                .await,
        );
        let comment = comment(&gateway).await;
        assert!(
            comment.contains('7') && !comment.contains("evil") && !comment.contains("666"),
            "{comment}"
        );
        // not even in the bytes stored for a replay
        let home = gateway.stop().await;
        let mut kept = std::fs::read(home.path().join("data/leadgate.db")).unwrap();
        kept.extend(std::fs::read(home.path().join("data/leadgate.db-wal")).unwrap_or_default());
        assert!(!String::from_utf8_lossy(&kept).contains("evil"));
    }
}

#[actix_web::test]
async fn without_a_body_the_query_is_signed() {
    let gateway = signed("").await;
    let get = async |query: &str, signature: &str| {
        let request = gateway
            .http()
            .get(gateway.url(&format!("/in/shop?{query}")));
        gateway.send(bearing(request, signature)).await
    };
    let right = hmac_sha256("s3cr3t", "order=7");
    accepted(&get("order=7", &right).await);
    refused(
        &get("order=7&email=evil", &right).await,
        401,
        "unauthorized",
    );
    refused(&get("order=8", &right).await, 401, "unauthorized");
    // blanks are not a body: the query is signed
    let request = gateway.posting("/in/shop?order=9", URLENCODED, "  \r\n");
    let reply = gateway
        .send(bearing(request, &hmac_sha256("s3cr3t", "  \r\n")))
        .await;
    refused(&reply, 401, "unauthorized");
    let request = gateway.http().post(gateway.url("/in/shop"));
    let reply = gateway
        .send(bearing(request, &hmac_sha256("s3cr3t", "")))
        .await;
    refused(&reply, 400, "empty");
    // a body of a GET counts like any other body
    let request = gateway
        .http()
        .get(gateway.url("/in/shop?email=evil"))
        .body("order=7");
    accepted(&gateway.send(bearing(request, &right)).await);
}

/// The header is not signed, so it must not choose how the signed bytes are read.
#[actix_web::test]
async fn a_content_type_does_not_change_the_meaning_of_a_signed_body() {
    let text = "order=7\r\n--evil\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nevil@mail.example\r\n--evil--\r\n";
    let gateway = signed("").await;
    let request = gateway.posting("/in/shop", "multipart/form-data; boundary=evil", text);
    gateway
        .send(bearing(request, &hmac_sha256("s3cr3t", text)))
        .await;
    gateway.settle().await;
    for deal in gateway.deals() {
        let id = deal["ID"].as_str().unwrap();
        let comment = gateway.comments("deal", id).remove(0);
        assert!(!comment.contains("email: evil"), "{comment}");
    }
    let form = "--b\r\nContent-Disposition: form-data; name=\"order\"\r\n\r\n8\r\n--b--\r\n";
    let request = gateway.posting("/in/shop", "text/plain", form);
    accepted(
        &gateway
            .send(bearing(request, &hmac_sha256("s3cr3t", form)))
            .await,
    );
}

#[actix_web::test]
async fn two_signature_headers_are_refused() {
    let gateway = guarded(&format!(
        "shop: {{ hmac: {{ header: X-Sign, {SECRET} }} }}\nother: {{ name: Other }}\n"
    ))
    .await;
    let right = hmac_sha256("s3cr3t", "order=1");
    let request = gateway.posting("/in/shop", "", "order=1");
    let reply = gateway
        .send(bearing(bearing(request, &right), "other"))
        .await;
    refused(&reply, 401, "unauthorized");
    let request = gateway.posting("/in/other", "", "order=1");
    let request = request
        .header("Idempotency-Key", "a")
        .header("Idempotency-Key", "b");
    refused(&gateway.send(request).await, 400, "idempotency-key");
}

async fn timed(gateway: &TestGateway, at: &str, signature: &str, key: &str) -> Reply {
    let request = gateway.posting("/in/shop?order=666", "", "order=7");
    let request = bearing(request, signature).header("X-Time", at);
    let request = match key {
        "" => request,
        key => request.header("Idempotency-Key", key),
    };
    gateway.send(request).await
}

#[actix_web::test]
async fn old_time_stamps_are_refused_and_a_replay_is_the_same_submission() {
    let gateway = signed("timestamp: { header: X-Time, window: 5m }, ").await;
    let sign = |at: &str| hmac_sha256("s3cr3t", &format!("{at}.order=7"));
    let second = now().as_second();
    let at = second.to_string();
    accepted(&timed(&gateway, &at, &sign(&at), "").await);
    // sent again as it was, or with an unsigned key or in other letters: the same submission
    let upper = sign(&at).to_uppercase();
    for (signature, key) in [(sign(&at), ""), (sign(&at), "other-key"), (upper, "")] {
        let reply = timed(&gateway, &at, &signature, key).await;
        assert_eq!(
            (reply.status, &reply.body["outcome"]),
            (200, &"repeated".into()),
            "{reply:?}"
        );
    }
    let later = (second + 1).to_string();
    refused(
        &timed(&gateway, &later, &sign(&at), "").await,
        401,
        "unauthorized",
    );
    accepted(&timed(&gateway, &later, &sign(&later), "").await);
    let in_milliseconds = now().as_millisecond().to_string();
    accepted(&timed(&gateway, &in_milliseconds, &sign(&in_milliseconds), "").await);
    for wrong in [second - 600, second + 600, 0, second * 1_000 - 600_000] {
        let wrong = wrong.to_string();
        refused(
            &timed(&gateway, &wrong, &sign(&wrong), "").await,
            401,
            "unauthorized",
        );
    }
    for wrong in ["", "now", "-1", "1e9"] {
        refused(
            &timed(&gateway, wrong, &sign(wrong), "").await,
            401,
            "unauthorized",
        );
    }
    // a signature over the body alone is not enough any more
    let bare = hmac_sha256("s3cr3t", "order=7");
    refused(&timed(&gateway, &at, &bare, "").await, 401, "unauthorized");
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 3);
}

#[actix_web::test]
async fn the_signature_header_may_hold_a_time_stamp_and_two_signatures() {
    let gateway = signed("prefix: \"v1=\", timestamp: { parameter: t }, ").await;
    let at = now().as_second().to_string();
    let right = hmac_sha256("s3cr3t", &format!("{at}.order=7"));
    let other = hmac_sha256("old", &format!("{at}.order=7"));
    let send = async |header: String| {
        let request = gateway.posting("/in/shop", "", "order=7");
        gateway.send(bearing(request, &header)).await
    };
    accepted(&send(format!("t={at},v1={other},v1={right}")).await);
    for wrong in [
        format!("t={at},v1={other}"),
        format!("t={at},v0={right}"),
        format!("v1={right}"),
        format!("t={at},t=1,v1={right}"),
        format!("t={at}"),
    ] {
        refused(&send(wrong).await, 401, "unauthorized");
    }
}
