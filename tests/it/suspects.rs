//! The program ends again and again while it works on one submission: that one is parked, and only
//! that one.

use leadgate::domain::State;
use serde_json::json;

use crate::gateway::TestGateway;

/// The program ends while it computes for this submission, as a process leaves its file behind.
async fn dies_of(gateway: TestGateway, id: &str) -> TestGateway {
    let home = gateway.stop().await;
    let record = home.path().join("data/leadgate.at-work");
    std::fs::write(record, format!("busy\n{id}\nend\n")).unwrap();
    TestGateway::at(home, &[]).await
}

#[actix_web::test]
async fn a_submission_that_crashes_the_program_three_times_is_parked_and_no_other() {
    let mut gateway = TestGateway::start().await;
    // nobody takes these, so nothing is delivered between one end of the program and the next
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
    let told = gateway.command(&["journal", "show", guilty], &[]);
    assert!(told.contains("crash-suspect"), "{told}");

    // by hand it is queued again; today nobody takes it
    let told = gateway.command(&["replay", guilty], &[]);
    assert!(told.contains(&format!("queued again: {guilty}")), "{told}");
    gateway.settle().await;
    let told = gateway.command(&["journal", "show", guilty], &[]);
    assert!(told.contains("no-profile"), "{told}");
}
