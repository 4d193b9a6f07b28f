//! Replaying settled and parked submissions.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    home, send_answer, serve_one_delivered_and_one_parked, states, wait_for, write_profile,
};
use crate::home::{Home, Server};

#[test]
fn a_dry_run_shows_the_differences_and_writes_nothing() {
    let home = home();
    let server = serve_one_delivered_and_one_parked(&home);

    // before anything changes
    let same = home.succeeds(&["replay", "123/1", "--dry-run"]);
    assert!(
        same.contains("identical to the plan of its history"),
        "{same}"
    );
    write_profile(&home, "Заявка", "skip");
    let shown = home.succeeds(&["replay", "123/1", "--dry-run"]);
    assert!(
        shown.contains("~ deal.TITLE: «Вопрос Анна» → «Заявка Анна»")
            && shown.contains("it would be left alone: delivered; all steps are finished"),
        "{shown}"
    );
    let mapped = home.succeeds(&["replay", "123/1", "--dry-run", "--as-mapped"]);
    assert!(
        mapped.contains("Вопрос Анна") && !mapped.contains("Заявка"),
        "{mapped}"
    );
    wait_for(&home, "polls/123/2", "parked");
    server.terminate();
}

#[test]
fn a_dry_run_shows_no_change_of_what_is_written_only_once() {
    let home = home();
    home.write(
        "mappings/question.yaml",
        &question("Вопрос", "Перезвонить", "answers"),
    );
    let server = Server::serve(&home);
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    wait_for(&home, "polls/123/1", "delivered");
    let step = ["replay", "123/1", "--dry-run", "--step", "crm"];
    // only what is written once differs
    home.write(
        "mappings/question.yaml",
        &question("Вопрос", "Написать", "full"),
    );
    let shown = home.succeeds(&step);
    assert!(
        shown.contains("written again only if it was deleted there: comment, todo"),
        "{shown}"
    );
    assert!(
        !shown.contains("~ comment") && !shown.contains("Differences"),
        "{shown}"
    );
    assert!(!shown.contains("identical"), "{shown}");
    // and something that a replay would change
    home.write(
        "mappings/question.yaml",
        &question("Заявка", "Написать", "full"),
    );
    let shown = home.succeeds(&step);
    assert!(
        shown.contains("~ deal.TITLE: «Вопрос Анна» → «Заявка Анна»"),
        "{shown}"
    );
    assert!(
        !shown.contains("~ comment") && !shown.contains("~ todo"),
        "{shown}"
    );
    let output = objects(&home.succeeds(&[&step[..], &["--json"]].concat()));
    assert_eq!(output[0]["kept"], json!(["comment", "todo"]));
    assert_eq!(output[0]["changes"].as_array().map(Vec::len), Some(1));
    server.terminate();
}

/// A profile with these titles of deal and to-do.
fn question(deal: &str, todo: &str, comment: &str) -> String {
    format!(
        "receive: {{ polls: [123] }}\nfields: {{ name: $.data.firstname, phone: $.data.phone }}\n\
         contact: {{ fields: {{ PHONE: {{ value: '{{{{phone}}}}', search: true }} }} }}\n\
         deal: {{ fields: {{ TITLE: '{deal} {{{{name}}}}' }} }}\ncomment: {comment}\n\
         todo: {{ title: '{todo}', after: 2h }}\n"
    )
}

/// Parses the JSON lines of a command.
fn objects(text: &str) -> Vec<Value> {
    let objects = text.lines().map(|line| serde_json::from_str(line).unwrap());
    objects.collect()
}

/// Returns a folder with a delivered and a parked submission, and a profile that has changed since.
fn delivered_and_parked(home: &Home) -> Server {
    let server = serve_one_delivered_and_one_parked(home);
    write_profile(home, "Заявка", "skip");
    server
}

const LEFT: &str = "delivered; all steps are finished; name one with --step to repeat it";

#[test]
fn dry_run_json_has_plans_and_differences() {
    let home = home();
    let server = delivered_and_parked(&home);
    let output = objects(&home.succeeds(&["replay", "123/1", "--dry-run", "--json"]));
    let [one, sum] = output.as_slice() else {
        panic!("{output:?}")
    };
    assert_eq!(one["identity"], "polls/123/1");
    assert_eq!(
        (&one["queued"], &one["left"]),
        (&json!(false), &json!(LEFT))
    );
    let change = json!({"about": "deal.TITLE", "before": "Вопрос Анна", "after": "Заявка Анна"});
    assert_eq!(one["changes"], json!([change]));
    let field = &one["plan"]["steps"][0]["crm"]["record"]["fields"][0];
    assert_eq!(
        (&field["name"], &field["value"]["text"]),
        (&json!("TITLE"), &json!("Заявка Анна"))
    );
    let none = json!({"dry_run": true, "queued": 0, "left": {LEFT: 1}});
    assert_eq!(sum["summary"], none);

    let all = [
        "replay",
        "--since",
        "1h",
        "--dry-run",
        "--json",
        "--as-mapped",
    ];
    let output = objects(&home.succeeds(&all));
    let parked = &output[0];
    assert_eq!(
        (&parked["queued"], &parked["plan"], &parked["changes"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
    assert_eq!(parked["no_plan"], "its history has no whole plan");
    assert!(output[1].get("plan").is_none(), "{output:?}");
    let sum = json!({"dry_run": true, "queued": 1, "left": {LEFT: 1}});
    assert_eq!((output.len(), &output[2]["summary"]), (3, &sum));
    server.terminate();
}

#[test]
fn replay_json_has_each_submission_and_the_totals() {
    let home = home();
    delivered_and_parked(&home).terminate();
    let (code, text) = home.run(&["replay", "123/1", "--json"]);
    assert!(code == 1 && text.contains(r#""queued":0"#), "{text}");
    let output = objects(&home.succeeds(&["replay", "--since", "1h", "--json"]));
    let fates: Vec<_> = output
        .iter()
        .map(|one| (one["identity"].clone(), one["queued"].clone()))
        .collect();
    assert_eq!(
        fates[..2],
        [
            (json!("polls/123/2"), json!(true)),
            (json!("polls/123/1"), json!(false))
        ]
    );
    let sum = json!({"dry_run": false, "queued": 1, "left": {LEFT: 1}});
    assert_eq!(output[2]["summary"], sum);
    wait_for(&home, "polls/123/2", "queued");
}

fn a_step_that_the_plan_lacks_is_refused(home: &Home) {
    for (lang, expected) in [
        ("en", "its plan has no step mail; its steps: crm"),
        ("ru", "в его плане нет шага mail; шаги: crm"),
    ] {
        let text = home.succeeds(&["replay", "--since", "1h", "--step", "mail", "--lang", lang]);
        assert!(text.contains(expected), "{text}");
    }
    let (code, text) = home.run(&["replay", "123/1", "--step", "mail"]);
    assert!(
        code == 1 && text.contains("its plan has no step mail; its steps: crm"),
        "{text}"
    );
}

#[test]
fn a_replay_updates_what_an_earlier_attempt_made() {
    let home = home();
    let server = delivered_and_parked(&home);
    let (code, text) = home.run(&["replay", "123/1"]);
    assert!(
        code == 1 && text.contains("it is delivered; all steps are finished; name one with --step"),
        "{text}"
    );
    let (code, text) = home.run(&["replay"]);
    assert!(code == 2 && text.contains("say what to replay"), "{text}");
    let (code, _) = home.run(&["replay", "123/1", "--state", "parked"]);
    assert_eq!(code, 2);

    // the gateway notices what another process has queued
    let text = home.succeeds(&["replay", "--state", "parked"]);
    assert!(text.contains("queued again: 1"), "{text}");
    wait_for(&home, "polls/123/2", "delivered");

    // a delivered submission keeps its records: they are looked up and updated
    let became = |home: &Home| {
        let text = home.succeeds(&["journal", "show", "123/1", "--json"]);
        let entry: serde_json::Value = serde_json::from_str(&text).unwrap();
        (
            entry["contact"].clone(),
            entry["record"].clone(),
            entry["attempt"].clone(),
        )
    };
    let (contact, record, attempt) = became(&home);
    assert_eq!(attempt, 1);
    let text = home.succeeds(&["replay", "--text", "345-67-89", "--delivered"]);
    assert!(
        text.contains("queued again: 0") && text.contains(&format!("left alone: 1 {LEFT}")),
        "{text}"
    );
    a_step_that_the_plan_lacks_is_refused(&home);
    let text = home.succeeds(&["replay", "--text", "345-67-89", "--step", "crm"]);
    assert!(text.contains("queued again: 1"), "{text}");
    let patience = Instant::now() + Duration::from_secs(180);
    while became(&home).2 != 2 || !states(&home).iter().all(|(_, state)| state == "delivered") {
        assert!(Instant::now() < patience);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(became(&home), (contact, record, 2.into()));
    let shown = home.succeeds(&["journal", "show", "123/1"]);
    assert!(
        shown.contains("queued again by hand, by today's profile"),
        "{shown}"
    );
    for command in [&["journal", "show"][..], &["explain"]] {
        let shown = home.succeeds(&[command, &["123/1", "--lang", "ru"]].concat());
        let russian = "поставлено в очередь вручную, по нынешнему профилю";
        assert!(shown.contains(russian), "{shown}");
        assert!(!shown.contains("queued again"), "{shown}");
    }
    server.terminate();

    let text = home.succeeds(&["replay", "--since", "1h"]);
    assert!(
        text.contains("queued again: 0") && text.contains(&format!("left alone: 2 {LEFT}")),
        "{text}"
    );
}

#[test]
fn a_replay_as_mapped_waits_for_the_next_start() {
    let home = home();
    let server = Server::serve(&home);
    send_answer(&server, 1, "Анна", "8 (912) 345-67-89");
    wait_for(&home, "polls/123/1", "delivered");
    server.terminate();
    write_profile(&home, "Заявка", "skip");
    home.succeeds(&["replay", "123/1", "--as-mapped", "--step", "crm"]);
    wait_for(&home, "polls/123/1", "queued");
    let server = Server::serve(&home);
    wait_for(&home, "polls/123/1", "delivered");
    let shown = home.succeeds(&["journal", "show", "123/1"]);
    assert!(
        shown.contains("Вопрос Анна") && !shown.contains("Заявка") && shown.contains("Attempt 2"),
        "{shown}"
    );
    server.terminate();
}

/// Sends a form to a channel, and returns the reply's status line.
fn send_form(server: &Server, channel: &str, form: &str) -> String {
    let headers = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nIdempotency-Key: {channel}-1\r\n"
    );
    server.post(&format!("/in/{channel}"), &headers, form)
}

#[test]
fn the_quarantine_is_listed_and_delivered_by_channel() {
    let home = home();
    let server = Server::start(
        &home,
        &["serve", "--listen", "127.0.0.1:0"],
        &[("LEADGATE_MAPPINGS__RELOAD_EVERY", "0s")],
    );
    let form = "name=%CC%E0%F0%E8%FF&tel=89123456789";
    for channel in ["old-site", "other"] {
        assert!(send_form(&server, channel, form).contains("202"));
    }
    let list = home.succeeds(&["journal", "--state", "captured", "--channel", "old-site"]);
    assert!(
        list.contains("channel old-site") && !list.contains("channel other"),
        "{list}"
    );
    assert!(
        home.succeeds(&["journal", "--text", "мария"])
            .contains("channel other")
    );
    let shown = home.succeeds(&["journal", "show", "channels/old-site/old-site-1"]);
    assert!(shown.contains("\"name\": \"Мария\""), "{shown}");
    let profile = "receive: { channel: old-site }\nfields: { name: name }\ndeal: { fields: { TITLE: 'от {name}' } }\n";
    home.write("mappings/old.yaml", profile);
    let dry = home.succeeds(&["replay", "--channel", "old-site", "--dry-run"]);
    assert!(dry.contains("от Мария"), "{dry}");
    server.terminate();
    let server = Server::serve(&home);
    wait_for(&home, "channels/old-site/old-site-1", "delivered");
    assert!(states(&home).contains(&("channels/other/other-1".to_owned(), "captured".to_owned())));
    for (lang, expected) in [
        (
            "en",
            "would be queued again: 1; of these without a plan, to be parked again: 1",
        ),
        (
            "ru",
            "встало бы снова в очередь: 1; из них без плана, снова отложено: 1",
        ),
    ] {
        let dry = home.succeeds(&["replay", "--channel", "other", "--dry-run", "--lang", lang]);
        assert!(dry.contains(expected), "{dry}");
    }
    let dry = home.succeeds(&[
        "replay",
        "--channel",
        "other",
        "--dry-run",
        "--json",
        "--lang",
        "ru",
    ]);
    let no_plan = &objects(&dry)[0]["no_plan"];
    assert_eq!(no_plan, "ни один профиль его не берёт: канал other");
    let other = home.succeeds(&["replay", "--channel", "other"]);
    assert!(other.contains("queued again: 1"), "{other}");
    wait_for(&home, "channels/other/other-1", "parked");
    server.terminate();
}
