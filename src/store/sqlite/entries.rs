//! Finds submissions by state, time, profile, or a name that a person typed.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params, params_from_iter};

use super::super::StoreError;
use super::super::entry::{Entry, Filter, Needle, RecordFilter, SourceFilter};
use super::left_out;
use super::listed::{FilterList, complete, completed};
use super::values::{Col, became, get, maybe, source};
use crate::domain::{EntityKind, Identity, State, SubmissionId};

pub(super) const COLUMNS: &str = "seq, id, identity, source, details, received_at, profile, state, \
     reason, note, attempt, due_at, leased_at, uncertain, repeats, last_repeat_at, settled_at, \
     contact_id, record_kind, record_id";

pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let became = became(row)?;
    Ok(Entry {
        seq: row.get("seq")?,
        id: get(row, "id")?,
        identity: Identity::from_stored(row.get("identity")?),
        source: source(row)?,
        received_at: get(row, "received_at")?,
        profile: row.get("profile")?,
        state: get(row, "state")?,
        reason: maybe(row, "reason")?,
        note: maybe(row, "note")?,
        attempt: row.get("attempt")?,
        due_at: maybe::<Timestamp>(row, "due_at")?,
        leased_at: maybe(row, "leased_at")?,
        uncertain: row.get("uncertain")?,
        repeats: row.get("repeats")?,
        last_repeat_at: maybe(row, "last_repeat_at")?,
        settled_at: maybe(row, "settled_at")?,
        contact: became.contact,
        record: became.record,
        left_out: Vec::new(),
        person: None,
    })
}

/// Returns a page of submissions that pass the filter, newest first. Ignores the filter's text.
pub(in crate::store) fn list(
    connection: &Connection,
    filter: &Filter,
    limit: usize,
) -> Result<Vec<Entry>, StoreError> {
    if let Some(list) = FilterList::of(filter) {
        return list.page(connection, filter, limit);
    }
    let (sql, mut values) = newest_first(filter);
    // rows are checked again after the conditions, so the number of rows for a page is unknown
    let most = if filter.left_out {
        -1
    } else {
        i64::try_from(limit).unwrap_or(-1)
    };
    values.push(Box::new(most));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut entries = Vec::new();
    for entry in statement.query_map(params_from_iter(values), entry)? {
        if entries.len() == limit {
            break;
        }
        entries.extend(completed(connection, filter, entry?)?);
    }
    Ok(entries)
}

/// The submissions that pass the filter, newest first, as SQL and its values; the last value, their
/// number, is missing. No index has all submissions by time: SQLite merges those of each state.
pub(super) fn newest_first(filter: &Filter) -> (String, Vec<Box<dyn ToSql>>) {
    let states = match filter.state {
        Some(state) => vec![state],
        // only those have one
        None if filter.reason.is_some() => vec![State::Parked],
        None => State::ALL.to_vec(),
    };
    let mut values = Vec::new();
    let mut branches = Vec::new();
    for state in states {
        let (conditions, of_state) = conditions(&Filter {
            state: Some(state),
            ..filter.clone()
        });
        values.extend(of_state);
        branches.push(format!(
            "SELECT {COLUMNS} FROM submissions WHERE {conditions}"
        ));
    }
    let branches = branches.join(" UNION ALL ");
    let sql = format!("{branches} ORDER BY received_at DESC, seq DESC LIMIT ?");
    (sql, values)
}

/// The filter as SQL, but for its text.
pub(super) fn conditions(filter: &Filter) -> (String, Vec<Box<dyn ToSql>>) {
    let mut conditions = vec!["TRUE"];
    if filter.left_out {
        conditions.push(left_out::MAY_HAVE);
    }
    let mut values: Vec<Box<dyn ToSql>> = Vec::new();
    let mut want = |condition, value: Option<Box<dyn ToSql>>| {
        if let Some(value) = value {
            conditions.push(condition);
            values.push(value);
        }
    };
    want("state = ?", boxed(filter.state.map(Col)));
    want("reason = ?", boxed(filter.reason.map(Col)));
    want("profile = ?", boxed(filter.profile.clone()));
    if let Some(SourceFilter { name, address }) = &filter.source {
        let prefix = match address {
            Some(address) => format!("{name}/{address}"),
            None => name.clone(),
        };
        // a `0` is what follows a `/`
        want("identity >= ?", boxed(Some(format!("{prefix}/"))));
        want("identity < ?", boxed(Some(format!("{prefix}0"))));
    }
    want(
        "EXISTS (SELECT 1 FROM steps WHERE submission = submissions.seq AND destination = ?)",
        boxed(filter.destination.clone().map(|it| it.to_string())),
    );
    want("received_at >= ?", boxed(filter.since.map(Col)));
    want("received_at < ?", boxed(filter.until.map(Col)));
    if let Some(before) = filter.before {
        want(
            "(received_at, seq) < (?, ?)",
            boxed(Some(Col(before.received_at))),
        );
        values.push(Box::new(before.seq));
    }
    if let Some(record) = &filter.record {
        conditions.push(MADE_RECORD);
        values.extend(made_record(record));
    }
    (conditions.join(" AND "), values)
}

/// The condition of a [`RecordFilter`].
const MADE_RECORD: &str =
    "EXISTS (SELECT 1 FROM steps WHERE submission = submissions.seq AND destination = ?
     AND result ->> ? = ? AND coalesce(?, result ->> 'item_type') IS result ->> 'item_type')";

/// The values of [`MADE_RECORD`].
fn made_record(record: &RecordFilter) -> [Box<dyn ToSql>; 4] {
    let key = record.kind.map_or("contact", EntityKind::as_str);
    // what made an item may have made a contact, too
    let process = match record.kind {
        Some(EntityKind::Item(process)) => Some(process.get()),
        _ => None,
    };
    [
        Box::new(record.destination.to_string()),
        Box::new(format!("{key}_id")),
        Box::new(record.id),
        Box::new(process),
    ]
}

fn boxed<T: ToSql + 'static>(value: Option<T>) -> Option<Box<dyn ToSql>> {
    value.map(|value| Box::new(value) as _)
}

/// Up to two submissions with that name, with their bodies: two mean that the name is not enough.
pub(in crate::store) fn find(
    connection: &Connection,
    needle: &Needle,
) -> Result<Vec<(Entry, Bytes)>, StoreError> {
    let (condition, value) = match needle {
        Needle::Identity(identity) => ("identity = ?", identity.clone()),
        Needle::Digits(digits) if digits.len() == 32 => ("id = unhex(?)", digits.clone()),
        Needle::Digits(digits) => (
            // the index over ids is all that this reads until it has found them
            "id IN (SELECT id FROM submissions
                    WHERE substr(hex(id), 1, length(?1)) = ?1 OR substr(hex(id), -length(?1)) = ?1
                    LIMIT 2)",
            digits.to_uppercase(),
        ),
    };
    let sql = format!("SELECT {COLUMNS}, raw FROM submissions WHERE {condition} LIMIT 2");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found: Vec<(Entry, Bytes)> = statement
        .query_map([value], |row| {
            let raw: Vec<u8> = row.get("raw")?;
            Ok((entry(row)?, raw.into()))
        })?
        .collect::<Result<_, _>>()?;
    for (entry, _) in &mut found {
        complete(connection, entry)?;
    }
    Ok(found)
}

/// Returns up to `limit` submissions whose identities begin like this, which ends with a slash; the
/// greatest identity first.
pub(in crate::store) fn beginning(
    connection: &Connection,
    beginning: &str,
    limit: usize,
) -> Result<Vec<(Entry, Bytes)>, StoreError> {
    // a `0` is what follows a `/`
    let end = format!("{}0", beginning.trim_end_matches('/'));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let sql = format!(
        "SELECT {COLUMNS}, raw FROM submissions WHERE identity >= ?1 AND identity < ?2
         ORDER BY identity DESC LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_map(params![beginning, end, limit], |row| {
        let raw: Vec<u8> = row.get("raw")?;
        Ok((entry(row)?, raw.into()))
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The body of a submission; empty when nothing is left of it.
pub(super) fn raw_of(connection: &Connection, seq: i64) -> Result<Vec<u8>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT raw FROM submissions WHERE seq = ?")?
        .query_row([seq], |row| row.get(0))
        .optional()?
        .unwrap_or_default())
}

/// Returns the body of a submission.
pub(in crate::store) fn body(
    connection: &Connection,
    id: SubmissionId,
) -> Result<Bytes, StoreError> {
    let raw: Option<Vec<u8>> = connection
        .prepare_cached("SELECT raw FROM submissions WHERE id = ?")?
        .query_row([Col(id)], |row| row.get(0))
        .optional()?;
    raw.map(Bytes::from).ok_or(StoreError::Unknown { id })
}

/// Returns the state of a submission; `None` if it is unknown.
pub(in crate::store) fn state_of(
    connection: &Connection,
    id: SubmissionId,
) -> Result<Option<State>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT state FROM submissions WHERE id = ?")?
        .query_row([Col(id)], |row| get(row, "state"))
        .optional()?)
}

/// Counts submissions by state.
pub(in crate::store) fn counts(
    connection: &Connection,
) -> Result<BTreeMap<State, u64>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT state, count(*) FROM submissions GROUP BY state")?;
    let counts = statement
        .query_map([], |row| Ok((get(row, "state")?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(counts)
}
