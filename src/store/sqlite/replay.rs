//! Replays: queues a submission by hand, and keeps the plan that its next attempts deliver.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::queue::{Repeated, ReplayBy, ReplayOrder};
use super::super::{StoreError, bounds};
use super::events::{NewEvent, append, decode};
use super::files;
use super::steps;
use super::values::{Col, get};
use crate::domain::event::{Event, Planned, Remark};
use crate::domain::{Plan, State, SubmissionId};
use crate::redact;

/// Whether the last attempt of a submission may have sent something of which no outcome is stored.
/// Those of a delivered or waiting one are all stored, and these reasons come before a step is sent.
pub(super) const MAY_HAVE_SENT: &str =
    "(attempt > step_began AND state NOT IN ('delivered', 'waiting')
    AND coalesce(reason, '') NOT IN
        ('no-profile', 'no-connection', 'missing-value', 'mapping-failed', 'too-costly'))";

/// Queues a submission for an attempt at once: its unfinished steps, and the step that the order
/// names. A step checks first what an earlier attempt may have written.
pub(in crate::store) fn replay(
    connection: &Connection,
    id: SubmissionId,
    order: &ReplayOrder,
    now: Timestamp,
) -> Result<(), StoreError> {
    let found: Option<(i64, State, u32, bool)> = connection
        .prepare_cached(
            "SELECT seq, state, attempt, length(raw) = 0 AS bare FROM submissions WHERE id = ?",
        )?
        .query_row([Col(id)], |row| {
            Ok((
                row.get("seq")?,
                get(row, "state")?,
                row.get("attempt")?,
                row.get("bare")?,
            ))
        })
        .optional()?;
    let (seq, state, attempt, bare) = found.ok_or(StoreError::Unknown { id })?;
    if bare {
        return Err(StoreError::Bare { id });
    }
    if !order.states.contains(&state) {
        return Err(StoreError::NotQueued { id, state });
    }
    if state == State::Delivered && order.repeated.is_none() {
        return Err(StoreError::AllFinished { id });
    }
    let remark = match order.by {
        ReplayBy::TodaysProfile => {
            forget_choice(connection, seq)?;
            Remark::ReplayedByTodaysProfile
        }
        ReplayBy::StoredPlan => {
            let plan = whole_plan(connection, seq)?.ok_or(StoreError::NoPlan { id })?;
            choose(connection, seq, plan, None)?;
            Remark::ReplayedAsMapped
        }
    };
    let event = NewEvent {
        at: now,
        attempt,
        event: &Event::remark(remark),
        body: None,
    };
    append(connection, seq, &event)?;
    files::forget_faults(connection, seq)?;
    if let Some(repeated) = &order.repeated {
        steps::repeat(connection, seq, repeated)?;
    }
    if matches!(state, State::Parked | State::Delivered) {
        steps::decided(connection, seq, attempt)?;
    }
    connection
        .prepare_cached(&format!(
            "UPDATE submissions SET state = 'queued', due_at = ?2, route = '', reason = NULL, note = NULL,
                 uncertain = max(uncertain, {MAY_HAVE_SENT}),
                 step = CASE WHEN uncertain OR {MAY_HAVE_SENT} THEN step ELSE coalesce(?3, step) END
             WHERE seq = ?1",
        ))?
        .execute(params![seq, Col(now), order.repeated.as_ref().map(Repeated::name)])?;
    steps::keep_uncertainty(connection, seq)
}

/// Keeps the plan of an attempt for the remaining steps.
pub(super) fn fix_plan(
    connection: &Connection,
    submission: i64,
    event: i64,
    planned: &Planned,
) -> Result<(), StoreError> {
    // of an overlong plan the history has a shortened copy only
    let complete = bounds::overlong(planned).map_err(StoreError::Encode)?;
    choose(connection, submission, event, complete.as_deref())
}

fn choose(
    connection: &Connection,
    submission: i64,
    event: i64,
    complete: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO replays (submission, plan, complete) VALUES (?1, ?2, ?3)
             ON CONFLICT (submission) DO UPDATE SET
                 plan = excluded.plan, complete = excluded.complete",
        )?
        .execute(params![submission, event, complete.map(redact::mask)])?;
    Ok(())
}

/// Returns the last plan of its history, if it may be carried out again.
fn whole_plan(connection: &Connection, submission: i64) -> Result<Option<i64>, StoreError> {
    let last: Option<(i64, u32, String)> = connection
        .prepare_cached(
            "SELECT seq, version, payload FROM events WHERE submission = ? AND kind = 'planned'
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([submission], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(last.and_then(|(seq, version, payload)| plan(version, payload).map(|_| seq)))
}

/// Returns the plan that is fixed for a submission: chosen by a person, or kept for its remaining
/// steps.
pub(super) fn chosen_plan(
    connection: &Connection,
    submission: i64,
) -> Result<Option<Plan>, StoreError> {
    let chosen: Option<(u32, String)> = connection
        .prepare_cached(
            "SELECT version, coalesce(complete, payload) FROM replays JOIN events ON events.seq = replays.plan
             WHERE replays.submission = ?",
        )?
        .query_row([submission], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(chosen.and_then(|(version, payload)| plan(version, payload)))
}

fn plan(version: u32, payload: String) -> Option<Plan> {
    match decode("planned".to_owned(), version, payload) {
        Event::Planned(planned) if !planned.shortened => Some(planned.plan),
        _ => None,
    }
}

/// Removes the fixed plan: it holds until the submission is delivered, parked or ignored.
pub(super) fn forget_choice(connection: &Connection, submission: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM replays WHERE submission = ?")?
        .execute([submission])?;
    Ok(())
}
