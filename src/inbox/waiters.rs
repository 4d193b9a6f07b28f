//! Waiters for the end of one submission. Each is notified once, and removed when it is dropped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::{State, SubmissionId};

/// Where the waiters of one submission are notified.
type Notifier = Arc<watch::Sender<Option<State>>>;

/// All waiters.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<HashMap<SubmissionId, Notifier>>);

impl Waiters {
    /// Adds a waiter for the end of this submission.
    pub(super) fn add(self: &Arc<Self>, id: SubmissionId) -> Waiting {
        let channel = Arc::clone(self.lock().entry(id).or_default());
        Waiting {
            id,
            state: channel.subscribe(),
            channel,
            all: Arc::clone(self),
        }
    }

    /// Notifies the waiters of a submission.
    pub(super) fn notify(&self, id: SubmissionId, state: State) {
        if let Some(waiting) = self.lock().remove(&id) {
            waiting.send_replace(Some(state));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SubmissionId, Notifier>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A waiter.
pub(super) struct Waiting {
    id: SubmissionId,
    state: watch::Receiver<Option<State>>,
    channel: Notifier,
    all: Arc<Waiters>,
}

impl Waiting {
    /// Waits for the state in which the submission ends.
    pub(super) async fn wait(&mut self) -> Option<State> {
        self.state
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|state| *state)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        let is_listed = all
            .get(&self.id)
            .is_some_and(|listed| Arc::ptr_eq(listed, &self.channel));
        // the last waiter removes the entry; its own receiver still counts
        if is_listed && self.channel.receiver_count() <= 1 {
            all.remove(&self.id);
        }
    }
}
