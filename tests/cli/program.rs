//! The program as people start it: what it prints, and with which code it ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use leadgate::simulator::{Portal, PortalOptions};

/// In the repository's folder, with an environment of its own.
fn leadgate(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments);
    command.arg("--data").arg(home.join("data"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEADGATE_") {
            command.env_remove(name);
        }
    }
    command
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

fn home() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A gateway in a process of its own, and the lines it announced itself with.
struct Served {
    child: Child,
    lines: Vec<String>,
    rest: BufReader<ChildStdout>,
}

impl Served {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(
                rest.read_line(&mut line).unwrap() > 0,
                "it ended early: {lines:?}"
            );
            lines.push(line.trim_end().to_owned());
            if lines.iter().filter(|line| line.contains("curl")).count() == 2 {
                break;
            }
        }
        Self { child, lines, rest }
    }

    fn line(&self, start: &str) -> &str {
        let found = self
            .lines
            .iter()
            .find(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("no line begins with {start}: {:?}", self.lines))
    }

    /// Sends SIGTERM and waits for the end.
    fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        let patience = Instant::now() + Duration::from_secs(180);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut more = String::new();
                self.rest.read_to_string(&mut more).unwrap();
                return status.code();
            }
            assert!(Instant::now() < patience, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

#[test]
fn serve_tells_its_addresses_and_its_own_curl_lines_work() {
    let home = home();
    let served = Served::start(&mut leadgate(home.path(), &["serve"]));
    assert!(served.line("postPoll").ends_with("/polls/postPoll"));
    assert!(served.line("postAnswer").ends_with("/polls/postAnswer"));
    assert!(
        served
            .line("CRM")
            .contains("the embedded sandbox, not a real portal")
    );
    assert!(served.line("CRM").ends_with("/sandbox"));
    assert!(
        served
            .line("Data")
            .ends_with(&home.path().join("data").display().to_string())
    );
    assert!(served.line("Profiles").contains("consultation"));
    for line in served
        .lines
        .iter()
        .filter(|line| line.trim_start().starts_with("curl"))
    {
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("{line} --silent --show-error --noproxy '*'"))
            .output();
        let (code, reply, complaint) = said(&output.unwrap());
        if code == Some(127) {
            return; // this machine has no curl
        }
        assert!(
            reply.contains("\"is_successful\":true"),
            "{line}\n{reply}{complaint}"
        );
    }
    // the journal can be read while the gateway runs
    assert!(until_delivered(home.path()).contains("poll 123, answer 345"));
    let (code, text, _) = said(
        &leadgate(home.path(), &["journal", "show", "123/345"])
            .output()
            .unwrap(),
    );
    assert_eq!(code, Some(0));
    for part in [
        "What came in",
        "anna@mail.example",
        "← $['data']['email']",
        "CRM: ",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "plain when piped");
    assert_eq!(served.terminate(), Some(0), "SIGTERM drains and ends well");
}

/// Waits for the first delivery and gives what `leadgate journal` prints then.
fn until_delivered(home: &Path) -> String {
    let patience = Instant::now() + Duration::from_secs(180);
    loop {
        let (_, text, _) = said(&leadgate(home, &["journal"]).output().unwrap());
        if text.contains("delivered") {
            return text;
        }
        assert!(Instant::now() < patience, "not delivered: {text}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_second_gateway_on_the_same_data_is_refused() {
    let home = home();
    let served = Served::start(&mut leadgate(home.path(), &["serve"]));
    let second = leadgate(home.path(), &["serve", "--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    let (code, _, complaint) = said(&second);
    assert_eq!(code, Some(3));
    assert!(
        complaint.contains("another gateway works with"),
        "{complaint}"
    );
    assert_eq!(served.terminate(), Some(0));
}

#[test]
fn an_unusable_webhook_is_told_at_start_without_its_secret() {
    for (webhook, words) in [
        (
            "http://acme.bitrix24.example/rest/1/s3cr3t/",
            "write https://",
        ),
        ("acme", "the webhook is not a web address"),
        (
            "https://acme.bitrix24.example/s3cr3t/",
            "the webhook's path is not /rest/<user id>/<secret>/",
        ),
    ] {
        let home = home();
        let mut command = leadgate(home.path(), &["serve", "--listen", "127.0.0.1:0"]);
        let (code, _, complaint) = said(
            &command
                .env("LEADGATE_CRM__MAIN__WEBHOOK", webhook)
                .output()
                .unwrap(),
        );
        assert_eq!(code, Some(3), "{complaint}");
        assert!(
            complaint.contains("crm.main.webhook cannot be used") && complaint.contains(words),
            "{complaint}"
        );
        assert!(!complaint.contains("s3cr3t"));
    }
}

fn check_live(webhook: &str, more: &[(&str, &str)]) -> (Option<i32>, String) {
    let home = home();
    let mut command = leadgate(home.path(), &["check", "--live"]);
    command
        .env("LEADGATE_CRM__MAIN__WEBHOOK", webhook)
        .envs(more.iter().copied());
    let (code, text, complaint) = said(&command.output().unwrap());
    let all = format!("{text}{complaint}");
    assert!(!all.contains("s3cr3t"), "{all}");
    (code, all)
}

#[actix_web::test]
async fn check_live_tells_what_is_wrong_with_a_webhook() {
    // taken by a socket that does not listen: nobody else can answer there meanwhile
    let taken = tokio::net::TcpSocket::new_v4().unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let closed = taken.local_addr().unwrap();
    let (code, text) = check_live(&format!("http://{closed}/rest/1/s3cr3t/"), &[]);
    assert_eq!(code, Some(1));
    assert!(
        text.contains("nothing answers there") && text.contains("/rest/1/•••/"),
        "{text}"
    );

    let mut options = PortalOptions::new(std::sync::Arc::new(|| jiff::Timestamp::UNIX_EPOCH));
    options.secret = "s3cr3t".to_owned();
    let portal = Portal::new(options);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    actix_web::rt::spawn(portal.serve(listener).unwrap());
    let webhook = format!("http://{address}/rest/1/s3cr3t/");
    let ask = |more: &'static [(&'static str, &'static str)], webhook: String| async move {
        actix_web::rt::task::spawn_blocking(move || check_live(&webhook, more))
            .await
            .unwrap()
    };

    let (code, text) = ask(&[], webhook.clone()).await;
    assert!(code == Some(0) && text.contains("works; owner: "), "{text}");
    portal.set_scopes(&["user"]);
    let (code, text) = ask(&[], webhook.clone()).await;
    assert!(
        code == Some(1) && text.contains("lacks the scope crm"),
        "{text}"
    );
    portal.set_scopes(&["crm"]);
    let employees: &[_] = &[("LEADGATE_POLLS__EMPLOYEES__CHECK", "portal")];
    let (code, text) = ask(employees, webhook.clone()).await;
    assert!(
        code == Some(1) && text.contains("lacks the scope user_basic or user"),
        "{text}"
    );
    let (code, text) = ask(&[], format!("http://{address}/rest/1/other-s3cr3t/")).await;
    assert!(
        code == Some(1) && text.contains("rejects the webhook"),
        "{text}"
    );
}

#[test]
fn check_reports_every_mistake_and_ends_with_one() {
    let home = home();
    let folder = home.path().join("mappings");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(
        folder.join("a.yaml"),
        "name: А\nreceive: { polls: [1] }\nfield:\n  x: $.data.x\n",
    )
    .unwrap();
    std::fs::write(
        folder.join("b.yaml"),
        "name: Б\nreceive: { polls: [2] }\ndeal:\n  fields:\n    TITLE: \"{{nmae}}\"\n",
    )
    .unwrap();
    let output = leadgate(home.path(), &["check", folder.to_str().unwrap()])
        .output()
        .unwrap();
    let (code, text, _) = said(&output);
    assert_eq!(code, Some(1));
    for part in ["a.yaml:3:1", "b.yaml:5:", "fields"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let (code, text, _) = said(
        &leadgate(home.path(), &["check", "mappings/", "--deny-warnings"])
            .output()
            .unwrap(),
    );
    assert_eq!(code, Some(0), "the shipped profiles are clean: {text}");
}

#[test]
fn wrong_calls_end_with_two_and_say_why() {
    let home = home();
    let (code, _, complaint) = said(
        &leadgate(home.path(), &["config"])
            .env("LEADGATE_SERVR__LISTEN", "x")
            .output()
            .unwrap(),
    );
    assert_eq!(code, Some(2));
    assert!(complaint.contains("did you mean `server`?"), "{complaint}");
    let (code, _, complaint) = said(
        &leadgate(home.path(), &["journal", "--state", "lost"])
            .output()
            .unwrap(),
    );
    assert!(
        code == Some(1) && complaint.contains("there is no store at"),
        "{complaint}"
    );
    let (code, _, _) = said(
        &leadgate(home.path(), &["health"])
            .env("LEADGATE_SERVER__LISTEN", "127.0.0.1:1")
            .output()
            .unwrap(),
    );
    assert_eq!(code, Some(1));
    let (code, _, _) = said(
        &leadgate(home.path(), &["no-such-command"])
            .output()
            .unwrap(),
    );
    assert_eq!(code, Some(2));
}

#[test]
fn config_prints_what_is_in_force_and_masks_secrets() {
    let home = home();
    let mut command = leadgate(home.path(), &["config"]);
    command.env(
        "LEADGATE_CRM__MAIN__WEBHOOK",
        "https://acme.bitrix24.example/rest/1/s3cr3t/",
    );
    let (code, text, _) = said(&command.output().unwrap());
    assert_eq!(code, Some(0));
    assert!(
        text.contains("crm.main.webhook = \"https://acme.bitrix24.example/•••\""),
        "{text}"
    );
    assert!(
        text.contains("# flag") && text.contains("# default") && !text.contains("s3cr3t"),
        "{text}"
    );
}
