//! Taking in what came in: one row for a new submission; a repeat is counted, never taken for a new
//! one.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::super::queue::{Accepted, Admission, Arrival, Room};
use super::erased_keys::rename_repeat;
use super::events::{NewEvent, append};
use super::succession;
use super::values::{Col, get, maybe};
use crate::domain::event::{Event, Readmitted, Repeated};
use crate::domain::{Explanation, Source, State, SubmissionId, VerdictReason};

/// How many other bodies of one submission are kept; a sender whose repeats always differ must not
/// fill the disk.
const OTHER_BODIES: i64 = 32;
/// Submissions that cannot be decoded get one in so many of the places and bytes of a quarantine:
/// garbage on one channel must not fill it for the others.
const UNDECODABLE_SHARE: u64 = 4;

/// The stored submission with the same identity.
struct Stored {
    seq: i64,
    id: SubmissionId,
    state: State,
    attempt: u32,
    repeats: u32,
    received_at: Timestamp,
    note: Option<VerdictReason>,
    /// Purged or erased content is not stored again, so every body counts as the same.
    same_body: bool,
}

/// Stores the arrival, in one statement unless its body was repaired; `None` when its identity is
/// known.
pub(in crate::store) fn admit_new(
    connection: &Connection,
    arrival: &Arrival,
) -> Result<Option<Accepted>, StoreError> {
    if let Admission::Quarantine(room) | Admission::Undecodable { room, .. } = &arrival.admission {
        check_room(connection, arrival, *room)?;
    }
    if !insert(connection, arrival)? {
        return Ok(None);
    }
    note_repairs(connection, connection.last_insert_rowid(), arrival, 0)?;
    Ok(Some(Accepted::New { id: arrival.id }))
}

/// Stores several arrivals in their order. `None` stands for one that finds no room in quarantine.
pub(in crate::store) fn admit_all(
    connection: &Connection,
    arrivals: &mut [Arrival],
) -> Result<Vec<Option<Accepted>>, StoreError> {
    let mut is_full = false;
    let mut all = Vec::with_capacity(arrivals.len());
    for arrival in arrivals {
        rename_repeat(connection, arrival)?;
        let bounds = succession::bounds(arrival);
        if let Some(bounds) = &bounds {
            succession::yield_to_newer(connection, arrival, bounds)?;
        }
        let is_captured = matches!(arrival.admission, Admission::Quarantine(_));
        if is_full && is_captured && !is_known(connection, &arrival.source)? {
            all.push(None);
            continue;
        }
        let accepted = match admit_new(connection, arrival) {
            Ok(Some(accepted)) => {
                if let Some(bounds) = &bounds {
                    succession::overtake_older(connection, arrival, bounds)?;
                }
                Some(accepted)
            }
            Ok(None) => Some(admit_known(connection, arrival)?),
            Err(StoreError::NoRoom) => {
                is_full = true;
                None
            }
            Err(error) => return Err(error),
        };
        all.push(accepted);
    }
    Ok(all)
}

/// Records repairs of the body in the history.
fn note_repairs(
    connection: &Connection,
    seq: i64,
    arrival: &Arrival,
    attempt: u32,
) -> Result<(), StoreError> {
    if !arrival.repairs.cut_characters {
        return Ok(());
    }
    let new = NewEvent {
        at: arrival.received_at,
        attempt,
        event: &Event::Because(Explanation::CutCharacters),
        body: None,
    };
    append(connection, seq, &new)
}

/// Counts the arrival as a repeat of the stored submission, or replaces a refused one with it.
pub(in crate::store) fn admit_known(
    connection: &Connection,
    arrival: &Arrival,
) -> Result<Accepted, StoreError> {
    let stored = stored(connection, arrival)?;
    match (stored.state, &arrival.admission) {
        (
            State::Rejected,
            Admission::Queue | Admission::Quarantine(_) | Admission::Undecodable { .. },
        ) => readmit(connection, arrival, &stored),
        _ => repeat(connection, arrival, &stored),
    }
}

/// Counts what is added to a stored submission as a repeat of it. A refused one is accepted with the
/// body that it has: what was added is in its details.
pub(super) fn admit_addition(
    connection: &Connection,
    arrival: &Arrival,
) -> Result<Accepted, StoreError> {
    let mut stored = stored(connection, arrival)?;
    if stored.state == State::Rejected && arrival.admission == Admission::Queue {
        note_readmission(connection, arrival, (&stored, None))?;
        connection
            .prepare_cached(
                "UPDATE submissions SET state = 'queued', due_at = ?2, profile = ?3, route = ?4,
                     note = NULL
                 WHERE seq = ?1",
            )?
            .execute(params![
                stored.seq,
                Col(arrival.due_at),
                arrival.profile,
                arrival.route.as_str(),
            ])?;
        stored.state = State::Queued;
    }
    repeat(connection, arrival, &stored)
}

fn landing(admission: &Admission) -> (State, Option<&VerdictReason>) {
    match admission {
        Admission::Queue => (State::Queued, None),
        Admission::Quarantine(_) => (State::Captured, None),
        Admission::Undecodable { reason, .. } => (State::Captured, Some(reason)),
        Admission::Reject { reason } => (State::Rejected, Some(reason)),
        Admission::Ignore { reason } => (State::Ignored, Some(reason)),
    }
}

/// Checks the limit of captured submissions, which each source has, because anybody can send
/// requests that no profile takes. Those that cannot be decoded, which are the only ones with a note,
/// get a share of it. A repeat needs no room.
fn check_room(connection: &Connection, arrival: &Arrival, room: Room) -> Result<(), StoreError> {
    let is_undecodable = matches!(arrival.admission, Admission::Undecodable { .. });
    let captured: (u64, u64, u64, u64) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(has_note), 0),
                 coalesce(sum(bytes * has_note), 0)
             FROM (SELECT length(raw) + length(details) AS bytes, note IS NOT NULL AS has_note
                   FROM submissions WHERE state = 'captured' AND source = ?1 LIMIT ?2)",
        )?
        .query_row(params![arrival.source.name(), room.most], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let (count, bytes, undecodable, undecodable_bytes) = captured;
    let is_over = |count, bytes: u64, room: Room| {
        let needed = bytes.saturating_add(arrival.raw.len() as u64);
        count >= room.most || needed > room.bytes
    };
    let share = Room {
        most: room.most.div_ceil(UNDECODABLE_SHARE),
        bytes: room.bytes.div_ceil(UNDECODABLE_SHARE),
    };
    let is_full = is_over(count, bytes, room)
        || is_undecodable && is_over(undecodable, undecodable_bytes, share);
    if is_full && !is_known(connection, &arrival.source)? {
        return Err(StoreError::NoRoom);
    }
    Ok(())
}

fn is_known(connection: &Connection, source: &Source) -> Result<bool, StoreError> {
    let mut find = connection.prepare_cached("SELECT 1 FROM submissions WHERE identity = ?")?;
    Ok(find.exists([source.identity().as_str()])?)
}

/// Returns the last identity that begins like this and ends in a time of this range: in
/// milliseconds, padded with zeros to 16 digits.
pub(in crate::store) fn last_beginning(
    connection: &Connection,
    beginning: &str,
    times: (Timestamp, Timestamp),
) -> Result<Option<String>, StoreError> {
    let bound = |at: Timestamp| format!("{beginning}{:016}", at.as_millisecond().max(0));
    Ok(connection
        .prepare_cached(
            "SELECT identity FROM submissions WHERE identity BETWEEN ?1 AND ?2
             ORDER BY identity DESC LIMIT 1",
        )?
        .query_row([bound(times.0), bound(times.1)], |row| row.get(0))
        .optional()?)
}

fn due_at(state: State, now: Timestamp) -> Option<Col<Timestamp>> {
    (state == State::Queued).then_some(Col(now))
}

/// Inserts a submission with a new identity.
pub(super) const INSERT: &str = "INSERT INTO submissions
         (id, identity, source, details, received_at, profile, state, note, due_at, route, raw)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (identity) DO NOTHING";

fn insert(connection: &Connection, arrival: &Arrival) -> Result<bool, StoreError> {
    let (state, note) = landing(&arrival.admission);
    let source = &arrival.source;
    let inserted = connection.prepare_cached(INSERT)?.execute(params![
        Col(arrival.id),
        source.identity().as_str(),
        source.name(),
        source.stored_details(),
        Col(arrival.received_at),
        arrival.profile,
        Col(state),
        note.map(Col),
        due_at(state, arrival.due_at),
        arrival.route.as_str(),
        &arrival.raw[..],
    ])?;
    Ok(inserted == 1)
}

fn stored(connection: &Connection, arrival: &Arrival) -> Result<Stored, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(Stored {
            seq: row.get("seq")?,
            id: get(row, "id")?,
            state: get(row, "state")?,
            attempt: row.get("attempt")?,
            repeats: row.get("repeats")?,
            received_at: get(row, "received_at")?,
            note: maybe(row, "note")?,
            same_body: row.get("same_body")?,
        })
    };
    Ok(connection
        .prepare_cached(
            "SELECT seq, id, state, attempt, repeats, received_at, note, raw = ?2 OR length(raw) = 0 AS same_body
             FROM submissions WHERE identity = ?1",
        )?
        .query_row(
            params![arrival.source.identity().as_str(), &arrival.raw[..]],
            read,
        )?)
}

/// A refused submission was never promised anything, so what its sender has put right takes its
/// place under the same id; what it was before stays in its history.
fn readmit(
    connection: &Connection,
    arrival: &Arrival,
    stored: &Stored,
) -> Result<Accepted, StoreError> {
    let earlier: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT raw FROM submissions WHERE seq = ? AND raw <> ? AND length(raw) > 0",
        )?
        .query_row(params![stored.seq, &arrival.raw[..]], |row| row.get(0))
        .optional()?;
    note_readmission(connection, arrival, (stored, earlier.as_deref()))?;
    note_repairs(connection, stored.seq, arrival, stored.attempt)?;
    let (state, _) = landing(&arrival.admission);
    connection
        .prepare_cached(
            "UPDATE submissions SET raw = ?2, received_at = ?3, profile = ?4, state = ?5, due_at = ?6,
                 details = ?7, route = ?8, note = NULL, repeats = repeats + 1, last_repeat_at = ?3
             WHERE seq = ?1",
        )?
        .execute(params![
            stored.seq,
            &arrival.raw[..],
            Col(arrival.received_at),
            arrival.profile,
            Col(state),
            due_at(state, arrival.due_at),
            arrival.source.stored_details(),
            arrival.route.as_str(),
        ])?;
    Ok(Accepted::New { id: stored.id })
}

/// Records in the history that a refused submission is accepted after all, with the body that is
/// replaced.
fn note_readmission(
    connection: &Connection,
    arrival: &Arrival,
    (stored, earlier): (&Stored, Option<&[u8]>),
) -> Result<(), StoreError> {
    let event = Event::Readmitted(Readmitted {
        rejected_at: stored.received_at,
        reason: stored.note.clone(),
    });
    let new = NewEvent {
        at: arrival.received_at,
        attempt: stored.attempt,
        event: &event,
        body: earlier,
    };
    append(connection, stored.seq, &new)
}

fn repeat(
    connection: &Connection,
    arrival: &Arrival,
    stored: &Stored,
) -> Result<Accepted, StoreError> {
    if !stored.same_body {
        keep_other_body(connection, arrival, stored)?;
    }
    connection
        .prepare_cached(
            "UPDATE submissions SET repeats = repeats + 1, last_repeat_at = ? WHERE seq = ?",
        )?
        .execute(params![Col(arrival.received_at), stored.seq])?;
    let mut state = stored.state;
    match (state, &arrival.admission) {
        (State::Captured, Admission::Queue) => {
            state = State::Queued;
            connection
                .prepare_cached(
                    "UPDATE submissions SET state = 'queued', due_at = ?, profile = ?, route = ?,
                         note = NULL
                     WHERE seq = ?",
                )?
                .execute(params![
                    Col(arrival.due_at),
                    arrival.profile,
                    arrival.route.as_str(),
                    stored.seq,
                ])?;
        }
        (State::Rejected, Admission::Reject { reason }) => {
            connection
                .prepare_cached("UPDATE submissions SET note = ? WHERE seq = ?")?
                .execute(params![Col(reason), stored.seq])?;
        }
        _ => {}
    }
    Ok(Accepted::Known {
        id: stored.id,
        state,
        repeats: stored.repeats.saturating_add(1),
        same_body: stored.same_body,
    })
}

fn keep_other_body(
    connection: &Connection,
    arrival: &Arrival,
    stored: &Stored,
) -> Result<(), StoreError> {
    let (kept, this_one): (i64, bool) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(max(body = ?2), 0) FROM events
             WHERE submission = ?1 AND kind = 'repeated'",
        )?
        .query_row(params![stored.seq, &arrival.raw[..]], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    // one more than the maximum: an event that says so
    if this_one || kept > OTHER_BODIES {
        return Ok(());
    }
    let keep = kept < OTHER_BODIES;
    let event = Event::Repeated(Repeated {
        bytes: arrival.raw.len(),
        kept: keep,
    });
    let new = NewEvent {
        at: arrival.received_at,
        attempt: stored.attempt,
        event: &event,
        body: keep.then_some(&arrival.raw[..]),
    };
    append(connection, stored.seq, &new)
}
