//! Channels in every format, as a sender sees them.

use leadgate::domain::State;
use reqwest::RequestBuilder;
use serde_json::json;
use tempfile::TempDir;

use crate::gateway::{Reply, TestGateway};

/// The manual's example, in each format on one channel.
const JSON: &str = r#"{"client_phone": 74712773120, "client_name": "Мария", "order_id": 6510, "order_amount": 3500}"#;
const FORM: &str = "client_phone=74712773120&client_name=%D0%9C%D0%B0%D1%80%D0%B8%D1%8F&order_id=6510&order_amount=3500";

/// Starts a gateway with these profiles: file names and texts.
pub(crate) async fn gateway_with(files: &[(&str, &str)], flags: &[(&str, &str)]) -> TestGateway {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut all = vec![
        ("mappings.dir", folder.to_str().unwrap()),
        ("mappings.reload_every", "50ms"),
    ];
    all.extend(flags);
    TestGateway::at(home, &all).await
}

impl TestGateway {
    pub(crate) async fn get_in(&self, address: &str) -> Reply {
        self.send(self.http().get(self.url(address))).await
    }

    /// Sends a POST with this `Content-Type`; an empty one is omitted.
    pub(crate) fn posting(
        &self,
        address: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> RequestBuilder {
        let request = self.http().post(self.url(address)).body(body);
        match content_type {
            "" => request,
            content_type => request.header("Content-Type", content_type),
        }
    }

    pub(crate) async fn post_in(
        &self,
        address: &str,
        content_type: &str,
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        self.send(self.posting(address, content_type, body)).await
    }
}

pub(crate) const URLENCODED: &str = "application/x-www-form-urlencoded";

fn assert_order(gateway: &TestGateway) {
    let contacts = gateway.contacts();
    assert_eq!(contacts.len(), 1);
    assert_eq!(contacts[0]["NAME"], "Мария");
    assert_eq!(contacts[0]["PHONE"][0]["VALUE"], "+74712773120");
    let deals = gateway.deals();
    assert_eq!(deals.len(), 1, "no second deal for the same order");
    assert_eq!(deals[0]["TITLE"], "Заказ №6510");
    assert_eq!(deals[0]["OPPORTUNITY"], "3500.00");
    assert_eq!(deals[0]["CURRENCY_ID"], "RUB");
    assert_eq!(deals[0]["UF_CRM_ORDER_ID"], "6510");
    assert_eq!(deals[0]["CONTACT_ID"], contacts[0]["ID"]);
}

#[actix_web::test]
async fn query_form_and_json_make_one_contact_and_one_deal() {
    let gateway = TestGateway::start().await;
    for way in 0..4 {
        let reply = match way {
            0 => gateway.get_in(&format!("/in/site-orders?{FORM}")).await,
            1 => gateway.post_in("/in/site-orders", URLENCODED, FORM).await,
            2 => {
                gateway
                    .post_in("/in/site-orders", "application/json", JSON)
                    .await
            }
            _ => gateway.post_in("/in/Site-Orders/", "", JSON).await,
        };
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.body["status"], "success");
        assert_eq!(reply.body["outcome"], "accepted");
        assert_eq!(reply.body["message"], "Заявка принята");
        assert_eq!(reply.body["id"].as_str().unwrap().len(), 32);
        gateway.settle().await;
        assert_order(&gateway);
    }
    assert_eq!(
        gateway.count(State::Delivered).await,
        4,
        "each request is a submission of its own"
    );
}

#[actix_web::test]
async fn one_order_in_all_formats_at_once_is_one_deal() {
    let gateway = TestGateway::start().await;
    let ways = [
        ("application/json", JSON),
        (URLENCODED, FORM),
        ("", JSON),
        ("text/plain", FORM),
    ];
    let posts = ways.iter().cycle().take(12);
    let posts = posts.map(|(kind, body)| gateway.post_in("/in/site-orders", kind, *body));
    for reply in futures_util::future::join_all(posts).await {
        assert_eq!(reply.status, 200);
    }
    gateway.settle().await;
    assert_order(&gateway);
}

#[actix_web::test]
async fn multipart_and_windows_1251_make_the_same_order() {
    let gateway = TestGateway::start().await;
    let part = |name: &str, value: &str| {
        format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let parts = [
        part("client_phone", "8 (4712) 77-31-20"),
        part("client_name", "Мария"),
        part("order_id", "6510"),
        part("order_amount", "3 500,00 ₽"),
        "--b0\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"фото.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nSECRET-PIXELS\r\n--b0--\r\n".to_owned(),
    ]
    .concat();
    let reply = gateway
        .post_in("/in/site-orders", "multipart/form-data; boundary=b0", parts)
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_order(&gateway);
    let comment = gateway.comments("deal", "1").remove(0);
    assert!(
        comment.contains("фото.jpg") && comment.contains("13"),
        "{comment}"
    );
    assert!(!comment.contains("PIXELS"));

    // «Мария» in windows-1251, percent-encoded
    let old =
        "client_phone=74712773120&client_name=%CC%E0%F0%E8%FF&order_id=6510&order_amount=3500";
    assert_eq!(
        gateway
            .post_in("/in/site-orders", URLENCODED, old)
            .await
            .status,
        200
    );
    let mut json = b"{\"client_phone\": 74712773120, \"order_id\": 6510, \"order_amount\": 3500, \"client_name\": \"".to_vec();
    json.extend([0xcc, 0xe0, 0xf0, 0xe8, 0xff]);
    json.extend(b"\"}");
    assert_eq!(
        gateway
            .post_in("/in/site-orders", "application/json", json)
            .await
            .status,
        200
    );
    gateway.settle().await;
    assert_order(&gateway);
}

#[actix_web::test]
async fn repeats_are_recognised_by_the_senders_key_and_the_profiles_template() {
    let profile = "receive: { channel: shop }\nidentity: \"{{order}}\"\nfields: { order: order }\n\
                   deal: { found: always_create, fields: { TITLE: \"{{order}}\" } }\n";
    let gateway = gateway_with(&[("shop.yaml", profile)], &[]).await;
    let first = gateway.get_in("/in/shop?order=7&try=1").await;
    let second = gateway
        .post_in("/in/shop", "", r#"{"order": 7, "try": 2}"#)
        .await;
    assert_eq!(
        (&first.body["outcome"], &second.body["outcome"]),
        (&json!("accepted"), &json!("repeated"))
    );
    assert_eq!(first.body["id"], second.body["id"]);
    // without the field the template is empty, and the sender's key counts
    let keyed = |key: &str| {
        gateway.send(
            gateway
                .posting("/in/shop", "", "a=1")
                .header("Idempotency-Key", key),
        )
    };
    assert_eq!(keyed("k-1").await.body["outcome"], "accepted");
    assert_eq!(keyed("k-1").await.body["outcome"], "repeated");
    assert_eq!(keyed("k-2").await.body["outcome"], "accepted");
    let bad = keyed("with blank").await;
    assert_eq!(
        (bad.status, &bad.body["outcome"]),
        (400, &json!("idempotency-key"))
    );
    // without any, two requests with equal bodies are two submissions
    for _ in 0..2 {
        assert_eq!(
            gateway.post_in("/in/shop", "", "b=1").await.body["outcome"],
            "accepted"
        );
    }
    let long = format!("order={}", "7".repeat(600));
    let long = gateway.post_in("/in/shop", URLENCODED, long).await;
    assert_eq!(
        (long.status, &long.body["outcome"]),
        (422, &json!("identity"))
    );
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 5);
}

#[actix_web::test]
async fn the_first_profile_of_a_channel_whose_when_holds_takes_the_request() {
    let profile = |rest: &str, title: &str| {
        format!(
            "receive: {{ {rest} }}\ndeal: {{ found: always_create, fields: {{ TITLE: {title} }} }}\n"
        )
    };
    let files = [
        (
            "call.yaml",
            profile("channel: [site, landing], when: $.kind == 'call'", "звонок"),
        ),
        ("site.yaml", profile("channel: site, order: 5", "сайт")),
        (
            "rest.yaml",
            profile("channel: old-site, default: true", "прочее"),
        ),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let gateway = gateway_with(&files, &[]).await;
    for (address, title) in [
        ("/in/site?kind=call", "звонок"),
        ("/in/landing?kind=call", "звонок"),
        ("/in/site?kind=order", "сайт"),
        ("/in/landing?kind=order", "прочее"),
        ("/in/removed?x=1", "прочее"),
    ] {
        assert_eq!(
            gateway.get_in(address).await.body["outcome"],
            "accepted",
            "{address}"
        );
        gateway.settle().await;
        assert_eq!(gateway.deals().last().unwrap()["TITLE"], title, "{address}");
    }
    let poll = crate::gateway::answer(5, 1, json!({}));
    assert_eq!(
        gateway.post_answer(poll).await.status,
        422,
        "a channel's default is none for polls"
    );
}

#[actix_web::test]
async fn a_missing_required_value_is_reported_in_the_senders_language() {
    let profile = "receive: { channel: shop }\nfields: { phone: { from: tel, as: phone, missing: reject } }\n\
                   contact: { fields: { PHONE: { value: \"{{phone}}\", search: true } } }\n";
    let gateway = gateway_with(&[("shop.yaml", profile)], &[]).await;
    let ask = |language: &'static str| {
        let request = gateway
            .posting("/in/shop", "", "name=x")
            .header("Accept-Language", language);
        gateway.send(request)
    };
    let russian = ask("de, ru;q=0.5").await;
    assert_eq!(
        (russian.status, &russian.body["outcome"]),
        (422, &json!("rejected"))
    );
    assert!(
        russian.body["message"].as_str().unwrap().contains("tel"),
        "{russian:?}"
    );
    let english = ask("en-GB,en;q=0.9").await;
    assert_ne!(russian.body["message"], english.body["message"]);
    assert_eq!(
        gateway.count(State::Rejected).await,
        2,
        "both are in the journal"
    );
    assert_eq!(
        gateway
            .post_in("/in/shop", "", "tel=89123456789")
            .await
            .status,
        200
    );
    gateway.settle().await;
    assert_eq!(gateway.contacts().len(), 1);
}

#[actix_web::test]
async fn requests_survive_a_restart_and_are_read_the_same_way() {
    let gateway = TestGateway::start().await;
    let slow: leadgate::simulator::Fault =
        serde_json::from_value(json!({"code": "QUERY_LIMIT_EXCEEDED", "times": {"next": 3}}))
            .unwrap();
    gateway.portal().inject(slow);
    let body = "client_name=%CC%E0%F0%E8%FF&order_amount=3500&client_phone=74712773120";
    let reply = gateway
        .post_in("/in/site-orders?order_id=6510", URLENCODED, body)
        .await;
    assert_eq!(reply.status, 200);
    let home = gateway.stop().await;
    let gateway = TestGateway::at(home, &[]).await;
    gateway.settle().await;
    assert_order(&gateway);
}

#[actix_web::test]
async fn fields_of_forms_may_hold_json_and_names_may_repeat() {
    let profile = "receive: { channel: shop }\n\
        fields: { order: $.payment.orderid, sum: { from: $.payment.amount, as: money },\n  \
          page: $.data.page, all: { from: services, as: join }, last: services }\n\
        deal: { found: always_create, fields: { TITLE: \"{{order}} {{page}} {{all}} {{last}}\", OPPORTUNITY: \"{{sum}}\" } }\n";
    let gateway = gateway_with(&[("shop.yaml", profile)], &[]).await;
    let cart = r#"{"orderid":"18","amount":"7000","products":[{"name":"Чай"}]}"#;
    let escaped = |text: &str| {
        let letters: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        letters.concat()
    };
    let data = r#"{"page": "/a"}"#;
    let (payment, data) = (escaped(cart), escaped(data));
    let form = format!("payment={payment}&services=A&data={data}&services=B");
    let post = gateway.post_in("/in/shop", URLENCODED, form.clone()).await;
    assert_eq!(post.status, 200);
    let get = gateway.get_in(&format!("/in/shop?{form}")).await;
    assert_eq!(get.status, 200);
    let body = serde_json::json!(r#"{"payment": {"orderid": 19, "amount": 5}, "services": ["C"]}"#);
    assert_eq!(gateway.post("/in/shop", body.to_string()).await.status, 200);
    gateway.settle().await;
    let mut titles: Vec<String> = gateway
        .deals()
        .iter()
        .map(|deal| {
            format!(
                "{} {}",
                deal["TITLE"].as_str().unwrap(),
                deal["OPPORTUNITY"]
            )
        })
        .collect();
    titles.sort();
    let [one, two, three] = titles.as_slice() else {
        panic!("{titles:?}");
    };
    assert!(
        one.starts_with("18 /a A, B B") && one.contains("7000"),
        "{titles:?}"
    );
    assert_eq!(one, two);
    assert!(three.starts_with("19 C C"), "{titles:?}");
}
