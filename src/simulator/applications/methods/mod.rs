//! The methods that only applications may call, or that answer them differently.

#![expect(
    clippy::unnecessary_wraps,
    reason = "methods that never refuse have the shape of those that do"
)]

mod event;
mod info;
mod options;
mod placement;

use serde_json::Value;

use super::Application;
use crate::simulator::{
    errors::ApiError,
    methods::{Context, Registry, Run, argument},
    php,
};

/// Registers the methods. The scope of `placement.*` is checked after the kind of the caller, as
/// webhooks get `WRONG_AUTH_TYPE` whatever their scopes are.
pub(in crate::simulator) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, "", Run::One(run));
    add("app.info", info::info);
    add("feature.get", info::feature);
    add("app.option.get", options::get);
    add("app.option.set", options::set);
    add("user.option.get", options::get_own);
    add("user.option.set", options::set_own);
    add("placement.list", placement::list);
    add("placement.bind", placement::bind);
    add("placement.unbind", placement::unbind);
    add("placement.get", placement::get);
    add("events", event::list);
    add("event.bind", event::bind);
    add("event.unbind", event::unbind);
    add("event.get", event::get);
    add("event.test", event::test);
}

/// Returns the number of the application that calls; a webhook is refused.
fn caller(ctx: &Context<'_>) -> Result<u32, ApiError> {
    ctx.application
        .ok_or_else(ApiError::application_context_required)
}

/// Returns the application that calls, to change it.
fn calling<'a>(ctx: &'a mut Context<'_>) -> Result<&'a mut Application, ApiError> {
    let id = caller(ctx)?;
    ctx.state
        .applications
        .get_mut(id)
        .ok_or_else(ApiError::not_installed)
}

/// Refuses everybody but administrators.
fn admins_only(ctx: &Context<'_>) -> Result<(), ApiError> {
    if ctx.state.is_admin(ctx.user) {
        return Ok(());
    }
    Err(ApiError::access_denied(
        "Administrator authorization required",
    ))
}

/// Returns a parameter as text, empty if it is missing.
fn text(params: &Value, name: &str) -> String {
    let value = argument(params, name).map(php::strval);
    value.unwrap_or_default().trim().to_owned()
}

/// Returns a parameter that must be there.
fn required(params: &Value, name: &str) -> Result<String, ApiError> {
    let text = text(params, name);
    if text.is_empty() {
        return Err(ApiError::argument(name));
    }
    Ok(text)
}

/// Checks the address of a handler as the portal does: its host has a dot, so it may be an IP
/// address but not `localhost`.
fn check_address(address: &str) -> Result<(), ApiError> {
    let wrong = || ApiError::coded("ERROR_WRONG_HANDLER_URL", "Wrong handler URL");
    let url = reqwest::Url::parse(address).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") {
        let words = "Unsupported event handler protocol";
        return Err(ApiError::coded("ERROR_UNSUPPORTED_PROTOCOL", words));
    }
    if !url.host_str().is_some_and(|host| host.contains('.')) {
        return Err(wrong());
    }
    Ok(())
}

/// Handlers and widgets of one application are at most this many; the portal has no such limit.
const MOST_BOUND: usize = 500;

/// Refuses to bind the same twice.
fn check_unbound(what: &str, same: Option<u32>) -> Result<(), ApiError> {
    if same.is_none() {
        return Ok(());
    }
    let words = format!("Unable to set {what} handler: Handler already binded");
    Err(ApiError::coded("ERROR_CORE", words))
}

/// Refuses to bind without end.
fn check_room(count: usize) -> Result<(), ApiError> {
    if count >= MOST_BOUND {
        return Err(ApiError::coded("ERROR_CORE", "Too many handlers"));
    }
    Ok(())
}
