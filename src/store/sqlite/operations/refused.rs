//! The operations of the log of refused requests.

use jiff::Timestamp;

use crate::domain::Refused;
use crate::store::refused::RefusedRow;
use crate::store::{RefusedBounds, RefusedFilter, Store, StoreError, sqlite};

impl Store {
    /// Adds refused requests to their log. A full queue is an error at once: what must be stored
    /// comes first.
    pub async fn add_refused(
        &self,
        rows: Vec<Refused>,
        bounds: RefusedBounds,
    ) -> Result<(), StoreError> {
        self.write_or_refuse(move |tx| {
            tx.guard()?;
            sqlite::add_refused(tx.connection, &rows, bounds)
        })
        .await
    }

    /// Refused requests, the newest first.
    pub(crate) fn refused(
        &self,
        filter: RefusedFilter,
        limit: usize,
    ) -> Result<Vec<RefusedRow>, StoreError> {
        self.read_blocking(|view| sqlite::list_refused(view, filter, limit))
    }

    /// The next refused requests, the oldest first.
    pub(crate) fn refused_after(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<RefusedRow>, StoreError> {
        self.read_blocking(|view| sqlite::refused_after(view, after, limit))
    }

    /// Removes these refused requests; returns how many there were.
    pub(crate) async fn erase_refused(&self, seqs: Vec<i64>) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::erase_refused(tx, &seqs)).await
    }

    /// Removes up to `limit` refused requests of before that time; returns how many.
    pub(crate) async fn expire_refused(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::expire_refused(tx, before, limit))
            .await
    }
}
