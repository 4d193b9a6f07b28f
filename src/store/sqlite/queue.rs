//! Leased work: settling it, releasing it, recovering it after a crash, and queueing it again. A
//! submission that is queued by hand has no route yet.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::queue::{Captured, KeptReading, Lease};
use super::super::settlement::{Settlement, Uncertain};
use super::crashes;
use super::events::{NewEvent, append, append_to};
use super::extension;
use super::lease::Load;
use super::replay::{MAY_HAVE_SENT, fix_plan, forget_choice};
use super::steps;
use super::succession;
use super::turn_of_item;
use super::values::{Col, get, source};
use crate::domain::event::{Event, Remark, Verdict};
use crate::domain::{Destination, ParkReason, State, SubmissionId, VerdictReason};

/// What the row of a leased submission says.
struct Held {
    seq: i64,
    uncertain: bool,
    /// The step that was last tried, or the next one; `None` if it is not known.
    step: Option<String>,
    /// The identity of a change of an item.
    change: Option<String>,
}

impl Held {
    /// Returns whether another step than that of this settlement may have made something unknown.
    fn is_other_uncertain(&self, settlement: &Settlement) -> bool {
        let own = settlement.step().map(|step| step.name.as_str());
        self.uncertain && (own.is_none() || self.step.as_deref() != own)
    }
}

/// Stores the settlement of an attempt with its events. Returns how many others it made due.
pub(in crate::store) fn settle(
    connection: &Connection,
    lease: Lease,
    settlement: &Settlement,
    events: &[Event],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let held = held(connection, lease)?;
    let Some(held) = held else {
        return Err(StoreError::NotLeased {
            id: lease.id,
            state: super::state_of(connection, lease.id)?,
        });
    };
    let seq = held.seq;
    let instead = succession::instead_of_retry(connection, seq, settlement)?;
    let settlement = instead.as_ref().unwrap_or(settlement);
    let mut planned = None;
    let verdict = verdict(settlement);
    for event in events.iter().chain(&verdict) {
        let new = NewEvent {
            at: now,
            attempt: lease.attempt,
            event,
            body: None,
        };
        append(connection, seq, &new)?;
        if let Event::Planned(plan) = event {
            planned = Some((connection.last_insert_rowid(), plan));
        }
    }
    let crm = settlement
        .step()
        .filter(|step| step.destination.kind() == Destination::CRM);
    let is_moved = match crm {
        Some(step) => steps::is_moved(connection, seq, step)?,
        None => false,
    };
    if is_moved {
        forget_ids(connection, seq)?;
    }
    if let Some(step) = settlement.step() {
        steps::write(connection, seq, step, now)?;
    }
    let planned_by = planned
        .as_ref()
        .map(|(_, planned)| planned.plan.profile.file.as_str());
    write_outcome(connection, &held, settlement, planned_by, now)?;
    crashes::forget(connection, seq)?;
    if extension::settle(connection, lease, (seq, settlement), now)? {
        return Ok(usize::from(settlement.state() == State::Delivered));
    }
    match (settlement, planned) {
        (Settlement::Advance { .. }, Some((event, planned))) => {
            fix_plan(connection, seq, event, planned)?;
            Ok(0)
        }
        // the plan was fixed before
        (Settlement::Advance { .. }, None) | (Settlement::Retry { .. }, _) => Ok(0),
        _ => {
            forget_choice(connection, seq)?;
            match &held.change {
                Some(change) => turn_of_item::wake_next(connection, (seq, change), now),
                None => Ok(0),
            }
        }
    }
}

/// Returns the row of a lease that is still held.
fn held(connection: &Connection, lease: Lease) -> Result<Option<Held>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT seq, uncertain, step, CASE source WHEN 'amocrm' THEN identity END AS change
             FROM submissions WHERE id = ? AND state = 'leased' AND attempt = ?",
        )?
        .query_row(params![Col(lease.id), lease.attempt], |row| {
            Ok(Held {
                seq: row.get("seq")?,
                uncertain: row.get("uncertain")?,
                step: row.get("step")?,
                change: row.get("change")?,
            })
        })
        .optional()?)
}

/// Returns the verdict of an attempt; none if another step follows.
fn verdict(settlement: &Settlement) -> Option<Event> {
    let (reason, text, due_at) = match settlement {
        Settlement::Advance { .. } => return None,
        Settlement::Delivered { .. } => (None, None, None),
        Settlement::Retry { due_at, reason, .. } => (None, Some(reason), Some(*due_at)),
        Settlement::Park { reason, note, .. } => (Some(*reason), Some(note), None),
        Settlement::Ignored { note } => (None, Some(note), None),
    };
    Some(Event::Verdict(Verdict {
        state: settlement.state(),
        reason,
        text: text.cloned(),
        due_at,
    }))
}

/// What a settlement changes in the row; `None` for `uncertain` keeps it.
#[derive(Default)]
struct Change<'a> {
    reason: Option<ParkReason>,
    note: Option<&'a VerdictReason>,
    due_at: Option<Timestamp>,
    uncertain: Option<bool>,
}

fn change<'a>(held: &Held, settlement: &'a Settlement, now: Timestamp) -> Change<'a> {
    match settlement {
        Settlement::Delivered { .. } => Change {
            uncertain: Some(false),
            ..Change::default()
        },
        Settlement::Advance { .. } => Change {
            due_at: Some(now),
            uncertain: Some(held.is_other_uncertain(settlement)),
            ..Change::default()
        },
        Settlement::Retry {
            due_at,
            reason,
            uncertain,
            ..
        } => Change {
            note: Some(reason),
            due_at: Some(*due_at),
            uncertain: Some(*uncertain == Uncertain::Yes),
            ..Change::default()
        },
        // an uncertain submission stays uncertain: the next attempt has to check first
        Settlement::Park { reason, note, .. } => Change {
            reason: Some(*reason),
            note: Some(note),
            ..Change::default()
        },
        Settlement::Ignored { note } => Change {
            note: Some(note),
            uncertain: Some(false),
            ..Change::default()
        },
    }
}

/// Removes the ids of a submission's contact and record: those of two connections must not mix.
fn forget_ids(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE submissions SET contact_id = NULL, record_kind = NULL, record_id = NULL
             WHERE seq = ?",
        )?
        .execute([seq])?;
    Ok(())
}

/// Writes the outcome of an attempt into the row of the submission.
pub(super) const SETTLE: &str =
    "UPDATE submissions SET state = ?1, settled_at = ?2, leased_at = NULL,
         profile = coalesce(?3, profile), reason = ?4, note = ?5, due_at = ?6,
         uncertain = coalesce(?7, uncertain), contact_id = coalesce(?8, contact_id),
         record_kind = coalesce(?9, record_kind), record_id = coalesce(?10, record_id),
         step = coalesce(?11, step), route = coalesce(?12, route),
         step_began = CASE WHEN ?12 IS NULL THEN step_began ELSE attempt END
     WHERE seq = ?13";

/// Updates the row of a settled submission.
fn write_outcome(
    connection: &Connection,
    held: &Held,
    settlement: &Settlement,
    planned_by: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let change = change(held, settlement, now);
    let of_crm = settlement
        .step()
        .filter(|step| step.destination.kind() == Destination::CRM);
    let became = of_crm.map(|step| step.result.became()).unwrap_or_default();
    let next = match settlement {
        Settlement::Advance { next, route, .. } => Some((next, route)),
        _ => None,
    };
    let step = next.map_or_else(
        || settlement.step().map(|step| step.name.as_str()),
        |(next, _)| Some(next.as_str()),
    );
    // the uncertainty belongs to the step that is stored
    let stays_uncertain = change.uncertain.unwrap_or(held.uncertain);
    let step = step.filter(|_| !(stays_uncertain && held.is_other_uncertain(settlement)));
    connection.prepare_cached(SETTLE)?.execute(params![
        Col(settlement.state()),
        Col(now),
        planned_by,
        change.reason.map(Col),
        change.note.map(Col),
        change.due_at.map(Col),
        change.uncertain,
        became.contact.map(Col),
        became.record.map(|(kind, _)| Col(kind)),
        became.record.map(|(_, id)| Col(id)),
        step,
        next.map(|(_, route)| route.as_str()),
        held.seq,
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

/// Stores what was read for leased submissions, and releases their leases.
pub(in crate::store) fn keep_readings(
    connection: &Connection,
    kept: &[KeptReading],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut keep = connection.prepare_cached(
        "UPDATE submissions SET details = ?3
         WHERE id = ?1 AND state = 'leased' AND attempt = ?2",
    )?;
    for KeptReading { lease, source } in kept {
        let is_held = keep.execute(params![
            Col(lease.id),
            lease.attempt,
            source.stored_details()
        ])?;
        if is_held > 0 {
            let event = Event::remark(Remark::ReadFromAmocrm);
            append_to(connection, lease.id, &[event], now)?;
        }
    }
    let leases: Vec<Lease> = kept.iter().map(|kept| kept.lease).collect();
    release(connection, &leases)
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
        .prepare_cached(&format!(
            "UPDATE submissions SET state = 'queued', due_at = ?2, route = '', reason = NULL, note = NULL,
                 uncertain = max(uncertain, {MAY_HAVE_SENT})
             WHERE id = ?1 AND state IN ('parked', 'captured', 'ignored', 'waiting')
                 AND length(raw) > 0",
        ))?
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

/// Returns up to `limit` captured submissions that were accepted after this one, in that order.
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
