//! Lists that no index of the submissions serves: by profile, source, destination, record, left-out
//! values.
//! Their table is filled in the background together with the search index, so a list also reads the
//! submissions that are not in it yet.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::super::entry::{Cursor, Entry, Filter, RecordFilter, SourceFilter};
use super::events::decode;
use super::search::{Marks, marks, passed};
use super::{left_out, steps};
use crate::domain::{CrmStep, Event, Personal, PlannedField, State, text};

/// Characters of a name in a list.
const LONGEST_NAME: usize = 80;
/// How far the order of acceptance may differ from the order of the times of receipt.
const SLACK: i64 = 1_000;
/// The same among those that pass a filter.
const MORE: usize = 100;
/// Value of the rows of submissions of which something was left out.
const SOMETHING: &str = "";

/// The kinds of lists, as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListKind {
    Profile,
    Source,
    Address,
    Destination,
    Record,
    LeftOut,
}

impl ListKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::Source => "source",
            Self::Address => "address",
            Self::Destination => "destination",
            Self::Record => "record",
            Self::LeftOut => "left-out",
        }
    }
}

/// What the index keeps of a submission for lists.
#[derive(Debug)]
pub(super) struct ListedRows {
    received_at: Timestamp,
    rows: Vec<(ListKind, String)>,
}

impl ListedRows {
    /// Reads what to keep of a submission whose left-out values are known.
    pub(super) fn of(connection: &Connection, entry: &Entry) -> Result<Self, StoreError> {
        let source = &entry.source;
        let mut rows = vec![
            (ListKind::Source, source.name().to_owned()),
            (
                ListKind::Address,
                format!("{}/{}", source.name(), source.address()),
            ),
        ];
        rows.extend(
            entry
                .profile
                .clone()
                .map(|profile| (ListKind::Profile, profile)),
        );
        for step in steps::outcomes(connection, entry.seq)? {
            rows.push((ListKind::Destination, step.destination.to_string()));
            let made = RecordFilter::made_by(&step);
            rows.extend(made.iter().map(|it| (ListKind::Record, it.to_word())));
        }
        if !entry.left_out.is_empty() {
            rows.push((ListKind::LeftOut, SOMETHING.to_owned()));
        }
        Ok(Self {
            received_at: entry.received_at,
            rows,
        })
    }

    /// Stores it.
    pub(super) fn write(&self, connection: &Connection, seq: i64) -> Result<(), StoreError> {
        let mut insert = connection.prepare_cached(
            "INSERT OR IGNORE INTO listed (kind, value, received_at, submission) VALUES (?, ?, ?, ?)",
        )?;
        for (kind, value) in &self.rows {
            let at = self.received_at.as_microsecond();
            insert.execute(params![kind.as_str(), value, at, seq])?;
        }
        Ok(())
    }
}

/// Returns whom the latest plan of a submission is about: the name, or else the phone or the address.
fn person(connection: &Connection, seq: i64) -> Result<Option<Personal>, StoreError> {
    let planned = connection
        .prepare_cached(
            "SELECT kind, version, payload FROM events WHERE submission = ? AND kind = 'planned'
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([seq], |row| {
            Ok(decode(row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some(Event::Planned(planned)) = planned else {
        return Ok(None);
    };
    Ok(planned.plan.crm().and_then(named))
}

fn named(plan: &CrmStep) -> Option<Personal> {
    let value = |name: &str| first_value(plan, name);
    let names: Vec<&str> = ["LAST_NAME", "NAME", "SECOND_NAME"]
        .into_iter()
        .filter_map(value)
        .collect();
    let whole = match names.as_slice() {
        [] => value("PHONE").or_else(|| value("EMAIL"))?.to_owned(),
        parts => parts.join(" "),
    };
    Some(text::ellipsis(&whole, LONGEST_NAME).into())
}

fn first_value<'p>(plan: &'p CrmStep, name: &str) -> Option<&'p str> {
    let mut fields = plan.fields().map(|(_, field)| field);
    let field: &PlannedField = fields.find(|field| field.name == name)?;
    Some(field.value.as_str().trim()).filter(|value| !value.is_empty())
}

/// Removes what the index keeps of the content of a submission.
pub(super) fn unlist(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM listed WHERE kind = ?2 AND value = ?3 AND submission = ?1
                 AND received_at = (SELECT received_at FROM submissions WHERE seq = ?1)",
        )?
        .execute(params![seq, ListKind::LeftOut.as_str(), SOMETHING])?;
    Ok(())
}

/// Adds to an entry what a list shows beside it: what was left out, and the person.
pub(super) fn complete(connection: &Connection, entry: &mut Entry) -> Result<(), StoreError> {
    left_out::fill(connection, entry)?;
    entry.person = person(connection, entry.seq)?;
    Ok(())
}

/// Completes an entry of a list; `None` if the filter wants left-out values and it has none.
pub(super) fn completed(
    connection: &Connection,
    filter: &Filter,
    mut entry: Entry,
) -> Result<Option<Entry>, StoreError> {
    left_out::fill(connection, &mut entry)?;
    if filter.left_out && entry.left_out.is_empty() {
        return Ok(None);
    }
    entry.person = person(connection, entry.seq)?;
    Ok(Some(entry))
}

/// The list that serves a filter.
#[derive(Debug)]
pub(super) struct FilterList {
    kind: ListKind,
    value: String,
}

impl FilterList {
    /// Returns the list; `None` if the index of states serves the filter. States that do not last
    /// have few submissions.
    pub(super) fn of(filter: &Filter) -> Option<Self> {
        let is_large =
            |state: State| matches!(state, State::Delivered | State::Ignored | State::Rejected);
        if filter.reason.is_some() || filter.state.is_some_and(|state| !is_large(state)) {
            return None;
        }
        let (kind, value) = match filter {
            Filter {
                record: Some(record),
                ..
            } => (ListKind::Record, record.to_word()),
            Filter { left_out: true, .. } => (ListKind::LeftOut, SOMETHING.to_owned()),
            Filter {
                destination: Some(destination),
                ..
            } => (ListKind::Destination, destination.to_string()),
            Filter {
                profile: Some(profile),
                ..
            } => (ListKind::Profile, profile.clone()),
            Filter {
                source: Some(SourceFilter { name, address }),
                ..
            } => match address {
                Some(address) => (ListKind::Address, format!("{name}/{address}")),
                None => (ListKind::Source, name.clone()),
            },
            _ => return None,
        };
        Some(Self { kind, value })
    }

    /// Returns a page of submissions that pass the filter, newest first.
    pub(super) fn page(
        &self,
        connection: &Connection,
        filter: &Filter,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let marks = marks(connection)?;
        let recent = unlisted(connection, marks)?;
        let mut found: Vec<Entry> = Vec::new();
        let last = filter.before.map_or(i64::MAX, |cursor| cursor.seq);
        // a flood may have left many out
        for seq in recent.range(..=last.saturating_add(SLACK)).rev() {
            found.extend(checked(connection, filter, *seq)?);
            if found.len() == limit.saturating_add(MORE) {
                break;
            }
        }
        let mut listed = Vec::new();
        let mut statement = connection.prepare_cached(
            "SELECT submission FROM listed
             WHERE kind = ?1 AND value = ?2 AND received_at >= ?3
                 AND (received_at, submission) < (?4, ?5)
             ORDER BY received_at DESC, submission DESC",
        )?;
        let since = filter.since.map_or(i64::MIN, Timestamp::as_microsecond);
        let (before, seq) = end(filter);
        let mut rows =
            statement.query(params![self.kind.as_str(), self.value, since, before, seq])?;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            if recent.contains(&seq) {
                continue;
            }
            listed.extend(checked(connection, filter, seq)?);
            if listed.len() == limit {
                break;
            }
        }
        found.append(&mut listed);
        newest(&mut found, limit);
        Ok(found)
    }
}

/// Returns the place before which a page ends: the cursor or the end of the time.
fn end(filter: &Filter) -> (i64, i64) {
    let until = filter.until.map_or(i64::MAX, Timestamp::as_microsecond);
    match filter.before {
        Some(Cursor { received_at, seq }) if received_at.as_microsecond() < until => {
            (received_at.as_microsecond(), seq)
        }
        // numbers of submissions are positive
        _ => (until, 0),
    }
}

fn newest(entries: &mut Vec<Entry>, limit: usize) {
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.received_at, entry.seq)));
    entries.truncate(limit);
}

/// Returns the submissions that are not in the lists yet, or not as they are now.
fn unlisted(connection: &Connection, marks: Marks) -> Result<BTreeSet<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq FROM submissions WHERE seq > ?1
         UNION SELECT submission FROM events NOT INDEXED WHERE seq > ?2",
    )?;
    let seqs = statement.query_map([marks.submission, marks.event], |row| row.get(0))?;
    Ok(seqs.collect::<Result<_, _>>()?)
}

/// Returns a submission if it passes the filter.
fn checked(
    connection: &Connection,
    filter: &Filter,
    seq: i64,
) -> Result<Option<Entry>, StoreError> {
    let Some(entry) = passed(connection, filter, seq)? else {
        return Ok(None);
    };
    if filter.before.is_some_and(|before| entry.cursor() >= before) {
        return Ok(None);
    }
    completed(connection, filter, entry)
}
