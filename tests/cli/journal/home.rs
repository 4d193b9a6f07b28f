//! Profiles and data of a test's own, and a gateway that works with them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Profiles and data of a test's own.
pub(crate) struct Home(pub(crate) TempDir);

const PROFILE: &str = "name: Вопрос
receive: { polls: [123] }
fields:
  name: $.data.firstname
  phone: { from: $.data.phone, as: phone, missing: MISSING }
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
deal:
  fields:
    TITLE: 'TITLE {{name}}'
";

impl Home {
    pub(crate) fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(home.mappings()).unwrap();
        home.profile("Вопрос", "park");
        home
    }

    pub(crate) fn mappings(&self) -> PathBuf {
        self.0.path().join("mappings")
    }

    /// Writes the profile with this title for its deals.
    pub(crate) fn profile(&self, title: &str, missing: &str) {
        let text = PROFILE.replace("TITLE {{", &format!("{title} {{{{"));
        let file = self.mappings().join("question.yaml");
        std::fs::write(file, text.replace("MISSING", missing)).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LEADGATE_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .arg("--data")
            .arg(self.0.path().join("data"))
            .env("LEADGATE_MAPPINGS__DIR", self.mappings())
            .env("LEADGATE_SANDBOX__KEEP", "false")
            .env("LC_ALL", "C");
        command
    }

    /// Runs a command; its exit code, and all that it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }

    /// The same, for a command that must end well.
    pub(crate) fn well(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {text}");
        text
    }

    /// The states of all submissions, by answer.
    pub(crate) fn states(&self) -> Vec<(String, String)> {
        let text = self.well(&["journal", "--json", "--limit", "1000"]);
        let mut states: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|entry| {
                let word = |key: &str| entry[key].as_str().unwrap().to_owned();
                (word("identity"), word("state"))
            })
            .collect();
        states.sort();
        states
    }

    pub(crate) fn wait_for(&self, identity: &str, state: &str) {
        let patience = Instant::now() + Duration::from_secs(180);
        let wanted = (identity.to_owned(), state.to_owned());
        while !self.states().contains(&wanted) {
            assert!(Instant::now() < patience, "{wanted:?}: {:?}", self.states());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A gateway in a process of its own.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn start(home: &Home) -> Self {
        Self::with(home, &[])
    }

    /// A gateway that has delivered answer 1, and parked answer 2 for want of a phone.
    pub(crate) fn with_one_delivered_and_one_parked(home: &Home) -> Self {
        let served = Self::start(home);
        served.send(1, "Анна", "8 (912) 345-67-89");
        served.send(2, "Ян", "нет");
        home.wait_for("polls/123/1", "delivered");
        home.wait_for("polls/123/2", "parked");
        served
    }

    pub(crate) fn with(home: &Home, settings: &[(&str, &str)]) -> Self {
        let mut child = home
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split('/').next()?.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address: address.unwrap(),
        }
    }

    /// Sends an answer; returns the reply's status line.
    pub(crate) fn send(&self, answer: u32, name: &str, phone: &str) -> String {
        let body = format!(
            r#"{{"header_data":{{"poll_id":123,"answer_id":{answer}}},"data":{{"firstname":"{name}","phone":"{phone}"}}}}"#
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /polls/postAnswer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status).unwrap();
        status
    }

    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status();
        assert!(killed.unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// The identities in the order of the list.
pub(crate) fn listed(text: &str) -> Vec<u32> {
    text.lines()
        .filter_map(|line| {
            line.split_once("answer ")?
                .1
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .collect()
}
