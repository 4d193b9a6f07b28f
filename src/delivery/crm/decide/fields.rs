//! Chooses the field values to write: all of them into a new record; into an existing one only new
//! values, by the rules of the profile.

use serde_json::{Map, Value, json};

use super::super::markup;
use crate::crm::{ContactDetails, FieldMap, numbers_equal, values_equal};
use crate::domain::{OnUpdate, PlannedField, PlannedValue};

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
    changed
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
            PlannedValue::Text(_) | PlannedValue::Member(_) | PlannedValue::Label(_) => continue,
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
    let is_in =
        |list: &[Value], value: &Value| list.iter().any(|one| values_equal(one, &present(value)));
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
