//! Kills the gateway again and again (`kill -9`) while it accepts and delivers answers. Afterwards
//! the CRM has every confirmed answer and every person exactly once. The sandbox, which runs in
//! this process and survives, counts them. A seed makes the run repeatable, as far as a kill
//! allows.
//!
//! A binary of its own: it starts and kills the program for a minute, beside the other tests.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and gives its program a clean environment"
)]

mod common;

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use common::{Gateway, leadgate};
use leadgate::simulator::{Limits, MailSecurity, Portal, PortalOptions};

const KILLS: usize = 50;
/// How long a failing test waits.
const PATIENCE: Duration = Duration::from_secs(180);
const SEED: u64 = 20_261_122;

/// A random number generator: the same seed gives the same run.
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

/// Starts a portal with its mailbox on a thread of its own.
fn portal() -> (Portal, SocketAddr, SocketAddr) {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let mut options = PortalOptions::new(Arc::new(jiff::Timestamp::now));
            options.limits = Limits::off();
            let portal = Portal::new(options);
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = portal.serve(listener).unwrap();
            let mail = TcpListener::bind("127.0.0.1:0").unwrap();
            let mail_address = mail.local_addr().unwrap();
            let mailbox = portal.mailbox().serve(mail, MailSecurity::Plain);
            actix_web::rt::spawn(async move { mailbox.await.unwrap() });
            sender.send((portal, address, mail_address)).unwrap();
            server.await.unwrap();
        });
    });
    receiver.recv().unwrap()
}

/// Sends one of the numbered submissions to an address. Returns whether it was confirmed.
type Sending = dyn Fn(&str, u64) -> bool + Sync;

/// What a run sends, and where to.
struct Run<'a> {
    home: &'a Path,
    crm: SocketAddr,
    mail: SocketAddr,
    /// Sends one of the numbered submissions. Returns whether it was confirmed.
    send: Box<Sending>,
}

impl Run<'_> {
    fn start(&self) -> Gateway {
        let crm = self.crm;
        let webhook = format!("http://{crm}/rest/1/sandbox/");
        let bin = format!("http://{crm}/services/bin");
        let mail = format!("smtp://{}", self.mail);
        let settings = [
            ("LEADGATE_CRM__MAIN__PLAN", "enterprise"),
            ("LEADGATE_DELIVERY__RETRY_FIRST", "50ms"),
            ("LEADGATE_DELIVERY__RETRY_LONGEST", "200ms"),
            // recognises repeats
            ("LEADGATE_HTTP__KEYED__URL", bin.as_str()),
            (
                "LEADGATE_HTTP__KEYED__IDEMPOTENCY_HEADER",
                "Idempotency-Key",
            ),
            // does not, but can be asked
            ("LEADGATE_HTTP__ASKED__URL", bin.as_str()),
            (
                "LEADGATE_HTTP__ASKED__LOOK_PATH",
                "/count?text=asked%20{id}",
            ),
            ("LEADGATE_HTTP__ASKED__LOOK_FOUND", "$.count > 0"),
            ("LEADGATE_AMOCRM__MAIN__ACCOUNT", "30551177"),
            ("LEADGATE_AMOCRM__MAIN__SECRET", "secret"),
            ("LEADGATE_MAIL__SERVER", mail.as_str()),
            ("LEADGATE_MAIL__TLS", "off"),
            ("LEADGATE_MAIL__FROM", "leadgate@own.example"),
        ];
        Gateway::start(self.home, &webhook, &settings)
    }
}

/// Sends SIGKILL, so that the gateway cannot clean up.
fn kill(gateway: &mut Gateway) {
    gateway.child.kill().unwrap();
    gateway.child.wait().unwrap();
}

/// Sends an answer. Returns whether it was confirmed.
fn post(address: &str, poll: u64, answer: u64) -> bool {
    // three answers a person, the phone in another spelling each time
    let person = answer / 3;
    let phone = match answer % 3 {
        0 => format!("+7912{:07}", 2_000_000 + person),
        1 => format!("8 (912) {:07}", 2_000_000 + person),
        _ => format!("912{:07}", 2_000_000 + person),
    };
    let body = format!(
        r#"{{"header_data":{{"poll_id":{poll},"answer_id":{}}},"data":{{"firstname":"Имя{person}","phone":"{phone}","email":"p{person}@mail.example"}}}}"#,
        answer + 1
    );
    ask(address, "/polls/postAnswer", &body).contains("\"is_successful\":true")
}

/// Sends a hook of amoCRM: a lead was added, then changed. Odd ones are forms. Returns whether both
/// were confirmed.
fn post_hook(address: &str, id: u64) -> bool {
    let lead = id + 1;
    let body = if id.is_multiple_of(2) {
        let item = |time: u64| {
            format!(
                r#"[{{"id":{lead},"last_modified":{time},"custom_fields":[{{"id":5,"code":"ORDERID","values":[{{"value":"A-{lead}"}}]}}]}}]"#
            )
        };
        format!(
            r#"{{"leads":{{"add":{},"update":{}}},"account":{{"id":30551177}}}}"#,
            item(100),
            item(200)
        )
    } else {
        let item = |action: &str, time: u64| {
            let field = format!("leads[{action}][0][custom_fields][0]");
            format!(
                "leads[{action}][0][id]={lead}&leads[{action}][0][last_modified]={time}&\
                 {field}[id]=5&{field}[code]=ORDERID&{field}[values][0][value]=A-{lead}&"
            )
        };
        format!(
            "{}{}account[id]=30551177",
            item("add", 100),
            item("update", 200)
        )
    };
    let reply = ask(address, "/amo/main?key=secret", &body);
    // nothing may be left to the quarantine, or dropped
    let others = ["captured", "dropped", "rejected", "ignored"];
    reply.contains("\"status\":\"success\"") && !others.iter().any(|word| reply.contains(word))
}

/// Sends a request. Returns the reply if its status is 200, and nothing otherwise.
fn ask(address: &str, path: &str, body: &str) -> String {
    let request = format!(
        "POST {path} HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request.as_bytes())?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        Ok(reply)
    };
    let reply = ask().unwrap_or_default();
    if reply.starts_with("HTTP/1.0 200") {
        reply
    } else {
        String::new()
    }
}

/// Sends these answers three at a time and kills the gateway after `replies` replies and a moment.
/// Returns the confirmed answers.
fn burst(
    gateway: &mut Gateway,
    (run, answers): (&Run<'_>, &[u64]),
    replies: u64,
    moment: Duration,
) -> BTreeSet<u64> {
    let (sender, receiver) = mpsc::channel();
    let next = AtomicUsize::new(0);
    let address = gateway.address.clone();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            let (sender, next, address) = (sender.clone(), &next, &address);
            scope.spawn(move || {
                while let Some(answer) = answers.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sender
                        .send((*answer, (run.send)(address, *answer)))
                        .unwrap();
                }
            });
        }
        drop(sender);
        let wanted = usize::try_from(replies).unwrap();
        let mut seen: Vec<(u64, bool)> = receiver.iter().take(wanted).collect();
        std::thread::sleep(moment);
        kill(gateway);
        seen.extend(receiver);
        let confirmed = seen.into_iter().filter(|(_, confirmed)| *confirmed);
        confirmed.map(|(answer, _)| answer).collect()
    })
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

/// Returns the number of submissions that are not in a final state.
fn unfinished(data: &Path) -> usize {
    ["queued", "leased", "waiting"]
        .iter()
        .map(|state| {
            let output = leadgate()
                .args([
                    "journal", "--json", "--limit", "1000", "--state", state, "--data",
                ])
                .arg(data)
                .output()
                .unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8_lossy(&output.stdout)
                .lines()
                .filter(|line| line.starts_with('{'))
                .count()
        })
        .sum()
}

/// Kills the gateway fifty times, and waits until everything is delivered. Returns the number of
/// answers.
fn killed_fifty_times(run: &Run<'_>) -> u64 {
    let data = run.home.join("data");
    let mut dice = Dice(SEED);
    let (mut next, mut confirmed) = (0_u64, BTreeSet::new());
    let mut unconfirmed: BTreeSet<u64> = BTreeSet::new();
    for _ in 0..KILLS {
        let mut gateway = run.start();
        // unconfirmed answers are sent again first, as the survey portal does
        let fresh = next..next + 2 + dice.below(8);
        next = fresh.end;
        let answers: Vec<u64> = std::mem::take(&mut unconfirmed)
            .into_iter()
            .chain(fresh)
            .collect();
        // kills in the middle of the burst as often as after it
        let replies = dice.below(answers.len() as u64 + 3);
        let moment = Duration::from_millis(dice.below(40));
        let taken = burst(&mut gateway, (run, &answers), replies, moment);
        unconfirmed.extend(answers.iter().filter(|answer| !taken.contains(answer)));
        confirmed.extend(taken);
    }
    let gateway = run.start();
    for answer in 0..next {
        let taken = (run.send)(&gateway.address, answer);
        assert!(taken, "answer {answer} is not accepted");
    }
    let patience = Instant::now() + PATIENCE;
    while unfinished(&data) > 0 {
        assert!(
            Instant::now() < patience,
            "{} answers are not delivered",
            unfinished(&data)
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(gateway);
    assert!(
        confirmed.len() > KILLS,
        "{} answers were confirmed before a kill",
        confirmed.len()
    );
    next
}

#[test]
fn fifty_kills_lose_and_duplicate_nothing() {
    let home = tempfile::tempdir().unwrap();
    mappings(home.path());
    let (portal, crm, mail) = portal();
    let run = Run {
        home: home.path(),
        crm,
        mail,
        send: Box::new(|address, answer| post(address, 777, answer)),
    };
    let next = killed_fifty_times(&run);
    counted_once(&portal, next);
}

const HOOKS: &str = r#"
receive: { amocrm: main, on: leads }
fields: { order: { custom: ORDERID } }
deal: { fields: { TITLE: "{{order}}", UF_CRM_ORDER_ID: { value: "{{order}}", search: true } } }
"#;

#[test]
fn fifty_kills_lose_and_duplicate_no_hook_of_amocrm() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("mappings");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("hooks.yaml"), HOOKS).unwrap();
    let (portal, crm, mail) = portal();
    let run = Run {
        home: home.path(),
        crm,
        mail,
        send: Box::new(post_hook),
    };
    let next = killed_fifty_times(&run);
    let counters = portal.counters();
    assert_eq!(
        counters.records["deal"], next,
        "one deal a lead; seed {SEED}"
    );
    // a page has fifty
    let mut orders = BTreeSet::new();
    let mut last = "0".to_owned();
    loop {
        let page = serde_json::json!({
            "select": ["ID", "UF_CRM_ORDER_ID"], "filter": {">ID": last}, "order": {"ID": "ASC"},
            "start": -1,
        });
        let page = portal.call("crm.deal.list", page)["result"].clone();
        let Some(end) = page.as_array().unwrap().last() else {
            break;
        };
        last = end["ID"].as_str().unwrap().to_owned();
        let of_page = page.as_array().unwrap().iter();
        orders.extend(of_page.map(|deal| deal["UF_CRM_ORDER_ID"].as_str().unwrap().to_owned()));
    }
    let all: BTreeSet<String> = (1..=next).map(|lead| format!("A-{lead}")).collect();
    assert_eq!(orders, all, "every lead; seed {SEED}");
    // both changes of each lead are delivered
    let output = leadgate()
        .args([
            "journal",
            "--json",
            "--limit",
            "1000",
            "--state",
            "delivered",
            "--data",
        ])
        .arg(home.path().join("data"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let delivered = text.lines().filter(|line| line.starts_with('{')).count();
    assert_eq!(u64::try_from(delivered).unwrap(), 2 * next);
}

/// The CRM, two services, a letter, and the CRM again.
const CHAIN: &str = r#"
receive: { polls: [778] }
fields: { name: $.data.firstname, phone: { from: $.data.phone, as: phone } }
contact: { fields: { NAME: "{{name}}", PHONE: { value: "{{phone}}", search: true } } }
deal: { found: always_create, fields: { TITLE: "{{answer_id}}" } }
then:
  - { http: keyed, path: /keyed, json: { about: "keyed {{submission_id}}", deal: "{{steps.crm.deal_id}}" }, success: $.ok == true, save: { number: $.number } }
  - { http: asked, path: /asked, json: { about: "asked {{submission_id}}", deal: "{{steps.crm.deal_id}}" }, success: $.ok == true }
  - { mail: { to: sales@firm.example, subject: "Deal {{steps.crm.deal_id}}", text: "{{submission_id}}" } }
  - { name: mark, crm: { update: deal, fields: { COMMENTS: "{{steps.keyed.number}}" }, comment: "Sent {{submission_id}}" } }
"#;

#[test]
fn fifty_kills_of_a_chain_of_steps_lose_and_duplicate_nothing() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("mappings");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("chain.yaml"), CHAIN).unwrap();
    let (portal, crm, mail) = portal();
    let run = Run {
        home: home.path(),
        crm,
        mail,
        send: Box::new(|address, answer| post(address, 778, answer)),
    };
    let next = killed_fifty_times(&run);
    let counters = portal.counters();
    assert_eq!(counters.records["deal"], next, "one deal an answer");
    assert_eq!(counters.comments, next, "one comment an answer");
    let requests = portal.service_requests();
    let deals = |path: &str| -> Vec<u64> {
        let sent = requests
            .iter()
            .filter(|request| request.done && request.path == path);
        let deals = sent.filter_map(|request| {
            let body: serde_json::Value = serde_json::from_str(&request.body).ok()?;
            body["deal"].as_u64()
        });
        let mut deals: Vec<u64> = deals.collect();
        deals.sort_unstable();
        deals
    };
    // repeats have the same key, and the service carries none of them out
    let mut keyed = deals("/keyed");
    keyed.dedup();
    let asked = deals("/asked");
    let all: Vec<u64> = (1..=next).collect();
    assert_eq!(keyed, all, "every deal is sent; seed {SEED}");
    assert_eq!(asked, all, "every deal is sent once; seed {SEED}");
    let keys: BTreeSet<&str> = requests
        .iter()
        .filter(|request| request.path == "/keyed")
        .filter_map(|request| {
            let mut headers = request.headers.iter();
            headers.find(|(name, _)| name == "idempotency-key")
        })
        .map(|(_, key)| key.as_str())
        .collect();
    assert_eq!(keys.len() as u64, next, "one key an answer; seed {SEED}");
    letters_of_each_deal(&portal, next);
}

/// Asserts that each deal has its letter. A letter that was sent again has the same `Message-ID`.
fn letters_of_each_deal(portal: &Portal, next: u64) {
    let mailbox = portal.mailbox();
    let letters = mailbox.letters();
    assert_eq!(letters.len() as u64, mailbox.taken(), "none is forgotten");
    let header = |raw: &str, name: &str| {
        let line = raw.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    let pairs: BTreeSet<(String, String)> = letters
        .iter()
        .map(|letter| {
            let id = header(&letter.raw, "Message-ID:");
            (id, header(&letter.raw, "Subject:"))
        })
        .collect();
    let ids: BTreeSet<&str> = pairs.iter().map(|(id, _)| id.as_str()).collect();
    let deals: BTreeSet<&str> = pairs.iter().map(|(_, deal)| deal.as_str()).collect();
    assert_eq!(ids.len() as u64, next, "one id an answer; seed {SEED}");
    assert_eq!(deals.len() as u64, next, "one letter a deal; seed {SEED}");
    assert_eq!(
        pairs.len() as u64,
        next,
        "an id has one letter; seed {SEED}"
    );
}

/// Asserts one contact per person, and one deal, comment and to-do per answer.
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
