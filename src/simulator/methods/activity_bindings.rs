//! `crm.activity.binding.{add,list}`: the timelines of an activity besides that of its owner (REST
//! documentation, "crm.activity.binding.add").

use serde_json::{Value, json};

use super::{Context, Registry, Run};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::kind::Kind,
};

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "crm", Run::One(run));
    add("crm.activity.binding.add", bind);
    add("crm.activity.binding.list", list);
}

fn number(params: &Value, name: &str) -> Result<i64, ApiError> {
    let value = php::member(params, name);
    value
        .map(php::intval)
        .ok_or_else(|| ApiError::missing_argument(name))
}

fn activity(ctx: &Context<'_>, params: &Value) -> Result<u32, ApiError> {
    let id = u32::try_from(number(params, "activityId")?).unwrap_or(0);
    if ctx.state.activities.contains_key(&id) {
        return Ok(id);
    }
    Err(ApiError::coded("NOT_FOUND", "Entity not found"))
}

/// Returns whose timelines have the activity, that of its owner first.
pub(super) fn owners(ctx: &Context<'_>, activity: u32) -> Vec<(Kind, u32)> {
    let owner = ctx.state.activities.get(&activity);
    let owner = owner.map(|activity| (activity.kind, activity.owner));
    let timelines = ctx.state.timelines.iter();
    let others = timelines
        .filter(|(_, timeline)| timeline.activities.contains(&activity))
        .map(|(owner, _)| *owner)
        .filter(|other| Some(*other) != owner);
    owner.into_iter().chain(others).collect()
}

fn bind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let kind = Kind::of_type(number(params, "entityTypeId")?);
    let owner = u32::try_from(number(params, "entityId")?).unwrap_or(0);
    let id = activity(ctx, params)?;
    let kind = kind.filter(|kind| ctx.state.record(*kind, owner).is_some());
    let missing = || ApiError::coded("OWNER_NOT_FOUND", "Owner was not found");
    let owner = (kind.ok_or_else(missing)?, owner);
    if owners(ctx, id).contains(&owner) {
        return Err(ApiError::coded(
            "ACTIVITY_IS_ALREADY_BOUND",
            "Activity is already bound to this entity",
        ));
    }
    let timeline = ctx.state.timelines.entry(owner).or_default();
    timeline.activities.push(id);
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = activity(ctx, params)?;
    let bindings = owners(ctx, id).into_iter();
    let bindings: Value = bindings
        .map(|(kind, owner)| json!({"entityTypeId": kind.type_id(), "entityId": owner}))
        .collect();
    Ok(Answer::plain(bindings))
}
