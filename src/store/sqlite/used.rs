//! Detects whether a data folder was used before. A gateway that has lost its database must not
//! silently start with an empty one: all accepted submissions would be forgotten, and repeats
//! delivered again.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::place::{HEADER, Past, beside};
use crate::domain::InstanceId;
use crate::store::{StoreError, StoreOptions};

/// Files that only a gateway leaves in its data folder, besides those of the store.
const TRACES: [&str; 2] = ["cache", "cache.broken"];

/// The file that says that this folder has a database: `leadgate.id`.
fn marker(store: &Path) -> PathBuf {
    store.with_extension("id")
}

/// The beginning of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What is at the place of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Present {
    Missing,
    Empty,
    /// Too short for a database, or without its header.
    NoDatabase,
    Database,
}

impl Present {
    /// Reads the beginning of the file without SQLite, which deletes the `-wal` next to an empty
    /// database. Not for a file that this process has open: closing it would release SQLite's
    /// locks.
    fn at(store: &Path) -> Self {
        let Ok(found) = std::fs::metadata(store) else {
            return Self::Missing;
        };
        if found.len() == 0 {
            return Self::Empty;
        }
        let mut header = [0; MAGIC.len()];
        let read = File::open(store).and_then(|mut file| file.read_exact(&mut header));
        match read {
            Ok(()) if header == *MAGIC && found.len() >= HEADER => Self::Database,
            Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                // SQLite reports why it cannot be read
                Self::Database
            }
            _ => Self::NoDatabase,
        }
    }

    /// Why a used folder with this file cannot be worked with.
    fn as_error(self, store: &Path) -> StoreError {
        let path = store.to_owned();
        let what = match self {
            Self::Missing => "missing",
            Self::Empty => "empty",
            Self::NoDatabase | Self::Database => {
                return StoreError::Damaged { path, source: None };
            }
        };
        StoreError::Lost { path, what }
    }
}

/// Checks that a database is there if one was there before.
pub(super) fn check(store: &Path, options: &StoreOptions) -> Result<Past, StoreError> {
    let present = Present::at(store);
    if options.begin_afresh {
        return match present {
            Present::Missing | Present::Empty => set_aside(store),
            Present::NoDatabase | Present::Database => Err(StoreError::NotNew {
                path: store.to_owned(),
            }),
        }
        .map(|()| Past::None);
    }
    if !is_used(store) {
        return Ok(Past::None);
    }
    match present {
        Present::Database if is_marked(store) => Ok(Past::Used),
        // a log alone may be of a first start that was killed
        Present::Database => Ok(Past::None),
        lost => Err(lost.as_error(store)),
    }
}

/// The same for a command that uses an existing database, with or without a gateway.
pub(super) fn check_present(store: &Path) -> Result<(), StoreError> {
    let path = store.to_owned();
    match Present::at(store) {
        Present::Database => Ok(()),
        Present::Missing if !is_used(store) => Err(StoreError::Missing { path }),
        // a gateway makes it just now, or never has
        Present::Empty if !is_used(store) => Err(StoreError::TooOld { path }),
        lost => Err(lost.as_error(store)),
    }
}

fn is_used(store: &Path) -> bool {
    let wal = std::fs::metadata(beside(store, "-wal"));
    is_marked(store) || wal.is_ok_and(|wal| wal.len() > 0)
}

fn is_marked(store: &Path) -> bool {
    let has_trace = |name: &str| {
        let folder = store.parent();
        folder.is_some_and(|folder| folder.join(name).exists())
    };
    marker(store).exists() || TRACES.iter().any(|name| has_trace(name))
}

/// Renames the remains of the old database, which SQLite would delete. Keeps what was renamed
/// before.
fn set_aside(store: &Path) -> Result<(), StoreError> {
    for ending in ["-wal", "-shm"] {
        let left = beside(store, ending);
        if !left.exists() {
            continue;
        }
        let free = (1..1_000_u32)
            .map(|number| match number {
                1 => beside(&left, ".old"),
                _ => beside(&left, &format!(".old{number}")),
            })
            .find(|name| !name.exists());
        std::fs::rename(&left, free.unwrap_or_else(|| beside(&left, ".old")))
            .map_err(|source| StoreError::Folder { path: left, source })?;
    }
    Ok(())
}

/// Creates the marker file that [`check`] looks for.
pub(super) fn mark(store: &Path, instance: &InstanceId) {
    let marker = marker(store);
    if marker.exists() {
        return;
    }
    let text = format!(
        "{}\nThis folder has a leadgate database. Without this file a lost database is not noticed.\n",
        instance.as_str()
    );
    if let Err(error) = std::fs::write(&marker, text) {
        tracing::warn!(
            error = %error,
            "leadgate.id cannot be written: a lost database would not be noticed at the next start"
        );
    }
}
