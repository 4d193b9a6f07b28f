//! The place of the file, and how it is opened: once for writing, as often as needed for reading.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::{error, log, migrations};
use crate::store::{StoreError, Trouble};

/// How long to wait for another process, such as a backup, to release the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// Marks the file as ours (`lgat`), for `file` and for ourselves.
const APPLICATION_ID: i32 = 0x6c67_6174;

/// Number of 4 KiB pages in the log before they are copied into the file: 32 MiB.
const CHECKPOINT: i32 = 8192;

/// To how many bytes the log shrinks again after a flood or a long read.
pub(in crate::store) const LOG_LIMIT: u64 = 64 << 20;

/// Minimum length of a database in bytes. SQLite deletes the log next to an empty file.
pub(in crate::store) const HEADER: u64 = 100;

/// The statements of the busiest paths stay prepared.
const STATEMENTS: usize = 64;

/// Whether the folder had a database before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Past {
    /// There was one.
    Used,
    /// It had none, or a new one was requested.
    None,
}

/// The store's file.
#[derive(Debug, Clone)]
pub(in crate::store) struct Place {
    path: Arc<Path>,
    damaged: Arc<AtomicBool>,
    /// The minimum length of the file in bytes.
    least: Arc<AtomicU64>,
}

/// Returns the name of a file that belongs to another: `leadgate.db` and `leadgate.db-wal`.
pub(in crate::store) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

impl Place {
    pub(in crate::store) fn new(path: &Path) -> Self {
        Self {
            path: path.into(),
            damaged: Arc::default(),
            least: Arc::new(AtomicU64::new(HEADER)),
        }
    }

    /// Remembers that a request met a damaged page. Others may meet it later or never, so that
    /// stays until the file is opened by another process.
    pub(in crate::store) fn note<T>(&self, result: &Result<T, StoreError>) {
        if let Err(StoreError::Unavailable {
            trouble: Trouble::Corrupt,
            ..
        }) = result
        {
            self.damaged.store(true, Ordering::Relaxed);
        }
    }

    /// Remembers how many bytes the file must have from now on.
    pub(in crate::store) fn expect(&self, bytes: u64) {
        self.least.store(bytes.max(HEADER), Ordering::Relaxed);
    }

    /// Whether the file is shorter than at the last check.
    pub(in crate::store) fn is_cut(&self) -> bool {
        self.is_shorter_than(self.least.load(Ordering::Relaxed))
    }

    fn is_shorter_than(&self, bytes: u64) -> bool {
        std::fs::metadata(&*self.path).is_ok_and(|file| file.len() < bytes)
    }

    /// Whether any request has met a damaged page.
    pub(in crate::store) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    pub(in crate::store) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the file for writing, makes it when it is not there, and brings its schema up to date.
    /// A file without any table is an error where there was one before.
    pub(in crate::store) fn open_writer(&self, past: Past) -> Result<Connection, StoreError> {
        self.create_private()?;
        let mut connection = self.named(self.open_with(past))?;
        self.named(migrations::forward(
            &mut connection,
            &self.path,
            migrations::ALL,
        ))?;
        Ok(connection)
    }

    /// Opens the file for writing; it must be there and hold a database.
    pub(in crate::store) fn reopen(&self) -> Result<Connection, StoreError> {
        if self.is_shorter_than(HEADER) {
            return Err(error::cut());
        }
        self.open_with(Past::Used)
    }

    /// Opens the file for writing. Until it turns out to be a whole database of ours, nothing is
    /// written to it, and the log stays when it is closed.
    pub(in crate::store) fn open_with(&self, past: Past) -> Result<Connection, StoreError> {
        let logged = std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |log| log.len());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*self.path, flags)?;
        plan_once(&connection)?;
        OnClose::KeepLog.set(&connection);
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        self.recognise(&connection)?;
        // a log that SQLite took nothing from belongs to another database
        let is_blank = is_empty(&connection)?;
        if is_blank && (past == Past::Used || (logged > 0 && mark_of(&connection)? == 0)) {
            return Err(StoreError::Lost {
                path: self.path.to_path_buf(),
                what: "empty",
            });
        }
        self.check_whole(&connection)?;
        OnClose::CopyLog.set(&connection);
        // before anything is written: a file that exists stays without
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
        connection.pragma_update(None, "application_id", APPLICATION_ID)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // pages that a flood touches again and again are copied into the file once in a while, not
        // every thousand pages
        connection.pragma_update_and_check(None, "wal_autocheckpoint", CHECKPOINT, |_| Ok(()))?;
        // deleted content is overwritten if that needs no additional page
        connection.pragma_update_and_check(None, "secure_delete", "FAST", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_size_limit", LOG_LIMIT, |_| Ok(()))?;
        Ok(connection)
    }

    /// Opens the file for writing by hand: whatever is deleted is overwritten.
    pub(in crate::store) fn open_thorough(&self) -> Result<Connection, StoreError> {
        let connection = self.reopen()?;
        connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        Ok(connection)
    }

    /// Opens the file for reading, while a gateway in this or another process writes to it.
    pub(in crate::store) fn open_reader(&self) -> Result<Connection, StoreError> {
        if !self.path.exists() {
            return Err(StoreError::Missing {
                path: self.path.to_path_buf(),
            });
        }
        if self.is_shorter_than(HEADER) {
            return Err(error::cut());
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*self.path, flags)?;
        plan_once(&connection)?;
        connection.busy_timeout(PATIENCE)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // the lists of the index of texts are long; KiB
        connection.pragma_update(None, "cache_size", -8192)?;
        Ok(connection)
    }

    /// Opens the file for reading after a look at whether this program understands it.
    pub(in crate::store) fn open_reader_checked(&self) -> Result<Connection, StoreError> {
        let connection = self.named(self.open_reader())?;
        self.named(self.recognise(&connection))?;
        self.named(migrations::check_current(&connection, &self.path))?;
        self.named(self.check_whole(&connection))?;
        Ok(connection)
    }

    /// Refuses a stranger's file; an empty one may become ours.
    fn recognise(&self, connection: &Connection) -> Result<(), StoreError> {
        let mark = mark_of(connection)?;
        if mark == APPLICATION_ID || (mark == 0 && is_empty(connection)?) {
            return Ok(());
        }
        Err(StoreError::Damaged {
            path: self.path.to_path_buf(),
            source: None,
        })
    }

    /// Refuses a file that misses pages at its end that the log does not have either.
    fn check_whole(&self, connection: &Connection) -> Result<(), StoreError> {
        let view = connection.unchecked_transaction()?;
        is_empty(&view)?;
        if log::is_whole(&view, &self.path)? {
            return Ok(());
        }
        Err(StoreError::Damaged {
            path: self.path.to_path_buf(),
            source: None,
        })
    }

    /// Creates an empty file that only our user may read, because it will contain personal data.
    /// SQLite's other files inherit its permissions.
    pub(super) fn create_private(&self) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&*self.path) {
            Ok(_) => Ok(()),
            // not touched: closing it here would undo SQLite's locks in this process
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(source) => Err(StoreError::Folder {
                path: self.path.to_path_buf(),
                source,
            }),
        }
    }

    /// At the start the error names the damaged file.
    fn named<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        result.map_err(|error| match error {
            StoreError::Unavailable {
                trouble: Trouble::Corrupt,
                source,
            } => StoreError::Damaged {
                path: PathBuf::from(&*self.path),
                source: Some(source),
            },
            other => other,
        })
    }
}

/// What to do with the log when the last connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum OnClose {
    /// It is copied into the database and deleted.
    CopyLog,
    /// It stays as it is.
    KeepLog,
}

impl OnClose {
    pub(in crate::store) fn set(self, connection: &Connection) {
        let setting = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        // it fails for an unknown setting only
        let done = connection.set_db_config(setting, self == Self::KeepLog);
        done.ok();
    }
}

/// Keeps the plan of a prepared statement whatever values it gets. Otherwise SQLite plans those anew
/// whose plan a value might change, each time they run: some 20 µs for a lease.
fn plan_once(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

fn mark_of(connection: &Connection) -> rusqlite::Result<i32> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

/// Returns whether the file has no tables.
fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    connection.query_row(sql, [], |row| row.get(0))
}
