//! Applications over real HTTP, as the gateway and the vendor's SDKs use them.

use serde_json::{Value, json};

use super::wire::Site;
use crate::simulator::ApplicationSetup;

const HANDLER: &str = "http://127.0.0.1:9/b24/main/app";

/// A portal with an application whose installer runs.
struct World {
    site: Site,
    client: String,
    secret: String,
    access: String,
    refresh: String,
}

impl World {
    fn start() -> Self {
        Self::with(&["crm", "placement", "im", "telephony"])
    }

    fn with(scopes: &[&str]) -> Self {
        let site = Site::start();
        let setup = ApplicationSetup {
            name: Some("main".to_owned()),
            title: "Leadgate".to_owned(),
            handler: HANDLER.to_owned(),
            installer: Some("http://127.0.0.1:9/b24/main/install".to_owned()),
            scopes: scopes.iter().map(|&it| it.to_owned()).collect(),
        };
        let credentials = site.portal.register_application(&setup).unwrap();
        let client = credentials.client_id;
        site.portal.begin_installation(&client).unwrap();
        let mut world = Self {
            site,
            client,
            secret: credentials.client_secret,
            access: String::new(),
            refresh: String::new(),
        };
        let form = world.open(1);
        world.access = form("AUTH_ID");
        world.refresh = form("REFRESH_ID");
        world
    }

    /// Opens the main page as an employee and returns the fields of the form.
    fn open(&self, user: u32) -> impl Fn(&str) -> String + use<> {
        let page = self
            .site
            .portal
            .open_application(&self.client, user, "DEFAULT", None);
        let form = page.unwrap().form;
        move |name| {
            let found = form.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        }
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let request = self.site.client.post(format!("{}{path}", self.site.root));
        let request = request.header("content-type", "application/json");
        let response = request.body(body.to_string()).send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Calls a method with a token.
    async fn call(&self, method: &str, token: &str, params: Value) -> (u16, Value) {
        let mut params = params;
        params["auth"] = token.into();
        self.post(&format!("/rest/{method}"), params).await
    }

    async fn as_admin(&self, method: &str, params: Value) -> Value {
        let (status, answer) = self.call(method, &self.access, params).await;
        assert_eq!(status, 200, "{method}: {answer}");
        answer["result"].clone()
    }

    async fn token(&self, more: Value) -> (u16, Value) {
        let mut form = json!({
            "grant_type": "refresh_token", "client_id": self.client, "client_secret": self.secret,
        });
        for (name, value) in more.as_object().unwrap() {
            form[name] = value.clone();
        }
        self.post("/oauth/oauth/token/", form).await
    }

    async fn control(&self, what: &str, mut body: Value) -> (u16, Value) {
        if body.is_object() && what != "application-quirks" && what != "faults" {
            body["client_id"] = self.client.as_str().into();
        }
        self.post(&format!("/sandbox/control/{what}"), body).await
    }
}

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or_default())
}

#[actix_web::test]
async fn the_post_of_a_page_has_the_documented_fields() {
    let world = World::start();
    let page = world
        .site
        .portal
        .open_application(&world.client, 1, "DEFAULT", None)
        .unwrap();
    let host = world.site.root.trim_start_matches("http://");
    let start =
        format!("http://127.0.0.1:9/b24/main/install?DOMAIN={host}&PROTOCOL=0&LANG=ru&APP_SID=");
    assert!(page.url.starts_with(&start), "{}", page.url);
    let names: Vec<&str> = page.form.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "AUTH_ID",
            "AUTH_EXPIRES",
            "REFRESH_ID",
            "SERVER_ENDPOINT",
            "APPLICATION_TOKEN",
            "APPLICATION_SCOPE",
            "member_id",
            "status",
            "PLACEMENT"
        ]
    );
    let refused = world
        .site
        .portal
        .open_application(&world.client, 7, "DEFAULT", None);
    assert!(refused.is_err(), "not installed yet");
    world
        .site
        .portal
        .finish_installation(&world.client, 7)
        .unwrap_err();
    world
        .site
        .portal
        .finish_installation(&world.client, 1)
        .unwrap();
    let page = world
        .site
        .portal
        .open_application(&world.client, 7, "DEFAULT", None);
    assert!(page.unwrap().url.starts_with(HANDLER));
}

#[actix_web::test]
async fn a_refresh_token_rotates_and_is_good_once() {
    let world = World::start();
    let refresh = json!({"refresh_token": world.refresh});
    let (status, pair) = world.token(refresh.clone()).await;
    assert_eq!((status, &pair["expires_in"]), (200, &json!(3600)));
    assert_eq!(pair["user_id"], 1);
    assert_ne!(pair["refresh_token"], world.refresh.as_str());
    assert_eq!(code(&world.token(refresh).await), (400, "invalid_grant"));
    // the old access token lives on
    world.as_admin("profile", json!({})).await;
    for (more, expected) in [
        (json!({"client_id": "local.0"}), (200, "wrong_client")),
        (json!({"client_secret": "x"}), (400, "invalid_client")),
        (json!({}), (400, "invalid_request")),
        (json!({"grant_type": "password"}), (400, "invalid_request")),
        (json!({"refresh_token": "x"}), (400, "invalid_grant")),
        (
            json!({"refresh_token": pair["access_token"]}),
            (400, "invalid_grant"),
        ),
    ] {
        assert_eq!(code(&world.token(more.clone()).await), expected, "{more}");
    }
    let expired = json!({"do": "expire_refresh"});
    world.control("application-tokens", expired).await;
    let late = json!({"refresh_token": pair["refresh_token"]});
    assert_eq!(code(&world.token(late).await), (400, "invalid_grant"));
}

#[actix_web::test]
async fn a_lost_reply_costs_the_refresh_token() {
    let world = World::start();
    let fault = json!({"code": "RESET_AFTER", "method": "oauth.token"});
    world.control("faults", fault).await;
    let form = json!({"grant_type": "refresh_token", "client_id": world.client,
        "client_secret": world.secret, "refresh_token": world.refresh});
    let url = format!("{}/oauth/token/", world.site.root);
    let lost = world.site.client.post(url);
    let lost = lost.header("content-type", "application/json");
    assert!(lost.body(form.to_string()).send().await.is_err());
    let again = world.token(json!({"refresh_token": world.refresh})).await;
    assert_eq!(code(&again), (400, "invalid_grant"));
    let calls = world.site.portal.transcript();
    let text = serde_json::to_string(&calls).unwrap();
    assert!(text.contains("oauth.token") && !text.contains(&world.secret));
    for (fault, expected) in [
        (json!({"code": "BAD_GATEWAY"}), (502, "")),
        (
            json!({"code": "REFUSED", "error": "PAYMENT_REQUIRED"}),
            (400, "PAYMENT_REQUIRED"),
        ),
        (
            json!({"code": "REFUSED", "error": "wrong_client"}),
            (200, "wrong_client"),
        ),
    ] {
        let mut aimed = fault.clone();
        aimed["method"] = "oauth.token".into();
        world.control("faults", aimed).await;
        let answer = world.token(json!({"refresh_token": "x"})).await;
        assert_eq!(code(&answer), expected, "{fault}");
    }
}

#[actix_web::test]
async fn a_code_of_the_authorize_page_is_exchanged_once() {
    let world = World::start();
    let url = format!(
        "{}/oauth/authorize/?state=s%26t&client_id=",
        world.site.root
    );
    let get = |client: &str| world.site.client.get(format!("{url}{client}")).send();
    let foreign = get("local.0").await.unwrap();
    assert_eq!(foreign.status(), 400);
    assert!(foreign.headers().get("location").is_none());
    let redirect = get(&world.client).await.unwrap();
    assert_eq!(redirect.status(), 302);
    let target = redirect.headers()["location"].to_str().unwrap().to_owned();
    let target = reqwest::Url::parse(&target).unwrap();
    let query: std::collections::HashMap<_, _> = target.query_pairs().into_owned().collect();
    assert!(target.as_str().starts_with(HANDLER), "{target}");
    assert_eq!(query["state"], "s&t");
    let exchange = json!({"grant_type": "authorization_code", "code": query["code"]});
    let (status, pair) = world.token(exchange.clone()).await;
    assert_eq!((status, &pair["user_id"]), (200, &json!(1)));
    assert_eq!(code(&world.token(exchange).await), (400, "invalid_grant"));
    let access = pair["access_token"].as_str().unwrap();
    assert_eq!(world.call("profile", access, json!({})).await.0, 200);
}

#[actix_web::test]
async fn the_authorization_server_says_whose_a_token_is() {
    let world = World::start();
    let ask = |token: &str| world.post("/oauth/rest/app.info/", json!({ "auth": token }));
    let (status, answer) = ask(&world.access).await;
    assert_eq!(status, 200);
    let result = &answer["result"];
    assert_eq!(result["client_id"], world.client.as_str());
    assert_eq!(result["user_id"], 1);
    assert_eq!(result["install"]["installed"], false);
    let host = world.site.root.trim_start_matches("http://");
    assert_eq!(result["install"]["domain"], host);
    assert_eq!(code(&ask("x").await), (401, "NO_AUTH_FOUND"));
    assert_eq!(code(&ask(&"ab".repeat(35)).await), (400, "invalid_client"));
    let expire = json!({"do": "expire_access"});
    world.control("application-tokens", expire).await;
    assert_eq!(code(&ask(&world.access).await), (401, "expired_token"));
    let (status, answer) = world.call("profile", &world.access, json!({})).await;
    assert_eq!((status, &answer["error"]), (401, &json!("expired_token")));
    world
        .site
        .portal
        .uninstall_application(&world.client)
        .unwrap();
    assert_eq!(code(&ask(&world.access).await), (401, "NOT_INSTALLED"));
}

#[actix_web::test]
async fn a_token_is_taken_from_the_header_the_body_and_the_query() {
    let world = World::start();
    world
        .site
        .portal
        .finish_installation(&world.client, 1)
        .unwrap();
    let token = world.open(7)("AUTH_ID");
    let url = format!("{}/rest/profile", world.site.root);
    let client = &world.site.client;
    for request in [
        client.get(format!("{url}?auth={token}")),
        client.get(format!("{url}.json?access_token={token}")),
        client.post(&url).bearer_auth(&token),
        client.get(format!("{url}?auth=wrong")).bearer_auth(&token),
        client
            .post(&url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(format!("auth={token}")),
    ] {
        let text = request.send().await.unwrap().text().await.unwrap();
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["result"]["ID"], "7", "{text}");
        assert_eq!(answer["result"]["ADMIN"], false);
    }
    let wrong = world.call("profile", "wrong", json!({})).await;
    assert_eq!(code(&wrong), (401, "invalid_token"));
}

#[actix_web::test]
async fn scopes_and_rights_are_those_of_the_token() {
    let world = World::with(&["crm"]);
    assert_eq!(world.as_admin("scope", json!({})).await, json!(["crm"]));
    let (status, answer) = world
        .call("im.notify.system.add", &world.access, json!({}))
        .await;
    assert_eq!(
        (status, &answer["error"]),
        (403, &json!("insufficient_scope"))
    );
    let words = "The request requires higher privileges than provided by the access token";
    assert_eq!(answer["error_description"], words);
    let refused = world.call("placement.list", &world.access, json!({})).await;
    assert_eq!(code(&refused), (403, "insufficient_scope"));
    // the webhook keeps its own
    let (status, _) = world.site.json("user.get", json!({})).await;
    assert_eq!(status, 200);
    let id = world
        .as_admin("crm.lead.add", json!({"fields": {"TITLE": "A"}}))
        .await;
    let lead = world.as_admin("crm.lead.get", json!({ "id": id })).await;
    assert_eq!(lead["CREATED_BY_ID"], "1");
    world
        .site
        .portal
        .finish_installation(&world.client, 1)
        .unwrap();
    let employee = world.open(9)("AUTH_ID");
    let (_, answer) = world
        .call("crm.lead.add", &employee, json!({"fields": {"TITLE": "B"}}))
        .await;
    let lead = world
        .as_admin("crm.lead.get", json!({"id": answer["result"]}))
        .await;
    assert_eq!(lead["CREATED_BY_ID"], "9");
    let change = json!([{"id": 9, "access": false}, {"id": 1, "active": false}]);
    world.control("employees", change).await;
    let shut_out = world.call("profile", &employee, json!({})).await;
    assert_eq!(code(&shut_out), (403, "user_access_error"));
    let dismissed = world.call("profile", &world.access, json!({})).await;
    assert_eq!(code(&dismissed), (401, "authorization_error"));
    let refresh = json!({"refresh_token": world.refresh});
    assert_eq!(code(&world.token(refresh).await), (400, "invalid_grant"));
}

#[actix_web::test]
async fn webhooks_are_refused_what_applications_may() {
    let world = World::start();
    for method in [
        "placement.list",
        "placement.bind",
        "placement.unbind",
        "placement.get",
        "event.bind",
        "event.unbind",
        "event.get",
        "event.test",
        "app.option.get",
        "app.option.set",
        "user.option.get",
        "user.option.set",
    ] {
        let answer = world.site.json(method, json!({})).await;
        assert_eq!(code(&answer), (403, "WRONG_AUTH_TYPE"), "{method}");
    }
    let (_, answer) = world.site.json("app.info", json!({})).await;
    assert!(answer["result"]["SCOPE"].is_array());
}

#[actix_web::test]
async fn budgets_of_operating_time_are_apart() {
    let world = World::start();
    let limits = json!({"operating": 10.0, "cost": {"crm.lead.list": 20.0}});
    let limits: crate::simulator::Limits = serde_json::from_value(limits).unwrap();
    world.site.portal.set_limits(limits);
    world.as_admin("crm.lead.list", json!({})).await;
    let second = world.call("crm.lead.list", &world.access, json!({})).await;
    assert_eq!(code(&second), (429, "OPERATION_TIME_LIMIT"));
    let (status, _) = world.site.json("crm.lead.list", json!({})).await;
    assert_eq!(status, 200);
}

#[actix_web::test]
async fn widgets_are_bound_once_and_shown_when_installed() {
    let world = World::start();
    let bind = json!({"PLACEMENT": "CRM_DEAL_LIST_TOOLBAR", "HANDLER": HANDLER, "TITLE": "Site",
        "LANG_ALL": {"ru": {"TITLE": "Интеграция с сайтом"}}});
    assert_eq!(world.as_admin("placement.bind", bind.clone()).await, true);
    let again = world
        .call("placement.bind", &world.access, bind.clone())
        .await;
    assert_eq!(code(&again), (400, "ERROR_CORE"));
    assert!(
        again.1["error_description"]
            .as_str()
            .unwrap()
            .ends_with("Handler already binded")
    );
    for (more, expected) in [
        (json!({"PLACEMENT": ""}), (400, "ERROR_ARGUMENT")),
        (
            json!({"PLACEMENT": "NOTHING"}),
            (400, "ERROR_PLACEMENT_NOT_FOUND"),
        ),
        (
            json!({"HANDLER": "http://localhost/x"}),
            (400, "ERROR_WRONG_HANDLER_URL"),
        ),
        (
            json!({"HANDLER": "ftp://a.example/x"}),
            (400, "ERROR_UNSUPPORTED_PROTOCOL"),
        ),
        (json!({"USER_ID": 7}), (200, "ERROR_PLACEMENT_USER_MODE")),
    ] {
        let mut params = bind.clone();
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        let answer = world.call("placement.bind", &world.access, params).await;
        assert_eq!(code(&answer), expected, "{more}");
    }
    let shown = || {
        let core = world.site.portal.core();
        let widgets = core.state.applications.widgets("CRM_DEAL_LIST_TOOLBAR", 7);
        widgets
            .map(|(_, it)| it.title_in("ru").to_owned())
            .collect::<Vec<_>>()
    };
    assert!(
        shown().is_empty(),
        "hidden until the installation has finished"
    );
    world
        .site
        .portal
        .finish_installation(&world.client, 1)
        .unwrap();
    assert_eq!(shown(), ["Интеграция с сайтом"]);
    let employee = world.open(7)("AUTH_ID");
    let refused = world.call("placement.get", &employee, json!({})).await;
    assert_eq!(code(&refused), (403, "ACCESS_DENIED"));
    let options = json!({"URI": "/crm/deal/list/"}).as_object().cloned();
    let portal = &world.site.portal;
    let page = portal.open_application(&world.client, 7, "CRM_DEAL_LIST_TOOLBAR", options);
    let form = page.unwrap().form;
    let sent = (
        "PLACEMENT_OPTIONS".to_owned(),
        r#"{"URI":"\/crm\/deal\/list\/"}"#.to_owned(),
    );
    assert!(form.contains(&sent), "{form:?}");
    let unbind = json!({"PLACEMENT": "CRM_DEAL_LIST_TOOLBAR", "HANDLER": HANDLER});
    assert_eq!(
        world.as_admin("placement.unbind", unbind).await,
        json!({"count": 2})
    );
    assert_eq!(world.as_admin("placement.get", json!({})).await, json!([]));
}

#[actix_web::test]
async fn options_belong_to_the_application_and_to_employees() {
    let world = World::start();
    assert_eq!(world.as_admin("app.option.get", json!({})).await, json!([]));
    let set = json!({"options": {"cfg": "1"}});
    assert_eq!(world.as_admin("app.option.set", set.clone()).await, true);
    assert_eq!(
        world
            .as_admin("app.option.get", json!({"option": "cfg"}))
            .await,
        "1"
    );
    assert_eq!(
        world
            .as_admin("user.option.get", json!({"option": "cfg"}))
            .await,
        Value::Null
    );
    world.as_admin("user.option.set", set).await;
    assert_eq!(
        world.as_admin("user.option.get", json!({})).await,
        json!({"cfg": "1"})
    );
    let empty = world.call("app.option.set", &world.access, json!({})).await;
    assert_eq!(code(&empty), (400, "ERROR_ARGUMENT"));
    assert_eq!(empty.1["argument"], "options");
    world
        .site
        .portal
        .uninstall_application(&world.client)
        .unwrap();
    let core = world.site.portal.core();
    assert!(core.state.applications.all[0].options.is_empty());
}

#[test]
fn a_snapshot_keeps_applications_and_tokens() {
    let portal = super::portal();
    let setup = ApplicationSetup {
        name: Some("main".to_owned()),
        title: String::new(),
        handler: HANDLER.to_owned(),
        installer: None,
        scopes: vec!["crm".to_owned()],
    };
    let credentials = portal.register_application(&setup).unwrap();
    portal.begin_installation(&credentials.client_id).unwrap();
    let page = portal.open_application(&credentials.client_id, 7, "DEFAULT", None);
    let form = page.unwrap().form;
    let (_, access) = form.iter().find(|(name, _)| name == "AUTH_ID").unwrap();
    let other = super::portal();
    other.restore(portal.snapshot()).unwrap();
    let now = other.core().now().as_second();
    let caller = other.core().state.applications.caller(access, now).unwrap();
    assert_eq!(caller.user, 7);
    assert_eq!(other.register_application(&setup).unwrap(), credentials);
    other.reset();
    assert_eq!(other.register_application(&setup).unwrap(), credentials);
    let refused = other
        .core()
        .state
        .applications
        .caller(access, now)
        .unwrap_err();
    assert_eq!(refused.code, "invalid_token");
}
