//! Errors that every submission would get: the connection is paused, answers are still accepted,
//! delivery resumes automatically, and everything is delivered once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use leadgate::domain::State;
use leadgate::simulator::{Limits, Portal, PortalOptions};
use serde_json::{Value, json};

use crate::flood::{nothing_doubled, person, send_all};
use crate::gateway::{TestGateway, answer, now, until};

/// Returns how often these methods were called alone, and the number of other commands.
fn calls(portal: &Portal) -> (usize, usize) {
    let calls = portal.transcript();
    let is_probe = |method: &str| ["crm.contact.list", "method.get"].contains(&method);
    let probes = calls.iter().filter(|call| {
        is_probe(&call.method)
            || (call.method == "batch"
                && !call.commands.is_empty()
                && call
                    .commands
                    .iter()
                    .all(|command| is_probe(&command.method)))
    });
    let probes = probes.count();
    (probes, calls.len() - probes)
}

/// Returns answers `from..=to`, one person each; each makes a contact, a deal and a comment.
async fn send(gateway: &TestGateway, from: i64, to: i64) {
    send_all(
        gateway,
        (from..=to).map(|n| answer(124, n, person(n))).collect(),
    )
    .await;
}

pub(crate) fn everything_once(portal: &Portal, count: u64) {
    let counters = portal.counters();
    assert_eq!(
        (
            counters.records["contact"],
            counters.records["deal"],
            counters.comments
        ),
        (count, count, count)
    );
    nothing_doubled(portal);
}

/// Waits until the running batches have failed and no further one is sent; returns the number of
/// commands until then. At most three batches run at a time, so it is soon.
async fn only_probes(name: &str, portal: &Portal) -> usize {
    for _ in 0..10 {
        let (probes, others) = calls(portal);
        until(name, async || calls(portal).0 >= probes + 2).await;
        if calls(portal).1 == others {
            return others;
        }
    }
    panic!("{name}: others than probes go on knocking");
}

/// Raises an error for many answers, checks that only probes are sent, and clears the error.
async fn wall(name: &str, raise: impl Fn(&Portal), tear_down: impl Fn(&Portal)) {
    let gateway = TestGateway::start().await;
    let portal = gateway.portal();
    send(&gateway, 1, 5).await;
    gateway.settle().await;
    raise(&portal);
    // more than the in-flight set holds
    send(&gateway, 6, 300).await;
    let others = only_probes(name, &portal).await;
    send(&gateway, 301, 320).await;
    let (probes, _) = calls(&portal);
    until(name, async || calls(&portal).0 >= probes + 2).await;
    assert_eq!(calls(&portal).1, others, "{name}: only probes");
    assert_eq!(gateway.count(State::Delivered).await, 5, "{name}");
    tear_down(&portal);
    gateway.settle().await;
    everything_once(&portal, 320);
    let (_, most, all) = gateway.attempts();
    assert!(all, "{name}");
    assert!(most <= 3, "{name}: {most} attempts at one submission");
}

#[actix_web::test]
async fn a_blocked_or_revoked_connection_resumes_automatically() {
    for code in ["OVERLOAD_LIMIT", "CREDENTIALS_REVOKED", "USER_DISMISSED"] {
        let fault = json!({"code": code, "times": "always"});
        let raise = |portal: &Portal| portal.inject(serde_json::from_value(fault.clone()).unwrap());
        wall(code, raise, Portal::clear_faults).await;
    }
}

#[actix_web::test]
async fn a_missing_scope_pauses_the_connection() {
    let take = |portal: &Portal| portal.set_scopes(&["user"]);
    wall("no scope", take, |portal| {
        portal.set_scopes(&["crm", "user"]);
    })
    .await;
}

#[actix_web::test]
async fn broken_replies_pause_the_connection() {
    for code in ["BAD_GATEWAY", "RESET_BEFORE"] {
        let fault = json!({"code": code, "times": "always"});
        let raise = |portal: &Portal| portal.inject(serde_json::from_value(fault.clone()).unwrap());
        wall(code, raise, Portal::clear_faults).await;
    }
}

/// A portal on a port of its own that can be switched off and on. While it is off, the system may
/// give its port to another connection for a moment.
pub(crate) async fn switch_on(portal: &Portal, at: SocketAddr) -> (ServerHandle, SocketAddr) {
    let mut listener = None;
    until("the port is free", async || {
        listener = std::net::TcpListener::bind(at).ok();
        listener.is_some()
    })
    .await;
    let portal = portal.clone();
    let server = actix_web::HttpServer::new(move || {
        let portal = portal.clone();
        actix_web::App::new().configure(move |config| portal.configure(config))
    })
    .workers(1)
    .disable_signals()
    .listen(listener.unwrap())
    .unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, address)
}

#[actix_web::test]
async fn after_a_long_outage_everything_is_delivered_once() {
    let mut options = PortalOptions::new(Arc::new(now));
    options.limits = Limits::off();
    // if another test's portal gets this port, it must not be mistaken for this one
    options.secret = "away".to_owned();
    let portal = Portal::new(options);
    let (server, address) = switch_on(&portal, "127.0.0.1:0".parse().unwrap()).await;
    let webhook = format!("http://{address}{}", portal.webhook_path());
    let gateway = TestGateway::with(&[
        ("crm.main.webhook", &webhook),
        ("crm.main.plan", "enterprise"),
    ])
    .await;
    send(&gateway, 1, 5).await;
    gateway.settle().await;
    server.stop(false).await;
    for n in 0..20 {
        send(&gateway, 6 + n * 20, 25 + n * 20).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(gateway.count(State::Delivered).await, 5);
    let (server, _) = switch_on(&portal, address).await;
    gateway.settle().await;
    everything_once(&portal, 405);
    let (_, most, all) = gateway.attempts();
    assert!(all && most <= 3, "{most} attempts at one submission");
    server.stop(false).await;
}

/// Starts a gateway that makes deals of answers to poll 1 and leads of those to poll 2, with a
/// portal that makes no deals any more.
async fn deals_have_spent_their_time() -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::copy("mappings/_defaults.yaml", folder.join("_defaults.yaml")).unwrap();
    for (poll, kind) in [(1, "deal"), (2, "lead")] {
        let text =
            format!("receive: {{ polls: [{poll}] }}\n{kind}: {{ fields: {{ TITLE: x }} }}\n");
        std::fs::write(folder.join(format!("{kind}.yaml")), text).unwrap();
    }
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    let spent =
        json!({"code": "OPERATION_TIME_LIMIT", "method": "crm.deal.add", "times": "always"});
    let spent = serde_json::from_value(spent).unwrap();
    gateway.portal().inject(spent);
    gateway
}

#[actix_web::test]
async fn many_submissions_for_a_paused_method_delay_no_others() {
    let gateway = deals_have_spent_their_time().await;
    let portal = gateway.portal();
    for (poll, numbers) in [(1, 1..=400), (2, 401..=420)] {
        let answers = numbers.map(|n| answer(poll, n, person(n)));
        send_all(&gateway, answers.collect()).await;
    }
    let leads = async || portal.counters().records["lead"] == 20;
    until("the leads are there", leads).await;
    assert_eq!(portal.counters().records["deal"], 0, "they wait");
    portal.clear_faults();
    gateway.settle().await;
    let counters = portal.counters();
    let sum = |kind: &str| counters.records[kind];
    assert_eq!((sum("contact"), sum("deal"), sum("lead")), (420, 400, 20));
    nothing_doubled(&portal);
}

#[actix_web::test]
async fn an_exhausted_method_is_paused_and_others_are_not() {
    let gateway = deals_have_spent_their_time().await;
    let portal = gateway.portal();
    let began = std::time::Instant::now();
    let answers = (1..=40).map(|n| answer(1 + n % 2, n, person(n)));
    send_all(&gateway, answers.collect()).await;
    let leads = |wanted: u64| {
        let portal = portal.clone();
        async move || portal.counters().records["lead"] == wanted
    };
    until("the leads are there", leads(20)).await;
    let counters = portal.counters();
    assert_eq!(counters.records["deal"], 0, "they wait");
    assert!(
        counters.records["contact"] <= 20 + counters.faults,
        "of those who wait one a call was begun: {}",
        counters.records["contact"]
    );
    // the pause takes ten seconds each time, and two more batches may fail beside the first
    let rests = 3 + began.elapsed().as_secs() / 5;
    assert!(counters.faults <= rests, "{} times", counters.faults);
    send_all(
        &gateway,
        (41..=45).map(|n| answer(2, n, person(n))).collect(),
    )
    .await;
    until("further leads are there", leads(25)).await;
    assert_eq!(portal.counters().records["deal"], 0, "they wait still");
    portal.clear_faults();
    gateway.settle().await;
    let counters = portal.counters();
    let sum = |kind: &str| counters.records[kind];
    assert_eq!((sum("contact"), sum("deal"), sum("lead")), (45, 20, 25));
    assert_eq!(counters.comments, 45);
    nothing_doubled(&portal);
    let (_, most, _) = gateway.attempts();
    assert!(most <= 4, "{most} attempts at one submission");
}

#[actix_web::test]
async fn survives_continuous_throttling() {
    let gateway = TestGateway::with(&[("delivery.retry_longest", "500ms")]).await;
    let portal = gateway.portal();
    // the first calls certainly, the later ones by chance: the number of calls depends on the
    // machine
    for times in [json!({"next": 5}), json!({"chance": 0.4})] {
        let storm: Value = json!({"code": "QUERY_LIMIT_EXCEEDED", "times": times});
        portal.inject(serde_json::from_value(storm).unwrap());
    }
    send(&gateway, 1, 150).await;
    until("some are refused", async || portal.counters().refused >= 5).await;
    gateway.settle().await;
    everything_once(&portal, 150);
}
