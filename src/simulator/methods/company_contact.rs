//! `crm.company.contact.*`: adds, removes and lists the contacts of a company (REST documentation,
//! "crm.company.contact.add").

use serde_json::{Value, json};

use super::{
    Context, Registry, Run, argument,
    bindings::{fields_of, unquoted},
    describe::described,
};
use crate::simulator::{
    companies::{self, Bound},
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::kind::Kind,
};

/// How far apart the sorting numbers of contacts are that come without one.
const STEP: i64 = 10;

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(format!("crm.company.contact.{verb}"), "crm", Run::One(run));
    };
    add("add", bind);
    add("delete", unbind);
    add("items.get", get);
    add("items.set", set);
    add("items.delete", clear);
    add("fields", fields);
}

fn company(ctx: &Context<'_>, params: &Value) -> Result<u32, ApiError> {
    let id = argument(params, "id").map_or(0, php::intval);
    let id = u32::try_from(id).ok().filter(|id| *id > 0).ok_or_else(|| {
        ApiError::classic("The parameter 'ownerEntityID' is invalid or not defined.")
    })?;
    match ctx.state.record(Kind::Company, id) {
        Some(_) => Ok(id),
        None => Err(ApiError::classic("Not found.")),
    }
}

fn contact(ctx: &Context<'_>, fields: &Value) -> Result<u32, ApiError> {
    let id = php::member(fields, "CONTACT_ID").map_or(0, php::intval);
    u32::try_from(id)
        .ok()
        .filter(|id| ctx.state.record(Kind::Contact, *id).is_some())
        .ok_or_else(|| ApiError::classic("The parameter 'fields' is not valid."))
}

fn sort_of(sent: &Value, last: i64) -> i64 {
    php::member(sent, "SORT").map_or(last.saturating_add(STEP), php::intval)
}

fn bind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let company = company(ctx, params)?;
    let fields = match argument(params, "fields") {
        Some(fields) if php::is_array(fields) => fields,
        _ => return Err(ApiError::classic("The parameter 'fields' must be array.")),
    };
    let contact = contact(ctx, fields)?;
    let last = companies::contacts(ctx.state, company);
    let sort = sort_of(fields, last.last().map_or(0, |it| it.sort));
    let is_new = companies::bind(ctx.state, company, Bound { contact, sort });
    Ok(Answer::plain(is_new))
}

fn unbind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let company = company(ctx, params)?;
    let fields = match argument(params, "fields") {
        Some(fields) if php::is_array(fields) => fields,
        _ => return Err(ApiError::classic("The parameter 'item' must be array.")),
    };
    let contact = contact(ctx, fields)?;
    Ok(Answer::plain(companies::unbind(
        ctx.state, company, contact,
    )))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let company = company(ctx, params).map_err(unquoted)?;
    let rows = companies::contacts(ctx.state, company);
    let rows = rows.into_iter().enumerate().map(|(at, it)| {
        json!({
            "CONTACT_ID": it.contact,
            "SORT": it.sort,
            "ROLE_ID": 0,
            "IS_PRIMARY": if at == 0 { "Y" } else { "N" },
        })
    });
    Ok(Answer::plain(rows.collect::<Value>()))
}

fn set(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let company = company(ctx, params).map_err(unquoted)?;
    let items = match argument(params, "items") {
        Some(items) if php::is_array(items) => items,
        _ => return Err(ApiError::classic("The parameter items must be array.")),
    };
    let mut wanted: Vec<Bound> = Vec::new();
    for item in php::values(items) {
        let contact = contact(ctx, item)?;
        let sort = sort_of(item, wanted.last().map_or(0, |it| it.sort));
        wanted.push(Bound { contact, sort });
    }
    companies::replace(ctx.state, company, &wanted);
    Ok(Answer::plain(true))
}

fn clear(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let company = company(ctx, params).map_err(unquoted)?;
    companies::replace(ctx.state, company, &[]);
    Ok(Answer::plain(true))
}

fn fields(_: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(described(&fields_of("CONTACT_ID"))))
}
