//! The operations on replays of many submissions.

use jiff::Timestamp;

use crate::domain::{Source, SubmissionId};
use crate::store::{
    BulkCount, BulkExamined, BulkItems, BulkReplay, BulkState, NewBulkReplay, ReplayOrder, Store,
    StoreError, sqlite,
};

impl Store {
    /// Stores a new replay with its set, and returns its number. Of old ones the latest hundred are
    /// kept.
    pub async fn add_bulk(&self, new: NewBulkReplay) -> Result<i64, StoreError> {
        self.write(move |tx| sqlite::add_bulk(tx, &new)).await
    }

    /// Returns the replays, the latest first.
    pub async fn bulk_replays(&self) -> Result<Vec<BulkReplay>, StoreError> {
        self.read(sqlite::bulk_replays).await
    }

    /// Returns the replays on which the gateway works, the oldest first.
    pub async fn active_bulk(&self) -> Result<Vec<BulkReplay>, StoreError> {
        self.read(sqlite::active_bulk).await
    }

    /// Returns the replay with this number.
    pub async fn bulk_replay(&self, id: i64) -> Result<Option<BulkReplay>, StoreError> {
        self.read(move |view| sqlite::bulk_replay(view, id)).await
    }

    /// Moves a replay from one state to another, and returns whether it was in the first one. `who`
    /// is the person who confirms it.
    pub async fn move_bulk(
        &self,
        id: i64,
        states: (BulkState, BulkState),
        who: Option<String>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::move_bulk(tx, id, states, (who.as_deref(), now)))
            .await
    }

    /// Returns up to `limit` items that the dry run has not seen, in the order of acceptance.
    pub async fn bulk_unexamined(
        &self,
        id: i64,
        limit: usize,
    ) -> Result<Vec<(i64, SubmissionId)>, StoreError> {
        self.read(move |view| sqlite::bulk_unexamined(view, id, limit))
            .await
    }

    /// Keeps what the dry run says about items.
    pub async fn keep_examined(
        &self,
        id: i64,
        examined: Vec<BulkExamined>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::keep_examined(tx, id, &examined))
            .await
    }

    /// Queues up to `limit` items that were not begun, if the replay still runs; returns how many it
    /// began.
    pub async fn queue_bulk(
        &self,
        (id, limit): (i64, usize),
        order: ReplayOrder,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::queue_bulk(tx, (id, limit), &order, now))
            .await
    }

    /// Notes the outcomes of queued items. Returns how many are under way, and how many were not
    /// begun.
    pub async fn note_bulk_outcomes(&self, id: i64) -> Result<(u64, u64), StoreError> {
        self.write(move |tx| sqlite::note_bulk_outcomes(tx, id))
            .await
    }

    /// Counts the items of a replay by fate and outcome.
    pub async fn bulk_counts(&self, id: i64) -> Result<Vec<BulkCount>, StoreError> {
        self.read(move |view| sqlite::bulk_counts(view, id)).await
    }

    /// Returns all items of a replay with their sources, in the order of acceptance.
    pub async fn bulk_set(&self, id: i64) -> Result<Vec<(i64, Source)>, StoreError> {
        self.read(move |view| sqlite::bulk_set(view, id)).await
    }

    /// Returns up to `limit` items of a replay, in the order of acceptance.
    pub async fn bulk_items(
        &self,
        id: i64,
        which: BulkItems,
        limit: usize,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        self.read(move |view| sqlite::bulk_items(view, (id, &which), limit))
            .await
    }
}
