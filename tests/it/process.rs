//! The program under a difficult operating system: an error stream that is full, closed or not
//! read, few file descriptors, a lost database; and its log at `trace`.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use crate::gateway::{PATIENCE, answer, direct, until};

/// A gateway in a process of its own.
struct Program {
    child: Child,
    base: String,
}

/// Returns the program as a command of a shell that sets limits first.
fn command(limits: &str, data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(format!("{limits} exec \"$@\""))
        .arg("sh")
        .arg(env!("CARGO_BIN_EXE_leadgate"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(arguments)
        .env_clear()
        .env("LEADGATE_SANDBOX__KEEP", "false")
        .env("LEADGATE_SANDBOX__LIMITS", "off")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped());
    command
}

impl Program {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        // the parent must not keep a copy of the streams
        drop(command);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines.find_map(|line| {
            let line = line.unwrap();
            let url = line.trim().strip_prefix("postAnswer")?.trim();
            Some(url.strip_suffix("/polls/postAnswer")?.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        let base = base.expect("it did not start");
        Self { child, base }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let reply = direct().get(format!("{}{path}", self.base)).send().await;
        let reply = reply.unwrap();
        (reply.status().as_u16(), reply.text().await.unwrap())
    }

    async fn send(&self, number: i64) -> u16 {
        let data = serde_json::json!({
            "firstname": "Анна", "phone": format!("+7912{number:07}"),
        });
        let request = direct()
            .post(format!("{}/polls/postAnswer", self.base))
            .header("Content-Type", "application/json")
            .body(answer(123, number, data).to_string());
        request.send().await.unwrap().status().as_u16()
    }

    async fn delivered(&self) -> u64 {
        let (_, figures) = self.get("/metrics").await;
        let line = "leadgate_verdicts_total{state=\"delivered\"} ";
        let found = figures.lines().find_map(|it| it.strip_prefix(line));
        found.map_or(0, |count| count.parse().unwrap())
    }

    /// Asserts that it accepts, delivers, answers, and stops on SIGTERM.
    async fn works(mut self) {
        for number in 1..=20 {
            assert_eq!(self.send(number).await, 200);
        }
        until("all are delivered", async || self.delivered().await == 20).await;
        assert_eq!(self.get("/readyz").await.0, 200);
        assert_eq!(self.terminate(), Some(0));
    }

    /// Sends SIGTERM and waits until the program has ended.
    fn terminate(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(killed.success());
        let patience = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < patience, "it does not end");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[actix_web::test]
async fn an_error_stream_on_a_full_disk_loses_only_log_lines() {
    let home = TempDir::new().unwrap();
    let mut command = command("", &home.path().join("data"), &["--log", "debug"]);
    command.stderr(
        std::fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap(),
    );
    let program = Program::start(command);
    assert_eq!(program.send(100).await, 200);
    until("lost lines are counted", async || {
        let (_, figures) = program.get("/metrics").await;
        let line = "leadgate_log_dropped_total ";
        let lost = figures.lines().find_map(|it| it.strip_prefix(line));
        lost.is_some_and(|lost| lost != "0")
    })
    .await;
    until("it is delivered", async || program.delivered().await == 1).await;
    drop(program);
}

#[actix_web::test]
async fn a_closed_error_stream_loses_only_log_lines() {
    let home = TempDir::new().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = command("", &home.path().join("data"), &["--log", "trace"]);
    command.stderr(OwnedFd::from(writer));
    Program::start(command).works().await;
}

#[actix_web::test]
async fn an_unread_error_stream_blocks_nothing() {
    let home = TempDir::new().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = command("", &home.path().join("data"), &["--log", "trace"]);
    command.stderr(OwnedFd::from(writer));
    Program::start(command).works().await;
    drop(reader);
}

/// Sends submissions, repeats and refused requests, all with data of an invented person.
async fn send_personal_data(program: &Program) {
    let url = |path: &str| format!("{}{path}", program.base);
    let post = async |path: &str, kind: &str, body: String| {
        let request = direct().post(url(path)).header("Content-Type", kind);
        request.body(body).send().await.unwrap().status().as_u16()
    };
    for number in (1..=30).chain(1..=5) {
        let data = serde_json::json!({
            "firstname": "Ксенофонта", "lastname": "Непомнящева", "question": "Где Непомнящева?",
            "email": format!("ksenofonta{number}@mail.example"),
            "phone": format!("8 (912) 777-01-{number:02}"),
        });
        let body = answer(123, number, data).to_string();
        assert_eq!(
            post("/polls/postAnswer", "application/json", body).await,
            200
        );
    }
    let cut = r#"{"data": {"firstname": "Ксенофонта", "phone": "89127770199""#;
    let form = "name=Ксенофонта&phone=89127770199&email=ksenofonta@mail.example";
    for (path, kind, body) in [
        ("/polls/postAnswer", "application/json", cut),
        ("/polls/postAnswer?phone=89127770199", "text/plain", form),
        ("/in/site", "application/x-www-form-urlencoded", form),
        (
            "/in/site?email=ksenofonta@mail.example",
            "application/json",
            cut,
        ),
        ("/nowhere?phone=89127770199", "application/json", cut),
    ] {
        post(path, kind, body.to_owned()).await;
    }
}

/// Returns the fields of the spans with this name, from every log line.
fn spans<'l>(lines: &'l [Value], name: &str) -> Vec<&'l Value> {
    let all = lines.iter().filter_map(|line| line["spans"].as_array());
    all.flatten().filter(|span| span["name"] == name).collect()
}

#[actix_web::test]
async fn a_busy_run_at_trace_has_spans_and_no_personal_data() {
    let home = TempDir::new().unwrap();
    let path = home.path().join("log");
    let mut command = command("", &home.path().join("data"), &["--log", "trace"]);
    command.stderr(File::create(&path).unwrap());
    let mut program = Program::start(command);
    send_personal_data(&program).await;
    until("all are delivered", async || {
        program.delivered().await == 30
    })
    .await;
    assert_eq!(program.terminate(), Some(0));

    let log = std::fs::read_to_string(path).unwrap();
    for personal in [
        "Ксенофонт",
        "Непомнящев",
        "ksenofonta",
        "777-01",
        // longer than the fraction of a second in a time
        "9127770",
        "%D0%9A%D1%81",
    ] {
        let line = log.lines().find(|line| line.contains(personal));
        assert_eq!(line, None, "{personal}");
    }
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let submissions = spans(&lines, "submission");
    let has_all = |span: &&&Value, fields: &[&str]| fields.iter().all(|it| !span[*it].is_null());
    let fields = ["submission.id", "source", "profile"];
    assert!(submissions.iter().any(|span| has_all(&span, &fields)));
    let batches = spans(&lines, "batch");
    assert!(
        batches
            .iter()
            .any(|span| has_all(&span, &["destination", "submissions"]))
    );
    let calls = spans(&lines, "crm_call");
    let fields = ["destination", "crm.method", "duration_ms"];
    assert!(calls.iter().any(|span| has_all(&span, &fields)));
}

/// Returns the exit code and the text of the error stream.
fn refused(mut command: Command) -> (Option<i32>, String) {
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut text = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    (child.wait().unwrap().code(), text)
}

#[test]
fn too_few_file_descriptors_are_an_error_at_start() {
    for limit in ["40", "100"] {
        let home = TempDir::new().unwrap();
        let data = home.path().join("data");
        let (code, text) = refused(command(&format!("ulimit -n {limit};"), &data, &[]));
        assert_eq!(code, Some(3), "{text}");
        assert!(
            text.contains(&format!("too few files may be open: the limit is {limit}")),
            "{text}"
        );
    }
}

#[actix_web::test]
async fn a_low_soft_limit_of_descriptors_is_raised() {
    let home = TempDir::new().unwrap();
    let mut command = command("ulimit -S -n 64;", &home.path().join("data"), &[]);
    command.stderr(Stdio::null());
    let program = Program::start(command);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", program.child.id())).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .unwrap();
    let mut words = line.split_whitespace().skip(3);
    assert_eq!(words.next(), words.next(), "{line}");
    program.works().await;
}

#[actix_web::test]
async fn with_few_descriptors_the_gateway_accepts_fewer_connections() {
    let home = TempDir::new().unwrap();
    let mut command = command("ulimit -n 300;", &home.path().join("data"), &[]);
    command
        .env("LEADGATE_SERVER__WORKERS", "1")
        .stderr(Stdio::null());
    let program = Program::start(command);
    let address = program.base.strip_prefix("http://").unwrap().to_owned();
    // more silent connections than there are descriptors
    let held: Vec<_> = (0..400)
        .filter_map(|_| std::net::TcpStream::connect(&address).ok())
        .collect();
    drop(held);
    program.works().await;
}

#[actix_web::test]
async fn accepts_nothing_while_the_database_is_moved_away() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let mut command = command("", &data, &[]);
    command.stderr(Stdio::null());
    let program = Program::start(command);
    assert_eq!(program.send(1).await, 200);
    let away = home.path().join("away.db");
    std::fs::rename(data.join("leadgate.db"), &away).unwrap();
    for number in 2..=20 {
        assert_eq!(program.send(number).await, 503, "{number}");
    }
    until("it is not ready", async || {
        program.get("/readyz").await.0 == 503
    })
    .await;
    let (_, text) = program.get("/readyz").await;
    let reply: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(reply["status"], "no storage");
    assert!(text.contains("moved, removed or replaced"), "{text}");
    assert!(!text.contains("leadgate.db"), "{text}");
    assert_eq!(program.get("/healthz").await.0, 200);
    std::fs::rename(&away, data.join("leadgate.db")).unwrap();
    for number in 2..=20 {
        assert_eq!(program.send(number).await, 200, "{number}");
    }
    until("it is ready", async || {
        program.get("/readyz").await.0 == 200
    })
    .await;
    until("all are delivered", async || {
        program.delivered().await == 20
    })
    .await;
}

#[test]
fn a_used_folder_without_its_database_is_refused_without_new() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let start = |arguments: &[&str]| {
        let mut command = command("", &data, arguments);
        command.stderr(Stdio::null());
        let mut program = Program::start(command);
        assert_eq!(program.terminate(), Some(0));
    };
    start(&[]);
    std::fs::remove_file(data.join("leadgate.db")).unwrap();
    let (code, text) = refused(command("", &data, &[]));
    assert_eq!(code, Some(3), "{text}");
    assert!(
        text.contains("leadgate.db is missing") && text.contains("--new"),
        "{text}"
    );
    start(&["--new"]);
    let (code, text) = refused(command("", &data, &["--new"]));
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("start without --new"), "{text}");
    start(&[]);
}

#[actix_web::test]
async fn no_command_deletes_the_wal_of_an_emptied_database() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let mut serve = command("", &data, &[]);
    serve.stderr(Stdio::null());
    let mut program = Program::start(serve);
    for number in 1..=3 {
        assert_eq!(program.send(number).await, 200);
    }
    // as `kill -9` does
    program.child.kill().unwrap();
    program.child.wait().unwrap();
    let (database, wal) = (data.join("leadgate.db"), data.join("leadgate.db-wal"));
    let log = std::fs::read(&wal).unwrap();
    let intact = std::fs::read(&database).unwrap();
    std::fs::write(&database, []).unwrap();
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let tries: [&[&str]; 5] = [
        &["journal"],
        &["replay", "--dry-run", "--state", "parked"],
        &["erase", "--yes", "--phone", "+79120000001"],
        &["explain", id],
        &["serve", "--listen", "127.0.0.1:0"],
    ];
    for arguments in tries {
        let mut tried = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        tried.args(arguments).arg("--data").arg(&data).env_clear();
        tried.current_dir(env!("CARGO_MANIFEST_DIR"));
        let (code, text) = refused(tried);
        assert_ne!(code, Some(0), "{arguments:?}: {text}");
        assert!(
            text.contains("leadgate.db is empty, but") && text.contains("--new"),
            "{arguments:?}: {text}"
        );
        assert!(std::fs::read(&wal).unwrap() == log, "{arguments:?}");
    }
    std::fs::write(&database, intact).unwrap();
    let mut serve = command("", &data, &[]);
    serve.stderr(Stdio::null());
    let program = Program::start(serve);
    // nothing is lost: repeats are known
    let (status, journal) = {
        let mut tried = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        tried.arg("journal").arg("--data").arg(&data).env_clear();
        let output = tried.output().unwrap();
        (output.status, String::from_utf8(output.stdout).unwrap())
    };
    assert!(status.success());
    assert_eq!(journal.matches("poll 123, answer").count(), 3, "{journal}");
    drop(program);
}

#[actix_web::test]
async fn accepts_nothing_after_the_database_was_emptied() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let start = |errors: Stdio| {
        let mut command = command("", &data, &[]);
        command.stderr(errors);
        Program::start(command)
    };
    let mut program = start(Stdio::null());
    assert_eq!(program.send(1).await, 200);
    assert_eq!(program.terminate(), Some(0));
    let log = home.path().join("log");
    let mut program = start(std::fs::File::create(&log).unwrap().into());
    assert_eq!(program.send(2).await, 200);
    std::fs::write(data.join("leadgate.db"), []).unwrap();
    for number in 3..=6 {
        assert_eq!(program.send(number).await, 503, "{number}");
    }
    until("it is not ready", async || {
        let (status, text) = program.get("/readyz").await;
        status == 503 && text.contains("cut short")
    })
    .await;
    program.terminate();
    assert_eq!(
        std::fs::metadata(data.join("leadgate.db")).unwrap().len(),
        0
    );
    let wal = std::fs::metadata(data.join("leadgate.db-wal")).unwrap();
    assert!(wal.len() > 0, "the log is kept");
    let words = std::fs::read_to_string(&log).unwrap();
    assert_eq!(words.matches("was cut short while").count(), 1, "{words}");
    assert!(!words.contains("please report"), "{words}");
    let (code, text) = refused(command("", &data, &[]));
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("is empty, but"), "{text}");
}
