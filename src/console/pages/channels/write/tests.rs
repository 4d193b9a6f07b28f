use std::collections::BTreeMap;

use super::*;
use crate::authoring::ProfileFile;
use crate::domain::EntityKind;
use crate::mapping;

fn row(target: &str, value: &str) -> FieldRow {
    FieldRow {
        target: target.to_owned(),
        value: value.to_owned(),
        searches: false,
    }
}

fn searched(target: &str, value: &str) -> FieldRow {
    FieldRow {
        searches: true,
        ..row(target, value)
    }
}

fn channel(rows: Vec<FieldRow>) -> NewChannel {
    NewChannel {
        title: String::new(),
        address: String::new(),
        connection: String::new(),
        kind: EntityKind::Deal,
        mode: Mode::Update,
        among: vec!["NEW".to_owned(), "C1:PREPARATION".to_owned()],
        stage: "NEW".to_owned(),
        responsible: "5".to_owned(),
        rows,
        ticks: [
            Tick::ChangeStage,
            Tick::UpdateFields,
            Tick::Comment,
            Tick::Todo,
            Tick::Default,
        ]
        .into(),
        todo: "Позвонить: {client_name}".to_owned(),
        todo_after: "2h".to_owned(),
    }
}

fn written(channel: &NewChannel) -> String {
    profile(channel, ("Заказы", "orders", None), &|_, _, _| false).unwrap()
}

#[test]
fn the_example_of_the_manual_becomes_a_profile() {
    let rows = vec![
        row("contact.NAME", "{client_name}"),
        searched("contact.PHONE", "{client_phone}"),
        row("record.TITLE", "Заказ №{order_id}"),
        searched("record.UF_CRM_ORDER_ID", "{order_id}"),
        row("record.OPPORTUNITY", "{order_amount}"),
        row("record.CURRENCY_ID", "RUB"),
        FieldRow::default(),
    ];
    assert_eq!(
        written(&channel(rows)),
        r#"name: "Заказы"
receive:
  channel: orders
  default: true
fields:
  order_amount: { from: "$.order_amount", as: money }
contact:
  update: false
  fields:
    NAME: "{client_name}"
    PHONE: { value: "{client_phone}", search: true }
deal:
  found: update
  among: ["NEW", "C1:PREPARATION"]
  stage: "NEW"
  change_stage: true
  update_fields: true
  responsible: 5
  fields:
    TITLE: "Заказ №{order_id}"
    UF_CRM_ORDER_ID: { value: "{order_id}", search: true }
    OPPORTUNITY: "{{order_amount}}"
    CURRENCY_ID: "RUB"
comment: full
todo:
  title: "Позвонить: {client_name}"
  after: "2h"
"#
    );
}

#[test]
fn always_create_and_ignore_leave_out_what_they_never_use() {
    let rows = vec![searched("record.TITLE", "Заказ")];
    let mut always = channel(rows);
    always.mode = Mode::AlwaysCreate;
    always.ticks.clear();
    let text = written(&always);
    assert!(text.contains("found: always_create\n"), "{text}");
    for absent in [
        "among",
        "change_stage",
        "update_fields",
        "search:",
        "contact:",
    ] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
    assert!(text.ends_with("comment: none\ntodo: none\n"), "{text}");
    always.mode = Mode::Ignore;
    let text = written(&always);
    assert!(
        text.contains("found: ignore\n") && text.contains("among:"),
        "{text}"
    );
    assert!(!text.contains("change_stage"), "{text}");
}

#[test]
fn parameters_of_any_name_are_found_in_the_request() {
    let value = "{Ваш телефон} и {client.phone}, {order[items][0]} {it's} {Ваш телефон}";
    let text = written(&channel(vec![row("record.TITLE", value)]));
    for part in [
        r#"Ваш_телефон: { from: "$['Ваш телефон']" }"#,
        r#"client_phone: { from: "$.client.phone" }"#,
        r#"order_items__0: { from: "$.order.items[0]" }"#,
        r#"it_s: { from: "$['it\\'s']" }"#,
        r#"TITLE: "{{Ваш_телефон}} и {{client_phone}}, {{order_items__0}} {{it_s}} {{Ваш_телефон}}""#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn hostile_text_stays_text() {
    let value = "\": x\n- {} {\"a\": 1} ~ # '";
    let text = written(&channel(vec![row("record.TITLE", value)]));
    let read: Vec<&str> = text.lines().filter(|line| line.contains("TITLE")).collect();
    assert_eq!(read.len(), 1, "one line: {text}");
    assert!(
        read[0].contains(r#"\": x\n- {} {\"a\": 1} ~ # '"#),
        "{text}"
    );
}

#[test]
fn several_phones_are_a_list_and_other_fields_have_one_row() {
    let rows = vec![
        searched("contact.PHONE", "{phone}"),
        row("contact.PHONE", "{mobile}"),
    ];
    let text = written(&channel(rows));
    assert!(
        text.contains(r#"PHONE: [{ value: "{phone}", search: true }, "{mobile}"]"#),
        "{text}"
    );
    let rows = vec![row("record.TITLE", "a"), row("record.TITLE", "b")];
    let problems = profile(&channel(rows), ("x", "x", None), &|_, _, _| false).unwrap_err();
    assert!(
        problems[0]
            .in_lang(crate::domain::Lang::Ru)
            .contains("Строка 2")
    );
}

#[test]
fn a_value_needs_a_field_and_a_channel_needs_a_value() {
    let label = |_: bool, _: &str, _: &str| false;
    for rows in [
        vec![row("", "{x}")],
        vec![row("record.A: B", "{x}")],
        vec![row("deal.TITLE", "{x}")],
        vec![row("record.TITLE", "")],
        vec![],
    ] {
        assert!(profile(&channel(rows), ("x", "x", None), &label).is_err());
    }
}

#[test]
fn a_list_is_filled_by_the_names_of_its_values() {
    let rows = vec![searched("record.UF_CRM_CITY", "{city}")];
    let text = profile(&channel(rows), ("x", "x", Some("main")), &|_, code, _| {
        code == "UF_CRM_CITY"
    });
    let text = text.unwrap();
    assert!(
        text.contains(r#"{ value: "{city}", as: label, search: true }"#),
        "{text}"
    );
    assert!(text.contains("crm: \"main\"\n"), "{text}");
}

#[test]
fn every_written_profile_compiles() {
    for mode in [Mode::AlwaysCreate, Mode::Update, Mode::Ignore] {
        for kind in [EntityKind::Deal, EntityKind::Lead] {
            let mut channel = channel(vec![
                row("contact.NAME", "{Имя клиента}"),
                searched("contact.PHONE", "{phone}"),
                searched("record.TITLE", "{\"a\": {b}} \\ x"),
            ]);
            channel.mode = mode;
            channel.kind = kind;
            let file = ProfileFile {
                name: "x.yaml".to_owned(),
                text: written(&channel),
            };
            let compiled = mapping::compile(&file, None, &BTreeMap::new());
            assert!(compiled.is_ok(), "{} {compiled:?}", file.text);
        }
    }
}
