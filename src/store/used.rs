//! Whether a data folder was used before. A gateway that finds its database gone must not begin with an empty
//! one in silence: everything it had accepted would be forgotten, and repeats would be delivered again.

use std::path::{Path, PathBuf};

use super::sqlite::{Past, beside};
use super::{StoreError, StoreOptions};
use crate::domain::InstanceId;

/// What only a gateway leaves in its data folder, besides the store's own files.
const TRACES: [&str; 2] = ["cache", "cache.broken"];

/// The file that says that this folder has a database: `leadgate.id`.
fn marker(store: &Path) -> PathBuf {
    store.with_extension("id")
}

/// Checks that a database is there if one was there before.
pub(super) fn check(store: &Path, options: &StoreOptions) -> Result<Past, StoreError> {
    let size = std::fs::metadata(store).map(|found| found.len()).ok();
    let lost = |what| StoreError::Lost {
        path: store.to_owned(),
        what,
    };
    match (size, options.begin_afresh) {
        (Some(1..), true) => Err(StoreError::NotNew {
            path: store.to_owned(),
        }),
        (_, true) => set_aside(store).map(|()| Past::None),
        (_, false) if !is_used(store) => Ok(Past::None),
        (Some(1..), false) => Ok(Past::Used),
        (Some(0), false) => Err(lost("empty")),
        (None, false) => Err(lost("missing")),
    }
}

fn is_used(store: &Path) -> bool {
    let wal = std::fs::metadata(beside(store, "-wal"));
    let has_trace = |name: &str| {
        let folder = store.parent();
        folder.is_some_and(|folder| folder.join(name).exists())
    };
    marker(store).exists()
        || wal.is_ok_and(|wal| wal.len() > 0)
        || TRACES.iter().any(|name| has_trace(name))
}

/// Renames what is left of the old database: SQLite would delete it.
fn set_aside(store: &Path) -> Result<(), StoreError> {
    for ending in ["-wal", "-shm"] {
        let left = beside(store, ending);
        if !left.exists() {
            continue;
        }
        std::fs::rename(&left, beside(&left, ".old"))
            .map_err(|source| StoreError::Folder { path: left, source })?;
    }
    Ok(())
}

/// Leaves the mark that [`check`] looks for.
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
