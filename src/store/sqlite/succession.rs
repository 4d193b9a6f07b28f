//! Submissions of one item of which only the newest is delivered. Their identities begin alike and
//! sort by the time of the change, so the index of identities finds them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::queue::{Admission, Arrival};
use super::super::settlement::Settlement;
use super::events::{NewEvent, append};
use super::queue::requeue;
use super::values::{Col, source};
use crate::domain::event::{Event, Verdict};
use crate::domain::{Source, State, SubmissionId, SuccessionBounds, VerdictReason};

/// Finds a newer submission that the same profile takes, among the newest of the item.
const NEWER: &str = "SELECT 1 FROM
         (SELECT profile, state FROM submissions WHERE identity >= ?1 AND identity < ?2
          ORDER BY identity DESC LIMIT 200)
     WHERE profile IS ?3 AND state IN ('queued', 'leased', 'waiting', 'parked', 'delivered')
     LIMIT 1";

/// Finds the older ones that wait for their first step. Each arrival overtakes those before it, so
/// they are among the newest of the item.
const OLDER: &str = "SELECT seq, attempt FROM
         (SELECT seq, attempt, identity, profile, state, step_began FROM submissions
          WHERE identity >= ?1 AND identity < ?2 ORDER BY identity DESC LIMIT 200)
     WHERE identity <> ?3 AND profile IS ?4 AND state IN ('queued', 'waiting')
         AND step_began = 0";

/// Returns where the others of its item are, if it is to be queued and only the newest is delivered.
pub(super) fn bounds(arrival: &Arrival) -> Option<SuccessionBounds> {
    let is_queued = arrival.admission == Admission::Queue;
    is_queued.then(|| arrival.source.succession()).flatten()
}

/// Ignores an arrival if a newer one of its item is known.
pub(super) fn yield_to_newer(
    connection: &Connection,
    arrival: &mut Arrival,
    bounds: &SuccessionBounds,
) -> Result<(), StoreError> {
    if is_overtaken(connection, bounds, arrival.profile.as_deref())? {
        arrival.admission = Admission::Ignore {
            reason: VerdictReason::Overtaken,
        };
    }
    Ok(())
}

/// Ignores the older submissions of the item that wait, once a newer one is queued.
pub(super) fn overtake_older(
    connection: &Connection,
    arrival: &Arrival,
    bounds: &SuccessionBounds,
) -> Result<(), StoreError> {
    // it may have been overtaken itself
    if arrival.admission != Admission::Queue {
        return Ok(());
    }
    let Arrival {
        source, profile, ..
    } = arrival;
    ignore_older(
        connection,
        (source, bounds),
        profile.as_deref(),
        arrival.received_at,
    )
}

fn ignore_older(
    connection: &Connection,
    (source, bounds): (&Source, &SuccessionBounds),
    profile: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let SuccessionBounds { first, newer, .. } = bounds;
    let identity = source.identity();
    let older: Vec<(i64, u32)> = connection
        .prepare_cached(OLDER)?
        .query_map(params![first, newer, identity.as_str(), profile], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    for (seq, attempt) in older {
        ignore(connection, seq, attempt, now)?;
    }
    Ok(())
}

/// Queues a captured submission for this profile. If only the newest of its item is delivered, it
/// counts as if it came now: it is ignored if a newer one is known, and replaces the older ones that
/// wait.
pub(in crate::store) fn release_captured(
    connection: &Connection,
    (id, source): (SubmissionId, &Source),
    profile: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(bounds) = source.succession() else {
        return requeue(connection, id, now);
    };
    let captured: Option<(i64, u32)> = connection
        .prepare_cached(
            "UPDATE submissions SET details = ?2, profile = ?3
             WHERE id = ?1 AND state = 'captured' AND length(raw) > 0
             RETURNING seq, attempt",
        )?
        .query_row(params![Col(id), source.stored_details(), profile], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((seq, attempt)) = captured else {
        return Err(match super::state_of(connection, id)? {
            Some(State::Captured) => StoreError::Bare { id },
            Some(state) => StoreError::NotQueued { id, state },
            None => StoreError::Unknown { id },
        });
    };
    if is_overtaken(connection, &bounds, Some(profile))? {
        return ignore(connection, seq, attempt, now);
    }
    requeue(connection, id, now)?;
    ignore_older(connection, (source, &bounds), Some(profile), now)
}

fn ignore(
    connection: &Connection,
    seq: i64,
    attempt: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    let reason = VerdictReason::Overtaken;
    connection
        .prepare_cached(
            "UPDATE submissions SET state = 'ignored', settled_at = ?2, due_at = NULL,
                 reason = NULL, note = ?3, uncertain = 0
             WHERE seq = ?1",
        )?
        .execute(params![seq, Col(now), Col(&reason)])?;
    let event = Event::Verdict(Verdict {
        state: State::Ignored,
        reason: None,
        text: Some(reason),
        due_at: None,
    });
    let new = NewEvent {
        at: now,
        attempt,
        event: &event,
        body: None,
    };
    append(connection, seq, &new)
}

/// Returns what becomes of a submission instead of another attempt, if a newer one of its item has
/// been received meanwhile.
pub(super) fn instead_of_retry(
    connection: &Connection,
    seq: i64,
    settlement: &Settlement,
) -> Result<Option<Settlement>, StoreError> {
    if !matches!(settlement, Settlement::Retry { .. }) {
        return Ok(None);
    }
    let row: Option<(Source, Option<String>)> = connection
        .prepare_cached(
            "SELECT identity, source, details, profile FROM submissions
             WHERE seq = ? AND step_began = 0",
        )?
        .query_row([seq], |row| Ok((source(row)?, row.get("profile")?)))
        .optional()?;
    let Some((source, profile)) = row else {
        return Ok(None);
    };
    let Some(bounds) = source.succession() else {
        return Ok(None);
    };
    let overtaken = is_overtaken(connection, &bounds, profile.as_deref())?;
    Ok(overtaken.then_some(Settlement::Ignored {
        note: VerdictReason::Overtaken,
    }))
}

fn is_overtaken(
    connection: &Connection,
    bounds: &SuccessionBounds,
    profile: Option<&str>,
) -> Result<bool, StoreError> {
    let mut newer = connection.prepare_cached(NEWER)?;
    Ok(newer.exists(params![bounds.newer, bounds.end, profile])?)
}
