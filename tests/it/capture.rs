//! Polls without a profile: their answers are captured, and delivered once there is a profile.

use leadgate::domain::State;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::{self, TestGateway, answer};

const PROFILE: &str = "name: Поздний
receive: { polls: [77], when: $.data.kind == 'a' }
fields: { phone: { from: $.data.phone, as: phone } }
contact: { fields: { PHONE: { value: '{{phone}}', search: true } } }
deal: { fields: { TITLE: 'Т {{answer_id}}' } }
";

/// Starts a gateway that captures answers and has no profile.
async fn capturing(more: &[(&str, &str)]) -> TestGateway {
    let home = TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    let folder = folder.to_str().unwrap().to_owned();
    let mut settings = vec![
        ("mappings.dir", folder.as_str()),
        ("mappings.reload_every", "20ms"),
        ("polls.without_profile", "capture"),
    ];
    settings.extend(more);
    TestGateway::at(home, &settings).await
}

fn data(kind: &str) -> Value {
    json!({"kind": kind, "phone": "+79123456789"})
}

async fn until(gateway: &TestGateway, state: State, count: u64) {
    let there = async || gateway.count(state).await == count;
    gateway::until(&format!("not {count} {state}"), there).await;
}

#[actix_web::test]
async fn captured_answers_are_delivered_once_there_is_a_profile() {
    let gateway = capturing(&[]).await;
    let reply = gateway
        .post_poll(json!({"poll_id": 77, "poll_name": "П", "poll_language": "ru"}))
        .await;
    assert_eq!(
        (reply.status, &reply.body["is_successful"]),
        (200, &json!(true))
    );
    let said = reply.body["description"].as_str().unwrap();
    assert!(said.contains("Профиля для него ещё нет"), "{said}");

    for (number, kind) in [(1, "a"), (2, "b"), (3, "a")] {
        let reply = gateway.post_answer(answer(77, number, data(kind))).await;
        assert_eq!(
            (reply.status, &reply.body["is_successful"]),
            (200, &json!(true))
        );
        let said = reply.body["message"].as_str().unwrap();
        assert!(said.contains("сохранён и ждёт профиля"), "{said}");
    }
    let again = gateway.post_answer(answer(77, 1, data("a"))).await;
    assert_eq!(again.body["message"], "Ответ 1 был зарегистрирован ранее");
    assert_eq!(gateway.count(State::Captured).await, 3);
    assert!(gateway.deals().is_empty());

    std::fs::write(gateway.home.path().join("mappings/late.yaml"), PROFILE).unwrap();
    until(&gateway, State::Delivered, 2).await;
    assert_eq!(
        gateway.count(State::Captured).await,
        1,
        "what its `when` does not want stays"
    );
    assert_eq!(gateway.contacts().len(), 1);
    // and a profile for the rest
    let rest = PROFILE.replace("'a'", "'b'").replace("Поздний", "Ещё один");
    std::fs::write(gateway.home.path().join("mappings/rest.yaml"), rest).unwrap();
    until(&gateway, State::Delivered, 3).await;
    assert_eq!(gateway.count(State::Captured).await, 0);
}

#[actix_web::test]
async fn captured_answers_are_delivered_after_a_restart() {
    let gateway = capturing(&[]).await;
    gateway.post_answer(answer(77, 1, data("a"))).await;
    let home = gateway.stop().await;
    let folder = home.path().join("mappings");
    std::fs::write(folder.join("late.yaml"), PROFILE).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    until(&gateway, State::Delivered, 1).await;
}

#[actix_web::test]
async fn captures_no_more_answers_than_the_settings_allow() {
    let gateway = capturing(&[("polls.captured_most", "2")]).await;
    for number in 1..=2 {
        assert_eq!(
            gateway
                .post_answer(answer(77, number, data("a")))
                .await
                .status,
            200
        );
    }
    let full = gateway.post_answer(answer(77, 3, data("a"))).await;
    assert_eq!(
        (full.status, &full.body["is_successful"]),
        (503, &json!(false))
    );
    assert_eq!(full.retry_after.as_deref(), Some("600"));
    assert_eq!(
        gateway.post_answer(answer(77, 1, data("a"))).await.status,
        200,
        "a repeat takes no room"
    );
    assert_eq!(gateway.count(State::Captured).await, 2);
    // with a profile there is room again; the repeat is delivered
    std::fs::write(gateway.home.path().join("mappings/late.yaml"), PROFILE).unwrap();
    until(&gateway, State::Delivered, 2).await;
    assert_eq!(
        gateway.post_answer(answer(77, 3, data("a"))).await.status,
        200
    );
    until(&gateway, State::Delivered, 3).await;
}

#[actix_web::test]
async fn without_the_setting_a_poll_without_a_profile_is_refused() {
    let gateway = capturing(&[("polls.without_profile", "reject")]).await;
    let poll = gateway
        .post_poll(json!({"poll_id": 77, "poll_name": "П"}))
        .await;
    assert_eq!(poll.status, 422);
    let reply = gateway.post_answer(answer(77, 1, data("a"))).await;
    assert_eq!(reply.status, 422);
    assert_eq!(gateway.count(State::Rejected).await, 1);
}
