//! The outcomes of a submission's steps.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::StoreError;
use super::super::queue::Repeated;
use super::values::{Col, get, maybe};
use crate::domain::{LoggedStep, Refusal, StepOutcome, StepVerdict, VerdictReason};
use crate::redact;

/// Writes the outcome of a step. If it is not final and has no result, the stored result is kept,
/// unless the step went to another destination before.
pub(super) fn write(
    connection: &Connection,
    submission: i64,
    step: &StepOutcome,
    now: Timestamp,
) -> Result<(), StoreError> {
    let result = serde_json::to_string(&step.result).map_err(StoreError::Encode)?;
    let refusal = step.refusal.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO steps (submission, name, position, destination, verdict, result, reason, note, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT (submission, name) DO UPDATE SET
                 position = excluded.position, destination = excluded.destination,
                 verdict = excluded.verdict, reason = excluded.reason, note = excluded.note,
                 at = excluded.at,
                 result = CASE WHEN excluded.verdict IN ('done', 'refused', 'skipped') OR excluded.result <> '{}'
                     OR excluded.destination <> destination
                     THEN excluded.result ELSE result END",
        )?
        .execute(params![
            submission,
            step.name,
            step.position,
            Col(&step.destination),
            Col(step.verdict),
            redact::mask(&result),
            refusal.map(|refusal| Col(refusal.reason)),
            refusal.map(|refusal| Col(&refusal.text)),
            Col(now),
        ])?;
    Ok(())
}

/// Returns whether the ids of a submission's contact and record, if any, are of another CRM
/// connection than that of this outcome.
pub(super) fn is_moved(
    connection: &Connection,
    submission: i64,
    step: &StepOutcome,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM steps
             WHERE submission = ?1 AND destination <> ?2 AND destination LIKE 'crm:%' AND (name = ?3 OR ?4))",
        )?
        .query_row(
            params![submission, Col(&step.destination), step.name, !step.result.is_empty()],
            |row| row.get(0),
        )?)
}

/// Returns the outcomes of a submission's steps, in the order of the plan.
pub(super) fn outcomes(
    connection: &Connection,
    submission: i64,
) -> Result<Vec<StepOutcome>, StoreError> {
    let steps = logged(connection, submission)?;
    Ok(steps.into_iter().map(|step| step.outcome).collect())
}

/// Returns the outcomes of a submission's steps with their times, in the order of the plan.
pub(in crate::store) fn logged(
    connection: &Connection,
    submission: i64,
) -> Result<Vec<LoggedStep>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, position, destination, verdict, result, reason, note, at FROM steps
         WHERE submission = ? ORDER BY position, name",
    )?;
    let steps = statement
        .query_map([submission], logged_step)?
        .collect::<Result<_, _>>()?;
    Ok(steps)
}

/// Returns the name of the step that a submission waits for: the last one that was tried, or the
/// next one.
pub(in crate::store) fn current(
    connection: &Connection,
    submission: i64,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT step FROM submissions WHERE seq = ?")?
        .query_row([submission], |row| row.get(0))?)
}

fn logged_step(row: &Row<'_>) -> rusqlite::Result<LoggedStep> {
    let result: String = row.get("result")?;
    let reason = maybe(row, "reason")?;
    let note: Option<VerdictReason> = maybe(row, "note")?;
    Ok(LoggedStep {
        at: get(row, "at")?,
        outcome: StepOutcome {
            position: row.get("position")?,
            name: row.get("name")?,
            destination: get(row, "destination")?,
            verdict: get(row, "verdict")?,
            result: serde_json::from_str(&result).unwrap_or_default(),
            refusal: reason.map(|reason| Refusal {
                reason,
                text: note.unwrap_or(VerdictReason::Fault),
            }),
        },
    })
}

/// Marks steps to be repeated: as uncertain, because each checks first what it made before; a
/// skipped one has made nothing.
pub(super) fn repeat(
    connection: &Connection,
    submission: i64,
    repeated: &Repeated,
) -> Result<(), StoreError> {
    let is_later = matches!(repeated, Repeated::From(_));
    connection
        .prepare_cached(
            "UPDATE steps SET verdict = CASE verdict WHEN 'skipped' THEN ?4 ELSE ?3 END
             WHERE submission = ?1 AND (name = ?2 OR ?5 AND position >
                 (SELECT position FROM steps WHERE submission = ?1 AND name = ?2))",
        )?
        .execute(params![
            submission,
            repeated.name(),
            Col(StepVerdict::Uncertain),
            Col(StepVerdict::Unfinished),
            is_later,
        ])?;
    Ok(())
}

/// Moves the uncertainty of a submission to the step that it belongs to, if that has an outcome: a
/// step that today's profile puts before or after it was never tried.
pub(super) fn keep_uncertainty(connection: &Connection, submission: i64) -> Result<(), StoreError> {
    let moved = connection
        .prepare_cached(
            "UPDATE steps SET verdict = ?2
             WHERE submission = ?1 AND verdict IN ('unfinished', 'uncertain')
                 AND name = (SELECT step FROM submissions WHERE seq = ?1 AND uncertain)",
        )?
        .execute(params![submission, Col(StepVerdict::Uncertain)])?;
    if moved > 0 {
        connection
            .prepare_cached("UPDATE submissions SET uncertain = 0 WHERE seq = ?")?
            .execute([submission])?;
    }
    Ok(())
}

/// Records that a person has decided, after this attempt, to send again what may have arrived at an
/// HTTP service before: the next attempt need not ask.
pub(super) fn decided(
    connection: &Connection,
    submission: i64,
    attempt: u32,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE steps SET result = json_set(result, '$.ordered', ?2)
             WHERE submission = ?1 AND destination LIKE 'http:%'
                 AND verdict IN ('unfinished', 'uncertain')",
        )?
        .execute(params![submission, attempt])?;
    Ok(())
}

/// Removes the outcomes of a submission's steps: their results may be personal data.
pub(super) fn remove(connection: &Connection, submission: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM steps WHERE submission = ?")?
        .execute([submission])?;
    Ok(())
}
