//! Turns among employees: each submission that needs a turn gets the next one, once.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::values::Col;
use crate::domain::SubmissionId;

/// Returns the turn of a submission in a rotation, counted from 0. Takes the next turn if it has
/// none.
pub(in crate::store) fn turn(
    connection: &Connection,
    rotation: &str,
    id: SubmissionId,
) -> Result<u64, StoreError> {
    let seq: i64 = connection
        .prepare_cached("SELECT seq FROM submissions WHERE id = ?")?
        .query_row([Col(id)], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::Unknown { id })?;
    let known: Option<i64> = connection
        .prepare_cached("SELECT turn FROM turns WHERE submission = ? AND rota = ?")?
        .query_row(params![seq, rotation], |row| row.get(0))
        .optional()?;
    let turn = match known {
        Some(turn) => turn,
        None => take_next(connection, rotation, seq)?,
    };
    Ok(u64::try_from(turn).unwrap_or(0))
}

fn take_next(connection: &Connection, rotation: &str, seq: i64) -> Result<i64, StoreError> {
    let given: i64 = connection
        .prepare_cached(
            "INSERT INTO rotas (rota, given) VALUES (?, 1)
             ON CONFLICT (rota) DO UPDATE SET given = given + 1 RETURNING given",
        )?
        .query_row([rotation], |row| row.get(0))?;
    let turn = given - 1;
    connection
        .prepare_cached("INSERT INTO turns (submission, rota, turn) VALUES (?, ?, ?)")?
        .execute(params![seq, rotation, turn])?;
    Ok(turn)
}
