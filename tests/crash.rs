//! The gateway is killed again and again (`kill -9`) while answers come in and are delivered. Afterwards
//! every confirmed answer is in the CRM, every person once, every answer once: counted in the sandbox,
//! which lives in this process and survives. Repeatable by the seed, as far as a kill can be.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use leadgate::simulator::{Limits, Portal, PortalOptions};

const KILLS: usize = 50;
const SEED: u64 = 20_261_122;

/// A small generator of numbers: the same seed, the same run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A portal on a port, on a thread of its own.
fn portal() -> (Portal, SocketAddr) {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            #[expect(clippy::disallowed_methods, reason = "the sandbox wants the real time")]
            let mut options = PortalOptions::new(Arc::new(jiff::Timestamp::now));
            options.limits = Limits::off();
            let portal = Portal::new(options);
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = portal.serve(listener).unwrap();
            tell.send((portal, address)).unwrap();
            server.await.unwrap();
        });
    });
    told.recv().unwrap()
}

struct Gateway {
    child: Child,
    address: String,
}

impl Gateway {
    fn start(home: &Path, crm: SocketAddr) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_leadgate"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "off", "--data"])
            .arg(home.join("data"))
            .arg("--mappings")
            .arg(home.join("mappings"))
            .env(
                "LEADGATE_CRM__MAIN__WEBHOOK",
                format!("http://{crm}/rest/1/sandbox/"),
            )
            .env("LEADGATE_CRM__MAIN__PLAN", "enterprise")
            .env("LEADGATE_DELIVERY__RETRY_FIRST", "50ms")
            .env("LEADGATE_DELIVERY__RETRY_LONGEST", "200ms")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, rest) = line
                    .trim()
                    .strip_prefix("postPoll")?
                    .split_once("http://")?;
                rest.split('/').next().map(str::to_owned)
            })
            .unwrap();
        Self { child, address }
    }

    /// Sends an answer; true when it was confirmed.
    fn post(&self, answer: u64) -> bool {
        // three answers a person, the phone in another spelling each time
        let person = answer / 3;
        let phone = match answer % 3 {
            0 => format!("+7912{:07}", 2_000_000 + person),
            1 => format!("8 (912) {:07}", 2_000_000 + person),
            _ => format!("912{:07}", 2_000_000 + person),
        };
        let body = format!(
            r#"{{"header_data":{{"poll_id":777,"answer_id":{}}},"data":{{"firstname":"Имя{person}","phone":"{phone}","email":"p{person}@mail.example"}}}}"#,
            answer + 1
        );
        let request = format!(
            "POST /polls/postAnswer HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(10)))?;
            stream.write_all(request.as_bytes())?;
            let mut reply = String::new();
            stream.read_to_string(&mut reply)?;
            Ok(reply)
        };
        ask().is_ok_and(|reply| {
            reply.starts_with("HTTP/1.0 200") && reply.contains("\"is_successful\":true")
        })
    }

    /// SIGKILL: no chance to tidy up.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The shipped profiles, with a to-do for every answer.
fn mappings(home: &Path) {
    let folder = home.join("mappings");
    std::fs::create_dir(&folder).unwrap();
    for name in ["_defaults.yaml", "default.yaml"] {
        std::fs::copy(Path::new("mappings").join(name), folder.join(name)).unwrap();
    }
    let defaults = folder.join("_defaults.yaml");
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .open(defaults)
        .unwrap();
    writeln!(
        file,
        "todo: {{ title: \"Перезвонить {{{{firstname}}}}\", after: 2h }}"
    )
    .unwrap();
}

/// How many submissions are not in a final state.
fn unfinished(data: &Path) -> usize {
    ["queued", "leased", "waiting"]
        .iter()
        .map(|state| {
            let output = Command::new(env!("CARGO_BIN_EXE_leadgate"))
                .args([
                    "journal", "--json", "--limit", "1000", "--state", state, "--data",
                ])
                .arg(data)
                .output()
                .unwrap();
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter(|line| line.starts_with('{'))
                .count()
        })
        .sum()
}

#[test]
fn fifty_kills_lose_nothing_and_double_nothing() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    mappings(home.path());
    let (portal, crm) = portal();
    let mut dice = Dice(SEED);
    let (mut next, mut confirmed, mut unconfirmed) = (0_u64, BTreeSet::new(), BTreeSet::new());
    for _ in 0..KILLS {
        let gateway = Gateway::start(home.path(), crm);
        // what was not confirmed is sent again first, as the survey portal does
        let again: Vec<u64> = std::mem::take(&mut unconfirmed).into_iter().collect();
        let fresh = next..next + 1 + dice.below(8);
        next = fresh.end;
        for answer in again.into_iter().chain(fresh) {
            if gateway.post(answer) {
                confirmed.insert(answer);
            } else {
                unconfirmed.insert(answer);
            }
        }
        std::thread::sleep(Duration::from_millis(dice.below(40)));
        gateway.kill();
    }
    let gateway = Gateway::start(home.path(), crm);
    for answer in 0..next {
        assert!(gateway.post(answer), "answer {answer} is not taken");
    }
    let patience = Instant::now() + Duration::from_secs(60);
    while unfinished(&data) > 0 {
        assert!(
            Instant::now() < patience,
            "{} answers are not delivered",
            unfinished(&data)
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    gateway.kill();

    assert!(
        confirmed.len() > KILLS,
        "{} answers were confirmed before a kill",
        confirmed.len()
    );
    counted_once(&portal, next);
}

/// One contact a person, one deal, comment and to-do an answer.
fn counted_once(portal: &Portal, next: u64) {
    let counters = portal.counters();
    let people = next.div_ceil(3);
    assert_eq!(
        counters.records["contact"], people,
        "one contact a person; seed {SEED}"
    );
    assert_eq!(
        counters.records["deal"], next,
        "one deal an answer; seed {SEED}"
    );
    assert_eq!(
        counters.comments, next,
        "one comment an answer; seed {SEED}"
    );
    assert_eq!(
        counters.activities, next,
        "one to-do an answer; seed {SEED}"
    );
    let counted = counters.to_json();
    assert_eq!(counted["duplicates_by_origin"]["deal"], 0, "{counted}");
    assert_eq!(
        counted["duplicates_by_match_code"]["contact"], 0,
        "{counted}"
    );
}
