//! Checks that the database is still where it was opened. A moved, removed or replaced file can
//! still be written through its open handle, but nobody would find the confirmed submissions there.
//! The same holds for a file that was cut short.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error;
use super::place::{HEADER, LOG_LIMIT, Place, beside};
use crate::store::StoreError;

/// One file, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

/// The file at a path.
#[derive(Debug, Clone, Copy)]
struct FileState {
    id: FileId,
    bytes: u64,
}

impl FileState {
    fn of(path: &Path) -> Option<Self> {
        let found = std::fs::metadata(path).ok()?;
        Some(Self {
            id: FileId::of(&found),
            bytes: found.len(),
        })
    }
}

impl FileId {
    #[cfg(unix)]
    fn of(found: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(found.dev(), found.ino())
    }

    /// Elsewhere an open file can neither be moved nor removed.
    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(0, 0)
    }
}

/// The places of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Home,
    Lost,
    /// Shorter than before. The handle is of no use any more, whatever is put there.
    Cut,
}

/// The known state of the open connection's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    /// It is learnt in the first transaction.
    Unknown,
    /// Which file it is, if there is one.
    Known(Option<FileId>),
}

/// The length of a log at the last check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Extent {
    bytes: u64,
    /// The header; each checkpoint that restarts the log changes it.
    header: [u8; 32],
}

/// The log, open for reading its header. SQLite has no locks in this file, so opening and closing
/// it is safe.
struct LogFile {
    path: PathBuf,
    open: Option<(FileId, File)>,
}

impl LogFile {
    fn state(&self) -> Option<FileState> {
        FileState::of(&self.path)
    }

    /// Returns the extent of the log in this state.
    fn extent(&mut self, state: Option<FileState>) -> Extent {
        let Some(FileState { id, bytes }) = state else {
            self.open = None;
            return Extent::default();
        };
        let mut header = [0; 32];
        let is_open = self.open.as_ref().is_some_and(|(open, _)| *open == id);
        if !is_open {
            self.open = File::open(&self.path).ok().map(|file| (id, file));
        }
        if let Some((_, file)) = &mut self.open {
            read_start(file, &mut header).ok();
        }
        Extent { bytes, header }
    }
}

/// Reads the first bytes of a file.
fn read_start(file: &mut File, start: &mut [u8]) -> std::io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_exact_at(file, start, 0);
    #[cfg(not(unix))]
    {
        use std::io::{Read as _, Seek as _};
        file.rewind()?;
        file.read_exact(start)
    }
}

/// The files of a database that is open for writing.
pub(super) struct Home {
    place: Place,
    wal: LogFile,
    database: Option<FileId>,
    log: Log,
    /// The minimum length of the database in bytes.
    least: u64,
    extent: Extent,
    found: Found,
}

impl Home {
    /// Remembers which file this is: as long as the process runs, it must be the same one.
    pub(super) fn of(place: &Place) -> Self {
        let path = place.path();
        let mut wal = LogFile {
            path: beside(path, "-wal"),
            open: None,
        };
        let database = FileState::of(path);
        let least = database.map_or(0, |database| database.bytes);
        place.expect(least);
        Self {
            extent: wal.extent(wal.state()),
            wal,
            database: database.map(|database| database.id),
            log: Log::Unknown,
            least,
            found: Found::Home,
            place: place.clone(),
        }
    }

    /// Called before the database is opened again. The new connection may have another log.
    pub(super) fn reopen(&mut self) -> Result<(), StoreError> {
        self.log = Log::Unknown;
        let database = self.database();
        if database.is_some_and(|database| database.bytes < HEADER) {
            return self.judge(Found::Cut);
        }
        self.extent = self.wal.extent(self.wal.state());
        self.judge(if database.is_some() {
            Found::Home
        } else {
            Found::Lost
        })
    }

    /// Called before a transaction: the log has what was committed unless a checkpoint has begun it
    /// anew, perhaps one of another process.
    pub(super) fn check_log(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let state = self.wal.state();
        let now = self.wal.extent(state);
        let is_here = match self.log {
            Log::Known(log) => log == state.map(|state| state.id),
            Log::Unknown => true,
        };
        // another file, or none, is `check`'s matter
        let is_cut = is_here
            && now.bytes < self.extent.bytes.min(LOG_LIMIT)
            && match now.bytes {
                // nothing is written to the database then: either SQLite knows that the log is
                // empty, or it fails to read it
                0 => !matches!(copy_log(connection), Ok((..=0, _))),
                _ => now.header == self.extent.header || now.bytes < 32,
            };
        if is_cut {
            return self.judge(Found::Cut);
        }
        if is_here {
            self.extent = now;
        }
        Ok(())
    }

    /// Called after a commit.
    pub(super) fn committed(&mut self) {
        self.extent = self.wal.extent(self.wal.state());
    }

    /// Called at the beginning of a transaction: the database is no shorter than before, unless it
    /// has become smaller, perhaps by the hand of another process.
    pub(super) fn begin(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let database = FileState::of(self.place.path());
        let now = database.map_or(0, |database| database.bytes);
        if now < self.least {
            let ask = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
            let smaller = ask("page_count")?.saturating_mul(ask("page_size")?);
            self.least = self.least.min(smaller);
        }
        let is_here = database.is_some_and(|database| self.is_ours(database));
        if is_here && now < self.least {
            return self.judge(Found::Cut);
        }
        if is_here {
            self.least = now;
            self.place.expect(now);
        }
        Ok(())
    }

    /// Whatever SQLite makes of the rest of a file that was cut short, that is the cause.
    pub(super) fn explained(&mut self, error: StoreError) -> StoreError {
        let is_cut = error.shows_loss() && self.database().is_some() && self.place.is_cut();
        if is_cut && let Err(cut) = self.judge(Found::Cut) {
            return cut;
        }
        error
    }

    /// Called inside a transaction, right before it is committed.
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        let log = Log::Known(self.wal.state().map(|state| state.id));
        if self.log == Log::Unknown {
            self.log = log;
        }
        let found = if self.database().is_some() && log == self.log {
            Found::Home
        } else {
            Found::Lost
        };
        self.judge(found)
    }

    /// Copies what only the lost log holds into the database, if that is still in its place: the
    /// log is reachable through the open connection alone.
    pub(super) fn rescue(&self, connection: &Connection) {
        if self.database().is_none() {
            return;
        }
        match copy_log(connection) {
            Ok((pages, copied)) if pages == copied => {
                tracing::warn!("everything confirmed so far is in the database file");
            }
            Ok(_) | Err(_) => tracing::error!(
                "a part of what was confirmed is only in the lost -wal file: put that file back"
            ),
        }
    }

    /// Returns the database, if it is in its place.
    fn database(&self) -> Option<FileState> {
        FileState::of(self.place.path()).filter(|found| self.is_ours(*found))
    }

    fn is_ours(&self, found: FileState) -> bool {
        self.database == Some(found.id)
    }

    /// Returns whether the last check failed.
    pub(super) fn is_lost(&self) -> bool {
        self.found != Found::Home
    }

    /// Logs a change once.
    fn judge(&mut self, found: Found) -> Result<(), StoreError> {
        let before = self.found;
        if before == Found::Cut {
            return Err(error::cut());
        }
        self.found = found;
        match (before, found) {
            (_, Found::Cut) => tracing::error!(
                "{} or its -wal file was cut short while the gateway ran: nothing is accepted any more; stop the \
                 gateway, keep a copy of both files, restore the database from a backup, then start again",
                self.place.path().display()
            ),
            (Found::Home, Found::Lost) => tracing::error!(
                "{} or its -wal file was moved, removed or replaced: nothing is accepted until the same file is \
                 back; after another file was put there, restart the gateway",
                self.place.path().display()
            ),
            (Found::Lost, Found::Home) => {
                tracing::info!(
                    "the database file is back in its place: answers are accepted again"
                );
            }
            (Found::Home, Found::Home) | (Found::Lost, Found::Lost) | (Found::Cut, _) => {}
        }
        match found {
            Found::Home => return Ok(()),
            Found::Cut => return Err(error::cut()),
            Found::Lost => {}
        }
        Err(error::moved())
    }
}

/// Copies what the log holds into the database as far as nobody reads on in it: how many pages the
/// log has, and how many of them are copied.
fn copy_log(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
        Ok((row.get(1)?, row.get(2)?))
    })
}
