//! What the program keeps to itself: secrets, the sandbox, files, and how it speaks of strangers.

mod exposure;
mod files;
mod secrets;

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The program in a folder, with a clean environment.
fn leadgate(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("LEADGATE_") {
            command.env_remove(name);
        }
    }
    command.current_dir(home).args(arguments).env("LC_ALL", "C");
    command
}

/// Runs a command in a folder; its exit code and all that it said.
fn run(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut command = leadgate(home, arguments);
    let output = command.envs(environment.iter().copied()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    (output.status.code(), said)
}

/// A server in a process of its own; its log is in a file.
struct Server {
    child: Child,
    log: std::path::PathBuf,
    /// Keeps the pipe open.
    _said: BufReader<ChildStdout>,
    lines: Vec<String>,
}

impl Server {
    /// Waits for its last line, which shows how to call it.
    fn start(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let log = home.join("log");
        let mut child = leadgate(home, arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let calls = if arguments[0] == "serve" { 2 } else { 1 };
        let mut lines: Vec<String> = Vec::new();
        while lines.iter().filter(|line| line.contains("curl ")).count() < calls {
            let mut line = String::new();
            let more = said.read_line(&mut line).unwrap() > 0;
            assert!(more, "{lines:?} {}", std::fs::read_to_string(&log).unwrap());
            lines.push(line.trim().to_owned());
        }
        Self {
            child,
            log,
            _said: said,
            lines,
        }
    }

    /// Its port, from the address of postPoll or of the webhook.
    fn port(&self) -> u16 {
        let line = self
            .lines
            .iter()
            .find(|line| line.contains("http://"))
            .unwrap();
        let (_, rest) = line.split_once("http://").unwrap();
        let (host, _) = rest.split_once('/').unwrap();
        host.rsplit(':').next().unwrap().parse().unwrap()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Waits for words in the log.
    fn logs(&self, words: &str) -> String {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            let log = self.log();
            if log.contains(words) {
                return log;
            }
            assert!(Instant::now() < patience, "{words} is not in\n{log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Sends bytes to this machine and reads all that comes back.
fn send(port: u16, bytes: &str) -> String {
    use std::io::Write as _;
    let mut connection = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    connection.write_all(bytes.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of a GET with these headers.
fn status(port: u16, path: &str, headers: &str) -> u16 {
    let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
    let answer = send(port, &request);
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}
