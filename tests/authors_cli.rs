//! The tools of profile authors as people start them: preview, draft, and `check --live`.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and gives its program a clean environment"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Profiles and data of a test's own, and settings that each command gets.
struct Home {
    folder: TempDir,
    settings: Vec<(String, String)>,
}

const PROFILE: &str = "name: Вопрос
receive: { polls: [123] }
fields:
  name: $.data.firstname
  city: $.data.city
  phone: { from: [$.data.phone, $.data.mobile], as: phone }
  email: { from: $.data.email, as: email, missing: reject }
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
    EMAIL: { value: '{{email}}', search: true }
deal:
  fields:
    TITLE: 'Вопрос {{name}}'
    SOURCE_DESCRIPTION: '{{city}}'
";

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("mappings")).unwrap();
        let home = Self {
            folder,
            settings: Vec::new(),
        };
        home.write("mappings/question.yaml", PROFILE);
        home.write("packet.json", &packet().to_string());
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LEADGATE_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder.path())
            .args(arguments)
            .env("LC_ALL", "C")
            .env("LEADGATE_SANDBOX__KEEP", "false")
            .envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs a command; its exit code, and all that it said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        self.fed(arguments, b"")
    }

    /// The same with this on standard input.
    fn fed(&self, arguments: &[&str], input: &[u8]) -> (i32, String) {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // a command that reads nothing may have ended already
        child.stdin.take().unwrap().write_all(input).ok();
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }

    /// For a command that must end with this code and say all of that.
    fn says(&self, arguments: &[&str], code: i32, parts: &[&str]) -> String {
        let (ended, text) = self.run(arguments);
        assert_eq!(ended, code, "{arguments:?}: {text}");
        for part in parts {
            assert!(
                text.contains(part),
                "{arguments:?}: {part} is not in\n{text}"
            );
        }
        text
    }
}

fn packet() -> Value {
    json!({
        "header_data": {"poll_id": 123, "answer_id": 345},
        "data": {"firstname": "Анна", "mobile": "8 (912) 345-67-89", "email": "anna@mail.example"},
    })
}

/// Sends an answer or a poll; the reply's status line.
fn post(address: &str, method: &str, body: &Value) -> String {
    let path = format!("/polls/{method}");
    send(address, &path, "application/json", &body.to_string())
}

/// Sends a body; the reply's status line.
fn send(address: &str, path: &str, kind: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).unwrap();
    status
}

/// A gateway in a process of its own; later commands of its home know its address.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(home: &mut Home) -> Self {
        let mut child = home
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines
            .by_ref()
            .map(|line| line.unwrap())
            .find(|line| line.contains("postAnswer"))
            .unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.split("http://").nth(1).unwrap();
        let address = address.split('/').next().unwrap().to_owned();
        home.set("LEADGATE_SERVER__LISTEN", &address);
        Self { child, address }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

#[test]
fn a_preview_shows_fields_plan_calls_and_changes() {
    let mut home = Home::new();
    let _served = Served::start(&mut home);
    let text = home.says(
        &["preview", "packet.json"],
        0,
        &[
            "poll 123, answer 345, packet.json",
            "«Вопрос» (question",
            "+79123456789       ← $['data']['mobile'] «8 (912) 345-67-89», as phone",
            "← $['data']['city']: nothing there; skip",
            "Left out",
            "deal.SOURCE_DESCRIPTION  ← {{city}}",
            "read: batch (2 commands)",
            "crm.duplicate.findbycomm",
            "would write: batch (2 commands)",
            "crm.contact.add {",
            "new deal     TITLE",
            "nothing was written",
        ],
    );
    assert!(!text.contains('\u{1b}'), "plain when piped");
    let raw = std::fs::read(home.path("packet.json")).unwrap();
    let (code, text) = home.fed(&["preview", "-", "--json"], &raw);
    assert_eq!(code, 0, "{text}");
    let seen: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(seen["profile"]["file"], "question");
    assert_eq!(seen["fields"][2]["raw"], "8 (912) 345-67-89");
    assert_eq!(seen["crm"]["writes"][0]["method"], "batch");
    assert_eq!(seen["crm"]["changes"][0]["target"], "new contact");
    // another profile by its name, told that it would not have been the one
    home.write(
        "mappings/other.yaml",
        "name: Другой\nreceive: { polls: [5] }\ndeal: { fields: { TITLE: Т } }\n",
    );
    home.says(
        &["preview", "packet.json", "--profile", "Другой"],
        0,
        &["by itself it would go to «Вопрос» (question.yaml)"],
    );
}

#[test]
fn a_preview_that_cannot_be_says_why_and_how_it_ends() {
    let mut home = Home::new();
    let preview = |more: &[&'static str]| [&["preview"], more].concat();
    // nothing listens on port 1
    home.set("LEADGATE_SERVER__LISTEN", "127.0.0.1:1");
    home.says(
        &preview(&["packet.json"]),
        1,
        &[
            "crm.sandbox",
            "the embedded sandbox is there only while the gateway runs",
        ],
    );
    home.says(&preview(&["packet.json", "--no-crm"]), 0, &["Plan"]);
    home.says(
        &preview(&["absent.json"]),
        2,
        &["there is no file absent.json"],
    );
    home.says(&preview(&["mappings"]), 2, &["is a folder"]);
    home.says(&preview(&["123/345"]), 1, &["no journal to look it up in"]);
    home.write("broken.json", "{\"header_data\": {\"poll_id\": 1,}}");
    home.says(
        &preview(&["broken.json"]),
        2,
        &["broken.json is no packet: ", "line 1"],
    );
    home.write("anonymous.json", "{\"data\": {}}");
    home.says(&preview(&["anonymous.json"]), 2, &["add --poll 123"]);
    home.says(
        &preview(&["anonymous.json", "--poll", "124"]),
        1,
        &["no profile takes poll 124, answer 1"],
    );
    home.says(
        &preview(&["packet.json", "--poll", "0"]),
        2,
        &["is no poll"],
    );
    home.says(
        &preview(&["packet.json", "--profile", "quetsion"]),
        2,
        &["there is no profile quetsion; did you mean question?"],
    );
    // the profile turns it down: shown, and told by the exit code
    home.says(
        &preview(&["anonymous.json", "--poll", "123"]),
        1,
        &["No plan: refused, and the sender is told: ", "email"],
    );
    home.set("LEADGATE_SERVER__BODY_LIMIT", "1024");
    home.write("long.json", &format!("{{\"a\": \"{}\"}}", "x".repeat(2000)));
    home.says(&preview(&["long.json"]), 2, &["longer than 1024 bytes"]);
}

#[test]
fn a_preview_chooses_among_connections_as_the_delivery_does() {
    let mut home = Home::new();
    for name in ["MAIN", "OTHER"] {
        let key = format!("LEADGATE_CRM__{name}__WEBHOOK");
        home.set(&key, "http://127.0.0.1:1/rest/1/s3cr3t/");
    }
    home.says(
        &["preview", "packet.json"],
        1,
        &[
            "there are several connections (main, other)",
            "add `crm: main`",
        ],
    );
    home.write("mappings/question.yaml", &format!("crm: third\n{PROFILE}"));
    home.says(
        &["preview", "packet.json"],
        1,
        &["`crm: third` is no connection of the settings; there are main, other"],
    );
    home.write("mappings/question.yaml", &format!("crm: other\n{PROFILE}"));
    let text = home.says(
        &["preview", "packet.json"],
        1,
        &[
            "crm.other",
            "/rest/1/•••/",
            "cannot be reached",
            "check the address and the network",
        ],
    );
    assert!(!text.contains("s3cr3t"));
}

#[test]
fn check_live_holds_profiles_against_the_portal() {
    let mut home = Home::new();
    home.says(
        &["check", "--live"],
        0,
        &[
            "1 profile at work, 0 errors",
            "start `leadgate serve` to have it asked",
        ],
    );
    let _served = Served::start(&mut home);
    home.says(
        &["check", "--live"],
        0,
        &[
            "crm.sandbox",
            "works; owner: ",
            "held against the portal: 1, 0 errors, 0 warnings",
        ],
    );
    let deal = "deal:\n  stage: C1:SOLD\n  responsible: 999\n  fields:\n    CURRENCY_ID: XXX\n    UF_CRM_ORDER: '{{city}}'\n    \
                UF_CRM_TOPICS: { value: '{{city}}', as: label, default: Магистр }\n    DATE_CREATE: '{{city}}'\n";
    let text = PROFILE.split("deal:").next().unwrap().to_owned() + deal;
    home.write("mappings/question.yaml", &text);
    home.says(
        &["check", "--live"],
        1,
        &[
            "question.yaml:14:10 error: profile/unknown-stage the portal has no stage `C1:SOLD`",
            "question.yaml:15:16 error: profile/unknown-employee the portal has no employee 999",
            "profile/unknown-currency the portal does not have the currency `XXX`",
            "profile/unknown-crm-field the portal has no field `UF_CRM_ORDER` of a deal",
            "did you mean `UF_CRM_ORDER_ID`?",
            "the list `UF_CRM_TOPICS` (Интересующие темы) has no value «Магистр»",
            "profile/read-only-field `DATE_CREATE`",
            "held against the portal: 1, 6 errors",
        ],
    );
}

#[test]
fn check_live_holds_items_against_their_smart_process() {
    let mut home = Home::new();
    let _served = Served::start(&mut home);
    let item = |text: &str, code, parts: &[&str]| {
        let text = PROFILE.split("deal:").next().unwrap().to_owned() + text;
        home.write("mappings/question.yaml", &text);
        home.says(&["check", "--live"], code, parts);
    };
    item(
        "item:\n  type: 1036\n  stage: DT1036_9:NEW\n  fields: { TITLE: '{{city}}', sourceId: WEB }\n",
        0,
        &["held against the portal: 1, 0 errors, 0 warnings"],
    );
    item(
        "item:\n  type: 1036\n  fields: { TITLE: x, UF_CRM_9_FORM: { value: '{{city}}', as: label, default: очная } }\n",
        0,
        &["held against the portal: 1, 0 errors, 0 warnings"],
    );
    item(
        "item:\n  type: 1036\n  fields: { title: x, ufCrm9Form: { value: '{{city}}', as: label, default: ночная }, ufCrm9Topics: '{{city}}' }\n",
        1,
        &[
            "the list `ufCrm9Form` (Форма обучения) has no value «ночная»",
            "did you mean `Очная`?",
            "`ufCrm9Topics` (Темы) is a list, which takes no free text",
            "add `as: label`",
        ],
    );
    item(
        "item:\n  type: 1036\n  stage: DT1036_9:SOLD\n  fields: { title: '{{city}}', sourceId: WEBB, ufCrm5City: '{{city}}' }\n",
        1,
        &[
            "profile/unknown-stage the portal has no stage `DT1036_9:SOLD` of items",
            "the list `sourceId` (Источник) has no value `WEBB`",
            "profile/unknown-crm-field the portal has no field `ufCrm5City` of an item",
            "held against the portal: 1, 3 errors",
        ],
    );
    item(
        "item:\n  type: 1044\n  stage: DT1044_9:NEW\n  fields: { title: '{{city}}' }\n",
        1,
        &[
            "profile/unknown-process the portal has no smart process 1044",
            "held against the portal: 1, 1 error",
        ],
    );
}

#[test]
fn check_live_asks_every_connection_and_tells_of_profiles_that_go_nowhere() {
    let mut home = Home::new();
    for name in ["MAIN", "OTHER"] {
        let key = format!("LEADGATE_CRM__{name}__WEBHOOK");
        home.set(&key, "http://127.0.0.1:1/rest/1/s3cr3t/");
    }
    let text = home.says(
        &["check", "--live"],
        1,
        &[
            "crm.main http://127.0.0.1:1/rest/1/•••/: nothing answers there",
            "crm.other http://127.0.0.1:1/rest/1/•••/: nothing answers there",
            "profile/unknown-connection there are several connections, and the profile names none",
            "write one of `crm: main`, `crm: other`",
        ],
    );
    assert!(!text.contains("s3cr3t"));
}

fn answer(number: u32, name: &str) -> Value {
    json!({
        "header_data": {"poll_id": 77, "answer_id": number},
        "data": {"fio": name, "tel": "8 (912) 345-67-89", "e-mail": "anna@mail.example", "тема": "личное"},
    })
}

/// Waits until so many of a sender are delivered by a profile.
fn delivered(home: &Home, profile: &str, sender: &str, count: usize) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, text) = home.run(&["journal", "--state", "delivered", "--profile", profile]);
        if text.matches(sender).count() == count {
            break;
        }
        assert!(Instant::now() < patience, "{text}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn requests_of_a_channel_without_a_profile_get_a_draft_that_delivers_them() {
    let mut home = Home::new();
    let served = Served::start(&mut home);
    for number in 1..=2 {
        let form = format!(
            "client_name=Anna&client_phone=7912345678{number}&order_id=651{number}&x=личное"
        );
        let reply = send(
            &served.address,
            "/in/landing",
            "application/x-www-form-urlencoded",
            &form,
        );
        assert!(reply.contains("202"), "{reply}");
    }
    home.says(&["journal", "--state", "captured"], 0, &["channel landing"]);
    let text = home.says(
        &["draft", "--channel", "landing"],
        0,
        &["receive: { channel: landing }", "as: phone", "search: true"],
    );
    for personal in ["Anna", "912", "личное"] {
        assert!(!text.contains(personal), "{personal} is in\n{text}");
    }
    home.says(
        &["draft", "--channel", "landing", "--save", "landing"],
        0,
        &["landing.yaml"],
    );
    delivered(&home, "landing", "channel landing", 2);
    home.says(&["check", "--deny-warnings"], 0, &["0 errors, 0 warnings"]);
    home.says(
        &["preview", "packet.json", "--channel", "landing", "--no-crm"],
        0,
        &["channel landing", "landing"],
    );
}

#[test]
fn captured_answers_get_a_draft_which_is_previewed_saved_and_delivers_them() {
    let mut home = Home::new();
    home.set("LEADGATE_POLLS__WITHOUT_PROFILE", "capture");
    let served = Served::start(&mut home);
    let poll = json!({"poll_id": 77, "poll_name": "День открытых дверей", "poll_language": "ru"});
    assert!(post(&served.address, "postPoll", &poll).contains("200"));
    for number in 1..=3 {
        let reply = post(
            &served.address,
            "postAnswer",
            &answer(number, "Петрова Анна"),
        );
        assert!(reply.contains("200"), "{reply}");
    }
    home.says(
        &["journal", "--state", "captured"],
        0,
        &["poll 77, answer 3", "captured"],
    );

    let text = home.says(
        &["draft", "77", "--lang", "ru"],
        0,
        &[
            "name: \"День открытых дверей\"",
            "receive: { polls: [77] }",
            "phone: { from: $.data.tel, as: phone }   # есть в 3 из 3",
            "email: { from: \"$.data['e-mail']\", as: email }",
            "fio: { from: $.data.fio, as: name }",
            "#   $.data['тема']   текст, есть в 3 из 3",
        ],
    );
    for personal in ["Анна", "912", "anna", "личное"] {
        assert!(!text.contains(personal), "{personal} is in\n{text}");
    }
    home.says(
        &["draft", "77", "--save", "день"],
        0,
        &["saved as", "день.yaml"],
    );
    delivered(&home, "день", "poll 77", 3);
    home.says(&["journal", "--state", "captured"], 0, &["nothing there"]);
    home.says(
        &["journal", "show", "77/1"],
        0,
        &["День открытых дверей Петрова Анна", "created deal"],
    );
    home.says(
        &["check", "--live", "--deny-warnings"],
        0,
        &["2 profiles at work, 0 errors, 0 warnings"],
    );
    home.says(
        &["draft", "77", "packet.json", "--save", "день"],
        1,
        &["is there already and is left alone"],
    );
}

#[test]
fn a_submission_of_the_journal_is_previewed_as_it_is_delivered_then() {
    let mut home = Home::new();
    home.set("LEADGATE_POLLS__WITHOUT_PROFILE", "capture");
    let served = Served::start(&mut home);
    assert!(post(&served.address, "postAnswer", &answer(1, "Петрова Анна")).contains("200"));
    // the profile lies elsewhere first, so that nothing is delivered yet
    let drafts = home.path("drafts");
    std::fs::create_dir(&drafts).unwrap();
    let (code, draft) = home.run(&["draft", "77"]);
    assert_eq!(code, 0, "{draft}");
    std::fs::write(drafts.join("день.yaml"), &draft).unwrap();
    home.settings.push((
        "LEADGATE_MAPPINGS__DIR".to_owned(),
        drafts.display().to_string(),
    ));
    let (code, text) = home.run(&["preview", "77/1", "--json"]);
    assert_eq!(code, 0, "{text}");
    let seen: Value = serde_json::from_str(&text).unwrap();
    home.write("mappings/день.yaml", &draft);
    let patience = Instant::now() + Duration::from_secs(20);
    while !home
        .run(&["journal", "show", "77/1"])
        .1
        .contains("created deal")
    {
        assert!(Instant::now() < patience, "not delivered");
        std::thread::sleep(Duration::from_millis(50));
    }
    let (_, text) = home.run(&["journal", "show", "77/1", "--json"]);
    let history: Value = serde_json::from_str(&text).unwrap();
    let calls: Vec<&Value> = history["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "call")
        .map(|event| &event["event"]["params"])
        .collect();
    let previewed = &seen["crm"]["writes"][0]["commands"];
    assert_eq!(
        calls.last().unwrap(),
        &previewed,
        "the same commands, to the letter"
    );
}

#[test]
fn a_draft_that_cannot_be_says_why_and_how_it_ends() {
    let home = Home::new();
    let draft = |more: &[&'static str]| [&["draft"], more].concat();
    home.says(&["draft"], 2, &["POLL or PACKET"]);
    home.says(&draft(&["0"]), 2, &["0 is no poll"]);
    home.says(
        &draft(&["77"]),
        1,
        &["nothing of poll 77 has come in", "name a packet's file"],
    );
    home.says(
        &draft(&["absent.json"]),
        2,
        &["there is no file absent.json"],
    );
    home.write("broken.json", "{");
    home.says(&draft(&["broken.json"]), 2, &["broken.json is no packet"]);
    home.write(
        "anonymous.json",
        "{\"data\": {\"email\": \"a@mail.example\"}}",
    );
    home.says(
        &draft(&["anonymous.json"]),
        2,
        &["does not name its poll", "write its number first"],
    );
    home.says(
        &draft(&["5", "anonymous.json"]),
        0,
        &["polls: [5]", "email: {"],
    );
    home.write("other.json", &answer(1, "А Б").to_string());
    home.says(
        &draft(&["packet.json", "other.json"]),
        2,
        &["of several polls"],
    );
    home.says(&draft(&["packet.json"]), 0, &["polls: [123]"]);
    for name in ["../x", "_defaults", "a b"] {
        home.says(
            &["draft", "packet.json", "--save", name],
            2,
            &["is no name for a profile's file"],
        );
    }
    home.says(
        &draft(&["packet.json", "--save"]),
        0,
        &[
            "poll-123.yaml",
            "poll 123 has another profile, question.yaml",
        ],
    );
    assert!(home.path("mappings/poll-123.yaml").exists());
}
