//! One gateway a data folder: the lock dies with the process, so a crash leaves nothing to clean
//! up.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::store::StoreError;

/// Held as long as this process may write.
#[derive(Debug)]
pub(super) struct DataLock(#[expect(dead_code, reason = "it is held, not used")] File);

impl DataLock {
    /// Takes the lock of the store's file, or reports which process holds it.
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let path = store.with_extension("lock");
        let folder = |source| StoreError::Folder {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                path: store.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(folder(source)),
        }
    }
}
