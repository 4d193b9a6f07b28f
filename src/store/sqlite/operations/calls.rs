//! The operations of calls that go on.

use crate::store::{CallChanges, CallKey, Store, StoreError, StoredCall, sqlite};

impl Store {
    /// Stores what has changed about calls; returns those that were erased meanwhile.
    pub async fn keep_calls(&self, changes: CallChanges) -> Result<Vec<CallKey>, StoreError> {
        self.write(move |tx| sqlite::keep_calls(tx, &changes)).await
    }

    /// Returns all calls that go on, the oldest first. Blocks the thread.
    pub fn calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.read_blocking(sqlite::calls)
    }

    /// Removes these calls; returns how many there were.
    pub(crate) async fn erase_calls(&self, keys: Vec<CallKey>) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::erase_calls(tx, &keys)).await
    }
}
