//! The `-wal` file read without SQLite: which pages of the database it holds.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Read as _, Result};
use std::path::Path;

use rusqlite::Connection;

use super::super::StoreError;
use super::beside;

/// The file's header, and the one of each page in it.
const HEADER: usize = 32;
const PAGE_HEADER: usize = 24;

/// SQLite locks bytes of this page, and keeps nothing in it.
const LOCKED_AT: u64 = 1 << 30;

/// Returns whether every page of the database is in its file or in the log. Call it in a
/// transaction: otherwise a gateway could move pages from the log to the file at the same time.
pub(super) fn is_whole(
    connection: &Connection,
    path: &Path,
) -> std::result::Result<bool, StoreError> {
    let ask = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let (pages, size) = (ask("page_count")?, ask("page_size")?.max(512));
    let in_file = std::fs::metadata(path).map_or(0, |file| file.len() / size);
    if in_file >= pages {
        return Ok(true);
    }
    let logged = pages_in(&beside(path, "-wal"), size).unwrap_or_default();
    let locked = LOCKED_AT / size + 1;
    Ok((in_file + 1..=pages).all(|page| page == locked || logged.contains(&page)))
}

/// The pages that were written since the log was begun.
fn pages_in(wal: &Path, size: u64) -> Result<HashSet<u64>> {
    let mut file = BufReader::new(File::open(wal)?);
    let mut header = [0; HEADER];
    file.read_exact(&mut header)?;
    let mut found = HashSet::new();
    let mut page = [0; PAGE_HEADER];
    while file.read_exact(&mut page).is_ok() {
        // the rest is of an earlier log
        if page[8..16] != header[16..24] {
            break;
        }
        found.insert(u64::from(u32::from_be_bytes([
            page[0], page[1], page[2], page[3],
        ])));
        let Ok(size) = i64::try_from(size) else { break };
        file.seek_relative(size)?;
    }
    Ok(found)
}
