//! Steps after the CRM to an HTTP service: the sandbox's bin, and small servers that answer as a
//! test says.

use leadgate::domain::{State, StepVerdict};
use leadgate::journal::History;
use leadgate::simulator::{Fault, FaultKind, ServiceRequest, Times};
use serde_json::{Value, json};

use crate::channels::gateway_with;
use crate::gateway::{TestGateway, until};

/// A contact and a deal, then the bin, then a mark in the deal.
const CHAIN: &str = r#"
receive: { channel: shop }
fields: { name: $.name, phone: { from: $.phone, as: phone }, sum: $.sum }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
deal: { found: always_create, fields: { TITLE: "Заявка {{name}}" } }
then:
  - http: bin
    path: /orders
    json: { deal: "{{steps.crm.deal_id}}", id: "{{submission_id}}", name: "{{name}}", sum: "{{sum}}", absent: "{{default_name}}" }
    success: $.ok == true
    save: { number: $.number, echo: $.json.deal }
  - name: mark
    crm: { update: deal, fields: { COMMENTS: "bin {{default steps.bin.number '-'}}" }, stage: WON, comment: "Отправлено: {{default steps.bin.echo '-'}}" }
"#;

fn chain() -> String {
    CHAIN.replace(", absent: \"{{default_name}}\"", "")
}

async fn chained(flags: &[(&str, &str)]) -> TestGateway {
    gateway_with(&[("shop.yaml", &chain())], flags).await
}

/// Returns the requests of the bin that did work.
fn done(gateway: &TestGateway) -> Vec<ServiceRequest> {
    let all = gateway.portal().service_requests().into_iter();
    all.filter(|request| request.done && request.method != "GET")
        .collect()
}

async fn send(gateway: &TestGateway, name: &str) -> String {
    let body = json!({"name": name, "phone": "+79123456789", "sum": 12.5}).to_string();
    let reply = gateway.post_in("/in/shop", "application/json", body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.body["id"].as_str().unwrap().to_owned()
}

fn fault(code: &str) -> Fault {
    serde_json::from_value::<Fault>(json!({"code": code, "method": "bin"})).unwrap()
}

fn verdicts(history: &History) -> Vec<(String, StepVerdict)> {
    let steps = history.steps.iter();
    steps
        .map(|step| (step.outcome.name.clone(), step.outcome.verdict))
        .collect()
}

#[actix_web::test]
async fn a_chain_of_crm_http_and_crm_is_carried_out_in_order() {
    let gateway = chained(&[]).await;
    let id = send(&gateway, "Анна").await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let deal = gateway.deals()[0].clone();
    let number: i64 = deal["ID"].as_str().unwrap().parse().unwrap();
    let [request] = &done(&gateway)[..] else {
        panic!("{:?}", done(&gateway))
    };
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/orders")
    );
    let body: Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(
        body,
        json!({"deal": number, "id": id, "name": "Анна", "sum": 12.5})
    );
    let key = request
        .headers
        .iter()
        .find(|(name, _)| name == "idempotency-key");
    assert_eq!(key.unwrap().1, format!("{id}-bin"));
    assert_eq!(deal["COMMENTS"], "bin 1");
    assert_eq!(deal["STAGE_ID"], "WON");
    let comments = gateway.comments("deal", deal["ID"].as_str().unwrap());
    assert!(
        comments
            .iter()
            .any(|text| text.starts_with(&format!("Отправлено: {number}"))),
        "{comments:?}"
    );
    let history = gateway.history(&id);
    let done = StepVerdict::Done;
    let expected = ["crm", "bin", "mark"].map(|name| (name.to_owned(), done));
    assert_eq!(verdicts(&history), expected);
    let shown = gateway.command(&["journal", "show", &id], &[]);
    for words in [
        "HTTP: POST",
        "/orders",
        "step bin (http:bin): done",
        "step mark (crm:sandbox): done",
    ] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
}

#[actix_web::test]
async fn a_lost_reply_at_any_step_doubles_nothing() {
    for code in [
        "RESET_AFTER",
        "CUT_BODY",
        "WRONG_JSON",
        "ERROR_AFTER_SAVE",
        "BAD_GATEWAY",
        "INTERNAL_SERVER_ERROR",
        "RESET_BEFORE",
    ] {
        let gateway = chained(&[]).await;
        gateway.portal().inject(fault(code));
        send(&gateway, "Анна").await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1, "{code}");
        // the service recognises the repeat by its key
        let requests = gateway.portal().service_requests();
        let bodies: Vec<&str> = requests
            .iter()
            .map(|request| request.body.as_str())
            .collect();
        assert!(
            bodies.len() >= 2 && bodies.windows(2).all(|two| two[0] == two[1]),
            "{code}"
        );
        assert_eq!(gateway.deals().len(), 1, "{code}");
    }
    for (method, code) in [
        ("crm.deal.add", "RESET_AFTER"),
        ("crm.deal.update", "RESET_AFTER"),
        ("crm.timeline.comment.add", "RESET_AFTER"),
        ("crm.timeline.comment.add", "ERROR_AFTER_SAVE"),
    ] {
        let gateway = chained(&[]).await;
        let fault = json!({"code": code, "method": method});
        gateway
            .portal()
            .inject(serde_json::from_value(fault).unwrap());
        send(&gateway, "Анна").await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1, "{method} {code}");
        assert_eq!(
            (gateway.deals().len(), done(&gateway).len()),
            (1, 1),
            "{method} {code}"
        );
        let deal = gateway.deals()[0]["ID"].as_str().unwrap().to_owned();
        assert_eq!(gateway.comments("deal", &deal).len(), 1, "{method} {code}");
    }
}

#[actix_web::test]
async fn too_many_requests_pause_the_destination_and_everything_arrives_once() {
    let gateway = chained(&[]).await;
    let busy = FaultKind::TooManyRequests { retry_after: 0 };
    gateway
        .portal()
        .inject(Fault::once(busy).on("bin").times(Times::Next(2)));
    for number in 0..5 {
        send(&gateway, &format!("Анна {number}")).await;
    }
    gateway.settle().await;
    assert_eq!(gateway.count(State::Delivered).await, 5);
    assert_eq!(done(&gateway).len(), 5);
}

const PARKING: &str = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: strict, name: order, path: /orders, json: { name: "{{name}}", id: "{{submission_id}}" }, success: $.ok == true, save: { number: $.number } }
"#;

/// Starts a gateway whose destination `strict` is the bin of its sandbox, without idempotency.
async fn strict(more: &[(&str, &str)]) -> TestGateway {
    // the sandbox's own address is known only after the start: a second gateway's sandbox is used
    let mut flags = vec![
        ("http.strict.timeout", "2s"),
        ("delivery.retry_longest", "200ms"),
    ];
    flags.extend(more);
    gateway_with(&[("shop.yaml", PARKING)], &flags).await
}

#[actix_web::test]
async fn an_unknown_outcome_is_parked_and_sent_again_only_by_a_person() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    for code in [
        "RESET_AFTER",
        "HOLD_REPLY",
        "ERROR_AFTER_SAVE",
        "WRONG_JSON",
        "CUT_BODY",
    ] {
        service.portal().reset();
        let gateway = strict(&[("http.strict.url", &url), ("http.strict.unknown", "park")]).await;
        let mut lost = json!({"code": code, "method": "bin"});
        if code == "HOLD_REPLY" {
            lost["ms"] = json!(10);
        }
        service
            .portal()
            .inject(serde_json::from_value(lost).unwrap());
        let id = send(&gateway, "Анна").await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Parked).await, 1, "{code}");
        assert_eq!(done(&service).len(), 1, "{code}");
        let shown = gateway.command(&["journal", "show", &id], &[]);
        assert!(shown.contains("outcome-unknown"), "{code}\n{shown}");
        // a person has looked it up
        gateway.command(&["replay", &id], &[]);
        until("it is delivered", async || {
            gateway.count(State::Delivered).await == 1
        })
        .await;
        assert_eq!(done(&service).len(), 2, "{code}");
    }
}

#[actix_web::test]
async fn a_refused_request_is_parked_with_the_reply_and_can_be_replayed() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin/status");
    let profile = PARKING.replace("/orders", "/422");
    let flags = [
        ("http.strict.url", url.as_str()),
        ("http.strict.unknown", "park"),
    ];
    let gateway = gateway_with(&[("shop.yaml", &profile)], &flags).await;
    let id = send(&gateway, "Анна").await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    let shown = gateway.command(&["journal", "show", &id], &[]);
    assert!(
        shown.contains("refused-by-service") && shown.contains("422"),
        "{shown}"
    );
    // the profile is corrected; the outcome of the first attempt is known, so nobody has to decide
    let file = gateway.home.path().join("mappings/shop.yaml");
    std::fs::write(
        file,
        profile
            .replace("/422", "/200")
            .replace("$.ok == true", "[200]"),
    )
    .unwrap();
    until("the edit is seen", async || {
        gateway.command(&["replay", &id], &["--dry-run"]);
        gateway.command(&["replay", &id], &[]);
        gateway.settle().await;
        gateway.count(State::Delivered).await == 1
    })
    .await;
}

#[actix_web::test]
async fn a_question_tells_whether_a_request_arrived() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    for (code, requests) in [
        ("RESET_AFTER", 1),
        ("ERROR_AFTER_SAVE", 1),
        ("RESET_BEFORE", 1),
        ("INTERNAL_SERVER_ERROR", 1),
    ] {
        service.portal().reset();
        let flags = [
            ("http.strict.url", url.as_str()),
            ("http.strict.look_path", "/count?text={id}"),
            ("http.strict.look_found", "$.count > 0"),
        ];
        let gateway = strict(&flags).await;
        service.portal().inject(fault(code));
        send(&gateway, "Анна").await;
        gateway.settle().await;
        assert_eq!(gateway.count(State::Delivered).await, 1, "{code}");
        assert_eq!(done(&service).len(), requests, "{code}");
    }
}

#[actix_web::test]
async fn a_dead_destination_holds_up_no_crm_delivery() {
    // nothing listens there
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let profile = chain().replace("http: bin", "http: dead\n    name: bin");
    let plain = "receive: { channel: plain }\nfields: { name: $.name }\nlead: { found: always_create, fields: { TITLE: \"{{name}}\" } }\n";
    let files = [("shop.yaml", profile.as_str()), ("plain.yaml", plain)];
    let gateway = gateway_with(&files, &[("http.dead.url", &url)]).await;
    for number in 0..50 {
        send(&gateway, &format!("Анна {number}")).await;
    }
    until("the CRM steps are done", async || {
        gateway.deals().len() == 50
    })
    .await;
    for number in 0..50 {
        let body = json!({ "name": format!("Пётр {number}") }).to_string();
        gateway.post_in("/in/plain", "application/json", body).await;
    }
    until("the leads are there", async || {
        gateway.count(State::Delivered).await == 50
    })
    .await;
    assert_eq!(gateway.leads().len(), 50);
    let waiting = gateway.count(State::Queued).await
        + gateway.count(State::Waiting).await
        + gateway.count(State::Leased).await;
    assert_eq!(waiting, 50);
    gateway.stop().await;
}

#[actix_web::test]
async fn a_refused_step_with_continue_is_recorded_and_the_next_one_follows() {
    let profile = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: bin, name: first, path: /status/404, if_it_fails: continue, json: { a: 1 } }
  - { http: bin, name: second, when: { steps.first.status: present }, json: { a: 2 } }
  - { http: bin, name: third, when: { steps.first.status: absent }, json: { name: "{{name}}" } }
"#;
    let gateway = gateway_with(&[("shop.yaml", profile)], &[]).await;
    let id = send(&gateway, "Анна").await;
    gateway.settle().await;
    let history = gateway.history(&id);
    let names = [
        ("first", StepVerdict::Refused),
        ("second", StepVerdict::Skipped),
        ("third", StepVerdict::Done),
    ];
    let expected = names.map(|(name, verdict)| (name.to_owned(), verdict));
    assert_eq!(verdicts(&history), expected);
    assert_eq!(gateway.count(State::Delivered).await, 1);
    assert_eq!(done(&gateway).len(), 1);
}

#[actix_web::test]
async fn a_step_without_a_destination_in_the_settings_is_parked() {
    let profile = chain().replace("http: bin", "http: nowhere\n    name: bin");
    let gateway = gateway_with(&[("shop.yaml", &profile)], &[]).await;
    let id = send(&gateway, "Анна").await;
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(gateway.deals().len(), 1);
    let shown = gateway.command(&["journal", "show", &id], &[]);
    assert!(shown.contains("no destination http:nowhere"), "{shown}");
}

#[actix_web::test]
async fn redirects_stay_on_the_origin_and_secrets_stay_in_the_settings() {
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    let other = TestGateway::start().await;
    let flags = [
        ("http.strict.url", url.as_str()),
        ("http.strict.token", "tok3n-very-secret"),
        ("http.strict.headers.x_api_key", "k3y-very-secret"),
    ];
    for (to, state) in [
        (service.url("/services/bin/moved"), State::Parked),
        (other.url("/services/bin/stolen"), State::Parked),
    ] {
        let gateway = strict(&flags).await;
        let renamed = json!({"code": "RENAMED", "host": to, "method": "bin"});
        service
            .portal()
            .inject(serde_json::from_value(renamed).unwrap());
        let id = send(&gateway, "Анна").await;
        gateway.settle().await;
        assert_eq!(gateway.count(state).await, 1, "{to}");
        let shown = gateway.command(&["journal", "show", &id, "--json"], &[]);
        for secret in ["tok3n-very-secret", "k3y-very-secret"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
    assert_eq!(other.portal().service_requests(), []);
    let gateway = strict(&flags).await;
    send(&gateway, "Анна").await;
    gateway.settle().await;
    let [request] = &done(&service)[..] else {
        panic!("{:?}", done(&service))
    };
    let header = |name: &str| {
        let mut named = request.headers.iter();
        named.find(|(known, _)| known == name).unwrap().1.clone()
    };
    assert_eq!(header("authorization"), "Bearer tok3n-very-secret");
    assert_eq!(header("x-api-key"), "k3y-very-secret");
}

#[actix_web::test]
async fn a_replay_from_a_step_repeats_it_and_those_after_it() {
    let profile = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: strict, name: first, path: /first, json: { a: "{{name}}" }, save: { number: $.number } }
  - { http: strict, name: skipped, when: { steps.first.number: absent }, path: /skipped, json: { a: 1 } }
  - { http: strict, name: second, path: /second, json: { a: 2 }, save: { number: $.number } }
  - { http: strict, name: third, path: /third, json: { a: "{{default steps.second.number '-'}}" } }
"#;
    let service = TestGateway::start().await;
    let url = service.url("/services/bin");
    // `park` forbids a repeat, but not to the person who orders it
    let flags = [
        ("http.strict.url", url.as_str()),
        ("http.strict.unknown", "park"),
    ];
    let gateway = gateway_with(&[("shop.yaml", profile)], &flags).await;
    let id = send(&gateway, "Анна").await;
    gateway.settle().await;
    let paths = || -> Vec<String> {
        let all = done(&service).into_iter();
        all.map(|request| request.path).collect()
    };
    assert_eq!(paths(), ["/first", "/second", "/third"]);
    for (flag, step, more) in [
        ("--from", "second", vec!["/second", "/third"]),
        ("--step", "second", vec!["/second"]),
        ("--from", "third", vec!["/third"]),
        ("--from", "first", vec!["/first", "/second", "/third"]),
    ] {
        let before = paths().len();
        gateway.command(&["replay", &id, flag, step, "--as-mapped"], &[]);
        until("it is delivered again", async || {
            paths().len() >= before + more.len() && gateway.count(State::Delivered).await == 1
        })
        .await;
        assert_eq!(paths()[before..], more, "{flag} {step}");
        let history = gateway.history(&id);
        let skipped = &history.steps[1].outcome;
        assert_eq!(skipped.verdict, StepVerdict::Skipped, "{flag} {step}");
    }
}

#[actix_web::test]
async fn the_history_shows_the_request_as_the_service_got_it() {
    let profile = r#"
receive: { channel: shop }
fields: { name: $.name }
then:
  - { http: strict, name: order, method: PUT, path: "/orders/{{name}}", query: { city: "Казань" }, headers: { x-own: "a b" }, json: { name: "{{name}}" }, success: [201], if_it_fails: continue }
"#;
    let service = TestGateway::start().await;
    let url = service.url("/services/bin?key=secret-in-query");
    let flags = [
        ("http.strict.url", url.as_str()),
        ("http.strict.token", "tok3n-very-secret"),
        ("http.strict.headers.siteid", "42"),
        ("http.strict.headers.x_api_key", "k3y-very-secret"),
        ("http.strict.idempotency_header", "Idempotency-Key"),
    ];
    let gateway = gateway_with(&[("shop.yaml", profile)], &flags).await;
    let id = send(&gateway, "Анна").await;
    gateway.settle().await;
    let [request] = &done(&service)[..] else {
        panic!("{:?}", done(&service))
    };
    let shown = gateway.command(&["journal", "show", &id, "--json"], &[]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let mut events = shown["events"].as_array().unwrap().iter();
    let call = events.find(|event| event["kind"] == "call").unwrap();
    let call = &call["event"];
    let base = service.url("/services/bin");
    assert_eq!(
        call["method"],
        format!("PUT {base}/orders/%D0%90%D0%BD%D0%BD%D0%B0")
    );
    assert_eq!(
        call["params"]["query"],
        json!({"key": "•••", "city": "Казань"})
    );
    // every header field that arrived, and no other
    let headers = call["params"]["headers"].as_object().unwrap();
    let mut names: Vec<String> = headers
        .keys()
        .map(|name| name.to_ascii_lowercase())
        .collect();
    names.sort();
    let by_hand = |name: &str| !["host", "content-length"].contains(&name);
    let arrived = request.headers.iter().map(|(name, _)| name.to_lowercase());
    let mut arrived: Vec<String> = arrived.filter(|name| by_hand(name)).collect();
    arrived.sort();
    assert_eq!(names, arrived);
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let secret = ["authorization", "x-api-key"].contains(&name.as_str());
        let arrived = request.headers.iter().find(|(known, _)| *known == name);
        let expected = if secret {
            "•••"
        } else {
            &arrived.unwrap().1
        };
        assert_eq!(value, expected, "{name}");
    }
    for command in ["journal show", "explain"] {
        let words: Vec<&str> = command.split(' ').chain([id.as_str()]).collect();
        let text = gateway.command(&words, &[]);
        for part in [
            "/services/bin/orders/%D0%90%D0%BD%D0%BD%D0%B0?key=•••&city=%D0%9A%D0%B0%D0%B7%D0%B0%D0%BD%D1%8C",
            "x-own: a b",
            "Siteid: 42",
            "Authorization: •••",
            "{\"name\":\"Анна\"}",
            "status 200, expected 201",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        let line = text.lines().find(|line| line.contains("expected 201"));
        assert_eq!(line.unwrap().matches("\"ok\"").count(), 1, "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
}

#[actix_web::test]
async fn a_proxy_of_the_settings_gets_the_requests_of_its_service() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let flags = [
        ("http.strict.url", "http://shop.example/v1"),
        ("http.strict.proxy", proxy.as_str()),
    ];
    let gateway = strict(&flags).await;
    send(&gateway, "Анна").await;
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    while !String::from_utf8_lossy(&request).contains("Анна") {
        assert!(stream.read_buf(&mut request).await.unwrap() > 0);
    }
    let reply = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\n{\"ok\":true}";
    stream.write_all(reply.as_bytes()).await.unwrap();
    let request = String::from_utf8_lossy(&request);
    assert!(
        request.starts_with("POST http://shop.example/v1/orders HTTP/1.1\r\n"),
        "{request}"
    );
    until("it is delivered", async || {
        gateway.count(State::Delivered).await == 1
    })
    .await;
}
