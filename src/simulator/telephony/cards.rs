//! `telephony.externalCall.show` and `hide`: the card of a call in front of employees. All active
//! employees count as online; the portal shows cards only to those who are.

use serde_json::Value;

use super::text;
use crate::simulator::{
    envelope::{Answer, Reply},
    methods::{Context, argument},
    php,
};

pub(super) fn show(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let users = users(params);
    let state = &mut *ctx.state;
    let known: Vec<u32> = users
        .iter()
        .copied()
        .filter(|id| state.user(*id).is_some_and(|user| user.active))
        .collect();
    let Some(call) = state.telephony.call_mut(&text(params, "CALL_ID")) else {
        return Ok(Answer::plain(false));
    };
    if users.is_empty() {
        call.cards.insert(call.user);
    }
    call.cards.extend(known);
    state.revision += 1;
    Ok(Answer::plain(true))
}

pub(super) fn hide(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let users = users(params);
    let Some(call) = ctx.state.telephony.call_mut(&text(params, "CALL_ID")) else {
        return Ok(Answer::plain(false));
    };
    if users.is_empty() {
        call.cards.remove(&call.user);
    }
    for user in users {
        call.cards.remove(&user);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

/// Returns the employees of `USER_ID`: a number or a list; empty means the one who was registered.
fn users(params: &Value) -> Vec<u32> {
    let given = argument(params, "USER_ID").map(php::values);
    let ids = given.into_iter().flatten().map(php::intval);
    ids.filter_map(|id| u32::try_from(id).ok().filter(|id| *id > 0))
        .collect()
}
