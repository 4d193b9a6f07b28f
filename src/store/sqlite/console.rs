//! Users, sessions and the audit log of the console.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::values::{Col, get};
use crate::domain::{AuditEntry, ConsoleSession, ConsoleUser, Role, SessionHash};

/// Adds a user; returns whether the name was free.
pub(in crate::store) fn add_console_user(
    connection: &Connection,
    user: &ConsoleUser,
) -> Result<bool, StoreError> {
    let added = connection
        .prepare_cached(
            "INSERT INTO console_users (name, role, password, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![
            user.name,
            user.role.as_str(),
            user.password,
            Col(user.created_at),
        ])?;
    Ok(added == 1)
}

/// Returns all users by their names.
pub(in crate::store) fn console_users(
    connection: &Connection,
) -> Result<Vec<ConsoleUser>, StoreError> {
    let sql = "SELECT name, role, password, created_at FROM console_users ORDER BY name";
    let mut statement = connection.prepare_cached(sql)?;
    let users = statement.query_map([], user)?;
    Ok(users.collect::<Result<_, _>>()?)
}

/// Returns the user of this name.
pub(in crate::store) fn console_user(
    connection: &Connection,
    name: &str,
) -> Result<Option<ConsoleUser>, StoreError> {
    let sql = "SELECT name, role, password, created_at FROM console_users WHERE name = ?";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([name], user).optional()?)
}

/// A role that this release does not know is the weakest.
fn user(row: &Row<'_>) -> rusqlite::Result<ConsoleUser> {
    let role: String = row.get("role")?;
    Ok(ConsoleUser {
        name: row.get("name")?,
        role: Role::parse(&role).unwrap_or(Role::Viewer),
        password: row.get("password")?,
        created_at: get(row, "created_at")?,
    })
}

/// Sets the hash of a user's password and ends the user's sessions; returns whether there is such
/// a user.
pub(in crate::store) fn set_console_password(
    connection: &Connection,
    name: &str,
    password: &str,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached("UPDATE console_users SET password = ? WHERE name = ?")?
        .execute([password, name])?;
    remove_console_sessions(connection, name)?;
    Ok(changed == 1)
}

/// Sets a user's role; returns whether there is such a user.
pub(in crate::store) fn set_console_role(
    connection: &Connection,
    name: &str,
    role: Role,
) -> Result<bool, StoreError> {
    let changed = connection
        .prepare_cached("UPDATE console_users SET role = ? WHERE name = ?")?
        .execute([role.as_str(), name])?;
    Ok(changed == 1)
}

/// Removes a user with all sessions; returns whether there was one.
pub(in crate::store) fn remove_console_user(
    connection: &Connection,
    name: &str,
) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM console_users WHERE name = ?")?
        .execute([name])?;
    remove_console_sessions(connection, name)?;
    Ok(removed == 1)
}

/// Begins a session, and removes those that have ended by then. With the hash of a password it is a
/// session of the user, and begins only if the user still exists and has this password.
pub(in crate::store) fn add_console_session(
    connection: &Connection,
    hash: &SessionHash,
    session: &ConsoleSession,
    password: Option<&str>,
) -> Result<bool, StoreError> {
    connection
        .prepare_cached("DELETE FROM console_sessions WHERE expires_at <= ?")?
        .execute([Col(session.created_at)])?;
    let added = connection
        .prepare_cached(
            "INSERT INTO console_sessions (hash, user, role, is_of_user, created_at, expires_at)
             SELECT ?1, ?2, ?3, ?6 IS NOT NULL, ?4, ?5
             WHERE ?6 IS NULL
                OR EXISTS (SELECT 1 FROM console_users WHERE name = ?2 AND password = ?6)",
        )?
        .execute(params![
            hash.as_slice(),
            session.user,
            session.role.as_str(),
            Col(session.created_at),
            Col(session.expires_at),
            password,
        ])?;
    Ok(added == 1)
}

/// Returns the session with this hash if it has not ended at `now`, and its user, if it has one,
/// still exists.
pub(in crate::store) fn console_session(
    connection: &Connection,
    hash: &SessionHash,
    now: Timestamp,
) -> Result<Option<ConsoleSession>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT s.user, coalesce(u.role, s.role) AS role, s.created_at, s.expires_at
         FROM console_sessions s LEFT JOIN console_users u ON u.name = s.user
         WHERE s.hash = ? AND s.expires_at > ? AND (NOT s.is_of_user OR u.name IS NOT NULL)",
    )?;
    let session = statement.query_row(params![hash.as_slice(), Col(now)], |row| {
        let role: String = row.get("role")?;
        Ok(ConsoleSession {
            user: row.get("user")?,
            role: Role::parse(&role).unwrap_or(Role::Viewer),
            created_at: get(row, "created_at")?,
            expires_at: get(row, "expires_at")?,
        })
    });
    Ok(session.optional()?)
}

/// Ends the session with this hash.
pub(in crate::store) fn remove_console_session(
    connection: &Connection,
    hash: &SessionHash,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM console_sessions WHERE hash = ?")?
        .execute([hash.as_slice()])?;
    Ok(())
}

/// Ends all sessions of a name; returns how many there were.
pub(in crate::store) fn remove_console_sessions(
    connection: &Connection,
    user: &str,
) -> Result<usize, StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM console_sessions WHERE user = ?")?
        .execute([user])?;
    Ok(removed)
}

/// Ends all sessions of the employees of a portal, whose names begin with it and a slash; returns how
/// many there were.
pub(in crate::store) fn remove_console_sessions_of_portal(
    connection: &Connection,
    portal: &str,
) -> Result<usize, StoreError> {
    // a `0` is what follows a `/`
    let removed = connection
        .prepare_cached(
            "DELETE FROM console_sessions WHERE user >= ?1 || '/' AND user < ?1 || '0'",
        )?
        .execute([portal])?;
    Ok(removed)
}

/// Returns how many sessions each name has that have not ended at `now`.
pub(in crate::store) fn console_session_counts(
    connection: &Connection,
    now: Timestamp,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT user, count(*) AS count FROM console_sessions WHERE expires_at > ? GROUP BY user",
    )?;
    let counts =
        statement.query_map([Col(now)], |row| Ok((row.get("user")?, row.get("count")?)))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

/// Writes a change into the audit log.
pub(in crate::store) fn add_audit(
    connection: &Connection,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, who, action, about, details) VALUES (?, ?, ?, ?, ?)",
        )?
        .execute(params![
            Col(entry.at),
            entry.who,
            entry.action,
            entry.about,
            entry.details.to_string(),
        ])?;
    Ok(())
}

/// Returns up to `limit` entries of the audit log with their numbers, the newest first, and those
/// before the number `before` if there is one.
pub(in crate::store) fn audit(
    connection: &Connection,
    before: Option<i64>,
    limit: usize,
) -> Result<Vec<(i64, AuditEntry)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, at, who, action, about, details FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
    )?;
    let entries = statement.query_map(params![before.unwrap_or(i64::MAX), limit], |row| {
        let details: String = row.get("details")?;
        let entry = AuditEntry {
            at: get(row, "at")?,
            who: row.get("who")?,
            action: row.get("action")?,
            about: row.get("about")?,
            details: serde_json::from_str(&details).unwrap_or_default(),
        };
        Ok((row.get("id")?, entry))
    })?;
    Ok(entries.collect::<Result<_, _>>()?)
}
