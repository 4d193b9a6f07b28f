//! Making, confirming and stopping replays.

use serde_json::json;

use crate::console::choice::chosen;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Role, State};
use crate::replay::bulk::{BulkOrder, BulkRequest, ReplayBy};

/// Fixes the set of a new replay and begins its dry run. Nothing is queued.
pub(super) async fn make(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    visit.need(Role::Operator)?;
    let mut also = Vec::new();
    if visit.field("rejected").is_some() {
        also.push(State::Rejected);
    }
    let mut step = None;
    if visit.field("delivered").is_some() {
        visit.need(Role::Admin)?;
        also.push(State::Delivered);
        step = visit.field("step").map(|step| step.trim().to_owned());
    }
    let request = BulkRequest {
        chosen: chosen(visit)?,
        by: match visit.field("by") {
            Some("then") => ReplayBy::StoredPlan,
            _ => ReplayBy::TodaysProfile,
        },
        also,
        step,
        is_onwards: visit.field("onwards").is_some(),
        who: visit.user.name.clone(),
    };
    let id = visit.parts().replays.make(request).await?;
    Ok(Answer::Go(format!("/replays/{id}")))
}

/// Returns the role that may confirm and stop a replay.
pub(super) fn role_of(order: &BulkOrder) -> Role {
    if order.also.contains(&State::Delivered) {
        return Role::Admin;
    }
    Role::Operator
}

/// Lets a replay begin.
pub(super) async fn confirm(visit: &Visit<'_>, id: i64) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(Role::Operator)?;
    let replays = &visit.parts().replays;
    let view = replays.view(id).await?;
    visit.need(role_of(&view.replay.order))?;
    replays.confirm(id, &visit.user.name).await?;
    let details = json!({"count": view.taken()});
    visit
        .note("replay-confirmed", &id.to_string(), details)
        .await?;
    Ok(Answer::Go(format!("/replays/{id}")))
}

/// Stops a replay.
pub(super) async fn stop(visit: &Visit<'_>, id: i64) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(Role::Operator)?;
    let replays = &visit.parts().replays;
    let view = replays.view(id).await?;
    visit.need(role_of(&view.replay.order))?;
    replays.stop(id).await?;
    visit
        .note("replay-stopped", &id.to_string(), serde_json::Value::Null)
        .await?;
    Ok(Answer::Go(format!("/replays/{id}")))
}
