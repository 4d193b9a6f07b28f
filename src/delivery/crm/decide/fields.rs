//! Chooses the field values to write: all of them into a new record; into an existing one only new
//! values, by the rules of the profile.

use serde_json::{Map, Value, json};

use super::super::markup;
use crate::crm::{ContactDetails, FieldMap, numbers_equal, values_equal};
use crate::domain::spelling::CompareAs;
use crate::domain::{FoundOne, KeptBecause, KeptFields, OnUpdate, PlannedField, PlannedValue};

/// Returns the fields of a new contact or record, without contact details.
pub(super) fn fresh(fields: &[PlannedField]) -> Map<String, Value> {
    let mut filled = Map::new();
    for name in names(fields) {
        let values: Vec<&PlannedField> = of(fields, name).collect();
        let value = if is_list(&values) {
            Value::from(members(&values))
        } else {
            values.last().map(|field| stored(field)).unwrap_or_default()
        };
        filled.insert(name.to_owned(), value);
    }
    filled
}

/// Returns the fields that an update of this row must write, without contact details.
pub(super) fn changes(fields: &[PlannedField], row: &FieldMap) -> Map<String, Value> {
    let mut changed = Map::new();
    for name in names(fields) {
        let values: Vec<&PlannedField> = of(fields, name).collect();
        let Some(last) = values.last() else { continue };
        if last.together.is_some() && !is_group_written(fields, last, row) {
            continue;
        }
        let there = row.get(name).unwrap_or(&Value::Null);
        // a list that is empty comes as `false` (REST documentation, multiple custom fields)
        let is_list = is_list(&values) || matches!(there, Value::Array(_) | Value::Bool(false));
        let value = if is_list {
            changed_list(&members(&values), last.on_update, there)
        } else {
            changed_text(last, there)
        };
        if let Some(value) = value {
            changed.insert(name.to_owned(), value);
        }
    }
    clear_groups(fields, row, &mut changed);
    changed
}

/// Returns the fields of a found one for which the submission has another value that is not written,
/// by reasons. A group that is not filled is explained as a whole: see [`kept_groups`].
pub(super) fn kept(of: FoundOne, fields: &[PlannedField], row: &FieldMap) -> Vec<KeptFields> {
    let mut all: Vec<KeptFields> = Vec::new();
    for name in names(fields) {
        let values: Vec<&PlannedField> = self::of(fields, name).collect();
        let Some(why) = values.last().and_then(|last| {
            let there = row.get(name).unwrap_or(&Value::Null);
            kept_because(of, last).filter(|_| is_other(&values, last, there))
        }) else {
            continue;
        };
        match all.iter_mut().find(|kept| kept.why == why) {
            Some(kept) => kept.fields.push(name.to_owned()),
            None => all.push(KeptFields {
                of,
                fields: vec![name.to_owned()],
                why,
            }),
        }
    }
    all
}

/// Returns why a value that differs is not written; `None` if it is.
fn kept_because(of: FoundOne, field: &PlannedField) -> Option<KeptBecause> {
    match field.on_update {
        OnUpdate::Keep => Some(KeptBecause::Rule),
        OnUpdate::Fill if field.together.is_some() && matches!(of, FoundOne::Record { .. }) => None,
        OnUpdate::Fill if field.origin.is_guessed => Some(KeptBecause::Guessed),
        OnUpdate::Fill => Some(KeptBecause::Filled),
        OnUpdate::Overwrite | OnUpdate::Append => None,
    }
}

/// Returns whether a found one stays without a value of the submission.
fn is_other(values: &[&PlannedField], last: &PlannedField, there: &Value) -> bool {
    if last.on_update == OnUpdate::Fill && !is_filled(there) {
        return false;
    }
    if is_list(values) {
        let wanted = members(values);
        return !wanted.is_empty() && changed_list(&wanted, OnUpdate::Append, there).is_some();
    }
    let wanted = stored(last);
    let text = wanted.as_str().unwrap_or_default();
    !text.trim().is_empty()
        && !is_same(&present(there), text)
        && !values_equal(there, text, last.compare)
}

/// Returns whether a found record gets the values of this field's group: to fill, none of the
/// group's fields may have a value, because marks of two visits do not belong together; to
/// overwrite, the submission needs one.
fn is_group_written(fields: &[PlannedField], field: &PlannedField, row: &FieldMap) -> bool {
    let (valued, empty) = members_of_group(fields, field);
    let is_empty = |name: &&str| !row.get(*name).is_some_and(is_filled);
    match field.on_update {
        OnUpdate::Fill => valued.iter().chain(&empty).all(is_empty),
        OnUpdate::Overwrite => !valued.is_empty(),
        OnUpdate::Keep | OnUpdate::Append => true,
    }
}

/// Returns the names of a group's fields with a value in the submission, and of the others.
fn members_of_group<'f>(
    fields: &'f [PlannedField],
    field: &'f PlannedField,
) -> (Vec<&'f str>, Vec<&'f str>) {
    let Some(group) = &field.together else {
        return (Vec::new(), Vec::new());
    };
    let is_member = |other: &&PlannedField| {
        other
            .together
            .as_ref()
            .is_some_and(|of| of.name == group.name)
            && !other.value.as_str().trim().is_empty()
    };
    let valued = fields.iter().filter(is_member);
    let valued = valued.map(|field| field.name.as_str()).collect();
    (
        valued,
        group.without_value.iter().map(String::as_str).collect(),
    )
}

/// Clears the fields of overwritten groups for which the submission has no value.
fn clear_groups(fields: &[PlannedField], row: &FieldMap, changed: &mut Map<String, Value>) {
    let grouped = fields
        .iter()
        .filter(|field| field.together.is_some() && field.on_update == OnUpdate::Overwrite);
    for field in grouped {
        if !is_group_written(fields, field, row) {
            continue;
        }
        for name in members_of_group(fields, field).1 {
            if row.get(name).is_some_and(is_filled) {
                changed.insert(name.to_owned(), Value::from(""));
            }
        }
    }
}

/// Returns the groups whose values a found record does not get, because it has others.
pub(super) fn kept_groups(fields: &[PlannedField], row: &FieldMap) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for field in fields
        .iter()
        .filter(|field| field.on_update == OnUpdate::Fill)
    {
        let Some(group) = &field.together else {
            continue;
        };
        let there = present(row.get(&field.name).unwrap_or(&Value::Null));
        let differs = !is_same(&there, field.value.as_str());
        if differs && !kept.contains(&group.name) && !is_group_written(fields, field, row) {
            kept.push(group.name.clone());
        }
    }
    kept
}

/// Adds contact details, which are lists of rows; a bare string would be dropped silently (REST
/// documentation, multifields). Without `there` all are written, otherwise only the new ones.
pub(super) fn add_contact_details(
    into: &mut Map<String, Value>,
    fields: &[PlannedField],
    there: Option<&ContactDetails>,
) {
    for field in fields {
        let (name, usual) = match &field.value {
            PlannedValue::Phone(_) => ("PHONE", "WORK"),
            PlannedValue::Email(_) => ("EMAIL", "WORK"),
            PlannedValue::Site(_) => ("WEB", "WORK"),
            PlannedValue::Messenger(_) => ("IM", "OTHER"),
            PlannedValue::Text(_)
            | PlannedValue::Member(_)
            | PlannedValue::Label(_)
            | PlannedValue::File(_) => continue,
        };
        let text = field.written();
        let is_known = there.and_then(|there| there.has(&field.value)) == Some(true);
        if is_known || text.trim().is_empty() {
            continue;
        }
        let kind = field.value_type.as_deref().unwrap_or(usual);
        let list = into.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(rows) = list
            && rows
                .iter()
                .all(|row| row.get("VALUE") != Some(&json!(*text)))
        {
            rows.push(json!({"VALUE": *text, "VALUE_TYPE": kind}));
        }
    }
}

/// Returns the names of plain fields, each once, in the profile's order.
fn names(fields: &[PlannedField]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for field in fields {
        let is_plain = matches!(field.value, PlannedValue::Text(_) | PlannedValue::Member(_));
        if is_plain && !names.contains(&field.name.as_str()) {
            names.push(&field.name);
        }
    }
    names
}

fn of<'f>(fields: &'f [PlannedField], name: &'f str) -> impl Iterator<Item = &'f PlannedField> {
    fields.iter().filter(move |field| field.name == name)
}

fn is_list(values: &[&PlannedField]) -> bool {
    values
        .iter()
        .any(|field| matches!(field.value, PlannedValue::Member(_)))
}

/// Returns the values of a list, each once, without empty ones.
fn members(values: &[&PlannedField]) -> Vec<Value> {
    let mut members: Vec<Value> = Vec::new();
    for field in values {
        let value = stored(field);
        let is_empty = field.value.as_str().trim().is_empty();
        if !is_empty && !members.contains(&value) {
            members.push(value);
        }
    }
    members
}

/// Returns a field's value as the CRM should store it.
fn stored(field: &PlannedField) -> Value {
    let text = field.value.as_str();
    if markup::renders_markup(&field.name) {
        Value::from(markup::plain(text))
    } else {
        Value::from(text)
    }
}

fn changed_text(field: &PlannedField, there: &Value) -> Option<Value> {
    let there = present(there);
    let wanted = stored(field);
    let text = wanted.as_str().unwrap_or_default();
    match field.on_update {
        OnUpdate::Keep => None,
        OnUpdate::Overwrite => (!is_same(&there, text)).then_some(wanted),
        OnUpdate::Fill | OnUpdate::Append if text.trim().is_empty() => None,
        OnUpdate::Fill => there.trim().is_empty().then_some(wanted),
        OnUpdate::Append if there.trim().is_empty() => Some(wanted),
        OnUpdate::Append => {
            (!there.contains(text)).then(|| Value::from(format!("{there}\n{text}")))
        }
    }
}

fn changed_list(wanted: &[Value], on_update: OnUpdate, there: &Value) -> Option<Value> {
    let there: Vec<Value> = match there {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let there: Vec<Value> = there
        .into_iter()
        .filter(|value| !present(value).trim().is_empty())
        .collect();
    let is_in = |list: &[Value], value: &Value| {
        let mut list = list.iter();
        list.any(|one| values_equal(one, &present(value), CompareAs::Code))
    };
    let lacking: Vec<Value> = wanted
        .iter()
        .filter(|value| !is_in(&there, value))
        .cloned()
        .collect();
    match on_update {
        OnUpdate::Keep => None,
        OnUpdate::Overwrite => {
            let is_equal = lacking.is_empty() && there.iter().all(|value| is_in(wanted, value));
            // an empty list cannot be sent: one empty value clears
            let whole = if wanted.is_empty() {
                json!([""])
            } else {
                Value::from(wanted)
            };
            (!is_equal).then_some(whole)
        }
        OnUpdate::Fill => (there.is_empty() && !wanted.is_empty()).then(|| Value::from(wanted)),
        OnUpdate::Append => (!lacking.is_empty()).then(|| Value::from([there, lacking].concat())),
    }
}

/// Returns whether writing would change nothing: the portal formats amounts and dates in its own
/// way.
fn is_same(there: &str, wanted: &str) -> bool {
    let is_day = wanted.len() == 10 && wanted.bytes().filter(|b| *b == b'-').count() == 2;
    there == wanted
        || numbers_equal(there, wanted)
        || (is_day
            && there
                .strip_prefix(wanted)
                .is_some_and(|rest| rest.starts_with('T')))
}

/// Returns whether a field has a value.
pub(super) fn is_filled(stored: &Value) -> bool {
    match stored {
        Value::String(text) => !text.trim().is_empty(),
        Value::Number(_) => true,
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Object(_) => false,
    }
}

/// Returns a field's current value as text; an unset value is empty.
fn present(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) | Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{FieldGroup, FieldRole, Origin};

    /// A mark of the group `utm`; the group has `UTM_TERM` without a value.
    fn mark(name: &str, value: &str, on_update: OnUpdate) -> PlannedField {
        PlannedField {
            name: name.to_owned(),
            value: PlannedValue::Text(value.into()),
            role: FieldRole::Fill,
            on_update,
            value_type: None,
            extension: None,
            together: Some(FieldGroup {
                name: "utm".into(),
                without_value: vec!["UTM_TERM".into()],
            }),
            compare: CompareAs::default(),
            origin: Origin::default(),
        }
    }

    fn row(marks: &[(&str, &str)]) -> FieldMap {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), Value::from(*value));
        marks.iter().map(pair).collect()
    }

    #[test]
    fn marks_of_two_visits_are_not_mixed() {
        let marks = |on_update| {
            [
                mark("UTM_SOURCE", "vk", on_update),
                mark("UTM_CAMPAIGN", "x", on_update),
            ]
        };
        let all = json!({"UTM_SOURCE": "vk", "UTM_CAMPAIGN": "x"});
        for (on_update, there, wanted) in [
            (OnUpdate::Fill, row(&[]), all.clone()),
            (OnUpdate::Fill, row(&[("UTM_SOURCE", "")]), all.clone()),
            (OnUpdate::Fill, row(&[("UTM_SOURCE", "yandex")]), json!({})),
            (OnUpdate::Fill, row(&[("UTM_CAMPAIGN", "x")]), json!({})),
            (OnUpdate::Fill, row(&[("UTM_TERM", "y")]), json!({})),
            (OnUpdate::Overwrite, row(&[]), all.clone()),
            (
                OnUpdate::Overwrite,
                row(&[("UTM_SOURCE", "yandex"), ("UTM_TERM", "y")]),
                json!({"UTM_SOURCE": "vk", "UTM_CAMPAIGN": "x", "UTM_TERM": ""}),
            ),
            (OnUpdate::Keep, row(&[]), json!({})),
        ] {
            let fields = marks(on_update);
            let changed = Value::from(changes(&fields, &there));
            assert_eq!(changed, wanted, "{on_update:?} {there:?}");
        }
        let kept = |there: &[(&str, &str)]| kept_groups(&marks(OnUpdate::Fill), &row(there));
        assert_eq!(kept(&[("UTM_TERM", "y")]), ["utm"]);
        assert!(kept(&[]).is_empty());
        assert!(kept(&[("UTM_SOURCE", "vk"), ("UTM_CAMPAIGN", "x")]).is_empty());
    }
}
