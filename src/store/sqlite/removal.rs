//! Removes history: by age, by size, or for a person. The bare record stays: ids, times, state,
//! contact and record, so that a late repeat is still known.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::super::StoreError;
use super::super::entry::{Bodies, Entry};
use super::entries::{COLUMNS, entry};
use super::raw_of;
use super::replay::forget_choice;
use super::search::{forget_deleted_events, unindex};
use super::values::{self, Col, get};
use super::{erased_keys, files, steps};
use crate::domain::{Source, SourceKinds, State, SubmissionId, VerdictReason};

/// Returns what may be purged, the longest settled first.
pub(in crate::store) const PURGEABLE: &str =
    "SELECT seq FROM submissions INDEXED BY submissions_settled
     WHERE (state = 'delivered' OR state = 'ignored' OR state = 'rejected') AND length(raw) > 0
         AND coalesce(settled_at, received_at) < ?
     ORDER BY coalesce(settled_at, received_at) LIMIT ?";

/// Purges up to `limit` settled submissions, the longest settled first; with `before`, only those
/// settled before that time. Returns their number.
pub(in crate::store) fn purge(
    connection: &Connection,
    before: Option<Timestamp>,
    limit: usize,
) -> Result<usize, StoreError> {
    let seqs: Vec<i64> = connection
        .prepare_cached(PURGEABLE)?
        .query_map(
            params![before.map_or(i64::MAX, Timestamp::as_microsecond), limit],
            |row| row.get(0),
        )?
        .collect::<Result<_, _>>()?;
    for seq in &seqs {
        strip(connection, *seq)?;
    }
    if !seqs.is_empty() {
        forget_deleted_events(connection)?;
    }
    Ok(seqs.len())
}

/// Takes everything away but the bare record.
fn strip(connection: &Connection, seq: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM events WHERE submission = ?")?
        .execute([seq])?;
    steps::remove(connection, seq)?;
    files::remove(connection, seq)?;
    connection
        .prepare_cached(
            "UPDATE submissions SET raw = x'', note = NULL, details = '{}' WHERE seq = ?",
        )?
        .execute([seq])?;
    unindex(connection, seq)
}

/// Removes the content of these, and keys that are personal data; unsettled ones will not be
/// delivered. Skips leased ones. Returns which were erased.
pub(in crate::store) fn erase(
    connection: &Connection,
    ids: &[SubmissionId],
    is_personal_key: &dyn Fn(&str) -> bool,
) -> Result<Vec<SubmissionId>, StoreError> {
    let mut find = connection.prepare_cached(
        "SELECT seq, state, source, identity, details FROM submissions WHERE id = ?",
    )?;
    let mut ignore = connection.prepare_cached(
        "UPDATE submissions SET state = 'ignored', due_at = NULL, reason = NULL, note = ?2
         WHERE seq = ?1",
    )?;
    let mut done = Vec::new();
    for id in ids {
        let (seq, state, source): (i64, State, Source) = find.query_row([Col(*id)], |row| {
            Ok((row.get("seq")?, get(row, "state")?, values::source(row)?))
        })?;
        if state == State::Leased {
            continue;
        }
        strip(connection, seq)?;
        forget_choice(connection, seq)?;
        if is_personal_key(source.key()) {
            erased_keys::replace(connection, seq, &source)?;
        }
        if !matches!(state, State::Delivered | State::Ignored | State::Rejected) {
            ignore.execute(params![seq, Col(&VerdictReason::Erased)])?;
        }
        done.push(*id);
    }
    forget_deleted_events(connection)?;
    Ok(done)
}

/// Returns the next submissions with everything that may contain personal data, in the order of
/// acceptance. Of a bare record, that is its identity.
pub(in crate::store) fn bodies(
    connection: &Connection,
    after: i64,
    limit: usize,
    sources: &SourceKinds,
) -> Result<Vec<Bodies>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM submissions WHERE seq > ? ORDER BY seq LIMIT ?");
    let entries: Vec<Entry> = connection
        .prepare_cached(&sql)?
        .query_map(params![after, limit], entry)?
        .collect::<Result<_, _>>()?;
    let mut events = connection
        .prepare_cached("SELECT payload, body FROM events WHERE submission = ? ORDER BY seq")?;
    let mut steps =
        connection.prepare_cached("SELECT result, note FROM steps WHERE submission = ?")?;
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        let raw = raw_of(connection, entry.seq)?;
        if raw.is_empty() {
            let texts = Vec::new();
            all.push(Bodies {
                entry,
                texts,
                is_undecodable: false,
            });
            continue;
        }
        let (packet, is_undecodable) = packet_of(&entry, &raw, sources);
        let mut texts = vec![raw];
        // what the request told apart from its body
        let details = entry.source.stored_details();
        if details != Source::NO_DETAILS {
            texts.push(details.as_bytes().to_vec());
        }
        if details.contains('%') {
            texts.push(percent_encoding::percent_decode_str(details).collect());
        }
        texts.extend(packet);
        let mut rows = events.query([entry.seq])?;
        while let Some(row) = rows.next()? {
            let payload: String = row.get(0)?;
            texts.push(payload.into_bytes());
            texts.extend(row.get::<_, Option<Vec<u8>>>(1)?);
        }
        let mut rows = steps.query([entry.seq])?;
        while let Some(row) = rows.next()? {
            let (result, note): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            texts.extend(
                [Some(result), note]
                    .into_iter()
                    .flatten()
                    .map(String::into_bytes),
            );
        }
        all.push(Bodies {
            entry,
            texts,
            is_undecodable,
        });
    }
    Ok(all)
}

/// Returns the packet, unless the bytes alone say everything, and whether they cannot be decoded.
fn packet_of(entry: &Entry, raw: &[u8], sources: &SourceKinds) -> (Option<Vec<u8>>, bool) {
    if is_plain_json(&entry.source, raw) {
        let is_undecodable = matches!(
            entry.note,
            Some(
                VerdictReason::Undecodable(_)
                    | VerdictReason::NotAHook
                    | VerdictReason::HookTooLong(_)
            )
        );
        return (None, is_undecodable);
    }
    let packet = sources.decode(&entry.source, raw);
    let packet = packet.map(|packet| packet.to_string().into_bytes()).ok();
    let is_undecodable = packet.is_none();
    (packet, is_undecodable)
}

/// Returns whether the bytes alone say everything. A form hides letters behind `%40`, and other
/// charsets have other bytes.
fn is_plain_json(source: &Source, raw: &[u8]) -> bool {
    source.stored_details() == Source::NO_DETAILS
        && raw.trim_ascii_start().starts_with(b"{")
        && !raw.contains(&0)
}

/// Returns the number of used bytes of the file.
pub(in crate::store) fn used(connection: &Connection) -> Result<u64, StoreError> {
    let ask = |name: &str| -> Result<u64, StoreError> {
        Ok(connection.pragma_query_value(None, name, |row| row.get(0))?)
    };
    let pages = ask("page_count")?.saturating_sub(ask("freelist_count")?);
    Ok(pages.saturating_mul(ask("page_size")?))
}

/// Returns up to `pages` unused pages to the file system; false if there are none left.
pub(in crate::store) fn shrink(connection: &Connection, pages: u32) -> Result<bool, StoreError> {
    connection.execute_batch(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let free: u64 = connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?;
    Ok(free > 0)
}

/// The progress of rewriting the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Compact {
    /// All of it is to be merged into one piece.
    Begin,
    /// More is left.
    GoOn,
}

/// One step of rewriting the index of texts without what was taken out of it; false when it is
/// done.
pub(in crate::store) fn compact_index(
    connection: &Connection,
    stage: Compact,
) -> Result<bool, StoreError> {
    let before = changes(connection)?;
    let pages = match stage {
        Compact::Begin => -200,
        Compact::GoOn => 200,
    };
    connection
        .prepare_cached("INSERT INTO search (search, rank) VALUES ('merge', ?)")?
        .execute([pages])?;
    // below two there was nothing to be merged
    Ok(changes(connection)? - before >= 2)
}

/// Copies the log into the file and empties it; false if a reader still uses it.
pub(in crate::store) fn empty_log(connection: &Connection) -> Result<bool, StoreError> {
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    Ok(busy == 0)
}

fn changes(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT total_changes()")?
        .query_row([], |row| row.get(0))?)
}
