//! The widget in cards of amoCRM as a browser sees the gateway: tokens, CORS, what a lead became,
//! and sending it again.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use leadgate::domain::State;
use serde_json::{Value, json};

use crate::amocrm::{LEADS, lead, leads, with_profile};
use crate::gateway::{Reply, TestGateway, now};

const SECRET: &str = "the secret of the integration";
/// The settings of the widget.
pub(crate) const WIDGET: [(&str, &str); 3] = [
    ("amocrm.main.public_url", "https://gw.example:8443"),
    ("amocrm.main.client_id", "9a1f-77"),
    ("amocrm.main.client_secret", SECRET),
];
/// The pages of the account.
const ORIGIN: &str = "https://edudemo.amocrm.ru";

fn claims() -> Value {
    let now = now().as_second();
    json!({
        "iss": ORIGIN, "aud": "https://gw.example", "jti": "4b6c", "iat": now, "nbf": now,
        "exp": now + 1800, "account_id": 30_551_177, "subdomain": "edudemo",
        "client_uuid": "9a1f-77", "user_id": 9_204_411, "is_admin": false
    })
}

fn signed(header: &Value, claims: &Value, secret: &str) -> String {
    let encoded = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = hmac::sign(&key, message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

fn token() -> String {
    signed(&json!({"alg": "HS256"}), &claims(), SECRET)
}

/// Returns a token in which one claim is another.
fn with(name: &str, value: Value) -> String {
    let mut claims = claims();
    claims[name] = value;
    signed(&json!({"alg": "HS256"}), &claims, SECRET)
}

impl TestGateway {
    async fn ask(&self, path: &str, token: &str) -> Reply {
        let url = self.url(&format!("/amo/main/widget/{path}"));
        self.send(self.http().get(url).header("X-Auth-Token", token))
            .await
    }

    async fn send_again(&self, card: &str) -> Reply {
        let url = self.url(&format!("/amo/main/widget/{card}/send?lang=en"));
        self.send(self.http().post(url).header("X-Auth-Token", token()))
            .await
    }
}

async fn with_lead(profile: &str) -> TestGateway {
    let gateway = with_profile(profile, &WIDGET).await;
    let hook = leads("add", &[lead(31, "A-1", 1000)]);
    assert_eq!(gateway.post_hook(hook).await.status, 200);
    gateway.settle().await;
    gateway
}

#[actix_web::test]
async fn a_card_shows_what_the_lead_became_in_the_language_of_the_user() {
    let gateway = with_lead(LEADS).await;
    let russian = gateway.ask("leads/31?lang=ru", &token()).await;
    assert_eq!(russian.status, 200, "{russian:?}");
    let card = &russian.body;
    let shown = (&card["state"], &card["state_text"], &card["may_send"]);
    assert_eq!(
        shown,
        (&json!("delivered"), &json!("доставлено"), &json!(true))
    );
    assert_eq!(card["under_way"], false);
    assert_eq!(
        card["became"],
        json!([{"text": "сделка 1", "url": "https://gw.example:8443/sandbox/deal/1"}])
    );
    let english = gateway.ask("leads/31?lang=en-US", &token()).await;
    assert_eq!(english.body["state_text"], "delivered");
    assert_eq!(english.body["became"][0]["text"], "deal 1");
    let history = gateway.ask("leads/31/history?lang=ru", &token()).await;
    let change = &history.body["changes"][0];
    assert_eq!(
        (&change["event"], &change["state"]),
        (&json!("создание"), &json!("delivered"))
    );
    let events = change["events"].as_array().unwrap();
    assert!(
        events.iter().any(|event| event["text"] == "доставлено"),
        "{events:?}"
    );
    for unknown in ["leads/32", "leads/3", "leads/310", "contacts/31"] {
        let reply = gateway.ask(&format!("{unknown}?lang=en"), &token()).await;
        assert_eq!((reply.status, &reply.body["state"]), (200, &Value::Null));
        let words = "leadgate has received nothing about this card yet";
        assert_eq!(reply.body["message"], words, "{unknown}");
    }
}

#[actix_web::test]
async fn the_newest_change_counts_and_an_ignored_one_does_not() {
    let gateway = with_profile(LEADS, &WIDGET).await;
    let other = json!({"id": 31, "name": "Курс", "last_modified": 3000});
    for (action, change) in [
        ("add", lead(31, "A-1", 1000)),
        ("status", lead(31, "A-1", 2000)),
        // no profile takes it
        ("update", other),
    ] {
        gateway.post_hook(leads(action, &[change])).await;
        gateway.settle().await;
    }
    let card = gateway.ask("leads/31", &token()).await;
    assert_eq!(card.body["state"], "delivered", "{card:?}");
    let history = gateway.ask("leads/31/history", &token()).await;
    let changes = history.body["changes"].as_array().unwrap();
    let events: Vec<&Value> = changes.iter().map(|change| &change["event"]).collect();
    assert_eq!(events, ["изменение", "смена этапа", "создание"]);
}

#[actix_web::test]
async fn a_delivered_lead_is_sent_again_and_updates_the_same_deal() {
    let gateway = with_lead(LEADS).await;
    let deal = gateway.deals()[0]["ID"].as_str().unwrap().to_owned();
    gateway.portal().call(
        "crm.deal.update",
        json!({"id": deal, "fields": {"OPPORTUNITY": 1}}),
    );
    for _ in 0..2 {
        let sent = gateway.send_again("leads/31").await;
        assert_eq!(
            (sent.status, &sent.body["status"]),
            (200, &json!("success"))
        );
        gateway.settle().await;
    }
    let deals = gateway.deals();
    assert_eq!((deals.len(), &deals[0]["ID"]), (1, &json!(deal)));
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let history = gateway.ask("leads/31/history?lang=en", &token()).await;
    let text = history.body.to_string();
    assert!(text.contains("queued again by hand"), "{text}");
}

#[actix_web::test]
async fn a_parked_lead_shows_why_and_is_sent_again_after_the_cause_is_gone() {
    let profile = "receive: { amocrm: main }\ndeal: { fields: { TITLE: x } }\n";
    let gateway = with_profile(profile, &WIDGET).await;
    let fault = json!({"code": "MANDATORY_FIELD", "entity": "deal", "field": "UF_CRM_ORDER_ID"});
    gateway
        .portal()
        .inject(serde_json::from_value(fault).unwrap());
    let hook = leads("add", &[lead(31, "A-1", 1000)]);
    assert_eq!(gateway.post_hook(hook).await.status, 200);
    gateway.settle().await;
    let card = gateway.ask("leads/31?lang=en", &token()).await;
    let shown = (&card.body["state"], &card.body["may_send"]);
    assert_eq!(shown, (&json!("parked"), &json!(true)), "{card:?}");
    let why = card.body["why"].as_str().unwrap();
    assert!(why.starts_with("refused-by-crm: "), "{why}");
    gateway.portal().clear_faults();
    let sent = gateway.send_again("leads/31").await;
    assert_eq!(sent.status, 200, "{sent:?}");
    gateway.settle().await;
    let card = gateway.ask("leads/31?lang=en", &token()).await;
    assert_eq!(card.body["state"], "delivered", "{card:?}");
    assert_eq!(gateway.deals().len(), 1);
}

#[actix_web::test]
async fn what_waits_for_a_profile_or_is_unknown_is_not_sent() {
    let gateway = with_profile(
        "receive: { amocrm: other }\ndeal: { fields: { TITLE: x } }\n",
        &WIDGET,
    )
    .await;
    gateway
        .post_hook(leads("add", &[lead(31, "A-1", 1000)]))
        .await;
    let card = gateway.ask("leads/31", &token()).await;
    let shown = (&card.body["state"], &card.body["may_send"]);
    assert_eq!(shown, (&json!("captured"), &json!(false)), "{card:?}");
    let sent = gateway.send_again("leads/31").await;
    let told = (sent.status, &sent.body["outcome"]);
    assert_eq!(told, (409, &json!("not-sendable")), "{sent:?}");
    let sent = gateway.send_again("leads/32").await;
    let told = (sent.status, &sent.body["outcome"]);
    assert_eq!(told, (404, &json!("unknown")), "{sent:?}");
}

#[actix_web::test]
async fn nothing_is_told_without_a_valid_token() {
    let gateway = with_lead(LEADS).await;
    let header = |algorithm: &str| json!({"typ": "JWT", "alg": algorithm});
    let unsigned = signed(&header("none"), &claims(), SECRET);
    let unsigned = unsigned.rsplit_once('.').unwrap().0.to_owned();
    let past = now().as_second() - 3600;
    for (token, code) in [
        (
            signed(&header("HS256"), &claims(), "forged"),
            "token-signature",
        ),
        (format!("{unsigned}."), "token-algorithm"),
        (
            signed(&header("HS512"), &claims(), SECRET),
            "token-algorithm",
        ),
        (with("exp", json!(past)), "token-expired"),
        (with("nbf", json!(past + 9000)), "token-early"),
        (with("account_id", json!(30_551_178)), "token-account"),
        (
            with("iss", json!("https://other.amocrm.ru")),
            "token-account",
        ),
        (with("client_uuid", json!("9a1f-78")), "token-client"),
        (
            with("aud", json!("https://other.example")),
            "token-audience",
        ),
        ("not a token".to_owned(), "token-unreadable"),
        (String::new(), "token-unreadable"),
    ] {
        for path in ["leads/31", "leads/31/history", "leads/99", "tasks/31"] {
            let reply = gateway.ask(path, &token).await;
            let told = (reply.status, reply.body["outcome"].as_str());
            assert_eq!(told, (401, Some(code)), "{path} {reply:?}");
            assert_eq!(reply.body["became"], Value::Null);
        }
        let url = gateway.url("/amo/main/widget/leads/31/send");
        let sent = gateway.http().post(url).header("X-Auth-Token", &token);
        assert_eq!(gateway.send(sent).await.status, 401, "{code}");
    }
    let url = gateway.url("/amo/main/widget/leads/31");
    let reply = gateway.send(gateway.http().get(url)).await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (401, &json!("no-token"))
    );
    // one token comes many times
    let repeated = token();
    for _ in 0..3 {
        assert_eq!(gateway.ask("leads/31", &repeated).await.status, 200);
    }
}

#[actix_web::test]
async fn other_addresses_and_methods_are_refused() {
    let gateway = with_lead(LEADS).await;
    for (path, status) in [
        ("leads/x", 404),
        ("leads/-1", 404),
        ("leads/31%2f..", 404),
        ("tasks/31", 404),
        ("leads/31/erase", 404),
        ("leads/31/send", 405),
    ] {
        let reply = gateway.ask(path, &token()).await;
        assert_eq!(reply.status, status, "{path} {reply:?}");
    }
    let url = gateway.url("/amo/other/widget/leads/31");
    let reply = gateway
        .send(gateway.http().get(url).header("X-Auth-Token", token()))
        .await;
    assert_eq!(reply.status, 404);
    let post = gateway
        .http()
        .post(gateway.url("/amo/main/widget/leads/31"));
    let reply = gateway.send(post.header("X-Auth-Token", token())).await;
    assert_eq!(reply.status, 405);
}

#[actix_web::test]
async fn the_token_may_be_a_field_of_a_form() {
    let gateway = with_lead(LEADS).await;
    let form = |path: &str, body: String| {
        let url = gateway.url(&format!("/amo/main/widget/{path}"));
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        gateway.http().post(url).header(kind.0, kind.1).body(body)
    };
    let dotted = token().replace('.', "%2E");
    for (path, body, status) in [
        ("leads/31", format!("jwt_token={}", token()), 200),
        ("leads/31/history", format!("a=b&jwt_token={dotted}&c"), 200),
        ("leads/31/send", format!("jwt_token={}", token()), 200),
        (
            "leads/31",
            format!("jwt_token={}", with("exp", json!(1))),
            401,
        ),
        ("leads/31", format!("other={}", token()), 401),
        ("leads/31", "jwt_token=".to_owned(), 401),
        ("leads/31", String::new(), 401),
        (
            "leads/31",
            format!("x={}&jwt_token={}", "x".repeat(20_000), token()),
            401,
        ),
    ] {
        let reply = gateway.send(form(path, body.clone())).await;
        assert_eq!(reply.status, status, "{path} {body:.40} {reply:?}");
    }
    // the header counts if there are both
    let both = form("leads/31/send", format!("jwt_token={}", token()));
    let reply = gateway.send(both.header("X-Auth-Token", "forged")).await;
    assert_eq!(reply.body["outcome"], "token-unreadable");
}

/// Returns status and CORS headers of a request from this origin.
async fn from_origin(
    gateway: &TestGateway,
    method: reqwest::Method,
    (origin, token): (&str, Option<&str>),
) -> (u16, Option<String>, Option<String>) {
    let url = gateway.url("/amo/main/widget/leads/31");
    let mut request = gateway
        .http()
        .request(method.clone(), url)
        .header("Origin", origin);
    if method == reqwest::Method::OPTIONS {
        request = request
            .header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "x-auth-token");
    }
    if let Some(token) = token {
        request = request.header("X-Auth-Token", token);
    }
    let reply = request.send().await.unwrap();
    let header = |name: &str| {
        let value = reply.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    (
        reply.status().as_u16(),
        header("access-control-allow-origin"),
        header("access-control-allow-headers"),
    )
}

#[actix_web::test]
async fn pages_of_the_account_may_read_every_answer_and_others_none() {
    use reqwest::Method;
    let gateway = with_lead(LEADS).await;
    let ours = Some(ORIGIN.to_owned());
    let (status, origin, headers) = from_origin(&gateway, Method::OPTIONS, (ORIGIN, None)).await;
    assert_eq!((status, origin), (204, ours.clone()));
    assert!(headers.unwrap().contains("x-auth-token"));
    let token = token();
    for (token, status) in [(Some(token.as_str()), 200), (None, 401), (Some("x"), 401)] {
        let reply = from_origin(&gateway, Method::GET, (ORIGIN, token)).await;
        assert_eq!((reply.0, reply.1), (status, ours.clone()));
    }
    for other in [
        "https://other.amocrm.ru",
        "https://edudemo.amocrm.ru.evil.example",
        "null",
    ] {
        let (status, origin, _) = from_origin(&gateway, Method::OPTIONS, (other, None)).await;
        assert_eq!((status, origin), (403, None), "{other}");
        let (_, origin, _) = from_origin(&gateway, Method::GET, (other, Some(&token))).await;
        assert_eq!(origin, None, "{other}");
    }
    let mut flags = WIDGET.to_vec();
    flags.push(("amocrm.main.widget_origins", "*"));
    let open = with_profile(LEADS, &flags).await;
    let (status, origin, _) =
        from_origin(&open, Method::OPTIONS, ("https://any.example", None)).await;
    assert_eq!((status, origin.as_deref()), (204, Some("*")));
}

#[actix_web::test]
async fn without_the_settings_of_the_widget_there_is_no_such_address() {
    let gateway = with_profile(LEADS, &[]).await;
    let reply = gateway.ask("leads/31", &token()).await;
    assert_eq!(reply.status, 404, "{reply:?}");
}
