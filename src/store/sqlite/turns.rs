//! Turns among employees: each submission that needs one gets the next, once.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::values::Col;
use crate::domain::SubmissionId;

/// The turn that this submission has in a rota, counted from 0; the next one is its own if it has none.
pub(in crate::store) fn turn(
    connection: &Connection,
    rota: &str,
    id: SubmissionId,
) -> Result<u64, StoreError> {
    let seq: i64 = connection
        .prepare_cached("SELECT seq FROM submissions WHERE id = ?")?
        .query_row([Col(id)], |row| row.get(0))
        .optional()?
        .ok_or(StoreError::Unknown { id })?;
    let known: Option<i64> = connection
        .prepare_cached("SELECT turn FROM turns WHERE submission = ? AND rota = ?")?
        .query_row(params![seq, rota], |row| row.get(0))
        .optional()?;
    let turn = match known {
        Some(turn) => turn,
        None => give(connection, rota, seq)?,
    };
    Ok(u64::try_from(turn).unwrap_or(0))
}

fn give(connection: &Connection, rota: &str, seq: i64) -> Result<i64, StoreError> {
    let given: i64 = connection
        .prepare_cached(
            "INSERT INTO rotas (rota, given) VALUES (?, 1)
             ON CONFLICT (rota) DO UPDATE SET given = given + 1 RETURNING given",
        )?
        .query_row([rota], |row| row.get(0))?;
    let turn = given - 1;
    connection
        .prepare_cached("INSERT INTO turns (submission, rota, turn) VALUES (?, ?, ?)")?
        .execute(params![seq, rota, turn])?;
    Ok(turn)
}
