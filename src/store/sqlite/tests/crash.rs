//! `kill -9` at any moment: what was acknowledged is there afterwards. The test starts this very
//! program again as the victim, reads its acknowledgements, kills it, and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};

use super::*;
use crate::domain::State;
use crate::store::{Filter, Settlement};

/// Tells the child where to work; without it the child's test does nothing.
const FOLDER: &str = "LEADGATE_TEST_CRASH_FOLDER";
const ROUNDS: u64 = 5;

#[test]
#[ignore = "the victim of the test below"]
fn victim() {
    #[expect(clippy::disallowed_methods, reason = "a message from the test below")]
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let path = std::path::Path::new(&folder).join("leadgate.db");
    let store = Store::open(&path, &StoreOptions::default()).unwrap();
    let first = store.entries(&Filter::default(), 1).unwrap();
    // answers are received in the order of their numbers
    let last: i64 = first
        .first()
        .map_or(0, |entry| entry.source.key().parse().unwrap());
    let next = Arc::new(AtomicI64::new(last + 1));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let senders = (0..16).map(|_| tokio::spawn(send(store.clone(), Arc::clone(&next))));
        let senders: Vec<_> = senders.collect();
        work(store).await;
        drop(senders);
    });
}

async fn send(store: Store, next: Arc<AtomicI64>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        admit(&store, &answer(number, "x")).await.unwrap();
        acknowledge("accepted", number);
    }
}

async fn work(store: Store) {
    loop {
        for job in store
            .lease(20.into(), at(i64::from(u32::MAX)))
            .await
            .unwrap()
        {
            let answer: i64 = job.source.key().parse().unwrap();
            let settlement = Settlement::Ignored {
                note: "as the test wants it".into(),
            };
            store
                .settle(job.lease, settlement, vec![], at(0))
                .await
                .unwrap();
            acknowledge("settled", answer);
        }
    }
}

fn acknowledge(what: &str, number: i64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{what} {number}").unwrap();
    out.flush().unwrap();
}

fn start(folder: &Folder) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "store::sqlite::tests::crash::victim",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets the child work for a while, kills it, and returns what it had acknowledged.
fn run_and_kill(folder: &Folder, after: Duration) -> Vec<(String, i64)> {
    let mut child = start(folder);
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let (tell, told) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        let mut line = String::new();
        while out.read_line(&mut line).unwrap() > 0 {
            if let Some(read) = acknowledgement(&line) {
                tell.send(()).ok();
                acknowledged.push(read);
            }
            line.clear();
        }
        acknowledged
    });
    told.recv_timeout(Duration::from_secs(60)).unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

/// Reads a line; one without an end was not acknowledged.
fn acknowledgement(line: &str) -> Option<(String, i64)> {
    let (what, number) = line.strip_suffix('\n')?.split_once(' ')?;
    let number = number.parse().ok()?;
    ["accepted", "settled"]
        .contains(&what)
        .then(|| (what.to_owned(), number))
}

#[test]
fn acknowledged_submissions_survive_kill_9() {
    let folder = Folder::new();
    let mut accepted = BTreeSet::new();
    let mut settled = BTreeSet::new();
    for round in 0..ROUNDS {
        // any moment will do; these differ from run to run as the machine does
        let after = Duration::from_millis(20 + round * 67);
        for (what, number) in run_and_kill(&folder, after) {
            if what == "settled" {
                settled.insert(number);
            } else {
                assert!(accepted.insert(number), "{number} was acknowledged twice");
            }
        }
        let store = folder.store();
        let entries = store.entries(&Filter::default(), 10_000_000).unwrap();
        let there: BTreeMap<_, _> = entries
            .iter()
            .map(|entry| (entry.identity.as_str(), entry.state))
            .collect();
        assert_eq!(there.len(), entries.len());
        for number in &accepted {
            assert!(there.contains_key(format!("polls/123/{number}").as_str()));
        }
        for number in &settled {
            assert_eq!(
                there[format!("polls/123/{number}").as_str()],
                State::Ignored
            );
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let left: usize = runtime.block_on(store.recover(at(0))).unwrap();
        assert!(left <= 20);
    }
    assert!(
        !accepted.is_empty() && !settled.is_empty(),
        "too little was done to tell"
    );
}
