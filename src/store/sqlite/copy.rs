//! Copies of the whole store: made while it is in use, checked, and put in its place.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::lock::DataLock;
use super::place::Place;
use super::store::Store;
use crate::store::StoreError;

/// How often the progress of a copy is told.
const EVERY: Duration = Duration::from_millis(200);

/// Held while files are put in the place of a store: no gateway can open it.
#[derive(Debug)]
pub struct Reserved(#[expect(dead_code, reason = "it is held, not used")] DataLock);

impl Store {
    /// Writes all that is committed now into a new file at `to`, which only its owner can read, checks
    /// the copy, and returns its number of submissions. A gateway may work with the store meanwhile.
    /// Content that was erased is not in the copy. `copied` is called with bytes written since.
    pub fn copy_to(&self, to: &Path, copied: &mut dyn FnMut(u64)) -> Result<u64, StoreError> {
        let place = Place::new(to);
        place.create_private()?;
        let connection = self.inner.place.open_reader()?;
        std::thread::scope(|scope| {
            let work = scope.spawn(move || {
                connection
                    .execute("VACUUM INTO ?", [to.to_string_lossy()])
                    .map(drop)
            });
            let mut told = 0;
            loop {
                let is_done = work.is_finished();
                let size = std::fs::metadata(to).map_or(told, |file| file.len());
                copied(size.saturating_sub(told));
                told = size.max(told);
                if is_done {
                    break;
                }
                std::thread::sleep(EVERY);
            }
            work.join()
                .map_err(|_| StoreError::Closed)?
                .map_err(StoreError::from)
        })?;
        Self::check_copy(to)
    }

    /// Reads every page of a store that nobody works with, and returns its number of submissions.
    /// Damage is an error that names the file.
    pub fn check_copy(path: &Path) -> Result<u64, StoreError> {
        let connection = Place::new(path).open_reader_checked()?;
        let found: String =
            connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if found != "ok" {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                source: None,
            });
        }
        submissions(&connection)
    }

    /// Reserves the place of a store: an error if a gateway works with it.
    pub fn reserve(path: &Path) -> Result<Reserved, StoreError> {
        DataLock::take(path).map(Reserved)
    }
}

fn submissions(connection: &Connection) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM submissions";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}
