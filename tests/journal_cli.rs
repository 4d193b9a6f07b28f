//! The journal's commands as people start them: finding, replaying and erasing, with a gateway and
//! without.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise, and gives its program a clean environment"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Profiles and data of a test's own.
struct Home(TempDir);

const PROFILE: &str = "name: Вопрос
receive: { polls: [123] }
fields:
  name: $.data.firstname
  phone: { from: $.data.phone, as: phone, missing: MISSING }
contact:
  fields:
    NAME: '{{name}}'
    PHONE: { value: '{{phone}}', search: true }
deal:
  fields:
    TITLE: 'TITLE {{name}}'
";

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(home.mappings()).unwrap();
        home.profile("Вопрос", "park");
        home
    }

    fn mappings(&self) -> PathBuf {
        self.0.path().join("mappings")
    }

    /// Writes the profile with this title for its deals.
    fn profile(&self, title: &str, missing: &str) {
        let text = PROFILE.replace("TITLE {{", &format!("{title} {{{{"));
        let file = self.mappings().join("question.yaml");
        std::fs::write(file, text.replace("MISSING", missing)).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadgate"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LEADGATE_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .arg("--data")
            .arg(self.0.path().join("data"))
            .env("LC_ALL", "C")
            .env("LEADGATE_MAPPINGS__DIR", self.mappings())
            .env("LEADGATE_SANDBOX__KEEP", "false");
        command
    }

    /// Runs a command; its exit code, and all that it said.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }

    /// The same, for a command that must end well.
    fn well(&self, arguments: &[&str]) -> String {
        let (code, text) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {text}");
        text
    }

    /// The states of all submissions, by answer.
    fn states(&self) -> Vec<(String, String)> {
        let text = self.well(&["journal", "--json", "--limit", "1000"]);
        let mut states: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|entry| {
                let word = |key: &str| entry[key].as_str().unwrap().to_owned();
                (word("identity"), word("state"))
            })
            .collect();
        states.sort();
        states
    }

    fn wait_for(&self, identity: &str, state: &str) {
        let patience = Instant::now() + Duration::from_secs(15);
        let wanted = (identity.to_owned(), state.to_owned());
        while !self.states().contains(&wanted) {
            assert!(Instant::now() < patience, "{wanted:?}: {:?}", self.states());
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A gateway in a process of its own.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(home: &Home) -> Self {
        Self::with(home, &[])
    }

    fn with(home: &Home, settings: &[(&str, &str)]) -> Self {
        let mut child = home
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, rest) = line.split_once("http://")?;
            Some(rest.split('/').next()?.to_owned())
        });
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            address: address.unwrap(),
        }
    }

    /// Sends an answer; returns the reply's status line.
    fn send(&self, answer: u32, name: &str, phone: &str) -> String {
        let body = format!(
            r#"{{"header_data":{{"poll_id":123,"answer_id":{answer}}},"data":{{"firstname":"{name}","phone":"{phone}"}}}}"#
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /polls/postAnswer HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut status = String::new();
        BufReader::new(stream).read_line(&mut status).unwrap();
        status
    }

    fn stop(mut self) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &id]).status();
        assert!(killed.unwrap().success());
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) && self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}

/// The identities in the order of the list.
fn listed(text: &str) -> Vec<u32> {
    text.lines()
        .filter_map(|line| {
            line.split_once("answer ")?
                .1
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .collect()
}

#[test]
fn what_came_in_is_found_by_what_people_remember() {
    let home = Home::new();
    let served = Served::start(&home);
    for (answer, name, phone) in [
        (1, "Анна Соловьёва", "8 (912) 345-67-89"),
        (2, "Пётр", "+7 912 345-67-80"),
        (3, "Ян", "нет"),
    ] {
        assert!(served.send(answer, name, phone).contains("200"));
    }
    for (answer, state) in [(1, "delivered"), (2, "delivered"), (3, "parked")] {
        home.wait_for(&format!("polls/123/{answer}"), state);
    }
    for (flags, answers) in [
        (vec!["--text", "соловьева анна"], vec![1]),
        (vec!["--text", "ПЕТР"], vec![2]),
        (vec!["--text", "89123456789"], vec![1]),
        (vec!["--text", "912 345"], vec![2, 1]),
        (vec!["--text", "polls/123/3"], vec![3]),
        (vec!["--text", "Ян"], vec![3]),
        (vec!["--state", "parked"], vec![3]),
        (vec!["--reason", "missing-value"], vec![3]),
        (vec!["--reason", "no-profile"], vec![]),
        (
            vec!["--profile", "question", "--state", "delivered"],
            vec![2, 1],
        ),
        (vec!["--since", "1h"], vec![3, 2, 1]),
        (vec!["--until", "1h"], vec![]),
        (
            vec!["--since", "2020-01-01", "--until", "2020-01-02T10:00"],
            vec![],
        ),
        (vec!["--limit", "2"], vec![3, 2]),
        (vec!["--limit", "2", "--before", "123/2"], vec![1]),
    ] {
        let text = home.well(&[vec!["journal"], flags.clone()].concat());
        assert_eq!(listed(&text), answers, "{flags:?}: {text}");
    }
    let more = home.well(&["journal", "--limit", "2"]);
    assert!(more.contains("for the next page add --before "), "{more}");
    for (flags, words) in [
        (["--since", "soon"], "is no time; write 2026-11-22"),
        (["--state", "lost"], "is no state; there are queued"),
        (["--reason", "fate"], "is no reason; there are no-profile"),
    ] {
        let (code, text) = home.run(&[vec!["journal"], flags.to_vec()].concat());
        assert!(code == 2 && text.contains(words), "{text}");
    }
}

#[test]
fn a_dry_run_shows_what_would_be_different_and_writes_nothing() {
    let home = Home::new();
    let served = Served::start(&home);
    served.send(1, "Анна", "8 (912) 345-67-89");
    served.send(2, "Ян", "нет");
    home.wait_for("polls/123/1", "delivered");
    home.wait_for("polls/123/2", "parked");

    // before anything is changed
    let same = home.well(&["replay", "123/1", "--dry-run"]);
    assert!(
        same.contains("the same as the plan of its history"),
        "{same}"
    );
    home.profile("Заявка", "skip");
    let shown = home.well(&["replay", "123/1", "--dry-run"]);
    assert!(
        shown.contains("~ deal.TITLE: «Вопрос Анна» → «Заявка Анна»")
            && shown.contains("it would be left alone; to look for what it became"),
        "{shown}"
    );
    let mapped = home.well(&["replay", "123/1", "--dry-run", "--as-mapped"]);
    assert!(
        mapped.contains("Вопрос Анна") && !mapped.contains("Заявка"),
        "{mapped}"
    );
    home.wait_for("polls/123/2", "parked");
    served.stop();
}

#[test]
fn a_replay_brings_up_to_date_what_an_earlier_attempt_made() {
    let home = Home::new();
    let served = Served::start(&home);
    served.send(1, "Анна", "8 (912) 345-67-89");
    served.send(2, "Ян", "нет");
    home.wait_for("polls/123/1", "delivered");
    home.wait_for("polls/123/2", "parked");
    home.profile("Заявка", "skip");
    let (code, text) = home.run(&["replay", "123/1"]);
    assert!(
        code == 1 && text.contains("it is delivered; to look for"),
        "{text}"
    );
    let (code, text) = home.run(&["replay"]);
    assert!(code == 2 && text.contains("say what to replay"), "{text}");
    let (code, _) = home.run(&["replay", "123/1", "--state", "parked"]);
    assert_eq!(code, 2);

    let before = Instant::now();
    let text = home.well(&["replay", "--state", "parked"]);
    assert!(text.contains("queued again: 1"), "{text}");
    home.wait_for("polls/123/2", "delivered");
    assert!(
        before.elapsed() < Duration::from_secs(6),
        "the gateway noticed late"
    );

    // what was delivered keeps its records: they are looked for and brought up to date
    let became = |home: &Home| {
        let text = home.well(&["journal", "show", "123/1", "--json"]);
        let entry: serde_json::Value = serde_json::from_str(&text).unwrap();
        (
            entry["contact"].clone(),
            entry["record"].clone(),
            entry["attempt"].clone(),
        )
    };
    let (contact, record, attempt) = became(&home);
    assert_eq!(attempt, 1);
    let text = home.well(&["replay", "--text", "345-67-89", "--delivered"]);
    assert!(text.contains("queued again: 1"), "{text}");
    let patience = Instant::now() + Duration::from_secs(15);
    while became(&home).2 != 2 || !home.states().iter().all(|(_, state)| state == "delivered") {
        assert!(Instant::now() < patience);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(became(&home), (contact, record, 2.into()));
    let shown = home.well(&["journal", "show", "123/1"]);
    assert!(
        shown.contains("queued again by hand, by today's profile"),
        "{shown}"
    );
    served.stop();

    let text = home.well(&["replay", "--since", "1h"]);
    assert!(
        text.contains("queued again: 0") && text.contains("left alone: 2 delivered; to look for"),
        "{text}"
    );
}

#[test]
fn a_replay_as_mapped_waits_for_the_next_start() {
    let home = Home::new();
    let served = Served::start(&home);
    served.send(1, "Анна", "8 (912) 345-67-89");
    home.wait_for("polls/123/1", "delivered");
    served.stop();
    home.profile("Заявка", "skip");
    home.well(&["replay", "123/1", "--as-mapped", "--delivered"]);
    home.wait_for("polls/123/1", "queued");
    let served = Served::start(&home);
    home.wait_for("polls/123/1", "delivered");
    let shown = home.well(&["journal", "show", "123/1"]);
    assert!(
        shown.contains("Вопрос Анна") && !shown.contains("Заявка") && shown.contains("Attempt 2"),
        "{shown}"
    );
    served.stop();
}

#[test]
fn a_person_is_erased_and_the_bare_record_stays() {
    let home = Home::new();
    let served = Served::start(&home);
    served.send(1, "Аннушка", "8 (912) 345-67-89");
    served.send(2, "Пётр", "+7 912 345-67-80");
    home.wait_for("polls/123/1", "delivered");
    home.wait_for("polls/123/2", "delivered");
    let (code, text) = home.run(&["erase", "--phone", "нет"]);
    assert!(code == 2 && text.contains("is no phone number"), "{text}");
    assert_eq!(home.run(&["erase"]).0, 2);
    let none = home.well(&["erase", "--email", "nobody@mail.example"]);
    assert!(none.contains("nothing is kept of this person"), "{none}");
    let text = home.well(&["erase", "--phone", "+79123456789", "--dry-run"]);
    assert!(
        text.contains("would be erased: 1") && listed(&text) == [1],
        "{text}"
    );
    let (code, text) = home.run(&["erase", "--phone", "+79123456789"]);
    assert!(code == 1 && text.contains("add --yes"), "{text}");
    assert_eq!(listed(&home.well(&["journal", "--text", "Аннушка"])), [1]);

    let text = home.well(&["erase", "--phone", "+79123456789", "--yes"]);
    assert!(text.contains("erased: 1"), "{text}");
    assert_eq!(
        home.well(&["journal", "--text", "Аннушка"]),
        "nothing there\n"
    );
    let shown = home.well(&["journal", "show", "123/1"]);
    assert!(
        shown.contains("its content was removed")
            && shown.contains("contact ")
            && shown.contains("delivered"),
        "{shown}"
    );
    assert!(
        served
            .send(1, "Аннушка", "8 (912) 345-67-89")
            .contains("200")
    );
    assert_eq!(
        home.well(&["journal", "--text", "Аннушка"]),
        "nothing there\n"
    );
    served.stop();

    let text = home.well(&["erase", "--phone", "8 912 345 67 80", "--yes"]);
    assert!(
        text.contains("the file was written anew without it"),
        "{text}"
    );
    for folder in [home.0.path().join("data"), home.0.path().join("data/cache")] {
        for name in ["Аннушка", "345-67-89", "345-67-80", "79123456789", "Пётр"] {
            assert!(!holds(&folder, name.as_bytes()), "{name}");
        }
    }
}

#[test]
fn old_history_goes_and_what_waits_for_a_person_stays() {
    for settings in [
        [("LEADGATE_JOURNAL__KEEP_FOR", "1ms")],
        [("LEADGATE_JOURNAL__KEEP_AT_MOST", "1KB")],
    ] {
        let home = Home::new();
        let served = Served::start(&home);
        served.send(1, "Анна", "8 (912) 345-67-89");
        served.send(2, "Ян", "нет");
        home.wait_for("polls/123/1", "delivered");
        home.wait_for("polls/123/2", "parked");
        served.stop();
        let served = Served::with(&home, &settings);
        let patience = Instant::now() + Duration::from_secs(15);
        while !home
            .well(&["journal", "show", "123/1"])
            .contains("its content was removed")
        {
            assert!(Instant::now() < patience, "{settings:?}: it is still there");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(
            listed(&home.well(&["journal", "--text", "анна"])),
            [0_u32; 0]
        );
        assert_eq!(listed(&home.well(&["journal", "--text", "нет"])), [2]);
        let states = home.states();
        assert_eq!(
            (states[0].1.as_str(), states[1].1.as_str()),
            ("delivered", "parked")
        );
        let (code, text) = home.run(&["replay", "123/1", "--delivered"]);
        assert!(
            code == 1 && text.contains("nothing is left of submission"),
            "{text}"
        );
        served.stop();
    }
}

/// Whether any file of the folder holds these bytes.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_file())
        .any(|entry| {
            let file = std::fs::read(entry.path()).unwrap();
            file.windows(bytes.len()).any(|window| window == bytes)
        })
}

#[test]
fn what_happened_is_told_in_words_in_both_languages() {
    let home = Home::new();
    let served = Served::start(&home);
    served.send(1, "Анна", "8 (912) 345-67-89");
    served.send(2, "Ян", "нет");
    home.wait_for("polls/123/1", "delivered");
    home.wait_for("polls/123/2", "parked");
    served.send(3, "Аня", "+7 912 345-67-89");
    home.wait_for("polls/123/3", "delivered");

    let text = home.well(&["explain", "123/3"]);
    let id = |text: &str| {
        let (_, rest) = text.split_once("found contact ").unwrap();
        rest.split(' ').next().unwrap().to_owned()
    };
    let contact = id(&text);
    for words in [
        format!("· found contact {contact} by PHONE"),
        "· found open deal".to_owned(),
        "· its stage is left (change_stage is off)".to_owned(),
        "gets TITLE".to_owned(),
        format!("In the CRM it is contact {contact} and deal "),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
    let text = home.well(&["explain", "123/3", "--lang", "ru"]);
    assert!(
        text.contains(&format!("найден контакт {contact}, совпало: PHONE")),
        "{text}"
    );
    assert!(
        text.contains("стадию не меняем (change_stage выключен)"),
        "{text}"
    );

    let text = home.well(&["explain", "123/2"]);
    assert!(
        text.contains("Parked: a person is needed")
            && text.contains("missing-value: the packet lacks")
            && text.contains("Then: leadgate replay "),
        "{text}"
    );
    // the profile's notes and its reason for parking are data, so they are told in either language
    let (read, lacks) = (
        "fields.phone: a phone number cannot be read at $['data']['phone']",
        "fields.phone: its value cannot be read as a phone number",
    );
    let (read_ru, lacks_ru) = (
        "fields.phone: в $['data']['phone'] не читается номер телефона",
        "fields.phone: значение не читается как номер телефона",
    );
    assert_eq!(text.matches(lacks).count(), 1, "told once: {text}");
    let text = home.well(&["explain", "123/2", "--lang", "ru"]);
    assert!(text.contains(&format!("· {lacks_ru}")), "{text}");
    assert!(!text.contains("cannot be read"), "{text}");
    let show = |lang: &str| home.well(&["journal", "show", "123/2", "--lang", lang]);
    assert!(show("en").contains(lacks), "{}", show("en"));
    let text = show("ru");
    assert!(text.contains(&format!("почему     {lacks_ru}")), "{text}");
    assert!(
        text.contains("Попытка 1") && !text.contains(lacks),
        "{text}"
    );
    for (lang, said) in [("en", read), ("ru", read_ru)] {
        home.profile("Вопрос", "skip");
        let text = home.well(&["preview", "123/2", "--no-crm", "--lang", lang]);
        assert!(text.contains(&format!("· {said}")), "{text}");
        let text = home.well(&["preview", "123/2", "--no-crm", "--json", "--lang", lang]);
        let seen: serde_json::Value = serde_json::from_str(&text).unwrap();
        let note = &seen["outcome"]["plan"]["notes"][0];
        assert_eq!(note["unreadable"]["wanted"], "phone");
        let told = [&note["about"], &note["text"]].map(|words| words.as_str().unwrap());
        assert_eq!(told.join(": "), said);
    }
    home.profile("Вопрос", "park");

    let text = home.well(&["explain", "123/1", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let steps = json["attempts"][0]["steps"].as_array().unwrap();
    assert_eq!(
        steps[0]["because"]["contact"]["not_found"]["by"][0],
        "PHONE"
    );
    assert_eq!(
        steps[0]["text"],
        "no contact with this PHONE, so one is created"
    );

    let (code, text) = home.run(&["explain", "123/99"]);
    assert!(
        code == 1 && text.contains("no submission is called 123/99"),
        "{text}"
    );
    let (code, text) = home.run(&["explain", "123/1", "--lang", "de"]);
    assert!(code == 2 && text.contains("ru or en"), "{text}");
    served.stop();
}

/// Sends a form to a channel; returns the reply's status line.
fn send_form(served: &Served, channel: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(&served.address).unwrap();
    write!(
        stream,
        "POST /in/{channel} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIdempotency-Key: {channel}-1\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    )
    .unwrap();
    let mut status = String::new();
    BufReader::new(stream).read_line(&mut status).unwrap();
    status
}

#[test]
fn what_is_in_quarantine_is_seen_and_delivered_by_its_channel() {
    let home = Home::new();
    let served = Served::with(&home, &[("LEADGATE_MAPPINGS__RELOAD_EVERY", "0s")]);
    let form = "name=%CC%E0%F0%E8%FF&tel=89123456789";
    for channel in ["old-site", "other"] {
        assert!(send_form(&served, channel, form).contains("202"));
    }
    let list = home.well(&["journal", "--state", "captured", "--channel", "old-site"]);
    assert!(
        list.contains("channel old-site") && !list.contains("channel other"),
        "{list}"
    );
    assert!(
        home.well(&["journal", "--text", "мария"])
            .contains("channel other")
    );
    let shown = home.well(&["journal", "show", "channels/old-site/old-site-1"]);
    assert!(shown.contains("\"name\": \"Мария\""), "{shown}");
    let profile = "receive: { channel: old-site }\nfields: { name: name }\ndeal: { fields: { TITLE: 'от {name}' } }\n";
    std::fs::write(home.mappings().join("old.yaml"), profile).unwrap();
    let dry = home.well(&["replay", "--channel", "old-site", "--dry-run"]);
    assert!(dry.contains("от Мария"), "{dry}");
    served.stop();
    let served = Served::start(&home);
    home.wait_for("channels/old-site/old-site-1", "delivered");
    assert!(
        home.states()
            .contains(&("channels/other/other-1".to_owned(), "captured".to_owned()))
    );
    let other = home.well(&["replay", "--channel", "other"]);
    assert!(other.contains("queued again: 1"), "{other}");
    home.wait_for("channels/other/other-1", "parked");
    served.stop();
}
