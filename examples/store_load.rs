//! Measures the store on this machine: accepts by 64 concurrent tasks, leases and settlements, then
//! the queries of the journal.
//!
//! `cargo run --release --example store_load -- [folder] [submissions] [bytes of a body]`

#![expect(clippy::print_stdout, reason = "it exists to print measurements")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use leadgate::cache::PollRegistry;
use leadgate::domain::{
    Activation, Became, Clock, ContactId, Destination, Event, Lang, PollId, Repairs, Source,
    StepOutcome, StepResult, StepVerdict, Submission, SubmissionId, SystemClock,
};
use leadgate::inbox::{Inbox, Settlement};
use leadgate::journal::{Filter, Journal};
use leadgate::store::{Store, StoreOptions};

const TASKS: usize = 64;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .unwrap_or_else(|| "target/store_load".to_owned());
    let count: usize = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let bytes: usize = arguments.next().map_or(Ok(1_500), |text| text.parse())?;
    let path = PathBuf::from(folder).join("leadgate.db");

    let began = Instant::now();
    let store = Store::open(&path, &StoreOptions::default())?;
    println!("open        {:>10.1?}", began.elapsed());
    let inbox = Inbox::new(store.clone());
    accept(&inbox, count, bytes).await?;
    deliver(&inbox, count.min(100_000)).await?;
    single(&inbox).await?;
    polls(&path.with_file_name("polls"), store.clone()).await?;
    query(
        &inbox,
        Journal::new(store.clone(), leadgate::intake::sources()),
    )
    .await?;
    store.close().await;
    size(&path)?;
    Ok(())
}

async fn accept(inbox: &Inbox, count: usize, bytes: usize) -> Outcome<()> {
    let first = u64::try_from(SystemClock.now().as_microsecond())?;
    let began = Instant::now();
    let mut tasks = Vec::new();
    for task in 0..TASKS {
        let inbox = inbox.clone();
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            for number in (task..count).step_by(TASKS) {
                let submission = submission(first + u64::try_from(number)?, bytes);
                let began = Instant::now();
                inbox.accept(&submission, None).await?;
                times.push(began.elapsed());
            }
            Outcome::Ok(times)
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    report("accept", count, began.elapsed());
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len() * share / 1_000)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "            p50 {:.1?}, p99 {:.1?}, p99.9 {:.1?}",
        at(500),
        at(990),
        at(999)
    );
    Ok(())
}

async fn deliver(inbox: &Inbox, count: usize) -> Outcome<()> {
    let (mut done, mut leasing) = (0, Duration::ZERO);
    let began = Instant::now();
    while done < count {
        let now = SystemClock.now();
        let lease_began = Instant::now();
        let leased = inbox.lease(200, now).await?;
        leasing += lease_began.elapsed();
        if leased.is_empty() {
            break;
        }
        done += leased.len();
        let settlements = leased.into_iter().map(|job| {
            let became = Became {
                contact: ContactId::new(7),
                company: None,
                record: None,
            };
            let settlement = Settlement::Delivered {
                step: Some(StepOutcome {
                    position: 0,
                    name: "crm".to_owned(),
                    destination: Destination::crm("main"),
                    verdict: StepVerdict::Done,
                    result: StepResult::of_crm(became),
                    refusal: None,
                }),
            };
            let events = vec![
                Event::note("found by phone"),
                Event::note("the deal is updated"),
            ];
            inbox.settle(job.lease, settlement, events, now)
        });
        futures_util::future::try_join_all(settlements).await?;
    }
    report("deliver", done, began.elapsed());
    println!("            of which leasing {leasing:.1?}");
    Ok(())
}

/// Measures a single submission, from the call of `accept` until a worker has leased it.
async fn single(inbox: &Inbox) -> Outcome<()> {
    let mut times = Vec::new();
    for number in 0..200 {
        // leases what earlier measurements have left
        while !inbox.lease(1_000, SystemClock.now()).await?.is_empty() {}
        let first = u64::try_from(SystemClock.now().as_microsecond())?;
        let submission = submission(first + number, 1_500);
        let began = Instant::now();
        inbox.accept(&submission, None).await?;
        let accepted = began.elapsed();
        inbox.wait_for_work().await;
        while inbox.lease(50, SystemClock.now()).await?.is_empty() {}
        times.push((began.elapsed(), accepted));
    }
    times.sort_unstable();
    let (leased, accepted) = times.get(100).copied().unwrap_or_default();
    println!("single      {accepted:>10.1?} until accepted, {leased:.1?} until leased");
    Ok(())
}

async fn polls(folder: &Path, store: Store) -> Outcome<()> {
    let (registry, report) = PollRegistry::open(folder, store)?;
    println!("registry    {report}");
    let id = PollId::new(123).ok_or("no poll")?;
    let activation = Activation {
        id,
        name: Some("consultation".to_owned()),
        language: Lang::Ru,
        employee: None,
        at: SystemClock.now(),
    };
    registry.register(activation).await?;
    let began = Instant::now();
    for _ in 0..100_000 {
        registry.get(id).await?;
    }
    report_each("poll", 100_000, began.elapsed());
    Ok(())
}

async fn query(inbox: &Inbox, journal: Journal) -> Outcome<()> {
    let began = Instant::now();
    let counts = inbox.counts().await?;
    println!("counts      {:>10.1?}  {counts:?}", began.elapsed());
    let began = Instant::now();
    inbox.next_work(1).await?;
    println!("next due    {:>10.1?}", began.elapsed());
    let listed = tokio::task::spawn_blocking(move || {
        let state = Some(leadgate::domain::State::Delivered);
        let text = Some("нет такого".to_owned());
        let since = SystemClock
            .now()
            .checked_add(jiff::SignedDuration::from_hours(1))
            .ok();
        for (what, filter) in [
            ("newest 50", Filter::default()),
            (
                "by state",
                Filter {
                    state,
                    ..Filter::default()
                },
            ),
            (
                "since, none",
                Filter {
                    since,
                    ..Filter::default()
                },
            ),
            (
                "text, none",
                Filter {
                    text,
                    ..Filter::default()
                },
            ),
        ] {
            let began = Instant::now();
            let found = journal.list(&filter, 50)?.len();
            println!("{what:<12}{:>10.1?}  {found} found", began.elapsed());
        }
        let began = Instant::now();
        journal.show("ffffffff")?;
        println!("by digits   {:>10.1?}", began.elapsed());
        Outcome::Ok(())
    });
    listed.await?
}

fn submission(number: u64, bytes: usize) -> Submission {
    Submission {
        id: SubmissionId::fresh(),
        source: Source::new("polls", "123", number.to_string()),
        received_at: SystemClock.now(),
        raw: format!("{{\"data\":\"{}\"}}", "x".repeat(bytes)).into(),
        body: serde_json::Value::Null,
        repairs: Repairs::default(),
    }
}

fn report_each(what: &str, count: u32, time: Duration) {
    println!("{what:<12}{:>10.1?} each", time / count);
}

fn report(what: &str, count: usize, time: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "shown to people")]
    let rate = count as f64 / time.as_secs_f64();
    println!("{what:<12}{time:>10.1?}  {rate:.0}/s");
}

fn size(path: &Path) -> Outcome<()> {
    println!(
        "file        {:>7} MiB",
        std::fs::metadata(path)?.len() >> 20
    );
    Ok(())
}
