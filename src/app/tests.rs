//! Injects a panic into every task of a gateway and of a standalone sandbox.

use std::path::Path;

use super::*;
use crate::config::{Environment, Sources, load};
use crate::simulator::{Content, Latency, Limits};

fn settings(home: &Path, more: &[(&str, &str)]) -> Settings {
    let data = home.join("data").display().to_string();
    let mappings = home.display().to_string();
    let mut flags = vec![
        ("data.dir", data.as_str()),
        ("mappings.dir", &mappings),
        ("server.listen", "127.0.0.1:0"),
        ("server.shutdown_timeout", "5s"),
    ];
    flags.extend(more);
    let flags = flags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let sources = Sources {
        file: None,
        environment: Environment::default(),
        flags: flags.collect(),
    };
    load(&sources).unwrap().settings
}

async fn gateway(home: &Path) -> Gateway {
    Gateway::start(settings(home, &[])).await.unwrap()
}

/// A gateway with the tasks that a real portal and an address for metrics need. Nothing answers for
/// the portal.
async fn gateway_of_a_portal(home: &Path) -> Gateway {
    let more = [
        ("crm.main.webhook", "http://127.0.0.1:9/rest/1/invented/"),
        ("server.metrics_listen", "127.0.0.1:0"),
    ];
    Gateway::start(settings(home, &more)).await.unwrap()
}

async fn ready(gateway: &Gateway) -> (u16, String) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/readyz", gateway.address());
    let reply = client.get(url).send().await.unwrap();
    (reply.status().as_u16(), reply.text().await.unwrap())
}

/// Panics in one task and checks what operators see. Without its web server, a gateway cannot
/// answer.
async fn panic_in(gateway: Gateway, task: &'static str) {
    assert_eq!(ready(&gateway).await.0, 200, "{task}");
    gateway.inject_panic(task);
    gateway.failed().await;
    assert_eq!(gateway.supervisor.failure(), Some(task));
    if task != "server" {
        let (status, text) = ready(&gateway).await;
        assert_eq!(status, 503, "{task}");
        assert!(text.contains(&format!("\"task\":\"{task}\"")), "{text}");
    }
    let supervisor = gateway.supervisor.clone();
    gateway.drain().await;
    assert!(supervisor.names().is_empty(), "{:?}", supervisor.names());
}

#[actix_web::test]
async fn a_task_that_panics_shows_in_readyz_and_the_gateway_still_drains() {
    let home = tempfile::tempdir().unwrap();
    let tasks = [
        "alerts",
        "bulk-replays",
        "maintenance",
        "pipeline",
        "portal-check",
        "profiles",
        "quarantine",
        "refused-log",
        "sandbox",
        "sandbox-doors",
        "sandbox-mailbox",
        "sandbox-state",
        "server",
        "store-writer",
    ];
    for task in tasks {
        let gateway = gateway(home.path()).await;
        assert_eq!(gateway.supervisor.names(), tasks);
        panic_in(gateway, task).await;
    }
}

#[actix_web::test]
async fn a_task_of_a_portal_that_panics_shows_in_readyz_and_the_gateway_still_drains() {
    let home = tempfile::tempdir().unwrap();
    for task in ["dictionaries", "metrics-server"] {
        let gateway = gateway_of_a_portal(home.path()).await;
        assert!(gateway.supervisor.names().contains(&task));
        panic_in(gateway, task).await;
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
async fn a_task_of_a_standalone_sandbox_that_panics_stops_it() {
    let home = tempfile::tempdir().unwrap();
    for task in ["sandbox", "sandbox-mailbox", "sandbox-state"] {
        let sandbox = StandaloneSandbox::start(SandboxSetup {
            listen: ([127, 0, 0, 1], 0).into(),
            tls: None,
            smtp: Some(([127, 0, 0, 1], 0).into()),
            folder: Some(home.path().join("sandbox")),
            content: Content::Empty,
            limits: Limits::off(),
            latency: Latency::default(),
            faults: Vec::new(),
            dice: 1,
            settings: settings(home.path(), &[]),
        })
        .unwrap();
        sandbox.inject_panic(task);
        sandbox.failed().await;
        sandbox.stop().await;
    }
}

#[actix_web::test]
async fn a_drain_is_not_a_failure_and_leaves_no_task() {
    let home = tempfile::tempdir().unwrap();
    let gateway = gateway(home.path()).await;
    let supervisor = gateway.supervisor.clone();
    gateway.drain().await;
    assert_eq!(supervisor.failure(), None);
    assert!(supervisor.names().is_empty(), "{:?}", supervisor.names());
}
