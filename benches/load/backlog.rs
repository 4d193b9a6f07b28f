//! A million submissions in the queue compared with none: start, memory, accepts, deliveries.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use leadgate::domain::{Clock as _, Repairs, Route, Source, Submission, SubmissionId, SystemClock};
use leadgate::inbox::{Inbox, Taker};
use leadgate::store::{Store, StoreOptions};

use crate::figures::{Figures, median, ms};
use crate::packet;
use crate::sender::{alone, flood};
use crate::served::{Crm, Served};

const MANY: u32 = 1_000_000;
/// Timed deliveries; they fit into the burst of an enterprise portal.
const DELIVERED: u32 = 1_500;
/// A little more, so that both have enough work.
const FEW: u32 = 2_500;
const STARTS: usize = 5;
const ROUNDS: usize = 5;
const SECONDS: u32 = 3;
/// Answers of the flood have lower numbers.
const FIRST: u32 = 5_000_000;

pub(crate) fn run() {
    let home = tempfile::tempdir().expect("a folder");
    let (many, few) = (home.path().join("many"), home.path().join("few"));
    let began = Instant::now();
    queue(&many, MANY);
    queue(&few, FEW);
    println!(
        "{MANY} submissions queued in {:.0} s, {:.0} MiB on disk\n",
        began.elapsed().as_secs_f64(),
        size(&many)
    );
    let mut rates = (Vec::new(), Vec::new());
    let mut starts = (Vec::new(), Vec::new());
    for _ in 1..STARTS {
        drop(deliver(&few, &mut starts.0, &mut rates.0));
        drop(deliver(&many, &mut starts.1, &mut rates.1));
        queue(&few, FEW);
    }
    let (one, _portal) = deliver(&few, &mut starts.0, &mut rates.0);
    let (other, _portal) = deliver(&many, &mut starts.1, &mut rates.1);
    let mut accepted = (Vec::new(), Vec::new());
    let mut p99 = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        for (name, server, rates, p99) in [
            ("few ", &one, &mut accepted.0, &mut p99.0),
            ("many", &other, &mut accepted.1, &mut p99.1),
        ] {
            let figures: Figures = server.awake(|| flood(server, SECONDS));
            println!("{round}  {name}  {figures}");
            rates.push(figures.rate);
            p99.push(ms(figures.p99));
        }
    }
    println!("\nmedians                         few        many   ratio");
    row("accepted a second", accepted);
    row("  p99, ms", p99);
    row("delivered a second", rates);
    row("start to ready, ms", starts);
    for (server, flooded) in [(&one, "few"), (&other, "many")] {
        println!(
            "memory now, {flooded:<13}{:>10.1} MiB",
            server.memory("VmRSS")
        );
    }
    row(
        "memory at most, MiB",
        (vec![one.memory("VmHWM")], vec![other.memory("VmHWM")]),
    );
}

fn row(what: &str, (few, many): (Vec<f64>, Vec<f64>)) {
    // in pairs: both were measured one right after the other
    let ratio = median(
        few.iter()
            .zip(&many)
            .map(|(few, many)| many / few)
            .collect(),
    );
    println!(
        "{what:<24}{:>11.1} {:>11.1}   {ratio:>5.2}",
        median(few),
        median(many)
    );
}

/// Starts a gateway on this folder and its portal, times the first deliveries, and stops the
/// gateway.
fn deliver(data: &Path, starts: &mut Vec<f64>, rates: &mut Vec<f64>) -> (Served, Served) {
    let portal = Served::sandbox();
    let began = Instant::now();
    let gateway = Served::gateway(data, Path::new("mappings"), Crm::At(portal.port));
    starts.push(ms(gateway.took));
    while portal.counter("comments") < DELIVERED {
        assert!(began.elapsed() < Duration::from_secs(120), "no delivery");
        std::thread::sleep(Duration::from_millis(2));
    }
    rates.push(f64::from(DELIVERED) / began.elapsed().as_secs_f64());
    gateway.signal("-STOP");
    (gateway, portal)
}

fn taker() -> Taker {
    Taker {
        profile: "consultation".to_owned(),
        route: Route::default(),
    }
}

/// Adds this many submissions to the queue.
fn queue(data: &Path, count: u32) {
    static NEXT: AtomicU32 = AtomicU32::new(FIRST);
    let store = Store::open(&data.join("leadgate.db"), &StoreOptions::default()).expect("a store");
    let inbox = Arc::new(Inbox::new(store.clone()));
    let last = NEXT.load(Ordering::Relaxed) + count;
    alone(async {
        let tasks: Vec<_> = (0..512)
            .map(|_| {
                let inbox = Arc::clone(&inbox);
                tokio::spawn(async move {
                    loop {
                        let number = NEXT.fetch_add(1, Ordering::Relaxed);
                        if number >= last {
                            break;
                        }
                        let taken = inbox.accept(&submission(number), Some(taker())).await;
                        taken.expect("room on the disk");
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.expect("a sender");
        }
        store.close().await;
    });
}

fn submission(number: u32) -> Submission {
    Submission {
        id: SubmissionId::fresh(),
        source: Source::new("polls", "123", number.to_string()),
        received_at: SystemClock.now(),
        raw: packet::numbered(number).into(),
        body: serde_json::Value::Null,
        repairs: Repairs::default(),
    }
}

/// Returns the size of a folder in MiB.
fn size(folder: &Path) -> f64 {
    let files = std::fs::read_dir(folder).expect("a folder");
    let bytes: u64 = files
        .filter_map(|file| Some(file.ok()?.metadata().ok()?.len()))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 20)
}
