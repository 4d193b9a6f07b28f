//! Submissions that the program may have died of.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::events::{NewEvent, append};
use super::values::Col;
use crate::domain::event::{Event, Verdict};
use crate::domain::{ParkReason, State, SubmissionId, VerdictReason};

/// Counts an end of the program while it worked on these, as far as they still wait. When it worked
/// on one alone, and that was the end `limit` times in a row, that one is parked; returns whether
/// it was.
pub(in crate::store) fn blame(
    connection: &Connection,
    ids: &[SubmissionId],
    limit: u32,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut count = connection.prepare_cached(
        "INSERT INTO crashes (submission, count)
             SELECT seq, 1 FROM submissions
             WHERE id = ? AND state IN ('queued', 'waiting', 'captured')
         ON CONFLICT (submission) DO UPDATE SET count = count + 1
         RETURNING submission, count",
    )?;
    let mut last: Option<(i64, u32)> = None;
    for id in ids {
        last = count
            .query_row([Col(*id)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
    }
    match (ids, last) {
        ([_], Some((seq, times))) if times >= limit => {
            park(connection, seq, times, now).map(|()| true)
        }
        _ => Ok(false),
    }
}

fn park(connection: &Connection, seq: i64, times: u32, now: Timestamp) -> Result<(), StoreError> {
    let note = VerdictReason::Crashed(times);
    let attempt = connection
        .prepare_cached(
            "UPDATE submissions SET state = 'parked', reason = ?2, note = ?3, due_at = NULL,
                 settled_at = ?4
             WHERE seq = ?1 RETURNING attempt",
        )?
        .query_row(
            params![seq, Col(ParkReason::CrashSuspect), Col(&note), Col(now)],
            |row| row.get(0),
        )?;
    let verdict = Event::Verdict(Verdict {
        state: State::Parked,
        reason: Some(ParkReason::CrashSuspect),
        text: Some(note),
        due_at: None,
    });
    let event = NewEvent {
        at: now,
        attempt,
        event: &verdict,
        body: None,
    };
    append(connection, seq, &event)?;
    forget(connection, seq)
}

/// Puts off all suspects until then; returns how many.
pub(in crate::store) fn put_off_suspects(
    connection: &Connection,
    until: Timestamp,
) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(
            "UPDATE submissions SET due_at = max(due_at, ?)
             WHERE seq IN (SELECT submission FROM crashes) AND due_at IS NOT NULL",
        )?
        .execute([Col(until)])?)
}

/// The places of those that the program may have died of.
pub(super) fn suspects(connection: &Connection) -> Result<HashSet<i64>, StoreError> {
    let mut all = connection.prepare_cached("SELECT submission FROM crashes")?;
    let rows = all.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// It came to an outcome: the program does not die of it.
pub(super) fn forget(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM crashes WHERE submission = ?")?
        .execute([seq])?;
    Ok(())
}
