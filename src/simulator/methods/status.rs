//! `crm.status.*`: the members of dictionaries, stages among them.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument, array_argument, describe::described, id_argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::{
        State,
        dictionary::{Pipeline, Status, stage_entity, stage_prefix},
        kind::Kind,
    },
};

/// The place of a new member that comes without one.
const SORT: u32 = 10;

pub(super) fn register(registry: &mut Registry) {
    let mut add =
        |verb: &str, run| registry.add(format!("crm.status.{verb}"), "crm", Run::One(run));
    add("fields", fields);
    add("add", add_status);
    add("update", update);
    add("get", get);
    add("list", list);
    add("delete", delete);
    add("entity.types", entity_types);
    add("entity.items", entity_items);
}

const FIELDS: &str = "\
ID | integer | r | ID
ENTITY_ID | string | !i | Идентификатор справочника
STATUS_ID | string | !i | Статус
SORT | integer | - | Сортировка
NAME | string | ! | Название
NAME_INIT | string | r | Название по умолчанию
SYSTEM | char | r | Системный
CATEGORY_ID | integer | i | Воронка
COLOR | string | - | Цвет
SEMANTICS | char | i | Группа стадий
EXTRA | crm_status_extra | - | Дополнительные поля
";

fn fields(_: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(described(FIELDS)))
}

fn row(status: &Status) -> Map<String, Value> {
    let mut row = Map::new();
    let mut put = |key: &str, value: Value| row.insert(key.to_owned(), value);
    put("ID", status.id.to_string().into());
    put("ENTITY_ID", status.entity.as_str().into());
    put("STATUS_ID", status.code.as_str().into());
    put("NAME", status.name.as_str().into());
    put("NAME_INIT", status.initial.as_str().into());
    put("SORT", status.sort.to_string().into());
    put("SYSTEM", if status.is_system() { "Y" } else { "N" }.into());
    let category = status.category.filter(|it| *it > 0);
    put(
        "CATEGORY_ID",
        category.map_or(Value::Null, |it| it.to_string().into()),
    );
    put("COLOR", status.color.as_str().into());
    // Stages in work have no semantics here, and `process` in EXTRA.
    let semantics = match status.semantics.as_str() {
        "S" | "F" => status.semantics.as_str().into(),
        _ => Value::Null,
    };
    put("SEMANTICS", semantics);
    row
}

/// The extra member of stages; `crm.status.get` does not show it.
fn extra(status: &Status) -> Option<Value> {
    let word = match status.semantics.as_str() {
        "S" => "success",
        "F" if status.code.ends_with("APOLOGY") => "apology",
        "F" => "failure",
        _ => "process",
    };
    let extra = || json!({"SEMANTICS": word, "COLOR": status.color});
    status.is_stage().then(extra)
}

/// Not paged: all rows at once. Filter values are compared as texts.
fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let listed = |status: &Status| {
        let mut row = row(status);
        row.extend(extra(status).map(|it| ("EXTRA".to_owned(), it)));
        row
    };
    let mut rows: Vec<Map<String, Value>> = ctx
        .state
        .statuses
        .iter()
        .map(listed)
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

fn text(sent: &Value, key: &str) -> Option<String> {
    php::member(sent, key).map(|it| php::strval(it).trim().to_owned())
}

fn sort_of(sent: &Value) -> Option<u32> {
    let sort = php::member(sent, "SORT").map(php::intval)?;
    u32::try_from(sort).ok()
}

/// Adds a member; in a dictionary of stages its code gets the pipeline's prefix.
fn add_status(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let given = |key: &str| text(&sent, key).unwrap_or_default();
    let missing: Vec<String> = ["ENTITY_ID", "STATUS_ID"]
        .into_iter()
        .filter(|key| given(key).is_empty())
        .map(|key| format!("The field {key} is required."))
        .collect();
    if !missing.is_empty() {
        return Err(ApiError::classic(missing.join("\n")));
    }
    let entity = given("ENTITY_ID");
    let sibling = ctx.state.statuses.iter().find(|it| it.entity == entity);
    let Some(sibling) = sibling.cloned() else {
        return Err(ApiError::classic("Specified entity type is not supported."));
    };
    if given("NAME").is_empty() {
        return Err(ApiError::classic("The field Title is required."));
    }
    let prefix = sibling.code.split_once(':').map(|(prefix, _)| prefix);
    let code = match (given("STATUS_ID"), prefix) {
        (plain, Some(prefix)) if !plain.starts_with(prefix) => format!("{prefix}:{plain}"),
        (plain, _) => plain,
    };
    if ctx.state.status(&entity, &code).is_some() {
        let text = "The specified status ID already exists.";
        return Err(ApiError::coded("ERROR_CORE", text));
    }
    let semantics = match given("SEMANTICS").as_str() {
        word @ ("S" | "F") => word.to_owned(),
        _ if sibling.is_stage() => "P".to_owned(),
        _ => String::new(),
    };
    let sort = sort_of(&sent).unwrap_or(SORT);
    if semantics == "P" && is_after_success(ctx.state, &entity, sort) {
        let text = "Cannot create more stages after the final stage because the final successful stage \
                    already exists. Try using sort order values less than that of the final stage.";
        return Err(ApiError::classic(text));
    }
    let id = ctx.state.statuses.iter().map(|it| it.id).max().unwrap_or(0) + 1;
    ctx.state.statuses.push(Status {
        id,
        code,
        name: given("NAME"),
        initial: String::new(),
        sort,
        color: given("COLOR"),
        semantics,
        ..sibling
    });
    arrange(ctx.state);
    Ok(Answer::plain(id))
}

/// The portal checks the stages of deals in the default pipeline alone (REST documentation,
/// "crm.status.add").
fn is_after_success(state: &State, entity: &str, sort: u32) -> bool {
    let mut stages = state.statuses.iter().filter(|it| it.entity == entity);
    entity == stage_entity(Kind::Deal, 0) && stages.any(|it| it.semantics == "S" && it.sort < sort)
}

/// Sorts the members of each dictionary; a new stage may belong in the middle.
fn arrange(state: &mut State) {
    let mut entities: Vec<String> = Vec::new();
    for status in &state.statuses {
        if !entities.contains(&status.entity) {
            entities.push(status.entity.clone());
        }
    }
    let place = |entity: &str| entities.iter().position(|it| it == entity);
    state
        .statuses
        .sort_by_key(|it| (place(&it.entity), it.sort, it.id));
    state.revision += 1;
}

/// The member that is asked for by its number.
fn asked(ctx: &Context<'_>, id: u32) -> Result<usize, ApiError> {
    let found = ctx.state.statuses.iter().position(|it| it.id == id);
    found.ok_or_else(|| ApiError::classic("Status is not found."))
}

fn changed(ctx: &Context<'_>, params: &Value) -> Result<usize, ApiError> {
    let id = id_argument(params).map_err(|_| ApiError::classic("Invalid identifier."))?;
    asked(ctx, id)
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let at = asked(ctx, id_argument(params)?)?;
    let found = ctx.state.statuses.get(at).map(row).unwrap_or_default();
    Ok(Answer::plain(found))
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let at = changed(ctx, params)?;
    let sent = array_argument(params, "fields")?;
    if let Some(status) = ctx.state.statuses.get_mut(at) {
        if let Some(name) = text(&sent, "NAME").filter(|it| !it.is_empty()) {
            status.name = name;
        }
        status.sort = sort_of(&sent).unwrap_or(status.sort);
        if let Some(color) = text(&sent, "COLOR") {
            status.color = color;
        }
    }
    arrange(ctx.state);
    Ok(Answer::plain(true))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let at = changed(ctx, params)?;
    let forced = argument(params, "params").and_then(|it| php::member(it, "FORCED"));
    let forced = forced.is_some_and(|it| php::strval(it) == "Y");
    let status = ctx.state.statuses.get(at);
    if status.is_some_and(Status::is_system) && !forced {
        let text = "CRM System Status can be deleted only if parameter FORCED is specified and equal \
                    to \"Y\".";
        return Err(ApiError::classic(text));
    }
    if status.is_some_and(|it| is_used(ctx.state, it)) {
        return Err(ApiError::classic("There are active items in this status."));
    }
    ctx.state.statuses.remove(at);
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

/// Whether a record is in a stage. That other dictionaries are not checked is our inference.
fn is_used(state: &State, status: &Status) -> bool {
    let is_in = |kind: &Kind| {
        let table = state.table(*kind);
        let Some(field) = kind.stage_field() else {
            return false;
        };
        let mut rows = table.rows.values();
        rows.any(|it| table.text(it, field) == Some(&status.code))
    };
    let is_of = |kind: &&Kind| {
        let category = status.category.unwrap_or(0);
        kind.stage_field().is_some() && stage_entity(**kind, category) == status.entity
    };
    status.is_stage() && Kind::ALL.iter().filter(is_of).any(is_in)
}

fn entity_items(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let entity = argument(params, "entityId").map(php::strval);
    let entity = entity.unwrap_or_default();
    let members = ctx.state.statuses.iter().filter(|it| it.entity == entity);
    let rows: Vec<Value> = members
        .map(|it| json!({"NAME": it.name, "SORT": it.sort, "STATUS_ID": it.code}))
        .collect();
    if rows.is_empty() {
        let text = "The parameter entityId is not defined or invalid.";
        return Err(ApiError::classic(text));
    }
    Ok(Answer::plain(rows))
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
    let pipelines = ctx.state.pipelines.iter();
    rows.extend(pipelines.map(|it| stages_of(ctx.state, it)));
    Ok(Answer::plain(rows))
}

/// The dictionary of a pipeline's stages. Those of the smart process carry facts about the pipeline.
fn stages_of(state: &State, pipeline: &Pipeline) -> Value {
    let (kind, id) = (pipeline.kind, pipeline.id);
    let (entity, prefix) = (stage_entity(kind, id), stage_prefix(kind, id));
    let name = format!("Стадии: {}", pipeline.name);
    let mut row = stage_type(&entity, &name, kind, &prefix);
    let Some(map) = row.as_object_mut() else {
        return row;
    };
    let mut put = |name: &str, value: Value| map.insert(name.to_owned(), value);
    put("PREFIX", prefix.trim_end_matches(':').into());
    put("CATEGORY_ID", id.into());
    let scope = if id > 0 {
        format!("category_{id}")
    } else {
        String::new()
    };
    put("FIELD_ATTRIBUTE_SCOPE", scope.into());
    match kind {
        Kind::Smart => {
            let first = state.pipelines_of(kind).next();
            put("IS_ENABLED", true.into());
            put("CATEGORY_NAME", pipeline.name.as_str().into());
            put("CATEGORY_SORT", pipeline.sort.into());
            put(
                "IS_DEFAULT_CATEGORY",
                first.is_some_and(|it| it.id == id).into(),
            );
        }
        _ if id > 0 => {
            put("PARENT_ID", stage_entity(kind, 0).into());
        }
        _ => {}
    }
    row
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
