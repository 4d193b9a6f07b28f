//! The operations on what waits for a person.

use jiff::Timestamp;

use crate::domain::{SubmissionId, VerdictReason};
use crate::store::{CapturedGroup, ParkedSubject, Store, StoreError, sqlite};

impl Store {
    /// Returns the parked submissions by profile, reason and what the reason names.
    pub async fn parked_subjects(&self) -> Result<Vec<ParkedSubject>, StoreError> {
        self.read(sqlite::parked_subjects).await
    }

    /// Returns the captured submissions by address.
    pub async fn captured_groups(&self) -> Result<Vec<CapturedGroup>, StoreError> {
        self.read(sqlite::captured_groups).await
    }

    /// Dismisses those of these that are parked or captured: they become ignored for this reason.
    /// Returns how many there were.
    pub async fn dismiss(
        &self,
        ids: Vec<SubmissionId>,
        reason: VerdictReason,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::dismiss(tx, &ids, &reason, now))
            .await
    }
}
