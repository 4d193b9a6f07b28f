//! One submission crashes the program again and again: it is parked, and no other.

use leadgate::domain::State;
use serde_json::json;

use crate::gateway::TestGateway;

/// Leaves the file of a process that died while it worked on this submission.
async fn dies_of(gateway: TestGateway, id: &str) -> TestGateway {
    let home = gateway.stop().await;
    let record = home.path().join("data/leadgate.at-work");
    std::fs::write(record, format!("busy\n{id}\nend\n")).unwrap();
    TestGateway::at(home, &[]).await
}

#[actix_web::test]
async fn a_submission_that_crashes_the_program_three_times_is_parked_and_no_other() {
    let mut gateway = TestGateway::start().await;
    // no profile takes these, so nothing is delivered between two crashes
    let mut ids = Vec::new();
    for number in [1, 2] {
        let body = json!({ "number": number }).to_string();
        let reply = gateway.post("/in/nobody", body).await;
        assert_eq!(reply.body["outcome"], "captured", "{reply:?}");
        ids.push(reply.body["id"].as_str().unwrap().to_owned());
    }
    let guilty = &ids[0];
    for _ in 0..2 {
        gateway = dies_of(gateway, guilty).await;
        assert_eq!(gateway.count(State::Parked).await, 0);
    }
    gateway = dies_of(gateway, guilty).await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(gateway.count(State::Captured).await, 1);
    let output = gateway.command(&["journal", "show", guilty], &[]);
    assert!(output.contains("crash-suspect"), "{output}");

    // a replay queues it again; no profile takes it today
    let output = gateway.command(&["replay", guilty], &[]);
    assert!(
        output.contains(&format!("queued again: {guilty}")),
        "{output}"
    );
    gateway.settle().await;
    let output = gateway.command(&["journal", "show", guilty], &[]);
    assert!(output.contains("no-profile"), "{output}");
}
