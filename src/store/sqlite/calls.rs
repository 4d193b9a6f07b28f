//! Calls of PBXs that go on.

use rusqlite::{Connection, Row, params};

use super::super::StoreError;
use super::super::calls::{CallChanges, CallKey, StoredCall};
use super::values::{Col, get};

/// Stores what has changed; returns the calls that were to go on and are not stored any more.
pub(in crate::store) fn keep_calls(
    connection: &Connection,
    changes: &CallChanges,
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
