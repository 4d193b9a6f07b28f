//! Everything that can go wrong between leadgate and an HTTP service: what it means for the step,
//! and that nothing is sent twice that may have arrived.

use leadgate::domain::State;
use leadgate::simulator::Fault;
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};

const PLAIN: &str = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: far, path: /orders, json: { name: "{{name}}", id: "{{submission_id}}" }, success: $.ok == true }
"#;

const CALLTOUCH: &str = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: far, json: { requests: [{ fio: "{{name}}", phoneNumber: "79120000001" }] } }
"#;

/// What a fault leads to without a way to recognise a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is sent again, and arrives once.
    Delivered,
    /// A person decides.
    Parked(&'static str),
}

use Outcome::{Delivered, Parked};

/// Faults of a service with their outcome.
fn faults() -> Vec<(Value, Outcome)> {
    let unknown = Parked("outcome-unknown");
    vec![
        (
            json!({"code": "TOO_MANY_REQUESTS", "retry_after": 0}),
            Delivered,
        ),
        (
            json!({"code": "TOO_MANY_REQUESTS", "retry_after": 1}),
            Delivered,
        ),
        (json!({"code": "CREDENTIALS_REVOKED"}), Delivered),
        (json!({"code": "SLOW_BODY", "ms": 50}), Delivered),
        (json!({"code": "INTERNAL_SERVER_ERROR"}), unknown),
        (json!({"code": "BAD_GATEWAY"}), unknown),
        (json!({"code": "RESET_BEFORE"}), unknown),
        (json!({"code": "RESET_AFTER"}), unknown),
        (json!({"code": "ERROR_AFTER_SAVE"}), unknown),
        (json!({"code": "CUT_BODY"}), unknown),
        (json!({"code": "WRONG_JSON"}), unknown),
        // longer than the time-out of the destination: the work is done
        (json!({"code": "HOLD_REPLY", "ms": 3000}), unknown),
        (json!({"code": "SLOW_BODY", "ms": 9000}), unknown),
        (
            json!({"code": "RENAMED", "host": "https://other.example"}),
            Parked("refused-by-service"),
        ),
    ]
}

async fn start(profile: &str, url: &str, more: &[(&str, &str)]) -> TestGateway {
    let flags = [("http.far.url", url), ("http.far.timeout", "1s")];
    let flags = [&flags[..], &[("delivery.retry_longest", "200ms")], more].concat();
    gateway_with(&[("shop.yaml", profile)], &flags).await
}

async fn send(gateway: &TestGateway) -> String {
    let body = json!({"name": "Анна"}).to_string();
    let reply = gateway.post_in("/in/shop", "application/json", body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn each_fault_of_a_service_is_retried_or_parked_as_it_must_be() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    for (mut fault, outcome) in faults() {
        service.portal().reset();
        fault["method"] = json!("bin");
        let about = fault.to_string();
        let gateway = start(PLAIN, &url, &[]).await;
        let fault: Fault = serde_json::from_value(fault).unwrap();
        service.portal().inject(fault);
        let requests = || service.portal().service_requests().into_iter();
        let id = send(&gateway).await;
        gateway.settle().await;
        let explained = gateway.command(&["explain", &id, "--lang", "ru"], &[]);
        match outcome {
            Delivered => {
                assert_eq!(
                    gateway.count(State::Delivered).await,
                    1,
                    "{about}\n{explained}"
                );
                let done = requests().filter(|request| request.done).count();
                assert_eq!(done, 1, "{about}");
            }
            Parked(reason) => {
                assert!(explained.contains(reason), "{about}\n{explained}");
                assert_eq!(requests().count(), 1, "{about}: not sent again");
            }
        }
    }
}

#[actix_web::test]
async fn each_fault_of_calltouch_is_looked_up_or_parked_as_it_must_be() {
    let service = TestGateway::start().await;
    let url = service.url("/services/calltouch");
    let settings = [
        ("http.far.preset", "calltouch"),
        ("http.far.token", "t0ken"),
        ("http.far.site", "7"),
        ("http.far.rate", "100/s"),
    ];
    let mut all = faults();
    all.push((
        json!({"code": "PARTIAL_IMPORT", "refused": 1}),
        Parked("refused-by-service"),
    ));
    for (mut fault, outcome) in all {
        fault["method"] = json!("calltouch");
        let about = fault.to_string();
        let fault: Fault = serde_json::from_value(fault).unwrap();
        for reads_back in [false, true] {
            service.portal().reset();
            let read_token = [("http.far.read_token", "r3ad")];
            let more = if reads_back { &read_token[..] } else { &[] };
            let gateway = start(CALLTOUCH, &url, &[&settings[..], more].concat()).await;
            service.portal().inject(fault.clone());
            let id = send(&gateway).await;
            gateway.settle().await;
            let explained = gateway.command(&["explain", &id], &[]);
            let imported = service.portal().calltouch_requests().len();
            match (outcome, reads_back) {
                (Parked("outcome-unknown"), true) | (Delivered, _) => {
                    let delivered = gateway.count(State::Delivered).await;
                    assert_eq!((delivered, imported), (1, 1), "{about}\n{explained}");
                }
                (Parked(reason), _) => {
                    assert!(explained.contains(reason), "{about}\n{explained}");
                    assert!(imported <= 1, "{about}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn a_closed_port_holds_requests_back_until_something_listens_there() {
    // a port that is closed at first
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let gateway = start(PLAIN, &format!("http://{address}"), &[]).await;
    let id = send(&gateway).await;
    until("it has been tried", async || {
        let shown = gateway.command(&["journal", "show", &id, "--lang", "ru"], &[]);
        shown.contains("сервис недоступен")
    })
    .await;
    assert_eq!(gateway.count(State::Parked).await, 0, "nothing was sent");
    let listener = std::net::TcpListener::bind(address).unwrap();
    std::thread::spawn(move || answer_ok(&listener));
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
}

#[actix_web::test]
async fn a_closed_port_or_a_broken_handshake_of_a_service_sends_nothing_and_parks_nothing() {
    for (service, profile) in [
        ("bin", PLAIN.replace("http: far", "http: bin")),
        (
            "calltouch",
            CALLTOUCH.replace("http: far", "http: calltouch"),
        ),
    ] {
        let quickly = [("delivery.retry_longest", "200ms")];
        let gateway = gateway_with(&[("shop.yaml", &profile)], &quickly).await;
        let page = gateway.url("/sandbox/services?lang=en");
        let page = async || {
            gateway
                .http()
                .get(&page)
                .send()
                .await
                .unwrap()
                .text()
                .await
                .unwrap()
        };
        for (number, fault, words) in [
            (
                1,
                json!({"code": "CLOSED_PORT"}),
                "the service cannot be reached: connection refused",
            ),
            (
                2,
                json!({"code": "BROKEN_TLS", "times": "always"}),
                "the service cannot be reached: ",
            ),
        ] {
            let fault: Fault = serde_json::from_value(fault).unwrap();
            gateway.portal().inject(fault.on(service));
            let id = send(&gateway).await;
            until("it has been tried", async || {
                gateway
                    .command(&["journal", "show", &id], &[])
                    .contains(words)
            })
            .await;
            let requests = || gateway.portal().service_requests().into_iter();
            let sent = || requests().filter(|request| request.fault.is_none()).count();
            assert_eq!(
                (gateway.count(State::Parked).await, sent()),
                (0, number - 1)
            );
            if number == 2 {
                assert!(
                    page().await.contains("BROKEN_TLS</span>"),
                    "shown among the requests"
                );
            }
            gateway.portal().clear_faults();
            gateway.settle().await;
            assert_eq!(
                gateway.count(State::Delivered).await,
                u64::try_from(number).unwrap()
            );
            // sent once, and nobody was asked whether it had arrived: it is known that it had not
            assert_eq!(sent(), number, "{service}");
            assert!(requests().all(|request| request.method != "GET"));
        }
        for code in ["CLOSED_PORT", "BROKEN_TLS"] {
            assert!(
                page().await.contains(&format!("value=\"{code}\"")),
                "a button"
            );
        }
    }
}

#[actix_web::test]
async fn a_reply_that_repeats_a_secret_is_masked_and_one_beyond_the_limit_is_not_read() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || answer_ok(&listener));
    let token = ("http.far.token", "t0ken-very-secret");
    let gateway = start(PLAIN, &url, &[token]).await;
    let id = send(&gateway).await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    for command in [
        &["journal", "show", &id][..],
        &["journal", "show", &id, "--json"],
        &["explain", &id],
        &["explain", &id, "--json"],
    ] {
        let shown = gateway.command(command, &[]);
        assert!(
            shown.contains("authorization: "),
            "the reply repeats it\n{shown}"
        );
        assert!(!shown.contains("t0ken-very-secret"), "{shown}");
    }
    // the reply repeats what was sent, and is too long by that
    let long = PLAIN.replace("{{name}}", &format!("{{{{name}}}} {}", "ы".repeat(600)));
    let gateway = start(&long, &url, &[("http.far.reply_limit", "1024")]).await;
    let id = send(&gateway).await;
    gateway.settle().await;
    for (lang, words) in [
        (
            "en",
            "the reply is longer than `reply_limit` of the destination",
        ),
        ("ru", "ответ длиннее, чем `reply_limit` сервиса"),
    ] {
        let shown = gateway.command(&["explain", &id, "--lang", lang], &[]);
        assert!(
            shown.contains(words) && shown.contains("outcome-unknown"),
            "{shown}"
        );
    }
}

/// Answers every request with success and repeats it.
fn answer_ok(listener: &std::net::TcpListener) {
    use std::io::{Read as _, Write as _};
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut request = vec![0; 64 << 10];
        let length = stream.read(&mut request).unwrap();
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        let body = json!({"ok": true, "request": request}).to_string();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
    }
}
