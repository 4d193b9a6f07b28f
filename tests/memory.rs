//! Small bodies that need much memory, sent over many connections at once: the gateway's memory
//! stays low, and `/healthz` replies meanwhile. The kernel reports the memory of a whole process,
//! so this is a binary of its own: no other test runs beside it.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test may stop at the first surprise, gives its program a clean environment, and prints what it measured"
)]

mod common;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::Gateway;

/// How long a failing test waits.
const PATIENCE: Duration = Duration::from_secs(180);
/// Connections at once, and bodies on each.
const CONNECTIONS: usize = 40;
const BODIES: usize = 3;
/// The process must stay below this much memory, in MiB.
const MOST: u64 = 300;

const PROFILE: &str = "\
receive: { channel: landing, when: \"!($.no == 1)\" }
fields: { all: \"$..a\", phone: { from: $.phone, as: phone, missing: reject } }
contact: { fields: { PHONE: { value: \"{{phone}}\", search: true } } }
lead: { found: always_create, fields: { TITLE: \"{{all}}\" } }
";

/// Returns a line of `/proc/PID/status`, in MiB.
fn memory(gateway: &Gateway, line: &str) -> u64 {
    let path = format!("/proc/{}/status", gateway.child.id());
    let status = std::fs::read_to_string(path).unwrap();
    let found = status
        .lines()
        .find(|found| found.starts_with(line))
        .unwrap();
    let kilobytes = found.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<u64>().unwrap() / 1024
}

/// Sends a request on a connection of its own; returns the status.
fn ask(address: &str, head: &str, body: &[u8]) -> u16 {
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    // a body that is refused early need not be read
    stream.write_all(body).ok();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).ok();
    let reply = String::from_utf8_lossy(&reply).into_owned();
    let status = reply.split(' ').nth(1).unwrap_or_default();
    status.parse().unwrap_or_default()
}

fn object(list: &str, more: &str) -> Vec<u8> {
    format!("{{\"phone\":\"+79120000001\",\"l\":{list}{more}}}").into_bytes()
}

/// Returns a list of `one`, about `bytes` long.
fn listed(one: &str, bytes: usize) -> String {
    let count = bytes / (one.len() + 1);
    format!("[{}]", vec![one; count].join(","))
}

/// Returns bodies of 1 MiB each, with as many values as fit.
fn beyond() -> Vec<Vec<u8>> {
    let megabyte = (1 << 20) - 200;
    let deep = format!("{}{}", "[".repeat(61), "]".repeat(61));
    let keys: Vec<String> = (0..80_000).map(|n| format!("\"{n}\":1")).collect();
    vec![
        object(&listed(&deep, megabyte), ""),
        object(&listed(r#"{"a":1}"#, megabyte), ""),
        object(&listed("[]", megabyte), ""),
        object(&listed("0", megabyte), ""),
        object(&format!("{{{}}}", keys.join(",")), ""),
        object(&format!("{{{}}}", vec!["\"a\":1"; 140_000].join(",")), ""),
    ]
}

/// Returns bodies within the limits that need as much memory as possible.
fn within() -> Vec<Vec<u8>> {
    let keys: Vec<String> = (0..49_000).map(|n| format!("\"{n}\":1")).collect();
    let text = format!(",\"t\":\"{}\"", "x".repeat(600_000));
    vec![
        object(&listed(r#"{"a":1}"#, 24_500 * 8), ""),
        object(&listed(r#"{"a":1}"#, 24_500 * 8), &text),
        object(&format!("{{{}}}", keys.join(",")), ""),
    ]
}

/// Sends each body over all connections at once; returns how often each status came.
fn attack(gateway: &Gateway, bodies: &[Vec<u8>]) -> BTreeMap<u16, usize> {
    let before = memory(gateway, "VmRSS");
    let (done, slowest) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut statuses = BTreeMap::<u16, usize>::new();
    std::thread::scope(|scope| {
        let health = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                assert_eq!(ask(&gateway.address, "GET /healthz", b""), 200);
                let took = usize::try_from(begun.elapsed().as_millis()).unwrap();
                slowest.fetch_max(took, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        for body in bodies {
            let ask_often = || {
                let statuses = (0..BODIES).map(|_| ask(&gateway.address, "POST /in/landing", body));
                statuses.collect::<Vec<u16>>()
            };
            let asking: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(ask_often)).collect();
            for status in asking.into_iter().flat_map(|asked| asked.join().unwrap()) {
                *statuses.entry(status).or_default() += 1;
            }
        }
        done.store(true, Ordering::Relaxed);
        health.join().unwrap();
    });
    let (peak, after) = (memory(gateway, "VmHWM"), memory(gateway, "VmRSS"));
    eprintln!(
        "{} requests {statuses:?}: {before} MiB before, {peak} MiB at most, {after} MiB after; \
         the slowest /healthz took {} ms",
        bodies.len() * CONNECTIONS * BODIES,
        slowest.load(Ordering::Relaxed)
    );
    assert!(peak < MOST, "{peak} MiB");
    statuses
}

fn gateway(home: &Path) -> Gateway {
    std::fs::create_dir(home.join("mappings")).unwrap();
    std::fs::write(home.join("mappings/landing.yaml"), PROFILE).unwrap();
    // nothing listens at the portal's address, so submissions wait
    let portal = "http://127.0.0.1:1/rest/1/nobody/";
    let settings = [
        ("LEADGATE_SERVER__REQUEST_TIMEOUT", "120s"),
        // as in the container image
        ("MALLOC_ARENA_MAX", "2"),
    ];
    Gateway::start(home, portal, &settings)
}

#[test]
fn many_bodies_beyond_the_limits_need_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let bodies = beyond();
    let statuses = attack(&gateway(home.path()), &bodies);
    let all = bodies.len() * CONNECTIONS * BODIES;
    assert_eq!(statuses, BTreeMap::from([(413, all)]));
}

#[test]
fn many_bodies_within_the_limits_need_little_memory() {
    let home = tempfile::tempdir().unwrap();
    let bodies = within();
    let statuses = attack(&gateway(home.path()), &bodies);
    let all = bodies.len() * CONNECTIONS * BODIES;
    assert_eq!(statuses.get(&200), Some(&all), "{statuses:?}");
}

#[test]
fn hundreds_of_unfinished_large_bodies_take_little_memory() {
    const OPEN: usize = 400;
    let home = tempfile::tempdir().unwrap();
    let gateway = gateway(home.path());
    let before = memory(&gateway, "VmRSS");
    let head = "POST /in/landing HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 1048000\r\n\r\n{\"a\":\"";
    let begun = [head.as_bytes(), &vec![b'x'; 1_040_000]].concat();
    let open: Vec<TcpStream> = (0..OPEN)
        .map(|_| {
            let mut stream = TcpStream::connect(&gateway.address).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            // the oldest are given up for the next ones
            stream.write_all(&begun).ok();
            stream
        })
        .collect();
    assert_eq!(ask(&gateway.address, "GET /healthz", b""), 200);
    let peak = memory(&gateway, "VmHWM");
    eprintln!("{OPEN} unfinished bodies: {before} MiB before, {peak} MiB at most");
    drop(open);
    assert!(peak < MOST, "{peak} MiB");
}
