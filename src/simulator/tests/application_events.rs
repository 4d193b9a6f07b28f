//! Events for the handlers of applications: what is sent, when, and to whom.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Map, Value, json};

use super::wire::Site;
use crate::simulator::{ApplicationSetup, params, php};

/// A handler that keeps the forms that it gets.
#[derive(Clone)]
struct Receiver {
    root: String,
    got: Arc<Mutex<Vec<Map<String, Value>>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let root = format!("http://{}", listener.local_addr().expect("its address"));
        let receiver = Self {
            root,
            got: Arc::default(),
        };
        let got = Arc::clone(&receiver.got);
        let server = HttpServer::new(move || {
            let got = Arc::clone(&got);
            let keep = move |body: String| {
                got.lock().unwrap().push(params::parse_str(&body));
                async { HttpResponse::Ok().finish() }
            };
            App::new().default_service(web::to(keep))
        });
        let server = server.workers(1).disable_signals().listen(listener);
        actix_web::rt::spawn(server.expect("it listens").run());
        receiver
    }

    /// Takes what has come once there are this many.
    async fn take(&self, count: usize) -> Vec<Map<String, Value>> {
        loop {
            if let Some(got) = self.taken(count) {
                return got;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    fn taken(&self, count: usize) -> Option<Vec<Map<String, Value>>> {
        let mut got = self.got.lock().unwrap();
        (got.len() >= count).then(|| std::mem::take(&mut *got))
    }
}

struct World {
    site: Site,
    receiver: Receiver,
    client: String,
    token: String,
}

impl World {
    /// A portal whose installer runs: the handlers of these events are bound.
    async fn start(events: &[&str]) -> Self {
        let (site, receiver) = (Site::start(), Receiver::start());
        let setup = ApplicationSetup {
            name: None,
            title: String::new(),
            handler: format!("{}/app", receiver.root),
            installer: Some(format!("{}/install", receiver.root)),
            scopes: vec!["crm".to_owned(), "telephony".to_owned()],
        };
        let client = site.portal.register_application(&setup).unwrap().client_id;
        site.portal.begin_installation(&client).unwrap();
        let page = site.portal.open_application(&client, 1, "DEFAULT", None);
        let form = page.unwrap().form;
        let token = form.into_iter().find(|(name, _)| name == "AUTH_ID");
        let world = Self {
            site,
            receiver,
            client,
            token: token.unwrap().1,
        };
        for event in events {
            let answer = world.bind(event).await;
            assert_eq!(answer["result"], true, "{event}: {answer}");
        }
        world
    }

    async fn bind(&self, event: &str) -> Value {
        let handler = format!("{}/events", self.receiver.root);
        self.call("event.bind", json!({"event": event, "handler": handler}))
            .await
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let request = self
            .site
            .client
            .post(format!("{}/rest/{method}", self.site.root));
        let request = request.header("content-type", "application/json");
        let request = request.bearer_auth(&self.token).body(params.to_string());
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap()
    }

    async fn control(&self, what: &str, body: Value) {
        let url = format!("{}/sandbox/control/{what}", self.site.root);
        let response = self.site.client.post(url).body(body.to_string()).send();
        assert_eq!(response.await.unwrap().status(), 200, "{what}");
    }

    fn finish(&self) {
        self.site
            .portal
            .finish_installation(&self.client, 1)
            .unwrap();
    }

    fn application_token(&self) -> String {
        self.site.portal.core().state.applications.all[0]
            .token
            .clone()
    }
}

/// Returns a member of a form, `auth/user_id` for example.
fn text(form: &Map<String, Value>, path: &str) -> Option<String> {
    let value = Value::Object(form.clone());
    value.pointer(&format!("/{path}")).map(php::strval)
}

#[actix_web::test]
async fn the_life_of_an_application_is_told_to_its_handlers() {
    let world = World::start(&["ONAPPINSTALL", "ONAPPUPDATE", "ONAPPUNINSTALL"]).await;
    world.finish();
    let got = world.receiver.take(1).await;
    let of = |path: &str| text(&got[0], path).unwrap_or_default();
    assert_eq!(of("event"), "ONAPPINSTALL");
    assert_eq!(of("data/INSTALLED"), "Y");
    assert_eq!(of("auth/application_token"), world.application_token());
    assert_eq!(of("auth/member_id"), "00000000000000000000000000000001");
    assert_eq!(
        (of("auth/user_id").as_str(), of("auth/scope").as_str()),
        ("1", "crm,telephony")
    );
    assert_eq!(of("auth/refresh_token").len(), 70);
    assert_eq!(
        world.call("event.get", json!({})).await["result"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    world
        .control("application-update", json!({"client_id": world.client}))
        .await;
    let got = world.receiver.take(1).await;
    assert_eq!(text(&got[0], "data/PREVIOUS_VERSION").as_deref(), Some("1"));
    assert!(text(&got[0], "auth/refresh_token").is_some());
    // an update takes the handlers away
    assert_eq!(
        world.call("event.get", json!({})).await["result"],
        json!([])
    );
    world.bind("ONAPPUNINSTALL").await;
    world.finish();
    let token = world.application_token();
    world
        .control(
            "application-uninstall",
            json!({"client_id": world.client, "data": "wipe"}),
        )
        .await;
    let got = world.receiver.take(1).await;
    assert_eq!(text(&got[0], "event").as_deref(), Some("ONAPPUNINSTALL"));
    assert_eq!(text(&got[0], "data/CLEAN").as_deref(), Some("1"));
    assert_eq!(text(&got[0], "auth/application_token"), Some(token));
    assert_eq!(text(&got[0], "auth/access_token"), None);
    assert_eq!(
        world.call("profile", json!({})).await["error"],
        "NOT_INSTALLED"
    );
}

#[actix_web::test]
async fn records_are_told_after_the_installation_and_once() {
    let world = World::start(&["ONCRMLEADADD", "ONCRMLEADUPDATE", "ONAPPTEST"]).await;
    let add = json!({"fields": {"TITLE": "A", "PHONE": [{"VALUE": "+79005550142"}]}});
    world.call("crm.lead.add", add.clone()).await;
    world.finish();
    // the webhook's records, too, and what a batch makes
    world.site.json("crm.lead.add", add).await;
    let batch = json!({"cmd": {"a": "crm.lead.add?fields[TITLE]=B",
        "b": "crm.lead.update?id=1&fields[TITLE]=C"}});
    world.call("batch", batch).await;
    world.call("event.test", json!({"any": "x1"})).await;
    let got = world.receiver.take(4).await;
    let told: Vec<(String, String)> = got
        .iter()
        .map(|it| {
            (
                text(it, "event").unwrap(),
                text(it, "data/FIELDS/ID").unwrap_or_default(),
            )
        })
        .collect();
    let pairs: Vec<(&str, &str)> = told.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(
        pairs,
        [
            ("ONCRMLEADADD", "2"),
            ("ONCRMLEADADD", "3"),
            ("ONCRMLEADUPDATE", "1"),
            ("ONAPPTEST", "")
        ]
    );
    assert_eq!(text(&got[3], "data/QUERY/any").as_deref(), Some("x1"));
    assert_eq!(text(&got[0], "auth/refresh_token"), None);
    let access = text(&got[0], "auth/access_token").unwrap();
    let url = format!("{}/rest/profile?auth={access}", world.site.root);
    let answer = world
        .site
        .client
        .get(url)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(answer.contains(r#""ID":"1""#), "{answer}");
}

#[actix_web::test]
async fn a_portal_can_send_wrong_absent_and_repeated_tokens() {
    let world = World::start(&["ONAPPTEST"]).await;
    world.finish();
    let token = world.application_token();
    for (quirks, count, check) in [
        (json!({"on": ["wrong_token"]}), 1, false),
        (json!({"on": ["no_token"]}), 1, false),
        (json!({"repeats": 2, "on": ["scope_with_blanks"]}), 3, true),
    ] {
        world.control("application-quirks", quirks.clone()).await;
        world.call("event.test", json!({})).await;
        let got = world.receiver.take(count).await;
        assert_eq!(got.len(), count, "{quirks}");
        let sent = text(&got[0], "auth/application_token");
        assert_eq!(sent.as_ref() == Some(&token), check, "{quirks}");
        let scope = text(&got[0], "auth/scope").unwrap();
        assert_eq!(scope.contains(' '), check, "{quirks}");
    }
}

#[actix_web::test]
async fn handlers_are_bound_by_the_documented_rules() {
    let world = World::start(&["ONCRMDEALADD"]).await;
    let again = world.bind("oncrmdealadd").await;
    assert_eq!(again["error"], "ERROR_CORE");
    assert_eq!(
        world.bind("ONNOTHING").await["error"],
        "ERROR_EVENT_NOT_FOUND"
    );
    let handler = format!("{}/events", world.receiver.root);
    let row = json!({"event": "ONCRMDEALADD", "handler": handler, "auth_type": "0", "offline": 0});
    assert_eq!(
        world.call("event.get", json!({})).await["result"],
        json!([row])
    );
    let names = world.call("events", json!({})).await;
    let names = names["result"].as_array().unwrap();
    assert!(names.contains(&json!("ONEXTERNALCALLSTART")) && !names.contains(&json!("ONUSERADD")));
    world.finish();
    let employee = world
        .site
        .portal
        .open_application(&world.client, 7, "DEFAULT", None);
    let form = employee.unwrap().form;
    let token = form
        .into_iter()
        .find(|(name, _)| name == "AUTH_ID")
        .unwrap()
        .1;
    let employee = World { token, ..world };
    let foreign = json!({"event": "ONCRMDEALADD", "handler": handler, "auth_type": 9});
    let refused = employee.call("event.bind", foreign).await;
    assert_eq!(refused["error"], "ACCESS_DENIED");
    assert_eq!(employee.bind("ONCRMDEALADD").await["result"], true);
    let unbind = json!({"event": "ONCRMDEALADD", "handler": handler});
    let unbound = employee.call("event.unbind", unbind).await;
    assert_eq!(unbound["result"], json!({"count": 1}), "only the own");
}

#[actix_web::test]
async fn a_click_on_a_number_is_told_to_the_application() {
    let world = World::start(&[
        "ONEXTERNALCALLSTART",
        "ONEXTERNALCALLBACKSTART",
        "ONCRMLEADADD",
    ])
    .await;
    world.finish();
    let press = |path: &str, form: &str| {
        let url = format!("{}/sandbox/{path}", world.site.root);
        let request = world.site.client.post(url);
        request.body(form.to_owned()).send()
    };
    let clicked = press("click", "kind=lead&id=1&user=9&number=%2B79005550142")
        .await
        .unwrap();
    assert!(
        clicked.headers()["location"]
            .to_str()
            .unwrap()
            .contains("status=200")
    );
    let mut got = world.receiver.take(2).await;
    got.sort_by_key(|it| text(it, "event"));
    let of = |at: usize, path: &str| text(&got[at], path).unwrap_or_default();
    assert_eq!(of(0, "event"), "ONCRMLEADADD");
    assert_eq!(of(1, "event"), "ONEXTERNALCALLSTART");
    assert_eq!(of(1, "data/USER_ID"), "9");
    assert_eq!(of(1, "auth/user_id"), "9");
    assert!(of(1, "data/CALL_ID").starts_with("externalCall."));
    press("callback", "number=%2B79005550142&line=74951343060")
        .await
        .unwrap();
    let got = world.receiver.take(1).await;
    assert_eq!(
        text(&got[0], "event").as_deref(),
        Some("ONEXTERNALCALLBACKSTART")
    );
    assert_eq!(
        text(&got[0], "data/LINE_NUMBER").as_deref(),
        Some("74951343060")
    );
}
