//! A load run of delivery: `cargo bench --bench delivery`. Many people send answers to a gateway with a
//! sandbox in a process of its own, which has the limits of a plan and a latency. A new person gets a
//! contact, a deal and a comment; a known one has a contact and, every other, an open deal. Prints
//! submissions per call, the time until all are in the CRM, and refusals, beside the bound: the
//! changes alone, fifty commands a call, and the leaky bucket. Checks no limits.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use process::start;

#[path = "support/process.rs"]
mod process;

fn main() {
    println!(
        "people, known, plan, ms a call + a command   in the CRM after   a second   calls  a call  refused  doubled   bound: calls, time"
    );
    let new = |people, call_ms, command_ms| Run {
        people,
        known: 0,
        plan: "standard",
        call_ms,
        command_ms,
    };
    for (call_ms, command_ms) in [(0, 0), (150, 0), (150, 30)] {
        for people in [1, 200, 1000] {
            run(new(people, call_ms, command_ms));
        }
    }
    for known in [50, 90] {
        run(Run {
            known,
            ..new(1000, 150, 0)
        });
    }
    for known in [0, 90] {
        run(Run {
            known,
            plan: "box",
            ..new(5000, 0, 0)
        });
    }
}

/// One run: this many people, of whom a share is known to the portal, which has the limits of a plan
/// and takes some milliseconds per call and per command.
#[derive(Clone, Copy)]
struct Run {
    people: u32,
    /// Per cent.
    known: u32,
    plan: &'static str,
    call_ms: u32,
    command_ms: u32,
}

impl Run {
    fn is_known(self, number: u32) -> bool {
        number % 100 < self.known
    }

    /// Returns how many people are known.
    fn known_people(self) -> u32 {
        let known = (0..self.people).filter(|number| self.is_known(*number));
        u32::try_from(known.count()).expect("few")
    }
}

fn run(run: Run) {
    let home = tempfile::tempdir().expect("a folder");
    let (sandbox, crm) = start(
        Command::new(env!("CARGO_BIN_EXE_leadgate")).args([
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--log",
            "off",
            "--limits",
            "off",
        ]),
        "/rest/1/sandbox/",
    );
    introduce(&crm, run);
    steer(&crm, "limits", limits(run.plan));
    let latency = serde_json::json!({"call_ms": run.call_ms, "command_ms": run.command_ms});
    steer(&crm, "latency", &latency.to_string());
    let (before, doubled) = (counter(&crm, "calls"), contacts_doubled(&crm));
    let (gateway, address) = start(
        Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--data"])
            .arg(home.path().join("data"))
            .env(
                "LEADGATE_CRM__MAIN__WEBHOOK",
                format!("http://{crm}/rest/1/sandbox/"),
            )
            .env("LEADGATE_CRM__MAIN__PLAN", run.plan)
            // without the daily check against the portal, three calls
            .env("LEADGATE_MAPPINGS__LIVE_CHECK_EVERY", "0s"),
        "/polls/postPoll",
    );
    // the calls that test the webhook
    while counter(&crm, "calls") < before + 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_secs(1));
    let before = counter(&crm, "calls");
    let started = Instant::now();
    flood(&address, run.people);
    while counter(&crm, "comments") < u64::from(run.people)
        && started.elapsed() < Duration::from_secs(180)
    {
        std::thread::sleep(Duration::from_millis(25));
    }
    let took = started.elapsed().as_secs_f64();
    let calls = u32::try_from(counter(&crm, "calls") - before).unwrap_or(u32::MAX);
    let bound = bound(run);
    println!(
        "{:>5} people, {:>2} %, {:>8}, {:>3} + {:>2} ms      {took:>8.2} s   {:>8.0}   {calls:>5}  {:>6.1}  {:>7}  {:>7}   {:>5}, {:.2} s",
        run.people,
        run.known,
        run.plan,
        run.call_ms,
        run.command_ms,
        f64::from(run.people) / took,
        f64::from(run.people) / f64::from(calls.max(1)),
        counter(&crm, "refused"),
        contacts_doubled(&crm).saturating_sub(doubled),
        bound.0,
        bound.1,
    );
    drop((gateway, sandbox));
}

/// The bound: three changes for a new person and two for a known one, fifty commands a call, four
/// calls at a time, a bucket of fifty that drains two a second.
fn bound(run: Run) -> (u32, f64) {
    let changes = run.people * 3 - run.known_people();
    let calls = changes.div_ceil(50);
    let ms = calls * run.call_ms + changes * run.command_ms;
    let work = f64::from(ms) / 1000.0 / f64::from(calls.min(4));
    let wait = match run.plan {
        "standard" => (f64::from(calls) - 50.0) / 2.0,
        _ => 0.0,
    };
    (calls, work.max(wait))
}

/// The limits of a plan, as the sandbox takes them.
fn limits(plan: &str) -> &'static str {
    match plan {
        "standard" => r#"{"bucket":{"drain":2,"size":50},"operating":480}"#,
        _ => r#"{"bucket":null,"operating":null}"#,
    }
}

/// Adds the contacts of known people, and an open deal for every other of them.
fn introduce(crm: &str, run: Run) {
    let known: Vec<u32> = (0..run.people).filter(|n| run.is_known(*n)).collect();
    for part in known.chunks(25) {
        let mut commands = serde_json::Map::new();
        for number in part {
            let contact = format!(
                "crm.contact.add?fields[NAME]=Имя{number}&fields[PHONE][0][VALUE]=8912{:07}&fields[EMAIL][0][VALUE]=p{number}@mail.example",
                1_000_000 + number
            );
            commands.insert(format!("c{number}"), contact.into());
            if number % 2 == 0 {
                let deal = format!(
                    "crm.deal.add?fields[TITLE]=x&fields[STAGE_ID]=NEW&fields[CONTACT_ID]=$result[c{number}]"
                );
                commands.insert(format!("d{number}"), deal.into());
            }
        }
        let body = serde_json::json!({"halt": 0, "cmd": commands}).to_string();
        let reply = post(crm, "/rest/1/sandbox/batch", &body);
        assert!(reply.contains("\"result_error\":[]"), "{reply}");
    }
}

/// Returns how many contacts share a phone or an address with an older one.
fn contacts_doubled(crm: &str) -> u64 {
    let doubled = counters(crm);
    let doubled = doubled.pointer("/duplicates_by_match_code/contact");
    doubled.and_then(serde_json::Value::as_u64).unwrap_or(0)
}

/// Changes a setting of the sandbox.
fn steer(crm: &str, what: &str, body: &str) {
    let reply = post(crm, &format!("/sandbox/control/{what}"), body);
    assert!(
        reply.starts_with("HTTP/1.0 2") || reply.starts_with("HTTP/1.1 2"),
        "{reply}"
    );
}

fn post(address: &str, path: &str, body: &str) -> String {
    ask(
        address,
        &format!(
            "POST {path} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    )
}

/// Sends every person's answer over eight connections.
fn flood(address: &str, people: u32) {
    std::thread::scope(|scope| {
        for lane in 0..8 {
            scope.spawn(move || {
                for number in (lane..people).step_by(8) {
                    let body = format!(
                        r#"{{"header_data":{{"poll_id":123,"answer_id":{}}},"data":{{"firstname":"Имя{number}","phone":"+7912{:07}","email":"p{number}@mail.example"}}}}"#,
                        number + 1, 1_000_000 + number,
                    );
                    let reply = post(address, "/polls/postAnswer", &body);
                    assert!(reply.contains("\"is_successful\":true"), "{reply}");
                }
            });
        }
    });
}

/// Returns a counter of the sandbox.
fn counter(crm: &str, name: &str) -> u64 {
    let counters = counters(crm);
    counters
        .get(name)
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0)
}

fn counters(crm: &str) -> serde_json::Value {
    let reply = ask(
        crm,
        "GET /sandbox/control/counters HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
    );
    let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    serde_json::from_str(body).unwrap_or_default()
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    reply
}
