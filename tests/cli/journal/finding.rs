//! Finding submissions, and explaining them in words.

use super::{home, listed, send_answer, wait_for, write_profile};
use crate::home::{Home, Server};

#[test]
fn submissions_are_found_by_phone_name_email_and_parts() {
    let home = home();
    let server = Server::serve(&home);
    for (answer, name, phone) in [
        (1, "Анна Соловьёва", "8 (912) 345-67-89"),
        (2, "Пётр", "+7 912 345-67-80"),
        (3, "Ян", "нет"),
    ] {
        assert!(send_answer(&server, answer, name, phone).contains("200"));
    }
    for (answer, state) in [(1, "delivered"), (2, "delivered"), (3, "parked")] {
        wait_for(&home, &format!("polls/123/{answer}"), state);
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
        (vec!["--source", "polls"], vec![3, 2, 1]),
        (vec!["--source", "polls/123"], vec![3, 2, 1]),
        (vec!["--source", "polls/12"], vec![]),
        (vec!["--source", "channels", "--text", "Ян"], vec![]),
        (vec!["--since", "1h"], vec![3, 2, 1]),
        (vec!["--until", "1h"], vec![]),
        (
            vec!["--since", "2020-01-01", "--until", "2020-01-02T10:00"],
            vec![],
        ),
        (vec!["--limit", "2"], vec![3, 2]),
        (vec!["--limit", "2", "--before", "123/2"], vec![1]),
    ] {
        let text = home.succeeds(&[vec!["journal"], flags.clone()].concat());
        assert_eq!(listed(&text), answers, "{flags:?}: {text}");
    }
    let more = home.succeeds(&["journal", "--limit", "2"]);
    assert!(more.contains("for the next page add --before "), "{more}");
    for (flags, words) in [
        (["--since", "soon"], "is not a time; write 2026-11-22"),
        (["--state", "lost"], "is not a state; use one of queued"),
        (
            ["--reason", "fate"],
            "is not a reason; use one of no-profile",
        ),
    ] {
        let (code, text) = home.run(&[vec!["journal"], flags.to_vec()].concat());
        assert!(code == 2 && text.contains(words), "{text}");
    }
}

/// Returns the output of `explain` in the language of a locale.
fn by_locale(home: &Home, locale: &str, id: &str) -> String {
    let mut command = home.command(&["explain", id]);
    let ended = command.env("LC_ALL", locale).output().unwrap();
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn explain_describes_a_delivery_in_both_languages() {
    let home = home();
    let server = Server::serve(&home);
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    wait_for(&home, "polls/123/1", "delivered");
    send_answer(&server, 3, "Аня", "+7 912 345-67-89");
    wait_for(&home, "polls/123/3", "delivered");

    let text = home.succeeds(&["explain", "123/3"]);
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
    let text = home.succeeds(&["explain", "123/3", "--lang", "ru"]);
    assert!(
        text.contains(&format!("найден контакт {contact}, совпало: PHONE")),
        "{text}"
    );
    assert!(
        text.contains("стадию не меняем (change_stage выключен)"),
        "{text}"
    );
    assert_eq!(by_locale(&home, "ru_RU.UTF-8", "123/3"), text);

    let text = home.succeeds(&["explain", "123/1", "--json"]);
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
    server.terminate();
}

fn lists_the_problem_in_russian(home: &Home) {
    let list = home.succeeds(&["journal", "--lang", "ru"]);
    for words in [
        "ПОЛУЧЕНО (МСК)",
        "опрос 123, ответ 2",
        "нет нужного значения (missing-value): fields.phone: значение не читается как номер телефона",
    ] {
        assert!(list.contains(words), "{words}: {list}");
    }
    assert!(!list.contains("cannot be read"), "{list}");
}

#[test]
fn explain_describes_problems_in_both_languages() {
    let home = home();
    let server = Server::serve(&home);
    send_answer(&server, 2, "Ян", "нет");
    wait_for(&home, "polls/123/2", "parked");

    let text = home.succeeds(&["explain", "123/2"]);
    assert!(
        text.contains("Parked: a person is needed")
            && text.contains("missing-value: the packet lacks")
            && text.contains("Then: leadgate replay "),
        "{text}"
    );
    // the profile's notes and its reason for parking are data, so they are shown in either language
    let (read, lacks) = (
        "fields.phone: a phone number cannot be read at $['data']['phone']",
        "fields.phone: its value cannot be read as a phone number",
    );
    let (read_ru, lacks_ru) = (
        "fields.phone: в $['data']['phone'] не читается номер телефона",
        "fields.phone: значение не читается как номер телефона",
    );
    assert_eq!(text.matches(lacks).count(), 1, "reported once: {text}");
    let text = home.succeeds(&["explain", "123/2", "--lang", "ru"]);
    assert!(text.contains(&format!("· {lacks_ru}")), "{text}");
    assert!(!text.contains("cannot be read"), "{text}");
    let show = |lang: &str| home.succeeds(&["journal", "show", "123/2", "--lang", lang]);
    assert!(show("en").contains(lacks), "{}", show("en"));
    let text = show("ru");
    assert!(text.contains(&format!("почему     {lacks_ru}")), "{text}");
    assert!(
        text.contains("Попытка 1") && !text.contains(lacks),
        "{text}"
    );
    lists_the_problem_in_russian(&home);
    let dry = home.succeeds(&["replay", "123/2", "--dry-run", "--lang", "ru"]);
    assert!(
        dry.contains("опрос 123, ответ 2: отложено")
            && dry.contains(&format!(
                "плана нет: нет нужного значения (missing-value): {lacks_ru}"
            )),
        "{dry}"
    );
    write_profile(&home, "Вопрос", "skip");
    let seen = home.succeeds(&["preview", "123/2", "--no-crm", "--lang", "ru"]);
    assert!(seen.contains("опрос 123, ответ 2"), "{seen}");
    for (lang, said) in [("en", read), ("ru", read_ru)] {
        let text = home.succeeds(&["preview", "123/2", "--no-crm", "--lang", lang]);
        assert!(text.contains(&format!("· {said}")), "{text}");
        let text = home.succeeds(&["preview", "123/2", "--no-crm", "--json", "--lang", lang]);
        let seen: serde_json::Value = serde_json::from_str(&text).unwrap();
        let note = &seen["outcome"]["plan"]["notes"][0];
        assert_eq!(note["unreadable"]["wanted"], "phone");
        let parts = [&note["about"], &note["text"]].map(|words| words.as_str().unwrap());
        assert_eq!(parts.join(": "), said);
    }
    server.terminate();
}

#[test]
fn left_out_values_are_listed_and_found() {
    let home = home();
    write_profile(&home, "Вопрос", "skip");
    let server = Server::serve(&home);
    for (answer, phone) in [(1, "8 (912) 345-67-89"), (2, "нет"), (3, ""), (4, "позже")] {
        assert!(send_answer(&server, answer, "Анна", phone).contains("200"));
        wait_for(&home, &format!("polls/123/{answer}"), "delivered");
    }
    let text = home.succeeds(&["journal"]);
    let line = |answer: u32| {
        let named = format!("answer {answer} ");
        text.lines().find(|line| line.contains(&named)).unwrap()
    };
    for answer in [2, 4] {
        let mark = "! left out: fields.phone ← $['data']['phone']";
        assert!(line(answer).ends_with(mark), "{text}");
    }
    assert!(!line(1).contains('!') && !line(3).contains('!'), "{text}");
    let russian = home.succeeds(&["journal", "--lang", "ru"]);
    let mark = "! не записано: fields.phone ← $['data']['phone']";
    assert_eq!(russian.matches(mark).count(), 2, "{russian}");
    assert!(
        !text.contains("позже"),
        "the value itself is not in the list"
    );

    for (flags, answers) in [
        (vec![], vec![4, 2]),
        (vec!["--limit", "1"], vec![4]),
        (vec!["--limit", "1", "--before", "123/4"], vec![2]),
        (vec!["--before", "123/2"], vec![]),
        (vec!["--text", "Анна"], vec![4, 2]),
        (vec!["--text", "позже"], vec![4]),
        (vec!["--state", "parked"], vec![]),
        (vec!["--profile", "question"], vec![4, 2]),
    ] {
        let text = home.succeeds(&[vec!["journal", "--left-out"], flags.clone()].concat());
        assert_eq!(listed(&text), answers, "{flags:?}: {text}");
    }
    let rows = home.succeeds(&["journal", "--left-out", "--json", "--limit", "1"]);
    let row: serde_json::Value = serde_json::from_str(rows.trim()).unwrap();
    let expected = serde_json::json!([{
        "field": "fields.phone", "place": "$['data']['phone']", "why": {"unreadable": "phone"},
    }]);
    assert_eq!(row["left_out"], expected);
    let row = home.succeeds(&["journal", "show", "123/1", "--json"]);
    let row: serde_json::Value = serde_json::from_str(row.trim()).unwrap();
    assert_eq!(row["left_out"], serde_json::json!([]));
}

#[test]
fn a_replay_by_a_profile_that_reads_the_value_clears_the_mark() {
    let home = home();
    write_profile(&home, "Вопрос", "skip");
    let server = Server::serve(&home);
    for answer in [2, 4] {
        assert!(send_answer(&server, answer, "Анна", "позже").contains("200"));
        wait_for(&home, &format!("polls/123/{answer}"), "delivered");
    }
    assert_eq!(listed(&home.succeeds(&["journal", "--left-out"])), [4, 2]);
    let file = home.path("mappings/question.yaml");
    let profile = std::fs::read_to_string(&file).unwrap();
    let profile = profile.replace("as: phone, ", "").replace(
        "PHONE: { value: '{{phone}}', search: true }",
        "COMMENTS: '{{phone}}'",
    );
    std::fs::write(&file, profile).unwrap();
    server.terminate();
    let _server = Server::serve(&home);
    home.succeeds(&["replay", "123/4", "--step", "crm"]);
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(180);
    while listed(&home.succeeds(&["journal", "--left-out"])) != [2] {
        assert!(std::time::Instant::now() < patience);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
