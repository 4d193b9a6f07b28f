//! A load run of steps: `cargo bench --bench steps`. Submissions without a CRM wait for a service that
//! is not ready; then it is, and answers at once. Prints steps per second with 64 requests in
//! parallel, the calls of a Calltouch import of 1,000, five calls a second, and letters per second to
//! the sandbox's mailbox. The service and the mailbox are in this process, the gateway in one of its
//! own. Checks no limits.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use leadgate::domain::{Clock as _, SystemClock};
use leadgate::simulator::{MailFault, MailFaultKind, MailSecurity, Mailbox, Times};
use serde_json::{Value, json};

use process::start;

#[path = "support/process.rs"]
mod process;

/// Steps to the plain service.
const STEPS: usize = 20_000;
/// Requests of the import.
const ROWS: usize = 1000;
/// Letters.
const LETTERS: usize = 5000;

const PLAIN: &str = r#"
receive: { channel: load }
fields: { name: $.name, phone: { from: $.phone, as: phone } }
then:
  - { http: service, path: /orders, json: { name: "{{name}}", phone: "{{phone}}" }, success: $.ok == true }
"#;

const CALLTOUCH: &str = r#"
receive: { channel: load }
fields: { name: $.name, phone: { from: $.phone, as: phone } }
then:
  - { http: service, json: { requests: [{ fio: "{{name}}", phoneNumber: "{{digits phone}}" }] } }
"#;

const MAIL: &str = r#"
receive: { channel: load }
fields: { name: $.name, phone: { from: $.phone, as: phone } }
then:
  - mail: { to: sales@firm.example, subject: "{{name}}", text: "{{phone}}", html: "<b>{{phone}}</b>" }
"#;

fn main() {
    println!("destination                 submissions   calls   seconds   submissions a second");
    let plain = [("HTTP__SERVICE__PARALLEL", "64")];
    run("plain, 64 parallel", PLAIN, STEPS, &service(&plain));
    let calltouch = [
        ("HTTP__SERVICE__PRESET", "calltouch"),
        ("HTTP__SERVICE__TOKEN", "t"),
        ("HTTP__SERVICE__SITE", "1"),
    ];
    run(
        "Calltouch, 5 calls/s",
        CALLTOUCH,
        ROWS,
        &service(&calltouch),
    );
    run("mail, calls: connections", MAIL, LETTERS, &mail_server());
}

/// What submissions are delivered to.
struct Target {
    /// Settings of the gateway.
    settings: Vec<(&'static str, String)>,
    /// Lets it take them.
    open: Box<dyn Fn()>,
    /// Returns how many it got: requests, connections.
    calls: Box<dyn Fn() -> usize>,
    /// Returns how many submissions it took.
    done: Box<dyn Fn() -> usize>,
}

fn service(settings: &[(&'static str, &str)]) -> Target {
    let service = Arc::new(Service::start());
    let (opened, called) = (Arc::clone(&service), Arc::clone(&service));
    let given = settings
        .iter()
        .map(|(key, value)| (*key, (*value).to_owned()));
    let own = [
        ("HTTP__SERVICE__URL", service.address.clone()),
        ("HTTP__SERVICE__TIMEOUT", "60s".to_owned()),
    ];
    Target {
        settings: own.into_iter().chain(given).collect(),
        open: Box::new(move || opened.is_open.store(true, Ordering::Relaxed)),
        calls: Box::new(move || called.calls.load(Ordering::Relaxed)),
        done: Box::new(move || service.done.load(Ordering::Relaxed)),
    }
}

fn mail_server() -> Target {
    let mailbox = Mailbox::new(Arc::new(|| SystemClock.now()));
    mailbox.inject(MailFault {
        kind: MailFaultKind::ClosedPort,
        to: None,
        times: Times::Always,
    });
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("smtp://{}", listener.local_addr().expect("its address"));
    let serving = mailbox.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(serving.serve(listener, MailSecurity::Plain))
    });
    let (opened, called) = (mailbox.clone(), mailbox.clone());
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    Target {
        settings: vec![
            ("MAIL__SERVER", server),
            ("MAIL__TLS", "off".to_owned()),
            ("MAIL__FROM", "leadgate@own.example".to_owned()),
        ],
        open: Box::new(move || opened.clear_faults()),
        calls: Box::new(move || count(called.sessions())),
        done: Box::new(move || count(mailbox.taken())),
    }
}

fn run(name: &str, profile: &str, count: usize, target: &Target) {
    let home = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(home.path().join("mappings")).expect("a folder");
    std::fs::write(home.path().join("mappings/load.yaml"), profile).expect("a profile");
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--data"])
        .arg(home.path().join("data"))
        .current_dir(home.path());
    for (key, value) in &target.settings {
        command.env(format!("LEADGATE_{key}"), value);
    }
    let (gateway, address) = start(&mut command, "/in/");
    flood(&address, count);
    let before = (target.calls)();
    (target.open)();
    // the pause ends with the first success
    while (target.done)() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let started = Instant::now();
    while (target.done)() < count && started.elapsed() < Duration::from_secs(300) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = started.elapsed().as_secs_f64();
    let done = (target.done)();
    let calls = (target.calls)() - before;
    let done_f = f64::from(u32::try_from(done).unwrap_or(u32::MAX));
    println!(
        "{name:<26}  {done:>11}  {calls:>6}  {took:>8.2}   {:>8.0}",
        done_f / took
    );
    drop(gateway);
}

/// A service that refuses all requests until it is open, and then takes each at once.
struct Service {
    address: String,
    is_open: Arc<AtomicBool>,
    /// Requests that it got.
    calls: Arc<AtomicUsize>,
    /// Submissions that it took.
    done: Arc<AtomicUsize>,
}

impl Service {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let service = Self {
            address: format!("http://{}", listener.local_addr().expect("its address")),
            is_open: Arc::default(),
            calls: Arc::default(),
            done: Arc::default(),
        };
        let (is_open, calls, done) = (
            Arc::clone(&service.is_open),
            Arc::clone(&service.calls),
            Arc::clone(&service.done),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (is_open, calls, done) =
                    (Arc::clone(&is_open), Arc::clone(&calls), Arc::clone(&done));
                std::thread::spawn(move || {
                    stream.set_nodelay(true).ok();
                    let mut reader = BufReader::new(stream);
                    while let Some(body) = request(&mut reader) {
                        calls.fetch_add(1, Ordering::Relaxed);
                        let (reply, taken) = if is_open.load(Ordering::Relaxed) {
                            answer(&body)
                        } else {
                            (reply("429 Too Many Requests\r\nRetry-After: 1", "{}"), 0)
                        };
                        if reader.get_mut().write_all(reply.as_bytes()).is_err() {
                            return;
                        }
                        done.fetch_add(taken, Ordering::Relaxed);
                    }
                });
            }
        });
        service
    }
}

/// Reads the body of the next request of a connection.
fn request(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// Returns the reply to a request, and how many submissions it takes.
fn answer(body: &[u8]) -> (String, usize) {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(rows) = body.get("requests").and_then(Value::as_array) else {
        return (reply("200 OK", "{\"ok\":true}"), 1);
    };
    let results: Vec<Value> = rows
        .iter()
        .map(|row| json!({"requestNumber": row["requestNumber"], "imported": true}))
        .collect();
    let text = json!({"data": {"requests": results}}).to_string();
    (reply("200 OK", &text), rows.len())
}

fn reply(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Sends the submissions over eight connections.
fn flood(address: &str, count: usize) {
    std::thread::scope(|scope| {
        for lane in 0..8 {
            scope.spawn(move || {
                let stream = TcpStream::connect(address).expect("a connection");
                stream.set_nodelay(true).ok();
                let mut reader = BufReader::new(stream);
                for number in (lane..count).step_by(8) {
                    let body = format!("{{\"name\":\"Имя{number}\",\"phone\":\"+7912{number:07}\"}}");
                    let request = format!(
                        "POST /in/load HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    );
                    let written = reader.get_mut().write_all(request.as_bytes());
                    written.expect("a request");
                    let reply = self::request(&mut reader).expect("a reply");
                    assert!(!reply.is_empty());
                }
            });
        }
    });
}
