//! `events` and `event.*`: handlers of events. Offline events are not played.

use serde_json::{Value, json};

use super::{
    super::Handler, super::events, caller, calling, check_address, check_room, check_unbound,
    required,
};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, argument},
    php,
};

pub(super) fn list(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let has = |scope: &str| ctx.state.is_granted(scope);
    Ok(Answer::plain(json!(events::names(has))))
}

/// What the parameters name: the event, the address, and the employee whose token it carries.
fn handler(
    ctx: &Context<'_>,
    params: &Value,
    verb: &str,
) -> Result<(String, String, u32), ApiError> {
    caller(ctx)?;
    let event = required(params, "event")?.to_uppercase();
    let is_offline = argument(params, "event_type").map(php::strval).as_deref() == Some("offline");
    let has = |scope: &str| ctx.state.is_granted(scope);
    if !events::names(has).contains(&event) || is_offline {
        return Err(ApiError::coded("ERROR_EVENT_NOT_FOUND", "Event not found"));
    }
    let url = required(params, "handler")?;
    check_address(&url)?;
    let user = argument(params, "auth_type").map_or(0, php::intval);
    let user = u32::try_from(user).unwrap_or(0);
    let is_admin = ctx.state.is_admin(ctx.user);
    if user != 0 && user != ctx.user && !is_admin {
        return Err(ApiError::access_denied(&format!(
            "Event {verb} with AUTH_TYPE requires administrator access rights"
        )));
    }
    // others than administrators bind under themselves
    Ok((event, url, if is_admin { user } else { ctx.user }))
}

pub(super) fn bind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (event, url, user) = handler(ctx, params, "binding")?;
    let handlers = &calling(ctx)?.handlers;
    let mut same = handlers.iter();
    let bound = same.find(|it| it.event == event && it.url == url && it.user == user);
    check_unbound("event", bound.map(|it| it.id))?;
    check_room(handlers.len())?;
    let id = ctx.state.applications.next();
    calling(ctx)?.handlers.push(Handler {
        id,
        event,
        url,
        user,
    });
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

pub(super) fn unbind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let (event, url, user) = handler(ctx, params, "unbinding")?;
    let is_any = argument(params, "auth_type").is_none() && ctx.state.is_admin(ctx.user);
    let handlers = &mut calling(ctx)?.handlers;
    let before = handlers.len();
    handlers.retain(|it| it.event != event || it.url != url || (!is_any && it.user != user));
    let count = before - handlers.len();
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({ "count": count })))
}

pub(super) fn get(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let handlers = calling(ctx)?.handlers.iter();
    let rows = handlers.map(|it| {
        json!({
            "event": it.event, "handler": it.url, "auth_type": it.user.to_string(), "offline": 0,
        })
    });
    Ok(Answer::plain(rows.collect::<Vec<Value>>()))
}

pub(super) fn test(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = caller(ctx)?;
    let data = json!({ "QUERY": params });
    ctx.state.applications.tell_handlers(id, "ONAPPTEST", &data);
    Ok(Answer::plain(1))
}
