//! Whether the database still lies where it was opened. A file that was moved, removed or replaced can be
//! written on through its open handle, but nobody would find there what we confirmed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ffi};

use super::StoreError;
use super::error::Trouble;
use super::sqlite::beside;

/// One file, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let found = std::fs::metadata(path).ok()?;
        Some(Self(found.dev(), found.ino()))
    }

    /// Elsewhere an open file can neither be moved nor removed.
    #[cfg(not(unix))]
    fn of(_: &Path) -> Option<Self> {
        Some(Self(0, 0))
    }
}

/// Where the files were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Home,
    Lost,
}

/// What is known of the log of the connection that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Log {
    /// It is learnt in the first transaction.
    Unknown,
    /// Which file it is, if there is one.
    Known(Option<FileId>),
}

/// The files of a database that is open for writing.
pub(super) struct Home {
    path: PathBuf,
    wal: PathBuf,
    database: Option<FileId>,
    log: Log,
    found: Found,
}

impl Home {
    /// Remembers which file this is: as long as the process runs, it must be the same one.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            wal: beside(path, "-wal"),
            database: FileId::of(path),
            log: Log::Unknown,
            found: Found::Home,
        }
    }

    /// Called before the database is opened again. The new connection may have a log of its own.
    pub(super) fn reopen(&mut self) -> Result<(), StoreError> {
        self.log = Log::Unknown;
        let found = if self.has_database() {
            Found::Home
        } else {
            Found::Lost
        };
        self.judge(found)
    }

    /// Called inside a transaction, right before it is committed.
    pub(super) fn check(&mut self) -> Result<(), StoreError> {
        let log = Log::Known(FileId::of(&self.wal));
        if self.log == Log::Unknown {
            self.log = log;
        }
        let found = if self.has_database() && log == self.log {
            Found::Home
        } else {
            Found::Lost
        };
        self.judge(found)
    }

    /// Copies what only the lost log holds into the database, if that is still in its place: the log is
    /// reachable through the open connection alone.
    pub(super) fn rescue(&self, connection: &Connection) {
        if !self.has_database() {
            return;
        }
        let copied = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| {
            Ok((row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        match copied {
            Ok((pages, copied)) if pages == copied => {
                tracing::warn!("everything confirmed so far is in the database file");
            }
            Ok(_) | Err(_) => tracing::error!(
                "a part of what was confirmed is only in the lost -wal file: put that file back"
            ),
        }
    }

    fn has_database(&self) -> bool {
        self.database.is_some() && FileId::of(&self.path) == self.database
    }

    /// Whether the last check failed.
    pub(super) fn is_lost(&self) -> bool {
        self.found == Found::Lost
    }

    /// Logs a change once.
    fn judge(&mut self, found: Found) -> Result<(), StoreError> {
        let before = std::mem::replace(&mut self.found, found);
        match (before, found) {
            (Found::Home, Found::Lost) => tracing::error!(
                "{} or its -wal file was moved, removed or replaced: nothing is accepted until the same file is \
                 back; after another file was put there, restart the gateway",
                self.path.display()
            ),
            (Found::Lost, Found::Home) => {
                tracing::info!(
                    "the database file is back in its place: answers are accepted again"
                );
            }
            (Found::Home, Found::Home) | (Found::Lost, Found::Lost) => {}
        }
        if found == Found::Home {
            return Ok(());
        }
        let code = ffi::Error::new(ffi::SQLITE_READONLY_DBMOVED);
        Err(StoreError::Unavailable {
            trouble: Trouble::Moved,
            source: Arc::new(rusqlite::Error::SqliteFailure(code, None)),
        })
    }
}
