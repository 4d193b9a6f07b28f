//! The change of a field, from its current value and the planned one.

use serde_json::json;

use super::super::fields::{changes, kept};
use super::{field, id, text};
use crate::domain::{
    FieldGroup, FieldRole, FoundOne, KeptBecause, OnUpdate, Personal, PlannedField, PlannedValue,
};

#[test]
fn fill_and_append_keep_the_current_value() {
    let fields = |on_update| vec![text("COMMENTS", "новое", on_update)];
    let with = |on_update, there: serde_json::Value| {
        changes(&fields(on_update), &[("COMMENTS".to_owned(), there)].into()).remove("COMMENTS")
    };
    assert_eq!(with(OnUpdate::Fill, json!("старое")), None);
    assert_eq!(with(OnUpdate::Fill, json!(null)), Some(json!("новое")));
    assert_eq!(
        with(OnUpdate::Append, json!("старое")),
        Some(json!("старое\nновое"))
    );
    assert_eq!(with(OnUpdate::Append, json!("старое\nновое")), None);
    assert_eq!(with(OnUpdate::Overwrite, json!("новое")), None);
    assert_eq!(with(OnUpdate::Keep, json!(null)), None);
}

#[test]
fn lists_are_compared_as_sets_and_extended_by_missing_values() {
    let fields = |on_update| {
        let member = |text: &str| {
            let value = PlannedValue::Member(Personal::from(text));
            field("UF_CRM_TOPICS", value, FieldRole::Fill, on_update)
        };
        vec![member("45"), member("47")]
    };
    let with = |on_update, there: serde_json::Value| {
        changes(
            &fields(on_update),
            &[("UF_CRM_TOPICS".to_owned(), there)].into(),
        )
        .remove("UF_CRM_TOPICS")
    };
    assert_eq!(with(OnUpdate::Overwrite, json!([47, 45])), None);
    assert_eq!(
        with(OnUpdate::Overwrite, json!([47, 49])),
        Some(json!(["45", "47"]))
    );
    assert_eq!(
        with(OnUpdate::Append, json!([49, 45])),
        Some(json!([49, 45, "47"]))
    );
    assert_eq!(with(OnUpdate::Append, json!(["45", "47"])), None);
    assert_eq!(
        with(OnUpdate::Fill, json!(false)),
        Some(json!(["45", "47"]))
    );
    assert_eq!(with(OnUpdate::Fill, json!([1])), None);
    assert_eq!(with(OnUpdate::Keep, json!([])), None);
    // a plain text for a field that turns out to be a list does not wipe it
    let plain = vec![text("UF_CRM_TOPICS", "47", OnUpdate::Append)];
    let there = [("UF_CRM_TOPICS".to_owned(), json!(["45"]))].into();
    assert_eq!(
        changes(&plain, &there)["UF_CRM_TOPICS"],
        json!(["45", "47"])
    );
}

#[test]
fn the_portals_own_format_of_a_value_is_not_a_change() {
    for (wanted, there) in [
        ("3500", "3500.00"),
        ("2026-03-01", "2026-03-01T03:00:00+03:00"),
    ] {
        let fields = [text("X", wanted, OnUpdate::Overwrite)];
        assert!(
            changes(&fields, &[("X".to_owned(), json!(there))].into()).is_empty(),
            "{wanted}"
        );
    }
}

#[expect(clippy::too_many_lines, reason = "a table of values")]
#[test]
fn a_value_that_is_not_written_is_named_if_the_current_one_differs() {
    let guessed = |name: &str, value: &str| {
        let mut field = text(name, value, OnUpdate::Fill);
        field.origin.is_guessed = true;
        field
    };
    let member = |value: &str, on_update| {
        let value = PlannedValue::Member(Personal::from(value));
        field("X", value, FieldRole::Fill, on_update)
    };
    let grouped = |on_update| PlannedField {
        together: Some(FieldGroup::default()),
        ..text("X", "новое", on_update)
    };
    let (rule, filled) = (Some(KeptBecause::Rule), Some(KeptBecause::Filled));
    for (planned, there, wanted) in [
        (text("X", "новое", OnUpdate::Keep), json!("старое"), rule),
        (text("X", "новое", OnUpdate::Keep), json!(""), rule),
        (text("X", "новое", OnUpdate::Keep), json!(null), rule),
        (text("X", "новое", OnUpdate::Keep), json!("новое"), None),
        (text("X", " Новое ", OnUpdate::Keep), json!("новое"), None),
        (text("X", "3500", OnUpdate::Keep), json!("3500.00"), None),
        (text("X", "", OnUpdate::Keep), json!("старое"), None),
        (text("X", "новое", OnUpdate::Fill), json!("старое"), filled),
        (text("X", "новое", OnUpdate::Fill), json!(""), None),
        (text("X", "новое", OnUpdate::Fill), json!("новое"), None),
        (text("X", "", OnUpdate::Fill), json!("старое"), None),
        (
            guessed("X", "Роза"),
            json!("Анна"),
            Some(KeptBecause::Guessed),
        ),
        (guessed("X", "Роза"), json!("Роза"), None),
        (guessed("X", "Роза"), json!(""), None),
        (text("X", "новое", OnUpdate::Append), json!("старое"), None),
        (
            text("X", "новое", OnUpdate::Overwrite),
            json!("старое"),
            None,
        ),
        (member("45", OnUpdate::Keep), json!(["47"]), rule),
        (member("45", OnUpdate::Keep), json!([47, 45]), None),
        (member("45", OnUpdate::Keep), json!(false), rule),
        (member("45", OnUpdate::Fill), json!(["47"]), filled),
        (member("45", OnUpdate::Fill), json!(false), None),
        (grouped(OnUpdate::Fill), json!("старое"), filled),
    ] {
        let row = [("X".to_owned(), there.clone())].into();
        let found = kept(
            FoundOne::Contact(id(84)),
            std::slice::from_ref(&planned),
            &row,
        );
        let why = found.first().map(|kept| kept.why);
        assert_eq!(why, wanted, "{:?} {there}", planned.on_update);
    }
    // the fields of one reason are one step
    let fields = ["NAME", "POST"].map(|name| text(name, "новое", OnUpdate::Keep));
    let found = kept(
        FoundOne::Contact(id(84)),
        &fields,
        &crate::crm::FieldMap::new(),
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fields, ["NAME", "POST"]);
}
