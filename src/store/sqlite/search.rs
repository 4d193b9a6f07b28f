//! Search by text, and the index that makes it fast. The index is filled in the background, so a
//! search also reads the submissions that are not in it yet.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};

use super::super::StoreError;
use super::super::entry::{Entry, Filter};
use super::super::searchable::{self, SearchText};
use super::entries::{COLUMNS, conditions, entry};
use super::events::events_of;
use super::listed::{ListedRows, completed, unlist};
use super::values::get;
use super::{full_text, left_out};
use crate::domain::{SourceKinds, State};

/// Candidates per page.
const PAGE: usize = 200;

/// Number of submissions in the first window of the index.
const WINDOW: i64 = 4_000;

/// A submission that is under way is indexed once, after it has settled; this is how long that may
/// take.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// The last submission and the last event in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Marks {
    pub(super) submission: i64,
    pub(super) event: i64,
}

/// Texts for the index, by submission.
#[derive(Debug)]
pub(in crate::store) struct Batch {
    before: Marks,
    after: Marks,
    texts: Vec<IndexedText>,
}

/// What the index keeps of a submission.
#[derive(Debug)]
struct IndexedText {
    seq: i64,
    text: String,
    listed: ListedRows,
}

impl Batch {
    /// Returns the number of submissions.
    pub(in crate::store) fn len(&self) -> usize {
        self.texts.len()
    }
}

/// Returns up to `limit` entries that pass the filter and contain the text, the last accepted
/// first. Calls `looked` with the number of submissions read so far.
pub(in crate::store) fn search(
    connection: &Connection,
    (filter, limit): (&Filter, usize),
    sources: &SourceKinds,
    looked: &mut dyn FnMut(u64),
) -> Result<Vec<Entry>, StoreError> {
    let searched = SearchText::of(filter.text.as_deref().unwrap_or_default());
    let marks = marks(connection)?;
    let query = full_text::query(&searched);
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
            if let Some(entry) = passed
                && searched.occurs_in(&text_of(connection, &entry, sources)?)
                && let Some(entry) = completed(connection, filter, entry)?
            {
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

/// Returns the next submissions that may contain the text, the last accepted first.
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
    // few rows: read in the order of the events, without an index
    ask(
        "SELECT DISTINCT submission FROM events NOT INDEXED
         WHERE seq > ? AND submission < ? ORDER BY submission DESC LIMIT ?",
        &[&marks.event, &before, &PAGE],
    )?;
    all.extend(indexed(connection, marks, query, before)?);
    // each list begins with its greatest, so the greatest of all are among them
    all.sort_unstable_by(|one, other| other.cmp(one));
    all.dedup();
    all.truncate(PAGE);
    Ok(all)
}

/// Returns the greatest matches of the index. Asks in ascending order, in growing windows from the
/// top down: in ascending order FTS5 skips what cannot match, in descending order it reads whole
/// lists.
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

/// Returns a submission if it passes the filter's conditions; ignores its text and its cursor.
pub(super) fn passed(
    connection: &Connection,
    filter: &Filter,
    seq: i64,
) -> Result<Option<Entry>, StoreError> {
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

fn text_of(
    connection: &Connection,
    entry: &Entry,
    sources: &SourceKinds,
) -> Result<String, StoreError> {
    let raw = super::raw_of(connection, entry.seq)?;
    let events = events_of(connection, entry.seq)?;
    Ok(searchable::of_submission(entry, &raw, &events, sources))
}

/// Reads the next batch for the index; `None` when the index is up to date.
pub(in crate::store) fn unindexed(
    connection: &Connection,
    limit: usize,
    sources: &SourceKinds,
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
        // submissions beyond the mark are indexed with all their events later
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
        if let Some(mut entry) = passed(connection, &Filter::default(), seq)? {
            left_out::fill(connection, &mut entry)?;
            texts.push(IndexedText {
                seq,
                text: text_of(connection, &entry, sources)?,
                listed: ListedRows::of(connection, &entry)?,
            });
        }
    }
    Ok(Some(Batch {
        before,
        after,
        texts,
    }))
}

/// Adds a batch to the index. Does nothing if the marks have moved since the batch was read: then
/// the next batch begins at the same place.
pub(in crate::store) fn index(connection: &Connection, batch: &Batch) -> Result<(), StoreError> {
    if marks(connection)? != batch.before {
        return Ok(());
    }
    // a body may have been erased since it was read
    let mut insert = connection.prepare_cached(
        "INSERT INTO search (rowid, text)
         SELECT ?1, ?2 FROM submissions WHERE seq = ?1 AND length(raw) > 0",
    )?;
    for IndexedText { seq, text, listed } in &batch.texts {
        unindex(connection, *seq)?;
        insert.execute(params![seq, text])?;
        listed.write(connection, *seq)?;
    }
    set_mark(connection, SUBMISSION, batch.after.submission)?;
    set_mark(connection, EVENT, batch.after.event)
}

/// Removes a submission from the index.
pub(super) fn unindex(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM search WHERE rowid = ?")?
        .execute([seq])?;
    unlist(connection, seq)
}

/// Moves the mark back after events were deleted: SQLite reuses the numbers of the last ones.
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

/// Returns how far the index reaches.
pub(super) fn marks(connection: &Connection) -> Result<Marks, StoreError> {
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
