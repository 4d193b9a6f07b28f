//! Leased work: settling it, releasing it, recovering it after a crash, and queueing it again. A
//! submission that is queued by hand has no route yet.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::queue::{Captured, Lease, Settlement, Uncertain};
use super::crashes;
use super::events::{NewEvent, append};
use super::lease::Load;
use super::replay::forget_choice;
use super::values::{Col, get, source};
use crate::domain::event::{Event, Verdict};
use crate::domain::{Became, ParkReason, State, SubmissionId, VerdictReason};

/// Takes the outcome of an attempt, with what happened in it.
pub(in crate::store) fn settle(
    connection: &Connection,
    lease: Lease,
    settlement: &Settlement,
    events: &[Event],
    now: Timestamp,
) -> Result<(), StoreError> {
    let seq: Option<i64> = connection
        .prepare_cached(
            "SELECT seq FROM submissions WHERE id = ? AND state = 'leased' AND attempt = ?",
        )?
        .query_row(params![Col(lease.id), lease.attempt], |row| row.get(0))
        .optional()?;
    let Some(seq) = seq else {
        return Err(StoreError::NotLeased {
            id: lease.id,
            state: super::state_of(connection, lease.id)?,
        });
    };
    let verdict = verdict(settlement);
    for event in events.iter().chain([&verdict]) {
        let new = NewEvent {
            at: now,
            attempt: lease.attempt,
            event,
            body: None,
        };
        append(connection, seq, &new)?;
    }
    let planned_by = events.iter().rev().find_map(|event| match event {
        Event::Planned(planned) => Some(planned.plan.profile.file.as_str()),
        _ => None,
    });
    write_outcome(connection, seq, settlement, planned_by, now)?;
    crashes::forget(connection, seq)?;
    match settlement {
        Settlement::Retry { .. } => Ok(()),
        _ => forget_choice(connection, seq),
    }
}

fn verdict(settlement: &Settlement) -> Event {
    let (reason, text, due_at) = match settlement {
        Settlement::Delivered { .. } => (None, None, None),
        Settlement::Retry { due_at, reason, .. } => (None, Some(reason), Some(*due_at)),
        Settlement::Park { reason, note, .. } => (Some(*reason), Some(note), None),
        Settlement::Ignored { note } => (None, Some(note), None),
    };
    Event::Verdict(Verdict {
        state: settlement.state(),
        reason,
        text: text.cloned(),
        due_at,
    })
}

/// The changes of an outcome to the row; `None` for uncertain, contact and record keeps them.
#[derive(Default)]
struct Change<'a> {
    reason: Option<ParkReason>,
    note: Option<&'a VerdictReason>,
    due_at: Option<Timestamp>,
    uncertain: Option<bool>,
    became: Became,
}

fn change(settlement: &Settlement) -> Change<'_> {
    match settlement {
        Settlement::Delivered { contact, record } => Change {
            uncertain: Some(false),
            became: Became {
                contact: *contact,
                record: *record,
            },
            ..Change::default()
        },
        Settlement::Retry {
            due_at,
            reason,
            uncertain,
            became,
        } => Change {
            note: Some(reason),
            due_at: Some(*due_at),
            uncertain: Some(*uncertain == Uncertain::Yes),
            became: *became,
            ..Change::default()
        },
        // an uncertain submission stays uncertain: the next attempt must look first
        Settlement::Park {
            reason,
            note,
            became,
        } => Change {
            reason: Some(*reason),
            note: Some(note),
            became: *became,
            ..Change::default()
        },
        Settlement::Ignored { note } => Change {
            note: Some(note),
            uncertain: Some(false),
            ..Change::default()
        },
    }
}

fn write_outcome(
    connection: &Connection,
    seq: i64,
    settlement: &Settlement,
    planned_by: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let change = change(settlement);
    connection
        .prepare_cached(
            "UPDATE submissions SET state = ?, settled_at = ?, leased_at = NULL,
                 profile = coalesce(?, profile), reason = ?, note = ?, due_at = ?,
                 uncertain = coalesce(?, uncertain), contact_id = coalesce(?, contact_id),
                 record_kind = coalesce(?, record_kind), record_id = coalesce(?, record_id)
             WHERE seq = ?",
        )?
        .execute(params![
            Col(settlement.state()),
            Col(now),
            planned_by,
            change.reason.map(Col),
            change.note.map(Col),
            change.due_at.map(Col),
            change.uncertain,
            change.became.contact.map(Col),
            change.became.record.map(|(kind, _)| Col(kind)),
            change.became.record.map(|(_, id)| Col(id)),
            seq,
        ])?;
    Ok(())
}

/// Releases unused leases; ignores those that are no longer held.
pub(in crate::store) fn release(
    connection: &Connection,
    leases: &[Lease],
) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached(
        "UPDATE submissions SET state = 'queued', due_at = ?3, leased_at = NULL,
             attempt = attempt - 1
         WHERE id = ?1 AND state = 'leased' AND attempt = ?2",
    )?;
    let mut released = 0;
    for lease in leases {
        released += statement.execute(params![Col(lease.id), lease.attempt, Col(lease.due_at)])?;
    }
    Ok(released)
}

/// Queues submissions whose leases a crash has left behind, as uncertain.
pub(in crate::store) fn recover(
    connection: &Connection,
    now: Timestamp,
) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(
            "UPDATE submissions SET state = 'queued', due_at = ?, leased_at = NULL, uncertain = 1
             WHERE state = 'leased'",
        )?
        .execute([Col(now)])?)
}

/// Queues a parked, captured, ignored or waiting submission for an attempt at once.
pub(in crate::store) fn requeue(
    connection: &Connection,
    id: SubmissionId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let queued = connection
        .prepare_cached(
            "UPDATE submissions SET state = 'queued', due_at = ?2, route = '', reason = NULL, note = NULL,
                 uncertain = max(uncertain, attempt > 0)
             WHERE id = ?1 AND state IN ('parked', 'captured', 'ignored', 'waiting')
                 AND length(raw) > 0",
        )?
        .execute(params![Col(id), Col(now)])?;
    if queued == 1 {
        return Ok(());
    }
    Err(match super::state_of(connection, id)? {
        Some(State::Parked | State::Captured | State::Ignored | State::Waiting) => {
            StoreError::Bare { id }
        }
        Some(state) => StoreError::NotQueued { id, state },
        None => StoreError::Unknown { id },
    })
}

/// Up to `limit` captured submissions that were accepted after this one, in that order.
pub(in crate::store) fn captured(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<Captured>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, id, identity, source, details, raw FROM submissions
         WHERE state = 'captured' AND seq > ? ORDER BY seq LIMIT ?",
    )?;
    let mut rows = statement.query(params![after, limit])?;
    let (mut captured, mut load) = (Vec::new(), Load::default());
    while let Some(row) = rows.next()? {
        let raw: Vec<u8> = row.get("raw")?;
        if !load.takes(raw.len()) {
            break;
        }
        captured.push(Captured {
            seq: row.get("seq")?,
            id: get(row, "id")?,
            source: source(row)?,
            raw: raw.into(),
        });
    }
    Ok(captured)
}

/// Ignores the captured submissions of a source that no profile took in time, and returns how many.
pub(in crate::store) fn expire_captured(
    connection: &Connection,
    source: &str,
    before: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(
            "UPDATE submissions SET state = 'ignored', settled_at = ?2, note = ?4
             WHERE state = 'captured' AND source = ?3 AND received_at < ?1",
        )?
        .execute(params![
            Col(before),
            Col(now),
            source,
            Col(&VerdictReason::CaptureExpired)
        ])?)
}
