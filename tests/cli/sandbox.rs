//! `leadgate sandbox` as people run it.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::home::{Home, Server};

/// A sandbox in a process of its own.
struct Sandbox(Server);

impl Sandbox {
    fn start(home: &Home, arguments: &[&str]) -> Self {
        let arguments = [&["sandbox", "--listen", "127.0.0.1:0"], arguments].concat();
        let server = Server::start(home, &arguments, &[]);
        assert!(server.lines.len() > 5, "{:?}", server.lines);
        Self(server)
    }

    /// Returns what follows a name in the announcement.
    fn said(&self, name: &str) -> &str {
        let line = self.0.line(name);
        line.strip_prefix(name).unwrap().trim()
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let address = format!("{}{method}", self.said("Webhook"));
        let answer = direct().build().unwrap().post(address).json(&params).send();
        answer.await.unwrap().json().await.unwrap()
    }

    async fn control(&self, what: &str) -> Value {
        let page = self.said("Control").replace("counters", what);
        direct()
            .build()
            .unwrap()
            .get(page)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

/// Returns a client that ignores the environment's proxies.
fn direct() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

#[tokio::test]
async fn state_is_kept_only_in_a_data_folder() {
    let home = Home::new();
    let sandbox = Sandbox::start(&home, &["--data", "data"]);
    assert!(sandbox.said("State").ends_with("sandbox.json"));
    let fields = json!({"fields": {"NAME": "Анна"}});
    assert_eq!(sandbox.call("crm.contact.add", fields).await["result"], 1);
    assert_eq!(sandbox.0.terminate(), Some(0));
    assert_eq!(std::fs::read_to_string(home.path("log")).unwrap(), "");

    let sandbox = Sandbox::start(&home, &["--data", "data"]);
    let anna = sandbox.call("crm.contact.get", json!({"id": 1})).await;
    assert_eq!(anna["result"]["NAME"], "Анна");
    drop(sandbox);

    let sandbox = Sandbox::start(&home, &[]);
    assert!(sandbox.said("State").starts_with("not kept"));
    let anna = sandbox.call("crm.contact.get", json!({"id": 1})).await;
    assert_eq!(anna["error_description"], "Not found");
}

/// Waits until the file of the state contains a text.
fn wait_for_state(home: &Home, text: &str) {
    let file = home.path("data/sandbox.json");
    let limit = Instant::now() + Duration::from_secs(60);
    while !std::fs::read_to_string(&file).is_ok_and(|state| state.contains(text)) {
        assert!(Instant::now() < limit, "«{text}» was never saved");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn records_outlive_a_process_that_is_killed() {
    let home = Home::new();
    let sandbox = Sandbox::start(&home, &["--data", "data"]);
    for name in ["Анна", "Борис"] {
        let fields = json!({"fields": {"NAME": name}});
        sandbox.call("crm.contact.add", fields).await;
        wait_for_state(&home, name);
    }
    // kills it
    drop(sandbox);

    let sandbox = Sandbox::start(&home, &["--data", "data"]);
    for (id, name) in [(1, "Анна"), (2, "Борис")] {
        let contact = sandbox.call("crm.contact.get", json!({ "id": id })).await;
        assert_eq!(contact["result"]["NAME"], name);
    }
}

#[tokio::test]
async fn https_is_trusted_by_clients_that_read_its_certificate() {
    let home = Home::new();
    let sandbox = Sandbox::start(&home, &["--tls", "127.0.0.1:0"]);
    let file = sandbox.said("Certificate").to_owned();
    let pem = std::fs::read(&file).unwrap();
    let address = format!("{}crm.contact.add", sandbox.said("https"));
    let ask = |client: reqwest::Client| client.post(address.clone()).body("").send();
    let stranger = ask(direct().build().unwrap()).await;
    assert!(stranger.is_err(), "trusted without its certificate");
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    let friend = direct().tls_certs_only([authority]);
    let answer = ask(friend.build().unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    // both addresses lead to the same portal
    let counters = sandbox.control("counters").await;
    assert_eq!(counters["records"]["contact"], 1);
    assert_eq!(sandbox.0.terminate(), Some(0));
    assert!(!Path::new(&file).exists(), "removed at the end");
}

#[tokio::test]
async fn limits_latency_faults_and_content_are_set_from_the_command_line() {
    let home = Home::new();
    let plan = json!([{"code": "ERROR_AFTER_SAVE", "method": "crm.lead.add"}]);
    let faults = home.write("faults.json", &plan.to_string());
    let arguments = ["--seed", "demo", "--limits", "0.01/3", "--operating", "20"];
    let more = ["--latency-call", "120", "--dice", "7", "--faults", &faults];
    let sandbox = Sandbox::start(&home, &[&arguments[..], &more[..]].concat());
    let before = sandbox.control("counters").await;
    assert!(before["records"]["deal"].as_u64().unwrap() > 100);
    let limits = sandbox.control("limits").await;
    assert_eq!(limits["bucket"], json!({"drain": 0.01, "size": 3.0}));
    assert_eq!(limits["operating"], 20.0);

    let start = Instant::now();
    let lead = sandbox.call("crm.lead.add", json!({})).await;
    assert!(start.elapsed() >= Duration::from_millis(120));
    assert_eq!(lead["error"], "");
    let mut codes = Vec::new();
    for _ in 0..4 {
        let answer = sandbox.call("profile", json!({})).await;
        codes.push(answer["error"].as_str().unwrap_or("").to_owned());
    }
    assert_eq!(codes, ["", "", "", "QUERY_LIMIT_EXCEEDED"]);
    let after = sandbox.control("counters").await;
    let leads = |it: &Value| it["records"]["lead"].as_u64().unwrap();
    assert_eq!(leads(&after), leads(&before) + 1, "an error, and yet saved");
    assert_eq!(after["refused"], 1);
}

#[test]
fn impossible_arguments_are_refused() {
    let home = Home::new();
    home.says(&["sandbox", "--limits", "2/none"], 2, &["2/50"]);
    let missing = "/nowhere/faults.json";
    home.says(&["sandbox", "--faults", missing], 2, &[missing]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    home.says(&["sandbox", "--listen", &address], 3, &[&address]);
}
