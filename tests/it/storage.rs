//! A full or read-only disk while answers come in: senders are asked to retry, nothing is accepted
//! in part, and the gateway recovers without help once there is room. The disk is real; the
//! gateway's process loses the right to let its files grow.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, getuid, prlimit};
use serde_json::Value;
use tempfile::TempDir;

use crate::gateway::{PATIENCE, answer};

/// A user without special rights.
const NOBODY: u32 = 65_534;

/// A gateway in a process of its own, whose files can be kept from growing.
struct Bounded {
    child: Child,
    home: TempDir,
    base: String,
    http: reqwest::Client,
}

impl Bounded {
    fn start() -> Self {
        let home = TempDir::new().unwrap();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_leadgate"));
        Self::run(home, &program, Path::new(env!("CARGO_MANIFEST_DIR")), None)
    }

    /// Starts it as an ordinary user, because root may write everywhere.
    fn start_without_privileges() -> Self {
        let home = TempDir::new().unwrap();
        if !getuid().is_root() {
            let program = PathBuf::from(env!("CARGO_BIN_EXE_leadgate"));
            return Self::run(home, &program, Path::new(env!("CARGO_MANIFEST_DIR")), None);
        }
        // the user may not have access to the folder of the test's program
        let program = home.path().join("leadgate");
        std::fs::copy(env!("CARGO_BIN_EXE_leadgate"), &program).unwrap();
        std::fs::create_dir(home.path().join("mappings")).unwrap();
        let profile = "name: Q\nreceive: { default: true }\nfields: { n: $.data.firstname }\n\
                       contact: { fields: { NAME: '{{n}}' } }\n";
        std::fs::write(home.path().join("mappings/q.yaml"), profile).unwrap();
        std::fs::create_dir(home.path().join("data")).unwrap();
        for part in ["", "leadgate", "data", "mappings", "mappings/q.yaml"] {
            chown(home.path().join(part), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let folder = home.path().to_owned();
        Self::run(home, &program, &folder, Some(NOBODY))
    }

    fn run(home: TempDir, program: &Path, folder: &Path, user: Option<u32>) -> Self {
        // a refused write must be an error, as on a full disk, and not a signal
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg("trap '' XFSZ; exec \"$@\"")
            .arg("sh")
            .arg(program)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "error",
                "--data",
            ])
            .arg(home.path().join("data"))
            .env_clear()
            .env("LEADGATE_SANDBOX__KEEP", "false")
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base = lines
            .find_map(|line| {
                let line = line.unwrap();
                let url = line.trim().strip_prefix("postAnswer")?.trim();
                Some(url.strip_suffix("/polls/postAnswer")?.to_owned())
            })
            .unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            home,
            base,
            http: crate::gateway::direct(),
        }
    }

    /// Limits the size of files; `None` removes the limit.
    fn bound(&self, bytes: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let limit = Rlimit {
            current: bytes.or(maximum),
            maximum,
        };
        prlimit(Some(Pid::from_child(&self.child)), Resource::Fsize, limit).unwrap();
    }

    /// Sets the permissions of all files of the store and of their folder.
    fn rights(&self, file: u32, folder: u32) {
        let set = |path: &Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for entry in std::fs::read_dir(self.data()).unwrap().flatten() {
            if entry.path().is_file() {
                set(&entry.path(), file);
            }
        }
        set(&self.data(), folder);
    }

    fn size(&self, name: &str) -> u64 {
        std::fs::metadata(self.data().join(name)).unwrap().len()
    }

    fn data(&self) -> std::path::PathBuf {
        self.home.path().join("data")
    }

    /// Sends an answer; returns status, `Retry-After` and reply.
    async fn send(&self, number: i64) -> (u16, Option<String>, Value) {
        let data = serde_json::json!({
            "firstname": "Анна", "phone": format!("+7912{number:07}"), "more": "x".repeat(2_000),
        });
        let request = self
            .http
            .post(format!("{}/polls/postAnswer", self.base))
            .header("Content-Type", "application/json")
            .body(answer(123, number, data).to_string());
        let response = request.send().await.unwrap();
        let retry_after = response
            .headers()
            .get("retry-after")
            .map(|value| value.to_str().unwrap().to_owned());
        let status = response.status().as_u16();
        let reply = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        (status, retry_after, reply)
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Returns the state of each stored answer, as another process sees it.
fn stored(data: &Path) -> Vec<(String, String)> {
    let output = Command::new(env!("CARGO_BIN_EXE_leadgate"))
        .args(["journal", "--json", "--limit", "100000", "--data"])
        .arg(data)
        .env_clear()
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let word = |key: &str| entry[key].as_str().unwrap().to_owned();
            (word("identity"), word("state"))
        })
        .collect()
}

#[actix_web::test]
async fn a_full_disk_refuses_answers_until_there_is_room() {
    const ALL: i64 = 120;
    let gateway = Bounded::start();
    for number in 1..=20 {
        assert_eq!(gateway.send(number).await.0, 200);
    }
    let longest = gateway
        .size("leadgate.db")
        .max(gateway.size("leadgate.db-wal"));
    gateway.bound(Some(longest + (64 << 10)));
    let mut refused = Vec::new();
    for from in (21..=ALL).step_by(20) {
        let numbers: Vec<i64> = (from..from + 20).collect();
        let replies = join_all(numbers.iter().map(|number| gateway.send(*number))).await;
        for (number, (status, retry_after, reply)) in numbers.into_iter().zip(replies) {
            if status == 200 {
                assert_eq!(reply["is_successful"], true);
            } else {
                assert_eq!(status, 503, "{reply}");
                assert_eq!(reply["is_successful"], false);
                assert!(retry_after.is_some_and(|after| after.parse::<u32>().is_ok()));
                refused.push(number);
            }
        }
    }
    assert!(!refused.is_empty(), "the store was never full");
    let figures = gateway.http.get(format!("{}/metrics", gateway.base)).send();
    let figures = figures.await.unwrap().text().await.unwrap();
    let counted = figures.lines().filter(|line| {
        line.starts_with("leadgate_intake_total{") && !line.contains("\"accepted\"")
    });
    let refusals = format!(
        "leadgate_intake_total{{outcome=\"unavailable\"}} {}",
        refused.len()
    );
    assert_eq!(
        counted.collect::<Vec<_>>(),
        [refusals],
        "each is counted once"
    );
    let there = stored(&gateway.data());
    assert_eq!(there.len() + refused.len(), usize::try_from(ALL).unwrap());
    for number in &refused {
        let identity = format!("polls/123/{number}");
        assert!(
            !there.iter().any(|(known, _)| *known == identity),
            "{number} is there by halves"
        );
    }

    gateway.bound(None);
    for number in &refused {
        let (status, _, reply) = gateway.send(*number).await;
        assert!(
            status == 200 && reply["is_successful"] == true,
            "{number}: {reply}"
        );
    }
    let there = stored(&gateway.data());
    assert_eq!(
        there.len(),
        usize::try_from(ALL).unwrap(),
        "each is there once"
    );
    let before = delivered(&there);
    let wanted = (before + 10).min(there.len());
    let patience = Instant::now() + PATIENCE;
    loop {
        let there = stored(&gateway.data());
        assert!(
            there.iter().all(|(_, state)| state != "parked"),
            "{there:?}"
        );
        // the sandbox accepts two calls a second; it is enough to see that delivery continues
        if delivered(&there) >= wanted {
            break;
        }
        assert!(Instant::now() < patience, "delivery does not go on");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[actix_web::test]
async fn a_read_only_store_is_used_again_once_writable() {
    let gateway = Bounded::start_without_privileges();
    assert_eq!(gateway.send(1).await.0, 200);
    // an open file stays writable; the gateway reopens it after its first error, which is a lock
    let other = rusqlite::Connection::open(gateway.data().join("leadgate.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    gateway.rights(0o444, 0o555);
    assert_eq!(gateway.send(2).await.0, 503);
    other.execute_batch("ROLLBACK").unwrap();
    for number in 2..5 {
        let (status, retry_after, reply) = gateway.send(number).await;
        assert!(status == 503 && retry_after.is_some(), "{reply}");
        assert_eq!(reply["is_successful"], false);
    }
    assert_eq!(stored(&gateway.data()).len(), 1);
    gateway.rights(0o600, 0o700);
    for number in 2..5 {
        assert_eq!(gateway.send(number).await.0, 200);
    }
    assert_eq!(stored(&gateway.data()).len(), 4);
}

fn delivered(there: &[(String, String)]) -> usize {
    there
        .iter()
        .filter(|(_, state)| state == "delivered")
        .count()
}

#[actix_web::test]
async fn a_disk_that_is_too_slow_is_told_in_time_and_nothing_is_doubled() {
    let gateway = crate::amocrm::with_profile(crate::amocrm::LEADS, &[]).await;
    let store = gateway.home.path().join("data/leadgate.db");
    let blocker = rusqlite::Connection::open(store).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let hook = crate::amocrm::leads("add", &[crate::amocrm::lead(1, "A-1", 100)]);
    let reply = gateway.post_hook(hook.clone()).await;
    assert_eq!(
        (reply.status, reply.retry_after.as_deref()),
        (503, Some("5")),
        "{reply:?}"
    );
    blocker.execute_batch("ROLLBACK").unwrap();
    let again = gateway.post_hook(hook).await;
    assert_eq!(again.status, 200, "{again:?}");
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), 1);
}
