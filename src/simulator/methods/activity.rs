//! `crm.activity.todo.add` and `crm.activity.{add,list,get,update,delete}`: calls, meetings and to-dos. An
//! activity is the only thing in a timeline that can carry a foreign key.

use serde_json::{Map, Value, json};

use super::{
    Context, Registry, Run, activity_bindings, activity_fields, argument, array_argument,
    describe::described, id_argument, rows,
};
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
    add("crm.activity.fields", |_, _| {
        Ok(Answer::plain(described(activity_fields::FIELDS)))
    });
    add("crm.activity.communication.fields", |_, _| {
        Ok(Answer::plain(described(activity_fields::COMMUNICATION)))
    });
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
    if ctx.state.activities.remove(&id).is_none() {
        return Err(unknown());
    }
    for timeline in ctx.state.timelines.values_mut() {
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
    let sort = given.get("TYPE_ID").map_or(6, php::intval);
    let (provider, provider_type) = activity_fields::provider(sort);
    let mut fields = activity_fields::usual();
    for (key, value) in [
        ("ID", id.to_string()),
        ("OWNER_ID", owner.to_string()),
        ("OWNER_TYPE_ID", kind.type_id().to_string()),
        ("PROVIDER_ID", provider.to_owned()),
        ("PROVIDER_TYPE_ID", provider_type.to_owned()),
        ("CREATED", now.clone()),
        ("LAST_UPDATED", now.clone()),
        ("START_TIME", now.clone()),
        ("END_TIME", now.clone()),
        ("DEADLINE", now),
        ("RESPONSIBLE_ID", user.clone()),
        ("AUTHOR_ID", user.clone()),
        ("EDITOR_ID", user),
    ] {
        fields.insert(key.to_owned(), value.into());
    }
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
pub(super) fn take_over(fields: &mut Map<String, Value>, given: Map<String, Value>) {
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
        if fixed || !activity_fields::is_column(&key) {
            continue;
        }
        if matches!(key.as_str(), "SETTINGS" | "PROVIDER_PARAMS") {
            if php::is_array(&value) {
                fields.insert(key, value);
            }
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
    check(&sent)?;
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
        if let Some(id) = ctx.state.files.upload(file) {
            kept.push(json!({"id": id, "url": format!("/sandbox/file/{id}")}));
        }
    }
    Value::Array(kept)
}

/// No such activity.
fn unknown() -> ApiError {
    ApiError::classic("Activity is not found.")
}

/// What a caller sees of an activity. `COMMUNICATIONS` must be selected by name.
fn public(activity: &Activity, select: &[String]) -> Map<String, Value> {
    let has = |name: &str| select.iter().any(|it| it == name);
    let all = select.is_empty() || has("*");
    // snapshots of earlier versions lack some columns
    let mut row = activity_fields::usual();
    for (name, value) in &activity.fields {
        row.insert(name.clone(), value.clone());
    }
    row.retain(|name, _| match name.as_str() {
        "ID" => true,
        "COMMUNICATIONS" => has(name),
        _ => all || has(name),
    });
    if has("COMMUNICATIONS") {
        let sent = activity.fields.get("COMMUNICATIONS");
        let shown = communications(sent.unwrap_or(&Value::Null));
        row.insert("COMMUNICATIONS".to_owned(), shown);
    }
    row
}

/// The partners of an activity, in texts; the kind of a value follows from its looks.
fn communications(sent: &Value) -> Value {
    let list = php::members(sent).into_iter();
    let shown = list.map(|(_, one)| {
        let text = |name: &str| php::member(one, name).map(php::strval).unwrap_or_default();
        let value = text("VALUE");
        let usual = if value.contains('@') {
            "EMAIL"
        } else {
            "PHONE"
        };
        let sort = Some(text("TYPE")).filter(|it| !it.is_empty());
        json!({
            "TYPE": sort.unwrap_or_else(|| usual.to_owned()),
            "VALUE": value,
            "ENTITY_ID": text("ENTITY_ID"),
            "ENTITY_TYPE_ID": text("ENTITY_TYPE_ID"),
        })
    });
    shown.collect()
}

/// A pair of the filter `BINDINGS`.
struct Pair {
    kind: Option<Kind>,
    /// 0 is any.
    owner: i64,
}

impl Pair {
    fn is(&self, (kind, owner): (Kind, u32)) -> bool {
        self.kind == Some(kind) && (self.owner == 0 || self.owner == i64::from(owner))
    }
}

/// Reads the filter `BINDINGS`: pairs of a type and an owner, or one of them (REST documentation,
/// "crm.activity.list").
fn bindings(sent: &Value) -> Vec<Pair> {
    let number = |pair: &Value, name: &str| php::member(pair, name).map_or(0, php::intval);
    let pair = |pair: &Value| Pair {
        kind: Kind::of_type(number(pair, "OWNER_TYPE_ID")),
        owner: number(pair, "OWNER_ID"),
    };
    if php::member(sent, "OWNER_TYPE_ID").is_some() {
        return vec![pair(sent)];
    }
    php::values(sent).into_iter().map(pair).collect()
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let filter = array_argument(params, "filter")?;
    let order = array_argument(params, "order")?;
    let select = argument(params, "select").map(php::values);
    let select: Vec<String> = select.into_iter().flatten().map(php::strval).collect();
    let passes = |activity: &&Activity| rows::pass(&activity.fields, &filter);
    let bindings = php::member(&filter, "BINDINGS").map(bindings);
    let all = ctx.state.activities.values().filter(passes);
    // an activity is listed once for each pair that it is bound to
    let all = all.flat_map(|activity| {
        let times = bindings.as_ref().map_or(1, |wanted| {
            let owners = activity_bindings::owners(ctx, activity.id);
            let is_bound = |pair: &&Pair| owners.iter().any(|owner| pair.is(*owner));
            wanted.iter().filter(is_bound).count()
        });
        std::iter::repeat_n(activity, times)
    });
    let mut found: Vec<&Activity> = all.collect();
    rows::sort_by(&mut found, &order, |activity| &activity.fields);
    let start = Start::of(params);
    let (total, next) = start.paging(found.len());
    let page = start.cut(found).into_iter();
    let page: Vec<Value> = page.map(|it| Value::Object(public(it, &select))).collect();
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
        .map(|it| Answer::plain(public(it, &[])))
        .ok_or_else(unknown)
}

/// Refuses to empty what every activity has.
fn check(sent: &Value) -> Result<(), ApiError> {
    let is_empty = |value: &Value| php::strval(value).trim().is_empty();
    if php::member(sent, "SUBJECT").is_some_and(is_empty) {
        let text = "The field SUBJECT is not defined or empty";
        return Err(ApiError::classic(text));
    }
    if php::member(sent, "RESPONSIBLE_ID").is_some_and(|it| php::intval(it) <= 0) {
        let text = "The field RESPONSIBLE_ID is not defined or invalid";
        return Err(ApiError::classic(text));
    }
    Ok(())
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = id_argument(params)?;
    let sent = array_argument(params, "fields")?;
    let now = when::iso(ctx.now.as_second());
    if !ctx.state.activities.contains_key(&id) {
        return Err(unknown());
    }
    check(&sent)?;
    let files = php::member(&sent, "FILES").map(|files| keep_files(ctx, files));
    let Some(activity) = ctx.state.activities.get_mut(&id) else {
        return Err(unknown());
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
