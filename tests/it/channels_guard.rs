//! Channels: who may send, by the settings of `_channels.yaml`.

use reqwest::Method;
use serde_json::json;

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{Reply, TestGateway};

pub(crate) const PROFILE: &str = "receive: { channel: [shop, other] }\nfields: { order: order }\n\
    deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";

pub(crate) async fn guarded(channels: &str) -> TestGateway {
    gateway_with(
        &[
            ("shop.yaml", PROFILE),
            ("_channels.yaml", channels),
            ("secret.txt", "s3cr3t\n"),
        ],
        &[],
    )
    .await
}

pub(crate) const SECRET: &str = "secret: { file: secret.txt }";

pub(crate) fn refused(reply: &Reply, status: u16, outcome: &str) {
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (status, &json!(outcome)),
        "{reply:?}"
    );
    assert_eq!(reply.body["status"], "error");
    assert!(!reply.body["message"].as_str().unwrap().is_empty());
}

pub(crate) fn accepted(reply: &Reply) {
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (200, &json!("accepted")),
        "{reply:?}"
    );
}

#[actix_web::test]
async fn a_token_is_required_and_removed_from_the_packet() {
    for (place, good, wrong) in [
        ("header: X-Api-Key", "header", "header-wrong"),
        ("query: token", "query", "query-wrong"),
        ("bearer: true", "bearer", "bearer-wrong"),
        ("field: api_key", "field", "field-wrong"),
    ] {
        let gateway = guarded(&format!("shop: {{ token: {{ {place}, {SECRET} }} }}\n")).await;
        let ask = |how: &str| {
            let token = if how.ends_with("wrong") {
                "other"
            } else {
                "s3cr3t"
            };
            let (address, field) = match how.split('-').next().unwrap() {
                "query" => (format!("/in/shop?token={token}&order=7"), String::new()),
                "field" => ("/in/shop".to_owned(), format!("&api_key={token}")),
                _ => ("/in/shop".to_owned(), String::new()),
            };
            let request = gateway.posting(&address, URLENCODED, format!("order=7{field}"));
            let request = match how.split('-').next().unwrap() {
                "header" => request.header("X-Api-Key", token),
                "bearer" => request.header("Authorization", format!("bearer {token}")),
                _ => request,
            };
            gateway.send(request)
        };
        refused(&ask("none").await, 401, "unauthorized");
        refused(&ask(wrong).await, 401, "unauthorized");
        accepted(&ask(good).await);
        gateway.settle().await;
        let home = gateway.stop().await;
        let store = home.path().join("data/leadgate.db");
        let text = String::from_utf8_lossy(&std::fs::read(&store).unwrap()).into_owned();
        let log = std::fs::read(home.path().join("data/leadgate.db-wal")).unwrap_or_default();
        let text = text + &String::from_utf8_lossy(&log);
        // the field stays in the stored bytes; profiles and comments do not see it
        assert_eq!(text.contains("s3cr3t"), good == "field", "{place}");
    }
}

#[actix_web::test]
async fn a_token_in_a_field_never_gets_into_a_comment() {
    let profile = format!("{PROFILE}comment: full\n");
    let channels = format!("shop: {{ token: {{ field: key, {SECRET} }} }}\n");
    let files = [
        ("shop.yaml", profile.as_str()),
        ("_channels.yaml", &channels),
        ("secret.txt", "s3cr3t"),
    ];
    let gateway = gateway_with(&files, &[]).await;
    accepted(&gateway.post_in("/in/shop", "", "order=7&key=s3cr3t").await);
    gateway.settle().await;
    let comment = gateway.comments("deal", "1").remove(0);
    assert!(
        comment.contains("order: 7") && !comment.contains("s3cr3t"),
        "{comment}"
    );
}

#[actix_web::test]
async fn a_password_and_a_signature_are_checked() {
    let gateway = guarded(&format!(
        "shop: {{ basic: {{ user: shop, {SECRET} }} }}\n\
         other: {{ hmac: {{ header: X-Sign, prefix: \"sha256=\", {SECRET} }} }}\n"
    ))
    .await;
    let basic = |user: &str, password: &str| {
        let request = gateway
            .posting("/in/shop", "", "order=1")
            .basic_auth(user, Some(password));
        gateway.send(request)
    };
    accepted(&basic("shop", "s3cr3t").await);
    refused(&basic("shop", "s3cr3").await, 401, "unauthorized");
    refused(&basic("Shop", "s3cr3t").await, 401, "unauthorized");
    refused(
        &gateway.post_in("/in/shop", "", "order=1").await,
        401,
        "unauthorized",
    );

    let sign = "b0a0a2f4b4d5e0a0";
    let signed = |sign: String, body: &'static str| {
        gateway.send(
            gateway
                .posting("/in/other", "", body)
                .header("X-Sign", sign),
        )
    };
    refused(
        &signed(format!("sha256={sign}"), "order=1").await,
        401,
        "unauthorized",
    );
    let right = hmac_sha256("s3cr3t", "order=1");
    accepted(&signed(format!("sha256={right}"), "order=1").await);
    accepted(&signed(format!("sha256={}", right.to_uppercase()), "order=1").await);
    refused(&signed(right.clone(), "order=1").await, 401, "unauthorized");
    refused(
        &signed(format!("sha256={right}"), "order=2").await,
        401,
        "unauthorized",
    );
    refused(
        &signed("sha256=".to_owned(), "order=1").await,
        401,
        "unauthorized",
    );
    refused(
        &gateway.post_in("/in/other", "", "order=1").await,
        401,
        "unauthorized",
    );
}

/// HMAC written independently of the gateway: RFC 2104 over the library's hash.
pub(crate) fn hmac_sha256(key: &str, text: &str) -> String {
    use aws_lc_rs::digest::{SHA256, digest};
    let pad = |with: u8| {
        let mut block = [with; 64];
        block
            .iter_mut()
            .zip(key.bytes())
            .for_each(|(byte, key)| *byte = with ^ key);
        block.to_vec()
    };
    let inner = digest(&SHA256, &[pad(0x36), text.into()].concat());
    let outer = digest(&SHA256, &[pad(0x5c), inner.as_ref().to_vec()].concat());
    data_encoding::HEXLOWER.encode(outer.as_ref())
}

#[actix_web::test]
async fn a_channel_without_its_secret_refuses_everybody() {
    let gateway =
        guarded("shop: { token: { header: X-A, secret: { env: LEADGATE_NO_SUCH_SECRET } } }\n")
            .await;
    let request = gateway.posting("/in/shop", "", "order=1").header("X-A", "");
    refused(&gateway.send(request).await, 503, "broken-settings");
    accepted(&gateway.post_in("/in/other", "", "order=1").await);
}

#[actix_web::test]
async fn unreadable_settings_open_no_channel_and_a_broken_edit_changes_nothing() {
    let gateway = guarded("shop: { token: { header: X-A, secret: s3cr3t } }\n").await;
    refused(
        &gateway.post_in("/in/shop", "", "order=1").await,
        503,
        "broken-settings",
    );
    let file = gateway.home.path().join("mappings/_channels.yaml");
    let until = async |status: u16| {
        let read = async || gateway.post_in("/in/shop", "", "order=1").await.status == status;
        crate::gateway::until("the settings are read again", read).await;
    };
    std::fs::write(
        &file,
        format!("shop: {{ token: {{ header: X-A, {SECRET} }} }}\n"),
    )
    .unwrap();
    until(401).await;
    std::fs::write(&file, "shop: { methods: [GET, PSOT], token: { ").unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    refused(
        &gateway.post_in("/in/shop", "", "order=1").await,
        401,
        "unauthorized",
    );
    std::fs::write(&file, "shop: { guard: none }\n").unwrap();
    until(200).await;
}

#[actix_web::test]
async fn only_listed_addresses_and_methods_are_accepted() {
    let gateway = guarded(
        "shop: { addresses: [203.0.113.0/24] }\nother: { addresses: [127.0.0.1], methods: [PUT] }\n",
    )
    .await;
    refused(
        &gateway.post_in("/in/shop", "", "order=1").await,
        403,
        "address",
    );
    refused(
        &gateway.post_in("/in/other", "", "order=1").await,
        405,
        "method",
    );
    let put = gateway
        .http()
        .request(Method::PUT, gateway.url("/in/other"))
        .body("order=1");
    accepted(&gateway.send(put).await);
    let delete = gateway.http().delete(gateway.url("/in/other"));
    let response = delete.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["allow"]),
        (405, &"PUT".parse().unwrap())
    );
}

#[actix_web::test]
async fn requests_beyond_the_rate_get_429_with_the_time_to_wait() {
    let gateway = guarded("shop: { rate: 3/h }\nother: { rate_per_address: 2/h }\n").await;
    for _ in 0..3 {
        accepted(&gateway.post_in("/in/shop", "", "order=1").await);
    }
    let reply = gateway.post_in("/in/shop", "", "order=1").await;
    refused(&reply, 429, "too-much");
    assert!(reply.retry_after.unwrap().parse::<u64>().unwrap() > 60);
    for _ in 0..2 {
        accepted(&gateway.post_in("/in/other", "", "order=1").await);
    }
    refused(
        &gateway.post_in("/in/other", "", "order=1").await,
        429,
        "too-much",
    );
}

/// Sends a form with this key in a header.
async fn post(gateway: &TestGateway, (key, body): (&str, &'static str)) -> Reply {
    let request = gateway.http().post(gateway.url("/in/shop")).body(body);
    let request = request.header("Content-Type", "application/x-www-form-urlencoded");
    gateway.send(request.header("X-Api-Key", key)).await
}

#[actix_web::test]
async fn wrong_tokens_are_limited_and_do_not_use_up_the_rate() {
    let guards = "token: { TOKEN, secret: { file: secret.txt } }, rate: 9/h, rate_per_address: 3/h";
    for (token, right, wrong) in [
        (
            "header: X-Api-Key",
            ("s3cr3t", "order=1"),
            ("wrong", "order=1"),
        ),
        (
            "field: key",
            ("", "order=1&key=s3cr3t"),
            ("", "order=1&key=wrong"),
        ),
    ] {
        let channels = format!("shop: {{ {} }}\n", guards.replace("TOKEN", token));
        // an address with the right secret is not locked out by a mistyped form
        let gateway = guarded(&channels).await;
        accepted(&post(&gateway, right).await);
        for _ in 0..3 {
            refused(&post(&gateway, wrong).await, 401, "unauthorized");
        }
        refused(&post(&gateway, wrong).await, 429, "too-much");
        for _ in 0..2 {
            accepted(&post(&gateway, right).await);
        }
        refused(&post(&gateway, right).await, 429, "too-much");

        // a guessing sender has to wait, even if a guess is right
        let gateway = guarded(&channels).await;
        for _ in 0..3 {
            refused(&post(&gateway, wrong).await, 401, "unauthorized");
        }
        refused(&post(&gateway, wrong).await, 429, "too-much");
        refused(&post(&gateway, right).await, 429, "too-much");
    }
}

#[actix_web::test]
async fn pages_of_listed_origins_may_send_and_read_the_reply() {
    let gateway = guarded(
        "shop: { cors: [https://shop.example], token: { header: X-Api-Key, secret: { file: secret.txt } } }\n\
         other: { cors: \"*\" }\n",
    )
    .await;
    let preflight = |channel: &str, origin: &'static str| {
        let request = gateway
            .http()
            .request(Method::OPTIONS, gateway.url(&format!("/in/{channel}")));
        request
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .send()
    };
    let yes = preflight("shop", "https://shop.example").await.unwrap();
    assert_eq!(yes.status(), 204);
    let header = |name: &str| yes.headers().get(name).unwrap().to_str().unwrap();
    assert_eq!(
        header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_eq!(header("access-control-allow-methods"), "GET, POST");
    assert!(header("access-control-allow-headers").contains("x-api-key"));
    let no = preflight("shop", "https://evil.example").await.unwrap();
    assert_eq!(no.status(), 403);
    assert!(no.headers().get("access-control-allow-origin").is_none());
    let any = preflight("other", "https://evil.example").await.unwrap();
    assert_eq!(any.headers()["access-control-allow-origin"], "*");
    // the page can read every reply, also a refusal
    let post = gateway
        .posting("/in/shop", "", "order=1")
        .header("Origin", "https://shop.example");
    let answer = post.send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://shop.example"
    );
    assert_eq!(answer.headers()["vary"], "Origin");
}

#[actix_web::test]
async fn a_header_of_the_reply_that_allows_pages_answers_the_preflight() {
    let reply =
        |headers: &str| format!("{{ reply: {{ accepted: {{ headers: {{ {headers} }} }} }} }}");
    let channels = [
        ("shop", "Access-Control-Allow-Origin: \"*\""),
        (
            "other",
            "access-control-allow-origin: ' * ', Access-Control-Allow-Headers: x-own, Access-Control-Max-Age: \"5\"",
        ),
        (
            "one",
            "Access-Control-Allow-Origin: \"https://shop.example\"",
        ),
        ("none", "X-From: leadgate"),
    ];
    let text: Vec<String> = channels
        .iter()
        .map(|(name, headers)| format!("{name}: {}\n", reply(headers)))
        .collect();
    let gateway = guarded(&text.concat()).await;
    let preflight = |channel: &str, origin: &'static str| {
        let address = gateway.url(&format!("/in/{channel}"));
        let request = gateway.http().request(Method::OPTIONS, address);
        request
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "content-type, X-Requested-With",
            )
            .send()
    };
    let any = preflight("shop", "https://any.example").await.unwrap();
    assert_eq!(any.status(), 204);
    assert_eq!(any.headers()["access-control-allow-origin"], "*");
    assert_eq!(any.headers()["access-control-allow-methods"], "GET, POST");
    let names = any.headers()["access-control-allow-headers"]
        .to_str()
        .unwrap();
    assert!(
        names.contains("content-type") && names.contains("x-requested-with"),
        "{names}"
    );
    let own = preflight("other", "null").await.unwrap();
    assert_eq!(
        (
            own.status().as_u16(),
            &own.headers()["access-control-allow-headers"]
        ),
        (204, &"x-own".parse().unwrap())
    );
    assert_eq!(own.headers()["access-control-max-age"], "5");
    let one = preflight("one", "https://shop.example").await.unwrap();
    assert_eq!(
        one.headers()["access-control-allow-origin"],
        "https://shop.example"
    );
    for (channel, origin) in [
        ("one", "https://evil.example"),
        ("none", "https://shop.example"),
    ] {
        let no = preflight(channel, origin).await.unwrap();
        assert_eq!(no.status(), 403);
        assert!(no.headers().get("access-control-allow-origin").is_none());
    }
    // the page can read a refusal, too
    let post = gateway
        .posting("/in/shop", "application/json", "{")
        .header("Origin", "https://any.example");
    let refused = post.send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
}
