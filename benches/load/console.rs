//! The console over a store with a million submissions: how long the first page of the history, a
//! filter and a search take, each beside the same question asked of SQLite alone.

use std::path::Path;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use leadgate::domain::{Clock as _, Source, SystemClock, json};
use leadgate::mapping::MappingOutcome;
use leadgate::profiles::ProfileStore;
use leadgate::store::{Store, StoreOptions};
use rusqlite::Connection;

use crate::figures::{at, ms};
use crate::sender::alone;
use crate::served::{Crm, Served};

/// Submissions of the store, and how many are written at a time.
const SUBMISSIONS: u32 = 1_000_000;
const PART: u32 = 10_000;
/// How often each page is asked for.
const TIMES: usize = 40;
/// Microseconds between two submissions: a million in about four months.
const APART: i64 = 10_000_000;
const PACKET: &[u8] = include_bytes!("../../tests/fixtures/polls/post_answer.json");
/// The secret of the session.
const SECRET: &str = "a session of the load run";

/// A page, and the question that SQLite alone answers.
struct Asked {
    what: &'static str,
    address: &'static str,
    search: Option<&'static str>,
    bare: &'static str,
}

const FIRST: &str =
    "SELECT seq, id, identity, received_at FROM submissions WHERE state = 'delivered'
    ORDER BY received_at DESC, seq DESC LIMIT 51";
const LISTED: &str = "SELECT s.seq, s.id, s.identity, s.received_at FROM listed JOIN submissions s ON s.seq = submission
    WHERE kind = 'profile' AND value = 'rare' ORDER BY listed.received_at DESC LIMIT 51";

const PAGES: [Asked; 9] = [
    Asked {
        what: "first page",
        address: "/console/history",
        search: None,
        bare: FIRST,
    },
    Asked {
        what: "filter: parked",
        address: "/console/history?state=parked",
        search: None,
        bare: "SELECT seq, id, identity, received_at FROM submissions WHERE state = 'parked'
            ORDER BY received_at DESC, seq DESC LIMIT 51",
    },
    Asked {
        what: "filter: a profile with 20",
        address: "/console/history?profile=rare",
        search: None,
        bare: LISTED,
    },
    Asked {
        what: "filter: a poll with all",
        address: "/console/history?source=polls%2F123",
        search: None,
        bare: FIRST,
    },
    Asked {
        what: "filter: left-out values, none",
        address: "/console/history?notes=1",
        search: None,
        bare: "SELECT submission FROM listed WHERE kind = 'left-out' LIMIT 51",
    },
    Asked {
        what: "search: a phone",
        address: "/console/history",
        search: Some("8 912 050-01-23"),
        bare: "SELECT rowid FROM search WHERE search MATCH '\"050\" AND \"500\" AND \"001\" AND \"012\" AND \"123\"'
            ORDER BY rowid LIMIT 51",
    },
    Asked {
        what: "search: an address",
        address: "/console/history",
        search: Some("user500123@mail.example"),
        bare: "SELECT rowid FROM search WHERE search MATCH '\"r50\" AND \"500\" AND \"001\" AND \"012\" AND \"123\"'
            ORDER BY rowid LIMIT 51",
    },
    Asked {
        what: "search: a name of all",
        address: "/console/history",
        search: Some("анна"),
        bare: "SELECT rowid FROM search WHERE search MATCH '\"анн\" AND \"нна\"' AND rowid > 996000
            ORDER BY rowid LIMIT 51",
    },
    Asked {
        what: "search: nothing",
        address: "/console/history",
        search: Some("нет такого"),
        bare: "SELECT rowid FROM search WHERE search MATCH '\"нет\" AND (\"так\" AND \"ако\" AND \"ког\" AND \"ого\")'
            LIMIT 51",
    },
];

/// Fills a store and asks the console.
pub(crate) fn run() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("leadgate.db");
    println!("{SUBMISSIONS} submissions");
    alone(async {
        let store = Store::open(&path, &StoreOptions::default()).expect("a store");
        store.close().await;
    });
    let began = Instant::now();
    let connection = Connection::open(&path).expect("the store");
    let plan = plan();
    for part in 0..SUBMISSIONS / PART {
        connection
            .execute_batch(&fill(part, &plan))
            .expect("submissions");
    }
    connection.execute_batch(&session()).expect("a session");
    println!("filled in {:.0?}", began.elapsed());
    let gateway = Served::gateway(home.path(), Path::new("mappings"), Crm::Down);
    for asked in PAGES {
        let mut pages = alone(pages(gateway.port, &asked));
        let mut bare = bare(&connection, asked.bare);
        pages.sort_unstable();
        bare.sort_unstable();
        println!(
            "{:<30} p50 {:>7.1} ms   p95 {:>7.1} ms   SQLite alone {:>7.2} ms",
            asked.what,
            ms(at(&pages, 0.5)),
            ms(at(&pages, 0.95)),
            ms(at(&bare, 0.5)),
        );
    }
    println!();
}

/// Asks for a page again and again.
async fn pages(port: u16, asked: &Asked) -> Vec<Duration> {
    let client = reqwest::Client::builder().no_proxy().build();
    let client = client.expect("a client");
    let url = format!("http://127.0.0.1:{port}{}", asked.address);
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let request = match asked.search {
            None => client.get(&url),
            Some(text) => {
                let text =
                    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC);
                let token = sha256(&format!("csrf:{SECRET}"));
                client
                    .post(&url)
                    .header("content-type", "application/x-www-form-urlencoded")
                    .header("x-csrf", token)
                    .body(format!("q={text}"))
            }
        };
        let began = Instant::now();
        let cookie = format!("leadgate-session={SECRET}");
        let reply = request.header("cookie", cookie).send().await;
        let reply = reply.expect("a reply");
        assert!(reply.status().is_success(), "{}", reply.status());
        reply.bytes().await.expect("a page");
        took.push(began.elapsed());
    }
    took
}

/// Asks SQLite alone.
fn bare(connection: &Connection, sql: &str) -> Vec<Duration> {
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut statement = connection.prepare_cached(sql).expect("a statement");
        let mut rows = statement.query([]).expect("rows");
        while rows.next().expect("a row").is_some() {}
        took.push(began.elapsed());
    }
    took
}

/// The plan of the documented packet, as an event of SQL.
fn plan() -> String {
    let (profiles, _) = ProfileStore::open("mappings", "templates");
    let source = Source::new("polls", "123", "345");
    let body = json::decode(PACKET, json::DEEPEST).expect("a packet").value;
    let profiles = profiles.current();
    let profile = profiles.for_source(&source, &body).expect("a profile");
    let outcome = profile.plan(&source, Timestamp::UNIX_EPOCH, &body);
    let MappingOutcome::Plan(plan) = outcome else {
        panic!("the packet has no plan");
    };
    let event = serde_json::json!({ "plan": *plan }).to_string();
    event.replace('\'', "''")
}

fn sha256(text: &str) -> String {
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Somebody who may do everything.
fn session() -> String {
    let hash = sha256(SECRET);
    format!(
        "INSERT INTO console_sessions (hash, user, role, is_of_user, created_at, expires_at)
         VALUES (x'{hash}', 'load', 'admin', 0, 0, 9000000000000000);
         ANALYZE;"
    )
}

/// Ten thousand answers, in the index and in the lists; the newest have their plans, which lists
/// read. Every thousandth is parked.
fn fill(part: u32, plan: &str) -> String {
    let first = part * PART + 1;
    let last = first + PART - 1;
    let now = SystemClock.now().as_microsecond();
    let began = now - i64::from(SUBMISSIONS) * APART;
    let (kind, event) = if last == SUBMISSIONS {
        ("planned", plan)
    } else {
        ("note", r#"{"text":"created a deal"}"#)
    };
    format!(
        r#"CREATE TEMP TABLE IF NOT EXISTS n (n INTEGER PRIMARY KEY);
        BEGIN;
        DELETE FROM n;
        WITH RECURSIVE c(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM c WHERE n < {last})
        INSERT INTO n SELECT n FROM c;
        INSERT INTO submissions (seq, id, identity, source, received_at, profile, state, reason, attempt, settled_at, raw)
        SELECT n, randomblob(16), 'polls/123/' || n, 'polls', {began} + n * {APART},
               CASE WHEN n % 50000 = 0 THEN 'rare' ELSE 'consultation' END,
               CASE WHEN n % 1000 = 0 THEN 'parked' ELSE 'delivered' END,
               CASE WHEN n % 1000 = 0 THEN 'missing-value' END, 1, {began} + n * {APART},
               CAST('{{"data":{{"firstname":"Анна","lastname":"Фамилия' || n || '","phone":"+7912'
                    || printf('%07d', n) || '","email":"user' || n || '@mail.example"}},"more":"'
                    || hex(randomblob(300)) || '"}}' AS BLOB) FROM n;
        INSERT INTO events (submission, at, attempt, kind, version, payload)
        SELECT n, {began} + n * {APART}, 1, '{kind}', 1, '{event}' FROM n;
        INSERT INTO search (rowid, text)
        SELECT n, 'polls/123/' || n || char(10) || lower(hex(randomblob(16))) || char(10) || 'анна'
                  || char(10) || 'фамилия' || n || char(10) || '7912' || printf('%07d', n) || char(10)
                  || '+7912' || printf('%07d', n) || char(10) || 'user' || n || '@mail.example'
                  || char(10) || 'created deal ' || n FROM n;
        INSERT INTO listed SELECT 'profile', profile, received_at, seq FROM submissions WHERE seq BETWEEN {first} AND {last};
        INSERT INTO listed SELECT 'source', 'polls', received_at, seq FROM submissions WHERE seq BETWEEN {first} AND {last};
        INSERT INTO listed SELECT 'address', 'polls/123', received_at, seq FROM submissions WHERE seq BETWEEN {first} AND {last};
        INSERT INTO meta VALUES ('indexed_submission', {last})
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
        INSERT INTO meta VALUES ('indexed_event', {last})
        ON CONFLICT (name) DO UPDATE SET value = excluded.value;
        COMMIT;"#
    )
}
