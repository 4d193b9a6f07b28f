//! Replays of many submissions. What is begun is queued in the transaction that notes it, so that a
//! crash neither forgets nor repeats an item.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::super::bulk::{
    BulkCount, BulkExamined, BulkItems, BulkOutcome, BulkReplay, BulkState, NewBulkReplay,
};
use super::super::queue::ReplayOrder;
use super::replay::replay;
use super::values::{Col, get, maybe, source};
use crate::domain::{Source, SubmissionId};

/// Replays that are kept; older ones that are not active are forgotten.
const KEPT: u32 = 100;

/// The states of replays on which the gateway works.
const ACTIVE: &str = "'examining', 'running', 'stopping'";
const COLUMNS: &str = "id, made_at, who, state, orders, confirmed_at, confirmed_by, ended_at";

/// Stores a new replay with its set, and returns its number.
pub(in crate::store) fn add_bulk(
    connection: &Connection,
    new: &NewBulkReplay,
) -> Result<i64, StoreError> {
    let orders = serde_json::to_string(&new.order).map_err(StoreError::Encode)?;
    connection
        .prepare_cached(
            "INSERT INTO bulk_replays (made_at, who, state, orders) VALUES (?, ?, 'examining', ?)",
        )?
        .execute(params![Col(new.at), new.who, orders])?;
    let id = connection.last_insert_rowid();
    let mut add = connection.prepare_cached(
        "INSERT OR IGNORE INTO bulk_replay_items (replay, submission) VALUES (?, ?)",
    )?;
    for place in &new.places {
        add.execute([id, *place])?;
    }
    connection
        .prepare_cached(&format!(
            "DELETE FROM bulk_replays WHERE id <= ?1 - ?2 AND state NOT IN ({ACTIVE})"
        ))?
        .execute(params![id, KEPT])?;
    Ok(id)
}

/// Returns the latest replays.
pub(in crate::store) fn bulk_replays(
    connection: &Connection,
) -> Result<Vec<BulkReplay>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bulk_replays ORDER BY id DESC");
    let mut statement = connection.prepare_cached(&sql)?;
    let replays = statement.query_map([], row)?;
    Ok(replays.collect::<Result<_, _>>()?)
}

/// Returns the replays on which the gateway works, the oldest first.
pub(in crate::store) fn active_bulk(
    connection: &Connection,
) -> Result<Vec<BulkReplay>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bulk_replays WHERE state IN ({ACTIVE}) ORDER BY id");
    let mut statement = connection.prepare_cached(&sql)?;
    let replays = statement.query_map([], row)?;
    Ok(replays.collect::<Result<_, _>>()?)
}

/// Returns the replay with this number.
pub(in crate::store) fn bulk_replay(
    connection: &Connection,
    id: i64,
) -> Result<Option<BulkReplay>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM bulk_replays WHERE id = ?");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([id], row).optional()?)
}

fn row(row: &Row<'_>) -> rusqlite::Result<BulkReplay> {
    let (state, orders): (String, String) = (row.get("state")?, row.get("orders")?);
    let odd = |error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error)
    };
    Ok(BulkReplay {
        id: row.get("id")?,
        made_at: get(row, "made_at")?,
        who: row.get("who")?,
        state: BulkState::parse(&state).ok_or_else(|| odd("an unknown state".into()))?,
        order: serde_json::from_str(&orders).map_err(|error| odd(error.into()))?,
        confirmed_at: maybe(row, "confirmed_at")?,
        confirmed_by: row.get("confirmed_by")?,
        ended_at: maybe(row, "ended_at")?,
    })
}

/// Moves a replay from one state to another, and returns whether it did: not if it is in another
/// state by now. `who` confirms it; the end is noted by the state.
pub(in crate::store) fn move_bulk(
    connection: &Connection,
    id: i64,
    (from, to): (BulkState, BulkState),
    (who, now): (Option<&str>, Timestamp),
) -> Result<bool, StoreError> {
    let is_end = matches!(to, BulkState::Stopped | BulkState::Finished);
    let moved = connection
        .prepare_cached(
            "UPDATE bulk_replays SET state = ?3,
                 confirmed_at = CASE WHEN ?4 IS NULL THEN confirmed_at ELSE ?5 END,
                 confirmed_by = coalesce(?4, confirmed_by),
                 ended_at = CASE WHEN ?6 THEN ?5 ELSE ended_at END
             WHERE id = ?1 AND state = ?2",
        )?
        .execute(params![
            id,
            from.as_str(),
            to.as_str(),
            who,
            Col(now),
            is_end
        ])?;
    Ok(moved == 1)
}

/// Returns up to `limit` items of which the dry run has said nothing, in the order of acceptance.
pub(in crate::store) fn bulk_unexamined(
    connection: &Connection,
    id: i64,
    limit: usize,
) -> Result<Vec<(i64, SubmissionId)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT submission, s.id AS id FROM bulk_replay_items JOIN submissions s ON s.seq = submission
         WHERE replay = ? AND fate IS NULL ORDER BY submission LIMIT ?",
    )?;
    let found = statement.query_map(params![id, limit], |row| {
        Ok((row.get("submission")?, get(row, "id")?))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Keeps what the dry run says about items.
pub(in crate::store) fn keep_examined(
    connection: &Connection,
    id: i64,
    examined: &[BulkExamined],
) -> Result<(), StoreError> {
    let mut keep = connection.prepare_cached(
        "UPDATE bulk_replay_items SET fate = ?3, is_taken = ?4 WHERE replay = ?1 AND submission = ?2",
    )?;
    for item in examined {
        keep.execute(params![id, item.place, item.fate, item.is_taken])?;
    }
    Ok(())
}

/// Queues up to `limit` items that were not begun, in the order of acceptance, if the replay still
/// runs. Returns how many it began.
pub(in crate::store) fn queue_bulk(
    connection: &Connection,
    (id, limit): (i64, usize),
    order: &ReplayOrder,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let runs: bool = connection
        .prepare_cached("SELECT state = 'running' FROM bulk_replays WHERE id = ?")?
        .query_row([id], |row| row.get(0))?;
    if !runs {
        return Ok(0);
    }
    let next: Vec<(i64, SubmissionId)> = connection
        .prepare_cached(
            "SELECT submission, s.id AS id FROM bulk_replay_items JOIN submissions s ON s.seq = submission
             WHERE replay = ? AND is_taken AND outcome IS NULL ORDER BY submission LIMIT ?",
        )?
        .query_map(params![id, limit], |row| {
            Ok((row.get("submission")?, get(row, "id")?))
        })?
        .collect::<Result<_, _>>()?;
    let mut begin = connection.prepare_cached(
        "UPDATE bulk_replay_items SET outcome = ?3 WHERE replay = ?1 AND submission = ?2",
    )?;
    for (place, submission) in &next {
        let outcome = match replay(connection, *submission, order, now) {
            Ok(()) => BulkOutcome::Queued,
            Err(error @ (StoreError::Unavailable { .. } | StoreError::Backend(_))) => {
                return Err(error);
            }
            Err(_) => BulkOutcome::Unchanged,
        };
        begin.execute(params![id, place, outcome.as_str()])?;
    }
    Ok(next.len())
}

/// Notes the outcomes of queued items. Returns how many are still under way, and how many
/// were not begun.
pub(in crate::store) fn note_bulk_outcomes(
    connection: &Connection,
    id: i64,
) -> Result<(u64, u64), StoreError> {
    connection
        .prepare_cached(
            "UPDATE bulk_replay_items SET outcome = (
                 SELECT CASE state WHEN 'delivered' THEN 'delivered' WHEN 'parked' THEN 'parked'
                     ELSE 'unchanged' END
                 FROM submissions WHERE seq = submission)
             WHERE replay = ? AND outcome = 'queued'
                 AND (SELECT state FROM submissions WHERE seq = submission)
                     NOT IN ('queued', 'leased', 'waiting')",
        )?
        .execute([id])?;
    let counts = connection
        .prepare_cached(
            "SELECT coalesce(sum(outcome = 'queued'), 0), coalesce(sum(is_taken AND outcome IS NULL), 0)
             FROM bulk_replay_items WHERE replay = ?",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(counts)
}

/// Counts the items by fate and outcome.
pub(in crate::store) fn bulk_counts(
    connection: &Connection,
    id: i64,
) -> Result<Vec<BulkCount>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT fate, is_taken, outcome, count(*) AS count FROM bulk_replay_items
         WHERE replay = ? GROUP BY fate, is_taken, outcome ORDER BY count DESC, fate",
    )?;
    let counts = statement.query_map([id], |row| {
        let outcome: Option<String> = row.get("outcome")?;
        Ok(BulkCount {
            fate: row.get("fate")?,
            is_taken: row.get("is_taken")?,
            outcome: outcome.as_deref().and_then(BulkOutcome::parse),
            count: row.get("count")?,
        })
    })?;
    Ok(counts.collect::<Result<_, _>>()?)
}

/// Returns all items of a replay with their sources, in the order of acceptance.
pub(in crate::store) fn bulk_set(
    connection: &Connection,
    id: i64,
) -> Result<Vec<(i64, Source)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT submission, source, identity, details
         FROM bulk_replay_items JOIN submissions s ON s.seq = submission
         WHERE replay = ? ORDER BY submission",
    )?;
    let found = statement.query_map([id], |row| Ok((row.get("submission")?, source(row)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Returns up to `limit` items, in the order of acceptance.
pub(in crate::store) fn bulk_items(
    connection: &Connection,
    (id, which): (i64, &BulkItems),
    limit: usize,
) -> Result<Vec<SubmissionId>, StoreError> {
    let (condition, value) = match which {
        BulkItems::Fate(fate) => ("fate = ?2", fate.as_str()),
        BulkItems::Outcome(outcome) => ("outcome = ?2", outcome.as_str()),
    };
    let sql = format!(
        "SELECT s.id AS id FROM bulk_replay_items JOIN submissions s ON s.seq = submission
         WHERE replay = ?1 AND {condition} ORDER BY submission LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map(params![id, value, limit], |row| get(row, "id"))?;
    Ok(found.collect::<Result<_, _>>()?)
}
