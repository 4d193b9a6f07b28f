//! What a profile makes of a packet, rule by rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::authoring::{Normaliser, Paint, ProfileFile, render};
use crate::domain::{
    FieldRole, Lang, OnUpdate, ParkReason, Plan, PlannedField, Responsible, Source, UserId,
};
use crate::mapping::{FieldFault, MappingOutcome, Profile, compile};

fn profile(text: &str) -> Arc<Profile> {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: format!("receive: {{ polls: [1] }}\n{text}"),
    };
    match compile(&file, None, &BTreeMap::new()) {
        Ok((profile, _)) => profile,
        Err(problems) => panic!("{}", render(&problems, Paint::Plain, Lang::En)),
    }
}

fn outcome(text: &str, data: &Value) -> MappingOutcome {
    let source = Source::new("polls", "1", "7");
    profile(text).plan(&source, Timestamp::UNIX_EPOCH, &json!({ "data": data }))
}

fn plan(text: &str, data: &Value) -> Plan {
    match outcome(text, data) {
        MappingOutcome::Plan(plan) => *plan,
        other => panic!("{other:?}"),
    }
}

fn shown(fields: &[PlannedField]) -> Vec<String> {
    fields
        .iter()
        .map(|field| format!("{}={}", field.name, field.value.as_str()))
        .collect()
}

/// The deal's fields for `fields:` and `deal.fields:` given in one line each.
fn deal(fields: &str, slots: &str, data: &Value) -> Vec<String> {
    let plan = plan(
        &format!("fields: {fields}\ndeal: {{ fields: {slots} }}"),
        data,
    );
    shown(&plan.crm().unwrap().record.clone().unwrap().fields)
}

#[test]
fn the_first_place_with_a_readable_value_wins() {
    let fields = "{ p: { from: [$.data.a, $.data.b, $.data.c], as: phone } }";
    let slots = "{ TITLE: \"{{p}}\" }";
    let data = json!({"a": " ", "b": "позвоните", "c": ["нет", "8 912 345 67 89"]});
    assert_eq!(deal(fields, slots, &data), ["TITLE=+79123456789"]);
    let plan = plan(
        &format!("fields: {fields}\ndeal: {{ fields: {slots} }}"),
        &data,
    );
    assert_eq!(plan.notes.len(), 1);
    assert!(
        !plan.notes[0].to_text(Lang::En).contains("позвоните"),
        "a note tells no values"
    );
    let origin = &plan.crm().unwrap().record.clone().unwrap().fields[0].origin;
    assert_eq!(&*origin.rule, "{{p}}");
    assert_eq!(origin.sources[0].path.as_deref(), Some("$['data']['c']"));
}

#[test]
fn lists_are_joined_cut_and_translated() {
    let data = json!({"t": ["a", "", null, "b"], "s": "x; y,z", "k": 2, "many": [1, 3, 1]});
    for (field, wanted) in [
        ("$.data.t", "a, b"),
        ("\"$.data.t[*]\"", "a, b"),
        ("{ from: $.data.t, as: join, separator: \" / \" }", "a / b"),
        ("{ from: \"$.data.t[*]\", as: join }", "a, b"),
        ("{ from: $.data.t, as: first }", "a"),
        ("{ from: $.data.s, as: split }", "x, y, z"),
        ("{ from: $.data.s, as: split, separator: \";\" }", "x, y,z"),
        ("{ from: $.data.k, map: { 1: один, 2: два } }", "два"),
        (
            "{ from: $.data.k, map: { 1: один }, default: другое }",
            "другое",
        ),
        (
            "{ from: $.data.many, map: { 1: один, 3: три }, as: join, separator: + }",
            "один+три+один",
        ),
        ("{ from: $.data.none, default: нет }", "нет"),
    ] {
        let fields = format!("{{ f: {field} }}");
        let found = deal(&fields, "{ TITLE: \"{{f}}\" }", &data);
        assert_eq!(found, [format!("TITLE={wanted}")], "{field}");
    }
}

#[test]
fn a_missing_value_does_what_the_profile_says() {
    let with = |missing: &str| {
        let text = format!(
            "fields: {{ e: {{ from: $.data.e, as: email, missing: {missing} }} }}\n\
             deal: {{ fields: {{ TITLE: x, COMMENTS: \"{{{{e}}}}\" }} }}"
        );
        outcome(&text, &json!({"e": "не почта"}))
    };
    let fields = |outcome: MappingOutcome| match outcome {
        MappingOutcome::Plan(plan) => shown(&plan.crm().unwrap().record.clone().unwrap().fields),
        other => panic!("{other:?}"),
    };
    assert_eq!(fields(with("skip")), ["TITLE=x"]);
    assert_eq!(fields(with("empty")), ["TITLE=x", "COMMENTS="]);
    let MappingOutcome::Reject(rejections) = with("reject") else {
        panic!("not rejected");
    };
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].field, "e");
    assert_eq!(rejections[0].paths, ["$['data']['e']"]);
    assert_eq!(
        rejections[0].fault,
        FieldFault::Unreadable(Normaliser::Email)
    );
    let MappingOutcome::Park { reason, note } = with("park") else {
        panic!("not parked");
    };
    assert_eq!(
        (reason, note.about.as_str()),
        (ParkReason::MissingValue, "fields.e")
    );
}

#[test]
fn invalid_phones_and_addresses_are_left_out_with_a_note() {
    let text = "fields: { p: $.data.p, e: $.data.e, n: $.data.n }\n\
        contact: { fields: { NAME: \"{{n}}\", PHONE: [{ value: \"{{p}}\", search: true }, { value: \"{{e}}\" }], \
        EMAIL: { value: \"{{e}}\", search: true } } }";
    let plan = plan(
        text,
        &json!({"p": "89123456789", "e": "<Test@dev.null>", "n": "А"}),
    );
    let contact = plan.crm().unwrap().contact.clone().unwrap();
    assert_eq!(
        shown(&contact.fields),
        ["NAME=А", "PHONE=+79123456789", "EMAIL=test@dev.null"]
    );
    assert_eq!(contact.fields[1].role, FieldRole::Search);
    assert_eq!(plan.notes.len(), 1);
    assert_eq!(plan.notes[0].about, "contact.fields.PHONE");
    assert_eq!(plan.steps[0].kind.search_keys().len(), 2);
}

#[test]
fn a_contact_without_any_value_is_none() {
    let text = "fields: { n: $.data.n }\ncontact: { fields: { NAME: \"{{n}}\", SOURCE_ID: WEB } }\n\
        deal: { fields: { TITLE: x } }";
    let plan = plan(text, &json!({}));
    assert_eq!(plan.crm().unwrap().contact, None);
    assert_eq!(plan.notes[0].about, "contact");
}

#[test]
fn update_rules_are_resolved_when_the_profile_is_compiled() {
    let text = "fields: { n: $.data.n }\n\
        contact: { update: true, fields: { NAME: \"{{n}}\", POST: { value: \"{{n}}\", on_update: fill } } }\n\
        deal: { stage: C1:NEW, change_stage: true, among: [C1:NEW], responsible: 6, update_fields: false, \
        fields: { TITLE: x, COMMENTS: { value: y, on_update: append } } }";
    let plan = plan(text, &json!({"n": "А"}));
    let rules = |fields: &[PlannedField]| fields.iter().map(|f| f.on_update).collect::<Vec<_>>();
    assert_eq!(
        rules(&plan.crm().unwrap().contact.clone().unwrap().fields),
        [OnUpdate::Overwrite, OnUpdate::Fill]
    );
    let record = plan.crm().unwrap().record.clone().unwrap();
    assert_eq!(rules(&record.fields), [OnUpdate::Keep, OnUpdate::Append]);
    assert_eq!(record.stage_on_update.as_deref(), Some("C1:NEW"));
    assert_eq!(record.responsible, UserId::new(6).map(Responsible::User));
    let simple = self::plan("deal: { fields: { TITLE: x, OPENED: true } }", &json!({}));
    let record = simple.crm().unwrap().record.clone().unwrap();
    assert_eq!(
        rules(&record.fields),
        [OnUpdate::Overwrite, OnUpdate::Overwrite]
    );
    assert_eq!(shown(&record.fields), ["TITLE=x", "OPENED=Y"]);
    assert_eq!(record.stage_on_update, None);
}

#[test]
fn defaults_apply_key_by_key() {
    let file = |name: &str, text: &str| ProfileFile {
        name: name.to_owned(),
        text: text.to_owned(),
    };
    let defaults = file(
        "_defaults.yaml",
        "fields: { a: $.data.a, b: $.data.b }\ncomment: full\n\
         contact: { update: true, fields: { NAME: \"{{a}}\", PHONE: { value: \"{{b}}\", search: true } } }\n\
         deal: { stage: NEW, fields: { UTM_TERM: \"{{b}}\", TITLE: from defaults, SOURCE_ID: WEB } }\n\
         lead: { fields: { TITLE: a lead } }",
    );
    let own = file(
        "own.yaml",
        "receive: { polls: [1] }\nfields: { a: $.data.z }\ncomment: none\n\
         deal: { found: ignore, fields: { TITLE: \"{{a}}\", SOURCE_ID: ~ } }",
    );
    let (profile, _) = compile(&own, Some(&defaults), &BTreeMap::new()).unwrap();
    let source = Source::new("polls", "1", "1");
    let body = json!({"data": {"a": "wrong", "b": "9123456789", "z": "right"}});
    let MappingOutcome::Plan(plan) = profile.plan(&source, Timestamp::UNIX_EPOCH, &body) else {
        panic!("no plan");
    };
    assert_eq!(
        shown(&plan.crm().unwrap().contact.clone().unwrap().fields),
        ["NAME=right", "PHONE=+79123456789"]
    );
    let record = plan.crm().unwrap().record.clone().unwrap();
    assert_eq!(
        shown(&record.fields),
        ["TITLE=right", "UTM_TERM=9123456789"]
    );
    assert_eq!(record.stage.as_deref(), Some("NEW"));
    assert_eq!(plan.crm().unwrap().comment, None);
}
