//! Changes of one item go in the order in which they came: one that is due waits while an older one
//! of its item is unfinished. What is due is still found by one index; only changes of items look
//! for others, by the index of identities.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::super::StoreError;
use super::values::{Col, maybe};
use crate::domain::{HOOKS, Source, SuccessionBounds};

/// How long after the older ones a change is due again. Their end wakes it earlier.
const PAUSE: SignedDuration = SignedDuration::from_millis(250);

/// The older unfinished changes among the latest of an item, and when the last of them is due.
const OLDER: &str = "SELECT count(*) AS count, max(due_at) AS due_at FROM
         (SELECT seq, state, due_at FROM submissions WHERE identity >= ?1 AND identity < ?2
          ORDER BY identity DESC LIMIT 200)
     WHERE seq < ?3 AND state IN ('queued', 'leased', 'waiting')";

/// The next change among the latest of an item that has not been tried.
const NEXT: &str = "SELECT min(seq) AS seq FROM
         (SELECT seq, state, attempt FROM submissions WHERE identity >= ?1 AND identity < ?2
          ORDER BY identity DESC LIMIT 200)
     WHERE seq > ?3 AND state = 'queued' AND attempt = 0";

/// Puts a due change of an item off if an older one is unfinished; returns whether it did.
/// `identity` is its own.
pub(super) fn put_off(
    connection: &Connection,
    (seq, identity): (i64, &str),
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(SuccessionBounds { first, end, .. }) = bounds(identity) else {
        return Ok(false);
    };
    let (count, due_at): (u32, Option<Timestamp>) = connection
        .prepare_cached(OLDER)?
        .query_row(params![first, end, seq], |row| {
            Ok((row.get("count")?, maybe(row, "due_at")?))
        })?;
    if count == 0 {
        return Ok(false);
    }
    let after = due_at.unwrap_or(now).max(now);
    let until = after.checked_add(PAUSE).unwrap_or(after);
    connection
        .prepare_cached("UPDATE submissions SET due_at = ?2 WHERE seq = ?1")?
        .execute(params![seq, Col(until)])?;
    Ok(true)
}

/// Makes the next change of an item due once this one has ended; returns how many that were.
/// `identity` is its own.
pub(super) fn wake_next(
    connection: &Connection,
    (seq, identity): (i64, &str),
    now: Timestamp,
) -> Result<usize, StoreError> {
    let Some(SuccessionBounds { first, end, .. }) = bounds(identity) else {
        return Ok(0);
    };
    let next: Option<i64> = connection
        .prepare_cached(NEXT)?
        .query_row(params![first, end, seq], |row| row.get("seq"))?;
    Ok(connection
        .prepare_cached("UPDATE submissions SET due_at = ?2 WHERE seq = ?1 AND due_at > ?2")?
        .execute(params![next, Col(now)])?)
}

/// Returns the identities of an item's changes.
fn bounds(identity: &str) -> Option<SuccessionBounds> {
    let details = Source::NO_DETAILS.to_owned();
    let source = Source::from_stored(HOOKS.to_owned(), identity, details)?;
    source.in_succession_by_key().succession()
}
