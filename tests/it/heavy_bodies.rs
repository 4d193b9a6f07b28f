//! Small bodies that need much memory: refused before decoding, or parked before a path becomes too
//! costly.

use leadgate::domain::State;
use serde_json::{Value, json};

use crate::gateway::{TestGateway, answer};

const COSTLY: &str = "\
receive: { channel: quiz }
fields: { values: $..answers..value, phone: { from: $.phone, as: phone } }
contact: { fields: { PHONE: { value: \"{{phone}}\", search: true } } }
lead: { found: always_create, fields: { TITLE: \"{{values}}\" } }
";

async fn with_profile(name: &str, text: &str, flags: &[(&str, &str)]) -> TestGateway {
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join(name), text).unwrap();
    let mut all = vec![("mappings.dir", folder.to_str().unwrap())];
    all.extend(flags);
    TestGateway::at(home, &all).await
}

fn heavy() -> [String; 6] {
    let deep = format!("{}{}", "[".repeat(62), "]".repeat(62));
    [
        format!("{{\"a\":[{}]}}", vec![deep; 2000].join(",")),
        format!("[{}]", vec![r#"{"a":1}"#; 60_000].join(",")),
        format!("[{}]", vec!["[]"; 110_000].join(",")),
        format!("[{}]", vec!["0"; 110_000].join(",")),
        format!("{{{}}}", vec![r#""a":1"#; 110_000].join(",")),
        // the Markdown repair and the syntax error come after the count
        format!("{{\"\\_a\":[{}0", "[],".repeat(110_000)),
    ]
}

#[actix_web::test]
async fn polls_and_channels_refuse_a_body_with_too_many_values() {
    let gateway = TestGateway::start().await;
    for body in heavy() {
        for (path, words) in [
            ("/polls/postAnswer", "description"),
            ("/polls/postPoll", "description"),
            ("/in/landing", "message"),
        ] {
            let reply = gateway.post(path, body.clone()).await;
            assert_eq!(reply.status, 413, "{path} {body:.40}: {reply:?}");
            let why = reply.body[words].as_str().unwrap();
            assert!(why.contains("здесь больше 50000 значений"), "{why}");
        }
    }
    assert_eq!(gateway.count(State::Captured).await, 0);
}

#[actix_web::test]
async fn a_body_accepted_under_a_higher_limit_is_still_delivered() {
    let flags = [("server.value_limit", "1000")];
    let gateway = TestGateway::with(&flags).await;
    let many = vec![json!({"code": "q", "value": 1}); 400];
    let reply = gateway
        .post_answer(answer(123, 1, json!({"list": many})))
        .await;
    assert_eq!(reply.status, 413, "{reply:?}");
    let few = vec![json!({"code": "q", "value": 1}); 300];
    let reply = gateway
        .post_answer(answer(123, 1, json!({"list": few})))
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
}

/// Returns sixty nested `answers` around a wide list.
fn nested() -> Value {
    let mut body = json!({"value": vec![json!({"value": [1]}); 5000]});
    for _ in 0..60 {
        body = json!({"value": 1, "answers": body});
    }
    body["phone"] = json!("+79120000001");
    body
}

#[actix_web::test]
async fn a_too_costly_path_parks_its_submission_and_no_other() {
    let gateway = with_profile("quiz.yaml", COSTLY, &[]).await;
    let reply = gateway.post("/in/quiz", nested().to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let honest = json!({"answers": [{"value": "Да"}], "phone": "+79120000002"});
    let id = reply.body["id"].as_str().unwrap().to_owned();
    let reply = gateway.post("/in/quiz", honest.to_string()).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
    assert_eq!(gateway.count(State::Delivered).await, 1);
    let output = gateway.command(&["journal", "show", &id], &[]);
    assert!(output.contains("too-costly"), "{output}");
    assert!(output.contains("fields.values"), "{output}");
    assert!(output.contains("$..answers..value"), "{output}");
}

#[actix_web::test]
async fn a_too_costly_when_parks_the_submission_of_its_profile() {
    let profile = "receive: { channel: quiz, when: \"$..answers..value..x\" }\n\
                   lead: { found: always_create, fields: { TITLE: x } }\n";
    let gateway = with_profile("quiz.yaml", profile, &[]).await;
    let reply = gateway.post("/in/quiz", nested().to_string()).await;
    assert_eq!(reply.body["outcome"], "accepted", "{reply:?}");
    gateway.settle().await;
    assert_eq!(gateway.count(State::Parked).await, 1);
}

#[actix_web::test]
async fn nested_multipart_forms_are_refused() {
    let channels = "quiz: { each: $..answers }\n";
    let profile =
        "receive: { channel: quiz }\nlead: { found: always_create, fields: { TITLE: x } }\n";
    let home = tempfile::TempDir::new().unwrap();
    let folder = TestGateway::mappings(&home);
    std::fs::write(folder.join("quiz.yaml"), profile).unwrap();
    std::fs::write(folder.join("_channels.yaml"), channels).unwrap();
    let gateway = TestGateway::at(home, &[("mappings.dir", folder.to_str().unwrap())]).await;
    let reply = gateway.post("/in/quiz", nested().to_string()).await;
    assert_eq!(
        (reply.status, &reply.body["outcome"]),
        (413, &json!("too-long"))
    );
}

#[actix_web::test]
async fn a_slow_body_that_uses_all_memory_is_dropped_for_the_next() {
    let flags = [
        ("server.memory_limit", "4MB"),
        ("server.body_limit", "2097152"),
    ];
    let gateway = TestGateway::with(&flags).await;
    // most of a body, and then nothing
    let first = bytes::Bytes::from(vec![b' '; 2_000_000]);
    let stream = futures_util::stream::once(async move { Ok::<_, std::io::Error>(first) });
    let stream = futures_util::StreamExt::chain(stream, futures_util::stream::pending());
    let slow = gateway.post("/in/slow", reqwest::Body::wrap_stream(stream));
    let others = async {
        loop {
            gateway.post("/in/quick", vec![b' '; 1_000_000]).await;
        }
    };
    let slow = tokio::select! {
        slow = slow => slow,
        () = others => unreachable!("they never end"),
    };
    assert_eq!(
        (slow.status, &slow.body["outcome"]),
        (503, &json!("crowded"))
    );
    assert_eq!(slow.retry_after.as_deref(), Some("5"));
    let after = gateway.post("/in/quick", "{\"a\":1}").await;
    assert_eq!(after.body["outcome"], "captured", "{after:?}");
}
