//! `leadgate check` in two languages and for programs, `test` and `schema`: commands that need no
//! gateway.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::home::Home;

const PROFILE: &str = "receive: { polls: [7] }\nfields: { n: $.data.name }\ndeal: { fields: { TITLE: \"Hello {{n}}\" } }\n";
const EXAMPLE: &str = "# what Anna wrote\nabout: a greeting\npacket: { data: { name: Anna }, header_data: { poll_id: 7 } }\n\
    expect:\n  deal: { TITLE: Hi Anna }\n  comment: [nowhere]\n";

fn leadgate(home: &Home, arguments: &[&str]) -> (i32, String, String) {
    let ended = home.run_with(arguments, &[]);
    (ended.code, ended.stdout, ended.stderr)
}

fn home(profile: &str, example: &str) -> Home {
    let home = Home::new();
    home.write("mappings/shop.yaml", profile);
    home.write("mappings/examples/shop/anna.yaml", example);
    home
}

#[test]
fn check_speaks_russian_by_locale_or_flag() {
    let home = home(&PROFILE.replace("{{n}}", "{{m}}"), EXAMPLE);
    let (code, english, _) = leadgate(&home, &["check"]);
    assert_eq!(code, 1);
    assert!(
        english.contains("error: profile/unknown-field there is no field `m`"),
        "{english}"
    );
    let (code, russian, _) = leadgate(&home, &["check", "--lang", "ru"]);
    insta::assert_snapshot!(format!("{code}\n{russian}"), @r#"
    1
    shop.yaml:3:35 ошибка: profile/unknown-field нет поля `m`
     3 | deal: { fields: { TITLE: "Hello {{m}}" } }
       |                                   ^
      совет: опишите его: `fields: { m: $.data.m }`

    shop.yaml: не загружен
    профилей в работе: 0, ошибок: 1, предупреждений: 0
    работающий шлюз продолжает по последней исправной версии такого файла, если она у него была
    "#);
    let by_locale = home.run_with(&["check"], &[("LC_ALL", ""), ("LANG", "ru_RU.UTF-8")]);
    assert_eq!(by_locale.stdout, russian);
    let (code, _, why) = leadgate(&home, &["check", "--lang", "de"]);
    assert!(code == 2 && why.contains("ru or en"), "{why}");
}

#[test]
fn check_json_reports_the_same() {
    let home = home(&PROFILE.replace("{{n}}", "{{m}}"), EXAMPLE);
    let (code, text, _) = leadgate(&home, &["check", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["errors"]), (1, &Value::from(1)));
    insta::assert_snapshot!(format!("{:#}", report["problems"][0]), @r#"
    {
      "severity": "error",
      "code": "profile/unknown-field",
      "file": "shop.yaml",
      "line": 3,
      "column": 35,
      "length": 1,
      "message": "there is no field `m`",
      "advice": "declare it: `fields: { m: $.data.m }`"
    }
    "#);
}

#[test]
fn examples_are_run_compared_and_updated() {
    let home = home(PROFILE, EXAMPLE);
    let (code, text, _) = leadgate(&home, &["test"]);
    insta::assert_snapshot!(format!("{code}\n{text}"), @r#"
    1
    different shop/anna.yaml
      deal.TITLE
        - expected "Hi Anna"
        + found    "Hello Anna"
      comment
        - expected "nowhere"
        + found    nothing
    1 example, 1 not as expected
    "#);
    let (code, text, _) = leadgate(&home, &["test", "--json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &report["failed"]), (1, &Value::from(1)));
    assert_eq!(
        report["examples"][0]["differences"][0]["found"][0],
        "Hello Anna"
    );

    let (code, text, _) = leadgate(&home, &["test", "--update", "--lang", "ru"]);
    insta::assert_snapshot!(format!("{code}\n{text}"), @r#"
    0
    принят shop/anna.yaml
    примеров: 1, из них не так: 0
    "#);
    let path = home.path("mappings/examples/shop/anna.yaml");
    insta::assert_snapshot!(fs::read_to_string(path).unwrap(), @r#"
    # what Anna wrote
    about: a greeting
    packet: { data: { name: Anna }, header_data: { poll_id: 7 } }
    expect:
      deal:
        TITLE: "Hello Anna"
    "#);
    let (code, text, _) = leadgate(&home, &["test", "--only", "shop/anna.yaml"]);
    insta::assert_snapshot!(format!("{code}\n{text}"), @r#"
    0
    ok shop/anna.yaml
    1 example, 0 not as expected
    "#);
    let (code, _, why) = leadgate(&home, &["test", "--only", "shp"]);
    assert!(code == 2 && why.contains("no example `shp`"), "{why}");
}

#[test]
fn unusable_and_misplaced_examples_are_reported() {
    let home = home(PROFILE, "packet: { data: }\nexpct: {}\n");
    let other = EXAMPLE.replace("poll_id: 7", "poll_id: 8");
    fs::write(home.path("mappings/examples/shop/other.yaml"), other).unwrap();
    let (code, text, _) = leadgate(&home, &["test", "--update"]);
    insta::assert_snapshot!(format!("{code}\n{text}"), @r#"
    1
    unreadable shop/anna.yaml
    shop/anna.yaml:2:1 error: profile/unknown-key unknown key `expct` in `example`
     2 | expct: {}
       | ^^^^^
      help: did you mean `expect`?
    different, and not rewritten shop/other.yaml
      profile
        - expected "shop"
        + found    nothing
        the packet is not of a poll that the profile takes: write `header_data: { poll_id: 7 }` into it
    2 examples, 2 not as expected
    "#);
}

#[test]
fn the_schema_is_the_committed_one() {
    let home = home(PROFILE, EXAMPLE);
    let (code, text, _) = leadgate(&home, &["schema"]);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/profile.schema.json");
    assert_eq!((code, text), (0, fs::read_to_string(committed).unwrap()));
    let (_, russian, _) = leadgate(&home, &["schema", "--lang", "ru"]);
    assert!(russian.contains("какие обращения берёт профиль"));
    let (code, text, _) = leadgate(&home, &["schema", "--channels"]);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/channels.schema.json");
    assert_eq!((code, text), (0, fs::read_to_string(committed).unwrap()));
    let (_, russian, _) = leadgate(&home, &["schema", "--channels", "--lang", "ru"]);
    assert!(russian.contains("где лежит секрет"));
    let (code, text, _) = leadgate(&home, &["schema", "--pbx"]);
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/pbx.schema.json");
    assert_eq!((code, text), (0, fs::read_to_string(committed).unwrap()));
}

#[test]
fn mistakes_in_the_matches_of_people_have_their_place() {
    let home = home(PROFILE, EXAMPLE);
    let file = home.path("mappings/_pbx.yaml");
    fs::write(&file, "main:\n  employees: { 9022: rita }\n").unwrap();
    let (code, text, _) = leadgate(&home, &["check"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("_pbx.yaml:2:22"), "{text}");
    assert!(text.contains("must be a whole number"), "{text}");
    // no PBX in the settings, so nothing uses them
    fs::write(&file, "main: { employees: { 9022: 6 } }\n").unwrap();
    let (code, text, _) = leadgate(&home, &["check"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("profile/unknown-pbx"), "{text}");
}

#[test]
fn a_connection_that_the_settings_do_not_have_is_a_warning() {
    let home = home(&format!("crm: bitrix24\n{PROFILE}"), EXAMPLE);
    let (code, text, _) = leadgate(&home, &["check"]);
    assert_eq!(code, 0, "{text}");
    for part in [
        "the settings have no connection `bitrix24`",
        "there are sandbox",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
