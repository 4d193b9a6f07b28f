//! Where tasks and threads start, and who notices their end.

use std::collections::BTreeSet;

use super::{code, root, sources};

/// Where tasks and threads may start, and who notices their end.
const MAY_START: &[(&str, &str)] = &[
    (
        "ops/supervisor.rs",
        "owns every task, and awaits blocking work",
    ),
    ("store/sqlite/store.rs", "awaits each blocking read"),
    ("intake/memory.rs", "awaits the decoding of large bodies"),
    ("intake/refused.rs", "awaits the masking of bodies"),
    (
        "store/sqlite/writer.rs",
        "keeps the thread; the task `store-writer` ends with it",
    ),
    (
        "telemetry/lines/mod.rs",
        "the task `log-writer` ends with the thread",
    ),
    (
        "cache/folder.rs",
        "waits a limited time for a thread that opens a damaged folder",
    ),
    (
        "amocrm/token/keeper.rs",
        "finishes a renewal whose caller is gone; the task `amocrm-token` waits for it",
    ),
    (
        "simulator/applications/sender.rs",
        "sends the events of applications; it ends when none waits, and every request has a limited time",
    ),
    (
        "crm/bitrix24/token_keeper.rs",
        "finishes a renewal whose caller is gone; the next caller waits for it",
    ),
    (
        "cli/out.rs",
        "prints the announcement once; a reader may block it forever",
    ),
];

#[test]
fn tasks_and_threads_start_only_where_their_end_is_noticed() {
    const STARTS: &[&str] = &[
        "tokio::spawn",
        "task::spawn",
        "rt::spawn",
        "spawn_local",
        "spawn_blocking",
        "thread::spawn",
        "thread::Builder",
        "Arbiter",
        "JoinSet",
        "JoinHandle",
        "TaskTracker",
        "runtime::Handle",
    ];
    let mut found = BTreeSet::new();
    for (file, text) in sources() {
        let below = file.strip_prefix(root()).expect("a file below src");
        let code = code(&text);
        if STARTS.iter().any(|start| code.contains(start)) {
            found.insert(below.to_string_lossy().replace('\\', "/"));
        }
    }
    let allowed: BTreeSet<String> = MAY_START
        .iter()
        .map(|(file, _)| (*file).to_owned())
        .collect();
    assert_eq!(
        found, allowed,
        "run tasks with `ops::Supervisor`, blocking work with `ops::blocking`"
    );
}
