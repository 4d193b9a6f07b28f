//! Statuses, categories, currencies and the portal's mode: data that clients read once and cache.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, array_argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        dictionary::{Status, stage_entity},
        kind::Kind,
    },
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "crm", Run::One(run));
    add("crm.status.list", statuses);
    add("crm.status.add", add_status);
    add("crm.status.entity.types", entity_types);
    add("crm.category.list", categories);
    add("crm.currency.list", currencies);
    add("crm.settings.mode.get", mode);
}

fn status_row(status: &Status) -> Map<String, Value> {
    let mut row = Map::new();
    let mut put = |key: &str, value: Value| row.insert(key.to_owned(), value);
    put("ID", status.id.to_string().into());
    put("ENTITY_ID", status.entity.as_str().into());
    put("STATUS_ID", status.code.as_str().into());
    put("NAME", status.name.as_str().into());
    put("NAME_INIT", "".into());
    put("SORT", status.sort.to_string().into());
    put("SYSTEM", "Y".into());
    let category = status.category.filter(|it| *it > 0);
    put(
        "CATEGORY_ID",
        category.map_or(Value::Null, |it| it.to_string().into()),
    );
    put("COLOR", status.color.as_str().into());
    // Stages in work have no semantics here, and `process` below.
    let semantics = match status.semantics.as_str() {
        "S" | "F" => status.semantics.as_str().into(),
        _ => Value::Null,
    };
    put("SEMANTICS", semantics);
    if status.is_stage() {
        let word = match status.semantics.as_str() {
            "S" => "success",
            "F" if status.code.ends_with("APOLOGY") => "apology",
            "F" => "failure",
            _ => "process",
        };
        put("EXTRA", json!({"SEMANTICS": word, "COLOR": status.color}));
    }
    row
}

/// Not paged: all rows at once. Filter values are compared as texts.
fn statuses(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let mut rows: Vec<Map<String, Value>> = ctx
        .state
        .statuses
        .iter()
        .map(status_row)
        .filter(|row| {
            php::members(&filter).iter().all(|(key, wanted)| {
                let key = key.trim_start_matches(['=', '@']);
                row.get(key).is_none_or(|value| {
                    php::values(wanted)
                        .iter()
                        .any(|it| php::strval(it) == php::strval(value))
                })
            })
        })
        .collect();
    for (key, direction) in php::members(&order).into_iter().rev() {
        rows.sort_by_cached_key(|row| {
            let value = row.get(&key).cloned().unwrap_or_default();
            (php::intval(&value), php::strval(&value))
        });
        if php::strval(direction).eq_ignore_ascii_case("desc") {
            rows.reverse();
        }
    }
    let total = rows.len() as u64;
    Ok(Answer {
        result: rows.into_iter().map(Value::Object).collect(),
        total: Some(total),
        next: None,
    })
}

/// Adds a member; in a dictionary of stages its code gets the pipeline's prefix.
fn add_status(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let text = |key: &str| php::member(&sent, key).map(php::strval).unwrap_or_default();
    let entity = text("ENTITY_ID");
    let Some(sibling) = ctx
        .state
        .statuses
        .iter()
        .find(|it| it.entity == entity)
        .cloned()
    else {
        return Err(ApiError::classic("The field ENTITY_ID is not valid"));
    };
    let prefix = sibling
        .code
        .split_once(':')
        .map_or("", |(prefix, _)| prefix);
    let code = match text("STATUS_ID") {
        plain if prefix.is_empty() || plain.starts_with(prefix) => plain,
        plain => format!("{prefix}:{plain}"),
    };
    if code.is_empty() || ctx.state.status(&entity, &code).is_some() {
        return Err(ApiError::classic("The field STATUS_ID is not valid"));
    }
    let semantics = match text("SEMANTICS").as_str() {
        word @ ("S" | "F") => word.to_owned(),
        _ if sibling.is_stage() => "P".to_owned(),
        _ => String::new(),
    };
    let id = ctx.state.statuses.iter().map(|it| it.id).max().unwrap_or(0) + 1;
    ctx.state.statuses.push(Status {
        id,
        code,
        name: text("NAME"),
        sort: u32::try_from(php::intval(&text("SORT").into())).unwrap_or(500),
        semantics,
        ..sibling
    });
    ctx.state.revision += 1;
    Ok(Answer::plain(id))
}

fn entity_types(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let mut rows = vec![stage_type("STATUS", "Стадии лидов", Kind::Lead, "")];
    for (code, name) in [
        ("SOURCE", "Источники"),
        ("CONTACT_TYPE", "Тип контакта"),
        ("COMPANY_TYPE", "Тип компании"),
        ("EMPLOYEES", "Количество сотрудников"),
        ("INDUSTRY", "Сфера деятельности"),
        ("DEAL_TYPE", "Тип сделки"),
        ("HONORIFIC", "Обращения"),
    ] {
        rows.push(json!({"ID": code, "NAME": name}));
    }
    for pipeline in &ctx.state.pipelines {
        let entity = stage_entity(pipeline.kind, pipeline.id);
        let prefix = match pipeline.kind {
            Kind::Smart => format!("DT1036_{}:", pipeline.id),
            _ if pipeline.id > 0 => format!("C{}:", pipeline.id),
            _ => String::new(),
        };
        let name = format!("Стадии: {}", pipeline.name);
        let mut row = stage_type(&entity, &name, pipeline.kind, &prefix);
        if let Some(map) = row.as_object_mut() {
            map.insert("PREFIX".to_owned(), prefix.trim_end_matches(':').into());
            map.insert("CATEGORY_ID".to_owned(), pipeline.id.into());
        }
        rows.push(row);
    }
    Ok(Answer::plain(rows))
}

fn stage_type(id: &str, name: &str, kind: Kind, prefix: &str) -> Value {
    let (success, failure) = match kind {
        Kind::Lead => ("CONVERTED", "JUNK"),
        Kind::Smart => ("SUCCESS", "FAIL"),
        Kind::Deal | Kind::Contact | Kind::Company => ("WON", "LOSE"),
    };
    json!({
        "ID": id,
        "NAME": name,
        "SEMANTIC_INFO": {
            "START_FIELD": format!("{prefix}NEW"),
            "FINAL_SUCCESS_FIELD": format!("{prefix}{success}"),
            "FINAL_UNSUCCESS_FIELD": format!("{prefix}{failure}"),
            "FINAL_SORT": 0,
        },
        "ENTITY_TYPE_ID": kind.type_id(),
    })
}

fn categories(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let Some(asked) = php::member(params, "entityTypeId") else {
        return Err(ApiError::missing_argument("entityTypeId"));
    };
    let Some(kind) = Kind::of_type(php::intval(asked)) else {
        return Err(ApiError::coded("NOT_FOUND", "Smart process not found"));
    };
    if matches!(kind, Kind::Lead) {
        return Err(ApiError::coded(
            "ENTITY_TYPE_NOT_SUPPORTED",
            "Entity type does not support categories",
        ));
    }
    let list: Vec<Value> = ctx
        .state
        .pipelines_of(kind)
        .enumerate()
        .map(|(at, it)| {
            json!({
                "id": it.id,
                "name": it.name,
                "sort": it.sort,
                "entityTypeId": kind.type_id(),
                "isDefault": if at == 0 { "Y" } else { "N" },
            })
        })
        .collect();
    let total = list.len() as u64;
    Ok(Answer {
        result: json!({"categories": list}),
        total: Some(total),
        next: None,
    })
}

fn currencies(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let rows: Vec<Value> = ctx
        .state
        .currencies
        .iter()
        .enumerate()
        .map(|(at, it)| {
            json!({
                "CURRENCY": it.code,
                "AMOUNT_CNT": "1",
                "AMOUNT": format!("{}.{:04}", it.rate / 10_000, it.rate % 10_000),
                "SORT": ((at + 1) * 100).to_string(),
                "BASE": if at == 0 { "Y" } else { "N" },
                "FULL_NAME": it.name,
                "LID": "ru",
                "FORMAT_STRING": it.format,
                "DEC_POINT": ".",
                "THOUSANDS_SEP": "&nbsp;",
                "DECIMALS": "2",
                "DATE_UPDATE": "2026-01-12T09:00:00+03:00",
            })
        })
        .collect();
    let total = rows.len() as u64;
    Ok(Answer {
        result: rows.into(),
        total: Some(total),
        next: None,
    })
}

fn mode(ctx: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(ctx.state.mode))
}
