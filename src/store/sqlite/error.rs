//! Converts SQLite's errors to those of the port.

use std::sync::Arc;

use rusqlite::ffi::{self, ErrorCode};

use crate::store::{StoreError, Trouble};

/// Returns the trouble with the disk or the file by SQLite's code; `None` for other errors.
fn trouble_of(error: &rusqlite::Error) -> Option<Trouble> {
    Some(match error.sqlite_error_code()? {
        ErrorCode::DiskFull => Trouble::Full,
        ErrorCode::SystemIoFailure => Trouble::Io,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Trouble::ReadOnly,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Trouble::Corrupt,
        ErrorCode::CannotOpen => Trouble::NotOpened,
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => Trouble::Locked,
        ErrorCode::OutOfMemory => Trouble::NoMemory,
        _ => return None,
    })
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match trouble_of(&error) {
            Some(trouble) => Self::Unavailable {
                trouble,
                source: Arc::new(error),
            },
            None => Self::Backend(Arc::new(error)),
        }
    }
}

/// A request met a damaged page before.
pub(super) fn damaged() -> StoreError {
    unavailable(Trouble::Corrupt, ffi::SQLITE_CORRUPT)
}

/// The file or its log is shorter than it was.
pub(super) fn cut() -> StoreError {
    unavailable(Trouble::Cut, ffi::SQLITE_IOERR_SHORT_READ)
}

/// The file is not where it was opened.
pub(super) fn moved() -> StoreError {
    unavailable(Trouble::Moved, ffi::SQLITE_READONLY_DBMOVED)
}

fn unavailable(trouble: Trouble, code: i32) -> StoreError {
    StoreError::Unavailable {
        trouble,
        source: Arc::new(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}
