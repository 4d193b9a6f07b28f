//! `crm.activity.binding.*`: the timelines of an activity besides that of its owner (REST
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
    add("crm.activity.binding.delete", unbind);
    add("crm.activity.binding.move", rebind);
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

/// The record that two parameters name.
fn owner(ctx: &Context<'_>, params: &Value, names: (&str, &str)) -> Result<(Kind, u32), ApiError> {
    let kind = Kind::of_type(number(params, names.0)?);
    let id = u32::try_from(number(params, names.1)?).unwrap_or(0);
    let kind = kind.filter(|kind| ctx.state.record(*kind, id).is_some());
    let missing = || ApiError::coded("OWNER_NOT_FOUND", "Owner was not found");
    Ok((kind.ok_or_else(missing)?, id))
}

const ENTITY: (&str, &str) = ("entityTypeId", "entityId");
const SOURCE: (&str, &str) = ("sourceEntityTypeId", "sourceEntityId");
const TARGET: (&str, &str) = ("targetEntityTypeId", "targetEntityId");

fn already_bound() -> ApiError {
    ApiError::coded(
        "ACTIVITY_IS_ALREADY_BOUND",
        "Activity is already bound to this entity",
    )
}

fn not_bound() -> ApiError {
    ApiError::coded("BINDING_NOT_FOUND", "Activity is not bound to this entity")
}

fn bind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let owner = owner(ctx, params, ENTITY)?;
    let id = activity(ctx, params)?;
    if owners(ctx, id).contains(&owner) {
        return Err(already_bound());
    }
    put_into(ctx, id, owner);
    Ok(Answer::plain(true))
}

fn unbind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let owner = owner(ctx, params, ENTITY)?;
    let id = activity(ctx, params)?;
    let bound = owners(ctx, id);
    if !bound.contains(&owner) {
        return Err(not_bound());
    }
    let Some(other) = bound.into_iter().find(|it| *it != owner) else {
        return Err(ApiError::coded(
            "LAST_BINDING_CANNOT_BE_DELETED",
            "The last binding of an activity cannot be deleted",
        ));
    };
    take_from(ctx, id, owner, other);
    Ok(Answer::plain(true))
}

fn rebind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let source = owner(ctx, params, SOURCE)?;
    let target = owner(ctx, params, TARGET)?;
    let id = activity(ctx, params)?;
    if source.0 != target.0 {
        return Err(ApiError::coded(
            "SOURCE_AND_TARGET_ENTITY_TYPES_ARE_NOT_EQUAL_ERROR",
            "Source and target entity types are not equal",
        ));
    }
    if source == target {
        return Err(ApiError::coded(
            "SOURCE_AND_TARGET_ENTITY_ID_ARE_EQUAL_ERROR",
            "Source and target entity ids are equal",
        ));
    }
    let bound = owners(ctx, id);
    if bound.contains(&target) {
        return Err(already_bound());
    }
    if !bound.contains(&source) {
        return Err(not_bound());
    }
    put_into(ctx, id, target);
    take_from(ctx, id, source, target);
    Ok(Answer::plain(true))
}

fn put_into(ctx: &mut Context<'_>, activity: u32, owner: (Kind, u32)) {
    let timeline = ctx.state.timelines.entry(owner).or_default();
    timeline.activities.push(activity);
    ctx.state.revision += 1;
}

/// Takes an activity out of a timeline; if it was the owner's, another one becomes the owner.
fn take_from(ctx: &mut Context<'_>, id: u32, owner: (Kind, u32), next: (Kind, u32)) {
    if let Some(timeline) = ctx.state.timelines.get_mut(&owner) {
        timeline.activities.retain(|it| *it != id);
    }
    if let Some(activity) = ctx.state.activities.get_mut(&id)
        && (activity.kind, activity.owner) == owner
    {
        activity.belong_to(next);
    }
    ctx.state.revision += 1;
}

fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = activity(ctx, params)?;
    let bindings = owners(ctx, id).into_iter();
    let bindings: Value = bindings
        .map(|(kind, owner)| json!({"entityTypeId": kind.type_id(), "entityId": owner}))
        .collect();
    Ok(Answer::plain(bindings))
}
