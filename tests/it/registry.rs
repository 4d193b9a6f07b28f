//! The registry of polls survives the loss of its cache.

use std::path::Path;

use serde_json::json;

use crate::gateway::{TestGateway, answer};

/// Connects an English poll, damages the cache, and checks that the poll is still known by the
/// language of a reply.
async fn survives(harm: impl Fn(&Path)) {
    let gateway = TestGateway::start().await;
    let poll = json!({"poll_id": 124, "poll_name": "Open day", "poll_language": "en"});
    assert_eq!(gateway.post_poll(poll.clone()).await.status, 200);
    let home = gateway.stop().await;
    harm(&home.path().join("data/cache"));
    let gateway = TestGateway::at(home, &[]).await;
    let reply = gateway
        .post_answer(answer(124, 1, json!({"email": "a@mail.example"})))
        .await;
    assert_eq!(
        reply.body["message"],
        "Answer 1 is saved and on its way to the CRM"
    );
    let again = gateway.post_poll(poll).await;
    assert_eq!(
        again.body["description"],
        "The poll is connected again (2 times so far), answers are accepted"
    );
}

#[actix_web::test]
async fn a_deleted_cache_is_rebuilt() {
    survives(|cache| std::fs::remove_dir_all(cache).unwrap()).await;
}

#[actix_web::test]
async fn a_corrupted_cache_is_rebuilt() {
    survives(|cache| {
        let mut folders = vec![cache.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.path().is_dir() {
                    folders.push(entry.path());
                } else {
                    let length = entry.metadata().unwrap().len().min(1 << 20);
                    std::fs::write(entry.path(), vec![0xA5; usize::try_from(length).unwrap()])
                        .unwrap();
                }
            }
        }
    })
    .await;
}

#[actix_web::test]
async fn a_file_in_place_of_the_cache_does_no_harm() {
    survives(|cache| {
        std::fs::remove_dir_all(cache).unwrap();
        std::fs::write(cache, "not a folder").unwrap();
    })
    .await;
}
