//! The console as a browser sees it: somebody who has signed in reads pages and presses buttons.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use leadgate::console::hash_password;
use leadgate::domain::{ConsoleSession, ConsoleUser, Role};
use leadgate::store::Store;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;

use crate::gateway::{TestGateway, now};

/// The password of the users of the tests.
pub(crate) const PASSWORD: &str = "a password of the tests";

/// Somebody with a session of the console. Redirects are not followed.
pub(crate) struct ConsoleClient {
    http: reqwest::Client,
    base: String,
    cookie: String,
    /// What forms and scripts send with every change.
    pub(crate) csrf: String,
}

/// A reply of the console.
#[derive(Debug)]
pub(crate) struct ConsoleReply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl ConsoleReply {
    /// Returns the value of a header field, empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Returns where it leads to, if it is a redirect.
    pub(crate) fn leads_to(&self) -> &str {
        self.header("location")
    }

    /// Returns the body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl TestGateway {
    /// Opens the store beside the gateway.
    pub(crate) fn beside(&self) -> Store {
        let path = self.home.path().join("data").join("leadgate.db");
        Store::open_beside(&path).unwrap()
    }

    /// Returns somebody who may do everything.
    pub(crate) async fn signed_in(&self) -> ConsoleClient {
        self.signed_in_as(Role::Admin).await
    }

    /// Returns somebody with a role: a user of the store, named like the role, with a session.
    pub(crate) async fn signed_in_as(&self, role: Role) -> ConsoleClient {
        let store = self.beside();
        let user = ConsoleUser {
            name: role.as_str().to_owned(),
            role,
            password: hash_password(PASSWORD).unwrap(),
            created_at: now(),
        };
        store.add_console_user(user).await.unwrap();
        let secret = format!(
            "a session of {}, number {}",
            role.as_str(),
            self.next_answer()
        );
        let secret = sha256(&secret);
        let session = ConsoleSession {
            user: role.as_str().to_owned(),
            role,
            created_at: now(),
            expires_at: now()
                .checked_add(jiff::SignedDuration::from_hours(1))
                .unwrap(),
        };
        let hash = digest(&SHA256, secret.as_bytes());
        let hash = hash.as_ref().try_into().unwrap();
        let user = store.console_user(role.as_str().to_owned()).await;
        let password = user.unwrap().unwrap().password;
        let begun = store.add_console_session(hash, session, Some(password));
        assert!(begun.await.unwrap());
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(Policy::none());
        ConsoleClient {
            http: http.pool_max_idle_per_host(0).build().unwrap(),
            base: self.url(""),
            csrf: sha256(&format!("csrf:{secret}")),
            cookie: format!("leadgate-session={secret}"),
        }
    }
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

impl ConsoleClient {
    /// Prepares a request with the cookie of the session, in English.
    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request
            .header("cookie", &self.cookie)
            .header("accept-language", "en")
    }

    /// Sends another cookie, too.
    pub(crate) fn add_cookie(&mut self, cookie: &str) {
        self.cookie = format!("{}; {cookie}", self.cookie);
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> ConsoleReply {
        let reply = request.send().await.unwrap();
        ConsoleReply {
            status: reply.status().as_u16(),
            headers: reply.headers().clone(),
            text: reply.text().await.unwrap(),
        }
    }

    /// Reads a page: the path begins with `/console`.
    pub(crate) async fn read(&self, path: &str) -> ConsoleReply {
        let request = self.request(reqwest::Method::GET, path);
        self.send(request.header("accept", "text/html")).await
    }

    /// Sends a form as a page does.
    pub(crate) async fn press(&self, path: &str, fields: &[(&str, &str)]) -> ConsoleReply {
        let csrf = ("csrf", self.csrf.as_str());
        let pairs = fields.iter().chain([&csrf]);
        let encoded = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
                .to_string()
        };
        let pairs = pairs.map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let form = pairs.collect::<Vec<_>>().join("&");
        let request = self.request(reqwest::Method::POST, path);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(form)).await
    }

    /// Sends JSON as a script of a page does.
    pub(crate) async fn post_json(&self, path: &str, body: &serde_json::Value) -> ConsoleReply {
        let request = self.request(reqwest::Method::POST, path);
        let request = request
            .header("x-csrf", &self.csrf)
            .header("accept", "application/json");
        self.send(request.json(body)).await
    }
}

#[tokio::test]
async fn a_session_reads_pages_and_a_change_needs_its_token() {
    let gateway = TestGateway::start().await;
    let mut client = gateway.signed_in().await;
    let page = client.read("/console").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains(&client.csrf), "{}", page.text);
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    client.csrf = "0".repeat(64);
    assert_eq!(client.press("/console/sign-out", &[]).await.status, 403);
    let client = gateway.signed_in_as(Role::Viewer).await;
    assert_eq!(client.read("/console/audit").await.status, 403);
    assert_eq!(client.press("/console/sign-out", &[]).await.status, 303);
    let page = client.read("/console").await;
    assert!(page.text.contains("Sign in"), "{}", page.text);
}
