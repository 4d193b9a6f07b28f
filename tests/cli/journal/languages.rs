//! The language of what commands print: `--lang` at any place, and reasons in the reader's language.

use serde_json::{Value, json};

use super::{home, send_answer, serve_one_delivered_and_one_parked, wait_for};
use crate::home::{Home, Server};

/// Returns the command with `--lang ru` at each possible place.
fn russian<'a>(command: &[&'a str]) -> Vec<Vec<&'a str>> {
    let places = 0..=command.len();
    let is_between = |at: usize| {
        // not between an option and its value
        at == 0 || !command[at - 1].starts_with("--") || at == command.len()
    };
    places
        .filter(|at| is_between(*at))
        .flat_map(|at| {
            [&["--lang", "ru"][..], &["--lang=ru"]].map(|lang| {
                let mut whole = command.to_vec();
                whole.splice(at..at, lang.iter().copied());
                whole
            })
        })
        .collect()
}

#[test]
fn the_language_is_named_anywhere_on_the_command_line() {
    let home = home();
    let server = serve_one_delivered_and_one_parked(&home);
    home.write(
        "packet.json",
        r#"{"header_data":{"poll_id":123,"answer_id":9},"data":{"firstname":"Ян"}}"#,
    );
    for (command, expected) in [
        (&["journal"][..], "СОСТОЯНИЕ"),
        (
            &["journal", "--state", "parked"],
            "не читается как номер телефона",
        ),
        (&["journal", "--refused"], "запросов не найдено"),
        (&["journal", "show", "123/2"], "Обращение"),
        (&["journal", "show", "123/99"], "обращения 123/99 нет"),
        (&["journal", "--state", "odd"], "состояния `odd` нет"),
        (&["journal", "--since", "odd"], "`odd` — не время"),
        (&["explain", "123/2"], "Что делать"),
        (&["explain", "x"], "не указывает на обращение"),
        (&["replay", "123/2", "--dry-run"], "не читается"),
        (&["replay", "--dry-run"], "укажите, что повторить"),
        (&["erase", "--phone", "+79990000000"], "ничего не хранится"),
        (&["check"], "профил"),
        (&["preview", "packet.json", "--no-crm"], "профиль"),
        (&["preview", "no.json"], "файла no.json нет"),
        (&["draft", "123", "packet.json"], "весь ответ попадает"),
        (&["test"], "примеров нет"),
        (&["schema"], "профил"),
    ] {
        let mut texts: Vec<(i32, String)> = Vec::new();
        for whole in russian(command) {
            let (code, text) = home.run(&whole);
            assert!(text.contains(expected), "{whole:?}: {text}");
            texts.push((code, text));
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{command:?}: {texts:?}");
    }
    for command in [&["config"][..], &["health"]] {
        for whole in russian(command) {
            let (code, text) = home.run(&whole);
            assert_ne!(code, 2, "{whole:?}: {text}");
        }
    }
    // of two, the last one counts
    let text = home.succeeds(&["--lang", "en", "journal", "--lang", "ru"]);
    assert!(text.contains("СОСТОЯНИЕ"), "{text}");
    home.says(&["journal", "--lang", "de"], 2, &["ru or en"]);
    server.terminate();
}

/// Returns the answers to the commands of all calls, as `journal show --json` prints them.
fn answers(home: &Home) -> Vec<Value> {
    let text = home.succeeds(&["journal", "show", "123/1", "--json"]);
    let whole: Value = serde_json::from_str(&text).unwrap();
    let calls = whole["events"].as_array().unwrap().iter();
    let calls = calls.filter(|event| event["kind"] == "call");
    calls
        .flat_map(|call| match &call["event"]["answer"] {
            Value::Array(answers) => answers.clone(),
            answer => vec![answer.clone()],
        })
        .collect()
}

#[test]
fn the_error_of_a_failed_call_is_shown_in_the_language_of_the_reader() {
    let home = home();
    let server = Server::serve(&home);
    let fault = json!({"code": "REFUSED", "error": "ERROR_CORE", "method": "crm.deal.add", "times": "always"});
    server.post_json("/sandbox/control/faults", &fault.to_string());
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    wait_for(&home, "polls/123/1", "parked");
    home.says(
        &["journal", "show", "123/1"],
        0,
        &["= failed: the portal refused crm.deal.add: ERROR_CORE"],
    );
    let text = home.says(
        &["journal", "show", "123/1", "--lang", "ru"],
        0,
        &["= ошибка: портал отказал в crm.deal.add: ERROR_CORE"],
    );
    assert!(!text.contains("the portal refused"), "{text}");
    let failed: Vec<Value> = answers(&home)
        .into_iter()
        .filter(|answer| !answer["failed"].is_null())
        .collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    let words = failed[0]["failed"].as_str().unwrap();
    assert!(
        words.starts_with("the portal refused crm.deal.add"),
        "{words}"
    );
    assert_eq!(failed[0]["why"]["refused"]["code"], "ERROR_CORE");
    server.terminate();
}
