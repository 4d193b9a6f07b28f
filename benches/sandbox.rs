//! Measures the speed of the sandbox and the memory of a large portal: `cargo bench --bench
//! sandbox`. The load runs on the same machine and uses its share of the cores.

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpServer};
use jiff::Timestamp;
use leadgate::simulator::{Limits, Portal, PortalOptions};
use serde_json::json;

const CONTACTS: u64 = 100_000;
const CONNECTIONS: u64 = 16;
const WORKERS: usize = 2;
const EACH: Duration = Duration::from_secs(4);

/// A repeated call: a name, and the method and body of the n-th call.
type Subject = (&'static str, fn(u64) -> (&'static str, String));

const SUBJECTS: &[Subject] = &[
    ("profile", |_| ("profile", "{}".to_owned())),
    ("a contact by its number", |n| {
        ("crm.contact.get", json!({"id": one_of(n)}).to_string())
    }),
    ("an item by its number", |n| {
        let params = json!({"entityTypeId": 3, "id": one_of(n)});
        ("crm.item.get", params.to_string())
    }),
    ("people by phone", |n| {
        let params = json!({"type": "PHONE", "values": [phone(one_of(n))]});
        ("crm.duplicate.findbycomm", params.to_string())
    }),
    ("a contact by its origin", |n| {
        let origin = format!("c-{}", one_of(n));
        let filter = json!({"=ORIGINATOR_ID": "bench", "=ORIGIN_ID": origin});
        let params = json!({"filter": filter, "select": ["ID"], "start": -1});
        ("crm.contact.list", params.to_string())
    }),
    ("a new contact", |n| {
        ("crm.contact.add", person(CONTACTS + n).to_string())
    }),
    ("a batch of ten new deals", |n| {
        let command = |at| {
            let contact = one_of(n + at);
            format!("crm.deal.add?fields[TITLE]=D&fields[CONTACT_ID]={contact}")
        };
        let commands: Vec<String> = (0..10).map(command).collect();
        ("batch", json!({"halt": 0, "cmd": commands}).to_string())
    }),
];

fn main() {
    let before = resident();
    let portal = Portal::new(PortalOptions {
        limits: Limits::off(),
        ..PortalOptions::new(Arc::new(|| Timestamp::UNIX_EPOCH))
    });
    let start = Instant::now();
    for n in 1..=CONTACTS {
        portal.call("crm.contact.add", person(n));
    }
    println!(
        "{CONTACTS} contacts: {:.1} s, {} MB resident ({before} MB before)",
        start.elapsed().as_secs_f64(),
        resident()
    );
    let address = serve(&portal);
    for (name, subject) in SUBJECTS {
        let rate = load(address, *subject);
        println!("{name:<26}{rate:>9.0} calls/s");
    }
    let records = portal.counters().records;
    println!("{} MB resident in the end, with {records:?}", resident());
}

fn serve(portal: &Portal) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let shared = portal.clone();
    std::thread::spawn(move || {
        let server = HttpServer::new(move || {
            let portal = shared.clone();
            App::new().configure(move |config| portal.configure(config))
        });
        let server = server.workers(WORKERS).disable_signals();
        let running = server.listen(listener).expect("it listens").run();
        actix_web::rt::System::new().block_on(running)
    });
    address
}

/// Measures calls per second over keep-alive connections, one call at a time on each.
fn load(address: SocketAddr, subject: fn(u64) -> (&'static str, String)) -> f64 {
    let next = AtomicU64::new(0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| {
                let stream = TcpStream::connect(address).expect("it listens");
                stream.set_nodelay(true).expect("a socket can do that");
                let mut stream = BufReader::new(stream);
                while start.elapsed() < EACH {
                    let (method, body) = subject(next.fetch_add(1, Ordering::Relaxed));
                    call(&mut stream, method, &body).expect("it answers");
                }
            });
        }
    });
    #[expect(clippy::cast_precision_loss, reason = "some thousands of calls")]
    let calls = next.into_inner() as f64;
    calls / start.elapsed().as_secs_f64()
}

fn call(stream: &mut BufReader<TcpStream>, method: &str, body: &str) -> std::io::Result<()> {
    let request = format!(
        "POST /rest/1/sandbox/{method} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes())?;
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        } else if lower.starts_with("http/1.1") {
            assert!(lower.contains(" 200 "), "{method}: {line}");
        } else if line == "\r\n" {
            break;
        }
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer)
}

fn person(n: u64) -> serde_json::Value {
    json!({"fields": {
        "NAME": "Анна",
        "LAST_NAME": format!("Петрова-{n}"),
        "ASSIGNED_BY_ID": 6,
        "SOURCE_ID": "WEBFORM",
        "ORIGINATOR_ID": "bench",
        "ORIGIN_ID": format!("c-{n}"),
        "PHONE": [{"VALUE": phone(n), "VALUE_TYPE": "MOBILE"}],
        "EMAIL": [{"VALUE": format!("anna-{n}@mail.example"), "VALUE_TYPE": "HOME"}],
    }})
}

fn phone(n: u64) -> String {
    format!("+7900{:07}", n % 10_000_000)
}

/// Returns a contact's number, spread over all contacts.
fn one_of(n: u64) -> u64 {
    1 + n.wrapping_mul(7919) % CONTACTS
}

/// Returns the memory of this process in megabytes; 0 if the system does not report it.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
