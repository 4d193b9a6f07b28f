//! The queries of those who watch the gateway.

use jiff::Timestamp;

use crate::store::watch::{Arrived, ArrivedAfter, Backlog, HourCount, ParkedGroup};
use crate::store::{Store, StoreError, sqlite};

impl Store {
    /// Returns the parked submissions by profile and reason.
    pub async fn parked_groups(&self) -> Result<Vec<ParkedGroup>, StoreError> {
        self.read(sqlite::parked_groups).await
    }

    /// Returns what is queued, leased or waiting; `None` for nothing.
    pub async fn backlog(&self) -> Result<Option<Backlog>, StoreError> {
        self.read(sqlite::backlog).await
    }

    /// Returns how many submissions of each hour since this time are in which state.
    pub async fn hours(&self, since: Timestamp) -> Result<Vec<HourCount>, StoreError> {
        self.read(move |view| sqlite::hours(view, since)).await
    }

    /// Reads up to `limit` submissions in the order of acceptance, those in quarantine marked, and
    /// returns from where to go on.
    pub async fn arrived(
        &self,
        after: ArrivedAfter,
        limit: usize,
    ) -> Result<(Vec<Arrived>, ArrivedAfter), StoreError> {
        self.read(move |view| sqlite::arrived(view, after, limit))
            .await
    }

    /// Returns a number that changes when a submission comes in or something happens to one.
    pub async fn change_mark(&self) -> Result<i64, StoreError> {
        self.read(sqlite::change_mark).await
    }

    /// Returns the state of the alerts as it was saved.
    pub async fn alerts(&self) -> Result<Option<String>, StoreError> {
        self.read(sqlite::alerts).await
    }

    /// Saves the state of the alerts.
    pub async fn save_alerts(&self, state: String) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::save_alerts(tx, &state)).await
    }
}
