//! `im.notify.*`: notices to employees, shown on a page.

use serde_json::Value;

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php,
    state::timeline::Notice,
};

pub(super) fn register(registry: &mut Registry) {
    registry.add("im.notify", "im", Run::One(by_type));
    let mut add = |verb: &str, run| registry.add(format!("im.notify.{verb}"), "im", Run::One(run));
    add("system.add", from_system);
    add("personal.add", from_person);
    add("delete", delete);
}

fn from_system(ctx: &mut Context<'_>, params: &Value) -> Reply {
    send(ctx, params, None)
}

/// The older name of both methods: `TYPE` says which (REST documentation, "im.notify").
fn by_type(ctx: &mut Context<'_>, params: &Value) -> Reply {
    if text(params, "TYPE").eq_ignore_ascii_case("SYSTEM") {
        from_system(ctx, params)
    } else {
        from_person(ctx, params)
    }
}

fn from_person(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let user = ctx.user;
    send(ctx, params, Some(user))
}

fn text(params: &Value, name: &str) -> String {
    argument(params, name).map(php::strval).unwrap_or_default()
}

fn send(ctx: &mut Context<'_>, params: &Value, from: Option<u32>) -> Reply {
    let user = argument(params, "USER_ID")
        .or_else(|| argument(params, "TO"))
        .map_or(0, php::intval);
    let user = u32::try_from(user)
        .ok()
        .filter(|it| *it > 0)
        .ok_or_else(|| ApiError::coded("USER_ID_EMPTY", "User ID can't be empty"))?;
    let message = text(params, "MESSAGE");
    if message.trim().is_empty() {
        return Err(ApiError::coded("MESSAGE_EMPTY", "Message can't be empty"));
    }
    // Tags count for applications only; a webhook shows itself as one by CLIENT_ID.
    let tagged = ctx.application.is_some() || argument(params, "CLIENT_ID").is_some();
    let tag = if tagged {
        text(params, "TAG")
    } else {
        String::new()
    };
    if !tag.is_empty() {
        ctx.state
            .notices
            .retain(|_, it| it.tag != tag || it.user != user);
    }
    ctx.state.numbers.notice += 1;
    let id = ctx.state.numbers.notice;
    let notice = Notice {
        id,
        user,
        from,
        text: message,
        tag,
        sub_tag: if tagged {
            text(params, "SUB_TAG")
        } else {
            String::new()
        },
        created: ctx.now.as_second(),
    };
    ctx.state.notices.insert(id, notice);
    ctx.state.revision += 1;
    // A notice to an unknown user is lost.
    if ctx.state.user(user).is_none_or(|it| !it.active) {
        ctx.state.notices.remove(&id);
        return Ok(Answer::plain(false));
    }
    Ok(Answer::plain(id))
}

fn delete(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let id = u32::try_from(argument(params, "ID").map_or(0, php::intval)).unwrap_or(0);
    let (tag, sub_tag) = (text(params, "TAG"), text(params, "SUB_TAG"));
    let before = ctx.state.notices.len();
    ctx.state.notices.retain(|_, it| {
        let named = it.id == id
            || (!tag.is_empty() && it.tag == tag)
            || (!sub_tag.is_empty() && it.sub_tag == sub_tag);
        !named
    });
    ctx.state.revision += 1;
    Ok(Answer::plain(ctx.state.notices.len() < before))
}
