//! Profiles while the gateway runs: edited, broken, removed, missing.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::gateway::{PATIENCE, TestGateway, answer, until};

fn write(folder: &Path, title: &str) {
    let text = format!(
        "name: Проба\nreceive: {{ polls: [5] }}\nfields:\n  email: {{ from: $.data.email, as: email }}\n\
         contact:\n  fields:\n    EMAIL: {{ value: \"{{{{email}}}}\", search: true }}\n\
         deal:\n  found: always_create\n  fields:\n    TITLE: \"{title}\"\n"
    );
    std::fs::write(folder.join("trial.yaml"), text).unwrap();
}

async fn gateway() -> (TestGateway, std::path::PathBuf) {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    write(&folder, "первый");
    let flags = [
        ("mappings.dir", folder.to_str().unwrap()),
        ("mappings.reload_every", "100ms"),
    ];
    (TestGateway::at(home, &flags).await, folder)
}

/// Sends answers until one becomes a deal with this title.
async fn until_title(gateway: &TestGateway, first: i64, title: &str) {
    let started = Instant::now();
    for number in first.. {
        let reply = gateway
            .post_answer(answer(5, number, json!({"email": "a@mail.example"})))
            .await;
        assert_eq!(reply.status, 200);
        gateway.settle().await;
        if gateway.deals().last().unwrap()["TITLE"] == title {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "the edit was not taken up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn an_edited_file_takes_effect_without_a_restart() {
    let (gateway, folder) = gateway().await;
    until_title(&gateway, 1, "первый").await;
    write(&folder, "второй");
    until_title(&gateway, 1000, "второй").await;
}

#[actix_web::test]
async fn a_broken_edit_keeps_the_previous_profile() {
    let (gateway, folder) = gateway().await;
    until_title(&gateway, 1, "первый").await;
    write(&folder, "{{no_such_field}}");
    tokio::time::sleep(Duration::from_millis(500)).await;
    until_title(&gateway, 1000, "первый").await;
    write(&folder, "третий");
    until_title(&gateway, 2000, "третий").await;
}

#[actix_web::test]
async fn a_poll_without_a_profile_is_refused_with_advice() {
    let (gateway, folder) = gateway().await;
    let refused = [
        gateway
            .post_poll(json!({"poll_id": 77, "poll_language": "ru"}))
            .await,
        gateway.post_answer(answer(77, 1, json!({}))).await,
    ];
    for reply in refused {
        assert_eq!(
            (reply.status, &reply.body["is_successful"]),
            (422, &json!(false))
        );
        let why = reply.body["description"].as_str().unwrap();
        assert!(
            why.contains("polls: [77]") && why.contains("default: true"),
            "{why}"
        );
    }
    std::fs::write(
        folder.join("rest.yaml"),
        "name: Прочее\nreceive: { default: true }\ndeal:\n  fields: { TITLE: прочее }\n",
    )
    .unwrap();
    let taken = async || gateway.post_poll(json!({"poll_id": 77})).await.status == 200;
    until("the new profile is read", taken).await;
    assert_eq!(
        gateway.post_answer(answer(77, 1, json!({}))).await.status,
        200
    );
}
