//! `crm.{deal,lead}.contact.*`: adds, removes and lists the contacts of a record.

use serde_json::{Value, json};

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        kind::Kind,
        record::{Binding, Record},
    },
};

pub(super) fn register(registry: &mut Registry) {
    for kind in [Kind::Deal, Kind::Lead] {
        let mut add = |verb: &str, run| {
            let name = format!("crm.{}.contact.{verb}", kind.word());
            registry.add(name, "crm", Run::Of(kind, run));
        };
        add("add", bind);
        add("delete", unbind);
        add("items.get", get);
        add("items.set", set);
        add("items.delete", clear);
        add("fields", fields);
    }
}

fn owner(ctx: &Context<'_>, kind: Kind, params: &Value) -> Result<Record, ApiError> {
    let id = argument(params, "id").map_or(0, php::intval);
    let id = u32::try_from(id).ok().filter(|id| *id > 0).ok_or_else(|| {
        ApiError::classic("The parameter 'ownerEntityID' is invalid or not defined.")
    })?;
    ctx.state
        .record(kind, id)
        .cloned()
        .ok_or_else(|| ApiError::classic("Not found."))
}

fn contact_of(ctx: &Context<'_>, fields: &Value) -> Result<u32, ApiError> {
    let id = php::member(fields, "CONTACT_ID").map_or(0, php::intval);
    u32::try_from(id)
        .ok()
        .filter(|id| ctx.state.record(Kind::Contact, *id).is_some())
        .ok_or_else(|| ApiError::classic("The parameter 'fields' is not valid."))
}

fn binding(contact: u32, sent: &Value, last: i64) -> Binding {
    Binding {
        contact,
        sort: php::member(sent, "SORT").map_or(last.saturating_add(10), php::intval),
        primary: php::member(sent, "IS_PRIMARY").is_some_and(|it| php::strval(it) == "Y"),
    }
}

/// Exactly one binding is primary: the last one marked so, else the first.
fn settle(record: &mut Record, primary: Option<u32>) {
    let primary = primary
        .or_else(|| {
            record
                .contacts
                .iter()
                .rfind(|it| it.primary)
                .map(|it| it.contact)
        })
        .or_else(|| record.contacts.first().map(|it| it.contact));
    for it in &mut record.contacts {
        it.primary = Some(it.contact) == primary;
    }
    record.contacts.sort_by_key(|it| it.sort);
}

fn bind(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params)?;
    let fields = match argument(params, "fields") {
        Some(fields) if php::is_array(fields) => fields,
        _ => return Err(ApiError::classic("The parameter 'fields' must be array.")),
    };
    let contact = contact_of(ctx, fields)?;
    if record.contacts.iter().any(|it| it.contact == contact) {
        return Ok(Answer::plain(false));
    }
    let last = record.contacts.iter().map(|it| it.sort).max().unwrap_or(0);
    let binding = binding(contact, fields, last);
    let primary = binding.primary.then_some(contact);
    record.contacts.push(binding);
    settle(&mut record, primary);
    ctx.state.put(kind, record);
    Ok(Answer::plain(true))
}

fn unbind(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params)?;
    let fields = argument(params, "fields").cloned().unwrap_or_default();
    let contact = contact_of(ctx, &fields)?;
    let before = record.contacts.len();
    record.contacts.retain(|it| it.contact != contact);
    if record.contacts.len() == before {
        return Ok(Answer::plain(false));
    }
    settle(&mut record, None);
    ctx.state.put(kind, record);
    Ok(Answer::plain(true))
}

fn get(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let record = owner(ctx, kind, params)?;
    let list: Vec<Value> = record
        .contacts
        .iter()
        .map(|it| {
            json!({
                "CONTACT_ID": it.contact,
                "SORT": it.sort,
                "ROLE_ID": 0,
                "IS_PRIMARY": if it.primary { "Y" } else { "N" },
            })
        })
        .collect();
    Ok(Answer::plain(list))
}

fn set(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params)?;
    let items = match argument(params, "items") {
        Some(items) if php::is_array(items) => items,
        _ => return Err(ApiError::classic("The parameter 'items' must be array.")),
    };
    record.contacts.clear();
    for item in php::values(items) {
        let contact = contact_of(ctx, item)?;
        if record.contacts.iter().all(|it| it.contact != contact) {
            let last = record.contacts.last().map_or(0, |it| it.sort);
            record.contacts.push(binding(contact, item, last));
        }
    }
    settle(&mut record, None);
    ctx.state.put(kind, record);
    Ok(Answer::plain(true))
}

fn clear(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params)?;
    record.contacts.clear();
    ctx.state.put(kind, record);
    Ok(Answer::plain(true))
}

fn fields(_: &mut Context<'_>, _: Kind, _: &Value) -> Reply {
    let field = |kind: &str, required: bool| {
        json!({"type": kind, "isRequired": required, "isReadOnly": false, "isImmutable": false,
               "isMultiple": false, "isDynamic": false})
    };
    Ok(Answer::plain(json!({
        "CONTACT_ID": field("integer", true),
        "SORT": field("integer", false),
        "ROLE_ID": field("integer", false),
        "IS_PRIMARY": field("char", false),
    })))
}
