//! Values that depend on another one: `{ by: "{{city}}", map: {…}, default: … }`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rendered;
use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::{Lang, Plan, RecordPlan, Source};
use crate::mapping::{MappingOutcome, compile};

const PROFILE: &str = r#"
receive: { polls: [1] }
fields:
  city: $.data.city
  agreed: { from: $.data.agreed, as: bool }
  order: $.data.order
contact: none
deal:
  stage: { by: "{{city}}", map: { Москва: NEW, Орёл: "C1:NEW", 2: "C2:NEW" }, default: PREPARATION }
  change_stage: true
  among: { by: "{{city}}", map: { Москва: [NEW, PREPARATION], Орёл: "C1:NEW" } }
  responsible:
    by: "{{city}}"
    map:
      Москва: 6
      Орёл: { in_turn: [7, 8] }
      Тверь: [contact_owner, boss@firm.example]
  fields:
    TITLE:
      by: "{{city}} {{answer_id}}"
      map: { Москва 7: "Столица, {{order}}", Орёл 7: "{{city}}" }
      default: "Заказ {{order}}"
      on_update: keep
    COMMENTS: { by: "{{agreed}}", map: { да: согласие, нет: отказ } }
"#;

fn plan(text: &str, data: &Value) -> Plan {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: text.to_owned(),
    };
    let (profile, warnings) = compile(&file, None, &BTreeMap::new())
        .unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain, Lang::En)));
    assert_eq!(render(&warnings, Paint::Plain, Lang::En), "");
    let source = Source::new("polls", "1", "7");
    match profile.plan(&source, Timestamp::UNIX_EPOCH, &json!({ "data": data })) {
        MappingOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn record(plan: &Plan) -> RecordPlan {
    plan.crm().unwrap().record.clone().unwrap()
}

fn shown(data: &Value) -> (String, String, String) {
    let record = record(&plan(PROFILE, data));
    assert_eq!(record.stage, record.stage_on_update, "change_stage: true");
    let responsible = record
        .responsible
        .map(|it| serde_json::to_string(&it).unwrap());
    let stage = record.stage.unwrap_or_default();
    let title = record.fields.iter().find(|field| field.name == "TITLE");
    let title = title.map(|field| field.value.as_str().to_owned());
    (
        format!("{stage} among {}", record.among.join(" ")),
        responsible.unwrap_or_default(),
        title.unwrap_or_default(),
    )
}

#[test]
fn a_value_selects_the_stage_the_employee_and_the_texts() {
    for (city, stage, responsible, title) in [
        (
            json!("Москва"),
            "NEW among NEW PREPARATION",
            r#"{"user":6}"#,
            "Столица, 5",
        ),
        (
            json!(" МОСКВА "),
            "NEW among NEW PREPARATION",
            r#"{"user":6}"#,
            "Столица, 5",
        ),
        (
            json!("Орел"),
            "C1:NEW among C1:NEW",
            r#"{"in_turn":[{"user":7},{"user":8}]}"#,
            "Орел",
        ),
        (
            json!("Тверь"),
            "PREPARATION among ",
            r#"{"first":["contact_owner",{"email":"boss@firm.example"}]}"#,
            "Заказ 5",
        ),
        // numbers by value, however they are written
        (json!(2), "C2:NEW among ", "", "Заказ 5"),
        (json!("2.0"), "C2:NEW among ", "", "Заказ 5"),
        // of a list the first value that has a row
        (
            json!(["Пермь", "москва", "Орёл"]),
            "NEW among NEW PREPARATION",
            r#"{"user":6}"#,
            "Заказ 5",
        ),
        (json!("Пермь"), "PREPARATION among ", "", "Заказ 5"),
        (json!(null), "PREPARATION among ", "", "Заказ 5"),
    ] {
        let wanted = (stage.to_owned(), responsible.to_owned(), title.to_owned());
        let found = shown(&json!({"city": city, "order": 5}));
        assert_eq!(found, wanted, "{city}");
    }
}

#[test]
fn yes_and_no_select_a_row_in_any_spelling() {
    for (said, wanted) in [
        (json!("Согласен"), Some("согласие")),
        (json!(true), Some("согласие")),
        (json!("off"), Some("отказ")),
        (json!("может быть"), None),
    ] {
        let record = record(&plan(PROFILE, &json!({"agreed": said, "order": 5})));
        let mut fields = record.fields.iter();
        let comment = fields.find(|field| field.name == "COMMENTS");
        assert_eq!(comment.map(|field| field.value.as_str()), wanted, "{said}");
    }
}

#[test]
fn the_plan_notes_which_row_was_chosen_and_why() {
    let notes = |data: Value, lang: Lang| -> Vec<String> {
        let plan = plan(PROFILE, &data);
        plan.notes.iter().map(|note| note.to_text(lang)).collect()
    };
    assert_eq!(
        notes(
            json!({"city": "орел", "agreed": "да", "order": 5}),
            Lang::En
        ),
        [
            "deal.fields.TITLE: row “Орёл 7” of `map`, chosen by {{city}} {{answer_id}}",
            "deal.fields.COMMENTS: row “да” of `map`, chosen by {{agreed}}",
            "deal.stage: row “Орёл” of `map`, chosen by {{city}}",
            "deal.among: row “Орёл” of `map`, chosen by {{city}}",
            "deal.responsible: row “Орёл” of `map`, chosen by {{city}}",
        ]
    );
    let secret = notes(json!({"city": "Тайна", "order": 5}), Lang::Ru);
    assert_eq!(
        secret,
        [
            "deal.fields.TITLE: взято `default`: значения {{city}} {{answer_id}} нет ни в одной строке `map`",
            "deal.fields.COMMENTS: не задано: у {{agreed}} нет значения, а `default` не указано",
            "deal.stage: взято `default`: значения {{city}} нет ни в одной строке `map`",
            "deal.among: не задано: значения {{city}} нет ни в одной строке `map`, а `default` не указано",
            "deal.responsible: не задано: значения {{city}} нет ни в одной строке `map`, а `default` не указано",
        ]
    );
}

#[test]
fn each_row_with_turns_has_turns_of_its_own() {
    let turns = |city: &str| {
        let plan = plan(PROFILE, &json!({"city": city, "order": 5}));
        plan.crm().unwrap().turns_of.clone()
    };
    assert_eq!(turns("орел").as_deref(), Some("Орёл"));
    assert_eq!(turns("Москва"), None, "one employee takes no turns");
    assert_eq!(turns("Пермь"), None);
}

#[test]
fn a_profile_replaces_a_choice_of_the_defaults_as_a_whole() {
    let defaults = ProfileFile {
        name: "_defaults.yaml".to_owned(),
        text: "fields: { city: $.data.city }\ndeal: { stage: { by: \"{{city}}\", map: { Москва: \
               \"C1:NEW\" }, default: \"C2:NEW\" }, fields: { TITLE: { by: \"{{city}}\", map: { \
               Москва: a }, default: b } } }"
            .to_owned(),
    };
    for (own, stage, title) in [
        ("deal:", "C1:NEW", "a"),
        ("deal: { stage: NEW, fields: { TITLE: c } }", "NEW", "c"),
        (
            "deal: { stage: { by: \"{{answer_id}}\", map: { 7: WON } } }",
            "WON",
            "a",
        ),
    ] {
        let file = ProfileFile {
            name: "shop.yaml".to_owned(),
            text: format!("receive: {{ polls: [1] }}\n{own}"),
        };
        let (profile, _) = compile(&file, Some(&defaults), &BTreeMap::new()).unwrap();
        let source = Source::new("polls", "1", "7");
        let body = json!({"data": {"city": "москва"}});
        let MappingOutcome::Plan(plan) = profile.plan(&source, Timestamp::UNIX_EPOCH, &body) else {
            panic!("{own}");
        };
        let record = record(&plan);
        assert_eq!(record.stage.as_deref(), Some(stage), "{own}");
        assert_eq!(record.fields[0].value.as_str(), title, "{own}");
    }
}

/// The mistakes of one line in a deal.
fn mistakes(line: &str) -> String {
    let text = format!(
        "receive: {{ polls: [1] }}\nfields:\n  city: $.data.city\n  kind: {{ from: $.data.kind, \
         map: {{ 1: заказ, 2: бронь }}, default: иное }}\n  yes: {{ from: $.data.yes, as: bool }}\n\
         deal:\n  fields: {{ TITLE: \"{{{{city}}}} {{{{kind}}}} {{{{yes}}}}\" }}\n  {line}\n"
    );
    let shown = rendered(&text);
    let of = |start: &str| -> Vec<String> {
        let lines = shown.lines().filter(|line| line.trim().starts_with(start));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    let places = of("shop.yaml").into_iter().zip(of("help:"));
    let places = places.map(|(place, help)| format!("{place}; {help}"));
    places.collect::<Vec<_>>().join("\n")
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn mistakes_in_a_choice_are_reported_at_their_word() {
    for (line, wanted) in [
        (
            "stage: { by: city, map: { Москва: NEW } }",
            "shop.yaml:8:16 error: profile/wrong-value `by` is the same for every submission, so the same row always applies; help: name a field in double braces: `by: \"{{city}}\"`",
        ),
        (
            "stage: { by: $.data.city, map: { Москва: NEW } }",
            "shop.yaml:8:16 error: profile/wrong-value `by` is the same for every submission, so the same row always applies; help: the field `city` reads it: write `by: \"{{city}}\"`",
        ),
        (
            "stage: { by: \"{{citi}}\", map: { Москва: NEW } }",
            "shop.yaml:8:19 error: profile/unknown-field there is no field `citi`; help: did you mean `city`?",
        ),
        (
            "stage: { map: { Москва: NEW } }",
            "shop.yaml:8:10 error: profile/missing-key `deal.stage` does not say what it depends on: `by` is missing; help: write { by: \"{{city}}\", map: { Москва: …, Казань: … }, default: … }",
        ),
        (
            "stage: { by: \"{{city}}\" }",
            "shop.yaml:8:10 error: profile/missing-key `deal.stage` has no `map`; help: add a row for each value: `map: { Москва: …, Казань: … }`",
        ),
        (
            "stage: { by: \"{{city}}\", map: {} }",
            "shop.yaml:8:33 error: profile/missing-key `deal.stage.map` has no rows; help: add a row for each value, such as `Москва: …`",
        ),
        (
            "stage: { by: \"{{city}}\", map: { Москва: new } }",
            "shop.yaml:8:43 error: profile/wrong-value `new` is not a stage code; help: stages are written in capital letters: `NEW`",
        ),
        (
            "stage: { by: \"{{city}}\", map: { Москва: NEW }, default: Новая }",
            "shop.yaml:8:59 error: profile/wrong-value `Новая` is not a stage code; help: write the stage's code, such as NEW or C1:NEW, not its title; `check --live` knows the portal's codes",
        ),
        (
            "stage: { by: \"{{city}}\", map: { Орёл: NEW, ОРЕЛ: WON } }",
            "shop.yaml:8:46 error: profile/duplicate-key the row `ОРЕЛ` never applies: it is the same value as `Орёл` in line 8; help: keep one of the rows",
        ),
        (
            "stage: { by: \"{{city}}\", map: { 2: NEW, \"2.0\": WON } }",
            "shop.yaml:8:43 error: profile/duplicate-key the row `2.0` never applies: it is the same value as `2` in line 8; help: keep one of the rows",
        ),
        (
            "stage: { by: \"{{city}}\", map: { \" \": NEW } }",
            "shop.yaml:8:35 error: profile/wrong-value a row of `map` without a key never applies; help: write what applies without a value under `default`",
        ),
        (
            "stage: { by: \"{{city}}\", map: { Москва: } }",
            "shop.yaml:8:35 error: profile/missing-key the row `Москва` of `deal.stage.map` has no value; help: write the value, or remove the row: then `default` applies",
        ),
        (
            "stage: { by: \"{{city}}\", map: { Москва: NEW }, defualt: NEW }",
            "shop.yaml:8:50 error: profile/unknown-key unknown key `defualt` in `deal.stage`; help: did you mean `default`?",
        ),
        (
            "stage: { by: \"{{kind}}\", map: { заказ: NEW, броня: WON, иное: LOSE } }",
            "shop.yaml:8:47 warning: profile/wrong-value the row `броня` never applies: the field `kind` has no such value; help: did you mean `бронь`?",
        ),
        (
            "stage: { by: \"{{yes}}\", map: { да: NEW, иногда: WON } }",
            "shop.yaml:8:43 warning: profile/wrong-value the row `иногда` never applies: the field `yes` has no such value; help: expected one of: `Y`, `N`",
        ),
        (
            "responsible: { by: \"{{city}}\", map: { Москва: все } }",
            "shop.yaml:8:49 error: profile/wrong-value `все` is not an employee; help: write an employee's id, an e-mail address, `contact_owner`, or { in_turn: [6, 9] }",
        ),
        (
            "among: { by: \"{{city}}\", map: { Москва: [NEW, new] } }",
            "shop.yaml:8:49 error: profile/wrong-value `new` is not a stage code; help: stages are written in capital letters: `NEW`",
        ),
    ] {
        assert_eq!(mistakes(line), wanted, "{line}");
    }
    let good = [
        "stage: { by: \"{{city}}\", map: { Москва: NEW } }",
        "stage: { by: \"{{kind}}\", map: { заказ: NEW, Бронь: WON, иное: LOSE } }",
        "stage: { by: \"{{yes}}\", map: { да: NEW, no: WON } }",
        "stage: { by: \"{{poll_id}}\", map: { 1: NEW, 2: WON } }",
        "stage: { by: \"{{#if city}}есть{{else}}нет{{/if}}\", map: { есть: NEW, нет: WON } }",
        "responsible: { by: \"{city}\", map: { Москва: 6, Орёл: { in_turn: [6, 7] } }, default: 1 }",
    ];
    for line in good {
        assert_eq!(mistakes(line), "", "{line}");
    }
}

#[test]
fn mistakes_in_the_choice_of_a_crm_field_are_reported() {
    let fields = |title: &str| {
        rendered(&format!(
            "receive: {{ polls: [1] }}\nfields: {{ city: $.data.city }}\ndeal:\n  fields:\n    \
             COMMENTS: \"{{{{city}}}}\"\n    TITLE: {title}\n"
        ))
    };
    for (title, wanted) in [
        (
            "{ value: x, by: \"{{city}}\", map: { a: b } }",
            "6:21 error: profile/wrong-place `deal.fields.TITLE` has both `value` and `map`",
        ),
        (
            "[{ by: \"{{city}}\", map: { a: b } }, \"{{city}}\"]",
            "6:5 error: profile/wrong-type `TITLE` takes one value, not a list",
        ),
        (
            "{ by: \"{{city}}\", map: { a: \"{{citi}}\" } }",
            "6:43 error: profile/unknown-field there is no field `citi`",
        ),
        (
            "{ by: \"{{city}}\", map: { a: b }, unknown: skip }",
            "6:54 error: profile/wrong-place `deal.fields.TITLE`: `unknown` and `default` belong with `as: label`",
        ),
        (
            "{ value: x, map: { a: b } }",
            "6:12 error: profile/missing-key `deal.fields.TITLE` does not say what it depends on: `by` is missing",
        ),
        (
            "{ by: \"{{city}}\", map: { a: { by: \"{{city}}\" } } }",
            "6:40 error: profile/wrong-type `deal.fields.TITLE.map.a` must be text, but this is a block of keys",
        ),
    ] {
        let found = fields(title);
        assert!(found.contains(wanted), "{wanted} is not in\n{found}");
    }
    for good in [
        "{ by: \"{{city}}\", map: { a: b, c: \"{{city}}\" }, default: d, on_update: keep }",
        "{ by: \"{{city}}\", map: { a: b }, when: { city: present } }",
    ] {
        assert_eq!(fields(good), "", "{good}");
    }
}

#[test]
fn a_list_value_can_be_chosen_by_its_label() {
    let text = "receive: { polls: [1] }\nfields: { city: $.data.city }\ncontact: none\ndeal: { fields: { \
                UF_CRM_CITY: { by: \"{{city}}\", map: { msk: Москва, spb: Питер }, default: Другой, \
                as: label, unknown: default } } }";
    let value = |city: &str| {
        let fields = record(&plan(text, &json!({ "city": city }))).fields;
        serde_json::to_value(&fields[0].value).unwrap()
    };
    let unknown = json!({"default": "Другой"});
    let label = |text: &str| json!({"label": {"text": text, "unknown": unknown}});
    assert_eq!(value("MSK"), label("Москва"));
    assert_eq!(value("ekb"), label("Другой"));
}
