//! Replays of steps to an HTTP service that forbids repeats: what was never tried is sent, and what
//! a person has ordered is sent until its outcome is unknown again.

use leadgate::domain::State;
use leadgate::simulator::Fault;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};

const HEAD: &str = "receive: { channel: shop }\nfields: { name: $.name }\n";
const DEAL: &str = "deal: { fields: { TITLE: \"{{name}}\" } }\n";

/// Returns a profile with these steps, each of which sends the id to a path of its own name.
fn profile(deal: &str, steps: &[&str]) -> String {
    let steps = steps.iter().map(|name| {
        let (name, more) = name.split_once(' ').unwrap_or((name, ""));
        format!("  - {{ name: {name}, http: far, path: /{name}, json: {{ id: \"{{{{submission_id}}}}\" }}{more} }}\n")
    });
    format!("{HEAD}{deal}then:\n{}", steps.collect::<String>())
}

async fn start(profile: &str, url: &str, more: &[(&str, &str)]) -> TestGateway {
    let flags = [
        ("http.far.url", url),
        ("http.far.unknown", "park"),
        ("http.far.timeout", "2s"),
        ("delivery.retry_longest", "200ms"),
    ];
    gateway_with(&[("shop.yaml", profile)], &[&flags[..], more].concat()).await
}

async fn send(gateway: &TestGateway) -> String {
    send_as(gateway, "Анна").await
}

async fn send_as(gateway: &TestGateway, name: &str) -> String {
    let body = json!({ "name": name }).to_string();
    let reply = gateway.post_in("/in/shop", "application/json", body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["id"].as_str().unwrap().to_owned()
}

/// Writes another version of the profile, and waits until the gateway goes by it.
async fn change(gateway: &TestGateway, profile: &str) {
    let folder = gateway.home.path().join("mappings");
    std::fs::write(folder.join("shop.yaml"), profile).unwrap();
    let marker = HEAD.replace("shop", "marker") + DEAL;
    std::fs::write(folder.join("marker.yaml"), marker).unwrap();
    until("the profiles are read", async || {
        let body = json!({"name": "Анна"}).to_string();
        let reply = gateway
            .post_in("/in/marker", "application/json", body)
            .await;
        reply.status == 200
    })
    .await;
    gateway.settle().await;
}

/// Returns the paths to which something was sent for a submission, in order.
fn sent(service: &TestGateway, id: &str) -> Vec<String> {
    let all = service.portal().service_requests().into_iter();
    all.filter(|request| request.done && request.body.contains(id))
        .map(|request| request.path)
        .collect()
}

async fn delivered(gateway: &TestGateway, id: &str) {
    gateway.settle().await;
    let state = gateway.history(id).entry.state;
    let explained = gateway.command(&["explain", id], &[]);
    assert_eq!(state, State::Delivered, "{explained}");
}

#[actix_web::test]
async fn a_step_that_was_added_after_the_delivery_is_sent_by_a_replay() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    for deal in ["", DEAL] {
        let gateway = start(&profile(deal, &["first"]), &url, &[]).await;
        let cases: [(&str, &str, &[&str]); 5] = [
            ("--from", "after", &["/before", "/after"]),
            ("--step", "after", &["/before", "/after"]),
            ("--step", "before", &["/before", "/after"]),
            ("--from", "first", &["/before", "/first", "/after"]),
            ("--step", "first", &["/before", "/first", "/after"]),
        ];
        let mut ids = Vec::new();
        for _ in cases {
            ids.push(send(&gateway).await);
        }
        gateway.settle().await;
        change(&gateway, &profile(deal, &["before", "first", "after"])).await;
        for ((flag, step, expected), id) in cases.into_iter().zip(&ids) {
            let before = sent(&service, id);
            assert_eq!(before, ["/first"]);
            gateway.command(&["replay", id, flag, step], &[]);
            delivered(&gateway, id).await;
            assert_eq!(sent(&service, id)[1..], *expected, "{flag} {step}");
        }
    }
}

#[actix_web::test]
async fn a_skipped_step_that_applies_by_now_is_sent_by_a_replay() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let skipped = "second , when: { steps.first.status: 299 }";
    let gateway = start(&profile("", &["first", skipped]), &url, &[]).await;
    let id = send(&gateway).await;
    delivered(&gateway, &id).await;
    assert_eq!(sent(&service, &id), ["/first"]);
    change(&gateway, &profile("", &["first", "second"])).await;
    gateway.command(&["replay", &id, "--from", "second"], &[]);
    delivered(&gateway, &id).await;
    assert_eq!(sent(&service, &id), ["/first", "/second"]);
}

#[actix_web::test]
async fn a_step_that_is_added_beside_a_parked_one_is_sent_by_a_replay() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let refused = "first , success: $.ok == false";
    let lost = json!({"code": "RESET_AFTER", "method": "bin"});
    for deal in ["", DEAL] {
        for (step, fault) in [(refused, None), ("first", Some(lost.clone()))] {
            let gateway = start(&profile(deal, &[step]), &url, &[]).await;
            if let Some(fault) = fault {
                let fault: Fault = serde_json::from_value(fault).unwrap();
                service.portal().inject(fault);
            }
            let id = send(&gateway).await;
            gateway.settle().await;
            assert_eq!(gateway.count(State::Parked).await, 1, "{step}");
            change(&gateway, &profile(deal, &["before", "first", "after"])).await;
            gateway.command(&["replay", &id], &[]);
            delivered(&gateway, &id).await;
            let expected = ["/first", "/before", "/first", "/after"];
            assert_eq!(sent(&service, &id), expected, "{step}");
        }
    }
}

#[actix_web::test]
async fn a_step_that_was_parked_before_anything_was_sent_is_sent_by_a_replay() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    for deal in ["", DEAL] {
        let right = profile(deal, &["first"]);
        for wrong in [
            right.replace("http: far", "http: elsewhere"),
            right.replace("path: /first", "path: \"/{{name}}/first\""),
        ] {
            let gateway = start(&wrong, &url, &[]).await;
            let id = send_as(&gateway, "..").await;
            gateway.settle().await;
            assert_eq!(gateway.count(State::Parked).await, 1, "{wrong}");
            change(&gateway, &right).await;
            gateway.command(&["replay", &id], &[]);
            delivered(&gateway, &id).await;
            assert_eq!(sent(&service, &id), ["/first"], "{wrong}");
        }
    }
}

/// Faults after which it is certain that nothing was done.
fn not_done() -> [Value; 3] {
    [
        json!({"code": "TOO_MANY_REQUESTS", "retry_after": 0}),
        json!({"code": "TOO_MANY_REQUESTS", "retry_after": 1}),
        json!({"code": "CREDENTIALS_REVOKED"}),
    ]
}

fn inject(service: &TestGateway, mut fault: Value, method: &str) {
    fault["method"] = json!(method);
    let fault: Fault = serde_json::from_value(fault).unwrap();
    service.portal().inject(fault);
}

#[actix_web::test]
async fn a_repeat_by_hand_that_was_not_done_is_tried_until_its_outcome_is_unknown() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let lost = || json!({"code": "RESET_AFTER"});
    for deal in ["", DEAL] {
        for mut fault in not_done() {
            service.portal().reset();
            let gateway = start(&profile(deal, &["first", "second"]), &url, &[]).await;
            inject(&service, lost(), "bin");
            let id = send(&gateway).await;
            gateway.settle().await;
            assert_eq!(sent(&service, &id), ["/first"], "{fault}");
            fault["times"] = json!({"next": 2});
            inject(&service, fault.clone(), "bin");
            gateway.command(&["replay", &id], &[]);
            delivered(&gateway, &id).await;
            assert_eq!(sent(&service, &id)[1..], ["/first", "/second"], "{fault}");

            // the same for a finished step that is ordered again
            for (flag, step, more) in [
                ("--step", "first", vec!["/first"]),
                ("--from", "first", vec!["/first", "/second"]),
                ("--from", "second", vec!["/second"]),
            ] {
                let before = sent(&service, &id).len();
                inject(&service, fault.clone(), "bin");
                gateway.command(&["replay", &id, flag, step], &[]);
                delivered(&gateway, &id).await;
                assert_eq!(sent(&service, &id)[before..], more, "{fault} {flag} {step}");
            }
        }
    }
}

#[actix_web::test]
async fn a_repeat_by_hand_whose_outcome_is_unknown_after_all_is_parked_again() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let gateway = start(&profile("", &["first"]), &url, &[]).await;
    inject(&service, json!({"code": "RESET_AFTER"}), "bin");
    let id = send(&gateway).await;
    gateway.settle().await;
    inject(
        &service,
        json!({"code": "TOO_MANY_REQUESTS", "retry_after": 0}),
        "bin",
    );
    inject(&service, json!({"code": "RESET_AFTER"}), "bin");
    gateway.command(&["replay", &id], &[]);
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(sent(&service, &id).len(), 2);
    gateway.command(&["replay", &id], &[]);
    delivered(&gateway, &id).await;
    assert_eq!(sent(&service, &id).len(), 3);
}

#[actix_web::test]
async fn an_import_that_is_repeated_by_hand_is_tried_again_after_it_was_not_done() {
    let service = TestGateway::start().await;
    let url = service.url("/services/calltouch");
    let calltouch = format!(
        "{HEAD}then:\n  - {{ http: far, json: {{ requests: [{{ fio: \"{{{{name}}}}\", phoneNumber: \"79120000001\" }}] }} }}\n"
    );
    let settings = [
        ("http.far.preset", "calltouch"),
        ("http.far.token", "t0ken"),
        ("http.far.site", "7"),
    ];
    for fault in not_done() {
        service.portal().reset();
        let gateway = start(&calltouch, &url, &settings).await;
        inject(&service, json!({"code": "RESET_AFTER"}), "calltouch");
        let id = send(&gateway).await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, 1, "{fault}");
        inject(&service, fault.clone(), "calltouch");
        gateway.command(&["replay", &id], &[]);
        delivered(&gateway, &id).await;
        assert_eq!(sent(&service, &id).len(), 2, "{fault}");
    }
}

#[actix_web::test]
async fn used_up_retries_are_named_as_the_reason() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let settings = [("http.far.unknown", "repeat"), ("http.far.retries", "1")];
    let gateway = start(&profile("", &["first"]), &url, &settings).await;
    inject(
        &service,
        json!({"code": "RESET_AFTER", "times": "always"}),
        "bin",
    );
    let id = send(&gateway).await;
    gateway.settle().await;
    assert_eq!(sent(&service, &id).len(), 2);
    for (lang, words) in [
        ("en", "the repeats that `retries` allows are used up"),
        ("ru", "повторы, которые разрешает `retries`, исчерпаны"),
    ] {
        let shown = gateway.command(&["explain", &id, "--lang", lang], &[]);
        assert!(shown.contains(words), "{shown}");
        assert!(!shown.contains("unknown: park"), "{shown}");
    }
}
