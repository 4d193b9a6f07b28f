//! `placement.*`: widgets in the portal's pages.

use serde_json::{Map, Value, json};

use super::{
    super::Widget, admins_only, caller, calling, check_address, check_room, check_unbound,
    required, text,
};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, argument},
    php,
};

/// The codes of widgets, each with the scope that it needs beside `placement`.
const CODES: &[(&str, &str)] = &[
    ("CALL_CARD", "telephony"),
    ("CRM_COMPANY_DETAIL_TAB", "crm"),
    ("CRM_COMPANY_DETAIL_TOOLBAR", "crm"),
    ("CRM_COMPANY_LIST_MENU", "crm"),
    ("CRM_COMPANY_LIST_TOOLBAR", "crm"),
    ("CRM_CONTACT_DETAIL_TAB", "crm"),
    ("CRM_CONTACT_DETAIL_TOOLBAR", "crm"),
    ("CRM_CONTACT_LIST_MENU", "crm"),
    ("CRM_CONTACT_LIST_TOOLBAR", "crm"),
    ("CRM_DEAL_DETAIL_ACTIVITY", "crm"),
    ("CRM_DEAL_DETAIL_TAB", "crm"),
    ("CRM_DEAL_DETAIL_TOOLBAR", "crm"),
    ("CRM_DEAL_LIST_MENU", "crm"),
    ("CRM_DEAL_LIST_TOOLBAR", "crm"),
    ("CRM_LEAD_DETAIL_ACTIVITY", "crm"),
    ("CRM_LEAD_DETAIL_TAB", "crm"),
    ("CRM_LEAD_DETAIL_TOOLBAR", "crm"),
    ("CRM_LEAD_LIST_MENU", "crm"),
    ("CRM_LEAD_LIST_TOOLBAR", "crm"),
    ("LEFT_MENU", ""),
    (BACKGROUND, ""),
    (LINK, ""),
];
/// Codes that take one handler.
const BACKGROUND: &str = "PAGE_BACKGROUND_WORKER";
const LINK: &str = "REST_APP_URI";
/// Longer texts of a widget are cut.
const LONGEST: usize = 255;

/// Whether this caller knows a code.
fn is_known(ctx: &Context<'_>, code: &str, scope: &str) -> bool {
    let missing = &ctx.state.applications.quirks.missing_placements;
    (scope.is_empty() || ctx.state.is_granted(scope)) && !missing.iter().any(|it| it == code)
}

/// Refuses webhooks, then tokens without the scope.
fn admit(ctx: &Context<'_>) -> Result<u32, ApiError> {
    let application = caller(ctx)?;
    if ctx.state.is_granted("placement") {
        return Ok(application);
    }
    Err(ApiError::insufficient_scope_of_token())
}

pub(super) fn list(ctx: &mut Context<'_>, params: &Value) -> Reply {
    admit(ctx)?;
    let asked = text(params, "SCOPE");
    let wanted = |scope: &str| asked.is_empty() || scope == asked;
    let codes = CODES.iter();
    let codes = codes.filter(|(code, scope)| wanted(scope) && is_known(ctx, code, scope));
    let codes: Vec<&str> = codes.map(|(code, _)| *code).collect();
    Ok(Answer::plain(json!(codes)))
}

pub(super) fn bind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let application = admit(ctx)?;
    admins_only(ctx)?;
    let placement = required(params, "PLACEMENT")?.to_uppercase();
    let handler = required(params, "HANDLER")?;
    let known = CODES.iter().find(|(code, _)| *code == placement);
    if !known.is_some_and(|(code, scope)| is_known(ctx, code, scope)) {
        let words = "Placement not found";
        return Err(ApiError::coded("ERROR_PLACEMENT_NOT_FOUND", words));
    }
    check_address(&handler)?;
    let user = argument(params, "USER_ID").map_or(0, php::intval);
    if user != 0 && placement != BACKGROUND {
        let words = "User mode is not available";
        return Err(ApiError::coded("ERROR_PLACEMENT_USER_MODE", words).with_status(200));
    }
    let widgets = &calling(ctx)?.widgets;
    let mut same = widgets.iter().filter(|it| it.placement == placement);
    if matches!(placement.as_str(), BACKGROUND | LINK) && same.clone().next().is_some() {
        let words = "Placement max count";
        return Err(ApiError::coded("ERROR_PLACEMENT_MAX_COUNT", words).with_status(200));
    }
    let bound = same.find(|it| it.handler == handler);
    check_unbound("placement", bound.map(|it| it.id))?;
    check_room(widgets.len())?;
    let widget = Widget {
        id: ctx.state.applications.next(),
        placement,
        handler,
        title: cut(&text(params, "TITLE")),
        description: cut(&text(params, "DESCRIPTION")),
        languages: languages(params),
        user: u32::try_from(user).unwrap_or(0),
    };
    if let Some(application) = ctx.state.applications.get_mut(application) {
        application.widgets.push(widget);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(true))
}

/// Reads `LANG_ALL`.
fn languages(params: &Value) -> Value {
    let mut all = Map::new();
    let given = argument(params, "LANG_ALL").map(php::members);
    for (language, texts) in given.unwrap_or_default().into_iter().take(30) {
        let of = |name: &str| {
            let text = php::member(texts, name).map(php::strval);
            cut(&text.unwrap_or_default())
        };
        let texts = json!({
            "TITLE": of("TITLE"), "DESCRIPTION": of("DESCRIPTION"),
            "GROUP_NAME": of("GROUP_NAME"),
        });
        all.insert(language, texts);
    }
    Value::Object(all)
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

pub(super) fn unbind(ctx: &mut Context<'_>, params: &Value) -> Reply {
    admit(ctx)?;
    admins_only(ctx)?;
    let placement = required(params, "PLACEMENT")?.to_uppercase();
    let handler = text(params, "HANDLER");
    let widgets = &mut calling(ctx)?.widgets;
    let before = widgets.len();
    widgets
        .retain(|it| it.placement != placement || (!handler.is_empty() && it.handler != handler));
    // the public code counts each once when it finds it and once when it deletes it
    let count = 2 * (before - widgets.len());
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({ "count": count })))
}

pub(super) fn get(ctx: &mut Context<'_>, _: &Value) -> Reply {
    admit(ctx)?;
    admins_only(ctx)?;
    let widgets = calling(ctx)?.widgets.iter();
    let rows = widgets.map(|it| {
        json!({
            "placement": it.placement, "userId": it.user, "handler": it.handler,
            "title": it.title, "description": it.description, "options": [],
            "langAll": it.languages,
        })
    });
    Ok(Answer::plain(rows.collect::<Vec<Value>>()))
}
