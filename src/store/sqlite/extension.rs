//! Adds to a stored submission what its sender has told later. Its body stays; the details say what
//! was added. What is not delivered yet is delivered with it; of what is delivered, some steps are
//! repeated.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::extension::{Extension, KnownSubmission};
use super::super::queue::{Accepted, Admission, Lease, Repeated};
use super::super::settlement::Settlement;
use super::admit::admit_addition;
use super::erased_keys::stored_erased;
use super::replay::forget_choice;
use super::steps;
use super::values::{Col, get, source};
use crate::domain::{Source, State};

/// The member of the details with the attempt that was under way when they were extended, and the
/// steps to deliver again.
const UNDER_WAY: &str = "extended";

/// What the row of a submission says before it is extended.
struct Before {
    seq: i64,
    state: State,
    attempt: u32,
}

/// Returns which of these submissions are stored. Nothing is left of an erased one.
pub(in crate::store) fn known(
    connection: &Connection,
    sources: &[Source],
) -> Result<Vec<Option<KnownSubmission>>, StoreError> {
    let known = sources.iter().map(|source| known_one(connection, source));
    known.collect()
}

fn known_one(
    connection: &Connection,
    wanted: &Source,
) -> Result<Option<KnownSubmission>, StoreError> {
    let mut find = connection.prepare_cached(
        "SELECT identity, source, details, state, received_at, raw FROM submissions
         WHERE identity = ?",
    )?;
    let mut find = |wanted: &Source| {
        let found = find.query_row([wanted.identity().as_str()], |row| {
            let raw: Vec<u8> = row.get("raw")?;
            Ok(KnownSubmission {
                source: source(row)?,
                state: get(row, "state")?,
                received_at: get(row, "received_at")?,
                raw: raw.into(),
            })
        });
        found.optional()
    };
    if let Some(found) = find(wanted)? {
        return Ok(Some(found));
    }
    match stored_erased(connection, wanted)? {
        Some(erased) => Ok(find(&erased)?),
        None => Ok(None),
    }
}

/// Extends a submission; `None` if its details are others than those that were read, or nothing is left
/// of it.
pub(in crate::store) fn extend(
    connection: &Connection,
    extension: &Extension,
) -> Result<Option<Accepted>, StoreError> {
    let Extension {
        arrival,
        before,
        steps,
    } = extension;
    let identity = arrival.source.identity();
    let found: Option<Before> = connection
        .prepare_cached(
            "SELECT seq, state, attempt FROM submissions
             WHERE identity = ?1 AND details = ?2 AND length(raw) > 0",
        )?
        .query_row(params![identity.as_str(), before], |row| {
            Ok(Before {
                seq: row.get("seq")?,
                state: get(row, "state")?,
                attempt: row.get("attempt")?,
            })
        })
        .optional()?;
    let Some(found) = found else {
        return Ok(None);
    };
    connection
        .prepare_cached("UPDATE submissions SET details = ?2 WHERE seq = ?1")?
        .execute(params![found.seq, arrival.source.stored_details()])?;
    let accepted = admit_addition(connection, arrival)?;
    let is_taken = arrival.admission == Admission::Queue;
    match found.state {
        State::Queued | State::Waiting | State::Delivered if is_taken => {
            deliver_again(connection, found.seq, steps, arrival.due_at)?;
            connection
                .prepare_cached("UPDATE submissions SET profile = ?2 WHERE seq = ?1")?
                .execute(params![found.seq, arrival.profile])?;
        }
        // its attempt has the details from before
        State::Leased if is_taken => {
            forget_choice(connection, found.seq)?;
            repeat(connection, found.seq, steps)?;
            let mark = serde_json::json!({"attempt": found.attempt, "steps": steps});
            connection
                .prepare_cached(
                    "UPDATE submissions SET details = json_set(details, '$.' || ?2, json(?3))
                     WHERE seq = ?1",
                )?
                .execute(params![found.seq, UNDER_WAY, mark.to_string()])?;
        }
        State::Parked if is_taken => repeat(connection, found.seq, steps)?,
        _ => {}
    }
    Ok(Some(accepted))
}

/// Goes on with a submission that was extended during the attempt that has just ended: by a new plan,
/// and these steps again. Returns whether it was.
pub(super) fn settle(
    connection: &Connection,
    lease: Lease,
    (seq, settlement): (i64, &Settlement),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(again) = extended_meanwhile(connection, seq, lease.attempt)? else {
        return Ok(false);
    };
    match settlement {
        Settlement::Park { .. } | Settlement::Ignored { .. } => {
            forget_choice(connection, seq)?;
            repeat(connection, seq, &again)?;
        }
        Settlement::Delivered { .. } | Settlement::Advance { .. } | Settlement::Retry { .. } => {
            deliver_again(connection, seq, &again, now)?;
        }
    }
    Ok(true)
}

/// Returns the steps to deliver again if a submission was extended during this attempt.
fn extended_meanwhile(
    connection: &Connection,
    seq: i64,
    attempt: u32,
) -> Result<Option<Vec<String>>, StoreError> {
    let steps: Option<String> = connection
        .prepare_cached(
            "SELECT json_extract(details, '$.' || ?3 || '.steps') FROM submissions
             WHERE seq = ?1 AND instr(details, ?3) > 0
                 AND json_extract(details, '$.' || ?3 || '.attempt') = ?2",
        )?
        .query_row(params![seq, attempt, UNDER_WAY], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(steps.and_then(|steps| serde_json::from_str(&steps).ok()))
}

/// Delivers a submission by a new plan, and these steps of it again.
fn deliver_again(
    connection: &Connection,
    seq: i64,
    names: &[String],
    due_at: Timestamp,
) -> Result<(), StoreError> {
    forget_choice(connection, seq)?;
    repeat(connection, seq, names)?;
    // one that waits after a failure waits no less
    connection
        .prepare_cached(
            "UPDATE submissions SET reason = NULL, route = '',
                 note = CASE state WHEN 'waiting' THEN note END,
                 due_at = CASE state WHEN 'waiting' THEN due_at ELSE ?2 END,
                 state = CASE state WHEN 'waiting' THEN state ELSE 'queued' END
             WHERE seq = ?1 AND state IN ('queued', 'waiting', 'delivered')",
        )?
        .execute(params![seq, Col(due_at)])?;
    Ok(())
}

/// Lets these steps be delivered again.
fn repeat(connection: &Connection, seq: i64, names: &[String]) -> Result<(), StoreError> {
    for name in names {
        steps::repeat(connection, seq, &Repeated::Step(name.clone()))?;
    }
    Ok(())
}

/// Makes a submission due that waits for what else its sender tells.
pub(super) fn release_held(
    connection: &Connection,
    source: &Source,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE submissions SET due_at = ?2
             WHERE identity = ?1 AND state = 'queued' AND due_at > ?2",
        )?
        .execute(params![source.identity().as_str(), Col(now)])?;
    Ok(())
}
