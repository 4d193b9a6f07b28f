//! `crm.activity.todo.update*`: changes to-dos (REST documentation, "crm.activity.todo.update").

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, activity::take_over, activity_bindings};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::kind::Kind,
    when,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |verb: &str, run| {
        registry.add(format!("crm.activity.todo.{verb}"), "crm", Run::One(run));
    };
    add("update", update);
    add("updateDeadline", update_deadline);
    add("updateDescription", update_description);
    add("updateResponsibleUser", update_responsible);
    add("updateColor", update_color);
}

fn required<'a>(params: &'a Value, name: &str) -> Result<&'a Value, ApiError> {
    php::member(params, name)
        .filter(|it| !it.is_null())
        .ok_or_else(|| ApiError::missing_argument(name))
}

fn number(params: &Value, name: &str) -> Result<u32, ApiError> {
    Ok(u32::try_from(php::intval(required(params, name)?)).unwrap_or(0))
}

/// The to-do that a call names; `closed` is the error if it is completed.
fn asked(ctx: &Context<'_>, params: &Value, closed: &str) -> Result<u32, ApiError> {
    let id = number(params, "id")?;
    let kind = Kind::of_type(number(params, "ownerTypeId")?.into());
    let owner = number(params, "ownerId")?;
    let kind = kind.ok_or_else(|| ApiError::coded("OWNER_NOT_FOUND", "Owner was not found"))?;
    let is_bound = activity_bindings::owners(ctx, id).contains(&(kind, owner));
    let activity = ctx.state.activities.get(&id);
    let activity = activity.filter(|it| is_bound && it.text("PROVIDER_ID") == "CRM_TODO");
    let activity = activity.ok_or_else(|| ApiError::coded("NOT_FOUND", "Not found."))?;
    if activity.text("COMPLETED") == "Y" {
        return Err(ApiError::coded(
            closed,
            "Completed activity cannot be updated",
        ));
    }
    Ok(id)
}

/// The error of most changes of a completed to-do.
const CLOSED: &str = "CAN_NOT_UPDATE_COMPLETED_TODO";

fn change(ctx: &mut Context<'_>, id: u32, given: Map<String, Value>) -> Reply {
    let now = when::iso(ctx.now.as_second());
    if let Some(activity) = ctx.state.activities.get_mut(&id) {
        take_over(&mut activity.fields, given);
        let updated = "LAST_UPDATED".to_owned();
        activity.fields.insert(updated, now.into());
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({"id": id})))
}

fn one(name: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(name.to_owned(), value.into())])
}

fn deadline(value: &Value) -> Result<Value, ApiError> {
    when::parse_moment(&php::strval(value))
        .map(|seconds| when::iso(seconds).into())
        .ok_or_else(|| ApiError::coded("WRONG_DATETIME_FORMAT", "Wrong datetime format"))
}

fn responsible(value: &Value) -> Result<Value, ApiError> {
    match php::intval(value) {
        user if user > 0 => Ok(user.to_string().into()),
        _ => Err(ApiError::coded(
            "INVALID_ARG_VALUE",
            "Parameter \"responsibleId\" must be greater than 0",
        )),
    }
}

/// A colour is a number from 1 to 7.
fn color(ctx: &Context<'_>, id: u32, value: &Value) -> Result<Value, ApiError> {
    let color = php::strval(value);
    if !matches!(color.as_bytes(), [b'1'..=b'7']) {
        return Err(ApiError::coded(
            "CAN_NOT_UPDATE_WRONG_COLOR_TODO",
            "Invalid color value",
        ));
    }
    let activity = ctx.state.activities.get(&id);
    let settings = activity.and_then(|it| it.fields.get("SETTINGS")?.as_object());
    let mut settings = settings.cloned().unwrap_or_default();
    settings.insert("COLOR".to_owned(), color.into());
    Ok(settings.into())
}

fn update(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = asked(ctx, params, CLOSED)?;
    let mut given = one("DEADLINE", deadline(required(params, "deadline")?)?);
    for (name, column) in [("title", "SUBJECT"), ("description", "DESCRIPTION")] {
        if let Some(text) = php::member(params, name) {
            given.insert(column.to_owned(), php::strval(text).into());
        }
    }
    if let Some(user) = php::member(params, "responsibleId") {
        given.insert("RESPONSIBLE_ID".to_owned(), responsible(user)?);
    }
    if let Some(sent) = php::member(params, "colorId") {
        given.insert("SETTINGS".to_owned(), color(ctx, id, sent)?);
    }
    change(ctx, id, given)
}

fn update_deadline(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = asked(ctx, params, CLOSED)?;
    let value = deadline(required(params, "value")?)?;
    change(ctx, id, one("DEADLINE", value))
}

fn update_description(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = asked(ctx, params, CLOSED)?;
    let text = php::strval(required(params, "value")?);
    change(ctx, id, one("DESCRIPTION", text))
}

fn update_responsible(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let closed = "CAN_NOT_UPDATE_RESPONSIBLE_USER_COMPLETED_TODO";
    let id = asked(ctx, params, closed)?;
    let user = responsible(required(params, "responsibleId")?)?;
    change(ctx, id, one("RESPONSIBLE_ID", user))
}

fn update_color(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = asked(ctx, params, "CAN_NOT_UPDATE_COLOR_COMPLETED_TODO")?;
    let value = color(ctx, id, required(params, "colorId")?)?;
    change(ctx, id, one("SETTINGS", value))
}
