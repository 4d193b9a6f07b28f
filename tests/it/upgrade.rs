//! A data folder of an earlier release: today's program reads it and delivers unfinished
//! submissions.

use std::path::Path;

use leadgate::domain::State;
use leadgate::simulator::Duplicates;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer};

/// Returns a copy of the data folder of this release, with its profiles.
fn left_by(release: &str) -> TempDir {
    let fixture = Path::new("tests/fixtures/stores").join(release);
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    std::fs::create_dir(&data).unwrap();
    for file in ["leadgate.db", "sandbox.json"] {
        std::fs::copy(fixture.join(file), data.join(file)).unwrap();
    }
    let mappings = TestGateway::mappings(&home);
    for folder in [Path::new("mappings"), &fixture.join("mappings")] {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), mappings.join(entry.file_name())).unwrap();
            }
        }
    }
    home
}

async fn upgraded(release: &str) -> TestGateway {
    let home = left_by(release);
    let mappings = home.path().join("mappings");
    TestGateway::at(home, &[("mappings.dir", mappings.to_str().unwrap())]).await
}

#[actix_web::test]
async fn submissions_of_an_earlier_release_in_any_state_are_delivered_once() {
    let gateway = upgraded("0.1.0").await;
    gateway.settle().await;

    // six leased, two waiting and two queued of the fixture are delivered now; six were before
    assert_eq!(gateway.count(State::Delivered).await, 16);
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(gateway.count(State::Captured).await, 2);
    assert_eq!(gateway.count(State::Rejected).await, 1);
    assert_eq!(gateway.count(State::Ignored).await, 1);
    let counters = gateway.portal().counters();
    assert_eq!(counters.duplicates_by_origin, Duplicates::default());
    assert_eq!(counters.duplicates_by_match_code, Duplicates::default());

    // the rotation continues with the third employee
    let shown = gateway.command(&["explain", "channels/turns/T-3"], &["--lang", "en"]);
    assert!(shown.contains("turn 3"), "{shown}");
}

#[actix_web::test]
async fn history_of_an_earlier_release_shows_verdicts_and_bodies() {
    let gateway = upgraded("0.1.0").await;
    gateway.settle().await;

    let list = gateway.command(&["journal", "--json", "--limit", "100"], &[]);
    let rows: Vec<Value> = list
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert_eq!(rows.len(), 21);
    let of = |identity: &str| {
        let row = rows.iter().find(|row| row["identity"] == identity);
        row.unwrap_or_else(|| panic!("{identity} is not listed: {list}"))
    };
    let of_channel = |prefix: &str| {
        let is_it = |row: &&Value| {
            let identity = row["identity"].as_str().unwrap_or_default();
            identity.starts_with(prefix) && row["state"] == "ignored"
        };
        rows.iter()
            .find(is_it)
            .unwrap_or_else(|| panic!("{prefix} is not listed: {list}"))
    };
    assert_eq!(of("polls/123/1")["repeats"], 2);
    // reasons were stored as sentences, rejections in the language of the sender
    let rejected = of("polls/200/3");
    let note = rejected["note"].as_str().unwrap();
    assert!(
        note.starts_with("the required value “email” is missing"),
        "{note}"
    );
    assert_eq!(rejected["why"]["code"], "rejected");
    let ignored = of_channel("channels/nobody-takes-this/");
    assert_eq!(ignored["note"], "no profile took it in time");
    assert_eq!(ignored["why"]["code"], "capture_expired");
    let list = gateway.command(&["journal", "--limit", "100"], &["--lang", "ru"]);
    assert!(list.contains("подходящий профиль так и не поя"), "{list}");
    for english in ["no profile took", "no usable answer", "the portal refused"] {
        assert!(!list.contains(english), "{list}");
    }
    for lang in ["en", "ru"] {
        for name in ["200/3", "200/4", "123/5", "123/6", "123/1"] {
            let shown = gateway.command(&["journal", "show", name], &["--lang", lang]);
            assert!(shown.contains("example"), "{name} in {lang}: {shown}");
        }
    }
    let shown = gateway.command(&["journal", "show", "123/1"], &["--lang", "ru"]);
    assert!(shown.contains("296"), "the size of the other body: {shown}");
}

/// Parses the history of a submission.
fn history(gateway: &TestGateway, name: &str) -> Value {
    let shown = gateway.command(&["journal", "show", name, "--json"], &[]);
    serde_json::from_str(&shown).unwrap()
}

/// The histories of all submissions.
fn histories(gateway: &TestGateway) -> Vec<Value> {
    let list = gateway.command(&["journal", "--json", "--limit", "100"], &[]);
    let rows = list
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    rows.map(|row| history(gateway, row["id"].as_str().unwrap()))
        .collect()
}

#[actix_web::test]
async fn submissions_of_an_earlier_release_have_a_step() {
    let gateway = upgraded("0.1.0").await;
    gateway.settle().await;
    // the earlier release did not store the connection
    let (mut before, mut now) = (0, 0);
    for history in histories(&gateway) {
        let steps = history["steps"].as_array().unwrap().as_slice();
        if history["state"] != "delivered" {
            assert!(steps.is_empty(), "{}: {steps:?}", history["state"]);
            continue;
        }
        let [step] = steps else { panic!("{steps:?}") };
        assert_eq!(
            (&step["name"], &step["verdict"]),
            (&json!("crm"), &json!("done"))
        );
        assert_eq!(step["result"]["contact_id"], history["contact"]);
        match step["destination"].as_str().unwrap() {
            "crm:" => before += 1,
            "crm:sandbox" => now += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((before, now), (6, 10));
}

#[actix_web::test]
async fn the_plans_of_an_earlier_release_are_replayed() {
    let gateway = upgraded("0.1.0").await;
    gateway.settle().await;
    let before = history(&gateway, "polls/123/1");
    assert_eq!(before["state"], "delivered");
    let deals = gateway.deals().len();
    let options = ["replay", "polls/123/1", "--as-mapped", "--step", "crm"];
    let output = gateway.command(&options, &[]);
    assert!(output.contains("queued again"), "{output}");
    gateway.settle().await;

    let after = history(&gateway, "polls/123/1");
    assert_eq!(after["state"], "delivered");
    assert_eq!(after["attempt"], before["attempt"].as_i64().unwrap() + 1);
    for what in ["contact", "record"] {
        assert_eq!(after[what], before[what]);
    }
    assert_eq!(after["steps"][0]["destination"], "crm:sandbox");
    assert_eq!(gateway.deals().len(), deals);
    let plans = after["events"].as_array().unwrap().iter();
    let plans = plans.filter(|event| event["kind"] == "planned");
    let plans: Vec<&Value> = plans
        .map(|event| &event["event"]["plan"]["steps"])
        .collect();
    assert_eq!(
        plans.first(),
        plans.last(),
        "the same plan in another version"
    );
}

#[actix_web::test]
async fn repeats_of_an_earlier_releases_submissions_are_recognised() {
    let gateway = upgraded("0.1.0").await;
    gateway.settle().await;
    let deals = gateway.deals().len();

    let data = serde_json::json!({"firstname": "Мария", "phone": "+79120000016"});
    let reply = gateway.post_answer(answer(123, 8, data)).await;
    assert_eq!(reply.body["is_successful"], true);
    gateway.settle().await;
    assert_eq!(gateway.deals().len(), deals);
}
