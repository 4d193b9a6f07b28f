//! The operations of the journal: reading history, and filling the search index.

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::{LoggedStep, SourceKinds, SubmissionId};
use crate::store::entry::{Entry, Filter, History, Logged, Needle};
use crate::store::queue::ReplayOrder;
use crate::store::{Store, StoreError, sqlite};

impl Store {
    /// Returns a page of history, newest first; ignores the filter's text.
    pub(crate) fn entries(&self, filter: &Filter, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.read_blocking(|view| sqlite::list(view, filter, limit))
    }

    /// Returns a page of submissions that contain the filter's text, the last accepted first. Calls
    /// `looked` now and then with the number of checked submissions.
    pub(crate) fn search(
        &self,
        filter: &Filter,
        limit: usize,
        sources: &SourceKinds,
        looked: &mut dyn FnMut(u64),
    ) -> Result<Vec<Entry>, StoreError> {
        self.read_blocking(|view| sqlite::search(view, (filter, limit), sources, looked))
    }

    /// Up to two submissions with that name.
    pub(crate) fn find(&self, needle: &Needle) -> Result<Vec<(Entry, Bytes)>, StoreError> {
        self.read_blocking(|view| sqlite::find(view, needle))
    }

    /// Returns up to `limit` histories whose identities begin like this, which ends with a slash;
    /// the greatest identity first.
    pub(crate) async fn beginning(
        &self,
        beginning: String,
        limit: usize,
    ) -> Result<Vec<History>, StoreError> {
        self.read(move |view| {
            let found = sqlite::beginning(view, &beginning, limit)?;
            let with_events = found.into_iter().map(|(entry, raw)| {
                let seq = entry.seq;
                Ok(History {
                    entry,
                    raw,
                    events: sqlite::events_of(view, seq)?,
                    step: sqlite::current_step(view, seq)?,
                    steps: sqlite::logged_steps(view, seq)?,
                })
            });
            with_events.collect()
        })
        .await
    }

    /// Returns the events of a submission.
    pub(crate) fn events(&self, seq: i64) -> Result<Vec<Logged>, StoreError> {
        self.read_blocking(|view| sqlite::events_of(view, seq))
    }

    /// Returns the step that a submission waits for, and the outcomes of its steps.
    pub(crate) fn steps(&self, seq: i64) -> Result<(Option<String>, Vec<LoggedStep>), StoreError> {
        self.read_blocking(|view| {
            let current = sqlite::current_step(view, seq)?;
            Ok((current, sqlite::logged_steps(view, seq)?))
        })
    }

    /// Queues each of these again, or returns why not, in one transaction.
    pub(crate) async fn replay(
        &self,
        ids: Vec<SubmissionId>,
        order: ReplayOrder,
        now: Timestamp,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        self.write(move |tx| {
            ids.into_iter()
                .map(|id| match sqlite::replay(tx, id, &order, now) {
                    Err(error @ (StoreError::Unavailable { .. } | StoreError::Backend(_))) => {
                        Err(error)
                    }
                    told => Ok(told),
                })
                .collect()
        })
        .await
    }

    /// Adds about `limit` submissions to the search index and returns their number; `None` if the
    /// index is up to date.
    pub(crate) async fn index_some(
        &self,
        limit: usize,
        sources: SourceKinds,
        now: Timestamp,
    ) -> Result<Option<usize>, StoreError> {
        let read = self.read(move |view| sqlite::unindexed(view, limit, &sources, now));
        let Some(batch) = read.await? else {
            return Ok(None);
        };
        let done = batch.len();
        self.write(move |tx| sqlite::index(tx, &batch)).await?;
        Ok(Some(done))
    }
}
