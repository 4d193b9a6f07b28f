//! Values as people and forms write them: phones of other countries, several values in one place.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::authoring::ProfileFile;
use crate::domain::{FieldRole, Lang, Plan, Source};
use crate::mapping::{Compiler, MappingOutcome};

fn file(name: &str, text: &str) -> ProfileFile {
    ProfileFile {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

/// Returns the plan of a profile; `defaults` are the shared rules.
fn planned(defaults: &str, profile: &str, data: &Value) -> Plan {
    let templates = BTreeMap::new();
    let defaults = (!defaults.is_empty()).then(|| file("_defaults.yaml", defaults));
    let compiled = Compiler::new(defaults.as_ref(), &templates);
    let profile = format!("receive: {{ polls: [1] }}\n{profile}");
    let (profile, _) = compiled.compile(&file("one.yaml", &profile)).unwrap();
    let at: Timestamp = "2025-07-21T09:00:00Z".parse().unwrap();
    let body = json!({ "data": data });
    match profile.plan(&Source::new("polls", "1", "2"), at, &body) {
        MappingOutcome::Plan(plan) => *plan,
        outcome => panic!("{outcome:?}"),
    }
}

/// Returns the values of a CRM field, those that search with a `!`.
fn values(plan: &Plan, name: &str) -> Vec<String> {
    let fields = plan.crm().unwrap().fields();
    let fields = fields.filter(|(_, field)| field.name == name);
    fields
        .map(|(_, field)| match field.role {
            FieldRole::Search => format!("{}!", field.written()),
            FieldRole::Fill => field.written().into_owned(),
        })
        .collect()
}

#[test]
fn the_country_of_a_field_wins_over_the_profile_and_the_defaults() {
    let profile = |country: &str, more: &str| {
        format!(
            "fields: {{ phone: {{ from: $.data.phone, as: phone{country} }} }}\n\
             lead: {{ fields: {{ TITLE: x, PHONE: \"{{{{phone}}}}\" }} }}\n{more}"
        )
    };
    let data = json!({"phone": "0 91 12 34 56"});
    for (defaults, profile, wanted) in [
        ("country: AM", profile("", ""), "+37491123456"),
        ("country: UZ", profile("", "country: AM"), "+37491123456"),
        (
            "country: UZ",
            profile(", country: am", "country: UZ"),
            "+37491123456",
        ),
        ("", profile("", "country: AM"), "+37491123456"),
    ] {
        assert_eq!(
            values(&planned(defaults, &profile, &data), "PHONE"),
            [wanted]
        );
    }
    assert!(values(&planned("", &profile("", ""), &data), "PHONE").is_empty());
    let raw =
        "country: AM\nfields: { raw: $.data.phone }\nlead: { fields: { PHONE: \"{{raw}}\" } }\n";
    assert_eq!(values(&planned("", raw, &data), "PHONE"), ["+37491123456"]);
}

#[test]
fn all_of_several_values_are_written_and_search() {
    let profile = |form: &str| {
        format!(
            "fields:\n  x: {{ from: $.data.x, as: {form} }}\n  s: {{ from: $.data.s, as: {form} }}\n\
             lead:\n  fields:\n    TITLE: x\n    PHONE: {{ value: \"{{{{x}}}}\", search: true }}\n    \
             WEB: \"{{{{s}}}}\"\n"
        )
    };
    for form in ["text", "split", "join", "phone"] {
        for x in [
            json!("+79261112233,+79221112233"),
            json!("8 926 111-22-33; 8 922 111-22-33"),
            json!(["89261112233", "89221112233", "+7 926 111 22 33"]),
            json!([["89261112233"], "89221112233"]),
            json!(["89261112233; 89221112233"]),
            json!([89_261_112_233_i64, 89_221_112_233_i64]),
        ] {
            let plan = planned("", &profile(form), &json!({ "x": x }));
            let all = ["+79261112233!", "+79221112233!"];
            assert_eq!(values(&plan, "PHONE"), all, "{form} {x}");
            assert_eq!(plan.notes, [], "{form} {x}");
        }
    }
    let x = json!({"x": ["89261112233", "89221112233"]});
    let first = planned("", &profile("first"), &x);
    assert_eq!(values(&first, "PHONE"), ["+79261112233!"]);
    for s in [
        json!("a.ru, b.ru"),
        json!(["a.ru", "b.ru"]),
        json!("a.ru; b.ru"),
    ] {
        let plan = planned("", &profile("text"), &json!({ "s": s }));
        assert_eq!(values(&plan, "WEB"), ["a.ru", "b.ru"], "{s}");
    }
    let partly = planned("", &profile("split"), &json!({"x": "89261112233, нет"}));
    assert_eq!(values(&partly, "PHONE"), ["+79261112233!"]);
    assert_eq!(partly.notes.len(), 1, "what cannot be read is noted");
}

#[test]
fn a_group_names_its_fields_without_a_value() {
    let profile = "fields: { s: $.data.s, t: $.data.t }\n\
        deal:\n  fields:\n    UTM_SOURCE: { value: \"{{s}}\", on_update: fill, together: utm }\n    \
        UTM_TERM: { value: \"{{t}}\", on_update: fill, together: utm }\n";
    let plan = planned("", profile, &json!({"s": "vk"}));
    let fields: Vec<_> = plan.crm().unwrap().fields().collect();
    let [(_, source)] = fields.as_slice() else {
        panic!("{fields:?}");
    };
    let group = source.together.as_ref().unwrap();
    assert_eq!(
        (&*group.name, &*group.without_value),
        ("utm", &["UTM_TERM".to_owned()][..])
    );
}

#[test]
fn remarks_currencies_and_extensions_are_noted_or_used() {
    let of = |profile: &str, data: Value| planned("", profile, &data);
    let name = "fields: { fio: { from: $.data.fio, as: name } }\n\
        lead: { fields: { NAME: \"{{fio.first}}\", LAST_NAME: \"{{fio.last}}\" } }\n";
    let plan = of(name, json!({"fio": "Петрова Анна (бухгалтер)"}));
    assert_eq!(values(&plan, "LAST_NAME"), ["Петрова"]);
    assert_eq!(plan.notes.len(), 1);
    let kept = name.replace("{{fio.last}}", "{{fio.remark}}");
    let plan = of(&kept, json!({"fio": "Иван (муж Марии)"}));
    assert_eq!(values(&plan, "NAME"), ["Иван"]);
    assert_eq!(values(&plan, "LAST_NAME"), ["муж Марии"]);
    assert_eq!(plan.notes, []);
    let sum = "fields: { sum: { from: $.data.sum, as: money } }\n\
        deal: { fields: { OPPORTUNITY: \"{{sum}}\", CURRENCY_ID: RUB } }\n";
    assert_eq!(of(sum, json!({"sum": "1 500 тг"})).notes.len(), 1);
    assert_eq!(of(sum, json!({"sum": "1 500 руб."})).notes, []);
    assert_eq!(of(sum, json!({"sum": "1 500"})).notes, []);
}

#[test]
fn mistakes_in_countries_and_extensions_are_reported() {
    let templates = BTreeMap::new();
    for (profile, wanted) in [
        (
            "country: Russia\nlead: { fields: { TITLE: x } }",
            "there is no country `Russia`",
        ),
        (
            "fields: { a: { from: $.a, as: phone, country: ZZ } }\nlead: { fields: { TITLE: \"{{a}}\" } }",
            "there is no country `ZZ`",
        ),
        (
            "fields: { a: { from: $.a, as: url, part: port } }\nlead: { fields: { TITLE: \"{{a}}\" } }",
            "a web address has no part `port`",
        ),
        (
            "fields: { a: $.a }\ndeal: { fields: { TITLE: { value: \"{{a}}\", together: x, on_update: append } } }",
            "`TITLE` cannot be written together with other fields",
        ),
        (
            "fields: { a: $.a }\ndeal: { fields: { TITLE: { value: \"{{a}}\", together: x }, \
             COMMENTS: { value: \"{{a}}\", together: x, on_update: fill } } }",
            "the fields of the group `x` differ in `on_update`",
        ),
        (
            "fields: { a: $.a }\nlead: { fields: { EMAIL: { value: \"{{a}}\", extension: true } } }",
            "`EMAIL` has no `extension`",
        ),
        (
            "fields: { a: $.a }\nlead: { fields: { TITLE: \"{{a.extension}}\" } }",
            "there is no field `a.extension`",
        ),
    ] {
        let text = format!("receive: {{ polls: [1] }}\n{profile}\n");
        let compiler = Compiler::new(None, &templates);
        let problems = compiler.compile(&file("one.yaml", &text)).unwrap_err();
        let is_found = problems
            .iter()
            .any(|problem| problem.message.in_lang(Lang::En).contains(wanted));
        assert!(is_found, "{profile}: {problems:?}");
    }
}
