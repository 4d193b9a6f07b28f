//! Refused requests are recorded for operators, without secrets.

use reqwest::Method;
use serde_json::{Value, json};

use crate::channels::{URLENCODED, gateway_with};
use crate::channels_guard::PROFILE;
use crate::gateway::{TestGateway, until};

/// Returns the log, oldest first.
fn log(gateway: &TestGateway) -> Vec<Value> {
    let text = gateway.command(&["journal", "--refused", "--json", "--limit", "1000"], &[]);
    let mut rows: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    rows.reverse();
    rows
}

fn triple(row: &Value) -> (u64, &str, &str) {
    let word = |key: &str| row[key].as_str().unwrap();
    (
        row["status"].as_u64().unwrap(),
        word("code"),
        word("source"),
    )
}

async fn gateway(flags: &[(&str, &str)]) -> TestGateway {
    let channels = "shop: { token: { field: key, secret: { file: secret.txt } } }\n\
        other: { token: { query: token, secret: { file: secret.txt } }, methods: [POST] }\n\
        third: { addresses: [203.0.113.0/24] }\n";
    let files = [
        ("shop.yaml", PROFILE),
        ("_channels.yaml", channels),
        ("secret.txt", "s3cr3t"),
    ];
    gateway_with(&files, flags).await
}

#[actix_web::test]
async fn the_refused_log_has_every_request_and_no_secret() {
    let gateway = gateway(&[]).await;
    let broken = r#"{"header_data": {"poll_id": 1, "#;
    gateway.post("/polls/postAnswer", broken).await;
    gateway.post("/polls/postAnswer", "{}").await;
    gateway.post("/polls/postPoll", "[").await;
    gateway
        .post_in("/polls/postAnswer", "text/plain", "x")
        .await;
    gateway.get_in("/polls/postPoll").await;
    gateway.get_in("/polls/nothing?token=s3cr3t").await;
    let poll = json!({"poll_id": 77, "poll_name": "x", "poll_language": "ru"});
    gateway.post_poll(poll).await;
    gateway.post("/polls/postAnswer", "x".repeat(2 << 20)).await;
    // a channel
    gateway.post_in("/in/shop", URLENCODED, "order=1").await;
    gateway
        .post_in("/in/shop", URLENCODED, "order=1&key=guess")
        .await;
    gateway
        .post_in(
            "/in/shop",
            "",
            "<order key=\"s3cr3t\" phone=\"8 912 345-67-89\">",
        )
        .await;
    gateway
        .post_in("/in/shop", "application/json", "{\"key\": \"s3cr3t\", ")
        .await;
    gateway
        .post_in("/in/other?token=guess", URLENCODED, "order=1")
        .await;
    gateway
        .post_in("/in/other?token=s3cr3t", "", "nonsense")
        .await;
    let put = gateway
        .http()
        .request(Method::PUT, gateway.url("/in/other?token=s3cr3t"));
    gateway.send(put.bearer_auth("s3cr3t")).await;
    gateway.post_in("/in/third", URLENCODED, "order=1").await;
    gateway.get_in("/in/a/b?token=s3cr3t").await;
    // not refused, or already in the journal
    gateway
        .post_in("/in/shop", URLENCODED, "order=1&key=s3cr3t")
        .await;
    let wanted = [
        (400, "unreadable", "polls/postAnswer"),
        (400, "unreadable", "polls/postAnswer"),
        (400, "unreadable", "polls/postPoll"),
        (415, "unknown-format", "polls/postAnswer"),
        (405, "method", "polls/postPoll"),
        (404, "no-such-address", "/polls/…"),
        (422, "no-profile", "polls/postPoll"),
        (413, "too-long", "polls/postAnswer"),
        (401, "unauthorized", "channels/shop"),
        (401, "unauthorized", "channels/shop"),
        (400, "unreadable", "channels/shop"),
        (400, "unreadable", "channels/shop"),
        (401, "unauthorized", "channels/other"),
        (415, "unknown-format", "channels/other"),
        (405, "method", "channels/other"),
        (403, "address", "channels/third"),
        (404, "no-such-address", "/in/…"),
    ];
    until("all are written", async || {
        log(&gateway).len() >= wanted.len()
    })
    .await;
    let rows = log(&gateway);
    assert_eq!(rows.iter().map(triple).collect::<Vec<_>>(), wanted);
    assert!(rows.iter().all(|row| row["address"] == "127.0.0.1"));
    let text = Value::from(rows.clone()).to_string();
    assert!(
        !text.contains("s3cr3t") && !text.contains("guess"),
        "{text}"
    );
    assert_eq!(
        (&rows[0]["body"], &rows[0]["size"]),
        (&json!(broken), &json!(broken.len()))
    );
    assert_eq!(rows[7]["size"], 2 << 20);
    assert!(
        rows[10]["body"].as_str().unwrap().contains("phone=\"8 912"),
        "{text}"
    );
    for row in [3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16] {
        assert_eq!(rows[row]["body"], Value::Null, "{row}");
    }
    let table = gateway.command(
        &["journal", "--refused", "--lang", "ru", "--limit", "1"],
        &[],
    );
    assert!(
        table.contains("ПОЛУЧЕНО (МСК)") && table.contains("no-such-address"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 2, "{table}");
    // erased with the person
    let erased = gateway.command(&["erase", "--phone", "+79123456789", "--yes"], &[]);
    assert!(erased.contains("erased: 1"), "{erased}");
    let text = Value::from(log(&gateway)).to_string();
    assert!(
        !text.contains("345-67-89") && log(&gateway).len() == wanted.len() - 1,
        "{text}"
    );
}

#[actix_web::test]
async fn the_refused_log_is_limited_in_rows_and_bodies_and_survives_a_stop() {
    let flags = [
        ("journal.refused_most", "10"),
        ("channels.quarantine_most", "3"),
        ("channels.quarantine_bytes", "1KB"),
    ];
    let gateway = gateway(&flags).await;
    for number in 0..40 {
        let body = format!("{{\"number\": {number}, \"{}", "x".repeat(400));
        gateway.post("/polls/postAnswer", body).await;
    }
    let home = gateway.stop().await;
    let gateway = TestGateway::at(home, &[]).await;
    let rows = log(&gateway);
    assert_eq!(rows.len(), 10);
    let kept: Vec<&str> = rows.iter().filter_map(|row| row["body"].as_str()).collect();
    assert_eq!(kept.len(), 2, "two bodies fit into the bytes");
    assert!(kept[1].starts_with("{\"number\": 39"), "{kept:?}");
}

#[actix_web::test]
async fn secrets_in_paths_methods_and_bodies_are_neither_stored_nor_shown() {
    let channels = "g: { token: { query: token, secret: { file: secret.txt } } }\n\
        h: { hmac: { header: X-Sign, secret: { file: hmac.txt } } }\nopen: {}\n";
    let files = [
        ("shop.yaml", PROFILE),
        ("_channels.yaml", channels),
        ("secret.txt", "Token-Secret-12345"),
        ("hmac.txt", "hmac-secret-987654"),
    ];
    let gateway = gateway_with(&files, &[]).await;
    let mut wanted = Vec::new();
    for (path, source) in [
        ("/in/g/Token-Secret-12345", "/in/g/…"),
        ("/in/g//Token-Secret-12345/", "/in/g/…"),
        ("/in/g%2fToken-Secret-12345", "/in/…"),
        ("/in/Token-Secret-12345/x", "/in/…"),
        ("/in/g;token=Token-Secret-12345", "/in/…"),
        ("/in/Token%2dSecret-12345%20", "/in/…"),
        ("/in/an-old-secret-of-g/x", "/in/…"),
        ("/in/x/hmac-secret-987654", "/in/…"),
        ("/polls/hmac-secret-987654", "/polls/…"),
        ("/polls/postPoll/hmac-secret-987654", "/polls/…"),
        ("/polls/%68mac-secret-987654/x", "/polls/…"),
    ] {
        let reply = gateway.post_in(path, URLENCODED, "order=1").await;
        assert_eq!(reply.status, 404, "{path}");
        wanted.push(source);
    }
    // names that are not of any channel
    for path in ["/in/Token-Secret-12345", "/in/an-old-secret-of-g"] {
        let put = gateway.http().request(Method::PUT, gateway.url(path));
        assert_eq!(gateway.send(put).await.status, 405, "{path}");
        wanted.push("channels/…");
    }
    let method = Method::from_bytes(b"x-Token-Secret-12345").unwrap();
    let odd = gateway.http().request(method, gateway.url("/in/open"));
    assert_eq!(gateway.send(odd).await.status, 405);
    wanted.push("channels/open");
    for body in [
        r#"{"a": "Token-Secret-12345", "#,
        r#"{"a": "hmac-secret-987654", "b": "Tok\u0065n-Secret-12345", "#,
        r#"{"a": "%54oken-Secret-12345", "#,
    ] {
        for (path, source) in [
            ("/in/open", "channels/open"),
            ("/polls/postAnswer", "polls/postAnswer"),
        ] {
            let reply = gateway.post_in(path, "application/json", body).await;
            assert_eq!(reply.status, 400, "{path} {body}");
            wanted.push(source);
        }
    }
    until("all are written", async || {
        log(&gateway).len() >= wanted.len()
    })
    .await;
    let rows = log(&gateway);
    let sources: Vec<&str> = rows.iter().map(|row| triple(row).2).collect();
    assert_eq!(sources, wanted);
    let shown = Value::from(rows).to_string() + &gateway.command(&["journal", "--refused"], &[]);
    let home = gateway.stop().await;
    let mut stored = Vec::new();
    for file in ["leadgate.db", "leadgate.db-wal"] {
        stored.extend(std::fs::read(home.path().join("data").join(file)).unwrap_or_default());
    }
    let stored = String::from_utf8_lossy(&stored);
    assert!(stored.contains("/in/g/…"), "the rows are in that file");
    for secret in ["ecret-12345", "ecret-987654", "old-secret"] {
        assert!(!shown.contains(secret), "{secret} {shown}");
        assert!(!stored.contains(secret), "{secret} is stored");
    }
}
