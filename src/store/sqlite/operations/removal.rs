//! The operations that remove content: by age, by size, or for a person.

use jiff::Timestamp;

use crate::domain::{SourceKinds, SubmissionId};
use crate::store::entry::Bodies;
use crate::store::sqlite::lock::DataLock;
use crate::store::{Scrubbed, Store, StoreError, sqlite};

/// Pages that are given back in one transaction.
const PAGES: u32 = 256;

impl Store {
    /// Leaves the bare records of up to `limit` settled submissions, the longest settled first.
    pub(crate) async fn purge(
        &self,
        before: Option<Timestamp>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::purge(tx, before, limit)).await
    }

    /// Returns the number of used bytes of the file.
    pub(crate) async fn used(&self) -> Result<u64, StoreError> {
        self.read(sqlite::used).await
    }

    /// Returns some unused space to the file system; false if there is none left.
    pub(crate) async fn shrink(&self) -> Result<bool, StoreError> {
        self.write(|tx| sqlite::shrink(tx, PAGES)).await
    }

    /// Returns the next submissions with everything that may contain personal data.
    pub(crate) fn bodies(
        &self,
        after: i64,
        limit: usize,
        sources: &SourceKinds,
    ) -> Result<Vec<Bodies>, StoreError> {
        self.read_blocking(|view| sqlite::bodies(view, after, limit, sources))
    }

    /// Reduces these to bare records and returns which ones. Skips leased ones. Replaces keys that
    /// are personal data.
    pub(crate) async fn erase(
        &self,
        ids: Vec<SubmissionId>,
        is_personal_key: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        self.write(move |tx| sqlite::erase(tx, &ids, &is_personal_key))
            .await
    }

    /// Makes sure that erased bytes are gone from the files, in short transactions if a gateway
    /// runs. Blocks the thread; calls `done` with the number of each step.
    pub(crate) fn scrub(&self, done: &mut dyn FnMut(u64)) -> Result<Scrubbed, StoreError> {
        let connection = self.inner.place.open_thorough()?;
        let mut steps = 0;
        let mut step = || {
            steps += 1;
            done(steps);
        };
        let mut more = sqlite::compact_index(&connection, sqlite::Compact::Begin)?;
        while more {
            step();
            more = sqlite::compact_index(&connection, sqlite::Compact::GoOn)?;
        }
        while sqlite::shrink(&connection, PAGES)? {
            step();
        }
        // without a gateway nothing else waits
        let alone = DataLock::take(self.inner.place.path()).ok();
        if alone.is_some() {
            connection.execute_batch("VACUUM")?;
        }
        step();
        self.inner.readers.close_idle();
        Ok(match (sqlite::empty_log(&connection)?, alone) {
            (false, _) => Scrubbed::LogLeft,
            (true, None) => Scrubbed::Overwritten,
            (true, Some(_)) => Scrubbed::Whole,
        })
    }
}
