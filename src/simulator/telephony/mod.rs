//! The portal's side of telephony: lines, calls with their cards, the statistics, recordings, and
//! the clicks on numbers. Rules that the documentation does not tell are marked in the code.
//!
//! ```text
//! register → live call with cards ──┬─ show, hide
//!                                   └─ finish → row of the statistics, activity → attachRecord
//! click on a number → register → event ONEXTERNALCALLSTART
//! ```

#![expect(
    clippy::unnecessary_wraps,
    reason = "methods that never refuse have the shape of those that do"
)]

mod cards;
mod clients;
mod fetch;
mod finish;
mod lines;
mod record;
mod registration;
mod statistic;
mod upload;

use serde_json::Value;

pub(super) use self::{
    clients::{client_name, client_of, responsible},
    fetch::fetch,
    registration::{Registration, begin, comparable, without_letters},
    upload::configure,
};
use super::{
    errors::ApiError,
    methods::{Context, Registry, Run, argument},
    php,
    state::{State, telephony::TelephonyAccess},
};

/// The method that attaches recordings.
const METHOD_ATTACH: &str = "telephony.externalCall.attachRecord";
/// The scope of the methods.
const SCOPE: &str = "telephony";

/// Registers the methods.
pub(super) fn register(registry: &mut Registry) {
    let mut add = |name: &str, run| registry.add(name, SCOPE, Run::One(run));
    add("telephony.externalCall.register", registration::register);
    add("telephony.externalCall.show", cards::show);
    add("telephony.externalCall.hide", cards::hide);
    add("telephony.externalCall.finish", finish::finish);
    add(METHOD_ATTACH, record::attach);
    add(
        "telephony.externalCall.searchCrmEntities",
        clients::search_entities,
    );
    add(
        "telephony.call.attachTranscription",
        record::attach_transcription,
    );
    add("telephony.externalLine.add", lines::add);
    add("telephony.externalLine.update", lines::update);
    add("telephony.externalLine.get", lines::get);
    add("telephony.externalLine.delete", lines::delete);
    add("voximplant.statistic.get", statistic::get);
}

/// Refuses a webhook if the portal keeps to its documentation. The code of newer portals lets
/// webhooks call, so that is the default here. Applications may always.
fn admit(ctx: &Context<'_>) -> Result<(), ApiError> {
    let keeps_to_it = ctx.state.telephony.access == TelephonyAccess::Applications;
    if keeps_to_it && ctx.application.is_none() {
        return Err(ApiError::wrong_auth_type());
    }
    Ok(())
}

/// A refusal of a telephony method.
fn refused(description: impl Into<String>) -> ApiError {
    ApiError::coded("ERROR_CORE", description)
}

/// Returns a parameter as text, empty if it is missing.
fn text(params: &Value, name: &str) -> String {
    let value = argument(params, name).map(php::strval);
    value.unwrap_or_default().trim().to_owned()
}

/// Returns a parameter as a number, or this one if it is missing.
fn number(params: &Value, name: &str, otherwise: i64) -> i64 {
    argument(params, name).map_or(otherwise, php::intval)
}

/// Returns the employee whom `USER_ID` or `USER_PHONE_INNER` names. An unknown inner number gives
/// the misleading error of a missing one, as the portal's code does.
fn employee(state: &State, params: &Value) -> Result<u32, ApiError> {
    let given = number(params, "USER_ID", 0);
    let id = if given > 0 {
        u32::try_from(given).ok()
    } else {
        let inner = text(params, "USER_PHONE_INNER");
        let mut users = state.users.iter();
        let user = users.find(|user| user.active && !inner.is_empty() && user.inner_phone == inner);
        let missing = "USER_ID or USER_PHONE_INNER should be set";
        Some(user.ok_or_else(|| refused(missing))?.id)
    };
    let user = id.and_then(|id| state.user(id)).filter(|user| user.active);
    let user = user.ok_or_else(|| refused("User is not found or is not active"))?;
    Ok(user.id)
}
