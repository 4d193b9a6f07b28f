//! `once_per`: an equal request of the same sender within the window is the same submission.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use leadgate::domain::State;
use serde_json::json;

use crate::channels::{URLENCODED, gateway_with};
use crate::gateway::{TestGateway, until};

const PROFILE: &str = "receive: { channel: [shop, brief, plain, many] }\nfields: { name: { from: name, missing: reject } }\n\
    deal: { found: always_create, fields: { TITLE: \"{{name}}\" } }\n";
const CHANNELS: &str =
    "shop: { once_per: 1h }\nbrief: { once_per: 1s }\nmany: { once_per: 1h, each: \"$[*]\" }\n";

async fn gateway() -> TestGateway {
    let flags = [("server.trusted_proxies", "127.0.0.1/32")];
    gateway_with(
        &[("shop.yaml", PROFILE), ("_channels.yaml", CHANNELS)],
        &flags,
    )
    .await
}

async fn id(gateway: &TestGateway, channel: &str, body: &str, from: &str) -> String {
    let request = gateway
        .posting(&format!("/in/{channel}"), URLENCODED, body.to_owned())
        .header("X-Forwarded-For", from.to_owned());
    let reply = gateway.send(request).await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (200, &json!("accepted")),
        "{reply:?}"
    );
    reply.body["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_double_click_is_one_submission_and_gets_the_first_reply() {
    let gateway = gateway().await;
    let (one, other) = ("203.0.113.7", "203.0.113.8");
    let first = id(&gateway, "shop", "name=Anna", one).await;
    assert_eq!(id(&gateway, "shop", "name=Anna", one).await, first);
    let both = [
        id(&gateway, "shop", "name=Anna", one),
        id(&gateway, "shop", "name=Anna", one),
    ];
    assert!(join_all(both).await.iter().all(|id| *id == first));
    // another body, another sender, another channel, and a channel without the setting
    let mut others = BTreeSet::from([first.clone()]);
    for (channel, body, from) in [
        ("shop", "name=Anna+", one),
        ("shop", "name=Eva", one),
        ("shop", "name=Anna", other),
        ("brief", "name=Anna", one),
        ("plain", "name=Anna", one),
        ("plain", "name=Anna", one),
    ] {
        others.insert(id(&gateway, channel, body, from).await);
    }
    assert_eq!(others.len(), 7);
    // it holds over a restart
    let home = gateway.stop().await;
    let folder = home.path().join("mappings");
    let flags = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("server.trusted_proxies", "127.0.0.1/32"),
    ];
    let gateway = TestGateway::at(home, &flags).await;
    assert_eq!(id(&gateway, "shop", "name=Anna", one).await, first);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 7);
}

#[actix_web::test]
async fn people_behind_one_address_are_told_apart_by_their_headers() {
    let gateway = gateway().await;
    let send = async |headers: &[(&str, &str)]| {
        let mut request = gateway.posting("/in/shop", URLENCODED, "name=Anna");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        gateway.send(request).await.body["id"].to_string()
    };
    let mut ids = BTreeSet::new();
    let all: [&[(&str, &str)]; 5] = [
        &[],
        &[("User-Agent", "Phone")],
        &[("Referer", "Phone")],
        &[("Accept-Language", "Phone")],
        &[("User-Agent", "Phone"), ("Accept-Language", "ru")],
    ];
    for headers in all {
        let first = send(headers).await;
        assert_eq!(send(headers).await, first, "{headers:?}");
        ids.insert(first);
    }
    assert_eq!(ids.len(), all.len());
}

#[actix_web::test]
async fn equal_requests_at_the_same_time_are_one_submission() {
    let gateway = gateway().await;
    let all = (0..20).map(|_| id(&gateway, "shop", "name=Anna", "203.0.113.7"));
    let ids: BTreeSet<String> = join_all(all).await.into_iter().collect();
    assert_eq!(ids.len(), 1);
}

#[actix_web::test]
async fn after_the_window_an_equal_request_is_a_new_submission() {
    let gateway = gateway().await;
    let first = id(&gateway, "brief", "name=Anna", "203.0.113.7").await;
    let is_new = async || id(&gateway, "brief", "name=Anna", "203.0.113.7").await != first;
    until("the window ends", is_new).await;
}

#[actix_web::test]
async fn boundaries_do_not_count_and_files_keys_and_refusals_do() {
    let gateway = gateway().await;
    let form = |boundary: &str, file: &str| {
        let kind = format!("multipart/form-data; boundary={boundary}");
        let body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAnna\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"cv\"; filename=\"a.txt\"\r\n\r\n{file}\r\n--{boundary}--"
        );
        gateway.posting("/in/shop", &kind, body)
    };
    let one = gateway.send(form("A", "x")).await.body["id"].clone();
    assert_eq!(gateway.send(form("B", "x")).await.body["id"], one);
    assert_ne!(gateway.send(form("A", "y")).await.body["id"], one);
    // the sender's own key comes first
    for (key, outcome) in [("k1", "accepted"), ("k2", "accepted"), ("k2", "repeated")] {
        let request = form("A", "x").header("Idempotency-Key", key);
        assert_eq!(
            gateway.send(request).await.body["outcome"],
            outcome,
            "{key}"
        );
    }
    // a refused one is refused again, under one id
    let refused = [
        gateway.post_in("/in/shop", URLENCODED, "x=1").await,
        gateway.post_in("/in/shop", URLENCODED, "x=1").await,
    ];
    assert_eq!((refused[0].status, refused[1].status), (422, 422));
    assert_eq!(refused[0].body["id"], refused[1].body["id"]);
    // equal parts of one request are different submissions
    let list = r#"[{"name": "Anna"}, {"name": "Anna"}]"#;
    let ids = async || {
        let reply = gateway.post("/in/many", list).await;
        let results = reply.body["results"].as_array().unwrap().clone();
        results
            .iter()
            .map(|one| one["id"].clone())
            .collect::<Vec<_>>()
    };
    let first = ids().await;
    assert_ne!(first[0], first[1]);
    assert_eq!(ids().await, first);
}
