//! Hooks of amoCRM with 1,000 items: how long amoCRM waits for its reply. It gives up after 2 s, so
//! the slowest reply counts: on an idle gateway, without a CRM, with an API of amoCRM that never
//! answers, and while other hooks keep the disk busy.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::figures::{at, ms};
use crate::sender::{Line, alone, post_to};
use crate::served::{Crm, Served};

const HOOKS: u64 = 30;
const ITEMS: u64 = 1_000;
/// Other senders while the disk is busy, and the items of their hooks.
const OTHERS: usize = 8;
const OTHER_ITEMS: u64 = 100;
const ADDRESS: &str = "/amo/main?key=secret";
const PROFILE: &str = "receive: { amocrm: main, on: leads }\n\
    fields: { order: { custom: ORDERID }, phone: { contact: PHONE } }\n\
    deal: { fields: { TITLE: \"{{order}} {{phone}}\" } }\n";

/// Numbers of leads, each used once.
static NEXT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn run() {
    println!("{HOOKS} hooks of amoCRM with {ITEMS} items each, one after the other");
    // it accepts connections and never answers
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent = format!("http://{}", silent.local_addr().expect("an address"));
    for (what, crm, api, others) in [
        ("idle", Crm::Embedded, None, 0),
        ("the CRM is down", Crm::Down, None, 0),
        (
            "amoCRM's API never answers",
            Crm::Embedded,
            Some(silent.as_str()),
            0,
        ),
        ("the disk is busy", Crm::Down, None, OTHERS),
    ] {
        let home = tempfile::tempdir().expect("a folder");
        let mappings = home.path().join("mappings");
        std::fs::create_dir(&mappings).expect("a folder");
        std::fs::write(mappings.join("leads.yaml"), PROFILE).expect("a profile");
        let data = home.path().join("data");
        for (shape, body) in [("JSON", json as fn(u64) -> String), ("form", form)] {
            let gateway = gateway(&data, &mappings, crm, api);
            let times = measured(gateway.port, body, others);
            let slowest = at(&times, 1.0);
            println!(
                "{what:<28} {shape:<5} median {:>7.1} ms, slowest {:>7.1} ms{}",
                ms(at(&times, 0.5)),
                ms(slowest),
                if slowest < Duration::from_secs(2) {
                    ""
                } else {
                    ": TOO SLOW"
                }
            );
        }
    }
    println!();
}

fn gateway(data: &Path, mappings: &Path, crm: Crm, api: Option<&str>) -> Served {
    let mut settings = vec![
        ("LEADGATE_AMOCRM__MAIN__ACCOUNT", "5"),
        ("LEADGATE_AMOCRM__MAIN__SECRET", "secret"),
        ("LEADGATE_AMOCRM__MAIN__WATCH", "off"),
    ];
    if let Some(api) = api {
        settings.push(("LEADGATE_AMOCRM__MAIN__TOKEN", "token"));
        settings.push(("LEADGATE_AMOCRM__MAIN__URL", api));
    }
    Served::gateway_with(data, mappings, crm, &settings)
}

/// Returns the sorted times of all hooks, while this many other senders are busy.
fn measured(port: u16, body: fn(u64) -> String, others: usize) -> Vec<Duration> {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..others {
            scope.spawn(|| {
                alone(async {
                    let mut line = Line::to(port).await;
                    while !ended.load(Ordering::Relaxed) {
                        let hook = post_to(ADDRESS, &json(OTHER_ITEMS));
                        // a refusal is one too slow, which amoCRM would repeat
                        line.ask(&hook).await;
                    }
                });
            });
        }
        let times = alone(async {
            let mut line = Line::to(port).await;
            let mut times = Vec::new();
            for _ in 0..HOOKS {
                let hook = post_to(ADDRESS, &body(ITEMS));
                let sent = Instant::now();
                let is_taken = line.ask(&hook).await;
                times.push(sent.elapsed());
                if !is_taken {
                    println!("a hook was refused after {:.1} ms", ms(sent.elapsed()));
                }
            }
            times.sort_unstable();
            times
        });
        ended.store(true, Ordering::Relaxed);
        times
    })
}

fn json(items: u64) -> String {
    let from = NEXT.fetch_add(items, Ordering::Relaxed);
    let mut hook = String::from("{\"leads\":{\"add\":[");
    for id in from..from + items {
        let comma = if id == from { "" } else { "," };
        write!(
            hook,
            "{comma}{{\"id\":{id},\"name\":\"Course\",\"status_id\":\"60110233\",\"price\":\"4900\",\
             \"last_modified\":1767009600,\"tags\":[{{\"id\":5120,\"name\":\"tilda\"}}],\
             \"custom_fields\":[{{\"id\":811203,\"name\":\"ORDERID\",\"values\":[{{\"value\":\"{id}\"}}]}}]}}"
        )
        .expect("text");
    }
    hook.push_str("]},\"account\":{\"id\":\"5\"}}");
    hook
}

fn form(items: u64) -> String {
    let from = NEXT.fetch_add(items, Ordering::Relaxed);
    let mut hook = String::new();
    for number in 0..items {
        let id = from + number;
        let lead = format!("leads[add][{number}]");
        let field = format!("{lead}[custom_fields][0]");
        write!(
            hook,
            "{lead}[id]={id}&{lead}[name]=Course&{lead}[status_id]=60110233&{lead}[price]=4900&\
             {lead}[last_modified]=1767009600&{lead}[tags][0][id]=5120&{lead}[tags][0][name]=tilda&\
             {field}[id]=811203&{field}[name]=ORDERID&{field}[values][0][value]={id}&"
        )
        .expect("text");
    }
    hook.push_str("account[id]=5");
    hook
}
