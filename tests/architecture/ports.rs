//! Only a backend of the store knows its library and its language.

use super::{BTreeSet, code, fs, rust_files};

/// Returns the signs of a database in some code: its library, and statements of SQL.
fn sql_in(code: &str) -> Vec<String> {
    const BEGINNINGS: &[(&str, &str)] = &[
        ("SELECT ", " FROM "),
        ("INSERT ", " INTO "),
        ("REPLACE ", " INTO "),
        ("UPDATE ", " SET "),
        ("DELETE ", " FROM "),
        ("CREATE ", " TABLE "),
        ("CREATE ", " INDEX "),
        ("ALTER ", " TABLE "),
        ("PRAGMA ", ""),
        ("VACUUM", ""),
        ("BEGIN ", " IMMEDIATE"),
        ("SAVEPOINT ", ""),
        ("ROLLBACK", ""),
        ("EXPLAIN ", " QUERY PLAN"),
    ];
    let mut found: Vec<String> = ["rusqlite", "libsqlite3"]
        .into_iter()
        .filter(|library| code.contains(library))
        .map(str::to_owned)
        .collect();
    for (verb, then) in BEGINNINGS {
        for (place, _) in code.match_indices(verb) {
            let (before, rest) = code.split_at(place);
            let begins = before.ends_with(['"', '\n', ' ', '(', ';']);
            let rest = rest.strip_prefix(verb).unwrap_or(rest);
            let rest = rest.split(['"', ';']).next().unwrap_or_default();
            let statement = format!(" {}", rest.replace('\n', " "));
            if begins && statement.contains(then) {
                found.push(format!("{verb}{statement}"));
            }
        }
    }
    found
}

/// Where a database may be named, and why.
const MAY_NAME_SQL: &[(&str, &str)] = &[
    ("src/store/sqlite/", "the backend and its own tests"),
    ("tests/architecture", "names what it forbids"),
    (
        "benches/load/console.rs",
        "writes a million submissions at once, and asks SQLite alone as the bound",
    ),
    (
        "tests/it/storage.rs",
        "another program locks the file of a running gateway",
    ),
];

#[test]
fn only_the_sqlite_backend_names_rusqlite_or_sql() {
    let mut users: BTreeSet<&str> = BTreeSet::new();
    let mut wrong = Vec::new();
    let folders = ["src", "tests", "benches", "examples", "fuzz/src"];
    for file in folders.into_iter().flat_map(rust_files) {
        let below = file
            .strip_prefix(env!("CARGO_MANIFEST_DIR"))
            .expect("a file of the project");
        let below = below.to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).expect("a readable file");
        let found = sql_in(&code(&text));
        if found.is_empty() {
            continue;
        }
        let place = MAY_NAME_SQL
            .iter()
            .find(|(place, _)| below.starts_with(place));
        match place {
            Some((place, _)) => {
                users.insert(place);
            }
            None => wrong.push(format!("{below}: {found:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "add an operation to the store instead:\n{}",
        wrong.join("\n")
    );
    let allowed = MAY_NAME_SQL.iter().map(|(place, _)| *place);
    assert_eq!(users, allowed.collect(), "allowed and not used");
}

#[test]
fn finds_sql_in_code() {
    assert_eq!(sql_in("use rusqlite::Connection;"), ["rusqlite"]);
    for sql in [
        "f(\"SELECT a FROM b\")",
        "f(\"\n   UPDATE a\n SET b = 1\")",
        "f(\"INSERT OR IGNORE INTO a\")",
        "f(\"CREATE TABLE a (b)\")",
        "f(\"PRAGMA user_version\")",
    ] {
        assert!(!sql_in(sql).is_empty(), "{sql}");
    }
    for other in [
        "let select = f();",
        "\"UPDATE=1 rewrites it\"",
        "Method::DELETE",
    ] {
        assert_eq!(sql_in(other), Vec::<String>::new());
    }
}
