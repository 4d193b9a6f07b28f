//! A task that dies is seen, whichever it is.

use super::*;
use crate::config::{Environment, Sources, load};

async fn gateway(home: &Path) -> Gateway {
    let flag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let sources = Sources {
        file: None,
        environment: Environment::default(),
        flags: vec![
            flag("data.dir", &home.join("data").display().to_string()),
            flag("mappings.dir", &home.display().to_string()),
            flag("server.listen", "127.0.0.1:0"),
            flag("server.shutdown_timeout", "5s"),
        ],
    };
    Gateway::start(load(&sources).unwrap().settings)
        .await
        .unwrap()
}

async fn ready(gateway: &Gateway) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/readyz", gateway.address());
    let reply = client.get(url).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

#[actix_web::test]
async fn a_task_that_panics_shows_in_readyz_and_the_gateway_still_drains() {
    for task in ["pipeline", "upkeep", "profiles", "sandbox", "portal-check"] {
        let home = tempfile::tempdir().unwrap();
        let gateway = gateway(home.path()).await;
        assert_eq!(ready(&gateway).await.0, 200, "{task}");
        gateway.watch.trip(task);
        gateway.failed().await;
        let (status, text) = ready(&gateway).await;
        assert_eq!(status, 503, "{task}");
        assert!(text.contains(&format!("\"task\":\"{task}\"")), "{text}");
        gateway.drain().await;
    }
}

#[actix_web::test]
async fn a_writer_thread_that_panics_shows_in_readyz_and_the_gateway_still_drains() {
    let home = tempfile::tempdir().unwrap();
    let gateway = gateway(home.path()).await;
    gateway.store.panic().await;
    gateway.failed().await;
    let (status, text) = ready(&gateway).await;
    assert_eq!(status, 503);
    assert!(text.contains("\"task\":\"store-writer\""), "{text}");
    gateway.drain().await;
}

#[actix_web::test]
async fn a_web_server_that_panics_ends_the_gateway() {
    let home = tempfile::tempdir().unwrap();
    let gateway = gateway(home.path()).await;
    gateway.watch.trip("server");
    gateway.failed().await;
    assert_eq!(gateway.watch.ended(), Some("server"));
    gateway.drain().await;
}

#[actix_web::test]
async fn a_gateway_that_drains_reports_no_dead_task() {
    let home = tempfile::tempdir().unwrap();
    let gateway = gateway(home.path()).await;
    let watch = gateway.watch.clone();
    gateway.drain().await;
    assert_eq!(watch.ended(), None);
}
