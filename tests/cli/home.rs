//! A folder for one test, and the commands and servers that run in it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A test's folder, and the settings of all commands in it.
pub(crate) struct Home {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

/// The exit code and the output of a command.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// Makes an empty folder.
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            settings: Vec::new(),
        }
    }

    /// Makes an empty folder whose commands use the profiles and templates of the repository.
    pub(crate) fn with_shipped_profiles() -> Self {
        let mut home = Self::new();
        let repository = env!("CARGO_MANIFEST_DIR");
        home.set("LEADGATE_MAPPINGS__DIR", &format!("{repository}/mappings"));
        home.set(
            "LEADGATE_MAPPINGS__TEMPLATES",
            &format!("{repository}/templates"),
        );
        home
    }

    /// Sets a variable of the environment for all later commands.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it, and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Returns a command in this folder, in English and without the settings of this machine.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
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
            .envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a command with more settings.
    pub(crate) fn run_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
        let mut command = self.command(arguments);
        command.envs(settings.iter().copied());
        ended(command, b"")
    }

    /// Runs a command and returns its exit code and its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String) {
        self.fed(arguments, b"")
    }

    /// Does the same with `input` on standard input.
    pub(crate) fn fed(&self, arguments: &[&str], input: &[u8]) -> (i32, String) {
        let ended = ended(self.command(arguments), input);
        (ended.code, ended.stdout + &ended.stderr)
    }

    /// Runs a command that must end with this code and write all of these texts.
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

    /// Runs a command that must succeed.
    pub(crate) fn succeeds(&self, arguments: &[&str]) -> String {
        self.says(arguments, 0, &[])
    }
}

fn ended(mut command: Command, input: &[u8]) -> Ended {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a command that reads nothing may have ended already
    child.stdin.take().unwrap().write_all(input).ok();
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// `leadgate serve` or `leadgate sandbox` in a process of its own; its log is in a file.
pub(crate) struct Server {
    child: Child,
    /// The lines of its announcement.
    pub(crate) lines: Vec<String>,
    rest: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Server {
    /// Starts the gateway on a free port of this machine.
    pub(crate) fn serve(home: &Home) -> Self {
        Self::start(home, &["serve", "--listen", "127.0.0.1:0"], &[])
    }

    /// Starts a server and waits for the last lines of its announcement, which show how to call it.
    pub(crate) fn start(home: &Home, arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let log = home.path("log");
        let mut child = home
            .command(arguments)
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut rest = BufReader::new(child.stdout.take().unwrap());
        let examples = if arguments[0] == "serve" { 2 } else { 1 };
        let mut lines: Vec<String> = Vec::new();
        while lines.iter().filter(|line| line.contains("curl ")).count() < examples {
            let mut line = String::new();
            let has_more = rest.read_line(&mut line).unwrap() > 0;
            assert!(has_more, "it ended early: {lines:?}\n{}", read(&log));
            lines.push(line.trim().to_owned());
        }
        Self {
            child,
            lines,
            rest,
            log,
        }
    }

    /// Returns the line of the announcement that begins with `name`.
    pub(crate) fn line(&self, name: &str) -> &str {
        let found = self.lines.iter().find(|line| line.starts_with(name));
        found.unwrap_or_else(|| panic!("no line begins with {name}: {:?}", self.lines))
    }

    /// Returns host and port of the first address in the announcement.
    pub(crate) fn address(&self) -> &str {
        let mut parts = self
            .lines
            .iter()
            .filter_map(|line| line.split_once("http://"));
        let (_, rest) = parts.next().unwrap();
        rest.split('/').next().unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address().rsplit(':').next().unwrap().parse().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    /// Waits until the log contains `text`, and returns the log.
    pub(crate) fn logs(&self, text: &str) -> String {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let log = self.log();
            if log.contains(text) {
                return log;
            }
            assert!(Instant::now() < deadline, "{text} is not in\n{log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Posts a body with more header lines, and returns the reply's status line.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let reply = send(self.port(), &request);
        reply.lines().next().unwrap_or_default().to_owned()
    }

    /// Posts JSON, and returns the reply's status line.
    pub(crate) fn post_json(&self, path: &str, body: &str) -> String {
        self.post(path, "Content-Type: application/json\r\n", body)
    }

    /// Posts a form, and returns the reply's status line.
    pub(crate) fn post_form(&self, path: &str, body: &str) -> String {
        let headers = "Content-Type: application/x-www-form-urlencoded\r\n";
        self.post(path, headers, body)
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status();
        assert!(killed.unwrap().success());
        let deadline = Instant::now() + Duration::from_secs(180);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut more = String::new();
                self.rest.read_to_string(&mut more).unwrap();
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// Sends bytes to this machine and returns all that comes back.
pub(crate) fn send(port: u16, bytes: &str) -> String {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.write_all(bytes.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn read(log: &PathBuf) -> String {
    std::fs::read_to_string(log).unwrap()
}
