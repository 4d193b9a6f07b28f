//! The program ends again and again while it works on one submission: that one is parked, and only that one.

use leadgate::domain::State;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{TestGateway, answer};

/// Nobody listens there: what is taken in stays queued.
const NOWHERE: [(&str, &str); 1] = [("crm.main.webhook", "http://127.0.0.1:1/rest/1/nobody/")];

async fn start(home: TempDir) -> TestGateway {
    TestGateway::at(home, &NOWHERE).await
}

/// The program ends while it computes for this submission, as a process leaves its file behind.
async fn dies_of(gateway: TestGateway, id: &str) -> TestGateway {
    let home = gateway.stop().await;
    let record = home.path().join("data/leadgate.at-work");
    std::fs::write(record, format!("busy\n{id}\nend\n")).unwrap();
    start(home).await
}

fn id_of(gateway: &TestGateway, identity: &str) -> String {
    let told = gateway.command(&["journal", "--json"], &[]);
    told.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .flat_map(|value| match value {
            Value::Array(list) => list,
            value => vec![value],
        })
        .find(|entry| entry.to_string().contains(identity))
        .and_then(|entry| Some(entry["id"].as_str()?.to_owned()))
        .unwrap_or_else(|| panic!("{identity} is not in {told}"))
}

#[actix_web::test]
async fn a_submission_that_ends_the_program_three_times_is_parked_and_no_other() {
    let mut gateway = start(TempDir::new().unwrap()).await;
    for number in [1, 2] {
        let reply = gateway
            .post_answer(answer(123, number, json!({"firstname": "Анна"})))
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }
    let guilty = id_of(&gateway, "polls/123/1");
    for _ in 0..2 {
        gateway = dies_of(gateway, &guilty).await;
        assert_eq!(gateway.count(State::Parked).await, 0);
    }
    gateway = dies_of(gateway, &guilty).await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let told = gateway.command(&["journal", "show", &guilty], &[]);
    assert!(told.contains("crash-suspect"), "{told}");

    // the neighbour waits as before; by hand the parked one is queued again
    let told = gateway.command(&["replay", &guilty], &[]);
    assert!(told.contains(&format!("queued again: {guilty}")), "{told}");
    assert_eq!(gateway.count(State::Parked).await, 0);
}
