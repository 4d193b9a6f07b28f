//! `leadgate draft`: from captured submissions to their delivery.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{home, serve};
use crate::home::{Home, Server};

/// Sends an answer or a poll, and returns the reply's status line.
fn post(server: &Server, method: &str, body: &Value) -> String {
    server.post_json(&format!("/polls/{method}"), &body.to_string())
}

fn answer(number: u32, name: &str) -> Value {
    json!({
        "header_data": {"poll_id": 77, "answer_id": number},
        "data": {"fio": name, "tel": "8 (912) 345-67-89", "e-mail": "anna@mail.example", "тема": "личное"},
    })
}

/// Waits until a profile has delivered `count` submissions of a sender.
fn delivered(home: &Home, profile: &str, sender: &str, count: usize) {
    let patience = Instant::now() + Duration::from_secs(180);
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
    let mut home = home();
    let server = serve(&mut home);
    for number in 1..=2 {
        let form = format!(
            "client_name=Anna&client_phone=7912345678{number}&order_id=651{number}&x=личное"
        );
        let reply = server.post_form("/in/landing", &form);
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
        &["landing.yaml", "remove `active: no`"],
    );
    activate(&home, "landing");
    delivered(&home, "landing", "channel landing", 2);
    home.says(&["check", "--deny-warnings"], 0, &["0 errors, 0 warnings"]);
    home.says(
        &["preview", "packet.json", "--channel", "landing", "--no-crm"],
        0,
        &["channel landing", "landing"],
    );
}

/// Removes the line that keeps a saved draft from taking submissions.
fn activate(home: &Home, profile: &str) {
    let path = home.path(&format!("mappings/{profile}.yaml"));
    let text = std::fs::read_to_string(&path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("active: no"));
    let kept: Vec<&str> = lines.collect();
    assert_eq!(kept.len() + 1, text.lines().count());
    std::fs::write(&path, kept.join("\n") + "\n").unwrap();
}

/// Nothing is delivered before a person has looked at the saved draft.
fn takes_nothing_yet(home: &Home) {
    home.says(&["check"], 0, &["день.yaml:", "it is not active"]);
    home.says(
        &["preview", "77/1", "--profile", "день", "--no-crm"],
        0,
        &["День открытых дверей Петрова Анна"],
    );
    home.says(
        &["preview", "77/1", "--no-crm"],
        1,
        &["no profile takes", "день is not active"],
    );
    home.says(&["journal", "--state", "captured"], 0, &["answer 3"]);
}

/// Connects poll 77, which no profile takes, and sends three answers.
fn capture_three(server: &Server) {
    let poll = json!({"poll_id": 77, "poll_name": "День открытых дверей", "poll_language": "ru"});
    assert!(post(server, "postPoll", &poll).contains("200"));
    for number in 1..=3 {
        let reply = post(server, "postAnswer", &answer(number, "Петрова Анна"));
        assert!(reply.contains("200"), "{reply}");
    }
}

#[test]
fn captured_answers_get_a_draft_which_is_previewed_saved_and_delivers_them() {
    let mut home = home();
    home.set("LEADGATE_POLLS__WITHOUT_PROFILE", "capture");
    let server = serve(&mut home);
    capture_three(&server);
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
            "#   тема: \"$.data['тема']\"   # текст, есть в 3 из 3",
        ],
    );
    for personal in ["Анна", "912", "anna", "личное"] {
        assert!(!text.contains(personal), "{personal} is in\n{text}");
    }
    home.says(
        &["draft", "77", "--save", "день"],
        0,
        &[
            "saved as",
            "день.yaml",
            "`leadgate preview PACKET --profile день`",
        ],
    );
    takes_nothing_yet(&home);
    activate(&home, "день");
    delivered(&home, "день", "poll 77", 3);
    home.says(
        &["journal", "--state", "captured"],
        0,
        &["no submissions found"],
    );
    home.says(
        &["journal", "show", "77/1"],
        0,
        &["День открытых дверей Петрова Анна", "created deal"],
    );
    home.says(
        &["check", "--live", "--deny-warnings"],
        0,
        &["2 profiles in use, 0 errors, 0 warnings"],
    );
    home.says(
        &["draft", "77", "packet.json", "--save", "день"],
        1,
        &["already exists and was not changed"],
    );
}

#[test]
fn a_submission_of_the_journal_is_previewed_as_it_is_delivered_then() {
    let mut home = home();
    home.set("LEADGATE_POLLS__WITHOUT_PROFILE", "capture");
    let server = serve(&mut home);
    assert!(post(&server, "postAnswer", &answer(1, "Петрова Анна")).contains("200"));
    // the profile is in another folder first, so that nothing is delivered yet
    let drafts = home.path("drafts");
    std::fs::create_dir(&drafts).unwrap();
    let (code, draft) = home.run(&["draft", "77"]);
    assert_eq!(code, 0, "{draft}");
    std::fs::write(drafts.join("день.yaml"), &draft).unwrap();
    home.set("LEADGATE_MAPPINGS__DIR", &drafts.display().to_string());
    let (code, text) = home.run(&["preview", "77/1", "--json"]);
    assert_eq!(code, 0, "{text}");
    let seen: Value = serde_json::from_str(&text).unwrap();
    home.write("mappings/день.yaml", &draft);
    let patience = Instant::now() + Duration::from_secs(180);
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
fn an_impossible_draft_says_why_and_sets_the_exit_code() {
    let home = home();
    let draft = |more: &[&'static str]| [&["draft"], more].concat();
    home.says(&["draft"], 2, &["POLL or PACKET"]);
    home.says(&draft(&["0"]), 2, &["0 is not a poll"]);
    home.says(
        &draft(&["77"]),
        1,
        &[
            "no submission of poll 77 was received",
            "name a file with a packet",
        ],
    );
    home.says(
        &draft(&["absent.json"]),
        2,
        &["there is no file absent.json"],
    );
    home.write("broken.json", "{");
    home.says(
        &draft(&["broken.json"]),
        2,
        &["broken.json is not a packet"],
    );
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
            &["is not a name for a profile's file"],
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

#[test]
fn a_saved_draft_makes_the_folder_of_profiles() {
    let home = home();
    home.write("packet.json", &answer(1, "А Б").to_string());
    std::fs::remove_dir_all(home.path("mappings")).unwrap();
    home.says(&["draft", "packet.json", "--save"], 0, &["saved as"]);
    assert_eq!(std::fs::read_dir(home.path("mappings")).unwrap().count(), 1);
}
