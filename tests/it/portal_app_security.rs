//! Nothing that a request of a portal says of itself is believed, and only the portal of the settings
//! installs, opens and removes the application.

use leadgate::simulator::OpenedPage;
use serde_json::json;

use crate::gateway::{direct, until};
use crate::portal_app::{Site, encoded};

/// Replaces a field of a page's form, or of its address.
fn with(page: &OpenedPage, name: &str, value: &str) -> OpenedPage {
    let mut page = page.clone();
    for (field, old) in &mut page.form {
        if field == name {
            value.clone_into(old);
        }
    }
    let (path, query) = page.url.split_once('?').unwrap();
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((field, _)) if field == name => format!("{field}={value}"),
        _ => pair.to_owned(),
    });
    page.url = format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"));
    page
}

impl Site {
    /// Sends an event to the gateway.
    async fn event(&self, members: &[(&str, &str)]) -> u16 {
        let form: Vec<(String, String)> = members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let url = self.gateway.url("/b24/main/events");
        self.post_form(&url, &form).await.0
    }

    /// Returns the token with which the portal proves the origin of its events.
    fn application_token(&self) -> String {
        let page = self.open(1, "DEFAULT");
        let mut fields = page.form.iter();
        let token = fields.find(|(name, _)| name == "APPLICATION_TOKEN");
        token.unwrap().1.clone()
    }

    /// Returns the places in which the portal has the application.
    fn places(&self) -> usize {
        let answers = self.portal.transcript();
        let binds = answers.iter().flat_map(|call| &call.commands);
        binds
            .filter(|command| command.method == "placement.bind" && command.error.is_none())
            .count()
    }
}

#[actix_web::test]
async fn the_installer_serves_administrators_and_may_be_opened_again() {
    let site = Site::new().await;
    site.portal.begin_installation(&site.client_id).unwrap();
    site.control("employees", json!([{"id": 7, "admin": false}]))
        .await;
    if let Ok(page) = site
        .portal
        .open_application(&site.client_id, 7, "DEFAULT", None)
    {
        let (status, text) = site.post(&page).await;
        assert_eq!(status, 403, "{text}");
        assert!(text.contains("администратор"), "{text}");
    }
    assert_eq!(site.places(), 0);
    for _ in 0..2 {
        let (status, text) = site.post(&site.open(1, "DEFAULT")).await;
        assert_eq!(status, 200);
        assert!(
            text.contains("Интеграция с сайтом") && text.contains("data-finish"),
            "{text}"
        );
    }
    assert_eq!(site.places(), 5, "each page is bound once");
    assert_eq!(site.asked("im.notify.system.add"), 2);
    site.portal.finish_installation(&site.client_id, 1).unwrap();
    // a page of an installed application has nothing to finish
    let page = site.open(1, "DEFAULT");
    let again = page.url.replace("/app?", "/install?");
    let (status, text) = site.post_form(&again, &page.form).await;
    assert_eq!(status, 200);
    assert!(!text.contains("data-finish"), "{text}");
    assert_eq!(site.places(), 5);
}

#[actix_web::test]
async fn forged_openings_are_refused_and_no_address_of_a_request_is_asked() {
    let site = Site::new().await;
    site.install().await;
    let page = site.open(1, "DEFAULT");
    for (name, value) in [
        ("DOMAIN", "127.0.0.1"),
        ("DOMAIN", "evil.example"),
        ("DOMAIN", "169.254.169.254"),
        ("member_id", "00000000000000000000000000000000"),
        ("AUTH_ID", "a-token-of-nobody"),
    ] {
        let (status, text) = site.post(&with(&page, name, value)).await;
        assert_eq!(status, 403, "{name}={value}: {text}");
        assert!(!text.contains(value), "{text}");
    }
    let malformed = with(&page, "AUTH_ID", "");
    assert_eq!(site.post(&malformed).await.0, 400);
    // a server of the request's own choice is not asked: the right one still says who it is
    let (status, _) = site
        .post(&with(&page, "SERVER_ENDPOINT", "http://127.0.0.1:1/rest/"))
        .await;
    assert_eq!(status, 200);
    let unknown = page.url.replace("/b24/main/", "/b24/other/");
    assert_eq!(site.post_form(&unknown, &page.form).await.0, 404);
    let long = vec![("AUTH_ID".to_owned(), "a".repeat(100_000))];
    assert_eq!(site.post_form(&page.url, &long).await.0, 400);
    site.tokens("expire_access").await;
    assert_eq!(site.post(&page).await.0, 403);
}

#[actix_web::test]
async fn a_token_of_another_application_opens_nothing() {
    let site = Site::new().await;
    site.install().await;
    let other = leadgate::simulator::ApplicationSetup {
        name: Some("other".to_owned()),
        title: "other".to_owned(),
        handler: "https://other.example/app".to_owned(),
        installer: None,
        scopes: vec!["crm".to_owned()],
    };
    let other = site.portal.register_application(&other).unwrap();
    site.portal.begin_installation(&other.client_id).unwrap();
    let foreign = site
        .portal
        .open_application(&other.client_id, 1, "DEFAULT", None)
        .unwrap();
    let own = site.open(1, "DEFAULT");
    let (status, _) = site.post_form(&own.url, &foreign.form).await;
    assert_eq!(status, 403);
}

#[actix_web::test]
async fn pages_are_shown_inside_the_portal_only() {
    let site = Site::new().await;
    site.install().await;
    let page = site.open(1, "DEFAULT");
    for url in [&page.url, &page.url.replace("/app?", "/install?")] {
        let reply = direct()
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(&page.form))
            .send()
            .await
            .unwrap();
        let policy = reply.headers()["content-security-policy"].to_str().unwrap();
        let ancestors = format!("frame-ancestors {}", site.base);
        assert!(policy.contains(&ancestors), "{policy}");
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        assert_eq!(reply.headers()["referrer-policy"], "no-referrer");
        assert_eq!(reply.headers()["cache-control"], "no-store");
        let text = reply.text().await.unwrap();
        for (name, value) in &page.form {
            let is_secret = ["AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"].contains(&name.as_str());
            assert!(!is_secret || !text.contains(value), "{name}");
        }
    }
}

#[actix_web::test]
async fn a_return_with_a_code_leads_nowhere() {
    let site = Site::new().await;
    site.install().await;
    let before = site.asked("oauth.token");
    let query = "?code=abc&state=https://evil.example&domain=evil.example&member_id=x&server_domain=evil.example&redirect_uri=https://evil.example";
    let url = site.gateway.url("/b24/main/app");
    let reply = direct().get(format!("{url}{query}")).send().await.unwrap();
    assert_eq!(reply.status(), 200);
    assert!(reply.headers().get("location").is_none());
    let text = reply.text().await.unwrap();
    assert!(!text.contains("evil") && !text.contains("abc"), "{text}");
    assert_eq!(site.asked("oauth.token"), before);
}

#[actix_web::test]
async fn events_prove_their_origin() {
    let site = Site::new().await;
    let token = "a".repeat(32);
    // before an installation there is no token that could be right
    let test = [
        ("event", "ONAPPTEST"),
        ("auth[application_token]", token.as_str()),
    ];
    assert_eq!(site.event(&test).await, 403);
    site.install().await;
    let right = site.application_token();
    for (event, given, status) in [
        ("ONAPPTEST", right.as_str(), 200),
        ("onapptest", &right, 200),
        ("ONAPPTEST", &token, 403),
        ("ONAPPTEST", "", 403),
        ("ONAPPUNINSTALL", &token, 403),
        ("ONCRMDEALADD", &right, 403),
        ("", &right, 403),
        ("ONEXTERNALCALLSTART", &right, 503),
    ] {
        let form = [("event", event), ("auth[application_token]", given)];
        assert_eq!(site.event(&form).await, status, "{event} {given}");
    }
    assert_eq!(site.event(&[]).await, 403);
    // an installation that brings its own token needs a right access token
    let forged = [
        ("event", "ONAPPINSTALL"),
        ("auth[application_token]", token.as_str()),
        ("auth[access_token]", "forged"),
        ("auth[refresh_token]", "forged"),
        ("auth[member_id]", "x"),
        ("auth[domain]", site.base.trim_start_matches("http://")),
    ];
    assert_eq!(site.event(&forged).await, 403);
    let elsewhere = [("event", "ONAPPINSTALL"), ("auth[domain]", "evil.example")];
    assert_eq!(site.event(&elsewhere).await, 403);
    assert_eq!(site.event(&test).await, 403, "the forged token is not kept");
    let url = site.gateway.url("/b24/main/events");
    assert_eq!(direct().get(url).send().await.unwrap().status(), 405);
}

#[actix_web::test]
async fn an_employee_cannot_change_the_token_of_events() {
    let site = Site::with(&[("console.portal_roles", "*: viewer")]).await;
    site.install().await;
    let page = site.open(7, "DEFAULT");
    let forged = with(&page, "APPLICATION_TOKEN", &"b".repeat(32));
    assert_eq!(site.post(&forged).await.0, 200);
    let given = "b".repeat(32);
    let test = [
        ("event", "ONAPPTEST"),
        ("auth[application_token]", given.as_str()),
    ];
    assert_eq!(site.event(&test).await, 403);
}

#[actix_web::test]
async fn a_removed_application_loses_its_tokens_and_may_be_installed_again() {
    let site = Site::new().await;
    site.install().await;
    let file = site.gateway.home.path().join("data/crm-main.tokens");
    assert!(file.exists());
    let text = std::fs::read_to_string(&file).unwrap();
    let right = site.application_token();
    assert!(!text.contains(&right));
    site.portal.uninstall_application(&site.client_id).unwrap();
    until("the tokens are gone", async || !file.exists()).await;
    let test = [
        ("event", "ONAPPTEST"),
        ("auth[application_token]", right.as_str()),
    ];
    assert_eq!(site.event(&test).await, 403, "a replay");
    site.answer(1).await;
    site.install().await;
    until("the deal is there", async || site.deals() == 1).await;
}

#[actix_web::test]
async fn an_installation_without_a_page_comes_as_an_event() {
    let site = Site::new().await;
    site.portal.begin_installation(&site.client_id).unwrap();
    let page = site.open(1, "DEFAULT");
    let field = |name: &str| {
        let mut fields = page.form.iter();
        fields.find(|(field, _)| field == name).unwrap().1.clone()
    };
    let (access, refresh) = (field("AUTH_ID"), field("REFRESH_ID"));
    let (token, member) = (field("APPLICATION_TOKEN"), field("member_id"));
    let form = [
        ("event", "ONAPPINSTALL"),
        ("data[VERSION]", "1"),
        ("auth[access_token]", access.as_str()),
        ("auth[refresh_token]", &refresh),
        ("auth[expires_in]", "3600"),
        ("auth[member_id]", &member),
        ("auth[application_token]", &token),
        ("auth[domain]", site.base.trim_start_matches("http://")),
    ];
    assert_eq!(site.event(&form).await, 200);
    assert_eq!(site.places(), 5);
    let test = [
        ("event", "ONAPPTEST"),
        ("auth[application_token]", token.as_str()),
    ];
    assert_eq!(site.event(&test).await, 200);
}

/// Collects every text of a value that may be a token.
fn texts(value: &serde_json::Value, found: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => found.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        serde_json::Value::Object(members) => {
            members.values().for_each(|member| texts(member, found));
        }
        _ => {}
    }
}

#[actix_web::test]
async fn a_log_at_trace_has_no_token() {
    let site = Site::new().await;
    site.install().await;
    let config = site.settings_file("logged");
    let log = site.gateway.home.path().join("log.txt");
    let listen = format!("127.0.0.1:{}", crate::portal_app::free_port());
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_leadgate"))
        .args(["serve", "--log", "trace", "--listen", &listen, "--config"])
        .arg(config)
        .stdout(std::process::Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let own = format!("http://{listen}");
    until("it answers", async || {
        let health = direct().get(format!("{own}/healthz")).send().await;
        health.is_ok_and(|reply| reply.status().is_success())
    })
    .await;
    let page = site.open(1, "DEFAULT");
    let url = page.url.replace(site.flag("crm.main.app.public_url"), &own);
    assert_eq!(site.post_form(&url, &page.form).await.0, 200);
    let answer = |number: i64| {
        let body = crate::gateway::answer(1, number, json!({"email": "anna@mail.example"}));
        direct()
            .post(format!("{own}/polls/postAnswer"))
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
    };
    assert_eq!(answer(1).await.unwrap().status(), 200);
    until("the deal is there", async || site.deals() == 1).await;
    site.tokens("expire_access").await;
    assert_eq!(answer(2).await.unwrap().status(), 200);
    until("the second deal is there", async || site.deals() == 2).await;
    let token = site.application_token();
    let event = vec![
        ("event".to_owned(), "ONAPPTEST".to_owned()),
        ("auth[application_token]".to_owned(), token.clone()),
    ];
    assert_eq!(
        site.post_form(&format!("{own}/b24/main/events"), &event)
            .await
            .0,
        200
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("called the CRM"), "{log}");
    let mut secrets = vec![token, site.flag("crm.main.app.client_secret").to_owned()];
    for (name, value) in &page.form {
        if ["AUTH_ID", "REFRESH_ID"].contains(&name.as_str()) {
            secrets.push(value.clone());
        }
    }
    let state = direct()
        .get(format!("{}/sandbox/control/applications", site.base))
        .send()
        .await
        .unwrap();
    let state: serde_json::Value = serde_json::from_str(&state.text().await.unwrap()).unwrap();
    let mut all = Vec::new();
    texts(&state, &mut all);
    // tokens are long and have letters and digits only
    let is_token =
        |text: &String| text.len() >= 30 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let member = "0".repeat(31) + "1";
    secrets.extend(
        all.into_iter()
            .filter(is_token)
            .filter(|text| *text != member),
    );
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret}");
    }
}
