//! Finding submissions by text, and the index that makes it quick. The index is filled behind the
//! intake's back, so whoever looks reads what is not in it yet as well.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::super::StoreError;
use super::super::entry::{Entry, Filter};
use super::super::searchable::{self, Wanted};
use super::entries::{COLUMNS, conditions, entry};
use super::events::events_of;
use super::left_out;
use super::values::get;
use crate::domain::State;

/// How many candidates are looked at before the next ones are asked for.
const PAGE: usize = 200;

/// How many submissions the index is first asked about.
const WINDOW: i64 = 4_000;

/// What is under way will be settled in a moment and is indexed once, then.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// How far the index goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Marks {
    submission: i64,
    event: i64,
}

/// What is to be put into the index: each submission's text.
#[derive(Debug)]
pub(in crate::store) struct Batch {
    before: Marks,
    after: Marks,
    texts: Vec<(i64, String)>,
}

impl Batch {
    /// How many submissions it is about.
    pub(in crate::store) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// Up to `limit` entries that pass the filter and in which the text occurs, the last accepted first.
/// `looked` is told how many have been looked at.
pub(in crate::store) fn search(
    connection: &Connection,
    filter: &Filter,
    limit: usize,
    looked: &mut dyn FnMut(u64),
) -> Result<Vec<Entry>, StoreError> {
    let wanted = Wanted::of(filter.text.as_deref().unwrap_or_default());
    let marks = marks(connection)?;
    let query = wanted.query();
    let mut found = Vec::new();
    let mut before = filter.before.map_or(i64::MAX, |cursor| cursor.seq);
    let mut count = 0;
    while found.len() < limit {
        let candidates = candidates(connection, marks, query.as_deref(), before)?;
        let Some(last) = candidates.last() else {
            break;
        };
        before = *last;
        for seq in candidates {
            count += 1;
            let passed = passed(connection, filter, seq)?;
            if let Some(mut entry) = passed
                && wanted.occurs_in(&text_of(connection, &entry)?)
            {
                left_out::fill(connection, &mut entry)?;
                if filter.left_out && entry.left_out.is_empty() {
                    continue;
                }
                found.push(entry);
                if found.len() == limit {
                    break;
                }
            }
        }
        looked(count);
    }
    Ok(found)
}

/// The next ones that may hold the text, the last accepted first.
fn candidates(
    connection: &Connection,
    marks: Marks,
    query: Option<&str>,
    before: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut all: Vec<i64> = Vec::new();
    let mut ask = |sql: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        for seq in statement.query_map(values, |row| row.get(0))? {
            all.push(seq?);
        }
        Ok(())
    };
    let Some(query) = query else {
        ask(
            "SELECT seq FROM submissions WHERE seq < ? ORDER BY seq DESC LIMIT ?",
            &[&before, &PAGE],
        )?;
        return Ok(all);
    };
    ask(
        "SELECT seq FROM submissions WHERE seq > ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        &[&marks.submission, &before, &PAGE],
    )?;
    // few, and by no index but the order of the events
    ask(
        "SELECT DISTINCT submission FROM events NOT INDEXED
         WHERE seq > ? AND submission < ? ORDER BY submission DESC LIMIT ?",
        &[&marks.event, &before, &PAGE],
    )?;
    all.extend(indexed(connection, marks, query, before)?);
    // each list has its greatest, so the greatest of all are among them
    all.sort_unstable_by(|one, other| other.cmp(one));
    all.dedup();
    all.truncate(PAGE);
    Ok(all)
}

/// What the index finds, the greatest. It is asked upwards, in growing windows from the top down: upwards
/// it skips what cannot agree, downwards it reads whole lists.
fn indexed(
    connection: &Connection,
    marks: Marks,
    query: &str,
    before: i64,
) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid",
    )?;
    let mut found: Vec<i64> = Vec::new();
    let mut top = before.min(marks.submission.saturating_add(1));
    let mut window = WINDOW;
    while top > 1 && found.len() < PAGE {
        let bottom = top.saturating_sub(window).max(1);
        let mut rows = statement.query(params![query, bottom, top])?;
        let mut here: VecDeque<i64> = VecDeque::with_capacity(PAGE);
        while let Some(row) = rows.next()? {
            if here.len() == PAGE {
                here.pop_front();
            }
            here.push_back(row.get(0)?);
        }
        found.extend(here.into_iter().rev());
        top = bottom;
        window = window.saturating_mul(8);
    }
    Ok(found)
}

fn passed(connection: &Connection, filter: &Filter, seq: i64) -> Result<Option<Entry>, StoreError> {
    let (conditions, mut values) = conditions(&Filter {
        before: None,
        ..filter.clone()
    });
    values.push(Box::new(seq));
    let sql = format!("SELECT {COLUMNS} FROM submissions WHERE {conditions} AND seq = ?");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row(params_from_iter(values), entry)
        .optional()?)
}

fn text_of(connection: &Connection, entry: &Entry) -> Result<String, StoreError> {
    let raw = super::raw_of(connection, entry.seq)?;
    let events = events_of(connection, entry.seq)?;
    Ok(searchable::of_submission(entry, &raw, &events))
}

/// Reads what is to be indexed next; `None` when the index is up to date.
pub(in crate::store) fn unindexed(
    connection: &Connection,
    limit: usize,
    now: Timestamp,
) -> Result<Option<Batch>, StoreError> {
    let before = marks(connection)?;
    let mut after = before;
    let mut seqs = Vec::new();
    let mut events = connection
        .prepare_cached("SELECT seq, submission FROM events WHERE seq > ? ORDER BY seq LIMIT ?")?;
    let mut rows = events.query(params![before.event, limit.saturating_mul(8)])?;
    while let Some(row) = rows.next()? {
        after.event = row.get(0)?;
        let submission: i64 = row.get(1)?;
        // those beyond are read whole when it is their turn
        if submission <= before.submission {
            seqs.push(submission);
        }
    }
    let mut next = connection.prepare_cached(
        "SELECT seq, state, received_at FROM submissions WHERE seq > ? ORDER BY seq LIMIT ?",
    )?;
    let mut rows = next.query(params![before.submission, limit])?;
    while let Some(row) = rows.next()? {
        let state: State = get(row, "state")?;
        let received_at: Timestamp = get(row, "received_at")?;
        let under_way = matches!(state, State::Queued | State::Leased);
        if under_way && received_at.duration_since(now).abs() < PATIENCE {
            break;
        }
        after.submission = row.get(0)?;
        seqs.push(after.submission);
    }
    if after == before {
        return Ok(None);
    }
    seqs.sort_unstable();
    seqs.dedup();
    let mut texts = Vec::with_capacity(seqs.len());
    for seq in seqs {
        if let Some(entry) = passed(connection, &Filter::default(), seq)? {
            texts.push((seq, text_of(connection, &entry)?));
        }
    }
    Ok(Some(Batch {
        before,
        after,
        texts,
    }))
}

/// Puts a batch into the index, unless something came between: then the next batch begins where this one
/// did.
pub(in crate::store) fn index(connection: &Connection, batch: &Batch) -> Result<(), StoreError> {
    if marks(connection)? != batch.before {
        return Ok(());
    }
    // a body may have been erased since it was read
    let mut insert = connection.prepare_cached(
        "INSERT INTO search (rowid, text)
         SELECT ?1, ?2 FROM submissions WHERE seq = ?1 AND length(raw) > 0",
    )?;
    for (seq, text) in &batch.texts {
        unindex(connection, *seq)?;
        insert.execute(params![seq, text])?;
    }
    set_mark(connection, SUBMISSION, batch.after.submission)?;
    set_mark(connection, EVENT, batch.after.event)
}

/// Takes a submission out of the index.
pub(super) fn unindex(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM search WHERE rowid = ?")?
        .execute([seq])?;
    Ok(())
}

/// To be called after events were deleted: the numbers of the last ones are given out again.
pub(super) fn forget_deleted_events(connection: &Connection) -> Result<(), StoreError> {
    let last: i64 = connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM events")?
        .query_row([], |row| row.get(0))?;
    if marks(connection)?.event > last {
        set_mark(connection, EVENT, last)?;
    }
    Ok(())
}

const SUBMISSION: &str = "indexed_submission";
const EVENT: &str = "indexed_event";

fn marks(connection: &Connection) -> Result<Marks, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0)",
    )?;
    let mut mark = |name: &str| statement.query_row([name], |row| row.get(0));
    Ok(Marks {
        submission: mark(SUBMISSION)?,
        event: mark(EVENT)?,
    })
}

fn set_mark(connection: &Connection, name: &str, value: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute(params![name, value.to_string()])?;
    Ok(())
}
