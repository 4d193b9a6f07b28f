//! The ring of refused requests: the newest rows, and the newest bodies within their own bounds.

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::StoreError;
use super::super::refused::{RefusedBounds, RefusedFilter, RefusedRow};
use super::values::{Col, get};
use crate::domain::Refused;

const COLUMNS: &str = "seq, at, address, source, method, status, code, size, body";

fn read(row: &Row<'_>) -> rusqlite::Result<RefusedRow> {
    Ok(RefusedRow {
        seq: row.get("seq")?,
        refused: Refused {
            at: get(row, "at")?,
            address: row.get("address")?,
            source: row.get("source")?,
            method: row.get("method")?,
            status: row.get("status")?,
            code: row.get("code")?,
            size: row.get("size")?,
            body: row.get::<_, Option<Vec<u8>>>("body")?.map(Bytes::from),
        },
    })
}

/// Adds rows, and takes the oldest rows and bodies beyond the bounds away.
pub(in crate::store) fn add_refused(
    connection: &Connection,
    rows: &[Refused],
    bounds: RefusedBounds,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO refused (at, address, source, method, status, code, size, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for row in rows {
        let body = row.body.as_deref();
        insert.execute(params![
            Col(row.at),
            row.address,
            row.source,
            row.method,
            row.status,
            row.code,
            row.size,
            body
        ])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM refused WHERE seq <= (SELECT seq FROM refused ORDER BY seq DESC LIMIT 1 OFFSET ?)",
        )?
        .execute([bounds.most])?;
    connection
        .prepare_cached(
            "UPDATE refused SET body = NULL WHERE body IS NOT NULL AND seq <= (
                 SELECT seq FROM (
                     SELECT seq, count(*) OVER w AS number, sum(length(body)) OVER w AS bytes
                     FROM refused WHERE body IS NOT NULL WINDOW w AS (ORDER BY seq DESC))
                 WHERE number > ?1 OR bytes > ?2 ORDER BY seq DESC LIMIT 1)",
        )?
        .execute([bounds.bodies, bounds.bytes])?;
    Ok(())
}

/// The newest first.
pub(in crate::store) fn list_refused(
    connection: &Connection,
    filter: RefusedFilter,
    limit: usize,
) -> Result<Vec<RefusedRow>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM refused WHERE at >= ?1 AND at < ?2 AND seq < ?3 ORDER BY seq DESC LIMIT ?4"
    );
    let at =
        |moment: Option<Timestamp>, otherwise| moment.map_or(otherwise, Timestamp::as_microsecond);
    let (since, until) = (at(filter.since, i64::MIN), at(filter.until, i64::MAX));
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(
        params![since, until, filter.before.unwrap_or(i64::MAX), limit],
        read,
    )?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The next ones, the oldest first.
pub(in crate::store) fn refused_after(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<RefusedRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM refused WHERE seq > ? ORDER BY seq LIMIT ?");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after, limit], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Removes these rows; returns how many there were.
pub(in crate::store) fn erase_refused(
    connection: &Connection,
    seqs: &[i64],
) -> Result<usize, StoreError> {
    let mut delete = connection.prepare_cached("DELETE FROM refused WHERE seq = ?")?;
    let mut gone = 0;
    for seq in seqs {
        gone += delete.execute([seq])?;
    }
    Ok(gone)
}

/// Removes up to `limit` rows of before that time; returns how many.
pub(in crate::store) fn expire_refused(
    connection: &Connection,
    before: Timestamp,
    limit: usize,
) -> Result<usize, StoreError> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM refused WHERE seq IN (SELECT seq FROM refused WHERE at < ? ORDER BY at LIMIT ?)",
        )?
        .execute(params![Col(before), limit])?)
}
