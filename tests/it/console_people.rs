//! Who gets into the console: users and their roles, sign-in by a link, a password or a proxy, and the
//! door of the sandbox.

use leadgate::console::hash_password;
use leadgate::domain::{ConsoleUser, Role};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};

use crate::console::PASSWORD;
use crate::gateway::{TestGateway, now};

/// A browser that follows no redirects.
fn browser() -> Client {
    let client = Client::builder().no_proxy().redirect(Policy::none());
    client.pool_max_idle_per_host(0).build().unwrap()
}

impl TestGateway {
    /// Adds a user with the password of the tests.
    async fn add_person(&self, name: &str, role: Role) {
        let user = ConsoleUser {
            name: name.to_owned(),
            role,
            password: hash_password(PASSWORD).unwrap(),
            created_at: now(),
        };
        assert!(self.beside().add_console_user(user).await.unwrap());
    }

    /// Prepares the form of the sign-in page.
    fn sign_in_form(&self, name: &str, password: &str) -> RequestBuilder {
        let form = format!("name={name}&password={}&to=", password.replace(' ', "+"));
        let request = browser().post(self.url("/console/sign-in"));
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept-language", "en")
            .body(form)
    }

    fn page(&self, path: &str) -> RequestBuilder {
        let request = browser().get(self.url(path));
        request
            .header("accept", "text/html")
            .header("accept-language", "en")
    }
}

/// Returns the cookie of a session that a reply begins.
fn cookie(reply: &Response) -> String {
    let set = reply.headers().get("set-cookie").expect("a session");
    let set = set.to_str().unwrap();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Lax"),
        "{set}"
    );
    set.split(';').next().unwrap().to_owned()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

async fn text(request: RequestBuilder) -> String {
    request.send().await.unwrap().text().await.unwrap()
}

const CHANGES: &[(&str, Role)] = &[
    ("/console/users/add", Role::Admin),
    ("/console/users/role", Role::Admin),
    ("/console/users/password", Role::Admin),
    ("/console/users/remove", Role::Admin),
    ("/console/users/sign-out", Role::Admin),
    ("/console/sources/channels/shop/save", Role::Admin),
    (
        "/console/sources/channels/shop/keys/token/make",
        Role::Admin,
    ),
    (
        "/console/sources/channels/shop/keys/token/revoke",
        Role::Admin,
    ),
    ("/console/sources/channels/shop/test", Role::Operator),
    ("/console/sources/polls/123/test", Role::Operator),
    ("/console/sources/trials/0193/remove", Role::Operator),
    ("/console/portals/crm:sandbox/pause", Role::Operator),
    ("/console/portals/crm:sandbox/resume", Role::Operator),
    ("/console/portals/crm:sandbox/check", Role::Operator),
    ("/console/portals/crm:sandbox/probe", Role::Operator),
    ("/console/portals/crm:sandbox/dictionaries", Role::Operator),
];

#[tokio::test]
async fn every_change_is_refused_to_weaker_roles_and_is_none_by_get() {
    let gateway = TestGateway::start().await;
    for role in Role::ALL {
        let client = gateway.signed_in_as(role).await;
        for (path, needed) in CHANGES {
            if role < *needed {
                let reply = client.press(path, &[]).await;
                assert_eq!(reply.status, 403, "{role:?} {path} {}", reply.text);
            }
            let reply = client.read(path).await;
            assert!(
                [403, 405].contains(&reply.status),
                "{path} {}",
                reply.status
            );
        }
        let page = client.read("/console/users").await;
        assert_eq!(page.status, if role == Role::Admin { 200 } else { 403 });
        for path in ["/console/account", "/console/portals", "/console/sources"] {
            let page = client.read(path).await;
            assert_eq!(page.status, 200, "{role:?} {path} {}", page.text);
        }
    }
}

#[tokio::test]
async fn users_are_added_changed_and_removed_but_never_the_last_administrator() {
    let gateway = TestGateway::start().await;
    let admin = gateway.signed_in().await;
    let hostile = "<b>&\"'";
    let reply = admin
        .press(
            "/console/users/add",
            &[
                ("name", hostile),
                ("role", "viewer"),
                ("password", PASSWORD),
            ],
        )
        .await;
    assert!(!reply.text.contains("<b>&"), "{}", reply.text);
    assert!(reply.text.contains("cannot name a user"), "{}", reply.text);
    let new = [
        ("name", "Ольга"),
        ("role", "author"),
        ("password", PASSWORD),
    ];
    let reply = admin.press("/console/users/add", &new).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    let short = [("name", "ivan"), ("role", "author"), ("password", "short")];
    let reply = admin.press("/console/users/add", &short).await;
    assert!(reply.text.contains("too short") && reply.text.contains("ivan"));
    let again = admin.press("/console/users/add", &new).await;
    assert!(again.text.contains("There is a user of this name"));
    let form = gateway.sign_in_form("%D0%9E%D0%BB%D1%8C%D0%B3%D0%B0", PASSWORD);
    let reply = form.send().await.unwrap();
    assert_eq!(reply.status(), 303);
    let cookie = cookie(&reply);
    let visit = || gateway.page("/console").header("cookie", &cookie);
    assert!(text(visit()).await.contains("Ольга"));
    let role = [("name", "Ольга"), ("role", "viewer")];
    assert_eq!(admin.press("/console/users/role", &role).await.status, 303);
    assert!(text(visit()).await.contains("viewer"));
    let gone = admin
        .press("/console/users/remove", &[("name", "Ольга")])
        .await;
    assert_eq!(gone.status, 303);
    assert!(text(visit()).await.contains("Sign in"));
    for (path, fields) in [
        ("/console/users/remove", &[("name", "admin")][..]),
        (
            "/console/users/role",
            &[("name", "admin"), ("role", "viewer")],
        ),
    ] {
        let reply = admin.press(path, fields).await;
        assert!(reply.text.contains("last administrator"), "{}", reply.text);
    }
    let audit = admin.read("/console/audit").await.text;
    for action in ["user-added", "user-role", "user-removed"] {
        assert!(audit.contains(action), "{audit}");
    }
    assert!(!audit.contains(PASSWORD));
}

#[tokio::test]
async fn a_session_begins_anew_ends_at_signing_out_and_is_not_used_again() {
    let gateway = TestGateway::start().await;
    gateway.add_person("olga", Role::Operator).await;
    // a cookie that somebody has planted is not taken over
    let planted = "leadgate-session=planted";
    let form = gateway
        .sign_in_form("olga", PASSWORD)
        .header("cookie", planted);
    let first = cookie(&form.send().await.unwrap());
    assert_ne!(first, planted);
    assert!(!first.starts_with("__Host-"));
    let form = gateway
        .sign_in_form("olga", PASSWORD)
        .header("cookie", &first);
    let second = cookie(&form.send().await.unwrap());
    let page = |cookie: &str| text(gateway.page("/console/account").header("cookie", cookie));
    assert!(
        page(&first).await.contains("Sign in"),
        "the one before has ended"
    );
    let shown = page(&second).await;
    let token = shown.split("name=\"csrf\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let out = browser().post(gateway.url("/console/sign-out"));
    let out = out.header("cookie", &second).header("x-csrf", token);
    assert_eq!(status(out).await, 303);
    assert!(page(&second).await.contains("Sign in"));
    // a script and htmx get 401, so that nothing typed is lost
    let part = gateway
        .page("/console/portals")
        .header("hx-request", "true");
    assert_eq!(status(part.header("cookie", &second)).await, 401);
    // another site cannot sign anybody in
    let form = gateway.sign_in_form("olga", PASSWORD);
    let form = form.header("sec-fetch-site", "cross-site");
    assert!(
        form.send()
            .await
            .unwrap()
            .headers()
            .get("set-cookie")
            .is_none()
    );
}

#[tokio::test]
async fn everybody_changes_the_own_password_and_other_sessions_end() {
    let gateway = TestGateway::start().await;
    gateway.add_person("olga", Role::Viewer).await;
    let other = cookie(&gateway.sign_in_form("olga", PASSWORD).send().await.unwrap());
    let client = gateway.signed_in_as(Role::Viewer).await;
    let new = "quite another password";
    let wrong = [
        ("current", "not the password"),
        ("new", new),
        ("again", new),
    ];
    let reply = client.press("/console/account/password", &wrong).await;
    assert!(
        reply.text.contains("current password is wrong"),
        "{}",
        reply.text
    );
    let differs = [
        ("current", PASSWORD),
        ("new", new),
        ("again", "typo typo typo"),
    ];
    let reply = client.press("/console/account/password", &differs).await;
    assert!(reply.text.contains("differ"), "{}", reply.text);
    let right = [("current", PASSWORD), ("new", new), ("again", new)];
    let reply = client.press("/console/account/password", &right).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    assert!(reply.header("set-cookie").contains("leadgate-session="));
    assert!(client.read("/console").await.text.contains("Sign in"));
    let form = gateway.sign_in_form("viewer", new).send().await.unwrap();
    assert_eq!(form.status(), 303);
    // sessions of somebody else stay
    let page = gateway.page("/console").header("cookie", other);
    assert!(!text(page).await.contains("Sign in"));
}

#[tokio::test]
async fn guessing_is_limited_by_the_address_of_the_person_not_of_the_proxy() {
    let settings = [("server.trusted_proxies", "127.0.0.1")];
    let gateway = TestGateway::with(&settings).await;
    gateway.add_person("olga", Role::Operator).await;
    let from = |address: &str, password: &str| {
        let form = gateway.sign_in_form("olga", password);
        form.header("x-forwarded-for", address)
    };
    for _ in 0..5 {
        let page = text(from("203.0.113.1", "wrong wrong wrong")).await;
        assert!(page.contains("The name or the password is wrong"), "{page}");
    }
    let page = text(from("203.0.113.1", PASSWORD)).await;
    assert!(page.contains("Too many wrong passwords"), "{page}");
    assert_eq!(status(from("203.0.113.2", PASSWORD)).await, 303);
    let audit = gateway.beside().audit(None, 10).await.unwrap();
    let failed = audit.iter().filter(|(_, it)| it.action == "sign-in-failed");
    let about: Vec<&str> = failed.map(|(_, it)| it.about.as_str()).collect();
    assert_eq!(about, ["olga"; 5], "no more than may be tried");
}

#[tokio::test]
async fn the_link_of_the_start_works_once_for_a_program_of_this_machine() {
    let gateway = TestGateway::start().await;
    let announced = gateway.announced();
    let link = announced.split("/console/sign-in/").nth(1).unwrap();
    let link = format!(
        "/console/sign-in/{}",
        link.split_whitespace().next().unwrap()
    );
    let passed_on = gateway.page(&link).header("x-forwarded-for", "203.0.113.1");
    assert_eq!(status(passed_on).await, 403, "nobody behind a proxy");
    assert_eq!(status(browser().head(gateway.url(&link))).await, 422);
    let reply = gateway.page(&link).send().await.unwrap();
    assert_eq!(reply.status(), 303);
    let cookie = cookie(&reply);
    let page = text(gateway.page("/console").header("cookie", cookie)).await;
    assert!(page.contains(">sign-in link<"), "{page}");
    assert_eq!(status(gateway.page(&link)).await, 422);
}

#[tokio::test]
async fn a_secure_cookie_is_set_only_behind_a_trusted_proxy() {
    for (proxies, is_secure) in [("127.0.0.1", true), ("10.0.0.1", false)] {
        let gateway = TestGateway::with(&[("server.trusted_proxies", proxies)]).await;
        gateway.add_person("olga", Role::Operator).await;
        let form = gateway.sign_in_form("olga", PASSWORD);
        let reply = form
            .header("x-forwarded-proto", "https")
            .send()
            .await
            .unwrap();
        let set = reply.headers()["set-cookie"].to_str().unwrap();
        assert_eq!(set.contains("Secure"), is_secure, "{set}");
        assert_eq!(set.starts_with("__Host-"), is_secure, "{set}");
        let cookie = cookie(&reply);
        let page = gateway.page("/console").header("cookie", &cookie);
        let page = page.header("x-forwarded-proto", "https");
        assert!(!text(page).await.contains("Sign in"));
        if is_secure {
            // one that came without TLS counts nothing behind it
            let plain = cookie.trim_start_matches("__Host-");
            let page = gateway.page("/console").header("cookie", plain);
            let page = page.header("x-forwarded-proto", "https");
            assert!(text(page).await.contains("Sign in"));
        }
    }
}

const PROXY: [(&str, &str); 3] = [
    ("console.proxy_user", "X-Forwarded-User"),
    ("console.proxy_role", "X-Forwarded-Groups"),
    ("console.proxy_roles", "crm: admin, shop: operator"),
];

#[tokio::test]
async fn a_trusted_proxy_signs_people_in_by_their_groups() {
    let settings = [&PROXY[..], &[("server.trusted_proxies", "127.0.0.1")]].concat();
    let gateway = TestGateway::with(&settings).await;
    gateway.add_person("ivan", Role::Author).await;
    let visit = |user: &str, groups: &str| {
        let page = gateway.page("/console/account");
        let page = page.header("x-forwarded-user", user);
        page.header("x-forwarded-groups", groups)
    };
    let page = text(visit("olga", "sales,shop")).await;
    assert!(page.contains("olga") && page.contains("operator"), "{page}");
    assert!(
        !page.contains("/console/sign-out"),
        "signing out belongs to the proxy"
    );
    let page = text(visit("ivan", "sales")).await;
    assert!(page.contains("author"), "a user of the store: {page}");
    let reply = visit("mallory", "sales").send().await.unwrap();
    assert_eq!(reply.status(), 403);
    assert!(reply.text().await.unwrap().contains("no role"));
    // changes need the token of a page
    let pause = |token: &str| {
        let request = browser().post(gateway.url("/console/portals/sandbox/pause"));
        let request = request.header("x-forwarded-user", "olga");
        let request = request.header("x-forwarded-groups", "shop");
        request.header("x-csrf", token.to_owned())
    };
    assert_eq!(status(pause("0")).await, 403);
    let page = text(visit("olga", "shop")).await;
    let token = page.split("X-CSRF&quot;:&quot;").nth(1).unwrap();
    let token = token.split("&quot;").next().unwrap();
    assert_eq!(status(pause(token)).await, 303);
    let audit = gateway.beside().audit(None, 1).await.unwrap();
    assert_eq!(audit[0].1.who, "olga");
}

#[tokio::test]
async fn a_header_of_a_proxy_from_a_foreign_peer_is_refused() {
    let settings = [&PROXY[..], &[("server.trusted_proxies", "10.0.0.1")]].concat();
    let gateway = TestGateway::with(&settings).await;
    let client = gateway.signed_in().await;
    for path in ["/console", "/console/users", "/console/sign-in"] {
        let page = gateway.page(path).header("x-forwarded-user", "olga");
        let page = page.header("x-forwarded-groups", "crm");
        assert_eq!(status(page).await, 401, "{path}");
        // even with a session: somebody tries to pass for somebody else
        let request = client.request(reqwest::Method::GET, path);
        let request = request.header("x-forwarded-user", "olga");
        assert_eq!(client.send(request).await.status, 401, "{path}");
    }
    assert_eq!(client.read("/console").await.status, 200);
}

#[tokio::test]
async fn the_sandbox_wants_a_sign_in_where_other_machines_reach_it() {
    let gateway = TestGateway::with(&[("server.published", "192.0.2.1:80")]).await;
    assert!(!gateway.announced().contains("/console/sign-in/"));
    let counters = "/sandbox/control/counters";
    let rest = gateway.portal().webhook_path();
    let rest = format!("{rest}profile.json");
    for path in ["/sandbox", counters, "/console"] {
        let page = gateway.page(path).send().await.unwrap();
        assert_eq!(page.status(), 403, "{path}");
        let page = page.text().await.unwrap();
        assert!(page.contains("leadgate user add"), "{page}");
        assert_eq!(
            status(browser().get(gateway.url(path))).await,
            403,
            "{path}"
        );
    }
    let operator = gateway.signed_in_as(Role::Operator).await;
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    for path in ["/sandbox", counters] {
        assert_eq!(operator.read(path).await.status, 200, "{path}");
        assert_eq!(viewer.read(path).await.status, 403, "{path}");
        let page = text(gateway.page(path)).await;
        assert!(page.contains("Sign in"), "{page}");
        let foreign = operator.request(reqwest::Method::POST, path);
        let foreign = foreign.header("origin", "https://evil.example");
        assert_eq!(operator.send(foreign).await.status, 403, "{path}");
    }
    assert_eq!(
        operator.read(&rest).await.status,
        403,
        "/rest keeps its rule"
    );
}

#[tokio::test]
async fn one_person_leaves_live_places_to_others() {
    let flags = [("console.live_readers_per_person", "1")];
    let gateway = TestGateway::with(&flags).await;
    let viewer = gateway.signed_in_as(Role::Viewer).await;
    let again = gateway.signed_in_as(Role::Viewer).await;
    let admin = gateway.signed_in().await;
    let events = "/console/events";
    let first = viewer.request(reqwest::Method::GET, events).send().await;
    assert_eq!(first.as_ref().unwrap().status(), 200);
    // another session of the same person
    let second = again.read(events).await;
    assert_eq!(second.status, 503, "{}", second.text);
    assert!(second.text.contains("live_readers_per_person"));
    let other = admin.request(reqwest::Method::GET, events).send().await;
    assert_eq!(other.unwrap().status(), 200);
}

#[tokio::test]
async fn a_large_body_is_read_only_from_people_who_have_signed_in() {
    let gateway = TestGateway::start().await;
    gateway.add_person("olga", Role::Author).await;
    let large = "x".repeat((4 << 20) + 1);
    let save = gateway.url("/console/profiles/a.yaml/save");
    let stranger = browser().post(&save).body(large.clone());
    assert_eq!(status(stranger).await, 401);
    let author = gateway.signed_in_as(Role::Author).await;
    let own = author.request(reqwest::Method::POST, "/console/profiles/a.yaml/save");
    assert_eq!(author.send(own.body(large)).await.status, 413);
    let form = gateway.sign_in_form("olga", &"x".repeat(20_000));
    assert_eq!(status(form).await, 413);
    assert_eq!(status(gateway.sign_in_form("olga", PASSWORD)).await, 303);
}
