//! Methods about the connection itself: the user, the scopes, the methods, the server's time.

use serde_json::{Map, Value, json};

use super::{Context, Registry, Run, argument};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    php, when,
};

/// Every scope of a portal, for `scope?full=true` (REST documentation, "Scopes"); the methods of most
/// do not exist here.
const SCOPES: [&str; 49] = [
    "ai_admin",
    "basic",
    "biconnector",
    "bizproc",
    "booking",
    "calendar",
    "call",
    "cashbox",
    "catalog",
    "contact_center",
    "crm",
    "delivery",
    "department",
    "disk",
    "documentgenerator",
    "entity",
    "humanresources",
    "humanresources.hcmlink",
    "im",
    "imbot",
    "imconnector",
    "imopenlines",
    "intranet",
    "landing",
    "lists",
    "log",
    "mailservice",
    "main",
    "messageservice",
    "mobile",
    "pay_system",
    "placement",
    "pull",
    "rpa",
    "sale",
    "salescenter",
    "sign.b2e",
    "socialnetwork",
    "sonet_group",
    "task",
    "telephony",
    "timeman",
    "user",
    "user.userfield",
    "user_basic",
    "user_brief",
    "userconsent",
    "userfieldconfig",
    "vote",
];

pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "", Run::One(run));
    add("profile", profile);
    add("scope", scope);
    add("methods", methods);
    add("method.get", method);
    add("server.time", time);
    add("user.admin", admin);
    add("user.access", access);
    add("access.name", access_names);
}

fn profile(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let Some(user) = ctx.state.user(ctx.user).filter(|it| it.active) else {
        return Ok(Answer::plain(Value::Array(Vec::new())));
    };
    Ok(Answer::plain(json!({
        "ID": user.id.to_string(),
        "ADMIN": ctx.state.is_admin(user.id),
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

/// The access codes in `ACCESS`.
fn codes(params: &Value) -> Vec<String> {
    let sent = argument(params, "ACCESS").map(php::values);
    sent.into_iter().flatten().map(php::strval).collect()
}

/// Whether the caller has one of the access codes. Who manages applications has all of them (REST
/// documentation, "user.access").
fn access(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let own = format!("U{}", ctx.user);
    let departments = ctx.state.user(ctx.user).map(|it| it.departments.clone());
    let departments = departments.unwrap_or_default();
    let has = |code: &String| {
        let department = code.trim_start_matches("DR").trim_start_matches('D');
        let number = department.parse::<u32>().ok();
        *code == own
            || matches!(code.as_str(), "AU" | "G2")
            || number.is_some_and(|it| departments.contains(&it))
    };
    Ok(Answer::plain(
        ctx.state.is_admin(ctx.user) || codes(params).iter().any(has),
    ))
}

/// Names access codes; unknown ones are left out, and no codes are answered `false`.
fn access_names(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let codes = codes(params);
    if codes.is_empty() {
        return Ok(Answer::plain(false));
    }
    let named = codes.into_iter().filter_map(|code| {
        let (provider, name, id) = access_name(ctx, &code)?;
        let named = json!({"provider": provider, "name": name, "provider_id": id});
        Some((code, named))
    });
    Ok(Answer::plain(named.collect::<Map<String, Value>>()))
}

/// Provider, name and id of the provider. Those of employees and departments are our inference.
fn access_name(ctx: &Context<'_>, code: &str) -> Option<(&'static str, String, &'static str)> {
    let other = |name: &str| Some(("", name.to_owned(), "other"));
    let number = |prefix: &str| code.strip_prefix(prefix)?.parse::<u32>().ok();
    match code {
        "G1" => other("Администраторы"),
        "G2" => other("Все посетители"),
        "AU" => other("Все авторизованные пользователи"),
        _ => {
            if let Some(user) = number("U") {
                let user = ctx.state.user(user)?;
                return Some(("Пользователи", user.full_name(), "user"));
            }
            let id = number("DR").or_else(|| number("D"))?;
            let mut departments = ctx.state.departments.iter();
            let department = departments.find(|it| it.id == id)?;
            Some(("Подразделения", department.name.clone(), "intranet"))
        }
    }
}

fn admin(ctx: &mut Context<'_>, _: &Value) -> Reply {
    Ok(Answer::plain(ctx.state.is_admin(ctx.user)))
}
