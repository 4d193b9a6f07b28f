//! `crm.requisite.*`: the requisites of contacts and companies, and their templates. The portal does
//! not check tax numbers, and two companies may have the same one (REST documentation,
//! "crm.requisite.add").

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument, array_argument, id_argument, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    query::page::Start,
    state::{
        kind::Kind,
        requisite::{PRESETS, Requisite},
    },
    when,
};

/// Fields beside those that begin with `RQ_` or `UF_`.
const FIELDS: [&str; 14] = [
    "ID",
    "ENTITY_TYPE_ID",
    "ENTITY_ID",
    "PRESET_ID",
    "DATE_CREATE",
    "DATE_MODIFY",
    "CREATED_BY_ID",
    "NAME",
    "CODE",
    "XML_ID",
    "ORIGINATOR_ID",
    "ACTIVE",
    "ADDRESS_ONLY",
    "SORT",
];

/// Fields that only the portal sets, or that are set once.
const FIXED: [&str; 6] = [
    "ID",
    "ENTITY_TYPE_ID",
    "ENTITY_ID",
    "DATE_CREATE",
    "DATE_MODIFY",
    "CREATED_BY_ID",
];

pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |verb: &str, run| registry.add(format!("crm.requisite.{verb}"), "crm", Run::One(run));
    add("add", add_requisite);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
    add("preset.list", presets);
}

fn is_field(name: &str) -> bool {
    FIELDS.contains(&name) || name.starts_with("RQ_") || name.starts_with("UF_CRM_")
}

/// The contact or company that owns a requisite.
fn owner(ctx: &Context<'_>, fields: &Value) -> Result<(Kind, u32), ApiError> {
    let number = |name: &str| php::member(fields, name).map_or(0, php::intval);
    let kind = Kind::of_type(number("ENTITY_TYPE_ID"))
        .filter(|kind| matches!(kind, Kind::Contact | Kind::Company))
        .ok_or_else(|| ApiError::classic("ENTITY_TYPE_ID is not defined or invalid."))?;
    let id = u32::try_from(number("ENTITY_ID")).unwrap_or(0);
    if id == 0 {
        return Err(ApiError::classic("ENTITY_ID is not defined or invalid."));
    }
    let preset = number("PRESET_ID");
    if PRESETS.iter().all(|it| i64::from(it.id) != preset) {
        return Err(ApiError::classic("PRESET_ID is not defined or invalid."));
    }
    if ctx.state.record(kind, id).is_none() {
        return Err(ApiError::classic("Entity not found."));
    }
    Ok((kind, id))
}

fn add_requisite(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    owner(ctx, &sent)?;
    ctx.state.numbers.requisite += 1;
    let id = ctx.state.numbers.requisite;
    let mut fields = Map::new();
    for (name, value) in php::members(&sent) {
        if is_field(&name) {
            fields.insert(name, php::strval(value).trim().into());
        }
    }
    let now = when::iso(ctx.now.as_second());
    for (name, value) in [
        ("ID", id.to_string()),
        ("DATE_CREATE", now),
        ("CREATED_BY_ID", ctx.user.to_string()),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    ctx.state.requisites.insert(id, Requisite(fields));
    ctx.state.revision += 1;
    Ok(Answer::plain(id))
}

fn missing(id: u32) -> ApiError {
    ApiError::classic(format!("The Requisite with ID '{id}' is not found"))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let sent = array_argument(params, "fields")?;
    let now = when::iso(ctx.now.as_second());
    let requisite = ctx
        .state
        .requisites
        .get_mut(&id)
        .ok_or_else(|| missing(id))?;
    for (name, value) in php::members(&sent) {
        if is_field(&name) && !FIXED.contains(&name.as_str()) {
            requisite.0.insert(name, php::strval(value).trim().into());
        }
    }
    requisite.0.insert("DATE_MODIFY".to_owned(), now.into());
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let requisite = ctx.state.requisites.get(&id).ok_or_else(|| missing(id))?;
    Ok(Answer::plain(Value::Object(requisite.0.clone())))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    if ctx.state.requisites.remove(&id).is_none() {
        return Err(missing(id));
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let all = ctx.state.requisites.values().map(|it| it.0.clone());
    page(all.collect(), params)
}

fn presets(_: &mut Context<'_>, params: &Value) -> Reply {
    let all = PRESETS.iter().map(|preset| {
        let row = json!({
            "ID": preset.id.to_string(), "ENTITY_TYPE_ID": "8", "COUNTRY_ID": "1",
            "NAME": preset.name, "XML_ID": preset.code, "ACTIVE": "Y", "SORT": "500",
        });
        row.as_object().cloned().unwrap_or_default()
    });
    page(all.collect(), params)
}

/// Answers the selected fields of the rows that pass the filter.
fn page(mut all: Vec<Map<String, Value>>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    all.retain(|row| rows::pass(row, &filter));
    rows::sort(&mut all, &order);
    let select: Vec<String> = argument(params, "select")
        .map(php::values)
        .unwrap_or_default()
        .into_iter()
        .map(php::strval)
        .collect();
    let known = |name: &str| name == "*" || name == "COUNTRY_ID" || is_field(name);
    if let Some(unknown) = select.iter().find(|name| !known(name)) {
        // "crm.requisite.preset.list" documents this refusal
        let text = format!("Unknown field definition `{unknown}` ({unknown}).");
        return Err(ApiError::coded("100", text));
    }
    let is_selected =
        |name: &str| select.is_empty() || select.iter().any(|one| one == name || one == "*");
    let start = Start::of(params);
    let (total, next) = start.paging(all.len());
    let shown: Vec<Value> = start
        .cut(all)
        .into_iter()
        .map(|row| {
            let kept = row.into_iter().filter(|(name, _)| is_selected(name));
            Value::Object(kept.collect())
        })
        .collect();
    Ok(Answer {
        result: shown.into(),
        total: Some(total.unwrap_or(0)),
        next,
    })
}
