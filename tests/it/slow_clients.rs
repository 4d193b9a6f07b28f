//! Clients that are slow, never finish or never read: every phase of a connection has a time limit.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::gateway::{PATIENCE, TestGateway};

const SHORT: [(&str, &str); 3] = [
    ("server.request_timeout", "2s"),
    ("server.reply_timeout", "100ms"),
    ("server.keep_alive", "100ms"),
];

async fn connect(gateway: &TestGateway) -> TcpStream {
    let url = gateway.url("");
    let address = url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Reads until the gateway closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text)).await;
    // a reset closes the connection, too
    read.expect("the connection does not end").ok();
    String::from_utf8_lossy(&text).into_owned()
}

/// Reads one reply with a `Content-Length`.
async fn reply(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    loop {
        let mut byte = [0];
        assert_eq!(stream.read(&mut byte).await.unwrap(), 1, "cut off: {text}");
        text.push(char::from(byte[0]));
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                return text;
            }
        }
    }
}

async fn closes_after(gateway: &TestGateway, sent: &str, begins: &str) {
    let mut stream = connect(gateway).await;
    stream.write_all(sent.as_bytes()).await.unwrap();
    let text = until_closed(&mut stream).await;
    assert!(text.starts_with(begins), "{sent:?}: {text}");
}

#[actix_web::test]
async fn an_unfinished_head_ends_the_connection() {
    let gateway = TestGateway::with(&SHORT).await;
    closes_after(&gateway, "", "HTTP/1.1 408").await;
    closes_after(&gateway, "POST /polls/postAnswer HT", "HTTP/1.1 408").await;
}

#[actix_web::test]
async fn an_unfinished_second_head_ends_the_connection() {
    // the keep-alive may be long
    let settings = [
        ("server.request_timeout", "2s"),
        ("server.keep_alive", "10m"),
    ];
    let gateway = TestGateway::with(&settings).await;
    let mut stream = connect(&gateway).await;
    let whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(whole).await.unwrap();
    assert!(reply(&mut stream).await.starts_with("HTTP/1.1 200"));
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A")
        .await
        .unwrap();
    assert_eq!(until_closed(&mut stream).await, "");
}

#[actix_web::test]
async fn an_idle_connection_ends_even_with_half_a_head_pending() {
    let gateway = TestGateway::with(&[("server.keep_alive", "100ms")]).await;
    let whole = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    closes_after(&gateway, whole, "HTTP/1.1 200").await;
    let more = format!("{whole}GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A");
    closes_after(&gateway, &more, "HTTP/1.1 200").await;
}

/// Requests with unfinished bodies, by the expected reply.
const UNFINISHED: [(&str, &str); 9] = [
    (
        "POST /polls/postAnswer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json",
        "HTTP/1.1 408",
    ),
    (
        "POST /polls/postAnswer HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain",
        "HTTP/1.1 415",
    ),
    (
        "PUT /polls/postAnswer HTTP/1.1\r\nHost: localhost",
        "HTTP/1.1 405",
    ),
    (
        "POST /polls/nothing HTTP/1.1\r\nHost: localhost",
        "HTTP/1.1 404",
    ),
    (
        "POST /in/shop HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json",
        "HTTP/1.1 408",
    ),
    ("POST /nothing HTTP/1.1\r\nHost: localhost", "HTTP/1.1 404"),
    ("POST /healthz HTTP/1.1\r\nHost: localhost", "HTTP/1.1 404"),
    // the sandbox answers 400 or closes the connection
    (
        "POST /rest/1/sandbox/profile HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json",
        "",
    ),
    (
        "POST /sandbox/control/reset HTTP/1.1\r\nHost: localhost",
        "",
    ),
];

#[actix_web::test]
async fn an_unfinished_body_ends_the_connection() {
    let gateway = TestGateway::with(&SHORT).await;
    let all = UNFINISHED.iter().flat_map(|(head, begins)| {
        [
            format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{{\"a\":\r\n"),
            format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n"),
            format!("{head}\r\nContent-Length: 500\r\n\r\n{{"),
            format!("{head}\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ]
        .map(|sent| {
            let begins = if sent.contains("Expect") { "" } else { begins };
            (sent, begins)
        })
    });
    let gateway = &gateway;
    join_all(all.map(|(sent, begins)| async move { closes_after(gateway, &sent, begins).await }))
        .await;
}

#[actix_web::test]
async fn an_unwanted_endless_body_is_not_read_forever() {
    let gateway = TestGateway::with(&SHORT).await;
    for path in ["/polls/nothing", "/nothing", "/in/a/b/c"] {
        let stream = connect(&gateway).await;
        let (mut reader, mut writer) = stream.into_split();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        writer.write_all(head.as_bytes()).await.unwrap();
        let endless = async {
            let chunk = [b"400\r\n".as_slice(), &[b'x'; 1024], b"\r\n"].concat();
            while writer.write_all(&chunk).await.is_ok() {}
        };
        tokio::time::timeout(PATIENCE, endless)
            .await
            .expect("it is still read");
        let mut text = Vec::new();
        reader.read_to_end(&mut text).await.ok();
    }
}

#[actix_web::test]
async fn a_client_that_does_not_read_its_replies_is_disconnected() {
    let gateway = TestGateway::with(&SHORT).await;
    let mut stream = connect(&gateway).await;
    let asks = async {
        // more than the buffers of both ends hold
        while stream
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .is_ok()
        {}
    };
    tokio::time::timeout(PATIENCE, asks)
        .await
        .expect("the connection does not end");
}

#[actix_web::test]
async fn a_long_reply_may_take_longer_than_the_keep_alive() {
    let gateway = TestGateway::with(&[("server.keep_alive", "10ms")]).await;
    // the buffers of both ends do not hold it
    let text = "x".repeat(1 << 20);
    for number in 0..200 {
        let fields = serde_json::json!({"fields": {"NAME": format!("{number}"), "COMMENTS": text}});
        gateway.portal().call("crm.contact.add", fields);
    }
    let mut stream = connect(&gateway).await;
    let ask = b"GET /sandbox/control/snapshot HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(ask).await.unwrap();
    // longer than the keep-alive and its margin
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let text = until_closed(&mut stream).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    assert_eq!(body.len(), length.unwrap().parse::<usize>().unwrap());
    assert!(body.len() > 10 << 20, "{}", body.len());
}

#[actix_web::test]
async fn connections_beyond_the_limit_get_503_until_one_closes() {
    let settings = [("server.max_connections", "40"), ("server.workers", "1")];
    let gateway = TestGateway::with(&settings).await;
    // one address gets at most half of all connections
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut stream = connect(&gateway).await;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .unwrap();
        assert!(reply(&mut stream).await.starts_with("HTTP/1.1 200"));
        open.push(stream);
    }
    let mut refused = connect(&gateway).await;
    let text = until_closed(&mut refused).await;
    assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    assert!(text.contains("Retry-After: 5"), "{text}");
    drop(open);
    crate::gateway::until("there is room again", async || {
        let mut stream = connect(&gateway).await;
        stream
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            .await
            .ok();
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.is_ok() && status.ends_with(b"200")
    })
    .await;
}

#[actix_web::test]
async fn a_slow_handler_does_not_end_the_connection() {
    let gateway = TestGateway::with(&SHORT).await;
    // the sandbox takes longer than any phase of the connection with its margin
    let slow = leadgate::simulator::Latency {
        call: Duration::from_millis(3_500),
        ..leadgate::simulator::Latency::default()
    };
    gateway.portal().set_latency(slow);
    let mut stream = connect(&gateway).await;
    let body = "{}";
    let request = format!(
        "POST /rest/1/sandbox/profile HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    assert!(reply(&mut stream).await.starts_with("HTTP/1.1 200"));
}
