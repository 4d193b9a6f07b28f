//! The operations of calls that go on.

use jiff::Timestamp;

use crate::store::{CallChanges, CallKey, Store, StoreError, StoredCall, sqlite};

impl Store {
    /// Stores what has changed about calls; returns those that were erased meanwhile.
    pub async fn keep_calls(
        &self,
        changes: CallChanges,
        now: Timestamp,
    ) -> Result<Vec<CallKey>, StoreError> {
        self.write(move |tx| sqlite::keep_calls(tx, &changes, now))
            .await
    }

    /// Returns all calls that go on, the oldest first. Blocks the thread.
    pub fn calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.read_blocking(sqlite::calls)
    }

    /// Returns since when the gateway knows a PBX; from now on, if it does not yet. One of which anything
    /// is stored was known before.
    pub(crate) async fn pbx_since(
        &self,
        pbx: &str,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let pbx = pbx.to_owned();
        self.write(move |tx| sqlite::pbx_since(tx, &pbx, now)).await
    }

    /// Removes these calls; returns how many there were.
    pub(crate) async fn erase_calls(&self, keys: Vec<CallKey>) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::erase_calls(tx, &keys)).await
    }
}
