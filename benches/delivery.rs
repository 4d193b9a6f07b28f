//! A load run of delivery: `cargo bench --bench delivery`. Many new people send answers (a contact,
//! a deal and a comment each) to a gateway with a sandbox in a process of its own, which has the
//! limits of the standard plan and a latency. Prints submissions per call, the time until all are
//! in the CRM, and refusals, compared with the bound: fifty commands per call and the leaky bucket.
//! Checks no limits.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn main() {
    println!(
        "people, ms a call + a command   in the CRM after   calls  a call  refused   bound: calls, time"
    );
    for latency in [Latency(0, 0), Latency(150, 0), Latency(150, 30)] {
        for people in [1, 200, 1000] {
            run(people, latency);
        }
    }
}

/// The portal's latency: milliseconds per call and per command.
#[derive(Clone, Copy)]
struct Latency(u32, u32);

/// One run with this many new people.
fn run(people: u32, latency: Latency) {
    let Latency(call_ms, command_ms) = latency;
    let home = tempfile::tempdir().expect("a folder");
    let (sandbox, crm) = start(
        Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .args(["sandbox", "--listen", "127.0.0.1:0", "--log", "off"])
            .args(["--latency-call", &call_ms.to_string()])
            .args(["--latency-command", &command_ms.to_string()]),
        "/rest/1/sandbox/",
    );
    let (gateway, address) = start(
        Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--data"])
            .arg(home.path().join("data"))
            .env(
                "LEADGATE_CRM__MAIN__WEBHOOK",
                format!("http://{crm}/rest/1/sandbox/"),
            )
            // without the daily check against the portal, three calls
            .env("LEADGATE_MAPPINGS__LIVE_CHECK_EVERY", "0s"),
        "/polls/postPoll",
    );
    // the calls that test the webhook
    while counter(&crm, "calls") < 2 {
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(400));
    let before = counter(&crm, "calls");
    let started = Instant::now();
    flood(&address, people);
    while counter(&crm, "comments") < u64::from(people)
        && started.elapsed() < Duration::from_secs(180)
    {
        std::thread::sleep(Duration::from_millis(25));
    }
    let took = started.elapsed().as_secs_f64();
    let calls = u32::try_from(counter(&crm, "calls") - before).unwrap_or(u32::MAX);
    let bound = bound(people, latency);
    println!(
        "{people:>5} people, {call_ms:>3} + {command_ms:>2} ms      {took:>8.2} s      {calls:>5}  {:>6.1}  {:>7}   {:>5}, {:.2} s",
        f64::from(people) / f64::from(calls.max(1)),
        counter(&crm, "refused"),
        bound.0,
        bound.1,
    );
    drop((gateway, sandbox));
}

/// The bound: two look-ups and three changes per person, fifty commands per call, four calls at a
/// time, a bucket of fifty that drains two per second.
fn bound(people: u32, latency: Latency) -> (u32, f64) {
    let Latency(call_ms, command_ms) = latency;
    let (questions, changes) = (people.div_ceil(25), people.div_ceil(16));
    let calls = questions + changes;
    let seconds = |commands: u32| f64::from(call_ms + commands * command_ms) / 1000.0;
    let work = f64::from(questions) * seconds((people * 2).min(50))
        + f64::from(changes) * seconds((people * 3).min(48));
    let work = (work / 4.0).max(seconds((people * 2).min(50)) + seconds((people * 3).min(48)));
    (calls, work.max((f64::from(calls) - 50.0) / 2.0))
}

/// A process that has printed an address with this path; dropping it ends it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            self.0.wait().expect("the end of the process");
        }
    }
}

fn start(command: &mut Command, path: &str) -> (Process, String) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let address = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| {
            let (_, rest) = line.split_once("http://")?;
            rest.contains(path)
                .then(|| rest.split('/').next().unwrap_or_default().to_owned())
        })
        .expect("an address");
    std::thread::spawn(move || lines.for_each(drop));
    (Process(child), address)
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
                    let reply = ask(address, &format!(
                        "POST /polls/postAnswer HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                        body.len()
                    ));
                    assert!(reply.contains("\"is_successful\":true"), "{reply}");
                }
            });
        }
    });
}

/// Returns a counter of the sandbox.
fn counter(crm: &str, name: &str) -> u64 {
    let reply = ask(
        crm,
        "GET /sandbox/control/counters HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n",
    );
    let body = reply.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let counters: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    counters
        .get(name)
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0)
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    reply
}
