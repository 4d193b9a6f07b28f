//! Cheap questions about the state of the whole store.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::watch::{Arrived, ArrivedAfter, Backlog, HourCount, ParkedGroup};
use super::values::{Col, get, source};
use crate::domain::{ParkReason, State};

/// The name of the alerts' state in the table `meta`.
const ALERTS: &str = "alerts";

/// Returns the parked submissions by profile and reason.
pub(in crate::store) fn parked_groups(
    connection: &Connection,
) -> Result<Vec<ParkedGroup>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT profile, reason, count(*) AS count, min(coalesce(settled_at, received_at)) AS since,
             max(coalesce(settled_at, received_at)) AS latest
         FROM submissions WHERE state = 'parked' GROUP BY profile, reason",
    )?;
    let mut rows = statement.query([])?;
    let mut groups = Vec::new();
    while let Some(row) = rows.next()? {
        let reason: Option<String> = row.get("reason")?;
        // a later release may have parked it
        let Some(reason) = reason.as_deref().and_then(ParkReason::parse) else {
            continue;
        };
        groups.push(ParkedGroup {
            profile: row.get("profile")?,
            reason,
            count: row.get("count")?,
            since: get(row, "since")?,
            latest: get(row, "latest")?,
        });
    }
    Ok(groups)
}

/// Returns what is queued, leased or waiting; `None` for nothing. Reads an index only.
pub(in crate::store) fn backlog(connection: &Connection) -> Result<Option<Backlog>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) AS count, min(received_at) AS oldest FROM submissions WHERE state = ?",
    )?;
    let mut all: Option<Backlog> = None;
    for state in ["queued", "leased", "waiting"] {
        let (count, oldest): (u64, Option<i64>) =
            statement.query_row([state], |row| Ok((row.get("count")?, row.get("oldest")?)))?;
        let oldest = oldest.and_then(|oldest| Timestamp::from_microsecond(oldest).ok());
        let Some(oldest) = oldest else { continue };
        let before = all.unwrap_or(Backlog { count: 0, oldest });
        all = Some(Backlog {
            count: before.count + count,
            oldest: before.oldest.min(oldest),
        });
    }
    Ok(all)
}

/// Returns how many submissions of each hour since this time are in which state. Reads an index only.
pub(in crate::store) fn hours(
    connection: &Connection,
    since: Timestamp,
) -> Result<Vec<HourCount>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT received_at / 3600000000 AS hour, count(*) AS count FROM submissions
         WHERE state = ? AND received_at >= ? GROUP BY hour",
    )?;
    let mut hours = Vec::new();
    for state in State::ALL {
        let mut rows = statement.query(params![Col(state), Col(since)])?;
        while let Some(row) = rows.next()? {
            let hour: i64 = row.get("hour")?;
            let Ok(hour) = Timestamp::from_second(hour.saturating_mul(3600)) else {
                continue;
            };
            hours.push(HourCount {
                hour,
                state,
                count: row.get("count")?,
            });
        }
    }
    Ok(hours)
}

/// Returns up to `limit` submissions in the order of acceptance.
pub(in crate::store) fn arrived(
    connection: &Connection,
    after: ArrivedAfter,
    limit: usize,
) -> Result<(Vec<Arrived>, ArrivedAfter), StoreError> {
    let mut last = match after {
        ArrivedAfter::Seq(seq) => seq,
        ArrivedAfter::Time(time) => match first_since(connection, time)? {
            Some(first) => first - 1,
            None => return Ok((Vec::new(), after)),
        },
    };
    let mut statement = connection.prepare_cached(
        "SELECT seq, source, identity, details, received_at, state FROM submissions
         WHERE seq > ? ORDER BY seq LIMIT ?",
    )?;
    let mut rows = statement.query(params![last, limit])?;
    let mut arrived = Vec::new();
    while let Some(row) = rows.next()? {
        last = row.get("seq")?;
        let state: State = get(row, "state")?;
        let source = source(row)?;
        arrived.push(Arrived {
            source: source.name().to_owned(),
            address: source.address().to_owned(),
            at: get(row, "received_at")?,
            is_captured: state == State::Captured,
        });
    }
    Ok((arrived, ArrivedAfter::Seq(last)))
}

/// Returns the first submission of this time or later. The index by time is one for each state.
fn first_since(connection: &Connection, time: Timestamp) -> Result<Option<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT received_at, seq FROM submissions WHERE state = ? AND received_at >= ?
         ORDER BY received_at, seq LIMIT 1",
    )?;
    let mut first: Option<(i64, i64)> = None;
    for state in State::ALL {
        let of_state = statement.query_row(params![Col(state), Col(time)], |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
        first = first.into_iter().chain(of_state.optional()?).min();
    }
    Ok(first.map(|(_, seq)| seq))
}

/// Returns a number that changes when a submission comes in or something happens to one: the last
/// places in both tables.
pub(in crate::store) fn change_mark(connection: &Connection) -> Result<i64, StoreError> {
    let sql = "SELECT coalesce((SELECT max(seq) FROM submissions), 0)
        + coalesce((SELECT max(seq) FROM events), 0)";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?)
}

/// Returns the stored state of the alerts.
pub(in crate::store) fn alerts(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE name = ?")?;
    Ok(statement.query_row([ALERTS], |row| row.get(0)).optional()?)
}

/// Stores the state of the alerts.
pub(in crate::store) fn save_alerts(
    connection: &Connection,
    state: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([ALERTS, state])?;
    Ok(())
}
