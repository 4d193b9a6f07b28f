//! What can go wrong between us and the disk, told apart by who can help: time, the operator, or us.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ffi::ErrorCode;

use crate::domain::{State, SubmissionId};

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More is waiting to be written than the queue holds.
    #[error("the store has more to write than it can hold: try again in a moment")]
    Busy,
    /// The disk does not take or give data now. Nothing was written; the store tries anew with every
    /// request and is well again when the disk is.
    #[error("the store cannot be used now: {trouble}")]
    Unavailable {
        /// What is the matter with it.
        trouble: Trouble,
        /// In SQLite's words; shared by all requests that went under together.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// As much is kept for profiles that do not exist yet as the settings allow.
    #[error(
        "as much is captured as the settings allow: write profiles for it, or raise polls.captured_most, \
         channels.quarantine_most and channels.quarantine_bytes"
    )]
    NoRoom,
    /// The gateway is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The store was opened for looking only.
    #[error("the store is open for reading only: write through the running gateway")]
    ReadOnly,
    /// Another process has the data folder.
    #[error(
        "another gateway works with {path}: stop it, or give this one a data folder of its own"
    )]
    InUse {
        /// The store's file.
        path: PathBuf,
    },
    /// There is nothing to read.
    #[error("there is no store at {path}: check the data folder, or start the gateway once")]
    Missing {
        /// Where the store's file was looked for.
        path: PathBuf,
    },
    /// The folder had a database before.
    #[error(
        "{path} is {what}, but this data folder was used before: put the file back or restore it from a \
         backup; to begin with an empty database, start once with --new"
    )]
    Lost {
        /// The store's file.
        path: PathBuf,
        /// Missing or empty.
        what: &'static str,
    },
    /// An empty database was asked for.
    #[error("{path} holds a database: start without --new, or move the file away first")]
    NotNew {
        /// The store's file.
        path: PathBuf,
    },
    /// The folder or the lock file cannot be made.
    #[error("{path} cannot be created: check that the folder exists and may be written")]
    Folder {
        /// What was to be created.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The file is no store of ours, or no longer.
    #[error("{path} is damaged or is not a store of leadgate: restore it from a backup")]
    Damaged {
        /// The store's file.
        path: PathBuf,
        /// In SQLite's words; `None` when the file is sound but somebody else's.
        #[source]
        source: Option<Arc<rusqlite::Error>>,
    },
    /// A later edition of the program has worked with the file.
    #[error(
        "{path} was written by a newer leadgate (schema {found}, this one knows {known}): \
         install the newer one, or restore a backup"
    )]
    TooNew {
        /// The store's file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The latest schema that this program knows.
        known: u32,
    },
    /// The file has not been brought up to date yet, which only a gateway does.
    #[error(
        "{path} was written by an older leadgate: start the gateway once to bring it up to date"
    )]
    TooOld {
        /// The store's file.
        path: PathBuf,
    },
    /// Only what is in a worker's hands can be settled, once, by that worker.
    #[error("submission {id} is not in this worker's hands: it is {}", or_unknown(*.state))]
    NotLeased {
        /// Which.
        id: SubmissionId,
        /// Where it stands instead; `None` when the store does not know it.
        state: Option<State>,
    },
    /// The submission is in no state for what was asked.
    #[error("submission {id} cannot be queued again: it is {state}")]
    NotQueued {
        /// Which.
        id: SubmissionId,
        /// Where it stands.
        state: State,
    },
    /// The body of the submission was erased, or let go for its age.
    #[error("nothing is left of submission {id} to deliver: its body was removed")]
    Bare {
        /// Which.
        id: SubmissionId,
    },
    /// Its history holds no plan that could be carried out as it stands.
    #[error("submission {id} has no whole plan in its history: replay it through today's profile")]
    NoPlan {
        /// Which.
        id: SubmissionId,
    },
    /// The store does not know the submission.
    #[error("there is no submission {id}")]
    Unknown {
        /// Which.
        id: SubmissionId,
    },
    /// A row or a statement is not as this program expects it: a fault of ours.
    #[error("the store's content is not understood: please report this")]
    Sql(#[source] Arc<rusqlite::Error>),
    /// An event could not be written as JSON: a fault of ours.
    #[error("an event cannot be written down: please report this")]
    Encode(#[source] serde_json::Error),
}

fn or_unknown(state: Option<State>) -> &'static str {
    state.map_or("unknown", State::as_str)
}

/// What is the matter with the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// No room.
    Full,
    /// Reading or writing fails.
    Io,
    /// The file or its file system may not be written.
    ReadOnly,
    /// The content is damaged.
    Corrupt,
    /// The file cannot be opened.
    NotOpened,
    /// Another program holds the file.
    Locked,
    /// The machine has no memory left.
    NoMemory,
    /// The file is not where it was opened.
    Moved,
    /// The file or its log lost its end while it was open.
    Cut,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the disk is full, free some space",
            Self::Io => "the disk fails to read or write, check it",
            Self::ReadOnly => "the data folder is read-only, make it writable",
            Self::Corrupt => "the file is damaged, restore it from a backup",
            Self::NotOpened => "the file cannot be opened, check the data folder",
            Self::Locked => "another program holds the file, close it",
            Self::NoMemory => "the machine is out of memory",
            Self::Moved => "the file was moved, removed or replaced, put it back",
            Self::Cut => {
                "the file was cut short, stop the gateway and restore the file from a backup"
            }
        })
    }
}

impl Trouble {
    /// Reads SQLite's code; `None` when the disk is not to blame.
    pub(super) fn of(error: &rusqlite::Error) -> Option<Self> {
        Some(match error.sqlite_error_code()? {
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::SystemIoFailure => Self::Io,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Self::ReadOnly,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Self::Corrupt,
            ErrorCode::CannotOpen => Self::NotOpened,
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::FileLockingProtocolFailed => Self::Locked,
            ErrorCode::OutOfMemory => Self::NoMemory,
            _ => return None,
        })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match Trouble::of(&error) {
            Some(trouble) => Self::Unavailable {
                trouble,
                source: Arc::new(error),
            },
            None => Self::Sql(Arc::new(error)),
        }
    }
}

impl StoreError {
    /// A damaged page was met before.
    pub(super) fn damaged() -> Self {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Self::Unavailable {
            trouble: Trouble::Corrupt,
            source: Arc::new(rusqlite::Error::SqliteFailure(code, None)),
        }
    }

    /// The file or its log is shorter than it was.
    pub(super) fn cut() -> Self {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_SHORT_READ);
        Self::Unavailable {
            trouble: Trouble::Cut,
            source: Arc::new(rusqlite::Error::SqliteFailure(code, None)),
        }
    }

    /// Whether it may come of a file that lost a part of its content.
    pub(super) fn shows_loss(&self) -> bool {
        match self {
            Self::Unavailable { trouble, .. } => *trouble == Trouble::Corrupt,
            Self::Sql(_) | Self::Damaged { .. } | Self::Lost { .. } => true,
            _ => false,
        }
    }

    /// Whether the same request may succeed later without anybody's help with the request itself.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable { .. } | Self::Closed)
    }

    /// What is the matter, without paths and other details: for replies that anybody can read.
    pub fn in_public(&self) -> String {
        match self {
            Self::Busy | Self::Unavailable { .. } | Self::Closed | Self::NoRoom => self.to_string(),
            _ => "the store does not work; the log says why".to_owned(),
        }
    }

    /// The same trouble with the disk, for another request that shared the transaction.
    pub(super) fn shared(&self) -> Self {
        match self {
            Self::Unavailable { trouble, source } => Self::Unavailable {
                trouble: *trouble,
                source: Arc::clone(source),
            },
            Self::Sql(source) => Self::Sql(Arc::clone(source)),
            _ => Self::Closed,
        }
    }
}
