//! The portal over real HTTP: addresses, bodies, limits, faults, the control API.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::options;
use crate::simulator::{Bucket, Limits, Portal};

pub(super) struct Site {
    pub(super) portal: Portal,
    pub(super) root: String,
    pub(super) client: reqwest::Client,
}

impl Site {
    pub(super) fn start() -> Self {
        let portal = Portal::new(options());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let root = format!("http://{}", listener.local_addr().expect("its address"));
        actix_web::rt::spawn(portal.serve(listener).expect("it listens"));
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            portal,
            root,
            client,
        }
    }

    pub(super) fn url(&self, method: &str) -> String {
        format!("{}{}{method}", self.root, self.portal.webhook_path())
    }

    pub(super) async fn post(
        &self,
        method: &str,
        params: Value,
    ) -> Result<(u16, String), reqwest::Error> {
        let response = self
            .client
            .post(self.url(method))
            .header("content-type", "application/json")
            .body(params.to_string())
            .send()
            .await?;
        let status = response.status().as_u16();
        Ok((status, response.text().await?))
    }

    pub(super) async fn json(&self, method: &str, params: Value) -> (u16, Value) {
        let (status, text) = self.post(method, params).await.expect("an answer");
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    pub(super) fn deals(&self) -> u64 {
        self.portal.counters().records["deal"]
    }
}

#[actix_web::test]
async fn every_form_of_an_address_works() {
    let site = Site::start();
    for method in [
        "profile",
        "profile/",
        "profile.json",
        "PROFILE",
        "profile/?bx24_request_id=1",
    ] {
        let (status, answer) = site.json(method, json!({})).await;
        assert_eq!(
            (status, &answer["result"]["ID"]),
            (200, &json!("1")),
            "{method}"
        );
    }
    let (status, answer) = site.json("crm.nothing", json!({})).await;
    assert_eq!(
        (status, &answer["error"]),
        (404, &json!("ERROR_METHOD_NOT_FOUND"))
    );
    let get = |path: &str| site.client.get(format!("{}/rest/{path}", site.root)).send();
    let response = get("1/wrong/profile").await.expect("an answer");
    assert_eq!(response.status(), 401);
    assert!(
        response
            .text()
            .await
            .expect("a body")
            .contains("INVALID_CREDENTIALS")
    );
    let response = get("profile").await.expect("an answer");
    assert!(
        response
            .text()
            .await
            .expect("a body")
            .contains("NO_AUTH_FOUND")
    );
    let response = get("1/sandbox/crm.contact.add?fields[NAME]=A")
        .await
        .expect("an answer");
    assert!(
        response
            .text()
            .await
            .expect("a body")
            .starts_with(r#"{"result":1,"time""#)
    );
}

#[actix_web::test]
async fn every_form_of_a_body_works() {
    let site = Site::start();
    let form = "fields[TITLE]=%D0%90%2B1&fields[OPPORTUNITY]=5";
    for (content_type, body) in [
        ("application/x-www-form-urlencoded", form.to_owned()),
        (
            "application/json; charset=utf-8",
            r#"{"fields":{"TITLE":"А+1"}}"#.to_owned(),
        ),
        (
            "multipart/form-data; boundary=b",
            "--b\r\ncontent-disposition: form-data; name=\"fields[TITLE]\"\r\n\r\nА+1\r\n--b--\r\n"
                .to_owned(),
        ),
    ] {
        let response = site
            .client
            .post(site.url("crm.deal.add?fields[TITLE]=query"))
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .expect("an answer");
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "application/json; charset=utf-8");
        assert!(headers.get("access-control-allow-origin").is_none());
    }
    let (_, answer) = site
        .json(
            "crm.deal.list",
            json!({"select": ["TITLE"], "filter": {"TITLE": "А+1"}}),
        )
        .await;
    assert_eq!(answer["total"], 3, "{answer}");
}

#[actix_web::test]
async fn answers_are_written_as_php_does() {
    let site = Site::start();
    let title = json!({"fields": {"TITLE": "<a href='/'>&\"Ё\""}});
    site.json("crm.deal.add", title).await;
    let (_, text) = site
        .post("crm.deal.get", json!({"id": 1}))
        .await
        .expect("an answer");
    assert!(
        text.contains(r"\u003Ca href=\u0027\/\u0027\u003E\u0026\u0022Ё\u0022"),
        "{text}"
    );
}

#[actix_web::test]
async fn the_bucket_overflows_and_drains() {
    let site = Site::start();
    site.portal.set_limits(Limits {
        bucket: Some(Bucket {
            drain: 2.0,
            size: 3.0,
        }),
        ..Limits::off()
    });
    let mut last = (0, Value::Null);
    for _ in 0..5 {
        last = site.json("profile", json!({})).await;
    }
    // The clock of these tests does not advance, so nothing drains.
    assert_eq!(
        (last.0, &last.1["error"]),
        (503, &json!("QUERY_LIMIT_EXCEEDED"))
    );
    let counters = site.portal.counters();
    assert_eq!((counters.refused, counters.bucket_size), (1, Some(3.0)));
}

#[actix_web::test]
async fn an_exhausted_method_is_refused_and_others_are_not() {
    let site = Site::start();
    site.portal.set_limits(Limits {
        operating: Some(1.0),
        cost: [("crm.deal.add".to_owned(), 0.6)].into(),
        ..Limits::off()
    });
    let cmd = json!({"cmd": {"a": "crm.deal.add", "b": "crm.deal.add", "c": "crm.deal.add", "d": "crm.lead.add"}});
    let (status, answer) = site.json("batch", cmd).await;
    assert_eq!(status, 200);
    let result = &answer["result"];
    assert_eq!(result["result"], json!({"a": 1, "b": 2, "d": 1}));
    assert_eq!(result["result_error"]["c"]["error"], "OPERATION_TIME_LIMIT");
    assert_eq!(result["result_time"]["b"]["operating"], 1.2);
    let (status, _) = site.json("crm.deal.add", json!({})).await;
    assert_eq!(status, 429);
}

#[actix_web::test]
async fn missing_scopes_refuse() {
    let site = Site::start();
    site.portal.set_scopes(&["user"]);
    let (status, answer) = site.json("crm.deal.list", json!({})).await;
    assert_eq!(
        (status, &answer["error"]),
        (401, &json!("insufficient_scope"))
    );
    assert_eq!(
        site.json("scope", json!({})).await.1["result"],
        json!(["user"])
    );
}

#[actix_web::test]
async fn the_control_api_switches_hooks_of_amocrm_off() {
    let site = Site::start();
    let hooks = format!("{}/services/amocrm/api/v4/webhooks", site.root);
    let hook = json!({"destination": "https://gw.example/amo/main", "settings": ["add_lead"]});
    let made = site.client.post(&hooks).bearer_auth("sandbox").json(&hook);
    assert_eq!(made.send().await.expect("an answer").status(), 201);
    let off = format!("{}/sandbox/control/amocrm-hooks-off", site.root);
    let off = site
        .client
        .post(off)
        .header("sec-fetch-site", "same-origin");
    assert_eq!(off.send().await.expect("an answer").status(), 200);
    let list = site.client.get(&hooks).bearer_auth("sandbox").send().await;
    let list: Value = list.expect("an answer").json().await.expect("JSON");
    assert_eq!(list["_embedded"]["webhooks"][0]["disabled"], true);
}

#[actix_web::test]
async fn the_control_api_steers_and_counts() {
    let site = Site::start();
    let post = |what: &str, body: &str| {
        site.client
            .post(format!("{}/sandbox/control/{what}", site.root))
            .header("sec-fetch-site", "same-origin")
            .body(body.to_owned())
            .send()
    };
    let fault = r#"{"code":"QUERY_LIMIT_EXCEEDED","times":{"next":2}}"#;
    assert_eq!(
        post("faults", fault).await.expect("an answer").status(),
        200
    );
    assert_eq!(post("faults", "{}").await.expect("an answer").status(), 400);
    for expected in [503, 503, 200] {
        assert_eq!(
            site.json("crm.deal.add", json!({"fields": {"ORIGIN_ID": "x"}}))
                .await
                .0,
            expected
        );
    }
    site.json("crm.deal.add", json!({"fields": {"ORIGIN_ID": "X"}}))
        .await;
    let text = site
        .client
        .get(format!("{}/sandbox/control/counters", site.root))
        .send()
        .await
        .expect("an answer");
    let counters: Value = serde_json::from_str(&text.text().await.expect("a body")).expect("JSON");
    assert_eq!(counters["refused"], 2);
    assert_eq!(counters["commands"]["crm.deal.add"], 2);
    assert_eq!(counters["duplicates_by_origin"]["deal"], 1);
    assert_eq!(
        post("latency", r#"{"command_ms":30}"#)
            .await
            .expect("an answer")
            .status(),
        200
    );
    let started = Instant::now();
    site.json("profile", json!({})).await;
    assert!(started.elapsed() >= Duration::from_millis(30));
    assert_eq!(post("reset", "").await.expect("an answer").status(), 200);
    assert_eq!(site.deals(), 0);
    let foreign = site
        .client
        .post(format!("{}/sandbox/control/reset", site.root))
        .header("origin", "https://evil.example")
        .send()
        .await
        .expect("an answer");
    assert_eq!(foreign.status(), 403);
}

#[actix_web::test]
async fn other_names_and_other_sites_reach_nothing() {
    let site = Site::start();
    let rest = site.url("profile").replace(&site.root, "");
    let pages = [
        "/sandbox",
        "/sandbox/contacts",
        "/sandbox/live",
        "/sandbox/do/reset",
        "/sandbox/nothing",
    ];
    let control = ["counters", "transcript", "snapshot", "faults", "reset"]
        .map(|what| format!("/sandbox/control/{what}"));
    let pages = pages.map(str::to_owned).into_iter().chain(control);
    for path in pages.chain([rest]) {
        for method in [reqwest::Method::GET, reqwest::Method::POST] {
            for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
                let request = site
                    .client
                    .request(method.clone(), format!("{}{path}", site.root));
                let answer = request.header(name, value).send().await.expect("an answer");
                assert_eq!(answer.status(), 403, "{method} {path} {name}");
                assert!(
                    answer
                        .headers()
                        .get("access-control-allow-origin")
                        .is_none()
                );
            }
        }
    }
}
