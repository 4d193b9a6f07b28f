//! What the commands tell of submissions.

use std::time::{Duration, Instant};

use serde_json::json;

use super::english_words;
use crate::home::{Home, Server};
use crate::journal::{home, send_answer, wait_for};

/// Returns a running gateway that has delivered answer 1; 2 lacks a phone, 3 was refused by the
/// portal, and 4 waits.
fn serve_all_kinds(home: &Home) -> Server {
    let server = Server::serve(home);
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    wait_for(home, "polls/123/1", "delivered");
    send_answer(&server, 2, "Ян", "нет");
    wait_for(home, "polls/123/2", "parked");
    let fault = |code: &str, error: &str| {
        let fault =
            json!({"code": code, "error": error, "method": "crm.deal.add", "times": "always"});
        server.post_json("/sandbox/control/faults", &fault.to_string())
    };
    fault("REFUSED", "ERROR_CORE");
    send_answer(&server, 3, "Пётр", "+7 912 345-67-80");
    wait_for(home, "polls/123/3", "parked");
    server.post_json("/polls/nothing", "{}");
    until_refused(home, "no-such-address");
    server
}

/// Waits until the list of refused requests, which is written beside the replies, has this text.
fn until_refused(home: &Home, part: &str) -> String {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let list = home.succeeds(&["journal", "--refused", "--lang", "ru"]);
        if list.contains(part) {
            return list;
        }
        assert!(Instant::now() < deadline, "{part} is not in\n{list}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Commands, and some of the words that they print.
const TOLD: &[(&[&str], &[&str])] = &[
    (
        &["journal"],
        &[
            "ПОЛУЧЕНО (МСК)",
            "доставлено",
            "отложено",
            "нет нужного значения (missing-value)",
        ],
    ),
    (
        &["journal", "--state", "отложено"],
        &["нет нужного значения"],
    ),
    (
        &["journal", "--refused"],
        &["ПОЛУЧЕНО (МСК)", "такого адреса нет (no-such-address)"],
    ),
    (
        &["journal", "show", "123/1"],
        &["доставлено (delivered)", " МСК", "статус 200"],
    ),
    (
        &["journal", "show", "123/3"],
        &[
            "отложено до решения человека (parked)",
            "портал отказал (refused-by-crm)",
            "ERROR_CORE",
            "(внутренняя проверка портала не пройдена)",
        ],
    ),
    (&["explain", "123/1"], &["Попытка 1, ", " МСК"]),
    (&["explain", "123/2"], &["(missing-value)", "Что делать: "]),
    (&["explain", "123/3"], &["Что делать: "]),
    (
        &["replay", "123/2", "--dry-run"],
        &["отложено", "плана нет"],
    ),
    (
        &["replay", "123/1", "--dry-run"],
        &["доставлено; все шаги выполнены"],
    ),
    (
        &["replay", "--state", "parked", "--dry-run"],
        &["встало бы снова в очередь"],
    ),
    (
        &["erase", "--phone", "89123456789", "--dry-run"],
        &["будет стёрто: 1"],
    ),
    (
        &["preview", "123/1"],
        &["обращение ", "ничего не изменится"],
    ),
    (
        &["preview", "packet.json", "--no-crm"],
        &["обращение откладывается"],
    ),
    (&["check"], &["профил"]),
    (&["config"], &["# по умолчанию", "# окружение"]),
];

#[test]
fn the_journal_and_everything_about_it_is_in_russian() {
    let mut home = home();
    let server = serve_all_kinds(&home);
    home.set(
        "LEADGATE_SERVER__LISTEN",
        &format!("127.0.0.1:{}", server.port()),
    );
    home.write(
        "packet.json",
        r#"{"header_data":{"poll_id":123,"answer_id":9},"data":{"firstname":"Ян"}}"#,
    );
    let mut english = Vec::new();
    for (asked, parts) in TOLD {
        let (_, text) = home.run(&[*asked, &["--lang", "ru"]].concat());
        for part in *parts {
            assert!(text.contains(part), "{asked:?}: {part} is not in\n{text}");
        }
        if *asked != ["config"] {
            let words = english_words(&without_packets(&text));
            english.extend(
                words
                    .iter()
                    .map(|word| format!("{asked:?}: {word}\n{text}")),
            );
        }
    }
    assert!(english.is_empty(), "{}", english.join("\n"));
    assert_eq!(server.terminate(), Some(0));
}

/// Leaves out lines of packets and calls, which are data: JSON and methods.
fn without_packets(text: &str) -> String {
    let is_data = |line: &str| {
        let line = line.trim_start();
        line.starts_with(['"', '{', '}', '=']) || line.starts_with("crm.") || line.contains('{')
    };
    let lines = text.lines().filter(|line| !is_data(line));
    // names of fields: `contact.PHONE`, and those that a call changes
    lines
        .map(|line| {
            let words = line.split(' ');
            let is_field = |word: &&str| {
                let word = word.trim_matches([',', '(', ')', ':', ';']);
                word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            };
            words
                .filter(|word| !is_field(word))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn times_are_in_the_zone_of_the_settings_and_utc_in_json() {
    let mut home = home();
    let server = Server::serve(&home);
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    wait_for(&home, "polls/123/1", "delivered");
    let row = home.succeeds(&["journal", "--json"]);
    let row: serde_json::Value = serde_json::from_str(row.trim()).unwrap();
    let received = row["received_at"].as_str().unwrap();
    assert!(received.ends_with('Z'), "{received}");
    let at: jiff::Timestamp = received.parse().unwrap();
    let local = |zone: &str| {
        let local = at.in_tz(zone).unwrap();
        local.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    for (zone, name, english) in [
        ("Europe/Moscow", "МСК", "MSK"),
        ("Asia/Omsk", "UTC+6", "UTC+6"),
        ("UTC", "UTC", "UTC"),
    ] {
        home.set("LEADGATE_OUTPUT__ZONE", zone);
        let shown = local(zone);
        for (command, lang, part) in [
            (&["journal"][..], "ru", format!("ПОЛУЧЕНО ({name})")),
            (&["journal"], "en", format!("RECEIVED ({english})")),
            (&["journal"], "en", shown.clone()),
            (
                &["journal", "show", "123/1"],
                "ru",
                format!("{shown} {name}, "),
            ),
            (
                &["journal", "show", "123/1"],
                "en",
                format!("{shown} {english}, "),
            ),
            (&["explain", "123/1"], "ru", format!("{shown} {name}")),
        ] {
            home.says(&[command, &["--lang", lang]].concat(), 0, &[&part]);
        }
        // the zone holds for filters, too
        let minute = &at
            .in_tz(zone)
            .unwrap()
            .strftime("%Y-%m-%dT%H:%M")
            .to_string();
        let found = home.succeeds(&["journal", "--since", minute]);
        assert!(found.contains("poll 123"), "{found}");
        home.says(
            &["journal", "--until", minute],
            0,
            &["no submissions found"],
        );
        let json = home.succeeds(&["journal", "--json"]);
        assert!(json.contains(received), "{json}");
    }
    home.set("LEADGATE_OUTPUT__ZONE", "Europe/Moskow");
    let parts = ["output.zone: `Europe/Moskow` is not a time zone"];
    home.says(&["journal"], 2, &parts);
    assert_eq!(server.terminate(), Some(0));
}

#[test]
fn line_breaks_are_visible_and_control_characters_have_no_effect() {
    let mut home = home();
    let server = Server::serve(&home);
    home.set(
        "LEADGATE_SERVER__LISTEN",
        &format!("127.0.0.1:{}", server.port()),
    );
    send_answer(
        &server,
        1,
        "Анна\nПетровна\u{1b}[31m\u{202e}",
        "8 (912) 345-67-89",
    );
    wait_for(&home, "polls/123/1", "delivered");
    for lang in ["ru", "en"] {
        for asked in [
            &["journal", "show", "123/1"][..],
            &["explain", "123/1"],
            &["preview", "123/1"],
            &["replay", "123/1", "--dry-run"],
        ] {
            let text = home.succeeds(&[asked, &["--lang", lang]].concat());
            assert!(
                !text.contains(['\u{fffd}', '\u{1b}', '\u{202e}', '\r']),
                "{text}"
            );
        }
        let text = home.succeeds(&["journal", "show", "123/1", "--lang", lang]);
        assert!(text.contains("Вопрос Анна"), "{text}");
    }
    server.post_json("/polls/postAnswer", "{\"a\": \"\u{1b}[2J\n");
    let refused = until_refused(&home, "\\x1b[2J ⏎");
    assert!(
        refused.contains("тело не читается") && !refused.contains('\u{1b}'),
        "{refused}"
    );
    assert_eq!(server.terminate(), Some(0));
}
