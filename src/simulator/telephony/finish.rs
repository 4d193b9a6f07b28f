//! `telephony.externalCall.finish`: a call ends. It leaves a row in the statistics and an activity in
//! the timelines of the client and of his open records; a second finish finds no call.

use serde_json::{Map, Value, json};

use super::{admit, clients, employee, number, refused, text};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, activity, argument},
    php,
    state::{
        State,
        kind::Kind,
        telephony::{PortalCall, StatisticRow},
    },
    when,
    write::{self, Writing},
};

/// The result of a call, as the caller tells it.
struct Ending {
    user: u32,
    duration: i64,
    code: String,
    reason: String,
    cost: f64,
    currency: String,
    vote: Option<i64>,
}

pub(super) fn finish(ctx: &mut Context<'_>, params: &Value) -> Reply {
    admit(ctx)?;
    let Some(Value::String(id)) = argument(params, "CALL_ID") else {
        let code = "INVALID_ARGUMENT";
        return Err(ApiError::coded(code, "CALL_ID must be a string"));
    };
    let ending = read(ctx.state, params)?;
    let call = ctx.state.telephony.take_call(id);
    let mut call = call.ok_or_else(|| {
        refused("Call is not found (call should be registered prior to finishing)")
    })?;
    if call.entity.is_none() && !call.is_internal {
        // the portal's code searches once more, so a client who was created meanwhile is found
        call.entity = clients::by_number(ctx.state, &call.digits).first().copied();
        let bindings = call
            .entity
            .map(|entity| clients::open_records(ctx.state, entity));
        call.bindings = bindings.unwrap_or_default();
    }
    hand_over(ctx, &call, ending.user);
    let activity = call
        .entity
        .map(|entity| record_activity(ctx, &call, entity, &ending));
    let row = row(ctx.state, &call, &ending, activity);
    let reply = reply(&call, &ending, &row);
    ctx.state.telephony.add_row(row);
    ctx.state.telephony.leave_cards(call, ending.user);
    ctx.state.revision += 1;
    Ok(Answer::plain(reply))
}

fn read(state: &State, params: &Value) -> Result<Ending, ApiError> {
    let duration = number(params, "DURATION", 0).max(0);
    let code = Some(text(params, "STATUS_CODE")).filter(|code| !code.is_empty());
    let otherwise = if duration > 0 { "200" } else { "304" };
    Ok(Ending {
        user: employee(state, params)?,
        duration,
        code: code.unwrap_or_else(|| otherwise.to_owned()),
        reason: text(params, "FAILED_REASON"),
        cost: argument(params, "COST").map_or(0.0, php::floatval),
        currency: text(params, "COST_CURRENCY"),
        vote: Some(number(params, "VOTE", 0)).filter(|vote| *vote > 0),
    })
}

/// Makes the finishing employee responsible for what this call created.
fn hand_over(ctx: &mut Context<'_>, call: &PortalCall, user: u32) {
    for (kind, id) in &call.created {
        let how = Writing {
            kind: *kind,
            now: ctx.now.as_second(),
            user,
            adding: false,
            universal: false,
            import: false,
        };
        let fields = Map::from_iter([("ASSIGNED_BY_ID".to_owned(), user.into())]);
        // a record that was deleted meanwhile has nobody responsible
        write::update(ctx.state, how, *id, &fields).unwrap_or_default();
    }
}

/// Adds the activity. Only a missed incoming call or call-back stays open.
fn record_activity(
    ctx: &mut Context<'_>,
    call: &PortalCall,
    (kind, owner): (Kind, u32),
    ending: &Ending,
) -> u32 {
    let is_open = matches!(call.sort, 2 | 4) && ending.code == "304";
    let (direction, subject) = if call.is_incoming() {
        ("1", format!("Входящий звонок от {}", call.number))
    } else {
        ("2", format!("Исходящий звонок на {}", call.number))
    };
    let end = when::iso(call.began + ending.duration);
    let fields = json!({
        "TYPE_ID": "2",
        "PROVIDER_ID": "VOXIMPLANT_CALL",
        "PROVIDER_TYPE_ID": if call.sort == 4 { "CALLBACK" } else { "CALL" },
        "SUBJECT": subject,
        "START_TIME": when::iso(call.began),
        "END_TIME": end,
        "DEADLINE": end,
        "COMPLETED": if is_open { "N" } else { "Y" },
        "STATUS": if is_open { "1" } else { "2" },
        "RESPONSIBLE_ID": ending.user.to_string(),
        "DIRECTION": direction,
        "ORIGIN_ID": format!("VI_{}", call.id),
        "COMMUNICATIONS": [
            {"VALUE": call.number, "ENTITY_ID": owner, "ENTITY_TYPE_ID": kind.type_id()},
        ],
    });
    let fields = fields.as_object().cloned().unwrap_or_default();
    let id = activity::store(ctx, kind, owner, fields);
    let is_there = |(kind, id): &&(Kind, u32)| ctx.state.record(*kind, *id).is_some();
    let others: Vec<(Kind, u32)> = call.bindings.iter().filter(is_there).copied().collect();
    for other in others.into_iter().filter(|other| *other != (kind, owner)) {
        let timeline = ctx.state.timelines.entry(other).or_default();
        timeline.activities.push(id);
    }
    id
}

fn row(
    state: &mut State,
    call: &PortalCall,
    ending: &Ending,
    activity: Option<u32>,
) -> StatisticRow {
    state.telephony.last_row += 1;
    let id = state.telephony.last_row;
    let columns = json!({
        "ID": id.to_string(),
        "PORTAL_USER_ID": ending.user.to_string(),
        "PORTAL_NUMBER": call.line,
        "PHONE_NUMBER": call.number.trim_start_matches('+'),
        "CALL_ID": call.id,
        "EXTERNAL_CALL_ID": call.external,
        "CALL_CATEGORY": "external",
        "CALL_LOG": null,
        "CALL_DURATION": ending.duration.to_string(),
        "CALL_START_DATE": when::iso(call.began),
        "CALL_RECORD_URL": null,
        "CALL_VOTE": ending.vote.map(|vote| vote.to_string()),
        "COST": format!("{:.4}", ending.cost),
        "COST_CURRENCY": ending.currency,
        "CALL_FAILED_CODE": ending.code,
        "CALL_FAILED_REASON": ending.reason,
        "CRM_ENTITY_TYPE": call.entity.map(|(kind, _)| kind.word().to_uppercase()),
        "CRM_ENTITY_ID": call.entity.map(|(_, id)| id.to_string()),
        "CRM_ACTIVITY_ID": activity.map(|id| id.to_string()),
        "REST_APP_ID": null,
        "REST_APP_NAME": null,
        "TRANSCRIPT_ID": null,
        "TRANSCRIPT_PENDING": "N",
        "SESSION_ID": null,
        "REDIAL_ATTEMPT": null,
        "COMMENT": null,
        "RECORD_DURATION": null,
        "RECORD_FILE_ID": null,
        "CALL_TYPE": call.sort.to_string(),
    });
    StatisticRow {
        id,
        call: call.id.clone(),
        began: call.began,
        activity,
        record: None,
        columns: columns.as_object().cloned().unwrap_or_default(),
    }
}

fn reply(call: &PortalCall, ending: &Ending, row: &StatisticRow) -> Value {
    let mut reply = json!({
        "CALL_ID": call.id,
        "EXTERNAL_CALL_ID": call.external,
        "PORTAL_USER_ID": ending.user,
        "PHONE_NUMBER": row.text("PHONE_NUMBER"),
        "PORTAL_NUMBER": call.line,
        "INCOMING": call.sort.to_string(),
        "CALL_DURATION": ending.duration,
        "CALL_START_DATE": php::hollow(),
        "CALL_STATUS": i64::from(ending.duration > 0),
        "CALL_VOTE": ending.vote,
        "COST": ending.cost,
        "COST_CURRENCY": ending.currency,
        "CALL_FAILED_CODE": ending.code,
        "CALL_FAILED_REASON": ending.reason,
        "REST_APP_ID": null,
        "REST_APP_NAME": null,
        "CRM_ACTIVITY_ID": row.activity,
        "COMMENT": null,
        "CRM_ENTITY_TYPE": call.entity.map(|(kind, _)| kind.word().to_uppercase()),
        "CRM_ENTITY_ID": call.entity.map(|(_, id)| id),
        "ID": row.id,
    });
    if row.activity.is_none()
        && !call.is_internal
        && let Some(reply) = reply.as_object_mut()
    {
        let error = "Could not find associated crm entity for the current call";
        reply.insert("ERRORS".to_owned(), json!({"ACTIVITY_CREATION": error}));
    }
    reply
}
