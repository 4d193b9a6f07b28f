//! leadgate as a local application of a portal: it delivers with its tokens, renews them, and survives
//! every way in which they can be lost.

use std::net::TcpListener;
use std::sync::Arc;

use leadgate::domain::State;
use leadgate::simulator::{ApplicationSetup, Limits, OpenedPage, Portal, PortalOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{Reply, TestGateway, answer, direct, now, until};

const PROFILE: &str = "name: Опрос\nreceive: { polls: [1] }\n\
    fields: { email: { from: $.data.email, as: email } }\n\
    contact: { fields: { EMAIL: \"{{email}}\" } }\ndeal: { fields: { TITLE: \"Заявка {{answer_id}}\" } }\n";

/// A portal, and a gateway that is its application or has its webhook.
pub(crate) struct Site {
    pub(crate) portal: Portal,
    /// The portal's address.
    pub(crate) base: String,
    pub(crate) gateway: TestGateway,
    pub(crate) client_id: String,
    flags: Vec<(String, String)>,
}

/// Returns a port that is free now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    pub(crate) async fn with(more: &[(&str, &str)]) -> Self {
        let mut options = PortalOptions::new(Arc::new(now));
        options.limits = Limits::off();
        let portal = Portal::new(options);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        actix_web::rt::spawn(portal.serve(listener).unwrap());
        let own = format!("127.0.0.1:{}", free_port());
        let setup = ApplicationSetup {
            name: Some("leadgate".to_owned()),
            title: "leadgate".to_owned(),
            handler: format!("http://{own}/b24/main/app"),
            installer: Some(format!("http://{own}/b24/main/install")),
            scopes: ["crm", "placement", "user_basic", "im", "telephony"]
                .map(str::to_owned)
                .to_vec(),
        };
        let credentials = portal.register_application(&setup).unwrap();
        let own_url = format!("http://{own}");
        let mut flags = vec![
            ("server.listen", own.as_str()),
            ("crm.main.app.portal", &base),
            ("crm.main.app.client_id", &credentials.client_id),
            ("crm.main.app.client_secret", &credentials.client_secret),
            ("crm.main.app.public_url", &own_url),
        ];
        let authorization = format!("{base}/oauth");
        flags.push(("crm.main.app.authorization", &authorization));
        flags.extend(more);
        let home = TempDir::new().unwrap();
        let folder = TestGateway::mappings(&home).display().to_string();
        std::fs::write(home.path().join("mappings/poll.yaml"), PROFILE).unwrap();
        flags.push(("mappings.dir", &folder));
        let gateway = TestGateway::at(home, &flags).await;
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let flags = flags.iter().map(owned).collect();
        Self {
            portal,
            base,
            gateway,
            client_id: credentials.client_id,
            flags,
        }
    }

    /// Opens a page as an employee does in the portal.
    pub(crate) fn open(&self, user: u32, placement: &str) -> OpenedPage {
        self.portal
            .open_application(&self.client_id, user, placement, None)
            .unwrap()
    }

    /// Sends what the browser of an employee sends.
    pub(crate) async fn post(&self, page: &OpenedPage) -> (u16, String) {
        self.post_form(&page.url, &page.form).await
    }

    pub(crate) async fn post_form(&self, url: &str, form: &[(String, String)]) -> (u16, String) {
        let reply = direct()
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(encoded(form))
            .send()
            .await
            .unwrap();
        let status = reply.status().as_u16();
        (status, reply.text().await.unwrap())
    }

    /// Installs the application as the administrator 1.
    pub(crate) async fn install(&self) {
        self.portal.begin_installation(&self.client_id).unwrap();
        let (status, text) = self.post(&self.open(1, "DEFAULT")).await;
        assert_eq!(status, 200, "{text}");
        assert!(text.contains("data-finish=\"now\""), "{text}");
        self.portal.finish_installation(&self.client_id, 1).unwrap();
    }

    /// Presses a switch of the sandbox.
    pub(crate) async fn control(&self, what: &str, body: Value) {
        let url = format!("{}/sandbox/control/{what}", self.base);
        let reply = direct()
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = reply.status();
        assert!(
            status.is_success(),
            "{what}: {}",
            reply.text().await.unwrap()
        );
    }

    pub(crate) async fn tokens(&self, what: &str) {
        self.control(
            "application-tokens",
            json!({"client_id": self.client_id, "do": what}),
        )
        .await;
    }

    pub(crate) async fn answer(&self, number: i64) -> Reply {
        let data = json!({"email": format!("anna{number}@mail.example")});
        self.gateway.post_answer(answer(1, number, data)).await
    }

    pub(crate) fn deals(&self) -> usize {
        let rows = self.portal.call("crm.deal.list", json!({}));
        rows["result"].as_array().unwrap().len()
    }

    /// Returns how often the gateway has asked a method, alone or in a batch.
    pub(crate) fn asked(&self, method: &str) -> usize {
        let calls = self.portal.transcript();
        let own = calls.iter().filter(|call| call.method == method).count();
        let commands = calls.iter().flat_map(|call| &call.commands);
        own + commands.filter(|command| command.method == method).count()
    }

    /// Ends the gateway and starts it again with other settings of the connection.
    async fn again(self, flags: &[(String, String)]) -> Self {
        let Self {
            portal,
            base,
            gateway,
            client_id,
            flags: first,
        } = self;
        let home = gateway.stop().await;
        let flags_now: Vec<(&str, &str)> = flags
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let gateway = TestGateway::at(home, &flags_now).await;
        Self {
            portal,
            base,
            gateway,
            client_id,
            flags: first,
        }
    }

    /// Writes the settings of the gateway into a file, with another data folder.
    pub(crate) fn settings_file(&self, data: &str) -> std::path::PathBuf {
        use std::fmt::Write as _;
        let mut toml = String::new();
        for (key, value) in &self.flags {
            writeln!(toml, "{key} = \"{value}\"").unwrap();
        }
        let home = self.gateway.home.path();
        writeln!(toml, "data.dir = \"{}\"", home.join(data).display()).unwrap();
        let file = home.join(format!("{data}.toml"));
        std::fs::write(&file, toml).unwrap();
        file
    }

    /// Returns a setting.
    pub(crate) fn flag(&self, name: &str) -> &str {
        let mut flags = self.flags.iter();
        let flag = flags.find(|(key, _)| key == name);
        &flag.unwrap().1
    }

    /// Runs `leadgate` with these arguments and the settings of the gateway; returns what it prints.
    async fn run(&self, arguments: &[&str]) -> (bool, String) {
        let config = self.settings_file("data");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command.args(arguments).args(["--lang", "en", "--config"]);
        command.arg(config);
        let output = actix_web::rt::task::spawn_blocking(move || command.output());
        let output = output.await.unwrap().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        (output.status.success(), text + &error)
    }
}

/// Writes a form.
pub(crate) fn encoded(form: &[(String, String)]) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    let text = |text: &str| text.bytes().map(byte).collect::<String>();
    let pairs = form.iter();
    let pairs = pairs.map(|(name, value)| format!("{}={}", text(name), text(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[actix_web::test]
async fn an_installed_application_delivers_and_renews_its_tokens_once() {
    let site = Site::new().await;
    site.answer(1).await;
    until("the submission waits", async || {
        site.gateway.count(State::Waiting).await + site.gateway.count(State::Queued).await == 1
    })
    .await;
    site.install().await;
    until("the deal is there", async || site.deals() == 1).await;
    let used = |caller: &str| {
        site.portal
            .transcript()
            .iter()
            .any(|call| call.caller == caller)
    };
    assert!(
        used("application 1, employee 1"),
        "{:?}",
        site.portal.transcript()
    );
    site.tokens("expire_access").await;
    let before = site.asked("oauth.token");
    for number in 2..30 {
        site.answer(number).await;
    }
    until("all deals are there", async || site.deals() == 29).await;
    site.gateway.settle().await;
    assert_eq!(site.asked("oauth.token") - before, 1);
    assert_eq!(site.gateway.count(State::Delivered).await, 29);
}

#[actix_web::test]
async fn a_lost_reply_to_a_renewal_does_not_lose_the_portal() {
    let site = Site::new().await;
    site.install().await;
    site.control("employees", json!([{"id": 6, "admin": true}]))
        .await;
    let (status, _) = site.post(&site.open(6, "DEFAULT")).await;
    assert_eq!(status, 200);
    // the server has given a new pair, and its answer is lost
    let lost = json!({"code": "RESET_AFTER", "method": "oauth.token", "times": {"next": 1}});
    site.portal.inject(serde_json::from_value(lost).unwrap());
    site.tokens("expire_access").await;
    site.answer(1).await;
    until("the deal is there", async || site.deals() == 1).await;
    let (works, shown) = site.run(&["app", "status"]).await;
    assert!(works && shown.contains("administrator 6"), "{shown}");
}

#[actix_web::test]
async fn tokens_that_have_expired_for_good_hold_deliveries_until_the_application_is_opened() {
    let site = Site::new().await;
    site.install().await;
    site.tokens("revoke").await;
    site.answer(1).await;
    until("the delivery waits", async || {
        site.gateway.count(State::Waiting).await + site.gateway.count(State::Queued).await == 1
    })
    .await;
    let (works, shown) = site.run(&["app", "status"]).await;
    assert!(!works, "{shown}");
    let (works, shown) = site.run(&["check", "--live"]).await;
    assert!(!works, "{shown}");
    assert!(
        shown.contains("an administrator has to open it in Bitrix24"),
        "{shown}"
    );
    assert_eq!(site.deals(), 0);
    let (status, _) = site.post(&site.open(1, "DEFAULT")).await;
    assert_eq!(status, 200);
    until("the deal is there", async || site.deals() == 1).await;
    let (works, shown) = site.run(&["check", "--live"]).await;
    assert!(works, "{shown}");
}

#[actix_web::test]
async fn faults_of_the_authorization_server_lose_nothing() {
    for fault in [
        json!({"code": "BAD_GATEWAY", "method": "oauth.token", "times": {"next": 2}}),
        json!({"code": "RESET_BEFORE", "method": "oauth.token", "times": {"next": 2}}),
        json!({"code": "REFUSED", "error": "wrong_client", "method": "oauth.token", "times": {"next": 1}}),
        json!({"code": "REFUSED", "error": "PORTAL_DELETED", "method": "oauth.token", "times": {"next": 1}}),
    ] {
        let site = Site::new().await;
        site.install().await;
        site.portal
            .inject(serde_json::from_value(fault.clone()).unwrap());
        site.tokens("expire_access").await;
        site.answer(1).await;
        until(&format!("delivered after {fault}"), async || {
            site.deals() == 1
        })
        .await;
    }
}

#[actix_web::test]
async fn a_restart_keeps_the_tokens_and_a_webhook_keeps_the_identity() {
    let site = Site::new().await;
    site.install().await;
    site.answer(1).await;
    until("the deal is there", async || site.deals() == 1).await;
    let flags = site.flags.clone();
    let site = site.again(&flags).await;
    site.answer(2).await;
    until("the second deal is there", async || site.deals() == 2).await;
    // the same connection by a webhook
    let webhook = format!("{}{}", site.base, site.portal.webhook_path());
    let other = flags.iter().filter(|(key, _)| !key.contains(".app."));
    let mut other: Vec<(String, String)> = other.cloned().collect();
    other.push(("crm.main.webhook".to_owned(), webhook));
    let site = site.again(&other).await;
    for number in [1, 2, 3] {
        site.answer(number).await;
    }
    until("the third deal is there", async || site.deals() == 3).await;
    site.gateway.settle().await;
    let origins = site.portal.call(
        "crm.deal.list",
        json!({"select": ["ORIGINATOR_ID", "ORIGIN_ID"]}),
    );
    let origins: std::collections::BTreeSet<String> = origins["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["ORIGINATOR_ID"].to_string())
        .collect();
    assert_eq!(origins.len(), 1, "{origins:?}");
    let history = site.gateway.history("1/1");
    assert!(!history.events.is_empty());
}

#[actix_web::test]
async fn the_command_line_shows_what_to_enter_and_puts_pages_back() {
    let site = Site::new().await;
    let (works, shown) = site.run(&["app", "info"]).await;
    let installer = format!("{}/b24/main/install", site.flag("crm.main.app.public_url"));
    assert!(works && shown.contains(&installer), "{shown}");
    let (works, shown) = site.run(&["app", "status"]).await;
    assert!(!works && shown.contains("not installed"), "{shown}");
    site.install().await;
    // an update of the application wipes what is bound
    site.control("application-update", json!({"client_id": site.client_id}))
        .await;
    let (works, shown) = site.run(&["app", "rebind"]).await;
    assert!(works && shown.contains("CRM_DEAL_DETAIL_TAB"), "{shown}");
    let (works, shown) = site.run(&["app", "status"]).await;
    assert!(works && shown.contains("ONAPPUNINSTALL"), "{shown}");
    let secret = site.flag("crm.main.app.client_secret");
    let (works, shown) = site.run(&["config"]).await;
    assert!(works && !shown.contains(secret), "{shown}");
}

#[actix_web::test]
async fn a_click_on_a_number_comes_as_an_event_and_reaches_the_pbx() {
    let site = Site::with(&[
        ("pbx.main.key", "a key of the PBX, which is long"),
        ("pbx.main.url", "http://127.0.0.1:9"),
        ("pbx.main.pbx_key", "a key of commands, which is long"),
    ])
    .await;
    site.install().await;
    assert!(site.asked("event.bind") >= 5);
    let page = site.open(1, "DEFAULT");
    let mut fields = page.form.iter();
    let token = fields
        .find(|(name, _)| name == "APPLICATION_TOKEN")
        .unwrap();
    let form = [
        ("event", "ONEXTERNALCALLSTART"),
        ("data[CALL_ID]", "externalCall.1"),
        ("data[USER_ID]", "1"),
        ("data[PHONE_NUMBER_INTERNATIONAL]", "+79066800404"),
        ("auth[application_token]", token.1.as_str()),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let events = site.gateway.url("/b24/main/events");
    assert_eq!(site.post_form(&events, &form).await.0, 200);
    // no PBX answers, so the call is finished in the portal
    until("the call is finished", async || {
        site.asked("telephony.externalcall.finish") > 0
    })
    .await;
}
