//! Calls of a PBX beside forms: 50 calls a second, or 2 with a portal that takes 2 a second, each with
//! its events, the question who calls and its record, while the portal takes 150 ms for each call and
//! forms come at a constant rate. It shows how long the PBX waits for the answer, whether each record became one call of the portal, and
//! whether forms are delivered as fast as without calls.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use leadgate::domain::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::figures::{at, count, ms};
use crate::packet;
use crate::sender::{Line, alone, post_to, register, request};
use crate::served::{Crm, Served};

/// How long the portal takes for a call.
const PORTAL_MS: u32 = 150;
const KEY: &str = "a key of the load run";
const ADDRESS: &str = "/pbx/main";
/// How long the last deliveries may take after the last record.
const PATIENCE: Duration = Duration::from_secs(600);
/// Rows of a list of the portal.
const PAGE: usize = 50;

/// The plan of the portal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// A server of its own, without limits.
    Own,
    /// 2 calls a second, 50 at once: cards, questions and deliveries share them.
    Standard,
}

/// Calls of the PBX and forms a second.
#[derive(Clone, Copy)]
struct Rates {
    calls: u32,
    forms: u32,
}

impl Plan {
    /// Returns what the gateway is sent.
    fn rates(self) -> Rates {
        match self {
            Self::Own => Rates {
                calls: 50,
                forms: 20,
            },
            Self::Standard => Rates { calls: 2, forms: 2 },
        }
    }

    /// Returns the word of the sandbox for its limits, and what the run prints.
    fn limits(self) -> (&'static str, &'static str) {
        match self {
            Self::Own => ("off", "without limits"),
            Self::Standard => ("standard", "with 2 calls a second"),
        }
    }
}

/// What a run has measured.
#[derive(Default)]
struct Measured {
    first: Vec<Duration>,
    again: Vec<Duration>,
    events: Vec<Duration>,
    refused: usize,
}

/// Runs for so many seconds without calls and as long with them.
pub(crate) fn run(seconds: u32, plan: Plan) {
    let rates = plan.rates();
    let (Rates { calls, forms }, (limits, shown)) = (rates, plan.limits());
    println!(
        "{calls} calls a second for {seconds} s, the portal at {PORTAL_MS} ms a call, {shown}, \
         {forms} forms a second"
    );
    let home = tempfile::tempdir().expect("a folder");
    let portal = Served::slow_portal(PORTAL_MS, limits);
    let settings = [("LEADGATE_PBX__MAIN__KEY", KEY)];
    let crm = match plan {
        Plan::Own => Crm::Own(portal.port),
        Plan::Standard => Crm::Standard(portal.port),
    };
    let gateway = Served::gateway_with(home.path(), Path::new("mappings"), crm, &settings);
    register(gateway.port);
    let alone_rate = forms_rate(&gateway, &portal, (rates, seconds));
    let (rate, mut measured) = std::thread::scope(|scope| {
        let forms = scope.spawn(|| forms_rate(&gateway, &portal, (rates, seconds)));
        let measured = alone(make_calls(gateway.port, (rates, seconds)));
        (forms.join().expect("the forms"), measured)
    });
    for (what, times) in [
        ("get_contact, a new number", &mut measured.first),
        ("get_contact, a known number", &mut measured.again),
        ("events and records", &mut measured.events),
    ] {
        times.sort_unstable();
        println!(
            "{what:<28} {:>6}   p50 {:>6.1} ms   p99 {:>6.1} ms   slowest {:>6.1} ms",
            times.len(),
            ms(at(times, 0.5)),
            ms(at(times, 0.99)),
            ms(at(times, 1.0))
        );
    }
    println!("refused                      {:>6}", measured.refused);
    println!("forms delivered a second     {alone_rate:>6.1} without calls, {rate:.1} with them");
    records(&portal, calls * seconds);
    println!();
}

/// Sends forms, and returns how many of them are delivered a second meanwhile.
fn forms_rate(gateway: &Served, portal: &Served, (rates, seconds): (Rates, u32)) -> f64 {
    let before = portal.counter("comments");
    let started = Instant::now();
    alone(send_forms(gateway.port, (rates, seconds)));
    let delivered = portal.counter("comments") - before;
    f64::from(delivered) / started.elapsed().as_secs_f64()
}

/// Sends forms at a constant rate.
async fn send_forms(port: u16, (rates, seconds): (Rates, u32)) {
    let mut line = Line::to(port).await;
    let mut clock = tokio::time::interval(Duration::from_secs(1) / rates.forms);
    for _ in 0..rates.forms * seconds {
        clock.tick().await;
        let is_taken = line.ask(&request(&packet::next())).await;
        assert!(is_taken, "a form was refused");
    }
}

/// Makes calls at a constant rate, two from each number.
async fn make_calls(port: u16, (rates, seconds): (Rates, u32)) -> Measured {
    let mut clock = tokio::time::interval(Duration::from_secs(1) / rates.calls);
    let total = rates.calls * seconds;
    let mut running = Vec::new();
    for number in 0..total {
        clock.tick().await;
        running.push(tokio::spawn(call(port, number, total.div_ceil(2))));
    }
    let mut all = Measured::default();
    for one in running {
        let (waited, is_first, events, refused) = one.await.expect("a call");
        if is_first {
            all.first.push(waited);
        } else {
            all.again.push(waited);
        }
        all.events.extend(events);
        all.refused += refused;
    }
    all
}

/// Makes one call. The first `callers` calls are from new numbers.
async fn call(port: u16, number: u32, callers: u32) -> (Duration, bool, Vec<Duration>, usize) {
    let mut line = Line::to(port).await;
    let caller = format!("+7{}", 9_130_000_000_u64 + u64::from(number % callers));
    let session = format!("load-{number}");
    let leg = json!({
        "call_id": format!("{session}-a"), "session_id": session, "crm_user": "1",
        "domain_user": "9022", "other_leg": caller, "direction": 1,
        "rt_vars": {"gateway_number": "74951343060"},
    });
    let mut refused = 0;
    let mut events = Vec::new();
    let mut send = async |action: &str, body: &Value| {
        let started = Instant::now();
        refused += usize::from(!line.ask(&packet_of(action, body)).await);
        started.elapsed()
    };
    events.push(send("call_ringing", &leg).await);
    let question = json!({"phone": caller});
    let waited = send("get_contact", &question).await;
    events.push(send("call_answer", &leg).await);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut end = leg.clone();
    end["rt_vars"] = json!({"hangup_cause": "NORMAL_CLEARING"});
    events.push(send("call_hangup", &end).await);
    let record = json!({
        "id": number + 1, "uniqueid": session, "dt": SystemClock.now().as_second() - 2,
        "src": caller, "dst": "9022", "duration": 2, "billsec": 1, "direction": 1,
        "gateway": "Trunk-1", "gateway_number": "+74951343060",
        "bridge_hangup_cause": "NORMAL_CLEARING", "link": "",
    });
    events.push(send("cdr_append", &record).await);
    (waited, number < callers, events, refused)
}

fn packet_of(action: &str, body: &Value) -> String {
    let packet = json!({
        "action": action, "action_id": "1", "obj": "UserCRM", "code": 200, "notifies": [],
        "body": body, "params": body,
    });
    let request = post_to(ADDRESS, &packet.to_string());
    let key = format!("\r\nAuthorization: Bearer {KEY}\r\nContent-Type");
    request.replacen("\r\nContent-Type", &key, 1)
}

/// Waits until all records are calls of the portal, and prints how many are there once.
fn records(portal: &Served, sent: u32) {
    portal.set_latency(0);
    portal.lift_limits();
    let started = Instant::now();
    let mut found = keys(portal);
    while found.len() < sent as usize && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(1));
        found = keys(portal);
    }
    let doubled = found.values().filter(|times| **times > 1).count();
    let missing = (sent as usize).saturating_sub(found.len());
    println!(
        "records                      {sent:>6}   once {}, doubled {doubled}, missing {missing}, \
         the last after {:.0} s",
        found.len() - doubled,
        started.elapsed().as_secs_f64()
    );
    println!(
        "duplicate contacts           {:>6.0}",
        count(portal.duplicate_contacts())
    );
}

/// Returns how often each call is on the portal, by its key: in the statistics, or as an activity
/// that the gateway added itself.
fn keys(portal: &Served) -> BTreeMap<String, usize> {
    let mut keys = BTreeMap::new();
    for (method, name) in [
        ("voximplant.statistic.get", "EXTERNAL_CALL_ID"),
        ("crm.activity.list", "ORIGIN_ID"),
    ] {
        let mut start = 0;
        loop {
            let page = portal.listed(method, start);
            let own = page.iter().filter_map(|row| row.get(name)?.as_str());
            for key in own.filter(|key| key.starts_with("main/load-")) {
                *keys.entry(key.to_owned()).or_default() += 1;
            }
            if page.len() < PAGE {
                break;
            }
            start += PAGE;
        }
    }
    keys
}
