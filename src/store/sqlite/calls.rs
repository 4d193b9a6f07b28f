//! Calls of PBXs that go on.

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::StoreError;
use super::super::calls::{CallChanges, CallKey, StoredCall};
use super::extension::release_held;
use super::values::{Col, get};
use crate::domain::{CALLS, Source};

/// Stores what has changed; returns the calls that were to go on and are not stored any more.
pub(in crate::store) fn keep_calls(
    connection: &Connection,
    changes: &CallChanges,
    now: Timestamp,
) -> Result<Vec<CallKey>, StoreError> {
    let mut add = connection.prepare_cached(
        "INSERT INTO calls (pbx, id, changed_at, state) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pbx, id) DO UPDATE SET changed_at = ?3, state = ?4",
    )?;
    let mut change = connection.prepare_cached(
        "UPDATE calls SET changed_at = ?3, state = ?4 WHERE pbx = ?1 AND id = ?2",
    )?;
    for StoredCall {
        key,
        changed_at,
        state,
    } in &changes.new
    {
        add.execute(params![key.pbx, key.id, Col(*changed_at), state])?;
    }
    let mut erased = Vec::new();
    for StoredCall {
        key,
        changed_at,
        state,
    } in &changes.changed
    {
        let rows = change.execute(params![key.pbx, key.id, Col(*changed_at), state])?;
        if rows == 0 {
            erased.push(key.clone());
        }
    }
    erase_calls(connection, &changes.gone)?;
    for CallKey { pbx, id } in &changes.released {
        let record = Source::new(CALLS, pbx.as_str(), id.as_str());
        release_held(connection, &record, now)?;
    }
    Ok(erased)
}

/// Returns all calls, the oldest first.
pub(in crate::store) fn calls(connection: &Connection) -> Result<Vec<StoredCall>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT * FROM calls ORDER BY changed_at, pbx, id")?;
    let calls = statement.query_map([], read)?;
    Ok(calls.collect::<Result<_, _>>()?)
}

/// Removes these calls; returns how many there were.
pub(in crate::store) fn erase_calls(
    connection: &Connection,
    keys: &[CallKey],
) -> Result<usize, StoreError> {
    let mut remove = connection.prepare_cached("DELETE FROM calls WHERE pbx = ? AND id = ?")?;
    let mut removed = 0;
    for key in keys {
        removed += remove.execute([&key.pbx, &key.id])?;
    }
    Ok(removed)
}

/// Returns since when the gateway knows a PBX; from now on, if it does not yet. One of which anything
/// is stored was known before.
pub(in crate::store) fn pbx_since(
    connection: &Connection,
    pbx: &str,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let first = Source::new(CALLS, pbx, "").identity();
    // the character behind the slash
    let end = format!("{CALLS}/{pbx}0");
    let since = connection
        .prepare_cached(
            "INSERT INTO meta (name, value)
             VALUES (?1, CASE WHEN EXISTS (SELECT 1 FROM submissions
                 WHERE identity >= ?3 AND identity < ?4) THEN '0' ELSE ?2 END)
             ON CONFLICT (name) DO UPDATE SET value = value RETURNING value",
        )?
        .query_row(
            params![
                format!("pbx_since:{pbx}"),
                now.as_microsecond().to_string(),
                first.as_str(),
                end
            ],
            |row| row.get::<_, String>(0),
        )?;
    let since = since.parse().ok().map(Timestamp::from_microsecond);
    Ok(since.and_then(Result::ok).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn read(row: &Row<'_>) -> rusqlite::Result<StoredCall> {
    Ok(StoredCall {
        key: CallKey {
            pbx: row.get("pbx")?,
            id: row.get("id")?,
        },
        changed_at: get(row, "changed_at")?,
        state: row.get("state")?,
    })
}
