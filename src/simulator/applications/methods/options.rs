//! `app.option.*` and `user.option.*`: values that belong to the application, or to an employee in
//! it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{super::MOST_OPTIONS, admins_only, caller, calling, text};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, argument},
    php,
};

pub(super) fn get(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let options = calling(ctx)?.options.clone();
    Ok(answer(&options, params))
}

pub(super) fn get_own(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let user = ctx.user;
    let options = calling(ctx)?.user_options.get(&user).cloned();
    Ok(answer(&options.unwrap_or_default(), params))
}

fn answer(options: &BTreeMap<String, Value>, params: &Value) -> Answer {
    let name = text(params, "option");
    if name.is_empty() {
        return Answer::plain(Value::Object(options.clone().into_iter().collect()));
    }
    Answer::plain(options.get(&name).cloned().unwrap_or_default())
}

pub(super) fn set(ctx: &mut Context<'_>, params: &Value) -> Reply {
    caller(ctx)?;
    admins_only(ctx)?;
    let given = given(params)?;
    put(&mut calling(ctx)?.options, given)?;
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

pub(super) fn set_own(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let user = ctx.user;
    caller(ctx)?;
    let given = given(params)?;
    let own = calling(ctx)?.user_options.entry(user).or_default();
    put(own, given)?;
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

fn given(params: &Value) -> Result<Vec<(String, Value)>, ApiError> {
    let options = argument(params, "options").map(php::members);
    let options = options.unwrap_or_default();
    if options.is_empty() {
        return Err(ApiError::argument("options"));
    }
    let owned = options.into_iter();
    Ok(owned.map(|(name, value)| (name, value.clone())).collect())
}

fn put(options: &mut BTreeMap<String, Value>, given: Vec<(String, Value)>) -> Result<(), ApiError> {
    options.extend(given);
    if options.len() > MOST_OPTIONS {
        return Err(ApiError::coded("ERROR_CORE", "Too many options"));
    }
    Ok(())
}
