//! A load run of the whole program: `cargo bench --bench load`.
//!
//! The release binary takes survey answers from 64 connections, each on disk before its reply. In the
//! same run, on the same machine, a bare actix-web endpoint parses the same bodies and answers at once:
//! that is the bound. Printed are answers per second, percentiles, the ratio, the memory, and how long
//! a start takes with 1,000 profiles. Nothing here judges.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 64;
const SECONDS: u64 = 3;
const ROUNDS: usize = 7;
static NEXT: AtomicUsize = AtomicUsize::new(1);
const PRINTED: &str = include_str!("../tests/fixtures/polls/post_answer.json");

/// The documented packet as it goes over the wire: without the backslashes of its printed form.
static PACKET: LazyLock<String> = LazyLock::new(|| PRINTED.replace("\\_", "_"));

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(port) = arguments
        .iter()
        .position(|a| a == "--bare")
        .and_then(|i| arguments.get(i + 1))
    {
        bare(port.parse().expect("a port"));
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    println!(
        "{CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS} s, bodies of {} bytes\n",
        PACKET.len()
    );
    let (bare, gateway) = (
        Served::bare(),
        Served::gateway(home.path(), Path::new("mappings")),
    );
    let idle = gateway.rss();
    // in turn, so that a machine that slows down slows both
    let mut ratios = Vec::new();
    for round in 1..=ROUNDS {
        let bound = bare.measure("/polls/postAnswer");
        let taken = gateway.measure("/polls/postAnswer");
        println!("{round}  bound: bare actix-web, same body  {bound}");
        println!("   leadgate: durable accept          {taken}");
        ratios.push(taken.rate / bound.rate);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios.get(ROUNDS / 2).copied().unwrap_or_default();
    println!("\nratio to the bound, median           {median:.2}");
    println!(
        "memory idle, after the load          {idle:.1} MiB, {:.1} MiB",
        gateway.rss()
    );
    drop((bare, gateway));
    starts(home.path());
}

/// The time from `exec` to ready, with the shipped profiles and with a thousand.
fn starts(home: &Path) {
    let thousand = home.join("thousand");
    std::fs::create_dir_all(&thousand).expect("a folder");
    for name in ["consultation", "registration"] {
        let text = std::fs::read_to_string(format!("mappings/{name}.yaml")).expect("a profile");
        for number in 0..500 {
            let text = text
                .replace("[123, 124]", &format!("[{}]", 10_000 + number))
                .replace("[200]", &format!("[{}]", 20_000 + number))
                .replacen("name: ", &format!("name: {number} "), 1);
            std::fs::write(thousand.join(format!("{name}-{number}.yaml")), text).expect("a file");
        }
    }
    std::fs::copy("mappings/_defaults.yaml", thousand.join("_defaults.yaml")).expect("a file");
    for (what, mappings) in [
        ("shipped", Path::new("mappings")),
        ("1,000", thousand.as_path()),
    ] {
        let mut times: Vec<Duration> = (0..5)
            .map(|round| {
                let data = home.join(format!("start-{what}-{round}"));
                let started = Instant::now();
                let gateway = Served::gateway(&data, mappings);
                let took = started.elapsed();
                drop(gateway);
                took
            })
            .collect();
        times.sort();
        println!(
            "start to ready, {what:<8} profiles    {} ms (median of 5)",
            times[2].as_millis()
        );
    }
}

/// A server process and its port.
struct Served {
    child: Child,
    port: u16,
}

struct Figures {
    rate: f64,
    p50: Duration,
    p99: Duration,
    refused: usize,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |d: Duration| d.as_secs_f64() * 1000.0;
        write!(
            f,
            "{:>8.0} answers/s   p50 {:.2} ms   p99 {:.2} ms",
            self.rate,
            ms(self.p50),
            ms(self.p99)
        )?;
        if self.refused > 0 {
            write!(f, "   {} refused", self.refused)?;
        }
        Ok(())
    }
}

impl Served {
    fn bare() -> Self {
        let port = free_port();
        let this = std::env::current_exe().expect("this program");
        Self::spawn(Command::new(this).args(["--bare", &port.to_string()]), port)
    }

    fn gateway(data: &Path, mappings: &Path) -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        command.args([
            "serve",
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--log",
            "error",
        ]);
        command
            .arg("--data")
            .arg(data)
            .arg("--mappings")
            .arg(mappings);
        Self::spawn(&mut command, port)
    }

    fn spawn(command: &mut Command, port: u16) -> Self {
        let child = command.stdout(Stdio::null()).spawn().expect("a process");
        let served = Self { child, port };
        let patience = Instant::now() + Duration::from_secs(20);
        while !served.ready() {
            assert!(Instant::now() < patience, "the server did not start");
            std::thread::sleep(Duration::from_millis(2));
        }
        served
    }

    fn ready(&self) -> bool {
        let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let mut head = [0; 12];
        stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").is_ok()
            && std::io::Read::read_exact(&mut stream, &mut head).is_ok()
            && head.ends_with(b"200")
    }

    /// Resident memory in MiB.
    fn rss(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS"))
            .unwrap_or_default();
        line.split_whitespace()
            .nth(1)
            .and_then(|n| n.parse::<f64>().ok())
            .unwrap_or(0.0)
            / 1024.0
    }

    fn measure(&self, path: &str) -> Figures {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let (latencies, refused) = runtime.block_on(async {
            let until = Instant::now() + Duration::from_secs(SECONDS);
            let tasks: Vec<_> = (0..CONNECTIONS)
                .map(|_| tokio::spawn(connection(self.port, path.to_owned(), until)))
                .collect();
            let (mut all, mut refused) = (Vec::new(), 0);
            for task in tasks {
                let (latencies, bad) = task.await.expect("a connection");
                all.extend(latencies);
                refused += bad;
            }
            (all, refused)
        });
        let mut sorted = latencies;
        sorted.sort_unstable();
        let at = |share: f64| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a place in a list"
            )]
            let place = (sorted.len() as f64 * share) as usize;
            sorted
                .get(place.min(sorted.len().saturating_sub(1)))
                .copied()
                .unwrap_or_default()
        };
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = sorted.len() as f64 / SECONDS as f64;
        Figures {
            rate,
            p50: at(0.5),
            p99: at(0.99),
            refused,
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().expect("the end of the process");
        }
    }
}

/// One keep-alive connection that sends one answer after the other.
async fn connection(port: u16, path: String, until: Instant) -> (Vec<Duration>, usize) {
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    let (mut latencies, mut refused, mut reply) = (Vec::new(), 0, vec![0; 4096]);
    while Instant::now() < until {
        // one sequence for all, as the survey portal numbers its answers
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let body = PACKET.replace("\"answer_id\":345", &format!("\"answer_id\":{number}"));
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let started = Instant::now();
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        let ok = read_reply(&mut stream, &mut reply).await;
        latencies.push(started.elapsed());
        refused += usize::from(!ok);
    }
    (latencies, refused)
}

/// Reads a whole reply; true when its status is 200.
async fn read_reply(stream: &mut TcpStream, buffer: &mut [u8]) -> bool {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).await.expect("a reply");
        assert!(read > 0, "the server hung up");
        filled += read;
        let text = &buffer[..filled];
        if let Some(end) = text.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
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

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// The bound: parses the body and answers at once.
fn bare(port: u16) {
    let run = actix_web::rt::System::new().block_on(
        HttpServer::new(|| {
            App::new()
                .route("/readyz", web::get().to(HttpResponse::Ok))
                .route(
                    "/polls/postAnswer",
                    web::post().to(|body: web::Bytes| async move {
                        match leadgate::domain::json::decode(&body, 64) {
                            Ok(_) => {
                                HttpResponse::Ok().json(serde_json::json!({"is_successful": true}))
                            }
                            Err(_) => HttpResponse::BadRequest().finish(),
                        }
                    }),
                )
        })
        .bind(("127.0.0.1", port))
        .expect("a port")
        .run(),
    );
    run.expect("a server");
}
