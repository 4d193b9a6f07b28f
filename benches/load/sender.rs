//! The survey portal: keep-alive connections, each sending one answer after the other.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::figures::Figures;
use crate::packet;
use crate::served::Served;

pub(crate) const CONNECTIONS: usize = 64;

/// Sends answers for this many seconds.
pub(crate) fn flood(server: &Served, seconds: u32) -> Figures {
    let (port, before) = (server.port, server.cpu());
    let (latencies, refused) = alone(async {
        let until = Instant::now() + Duration::from_secs(u64::from(seconds));
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|_| tokio::spawn(connection(port, until)))
            .collect();
        let (mut all, mut refused) = (Vec::new(), 0);
        for task in tasks {
            let (latencies, bad) = task.await.expect("a connection");
            all.extend(latencies);
            refused += bad;
        }
        (all, refused)
    });
    let cpu = server.cpu() - before;
    Figures::of(latencies, refused, f64::from(seconds), cpu)
}

/// Does the same on a runtime of its own.
pub(crate) fn alone<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(work)
}

async fn connection(port: u16, until: Instant) -> (Vec<Duration>, usize) {
    let mut line = Line::to(port).await;
    let (mut latencies, mut refused) = (Vec::new(), 0);
    while Instant::now() < until {
        let request = request(&packet::next());
        let started = Instant::now();
        let taken = line.ask(&request).await;
        latencies.push(started.elapsed());
        refused += usize::from(!taken);
    }
    (latencies, refused)
}

/// Returns the bytes of an answer's request.
pub(crate) fn request(body: &str) -> String {
    post("postAnswer", body)
}

/// Connects the poll of all answers.
pub(crate) fn register(port: u16) {
    let body = r#"{"poll_id":123,"poll_name":"Вопрос","poll_language":"ru","employee_email":"somebody@mail.example"}"#;
    let taken = alone(async { Line::to(port).await.ask(&post("postPoll", body)).await });
    assert!(taken, "the poll was refused");
}

fn post(what: &str, body: &str) -> String {
    post_to(&format!("/polls/{what}"), body)
}

/// Returns the bytes of a request to a path.
pub(crate) fn post_to(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A keep-alive connection.
pub(crate) struct Line {
    stream: TcpStream,
    reply: Vec<u8>,
}

impl Line {
    pub(crate) async fn to(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await;
        let stream = stream.expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            reply: vec![0; 4096],
        }
    }

    /// Sends a request and reads the whole reply. Returns whether its status is 200.
    pub(crate) async fn ask(&mut self, request: &str) -> bool {
        let sent = self.stream.write_all(request.as_bytes()).await;
        sent.expect("a request");
        let mut filled = 0;
        loop {
            let room = self.reply.get_mut(filled..).expect("a short reply");
            let read = self.stream.read(room).await.expect("a reply");
            assert!(read > 0, "the server hung up");
            filled += read;
            let text = self.reply.get(..filled).unwrap_or_default();
            if let Some(end) = text.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(text.get(..end).unwrap_or_default());
                let head = head.to_ascii_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))
                    .and_then(|length| length.trim().parse::<usize>().ok())
                    .unwrap_or(0);
                if filled >= end + 4 + length {
                    return head.starts_with("http/1.1 200");
                }
            }
        }
    }
}
