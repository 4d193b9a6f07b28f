//! `crm.activity.todo.add` and `crm.activity.{add,list,get,update,delete}`: calls, meetings and to-dos. An
//! activity is the only thing in a timeline that can carry a foreign key.

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, array_argument, id_argument, rows};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    query::page::Start,
    state::{kind::Kind, timeline::Activity},
    when,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "crm", Run::One(run));
    add("crm.activity.todo.add", todo);
    add("crm.activity.add", add_activity);
    add("crm.activity.list", list);
    add("crm.activity.get", get);
    add("crm.activity.update", update);
    add("crm.activity.delete", delete);
}

fn controller<'a>(params: &'a Value, name: &str) -> Result<&'a Value, ApiError> {
    php::member(params, name).ok_or_else(|| ApiError::missing_argument(name))
}

fn todo(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = Kind::of_type(php::intval(controller(params, "ownerTypeId")?))
        .ok_or_else(|| ApiError::coded("OWNER_NOT_FOUND", "Owner was not found"))?;
    let id = u32::try_from(php::intval(controller(params, "ownerId")?)).unwrap_or(0);
    let deadline = when::parse_moment(&php::strval(controller(params, "deadline")?))
        .ok_or_else(|| ApiError::coded("WRONG_DATETIME_FORMAT", "Wrong datetime format"))?;
    if ctx.state.record(kind, id).is_none() {
        return Err(ApiError::coded("NOT_FOUND", "Not found."));
    }
    let text = |name: &str| {
        php::member(params, name)
            .map(php::strval)
            .unwrap_or_default()
    };
    let responsible =
        match php::intval(php::member(params, "responsibleId").unwrap_or(&Value::Null)) {
            0 => i64::from(ctx.user),
            user => user,
        };
    let title = Some(text("title")).filter(|it| !it.is_empty());
    let fields = Map::from_iter([
        ("TYPE_ID".to_owned(), "6".into()),
        ("PROVIDER_ID".to_owned(), "CRM_TODO".into()),
        ("PROVIDER_TYPE_ID".to_owned(), "TODO".into()),
        (
            "SUBJECT".to_owned(),
            title.unwrap_or_else(|| "Дело".to_owned()).into(),
        ),
        ("DESCRIPTION".to_owned(), text("description").into()),
        ("DEADLINE".to_owned(), when::iso(deadline).into()),
        ("RESPONSIBLE_ID".to_owned(), responsible.to_string().into()),
    ]);
    let id = store(ctx, kind, id, fields);
    Ok(Answer::plain(json!({"id": id})))
}

/// Deletes an activity (REST documentation, "crm.activity.delete").
fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let activity = ctx.state.activities.remove(&id);
    let activity = activity.ok_or_else(ApiError::not_found)?;
    let owner = (activity.kind, activity.owner);
    if let Some(timeline) = ctx.state.timelines.get_mut(&owner) {
        timeline.activities.retain(|it| *it != id);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

/// Fills in what every activity has, and keeps it.
pub(in crate::simulator) fn store(
    ctx: &mut Context<'_>,
    kind: Kind,
    owner: u32,
    given: Map<String, Value>,
) -> u32 {
    ctx.state.numbers.activity += 1;
    let id = ctx.state.numbers.activity;
    let now = when::iso(ctx.now.as_second());
    let user = ctx.user.to_string();
    let mut fields = Map::new();
    for (key, value) in [
        ("ID", id.to_string()),
        ("OWNER_ID", owner.to_string()),
        ("OWNER_TYPE_ID", kind.type_id().to_string()),
        ("TYPE_ID", "6".to_owned()),
        ("PROVIDER_ID", String::new()),
        ("PROVIDER_TYPE_ID", String::new()),
        ("SUBJECT", String::new()),
        ("CREATED", now.clone()),
        ("LAST_UPDATED", now.clone()),
        ("START_TIME", now.clone()),
        ("END_TIME", now.clone()),
        ("DEADLINE", now),
        ("COMPLETED", "N".to_owned()),
        ("STATUS", "1".to_owned()),
        ("RESPONSIBLE_ID", user.clone()),
        ("PRIORITY", "2".to_owned()),
        ("DESCRIPTION", String::new()),
        ("DESCRIPTION_TYPE", "1".to_owned()),
        ("DIRECTION", "0".to_owned()),
    ] {
        fields.insert(key.to_owned(), value.into());
    }
    for key in ["ORIGINATOR_ID", "ORIGIN_ID"] {
        fields.insert(key.to_owned(), Value::Null);
    }
    fields.insert("AUTHOR_ID".to_owned(), user.clone().into());
    fields.insert("EDITOR_ID".to_owned(), user.into());
    take_over(&mut fields, given);
    ctx.state.add_activity(Activity {
        id,
        kind,
        owner,
        fields,
    });
    id
}

/// Puts sent values over the old ones: texts, moments in the server's zone, nothing unknown.
fn take_over(fields: &mut Map<String, Value>, given: Map<String, Value>) {
    for (key, value) in given {
        if key == "COMMUNICATIONS" {
            fields.insert(key, value);
            continue;
        }
        // files are kept apart
        let fixed = matches!(
            key.as_str(),
            "ID" | "OWNER_ID" | "OWNER_TYPE_ID" | "CREATED" | "AUTHOR_ID" | "FILES"
        );
        if fixed || !fields.contains_key(&key) {
            continue;
        }
        let text = php::strval(&value);
        let moment = matches!(key.as_str(), "START_TIME" | "END_TIME" | "DEADLINE");
        match when::parse_moment(&text) {
            Some(seconds) if moment => fields.insert(key, when::iso(seconds).into()),
            None if moment => None,
            _ => fields.insert(key, text.into()),
        };
    }
}

fn add_activity(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let sent = array_argument(params, "fields")?;
    let number = |key: &str| php::member(&sent, key).map_or(0, php::intval);
    let text = |key: &str| php::member(&sent, key).map(php::strval).unwrap_or_default();
    let kind = Kind::of_type(number("OWNER_TYPE_ID"))
        .ok_or_else(|| ApiError::classic("The field OWNER_TYPE_ID is not defined or invalid"))?;
    let owner = u32::try_from(number("OWNER_ID"))
        .ok()
        .filter(|id| ctx.state.record(kind, *id).is_some())
        .ok_or_else(|| ApiError::classic("The field OWNER_ID is not defined or invalid"))?;
    if text("SUBJECT").trim().is_empty() {
        return Err(ApiError::classic(
            "The field SUBJECT is not defined or empty",
        ));
    }
    let sort = number("TYPE_ID");
    if !(1..=6).contains(&sort) {
        return Err(ApiError::classic(
            "The field TYPE_ID is not defined or invalid",
        ));
    }
    if sort == 6 && text("PROVIDER_ID").is_empty() {
        return Err(ApiError::classic(
            "The custom activity without provider is not supported in current context",
        ));
    }
    let channels = php::member(&sent, "COMMUNICATIONS").map_or(0, |it| php::members(it).len());
    match sort {
        1 | 2 if channels > 1 => {
            return Err(ApiError::classic(
                "The only one communication is allowed for activity of specified type",
            ));
        }
        1 | 2 | 4 if channels == 0 => {
            return Err(ApiError::classic(
                "The field COMMUNICATIONS is not defined or invalid.",
            ));
        }
        _ => {}
    }
    let fields = php::members(&sent)
        .into_iter()
        .map(|(key, value)| (key, value.clone()))
        .collect();
    let id = store(ctx, kind, owner, fields);
    Ok(Answer::plain(id))
}

/// Keeps sent files, `[{"fileData": [NAME, BASE64]}]`, and returns them as they are answered.
fn keep_files(ctx: &mut Context<'_>, files: &Value) -> Value {
    let mut kept = Vec::new();
    for file in php::values(files) {
        let Some(data) = php::member(file, "fileData").map(php::values) else {
            continue;
        };
        let part = |at: usize| data.get(at).map(|it| php::strval(it)).unwrap_or_default();
        let Ok(content) = BASE64.decode(part(1).as_bytes()) else {
            continue;
        };
        let id = ctx.state.files.add_content(&part(0), content);
        kept.push(json!({"id": id, "url": format!("/sandbox/file/{id}")}));
    }
    Value::Array(kept)
}

fn public(activity: &Activity) -> Map<String, Value> {
    let mut row = activity.fields.clone();
    // The real portal returns it only when selected; here it is always left out.
    row.shift_remove("COMMUNICATIONS");
    row
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let passes = |activity: &&Activity| rows::pass(&activity.fields, &filter);
    let all = ctx.state.activities.values();
    let mut found: Vec<Map<String, Value>> = all.filter(passes).map(public).collect();
    rows::sort(&mut found, &order);
    let start = Start::of(params);
    let (total, next) = start.paging(found.len());
    let page: Vec<Value> = start.cut(found).into_iter().map(Value::Object).collect();
    Ok(Answer {
        result: page.into(),
        total: Some(total.unwrap_or(0)),
        next,
    })
}

fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let activity = ctx.state.activities.get(&id);
    activity
        .map(|it| Answer::plain(public(it)))
        .ok_or_else(ApiError::not_found)
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let sent = array_argument(params, "fields")?;
    let now = when::iso(ctx.now.as_second());
    if !ctx.state.activities.contains_key(&id) {
        return Err(ApiError::not_found());
    }
    let files = php::member(&sent, "FILES").map(|files| keep_files(ctx, files));
    let Some(activity) = ctx.state.activities.get_mut(&id) else {
        return Err(ApiError::not_found());
    };
    if let Some(files) = files {
        activity.fields.insert("FILES".to_owned(), files);
    }
    let given = php::members(&sent)
        .into_iter()
        .map(|(key, value)| (key, value.clone()))
        .collect();
    take_over(&mut activity.fields, given);
    activity
        .fields
        .insert("LAST_UPDATED".to_owned(), now.into());
    let status = if activity.text("COMPLETED") == "Y" {
        "2"
    } else {
        "1"
    };
    activity.fields.insert("STATUS".to_owned(), status.into());
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}
