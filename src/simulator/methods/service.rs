//! Methods about the connection itself: the user, the scopes, the methods, the server's time.

use serde_json::{Value, json};

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php, when,
};

/// Every scope that the sandbox knows, for `scope?full=true`.
const SCOPES: [&str; 6] = ["crm", "user", "department", "im", "user_basic", "telephony"];

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "", Run::One(run));
    add("profile", profile);
    add("scope", scope);
    add("methods", methods);
    add("method.get", method);
    add("server.time", time);
    add("app.info", app);
    add("user.admin", admin);
}

fn profile(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let Some(user) = ctx.state.user(ctx.user).filter(|it| it.active) else {
        return Ok(Answer::plain(Value::Array(Vec::new())));
    };
    Ok(Answer::plain(json!({
        "ID": user.id.to_string(),
        "ADMIN": user.id == 1,
        "NAME": user.name,
        "LAST_NAME": user.last_name,
        "PERSONAL_GENDER": user.gender,
        "TIME_ZONE": "",
        "TIME_ZONE_OFFSET": 0,
    })))
}

fn scope(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let full = argument(params, "full").is_some_and(php::truthy);
    let list: Vec<&str> = if full {
        SCOPES.to_vec()
    } else {
        ctx.state.scopes.iter().map(String::as_str).collect()
    };
    Ok(Answer::plain(json!(list)))
}

fn methods(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let granted = |name: &&str| {
        ctx.methods
            .get(name)
            .is_none_or(|it| it.scope.is_empty() || ctx.state.scopes.contains(it.scope))
    };
    let names: Vec<&str> = ctx.methods.names().filter(granted).collect();
    Ok(Answer::plain(json!(names)))
}

fn method(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let Some(name) = argument(params, "name").map(php::strval) else {
        return Err(ApiError::coded(
            "ERROR_ARGUMENT",
            "Argument 'name' is null or empty",
        ));
    };
    let found = ctx.methods.get(&name);
    // Only lower case matches here, although calls accept any case.
    let existing = name == "batch" || (found.is_some() && name == name.to_lowercase());
    let available =
        existing && found.is_none_or(|it| it.scope.is_empty() || ctx.state.is_granted(it.scope));
    Ok(Answer::plain(
        json!({"isExisting": existing, "isAvailable": available}),
    ))
}

fn time(ctx: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(when::iso(ctx.now.as_second())))
}

/// The answer for a webhook; an application would see its own data.
fn app(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let scopes: Vec<&String> = ctx.state.scopes.iter().collect();
    Ok(Answer::plain(
        json!({"SCOPE": scopes, "LICENSE": "ru_ent250"}),
    ))
}

fn admin(ctx: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(ctx.user == 1))
}
