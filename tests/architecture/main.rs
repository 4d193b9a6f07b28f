//! The tree shows the way of the data, and imports never turn back. This test reads the sources and
//! holds every `crate::…` against the table below: a new arrow is a design decision, made in the
//! open.

mod bilingual;
mod circles;
mod concrete_sources;
mod ports;
mod tasks;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may use whom, in the order in which data meets the modules.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    // the secrets that must not be printed, for everybody who reads or writes them
    ("redact", &[]),
    // encrypted files of tokens
    ("sealed", &[]),
    ("config", &["domain", "redact"]),
    ("telemetry", &["config", "redact"]),
    ("store", &["domain", "redact"]),
    // copies of everything that is kept, and the way back
    ("backup", &["domain", "store"]),
    ("cache", &["domain", "store"]),
    ("inbox", &["domain", "store"]),
    ("journal", &["domain", "store"]),
    // a profile as written and everything that can be wrong with it; nothing about what it does
    ("authoring", &["domain"]),
    ("mapping", &["domain", "authoring"]),
    // what requests of PBXs mean, and whom they ask about
    ("pbx", &["domain", "crm"]),
    // the settings of channels; `intake` obeys them, `profiles` loads them
    ("channels", &["domain", "authoring", "mapping"]),
    // the schema for editors, and examples
    (
        "author_tools",
        &["domain", "authoring", "mapping", "channels"],
    ),
    // the secrets of channels come from the environment
    (
        "profiles",
        &[
            "domain",
            "redact",
            "authoring",
            "mapping",
            "channels",
            "config",
        ],
    ),
    ("crm", &["domain", "redact", "sealed"]),
    // the calls that go on: stores them, and keeps their cards in the portal; gives PBXs commands,
    // and carries out clicks on numbers in portals
    ("telephony", &["domain", "store", "crm", "pbx"]),
    // the edge asks profiles whether they take a submission, and the portal who an employee is;
    // its log of refused requests masks secrets
    (
        "intake",
        &[
            "domain",
            "config",
            "store",
            "cache",
            "inbox",
            "mapping",
            "channels",
            "profiles",
            "crm",
            "redact",
            "pbx",
            "telephony",
        ],
    ),
    // fills in nothing and decides nothing by profiles; reads replies with the paths and tests of
    // the profile language
    ("delivery", &["domain", "crm", "mapping"]),
    // asks amoCRM for what hooks do not tell
    ("amocrm", &["domain", "store", "inbox", "crm", "sealed"]),
    (
        "pipeline",
        &[
            "domain", "inbox", "mapping", "profiles", "amocrm", "delivery",
        ],
    ),
    // replays of many submissions run as a task, beside the queue that they wake; a dry run looks
    // into the portals' lists as a delivery does
    (
        "replay",
        &[
            "domain", "store", "journal", "mapping", "inbox", "profiles", "ops", "crm", "delivery",
        ],
    ),
    // reads a packet as the edge does, maps and decides as the pipeline does, and writes nothing
    (
        "preview",
        &["domain", "intake", "journal", "mapping", "delivery", "crm"],
    ),
    // tells cards of amoCRM what they became, and sends them again
    (
        "widget",
        &["domain", "config", "store", "crm", "journal", "replay"],
    ),
    // what portals open and send to the application of a connection
    ("portal_app", &["domain", "crm", "pbx", "telephony"]),
    // lets programs read and do what the console shows
    (
        "api",
        &[
            "domain",
            "redact",
            "config",
            "store",
            "journal",
            "pbx",
            "telephony",
            "replay",
            "alerts",
            // pauses by hand
            "inbox",
            "pipeline",
            "editing",
            // what the settings and the folder know of each source
            "profiles",
            "channels",
            "authoring",
            "amocrm",
            // what a text makes of a packet, and what would change in the CRM
            "mapping",
            "preview",
            "delivery",
            "intake",
            // limits, checks, fields and lists of portals
            "crm",
            "live",
            // the rules for names and passwords of its users
            "console",
        ],
    ),
    // reads, checks, saves and merges the files of profiles, for people and programs
    (
        "editing",
        &[
            "domain",
            "config",
            "store",
            "journal",
            "authoring",
            "mapping",
            "author_tools",
            "profiles",
            "live",
            // the guards of channels, whose keys it makes
            "channels",
        ],
    ),
    // shows people in a browser what the commands show, and carries out what they press
    (
        "console",
        &[
            "domain",
            "redact",
            "config",
            "store",
            "inbox",
            "journal",
            "profiles",
            "replay",
            "crm",
            "telephony",
            // whom a person lets call
            "pbx",
            "alerts",
            "editing",
            // the editor of profiles reads, changes and previews texts
            "authoring",
            "author_tools",
            "mapping",
            // what a delivery or a replay would change in the CRM
            "preview",
            "delivery",
            // the destinations, their health, and pauses by hand
            "pipeline",
            // sends the sample
            "intake",
            // checks profiles against portals
            "live",
            // who opens it in a portal
            "portal_app",
            "amocrm",
            "channels",
        ],
    ),
    // holds what profiles say against what a portal says; others ask both
    ("live", &["domain", "authoring", "mapping", "crm"]),
    // shares no type with anybody, so that it can disagree
    ("simulator", &[]),
    // watches what the others do, and tells people
    (
        "alerts",
        &[
            "domain", "config", "store", "crm", "amocrm", "delivery", "pipeline",
        ],
    ),
    ("ops", &["domain", "inbox", "telemetry"]),
    // the web server itself: connections and their limits
    ("serving", &[]),
    (
        "app",
        &[
            "domain",
            "config",
            "store",
            "cache",
            "inbox",
            "authoring",
            "mapping",
            "profiles",
            "crm",
            // the daily check of the portals
            "live",
            "intake",
            // what PBXs ask and tell, and what they are told to do
            "pbx",
            "telephony",
            "amocrm",
            // the clients of HTTP services
            "delivery",
            "pipeline",
            "journal",
            "replay",
            "alerts",
            "simulator",
            "ops",
            "serving",
            "widget",
            "portal_app",
            "editing",
            "api",
            "console",
            // the end of the thread that writes the log
            "telemetry",
        ],
    ),
    (
        "cli",
        &[
            "domain",
            "redact",
            "config",
            "telemetry",
            "store",
            "journal",
            "authoring",
            "mapping",
            "author_tools",
            "profiles",
            "delivery",
            "replay",
            "preview",
            "live",
            "amocrm",
            "alerts",
            // decodes and names what came from a source; queues test leads
            "intake",
            "inbox",
            // the archive of the widget
            "widget",
            // makes tokens
            "api",
            // hashes passwords of the console
            "console",
            // the packets of a draft
            "editing",
            "backup",
            // what `leadgate sandbox` can set
            "simulator",
            // commands to PBXs, and who of them is who
            "pbx",
            "telephony",
            "crm",
            // puts the pages of an application into its portal
            "portal_app",
            "app",
        ],
    ),
];

#[test]
fn imports_go_only_where_the_table_lets_them() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (file, text) in sources() {
        let from = module_of(&file);
        if from == "lib" || from == "main" {
            continue;
        }
        let (_, allowed) = MAY_USE
            .iter()
            .find(|(name, _)| *name == from)
            .unwrap_or_else(|| panic!("module `{from}` is not in the table: say whom it may use"));
        for to in imports(&text) {
            if to != from {
                used.insert((from.clone(), to.clone()));
                if !allowed.contains(&to.as_str()) {
                    wrong.push(format!("{}: {from} → {to}", file.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "arrows that the table does not have:\n{}",
        wrong.join("\n")
    );
    let unused: Vec<String> = MAY_USE
        .iter()
        .flat_map(|(from, allowed)| {
            allowed
                .iter()
                .map(|to| ((*from).to_owned(), (*to).to_owned()))
        })
        .filter(|arrow| !used.contains(arrow))
        .map(|(from, to)| format!("{from} → {to}"))
        .collect();
    assert!(
        unused.is_empty(),
        "allowed and not used, take them out:\n{}",
        unused.join("\n")
    );
}

#[test]
fn the_core_has_no_clock_no_network_no_disk_and_no_async() {
    const EDGES: &[&str] = &[
        "async fn",
        ".await",
        "std::fs",
        "std::net",
        "tokio::",
        "reqwest",
        "actix_web",
        "rusqlite",
        "sled::",
        "SystemTime",
        "Timestamp::now",
        "Instant::now",
        "std::env",
    ];
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let path = file.to_string_lossy();
        let pure = match module_of(&file).as_str() {
            "authoring" | "mapping" | "channels" | "author_tools" => true,
            // the one clock that tells the real time
            "domain" => !file.ends_with("domain/clock.rs"),
            _ => path.contains("delivery/crm/decide"),
        };
        for edge in EDGES
            .iter()
            .filter(|edge| pure && code(&text).contains(**edge))
        {
            wrong.push(format!("{path}: {edge}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "the core touches the outside:\n{}",
        wrong.join("\n")
    );
}

/// Who may name the CRM adapter: the adapter itself, the step that delivers through it, and the one
/// file in which connections are built. Everybody else uses the port, `crate::crm`.
const MAY_NAME_BITRIX24: &[&str] = &["crm/bitrix24/", "delivery/crm/", "app/connections.rs"];

#[test]
fn only_the_crm_step_and_the_file_of_connections_name_bitrix24() {
    let mut users = BTreeSet::new();
    for (file, text) in sources() {
        let below = file.strip_prefix(root()).expect("a file below src");
        let below = below.to_string_lossy().into_owned();
        // re-exports what others may use
        if below != "crm/mod.rs" && code(&text).contains("bitrix24::") {
            users.insert(below);
        }
    }
    let wrong: Vec<&String> = users
        .iter()
        .filter(|file| {
            !MAY_NAME_BITRIX24
                .iter()
                .any(|place| file.starts_with(place))
        })
        .collect();
    assert!(wrong.is_empty(), "use `crate::crm` instead: {wrong:?}");
    let is_unused = |place: &&&str| !users.iter().any(|file| file.starts_with(**place));
    let unused: Vec<&&str> = MAY_NAME_BITRIX24.iter().filter(is_unused).collect();
    assert_eq!(unused, Vec::<&&str>::new(), "allowed and not used");
}

#[test]
fn the_adapter_imports_the_files_of_the_port_and_not_the_face_that_re_exports_it() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let below = file.strip_prefix(root()).expect("a file below src");
        let is_port = below.starts_with("crm") && !below.ends_with("crm/mod.rs");
        if !is_port {
            continue;
        }
        let text = code(&text);
        let port_file = |import: &str| {
            let name = import.split("::").next().unwrap_or_default();
            import.contains("::") && root().join("crm").join(format!("{name}.rs")).exists()
                || name == "bitrix24"
        };
        for import in text.split("crate::crm::").skip(1) {
            let import = import.lines().next().unwrap_or_default();
            if !port_file(import) {
                wrong.push(format!("{}: crate::crm::{import}", below.display()));
            }
        }
        let is_adapter = below.starts_with("crm/bitrix24");
        if !is_adapter && text.contains("use super::{") {
            wrong.push(format!("{}: use super::{{…}}", below.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "circles through crm/mod.rs:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_file_tells_its_story_and_stays_readable() {
    for (file, text) in sources() {
        assert!(
            text.starts_with("//!"),
            "{} does not say what it is for",
            file.display()
        );
    }
    let everything = ["src", "tests", "benches", "examples", "fuzz/src"];
    for file in everything.into_iter().flat_map(rust_files) {
        let text = fs::read_to_string(&file).expect("a readable file");
        let lines = text.lines().count();
        assert!(
            lines <= 600,
            "{} has {lines} lines: look for the second subject",
            file.display()
        );
    }
}

/// The modules named in `crate::…` paths, comments and documentation left out.
fn imports(text: &str) -> BTreeSet<String> {
    let text = code(text);
    let mut found = BTreeSet::new();
    for part in text.split("crate::").skip(1) {
        if let Some(list) = part.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for letter in list.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => name.clear(),
                    ':' if depth == 0 && !name.is_empty() => {
                        found.insert(std::mem::take(&mut name));
                    }
                    c if depth == 0 && (c.is_alphanumeric() || c == '_') => name.push(c),
                    _ => {}
                }
            }
        } else {
            found.insert(
                part.chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    found
}

fn code(text: &str) -> String {
    text.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// `src/mapping/path/mod.rs` belongs to `mapping`.
fn module_of(file: &Path) -> String {
    let below = file.strip_prefix(root()).expect("a file below src");
    let first = below
        .components()
        .next()
        .expect("a name")
        .as_os_str()
        .to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder}: no files were found");
    found
}

/// Tests beside the code may look at anything and tell their stories in their names: they are left
/// out.
fn sources() -> Vec<(PathBuf, String)> {
    let is_test = |path: &PathBuf| {
        let below = path.strip_prefix(root()).expect("a file below src");
        below.ends_with("tests.rs") || below.to_string_lossy().contains("/tests/")
    };
    rust_files("src")
        .into_iter()
        .filter(|path| !is_test(path))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable file");
            (path, text)
        })
        .collect()
}
