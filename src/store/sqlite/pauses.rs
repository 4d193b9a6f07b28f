//! The destinations that people have paused.

use rusqlite::{Connection, params};

use super::super::StoreError;
use crate::domain::{Destination, PausedByHand};

/// What the names of these rows in the table `meta` begin with.
const PREFIX: &str = "paused:";

/// Stores a pause of a destination by hand, or removes it.
pub(in crate::store) fn keep_pause(
    connection: &Connection,
    destination: &Destination,
    pause: Option<&PausedByHand>,
) -> Result<(), StoreError> {
    let name = format!("{PREFIX}{destination}");
    let Some(pause) = pause else {
        connection
            .prepare_cached("DELETE FROM meta WHERE name = ?")?
            .execute([name])?;
        return Ok(());
    };
    let value = serde_json::to_string(pause).unwrap_or_default();
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![name, value])?;
    Ok(())
}

/// Returns the stored pauses. What cannot be read is left out.
pub(in crate::store) fn kept_pauses(
    connection: &Connection,
) -> Result<Vec<(Destination, PausedByHand)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, value FROM meta WHERE name >= 'paused:' AND name < 'paused;' ORDER BY name",
    )?;
    let mut rows = statement.query([])?;
    let mut pauses = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, value): (String, String) = (row.get("name")?, row.get("value")?);
        let destination = name.strip_prefix(PREFIX).and_then(Destination::parse);
        let pause = serde_json::from_str(&value).ok();
        pauses.extend(destination.zip(pause));
    }
    Ok(pauses)
}

/// Returns how many submissions are queued, leased or waiting on each route, by the stored text of
/// the route. Reads an index only.
pub(in crate::store) fn waiting_by_route(
    connection: &Connection,
) -> Result<Vec<(String, u64)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT route, count(*) AS count FROM submissions WHERE due_at IS NOT NULL GROUP BY route",
    )?;
    let counts = statement.query_map([], |row| Ok((row.get("route")?, row.get("count")?)))?;
    Ok(counts.collect::<Result<_, _>>()?)
}
