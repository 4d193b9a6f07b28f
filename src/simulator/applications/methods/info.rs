//! `app.info` and `feature.get`.

use serde_json::{Value, json};

use super::{super::Standing, required};
use crate::simulator::{
    envelope::{Answer, Reply},
    methods::Context,
};

/// The plan that the sandbox plays.
const LICENSE: &str = "ru_ent250";

pub(super) fn info(ctx: &mut Context<'_>, _: &Value) -> Reply {
    let applications = &ctx.state.applications;
    let application = ctx.application.and_then(|id| applications.get(id));
    let Some(application) = application else {
        // the server's code; the documentation has ACCESS_DENIED
        let scopes: Vec<&String> = ctx.state.scopes.iter().collect();
        return Ok(Answer::plain(json!({"SCOPE": scopes, "LICENSE": LICENSE})));
    };
    Ok(Answer::plain(json!({
        "ID": application.id, "CODE": application.client_id, "VERSION": application.version,
        "STATUS": "L", "INSTALLED": application.standing == Standing::Installed,
        "PAYMENT_EXPIRED": "N", "DAYS": null, "LANGUAGE_ID": "ru", "LICENSE": LICENSE,
        "LICENSE_TYPE": "ent250", "LICENSE_FAMILY": "ent",
    })))
}

pub(super) fn feature(_: &mut Context<'_>, params: &Value) -> Reply {
    let code = required(params, "CODE")?;
    // the sandbox keeps no queue of offline events
    let value = if code == "rest_auth_connector" {
        "Y"
    } else {
        "N"
    };
    Ok(Answer::plain(json!({ "value": value })))
}
