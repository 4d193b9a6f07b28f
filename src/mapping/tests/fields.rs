//! What declared fields can do besides reading a path: fields made of others, parts of names,
//! tables, conditions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::{Lang, OnUpdate, ParkReason, PlannedField, Source};
use crate::mapping::{Compiler, FieldFault, MappingOutcome};

const CITIES: &str = "msk;Москва\nspb;Санкт-Петербург\n";

fn outcome(text: &str, data: &Value) -> MappingOutcome {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!("receive: {{ polls: [1] }}\n{text}"),
    };
    let tables = BTreeMap::from([("cities.csv".to_owned(), CITIES.to_owned())]);
    let templates = BTreeMap::new();
    let compiled = Compiler::new(None, &templates)
        .with_tables(&tables)
        .compile(&file);
    let profile = compiled
        .unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain, Lang::En)))
        .0;
    let source = Source::new("polls", "1", "7");
    let body = json!({"header_data": {"kind": 2}, "data": data});
    let outcome = profile.plan(&source, Timestamp::UNIX_EPOCH, &body);
    let shown = match &outcome {
        MappingOutcome::Reject(rejections) => rejections.clone(),
        MappingOutcome::Plan(_) | MappingOutcome::Park { .. } => Vec::new(),
    };
    assert_eq!(
        profile.rejections(&body),
        shown,
        "the check at intake rejects the same fields"
    );
    outcome
}

fn shown(fields: &[PlannedField]) -> Vec<String> {
    let one = |field: &PlannedField| format!("{}={}", field.name, field.value.as_str());
    fields.iter().map(one).collect()
}

/// The deal's fields, with the deal's `TITLE` being this template.
fn title(fields: &str, template: &str, data: &Value) -> Vec<String> {
    let text = format!("fields: {fields}\ndeal: {{ fields: {{ TITLE: \"{template}\" }} }}");
    match outcome(&text, data) {
        MappingOutcome::Plan(plan) => shown(&plan.crm().unwrap().record.clone().unwrap().fields),
        other => panic!("{other:?}"),
    }
}

#[test]
fn computed_fields_may_be_declared_in_any_order() {
    let fields = "{ whole: { value: \"{{long}}!\" }, long: { value: \"{{last}} {{first}}\", as: name }, \
                  first: $.data.f, last: $.data.l }";
    let data = json!({"f": "анна", "l": "ИВАНОВА"});
    assert_eq!(title(fields, "{{whole}}", &data), ["TITLE=Иванова Анна!"]);
    assert_eq!(title(fields, "{{long.first}}", &data), ["TITLE=Анна"]);
    assert_eq!(title(fields, "{{whole}}", &json!({})), [""; 0]);
    let text = format!("fields: {fields}\ndeal: {{ fields: {{ TITLE: \"{{{{whole}}}}\" }} }}");
    let MappingOutcome::Plan(plan) = outcome(&text, &data) else {
        panic!("no plan")
    };
    let origin = plan
        .crm()
        .unwrap()
        .record
        .clone()
        .unwrap()
        .fields
        .swap_remove(0)
        .origin;
    let paths: Vec<_> = origin.sources.iter().map(|s| s.path.as_deref()).collect();
    assert_eq!(paths, [Some("$['data']['l']"), Some("$['data']['f']")]);
}

#[test]
fn a_computed_field_has_the_rules_of_any_other() {
    let fields = "{ sum: $.data.sum, pay: { value: \"{{sum}} руб.\", as: money, missing: park }, \
                  note: { value: \"{{pay}}\", default: бесплатно } }";
    assert_eq!(
        title(fields, "{{note}}", &json!({"sum": "3 500,5"})),
        ["TITLE=3500.50"]
    );
    let text = format!("fields: {fields}\ndeal: {{ fields: {{ TITLE: \"{{{{note}}}}\" }} }}");
    let MappingOutcome::Park { reason, note } = outcome(&text, &json!({"sum": "много"}))
    else {
        panic!("not parked")
    };
    assert_eq!(
        (reason, note.about.as_str()),
        (ParkReason::MissingValue, "fields.pay")
    );
    let numbered = "{ n: { value: \"{{poll_id}}-{{answer_id}}\" } }";
    assert_eq!(title(numbered, "{{n}}", &json!({})), ["TITLE=1-7"]);
}

#[test]
fn the_parts_of_a_full_name_have_names() {
    let fields = "{ fio: { from: $.data.fio, as: name } }";
    for (typed, template, wanted) in [
        (
            "иванов иван иванович",
            "{{fio.last}}|{{fio.first}}|{{fio.second}}",
            "Иванов|Иван|Иванович",
        ),
        ("Анна Петровна", "{fio.first} <fio.second>", "Анна Петровна"),
        (
            "Анна",
            "{{upper fio.first}} {{default fio.last 'без фамилии'}}",
            "АННА без фамилии",
        ),
        (
            "Анна Иванова",
            "{{#if fio.last}}{{fio.last}}{{/if}} ({{fio}})",
            "Иванова (Анна Иванова)",
        ),
    ] {
        let found = title(fields, template, &json!({ "fio": typed }));
        assert_eq!(found, [format!("TITLE={wanted}")], "{typed}");
    }
    let fields = "{ fio: { from: $.data.fio, as: name, order: first_last } }";
    let data = json!({"fio": "Розалия Шмидт"});
    assert_eq!(title(fields, "{{fio.last}}", &data), ["TITLE=Шмидт"]);
}

#[test]
fn a_guessed_part_of_a_name_never_overwrites() {
    use OnUpdate::{Fill, Overwrite};
    let contact = "contact: { update: true, fields: { NAME: \"{{fio.first}}\", LAST_NAME: \"{{fio.last}}\", \
                   COMMENTS: \"{{fio}}\" } }";
    for (typed, order, wanted) in [
        ("Сидоров", "", vec![("LAST_NAME", "Сидоров", Overwrite)]),
        ("Пушкин", "", vec![("LAST_NAME", "Пушкин", Fill)]),
        ("Маша", "", vec![("NAME", "Маша", Fill)]),
        ("Мария", "", vec![("NAME", "Мария", Overwrite)]),
        (
            "Шмидт Розалия",
            "",
            vec![("NAME", "Розалия", Fill), ("LAST_NAME", "Шмидт", Fill)],
        ),
        (
            "Шмидт Розалия",
            ", order: last_first",
            vec![
                ("NAME", "Розалия", Overwrite),
                ("LAST_NAME", "Шмидт", Overwrite),
            ],
        ),
    ] {
        let fields = format!("{{ fio: {{ from: $.data.fio, as: name{order} }} }}");
        let text = format!("fields: {fields}\n{contact}\ndeal: {{ fields: {{ TITLE: x }} }}");
        let MappingOutcome::Plan(plan) = outcome(&text, &json!({ "fio": typed })) else {
            panic!("no plan of {typed}")
        };
        let planned = plan.crm().unwrap().contact.clone().unwrap().fields;
        let found: Vec<_> = planned
            .iter()
            .map(|field| (&*field.name, field.value.as_str(), field.on_update))
            .collect();
        let whole = ("COMMENTS", typed, Overwrite);
        assert_eq!(found, [wanted, vec![whole]].concat(), "{typed}{order}");
    }
}

#[test]
fn a_table_translates_values_and_handles_unknown_ones() {
    let field =
        |more: &str| format!("{{ c: {{ from: $.data.c, as: lookup, table: cities.csv{more} }} }}");
    let known = json!({"c": "MSK"});
    let list = json!({"c": ["spb", "msk", "ekb"]});
    let strange = json!({"c": "ekb"});
    assert_eq!(title(&field(""), "{{c}}", &known), ["TITLE=Москва"]);
    assert_eq!(
        title(&field(""), "{{c}}", &list),
        ["TITLE=Санкт-Петербург, Москва"]
    );
    let joined = field(", separator: \" + \", unknown: keep");
    assert_eq!(
        title(&joined, "{{c}}", &list),
        ["TITLE=Санкт-Петербург + Москва + ekb"]
    );
    assert_eq!(title(&field(""), "{{c}}", &strange), [""; 0]);
    assert_eq!(
        title(&field(", unknown: keep"), "{{c}}", &strange),
        ["TITLE=ekb"]
    );
    let default = field(", unknown: default, default: другой");
    assert_eq!(title(&default, "{{c}}", &strange), ["TITLE=другой"]);
    let deal = "\ndeal: { fields: { TITLE: \"{{c}}\" } }";
    let of = |more: &str, data: &Value| outcome(&format!("fields: {}{deal}", field(more)), data);
    let MappingOutcome::Reject(rejections) = of(", unknown: reject", &strange) else {
        panic!("not rejected")
    };
    assert_eq!(rejections[0].fault, FieldFault::Unknown);
    assert!(matches!(
        of(", unknown: reject", &list),
        MappingOutcome::Reject(_)
    ));
    assert!(matches!(
        of(", unknown: reject", &json!({})),
        MappingOutcome::Plan(_)
    ));
    assert!(matches!(
        of(", unknown: park", &strange),
        MappingOutcome::Park { .. }
    ));
    assert!(matches!(
        of(", missing: reject, unknown: skip", &strange),
        MappingOutcome::Plan(_)
    ));
    let map = "{ k: { from: $.header_data.kind, map: { 1: один }, unknown: keep } }";
    assert_eq!(title(map, "{{k}}", &json!({})), ["TITLE=2"]);
}

#[test]
fn conditions_test_the_packet_and_the_profiles_fields() {
    let text = "fields:\n  kind: { from: $.header_data.kind, map: { 2: заказ } }\n  sum: { from: $.data.sum, as: money }\n\
        \x20 gift: { value: да, when: { sum: \"> 1000\" }, default: нет }\n\
        \x20 email: { from: $.data.email, missing: reject, when: { kind: подписка } }\n\
        contact: { when: $.data.agree == true, fields: { NAME: \"{{email}}{{sum}}\" } }\n\
        deal:\n  when: { kind: [заказ, бронь], sum: present }\n  fields:\n\
        \x20   TITLE: \"{{gift}}\"\n\
        \x20   COMMENTS: { value: \"{{sum}}\", when: [\"$.header_data.kind == 2\", { sum: \"<= 5000\" }] }\n\
        comment: { use: full, when: { gift: да } }\n";
    let plan = |data: Value| match outcome(text, &data) {
        MappingOutcome::Plan(plan) => plan,
        other => panic!("{other:?}"),
    };
    let all = plan(json!({"sum": 3500, "agree": true}));
    assert_eq!(
        shown(&all.crm().unwrap().contact.clone().unwrap().fields),
        ["NAME=3500"]
    );
    assert_eq!(
        shown(&all.crm().unwrap().record.clone().unwrap().fields),
        ["TITLE=да", "COMMENTS=3500"]
    );
    assert!(all.crm().unwrap().comment.is_some());
    let dear = plan(json!({"sum": 9000}));
    assert_eq!(dear.crm().unwrap().contact.clone(), None);
    assert_eq!(
        shown(&dear.crm().unwrap().record.clone().unwrap().fields),
        ["TITLE=да"]
    );
    assert_eq!(dear.notes[0].about, "contact");
    let cheap = plan(json!({"sum": 10, "agree": true}));
    assert_eq!(
        shown(&cheap.crm().unwrap().record.clone().unwrap().fields),
        ["TITLE=нет", "COMMENTS=10"]
    );
    assert!(cheap.crm().unwrap().comment.is_none());
    let none = plan(json!({}));
    assert_eq!(none.steps, []);
}

#[test]
fn conditions_and_templates_understand_booleans_and_lists() {
    let fields = "{ ok: $.data.ok, box: { from: $.data.box, as: bool }, topics: \"$.data.topics\", \
                  agreed: { from: $.data.agreed, as: bool, default: нет } }";
    let title = |template: &str, data: &Value| title(fields, template, data);
    let no = json!({"ok": false, "box": "нет", "topics": ["a", "Б"]});
    for name in ["ok", "box", "agreed"] {
        let asked = format!("{{{{#if {name}}}}}yes{{{{else}}}}no{{{{/if}}}}");
        assert_eq!(title(&asked, &no), ["TITLE=no"], "{name}");
        let asked = format!("{{{{#unless {name}}}}}no{{{{/unless}}}}");
        assert_eq!(title(&asked, &no), ["TITLE=no"], "{name}");
        let yes = json!({"ok": true, "box": "да", "agreed": "on"});
        let asked = format!("{{{{#if (and {name} (not topics))}}}}yes{{{{/if}}}}");
        assert_eq!(title(&asked, &yes), ["TITLE=yes"], "{name}");
    }
    // what it is called is not changed by that
    assert_eq!(title("{{ok}} {{upper box}}", &no), ["TITLE=false N"]);
    assert_eq!(
        title("{{#if topics}}{{topics}}{{/if}}", &no),
        ["TITLE=a, Б"]
    );

    let holds = |when: &str, data: &Value| {
        let text = format!(
            "fields: {fields}\ndeal: {{ fields: {{ TITLE: x, COMMENTS: {{ value: y, when: {when} }} }} }}\n"
        );
        match outcome(&text, data) {
            MappingOutcome::Plan(plan) => {
                plan.crm().unwrap().record.clone().unwrap().fields.len() == 2
            }
            other => panic!("{other:?}"),
        }
    };
    for when in [
        "{ box: no }",
        "{ box: N }",
        "{ box: нет }",
        "{ box: false }",
        "{ ok: no }",
        "{ ok: \"!= yes\" }",
        "{ topics: б }",
        "{ topics: [c, a] }",
        "{ topics: \"!= c\" }",
        "{ topics: \"a, б\" }",
    ] {
        assert!(holds(when, &no), "{when}");
    }
    for when in [
        "{ box: yes }",
        "{ ok: true }",
        "{ topics: c }",
        "{ topics: \"!= a\" }",
    ] {
        assert!(!holds(when, &no), "{when}");
    }
}

#[test]
fn choices_and_objects_with_codes_are_taken_by_path() {
    let data = json!({
        "country": {"code": "RU", "name": "Россия"},
        "countries": [{"code": "RU", "name": "Россия"}, {"code": "KZ", "name": "Казахстан"}],
        "topics": ["a", "b"],
    });
    for (field, wanted) in [
        ("$.data.country.name", "Россия"),
        ("$.data.country", "code: RU; name: Россия"),
        (
            "{ from: \"$.data.countries[*].code\", as: join, separator: \" \" }",
            "RU KZ",
        ),
        (
            "{ from: \"$.data.countries[?@.code == 'KZ'].name\" }",
            "Казахстан",
        ),
        ("{ from: $.data.topics, as: first }", "a"),
    ] {
        let found = title(&format!("{{ x: {field} }}"), "{{x}}", &data);
        assert_eq!(found, [format!("TITLE={wanted}")], "{field}");
    }
}

#[test]
fn json_of_an_object_is_the_packets_own() {
    let data = json!({
        "cart": {"city": "Пермь \"П\"", "n": 2, "paid": true},
        "lines": [{"id": 1, "name": "a"}, {"id": 2, "name": null}],
        "one": [{"id": 1}],
        "topics": ["a", "b"],
    });
    for (path, json, text) in [
        (
            "$.data.cart",
            r#"{"city":"Пермь \"П\"","n":2,"paid":true}"#,
            "city: Пермь \"П\"; n: 2; paid: true",
        ),
        (
            "$.data.lines",
            r#"[{"id":1,"name":"a"},{"id":2,"name":null}]"#,
            "id: 1; name: a | id: 2",
        ),
        ("$.data.one", r#"[{"id":1}]"#, "id: 1"),
        ("$.data.topics", r#"["a","b"]"#, "a, b"),
        ("$.data.cart.n", r#""2""#, "2"),
    ] {
        let fields = format!("{{ x: {path}, y: {{ value: \"{{{{x}}}}\" }} }}");
        let found = title(&fields, "{{json x}}|{{x}}|{{json y}}", &data);
        let inner = json!(text);
        assert_eq!(found, [format!("TITLE={json}|{text}|{inner}")], "{path}");
    }
}
