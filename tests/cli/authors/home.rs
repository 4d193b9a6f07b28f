//! A home for commands: a folder of profiles and data of a test's own, and a gateway that works there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Profiles and data of a test's own, and settings that each command gets.
pub(crate) struct Home {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

pub(crate) const PROFILE: &str = "name: Вопрос
receive: { polls: [123] }
fields:
  name: $.data.firstname
  city: $.data.city
  phone: { from: [$.data.phone, $.data.mobile], as: phone }
  email: { from: $.data.email, as: email, missing: reject }
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
    EMAIL: { value: '{{email}}', search: true }
deal:
  fields:
    TITLE: 'Вопрос {{name}}'
    SOURCE_DESCRIPTION: '{{city}}'
";

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mappings")).unwrap();
        let home = Self {
            folder,
            settings: Vec::new(),
        };
        home.write("mappings/question.yaml", PROFILE);
        home.write("packet.json", &packet().to_string());
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LEADGATE_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env("LC_ALL", "C")
            .env("LEADGATE_SANDBOX__KEEP", "false")
            .envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a command; its exit code, and all that it said.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        self.fed(arguments, b"")
    }

    /// The same with this on standard input.
    pub(crate) fn fed(&self, arguments: &[&str], input: &[u8]) -> (i32, String) {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // a command that reads nothing may have ended already
        child.stdin.take().unwrap().write_all(input).ok();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }

    /// For a command that must end with this code and say all of that.
    pub(crate) fn says(&self, arguments: &[&str], code: i32, parts: &[&str]) -> String {
        let (ended, text) = self.run(arguments);
        assert_eq!(ended, code, "{arguments:?}: {text}");
        for part in parts {
            assert!(
                text.contains(part),
                "{arguments:?}: {part} is not in\n{text}"
            );
        }
        text
    }
}

pub(crate) fn packet() -> Value {
    json!({
        "header_data": {"poll_id": 123, "answer_id": 345},
        "data": {"firstname": "Анна", "mobile": "8 (912) 345-67-89", "email": "anna@mail.example"},
    })
}

/// Sends a body; the reply's status line.
pub(crate) fn send(address: &str, path: &str, kind: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).unwrap();
    status
}

/// A gateway in a process of its own; later commands of its home know its address.
pub(crate) struct Served {
    child: Child,
    pub(crate) address: String,
}

impl Served {
    pub(crate) fn start(home: &mut Home) -> Self {
        let mut child = home
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines
            .by_ref()
            .map(|line| line.unwrap())
            .find(|line| line.contains("postAnswer"))
            .unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        home.set("LEADGATE_SERVER__LISTEN", &address);
        Self { child, address }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}
