//! `crm.requisite.bankdetail.*`: the bank accounts of requisites.

use serde_json::Value;

use super::{
    Context, Registry, Run, array_argument, id_argument,
    requisite::{changes, created, fields_of, is_field, page},
};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::requisite::BANK_COLUMNS,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        let name = format!("crm.requisite.bankdetail.{verb}");
        registry.add(name, "crm", Run::One(run));
    };
    add("fields", |_, _| Ok(Answer::plain(fields_of(BANK_COLUMNS))));
    add("add", add_detail);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
}

fn missing(id: u32) -> ApiError {
    ApiError::classic(format!(
        "The RequisiteBankDetail with ID '{id}' is not found"
    ))
}

fn add_detail(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let owner = php::member(&sent, "ENTITY_ID").map_or(0, php::intval);
    let owner = u32::try_from(owner).unwrap_or(0);
    if !ctx.state.requisites.contains_key(&owner) {
        return Err(ApiError::undefined("ENTITY_ID"));
    }
    ctx.state.numbers.bank_detail += 1;
    let id = ctx.state.numbers.bank_detail;
    let detail = created(ctx, BANK_COLUMNS, &sent, id);
    ctx.state.bank_details.insert(id, detail);
    ctx.state.revision += 1;
    Ok(Answer::plain(id))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let changed = changes(ctx, BANK_COLUMNS, params)?;
    let detail = ctx.state.bank_details.get_mut(&id);
    detail.ok_or_else(|| missing(id))?.0.extend(changed);
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let detail = ctx.state.bank_details.get(&id);
    let detail = detail.ok_or_else(|| missing(id))?;
    Ok(Answer::plain(detail.whole(BANK_COLUMNS)))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    if ctx.state.bank_details.remove(&id).is_none() {
        return Err(missing(id));
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let all = ctx.state.bank_details.values();
    let all = all.map(|it| it.whole(BANK_COLUMNS)).collect();
    page(all, |name| is_field(BANK_COLUMNS, name), params)
}
