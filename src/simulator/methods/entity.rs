//! `crm.entity.mergeBatch`: merges records into the first one. Information of the others goes to it,
//! and they are deleted; if two records have different values in a field, nothing changes and the
//! status is `CONFLICT` (REST documentation, "crm.entity.mergeBatch"). Which fields can never
//! conflict is our inference: those that the portal fills itself.

use serde_json::{Value, json};

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{State, kind::Kind, record::Record},
    write,
};

/// Fields in which the first record's value is kept.
const KEPT: [&str; 12] = [
    "ID",
    "ASSIGNED_BY_ID",
    "OPENED",
    "EXPORT",
    "TYPE_ID",
    "SOURCE_ID",
    "ORIGINATOR_ID",
    "ORIGIN_ID",
    "ORIGIN_VERSION",
    "CATEGORY_ID",
    "XML_ID",
    "TITLE",
];

pub(super) fn register(registry: &mut Registry) {
    registry.add("crm.entity.mergeBatch", "crm", Run::One(merge));
}

fn merge(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let params = argument(params, "params").cloned().unwrap_or_default();
    let kind = php::member(&params, "entityTypeId").map_or(0, php::intval);
    if kind == 0 {
        return Err(ApiError::classic("The parameter entityTypeId is required."));
    }
    let kind = Kind::of_type(kind)
        .ok_or_else(|| ApiError::classic(format!("Entity type {kind} is not supported")))?;
    let sent = php::member(&params, "entityIds").map(php::values);
    let mut ids: Vec<u32> = Vec::new();
    for id in sent.into_iter().flatten().map(php::intval) {
        let id = u32::try_from(id).unwrap_or(0);
        if ctx.state.record(kind, id).is_some() && !ids.contains(&id) {
            ids.push(id);
        }
    }
    let Some((first, others)) = ids.split_first() else {
        let text = "The parameter entityIds does not contains valid elements.";
        return Err(ApiError::classic(text));
    };
    if others.is_empty() {
        let text = "The parameter entityIds must contains at least two elements.";
        return Err(ApiError::classic(text));
    }
    let Some(merged) = merged(ctx.state, kind, *first, others) else {
        let none: [u32; 0] = [];
        return Ok(Answer::plain(
            json!({"STATUS": "CONFLICT", "ENTITY_IDS": none}),
        ));
    };
    ctx.state.put(kind, merged);
    for other in others {
        if kind == Kind::Contact {
            rebind(ctx.state, *other, *first);
        }
        ctx.state.move_timeline((kind, *other), (kind, *first));
        ctx.state.remove(kind, *other);
    }
    Ok(Answer::plain(
        json!({"STATUS": "SUCCESS", "ENTITY_IDS": others}),
    ))
}

/// Returns the first record with what the others have in addition; `None` if two values of a field
/// differ.
fn merged(state: &State, kind: Kind, first: u32, others: &[u32]) -> Option<Record> {
    let table = state.table(kind);
    let mut whole = state.record(kind, first)?.clone();
    for other in others.iter().filter_map(|id| state.record(kind, *id)) {
        for (place, value) in other.fields() {
            let Some(field) = table.schema.at(*place) else {
                continue;
            };
            if field.is('r') || KEPT.contains(&field.code.as_str()) {
                continue;
            }
            match whole.get(*place) {
                None => whole.set(*place, Some(value.clone())),
                Some(mine) if mine == value || field.is('m') => {}
                Some(_) => return None,
            }
        }
        for multi in &other.multi {
            let is_there = whole
                .multi
                .iter()
                .any(|it| it.channel == multi.channel && it.value == multi.value);
            if !is_there {
                whole.multi.push(multi.clone());
            }
        }
    }
    Some(whole)
}

/// Replaces a contact in every record that it is linked to.
fn rebind(state: &mut State, from: u32, to: u32) {
    for kind in Kind::ALL {
        let owners = state.table(kind).of_contact(from).to_vec();
        for owner in owners {
            let Some(mut record) = state.record(kind, owner).cloned() else {
                continue;
            };
            let mut ids: Vec<u32> = Vec::new();
            for binding in &record.contacts {
                let id = if binding.id == from { to } else { binding.id };
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            record.contacts = write::bindings(&ids);
            state.put(kind, record);
        }
    }
}
