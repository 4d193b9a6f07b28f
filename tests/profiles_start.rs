//! How long a start with a thousand profiles takes, and one plan. A measurement, not a test:
//! `cargo test --release --test profiles_start -- --ignored --nocapture`.

use std::fs;
use std::path::Path;
use std::time::Instant;

use leadgate::domain::{AnswerId, PollId, Source};
use leadgate::mapping::Outcome;
use leadgate::profiles::ProfileStore;
use serde_json::{Value, json};

const PROFILES: usize = 1000;
const PLANS: u32 = 20_000;

#[test]
#[ignore = "a measurement; the figures mean something with --release only"]
fn a_start_with_a_thousand_profiles_and_one_plan() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let defaults = fs::read_to_string(shipped.join("mappings/_defaults.yaml")).unwrap();
    fs::write(folder.path().join("_defaults.yaml"), defaults).unwrap();
    let kinds = ["consultation", "registration"]
        .map(|name| fs::read_to_string(shipped.join(format!("mappings/{name}.yaml"))).unwrap());
    for (number, text) in kinds.iter().cycle().take(PROFILES).enumerate() {
        let poll = 1000 + number;
        let text = text
            .replace("polls: [123, 124]", &format!("polls: [{poll}]"))
            .replace("polls: [200]", &format!("polls: [{poll}]"))
            .replace("name: ", &format!("name: {number} "));
        fs::write(folder.path().join(format!("p{number}.yaml")), text).unwrap();
    }

    let start = Instant::now();
    let (store, report) = ProfileStore::open(folder.path(), shipped.join("templates"));
    println!("start with {PROFILES} profiles: {:?}", start.elapsed());
    assert_eq!((report.loaded.len(), report.problems.len()), (PROFILES, 0));

    let start = Instant::now();
    assert_eq!(store.reload_if_changed(), None);
    println!("a look at an unchanged folder: {:?}", start.elapsed());

    let poll = PollId::new(1000).unwrap();
    let source = Source::Poll {
        poll,
        answer: AnswerId::new(345).unwrap(),
    };
    let text = json!({
        "header_data": {"poll_id": 1000, "answer_id": 345, "form_kind": 2, "gid": null,
            "analytics": {"url": "https://portal.hse.ru/polls/123.html", "params": {"utm_source": "direct",
                "utm_medium": "direct", "utm_campaign": "direct", "utm_term": "direct", "utm_content": "direct"}}},
        "data": {"firstname": "моё имя", "lastname": "моя фамилия", "email": "<test@dev.null>"}
    })
    .to_string();
    let start = Instant::now();
    for _ in 0..PLANS {
        let body: Value = serde_json::from_str(&text).unwrap();
        let set = store.current();
        let profile = set.for_poll(poll, &body).unwrap();
        let outcome = profile.plan(&source, jiff::Timestamp::UNIX_EPOCH, &body);
        assert!(matches!(outcome, Outcome::Plan(_)));
    }
    println!("decode, profile, plan: {:?} each", start.elapsed() / PLANS);
}
