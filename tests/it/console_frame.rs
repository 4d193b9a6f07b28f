//! The console in a frame of the portal, as the employee's browser sees it.

use leadgate::simulator::OpenedPage;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::gateway::until;
use crate::portal_app::{Site, encoded};

/// A reply of the gateway.
#[derive(Debug)]
struct FrameReply {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl FrameReply {
    fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Returns what the page tells its script.
    fn facts(&self) -> Value {
        let written = self.text.split("data-frame=\"").nth(1).unwrap();
        let written = written.split('"').next().unwrap();
        serde_json::from_str(&written.replace("&quot;", "\"").replace("&amp;", "&")).unwrap()
    }

    fn token(&self) -> String {
        self.facts()["token"].as_str().unwrap().to_owned()
    }

    /// Returns the hidden field of this name.
    fn field(&self, name: &str) -> String {
        let start = format!("name=\"{name}\" value=\"");
        let value = self.text.split(&start).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    }
}

async fn sent(request: reqwest::RequestBuilder) -> FrameReply {
    let reply = request.send().await.unwrap();
    FrameReply {
        status: reply.status().as_u16(),
        headers: reply.headers().clone(),
        text: reply.text().await.unwrap(),
    }
}

fn browser() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    let client = client.redirect(Policy::none());
    client.pool_max_idle_per_host(0).build().unwrap()
}

/// Sends a form.
async fn form(url: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> FrameReply {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let fields: Vec<(String, String)> = fields.iter().map(owned).collect();
    let mut request = browser().post(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    sent(request.body(encoded(&fields))).await
}

/// Opens a page of the application as the browser of an employee does.
async fn open(site: &Site, user: u32, placement: &str) -> FrameReply {
    let page = site.open(user, placement);
    post(&page, &[]).await
}

async fn post(page: &OpenedPage, headers: &[(&str, &str)]) -> FrameReply {
    let fields = page.form.iter();
    let fields: Vec<(&str, &str)> = fields
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    form(&page.url, &fields, headers).await
}

/// Reads a page of the console with a token.
async fn read(site: &Site, token: &str, path: &str) -> FrameReply {
    let request = browser().get(site.gateway.url(path));
    let request = request.header("accept", "text/html");
    let request = request.header("accept-language", "en");
    sent(request.header("authorization", format!("Bearer {token}"))).await
}

async fn installed(flags: &[(&str, &str)]) -> Site {
    let site = Site::with(flags).await;
    site.install().await;
    site
}

#[actix_web::test]
async fn only_the_page_of_the_application_stands_in_a_frame_and_only_in_that_of_the_portal() {
    let site = installed(&[]).await;
    let page = open(&site, 1, "CRM_DEAL_LIST_TOOLBAR").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let policy = page.header("content-security-policy");
    let ancestors = format!("frame-ancestors {}; ", site.base);
    assert!(policy.contains(&ancestors), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-frame-options"), "");
    let facts = page.facts();
    assert_eq!(facts["to"], "/console/channels?record=deal&crm=main");
    assert_eq!(facts["portal"], site.base);
    // everything else refuses to
    let token = page.token();
    for path in [
        "/console",
        "/console/sign-in",
        "/console/channels",
        "/console/nothing",
    ] {
        let own = read(&site, &token, path).await;
        let others = sent(browser().get(site.gateway.url(path))).await;
        for reply in [own, others] {
            let policy = reply.header("content-security-policy");
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
        }
    }
    let strange = site.gateway.url("/b24/other/app");
    let reply = form(&strange, &[("AUTH_ID", "a")], &[]).await;
    assert_eq!(reply.status, 404);
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
}

#[actix_web::test]
async fn no_token_of_the_portal_is_in_the_page_and_no_cookie_is_set() {
    let site = installed(&[]).await;
    let opened = site.open(1, "DEFAULT");
    let page = post(&opened, &[]).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for secret in ["AUTH_ID", "REFRESH_ID", "APPLICATION_TOKEN"] {
        let sent = opened.form.iter().find(|(name, _)| name == secret);
        let (_, value) = sent.unwrap();
        assert!(!page.text.contains(value.as_str()), "{secret}");
    }
    let reply = read(&site, &page.token(), "/console").await;
    for reply in [&page, &reply] {
        assert!(reply.headers.get("set-cookie").is_none(), "{reply:?}");
    }
}

#[actix_web::test]
async fn a_token_opens_pages_as_the_employee_and_as_a_cookie_it_opens_nothing() {
    let site = installed(&[]).await;
    let token = open(&site, 1, "DEFAULT").await.token();
    let page = read(&site, &token, "/console/channels").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let portal = site.base.trim_start_matches("http://");
    let name = format!("employee 1 of {portal}");
    assert!(page.text.contains(&name), "{}", page.text);
    let cookie = browser().get(site.gateway.url("/console/channels"));
    let cookie = cookie.header("cookie", format!("leadgate-session={token}"));
    let reply = sent(cookie.header("accept", "text/html")).await;
    assert!(!reply.text.contains(&name), "{}", reply.text);
    let wrong = format!("{token}x");
    assert_eq!(read(&site, &wrong, "/console").await.status, 401);
    // a change needs the token of the page, as with a cookie
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let url = site.gateway.url("/console/channels/new");
    let fields = [
        ("title", "Заказы"),
        ("target", "record.TITLE"),
        ("value", "Заказ"),
        ("record", "deal"),
    ];
    assert_eq!(form(&url, &fields, &headers).await.status, 403);
    let csrf = page.text.split("X-CSRF&quot;:&quot;").nth(1).unwrap();
    let csrf = csrf.split('&').next().unwrap();
    let fields: Vec<(&str, &str)> = fields.into_iter().chain([("csrf", csrf)]).collect();
    let made = form(&url, &fields, &headers).await;
    assert_eq!(made.status, 303, "{}", made.text);
    let log = read(&site, &token, "/console/audit").await;
    assert!(log.text.contains(&name), "{}", log.text);
}

#[actix_web::test]
async fn roles_come_from_the_settings_and_who_has_none_gets_no_page() {
    let site = installed(&[]).await;
    let page = open(&site, 7, "DEFAULT").await;
    assert_eq!(page.status, 403);
    assert!(page.text.contains("main/7: author"), "{}", page.text);
    assert!(!page.text.contains("data-frame"), "{}", page.text);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains(&site.base), "the reason is seen: {policy}");
    let roles = "admin: admin, 7: author, *: viewer";
    let site = installed(&[("console.portal_roles", roles)]).await;
    let author = open(&site, 7, "DEFAULT").await.token();
    assert_eq!(
        read(&site, &author, "/console/channels/new").await.status,
        200
    );
    assert_eq!(read(&site, &author, "/console/users").await.status, 403);
    let viewer = open(&site, 9, "DEFAULT").await.token();
    assert_eq!(read(&site, &viewer, "/console/channels").await.status, 200);
    assert_eq!(
        read(&site, &viewer, "/console/channels/new").await.status,
        403
    );
}

#[actix_web::test]
async fn a_forged_opening_begins_no_session() {
    let site = installed(&[]).await;
    let opened = site.open(1, "DEFAULT");
    let with = |name: &str, value: &str| {
        let mut page = opened.clone();
        let field = page.form.iter_mut().find(|(field, _)| field == name);
        value.clone_into(&mut field.unwrap().1);
        page
    };
    for page in [
        with("AUTH_ID", "0123456789abcdef"),
        with("AUTH_ID", ""),
        with("member_id", "ffffffffffffffffffffffffffffffff"),
        OpenedPage {
            url: opened.url.replace("DOMAIN=", "DOMAIN=evil.example%2F"),
            ..opened.clone()
        },
    ] {
        let reply = post(&page, &[]).await;
        assert!(
            (400..500).contains(&reply.status),
            "{} {}",
            page.url,
            reply.status
        );
        assert!(!reply.text.contains("data-frame"), "{}", reply.text);
    }
}

#[actix_web::test]
async fn an_open_page_renews_its_session_while_the_portal_knows_the_employee() {
    let site = installed(&[("console.portal_session", "5m")]).await;
    let opened = site.open(1, "DEFAULT");
    let renewed = post(&opened, &[("accept", "application/json")]).await;
    let renewed: Value = serde_json::from_str(&renewed.text).unwrap();
    assert_eq!(renewed["seconds"], 300);
    let token = renewed["token"].as_str().unwrap();
    assert_eq!(read(&site, token, "/console").await.status, 200);
    site.tokens("revoke").await;
    let refused = post(&opened, &[("accept", "application/json")]).await;
    assert!(!(200..300).contains(&refused.status), "{}", refused.text);
}

#[actix_web::test]
async fn removing_the_application_ends_the_sessions_of_its_employees() {
    let site = installed(&[]).await;
    let token = open(&site, 1, "DEFAULT").await.token();
    assert_eq!(read(&site, &token, "/console").await.status, 200);
    site.portal.uninstall_application(&site.client_id).unwrap();
    until("the session has ended", async || {
        read(&site, &token, "/console").await.status == 401
    })
    .await;
}

#[actix_web::test]
async fn an_administrator_ends_the_sessions_of_an_employee() {
    let site = installed(&[("console.portal_roles", "admin: admin, *: viewer")]).await;
    let admin = open(&site, 1, "DEFAULT").await.token();
    let other = open(&site, 9, "DEFAULT").await.token();
    let users = read(&site, &admin, "/console/users").await;
    let portal = site.base.trim_start_matches("http://");
    let name = format!("{portal}/9");
    assert!(users.text.contains(&name), "{}", users.text);
    let csrf = users.field("csrf");
    let fields = [("csrf", csrf.as_str()), ("name", name.as_str())];
    let url = site.gateway.url("/console/users/sign-out");
    let bearer = format!("Bearer {admin}");
    let ended = form(&url, &fields, &[("authorization", &bearer)]).await;
    assert_eq!(ended.status, 303, "{}", ended.text);
    assert_eq!(read(&site, &other, "/console").await.status, 401);
    assert_eq!(read(&site, &admin, "/console").await.status, 200);
}

#[actix_web::test]
async fn the_button_opens_the_console_in_a_tab_once_and_not_from_other_sites() {
    let site = installed(&[]).await;
    let url = site.gateway.url("/console/sign-in/portal");
    let page = open(&site, 1, "DEFAULT").await;
    let ticket = page.field("ticket");
    let fields = [("ticket", ticket.as_str())];
    let foreign = form(&url, &fields, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(foreign.status, 422, "{}", foreign.text);
    let own = [("sec-fetch-site", "same-origin")];
    let opened = form(&url, &fields, &own).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, "/console")
    );
    let cookie = opened.header("set-cookie").split(';').next().unwrap();
    let request = browser().get(site.gateway.url("/console"));
    let tab = sent(
        request
            .header("cookie", cookie)
            .header("accept", "text/html"),
    )
    .await;
    assert!(tab.text.contains("портала"), "{}", tab.text);
    assert_eq!(form(&url, &fields, &own).await.status, 422);
    // a link leads nowhere: the secret never stands in an address
    let link = browser().get(format!("{url}?ticket={ticket}"));
    assert_eq!(sent(link).await.status, 422);
}

#[actix_web::test]
async fn the_tab_of_a_card_shows_the_submissions_of_its_record() {
    let site = installed(&[]).await;
    for number in 1..=2 {
        site.answer(number).await;
    }
    site.gateway.settle().await;
    let options = json!({"ID": "1"}).as_object().cloned();
    let opened = site
        .portal
        .open_application(&site.client_id, 1, "CRM_DEAL_DETAIL_TAB", options);
    let page = post(&opened.unwrap(), &[]).await;
    let facts = page.facts();
    assert_eq!(facts["to"], "/console/records/deal/1?crm=main");
    assert_eq!(facts["tab"], true);
    let path = facts["to"].as_str().unwrap().to_owned();
    let tab = read(&site, &page.token(), &path).await;
    assert_eq!(tab.text.matches("<article").count(), 1, "{}", tab.text);
    assert!(tab.text.contains("delivered"), "{}", tab.text);
    assert!(tab.text.contains("Why so"), "{}", tab.text);
    let unknown = read(&site, &page.token(), "/console/records/deal/999?crm=main").await;
    assert!(
        unknown.text.contains("has received nothing"),
        "{}",
        unknown.text
    );
    let other = read(&site, &page.token(), "/console/records/deal/1?crm=other").await;
    assert!(
        other.text.contains("has received nothing"),
        "{}",
        other.text
    );
}
