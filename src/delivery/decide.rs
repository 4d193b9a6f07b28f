//! Decide: from a plan and what the CRM holds to a chain of changes. Pure and total: the same input
//! gives the same chain.

mod contact;
mod record;
mod timeline;

use serde_json::{Map, Value};

use super::findings::Findings;
use super::{Job, Verdict, markup};
use crate::crm::{ContactRef, RecordRef, RecordRow, Write};
use crate::domain::{
    ContactId, EntityKind, OnUpdate, PlannedField, PlannedValue, RecordId, UserId,
};

/// What shall be done for one job.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Decision {
    /// The changes, in order.
    pub(super) chain: Vec<Write>,
    /// The contact, when it exists already.
    pub(super) contact: Option<ContactId>,
    /// The record, when it exists already.
    pub(super) record: Option<(EntityKind, RecordId)>,
    /// Why, a sentence each.
    pub(super) explanation: Vec<String>,
}

/// What a decision is made from.
struct Case<'a> {
    job: &'a Job,
    found: &'a Findings,
    originator: &'a str,
}

/// Decides; `Err` is a verdict that needs no writing (parked for a choice).
pub(super) fn decide(job: &Job, found: &Findings, originator: &str) -> Result<Decision, Verdict> {
    let case = Case {
        job,
        found,
        originator,
    };
    let mut decision = Decision::default();
    let people = contact::decide(&case, &mut decision)?;
    if let Some(plan) = &job.plan.record {
        let target = record::decide(&case, plan, &people, &mut decision);
        if let Some(target) = target {
            timeline::decide(&case, plan.kind, &target, &mut decision);
        }
    }
    Ok(decision)
}

/// The record that is there and that this job would use, if any.
pub(super) fn existing_record<'a>(job: &Job, found: &'a Findings) -> Option<&'a RecordRow> {
    let plan = job.plan.record.as_ref()?;
    let people = contact::chosen(job, found).ok()?;
    record::existing(plan, found, &people)
}

/// The contacts of a record: known ones, main first, or the one that this chain creates.
#[derive(Debug, Clone, Default)]
struct People {
    refs: Vec<ContactRef>,
    owner: Option<UserId>,
}

/// The record that this job is about, as what hangs on it has to know it.
struct Target {
    record: RecordRef,
    way: Way,
    /// Who is responsible for it; `None`: the webhook's owner.
    responsible: Option<UserId>,
}

/// How a record came to be the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Created,
    Found,
}

/// A field's value as the CRM shall store it.
fn stored(field: &PlannedField) -> Value {
    let text = field.value.as_str();
    if markup::renders_markup(&field.name) {
        Value::from(markup::plain(text))
    } else {
        Value::from(text)
    }
}

/// The plain fields of a new contact or record.
fn fresh(fields: &[PlannedField]) -> Map<String, Value> {
    fields
        .iter()
        .filter(|field| matches!(field.value, PlannedValue::Text(_)))
        .map(|field| (field.name.clone(), stored(field)))
        .collect()
}

/// The plain fields that an update of this row must write.
fn changes(fields: &[PlannedField], row: &crate::crm::FieldMap) -> Map<String, Value> {
    let mut changed = Map::new();
    for field in fields {
        if !matches!(field.value, PlannedValue::Text(_)) {
            continue;
        }
        let there = row.get(&field.name).map(present).unwrap_or_default();
        let wanted = stored(field);
        let text = wanted.as_str().unwrap_or_default();
        let write = match field.on_update {
            OnUpdate::Keep => None,
            OnUpdate::Overwrite => (there != text).then_some(wanted),
            OnUpdate::Fill => there.trim().is_empty().then_some(wanted),
            OnUpdate::Append if there.trim().is_empty() => Some(wanted),
            OnUpdate::Append => {
                (!there.contains(text)).then(|| Value::from(format!("{there}\n{text}")))
            }
        };
        if let Some(value) = write {
            changed.insert(field.name.clone(), value);
        }
    }
    changed
}

/// What stands in a field now, as text; a list or an unset value is empty.
fn present(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The pair that marks what this job creates.
fn mark(fields: &mut Map<String, Value>, case: &Case<'_>) {
    fields.insert("ORIGINATOR_ID".to_owned(), Value::from(case.originator));
    fields.insert("ORIGIN_ID".to_owned(), Value::from(case.job.id.to_string()));
}

#[cfg(test)]
mod tests;
