//! Profiles while the gateway runs: edited, broken, removed, missing.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

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

/// Sends answers until one becomes a deal with this title, and returns its number.
async fn until_title(gateway: &TestGateway, first: i64, title: &str) -> i64 {
    let started = Instant::now();
    let mut number = first;
    loop {
        let reply = gateway
            .post_answer(answer(5, number, json!({"email": "a@mail.example"})))
            .await;
        assert_eq!(reply.status, 200);
        gateway.settle().await;
        if gateway.deals().last().unwrap()["TITLE"] == title {
            return number;
        }
        assert!(started.elapsed() < PATIENCE, "the edit was not taken up");
        tokio::time::sleep(Duration::from_millis(50)).await;
        number += 1;
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
async fn the_edition_that_works_after_a_broken_edit_is_named() {
    let (gateway, folder) = gateway().await;
    // all gateways of this process share the metrics: an edition that no other test has
    write(&folder, "исправный");
    let good = until_title(&gateway, 1, "исправный").await;
    let profile = |gateway: &TestGateway, number: i64| {
        let shown = gateway.command(&["journal", "show", &format!("5/{number}"), "--json"], &[]);
        let history: Value = serde_json::from_str(&shown).unwrap();
        let events = history["events"].as_array().unwrap().iter();
        let mut plans = events.filter_map(|event| event.pointer("/event/plan/profile"));
        plans.next_back().unwrap().clone()
    };
    let first = profile(&gateway, good);
    assert!(first.get("outdated").is_none(), "{first}");
    let edition = first["hash"].as_str().unwrap().to_owned();
    let metric =
        format!("leadgate_profile_last_good{{profile=\"trial.yaml\",edition=\"{edition}\"}} ");
    let has = async |line: &str| {
        let reply = gateway.http().get(gateway.url("/metrics")).send().await;
        reply.unwrap().text().await.unwrap().contains(line)
    };

    write(&folder, "{{no_such_field}}");
    until("the edit is read", async || {
        has(&format!("{metric}1")).await
    })
    .await;
    until_title(&gateway, 1000, "исправный").await;
    let kept = profile(&gateway, 1000);
    assert_eq!(
        (&kept["outdated"], &kept["hash"]),
        (&json!(true), &json!(edition))
    );
    let shown = gateway.command(&["journal", "show", "5/1000", "--lang", "ru"], &[]);
    let words = format!("редакция {edition}, последняя исправная: в файле была ошибка");
    assert!(shown.contains(&words), "{shown}");
    let told = gateway.command(&["explain", "5/1000", "--lang", "en"], &[]);
    let words = format!("had a mistake: its last good edition {edition} was used");
    assert!(told.contains(&words), "{told}");

    write(&folder, "третий");
    until("the correction is read", async || {
        has(&format!("{metric}0")).await
    })
    .await;
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
