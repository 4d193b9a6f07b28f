//! The contract of the store, over every backend. The contracts of the inbox (`inbox/tests`, with a
//! model) and of the journal (`journal/tests.rs`) belong to it.

mod polls;
mod refused;
mod removal;
mod turns;
mod writing;

use super::testing::{Backend, answer, at, contract, poll};
use super::{Accepted, Admission, Arrival, Store, StoreError};
use crate::domain::Submission;

/// Accepts a submission for delivery.
async fn admit(store: &Store, submission: &Submission) -> Result<Accepted, StoreError> {
    let arrival = Arrival::new(submission, None, Admission::Queue);
    store.admit(arrival).await
}

/// Returns the number of submissions.
async fn stored(store: &Store) -> u64 {
    store.counts().await.unwrap().values().sum()
}
