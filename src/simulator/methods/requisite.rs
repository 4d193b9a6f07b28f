//! `crm.requisite.*`: the requisites of contacts and companies. The portal does not check tax numbers,
//! and two companies may have the same one (REST documentation, "crm.requisite.add").

use serde_json::{Map, Value};

use super::{
    Context, Registry, Run, argument, array_argument, describe::description, id_argument, rows,
};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    query::page::Start,
    state::{
        kind::Kind,
        requisite::{COLUMNS, PRESETS, Requisite, columns},
    },
    when,
};

/// Fields that only the portal sets, or that are set once.
const FIXED: [&str; 7] = [
    "ID",
    "ENTITY_TYPE_ID",
    "ENTITY_ID",
    "DATE_CREATE",
    "DATE_MODIFY",
    "CREATED_BY_ID",
    "MODIFY_BY_ID",
];

pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |verb: &str, run| registry.add(format!("crm.requisite.{verb}"), "crm", Run::One(run));
    add("fields", |_, _| Ok(Answer::plain(fields_of(COLUMNS))));
    add("add", add_requisite);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
}

/// Describes the columns of a list.
pub(super) fn fields_of(list: &'static str) -> Map<String, Value> {
    let describe = |name: &str| {
        let (type_name, flags) = match name {
            "ID" => ("integer", "r"),
            "DATE_CREATE" | "DATE_MODIFY" => ("datetime", "r"),
            "CREATED_BY_ID" | "MODIFY_BY_ID" => ("user", "r"),
            "ENTITY_TYPE_ID" | "ENTITY_ID" | "PRESET_ID" => ("integer", "!i"),
            "COUNTRY_ID" | "SORT" => ("integer", ""),
            "ACTIVE" | "ADDRESS_ONLY" | "RQ_VAT_PAYER" => ("char", ""),
            "RQ_IDENT_TYPE" => ("crm_status", ""),
            _ => ("string", ""),
        };
        let title = match name {
            "NAME" => "Название",
            "RQ_INN" => "ИНН",
            "RQ_KPP" => "КПП",
            "RQ_OGRN" => "ОГРН",
            "RQ_COMPANY_NAME" => "Сокращённое наименование организации",
            "RQ_COMPANY_FULL_NAME" => "Полное наименование организации",
            "RQ_BANK_NAME" => "Наименование банка",
            "RQ_BIK" => "БИК",
            "RQ_ACC_NUM" => "Расчётный счёт",
            code => code,
        };
        let mut map = description(type_name, flags);
        map.insert("title".to_owned(), title.into());
        if type_name == "crm_status" {
            map.insert("statusType".to_owned(), name.into());
        }
        Value::Object(map)
    };
    columns(list)
        .map(|(name, _)| (name.to_owned(), describe(name)))
        .collect()
}

/// Whether a row of a list has such a field; custom fields are taken as they come.
pub(super) fn is_field(list: &'static str, name: &str) -> bool {
    columns(list).any(|(known, _)| known == name) || name.starts_with("UF_CRM_")
}

/// The contact or company that owns a requisite.
fn owner(ctx: &Context<'_>, fields: &Value) -> Result<(Kind, u32), ApiError> {
    let number = |name: &str| php::member(fields, name).map_or(0, php::intval);
    let kind = Kind::of_type(number("ENTITY_TYPE_ID"))
        .filter(|kind| matches!(kind, Kind::Contact | Kind::Company))
        .ok_or_else(|| ApiError::undefined("ENTITY_TYPE_ID"))?;
    let id = u32::try_from(number("ENTITY_ID")).unwrap_or(0);
    if id == 0 {
        return Err(ApiError::undefined("ENTITY_ID"));
    }
    let preset = number("PRESET_ID");
    if PRESETS.iter().all(|it| i64::from(it.id) != preset) {
        return Err(ApiError::undefined("PRESET_ID"));
    }
    if ctx.state.record(kind, id).is_none() {
        return Err(ApiError::classic("Entity not found."));
    }
    Ok((kind, id))
}

/// Makes a new row of what was sent.
pub(super) fn created(ctx: &Context<'_>, list: &'static str, sent: &Value, id: u32) -> Requisite {
    let mut fields = Map::new();
    for (name, value) in php::members(sent) {
        if is_field(list, &name) {
            fields.insert(name, php::strval(value).trim().into());
        }
    }
    for (name, value) in [
        ("ID", id.to_string()),
        ("DATE_CREATE", when::iso(ctx.now.as_second())),
        ("CREATED_BY_ID", ctx.user.to_string()),
    ] {
        fields.insert(name.to_owned(), value.into());
    }
    for name in ["DATE_MODIFY", "MODIFY_BY_ID"] {
        fields.shift_remove(name);
    }
    Requisite(fields)
}

/// What was sent, and when and by whom it was changed.
pub(super) fn changes(
    ctx: &Context<'_>,
    list: &'static str,
    params: &Value,
) -> Result<Map<String, Value>, ApiError> {
    let sent = array_argument(params, "fields")?;
    let mut changed = Map::new();
    for (name, value) in php::members(&sent) {
        if is_field(list, &name) && !FIXED.contains(&name.as_str()) {
            changed.insert(name, php::strval(value).trim().into());
        }
    }
    for (name, value) in [
        ("DATE_MODIFY", when::iso(ctx.now.as_second())),
        ("MODIFY_BY_ID", ctx.user.to_string()),
    ] {
        changed.insert(name.to_owned(), value.into());
    }
    Ok(changed)
}

fn add_requisite(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    owner(ctx, &sent)?;
    ctx.state.numbers.requisite += 1;
    let id = ctx.state.numbers.requisite;
    let requisite = created(ctx, COLUMNS, &sent, id);
    ctx.state.requisites.insert(id, requisite);
    ctx.state.revision += 1;
    Ok(Answer::plain(id))
}

fn missing(id: u32) -> ApiError {
    ApiError::classic(format!("The Requisite with ID '{id}' is not found"))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let changed = changes(ctx, COLUMNS, params)?;
    let requisite = ctx.state.requisites.get_mut(&id);
    requisite.ok_or_else(|| missing(id))?.0.extend(changed);
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let requisite = ctx.state.requisites.get(&id).ok_or_else(|| missing(id))?;
    Ok(Answer::plain(requisite.whole(COLUMNS)))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    if ctx.state.requisites.remove(&id).is_none() {
        return Err(missing(id));
    }
    ctx.state.forget_bank_details();
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let all = ctx.state.requisites.values().map(|it| it.whole(COLUMNS));
    page(all.collect(), |name| is_field(COLUMNS, name), params)
}

/// Answers the selected fields of the rows that pass the filter.
pub(super) fn page(
    mut all: Vec<Map<String, Value>>,
    is_known: impl Fn(&str) -> bool,
    params: &Value,
) -> Reply {
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
    let known = |name: &str| matches!(name, "*" | "UF_*") || is_known(name);
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
