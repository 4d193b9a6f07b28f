//! Tokens of the API.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::StoreError;
use super::values::{Col, get, maybe};
use crate::domain::{ApiScope, ApiToken, TokenHash};

const COLUMNS: &str = "name, scopes, created_at, expires_at";

/// Adds a token; returns whether the name was free.
pub(in crate::store) fn add_token(
    connection: &Connection,
    hash: &TokenHash,
    token: &ApiToken,
) -> Result<bool, StoreError> {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let added = connection
        .prepare_cached(
            "INSERT INTO tokens (hash, name, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (name) DO NOTHING",
        )?
        .execute(params![
            hash.as_slice(),
            token.name,
            scopes.join(" "),
            Col(token.created_at),
            token.expires_at.map(Col),
        ])?;
    Ok(added == 1)
}

/// Returns the token with this hash.
pub(in crate::store) fn token(
    connection: &Connection,
    hash: &TokenHash,
) -> Result<Option<ApiToken>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tokens WHERE hash = ?");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_row([hash.as_slice()], read).optional()?)
}

/// Returns all tokens by their names.
pub(in crate::store) fn tokens(connection: &Connection) -> Result<Vec<ApiToken>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM tokens ORDER BY name");
    let mut statement = connection.prepare_cached(&sql)?;
    let tokens = statement.query_map([], read)?;
    Ok(tokens.collect::<Result<_, _>>()?)
}

/// Removes a token; returns whether there was one of this name.
pub(in crate::store) fn remove_token(
    connection: &Connection,
    name: &str,
) -> Result<bool, StoreError> {
    let removed = connection
        .prepare_cached("DELETE FROM tokens WHERE name = ?")?
        .execute([name])?;
    Ok(removed == 1)
}

/// Words that this release does not know allow nothing.
fn read(row: &Row<'_>) -> rusqlite::Result<ApiToken> {
    let scopes: String = row.get("scopes")?;
    Ok(ApiToken {
        name: row.get("name")?,
        scopes: scopes.split(' ').filter_map(ApiScope::parse).collect(),
        created_at: get(row, "created_at")?,
        expires_at: maybe(row, "expires_at")?,
    })
}
