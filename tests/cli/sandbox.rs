//! `leadgate sandbox` as people start it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// A sandbox in a process of its own, and what it announced itself with.
struct Sandbox {
    child: Child,
    lines: Vec<String>,
    stderr: ChildStderr,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    command.env_clear().arg("sandbox").args(arguments);
    command
}

impl Sandbox {
    fn start(arguments: &[&str]) -> Self {
        let mut child = command(arguments)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = child.stderr.take().unwrap();
        let mut lines = Vec::new();
        for line in stdout.lines() {
            lines.push(line.unwrap());
            if lines.last().is_some_and(|it| it.contains("curl")) {
                break;
            }
        }
        assert!(lines.len() > 5, "it ended early: {lines:?}");
        Self {
            child,
            lines,
            stderr,
        }
    }

    /// What follows a name in the announcement.
    fn said(&self, name: &str) -> &str {
        self.lines
            .iter()
            .find_map(|it| it.trim().strip_prefix(name))
            .unwrap_or_else(|| panic!("{name} is missing: {:?}", self.lines))
            .trim()
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

    /// Sends SIGTERM and waits for the end: the code and what was complained of.
    fn terminate(mut self) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        assert!(told.unwrap().success());
        let patience = Instant::now() + Duration::from_secs(180);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut complaints = String::new();
                self.stderr.read_to_string(&mut complaints).unwrap();
                return (status.code(), complaints);
            }
            assert!(Instant::now() < patience, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// A client that goes straight to this machine, whatever proxy the environment names.
fn direct() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

/// The exit code and the complaint of a call that cannot work.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(arguments).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), complaint)
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[tokio::test]
async fn with_a_data_folder_it_remembers_and_without_one_it_forgets() {
    let home = tempfile::tempdir().unwrap();
    let data = text(&home.path().join("data"));
    let sandbox = Sandbox::start(&["--data", &data]);
    assert!(sandbox.said("State").ends_with("sandbox.json"));
    let fields = json!({"fields": {"NAME": "Анна"}});
    assert_eq!(sandbox.call("crm.contact.add", fields).await["result"], 1);
    let (code, complaints) = sandbox.terminate();
    assert_eq!((code, complaints.as_str()), (Some(0), ""));

    let sandbox = Sandbox::start(&["--data", &data]);
    let anna = sandbox.call("crm.contact.get", json!({"id": 1})).await;
    assert_eq!(anna["result"]["NAME"], "Анна");
    drop(sandbox);

    let sandbox = Sandbox::start(&[]);
    assert!(sandbox.said("State").starts_with("not kept"));
    let anna = sandbox.call("crm.contact.get", json!({"id": 1})).await;
    assert_eq!(anna["error_description"], "Not found");
}

#[tokio::test]
async fn over_https_it_is_trusted_by_whoever_reads_its_certificate() {
    let sandbox = Sandbox::start(&["--tls", "127.0.0.1:0"]);
    let file = sandbox.said("Certificate").to_owned();
    let pem = std::fs::read(&file).unwrap();
    let address = format!("{}crm.contact.add", sandbox.said("https"));
    let ask = |client: reqwest::Client| client.post(address.clone()).body("").send();
    let stranger = ask(direct().build().unwrap()).await;
    assert!(stranger.is_err(), "nobody trusts it by chance");
    let authority = reqwest::Certificate::from_pem(&pem).unwrap();
    let friend = direct().tls_certs_only([authority]);
    let answer = ask(friend.build().unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    // both doors lead to the same portal
    let counters = sandbox.control("counters").await;
    assert_eq!(counters["records"]["contact"], 1);
    let (code, _) = sandbox.terminate();
    assert_eq!(code, Some(0));
    assert!(!Path::new(&file).exists(), "it goes with the program");
}

#[tokio::test]
async fn limits_latency_faults_and_content_are_set_from_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let faults = home.path().join("faults.json");
    let plan = json!([{"code": "ERROR_AFTER_SAVE", "method": "crm.lead.add"}]);
    std::fs::write(&faults, plan.to_string()).unwrap();
    let faults = text(&faults);
    let arguments = ["--seed", "demo", "--limits", "0.01/3", "--operating", "20"];
    let more = ["--latency-call", "120", "--dice", "7", "--faults", &faults];
    let sandbox = Sandbox::start(&[&arguments[..], &more[..]].concat());
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
fn what_cannot_be_meant_is_refused() {
    let (code, complaint) = refused(&["--limits", "2/none"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("2/50"), "{complaint}");
    let (code, complaint) = refused(&["--faults", "/nowhere/faults.json"]);
    assert_eq!(code, Some(2));
    assert!(complaint.contains("/nowhere/faults.json"), "{complaint}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, complaint) = refused(&["--listen", &address]);
    assert_eq!(code, Some(3));
    assert!(complaint.contains(&address), "{complaint}");
}
