//! `leadgate amocrm widget` as an administrator runs it, and commands with hooks from files.

use std::io::{Cursor, Read as _};

use serde_json::Value;
use zip::ZipArchive;

use crate::home::Home;

/// Returns a folder whose settings have the widget.
fn home() -> Home {
    let mut home = Home::new();
    for (key, value) in [
        ("ACCOUNT", "30551177"),
        ("SUBDOMAIN", "edudemo"),
        ("SECRET", "the secret of the hook"),
        ("PUBLIC_URL", "https://gw.example"),
        ("CLIENT_ID", "9a1f-77"),
        ("CLIENT_SECRET", "the secret of the integration"),
    ] {
        home.set(&format!("LEADGATE_AMOCRM__MAIN__{key}"), value);
    }
    home
}

/// Returns a file of the archive.
fn content(home: &Home, archive: &str, name: &str) -> String {
    let bytes = std::fs::read(home.path(archive)).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    let mut file = archive.by_name(name).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

fn version(home: &Home, archive: &str) -> Vec<u64> {
    let manifest: Value = serde_json::from_str(&content(home, archive, "manifest.json")).unwrap();
    let version = manifest["widget"]["version"].as_str().unwrap();
    version
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect()
}

#[test]
fn each_archive_has_a_higher_version_and_no_secret() {
    let home = home();
    let mut last = Vec::new();
    for _ in 0..3 {
        let said = [
            "widget.zip: version ",
            "asks https://gw.example/amo/main/widget",
        ];
        home.says(&["amocrm", "widget", "--out", "widget.zip"], 0, &said);
        let version = version(&home, "widget.zip");
        assert!(version > last, "{version:?} {last:?}");
        last = version;
    }
    let bytes = std::fs::read(home.path("widget.zip")).unwrap();
    let all = String::from_utf8_lossy(&bytes);
    assert!(!all.contains("the secret of") && !all.contains("9a1f-77"));
    let script = content(&home, "widget.zip", "script.js");
    assert!(script.contains("\"https://gw.example/amo/main/widget\""));
    // the name is optional, and so is the file
    let russian = home.succeeds(&["amocrm", "widget", "main", "--lang", "ru"]);
    assert!(russian.contains("widget.zip: версия "), "{russian}");
}

#[test]
fn what_is_missing_is_said_and_another_file_is_not_overwritten() {
    let mut with_widget = home();
    let other = with_widget.write("notes.zip", "my notes");
    let said = ["notes.zip is not an archive of the widget, so it stays"];
    with_widget.says(&["amocrm", "widget", "--out", &other], 1, &said);
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "my notes");
    let said = ["the settings have no account amocrm.shop"];
    with_widget.says(&["amocrm", "widget", "shop"], 2, &said);
    with_widget.set("LEADGATE_AMOCRM__SHOP__ACCOUNT", "5");
    with_widget.set("LEADGATE_AMOCRM__SHOP__SECRET", "another secret of a hook");
    let said = ["several accounts of amoCRM; name one: main, shop"];
    with_widget.says(&["amocrm", "widget"], 2, &said);
    let said = ["amocrm.shop.public_url, client_id and client_secret"];
    with_widget.says(&["amocrm", "widget", "shop"], 2, &said);
    let said = ["the settings have no account of amoCRM; add [amocrm.main]"];
    Home::new().says(&["amocrm", "widget"], 2, &said);
}

const LEADS: &str = r#"
receive: { amocrm: main, on: leads.add, when: { stage: Новая заявка, pipeline: Курсы } }
fields: { order: { custom: ORDERID } }
deal: { fields: { TITLE: "Заказ {{order}}" } }
"#;

#[test]
fn the_names_of_the_settings_count_for_hooks_from_files() {
    let mut home = home();
    home.set("LEADGATE_AMOCRM__MAIN__STAGES__60110233", "Новая заявка");
    home.set("LEADGATE_AMOCRM__MAIN__PIPELINES__7720015", "Курсы");
    home.write("mappings/leads.yaml", LEADS);
    let item = r#"{"id": 7, "status_id": "60110233", "pipeline_id": 7720015,
        "custom_fields": [{"id": 1, "name": "ORDERID", "values": [{"value": "A-1"}]}]}"#;
    let account = r#""account": {"id": "30551177", "subdomain": "edudemo"}"#;
    let one = format!("{{\"leads\": {{\"add\": [{item}]}}, {account}}}");
    let two = format!("{{\"leads\": {{\"add\": [{item}, {item}]}}, {account}}}");
    for hook in [&one, &two] {
        let file = home.write("hook.json", hook);
        let preview = ["preview", "--amocrm", "main", "--no-crm", &file];
        home.says(&preview, 0, &["Заказ A-1"]);
    }
    let example =
        format!("amocrm: main\npacket: {one}\nexpect: {{ deal: {{ TITLE: Заказ A-1 }} }}\n");
    home.write("mappings/examples/leads/new.yaml", &example);
    home.succeeds(&["test"]);
    // without the names the profile does not take it
    home.set("LEADGATE_AMOCRM__MAIN__STAGES__60110233", "Другая");
    home.says(&["test"], 1, &[]);
}

#[test]
fn a_second_draft_has_a_name_of_its_own() {
    let home = home();
    let hook =
        "leads[add][0][id]=7&leads[add][0][name]=x&account[id]=30551177&account[subdomain]=edudemo";
    let file = home.write("hook.txt", hook);
    let draft = |name: &str| home.succeeds(&["draft", "--amocrm", "main", &file, "--save", name]);
    std::fs::create_dir_all(home.path("mappings")).unwrap();
    draft("one");
    draft("two");
    let name = |file: &str| {
        let text = std::fs::read_to_string(home.path(file)).unwrap();
        let line = text.lines().find(|line| line.starts_with("name: "));
        line.unwrap_or_default().to_owned()
    };
    assert_eq!(name("mappings/one.yaml"), "name: \"amoCRM main\"");
    assert_eq!(name("mappings/two.yaml"), "name: \"amoCRM main 2\"");
}
