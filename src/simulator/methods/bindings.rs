//! `crm.{deal,lead}.contact.*` and `crm.contact.company.*`: adds, removes and lists the contacts of
//! a record, and the companies of a contact (REST documentation, "crm.contact.company.add").

use serde_json::{Value, json};

use super::{Context, Registry, Run, argument, describe::described};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        kind::Kind,
        record::{Binding, Record, settle},
    },
};

pub(super) fn register(registry: &mut Registry) {
    for kind in [Kind::Deal, Kind::Lead, Kind::Contact] {
        let mut add = |verb: &str, run| {
            let name = format!("crm.{}.{}.{verb}", kind.word(), bound_kind(kind).word());
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

/// What is bound to records of this kind.
fn bound_kind(owner: Kind) -> Kind {
    if owner == Kind::Contact {
        Kind::Company
    } else {
        Kind::Contact
    }
}

/// The name of the bound one's id.
fn id_name(owner: Kind) -> &'static str {
    if owner == Kind::Contact {
        "COMPANY_ID"
    } else {
        "CONTACT_ID"
    }
}

fn bound(owner: Kind, record: &mut Record) -> &mut Vec<Binding> {
    if owner == Kind::Contact {
        &mut record.companies
    } else {
        &mut record.contacts
    }
}

/// Stores an owner with changed bindings.
fn store(ctx: &mut Context<'_>, kind: Kind, mut record: Record) -> Reply {
    if kind == Kind::Contact {
        ctx.state.name_company(&mut record);
    }
    ctx.state.put(kind, record);
    Ok(Answer::plain(true))
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

/// Methods that read or write all bindings name parameters without quotes (REST documentation,
/// "crm.deal.contact.items.get").
pub(super) fn unquoted(mut error: ApiError) -> ApiError {
    error.description = error.description.replace('\'', "");
    error
}

fn id_of(ctx: &Context<'_>, owner: Kind, fields: &Value) -> Result<u32, ApiError> {
    let id = php::member(fields, id_name(owner)).map_or(0, php::intval);
    u32::try_from(id)
        .ok()
        .filter(|id| ctx.state.record(bound_kind(owner), *id).is_some())
        .ok_or_else(|| ApiError::classic("The parameter 'fields' is not valid."))
}

fn binding(id: u32, sent: &Value, last: i64) -> Binding {
    Binding {
        id,
        sort: php::member(sent, "SORT").map_or(last.saturating_add(10), php::intval),
        primary: php::member(sent, "IS_PRIMARY").is_some_and(|it| php::strval(it) == "Y"),
    }
}

fn bind(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params)?;
    let fields = match argument(params, "fields") {
        Some(fields) if php::is_array(fields) => fields,
        _ => return Err(ApiError::classic("The parameter 'fields' must be array.")),
    };
    let id = id_of(ctx, kind, fields)?;
    let bound = bound(kind, &mut record);
    if bound.iter().any(|it| it.id == id) {
        return Ok(Answer::plain(false));
    }
    let last = bound.iter().map(|it| it.sort).max().unwrap_or(0);
    let binding = binding(id, fields, last);
    let primary = binding.primary.then_some(id);
    bound.push(binding);
    settle(bound, primary);
    store(ctx, kind, record)
}

fn unbind(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params)?;
    let fields = match argument(params, "fields") {
        Some(fields) if php::is_array(fields) => fields,
        _ => return Err(ApiError::classic("The parameter 'item' must be array.")),
    };
    let id = id_of(ctx, kind, fields)?;
    let bound = bound(kind, &mut record);
    let before = bound.len();
    bound.retain(|it| it.id != id);
    if bound.len() == before {
        return Ok(Answer::plain(false));
    }
    settle(bound, None);
    store(ctx, kind, record)
}

fn get(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params).map_err(unquoted)?;
    let list: Vec<Value> = bound(kind, &mut record)
        .iter()
        .map(|it| {
            json!({
                id_name(kind): it.id,
                "SORT": it.sort,
                "ROLE_ID": 0,
                "IS_PRIMARY": if it.primary { "Y" } else { "N" },
            })
        })
        .collect();
    Ok(Answer::plain(list))
}

fn set(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params).map_err(unquoted)?;
    let items = match argument(params, "items") {
        Some(items) if php::is_array(items) => items,
        _ => return Err(ApiError::classic("The parameter items must be array.")),
    };
    let bound = bound(kind, &mut record);
    bound.clear();
    for item in php::values(items) {
        let id = id_of(ctx, kind, item)?;
        if bound.iter().all(|it| it.id != id) {
            let last = bound.last().map_or(0, |it| it.sort);
            bound.push(binding(id, item, last));
        }
    }
    settle(bound, None);
    store(ctx, kind, record)
}

fn clear(ctx: &mut Context<'_>, kind: Kind, params: &Value) -> Reply {
    let mut record = owner(ctx, kind, params).map_err(unquoted)?;
    bound(kind, &mut record).clear();
    store(ctx, kind, record)
}

fn fields(_: &mut Context<'_>, owner: Kind, _: &Value) -> Reply {
    Ok(Answer::plain(described(&fields_of(id_name(owner)))))
}

/// The fields of a binding; `ROLE_ID` is answered, and not described.
pub(super) fn fields_of(id_name: &str) -> String {
    let title = if id_name == "COMPANY_ID" {
        "Компания"
    } else {
        "Контакт"
    };
    format!(
        "{id_name} | integer | ! | {title}\n\
         SORT | integer | - | Сортировка\n\
         IS_PRIMARY | char | - | Первичный\n"
    )
}
