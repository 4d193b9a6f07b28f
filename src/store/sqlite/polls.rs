//! The polls that the survey portal has connected, and each time that it did.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::values::{Col, get, maybe};
use crate::domain::{Activation, Poll, PollId};

const COLUMNS: &str = "id, name, language, employee, registered_at, activated_at, activations";

fn read(row: &Row<'_>) -> rusqlite::Result<Poll> {
    Ok(Poll {
        id: get(row, "id")?,
        name: row.get("name")?,
        language: get(row, "language")?,
        employee: maybe(row, "employee")?,
        registered_at: get(row, "registered_at")?,
        activated_at: get(row, "activated_at")?,
        activations: row.get("activations")?,
    })
}

/// Registers a poll, or records that it was registered again. A name or an employee that is missing
/// this time stays as before.
pub(in crate::store) fn activate(
    connection: &Connection,
    activation: &Activation,
) -> Result<Poll, StoreError> {
    let id = Col(activation.id);
    let language = Col(activation.language);
    let employee = activation.employee.clone().map(Col);
    let at = Col(activation.at);
    let poll = connection
        .prepare_cached(&format!(
            "INSERT INTO polls (id, name, language, employee, registered_at, activated_at, activations)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)
             ON CONFLICT (id) DO UPDATE SET
                 name = coalesce(excluded.name, name),
                 language = excluded.language,
                 employee = coalesce(excluded.employee, employee),
                 activated_at = excluded.activated_at,
                 activations = activations + 1
             RETURNING {COLUMNS}"
        ))?
        .query_row(params![id, activation.name, language, employee, at], read)?;
    connection
        .prepare_cached(
            "INSERT INTO poll_activations (poll, at, name, language, employee)
             VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![id, at, activation.name, language, employee])?;
    Ok(poll)
}

/// One poll.
pub(in crate::store) fn poll(
    connection: &Connection,
    id: PollId,
) -> Result<Option<Poll>, StoreError> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM polls WHERE id = ?"))?
        .query_row([Col(id)], read)
        .optional()?)
}

/// All of them.
pub(in crate::store) fn all_polls(connection: &Connection) -> Result<Vec<Poll>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM polls ORDER BY id"))?;
    let polls = statement.query_map([], read)?.collect::<Result<_, _>>()?;
    Ok(polls)
}

/// The number of polls and of their registrations; grows with every registration.
pub(in crate::store) fn polls_stamp(connection: &Connection) -> Result<(u64, u64), StoreError> {
    Ok(connection
        .prepare_cached("SELECT count(*), coalesce(sum(activations), 0) FROM polls")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
}
