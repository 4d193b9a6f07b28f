//! The operations that remove content: for its age or size, or because a person wants it.

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

    /// How many bytes of the file are in use.
    pub(crate) async fn used(&self) -> Result<u64, StoreError> {
        self.read(sqlite::used).await
    }

    /// Gives some unused space back to the file system; false when there is none left.
    pub(crate) async fn shrink(&self) -> Result<bool, StoreError> {
        self.write(|tx| sqlite::shrink(tx, PAGES)).await
    }

    /// The next submissions with everything that may tell of a person.
    pub(crate) fn bodies(
        &self,
        after: i64,
        limit: usize,
        sources: &SourceKinds,
    ) -> Result<Vec<Bodies>, StoreError> {
        self.read_blocking(|view| sqlite::bodies(view, after, limit, sources))
    }

    /// Leaves the bare records of these; tells of which. What is in a worker's hands is not
    /// touched.
    pub(crate) async fn erase(
        &self,
        ids: Vec<SubmissionId>,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        self.write(move |tx| sqlite::erase(tx, &ids)).await
    }

    /// Makes sure that the bytes of what was erased are gone from the files, in short transactions
    /// as long as a gateway runs. Blocks the thread; `done` is told the number of the step.
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
        // without a gateway there is nobody to wait for us
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
