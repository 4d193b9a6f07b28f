//! Those who wait for the end of one submission: told once, forgotten when they go away.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::domain::{State, SubmissionId};

type Told = Arc<watch::Sender<Option<State>>>;

/// All that are waiting.
#[derive(Debug, Default)]
pub(super) struct Waiters(Mutex<HashMap<SubmissionId, Told>>);

impl Waiters {
    /// Begins to listen for the end of this submission.
    pub(super) fn listen(self: &Arc<Self>, id: SubmissionId) -> Waiting {
        let channel = Arc::clone(self.lock().entry(id).or_default());
        Waiting {
            id,
            told: channel.subscribe(),
            channel,
            all: Arc::clone(self),
        }
    }

    /// Tells everybody who listens for it.
    pub(super) fn to_text(&self, id: SubmissionId, state: State) {
        if let Some(told) = self.lock().remove(&id) {
            told.send_replace(Some(state));
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SubmissionId, Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits.
pub(super) struct Waiting {
    id: SubmissionId,
    told: watch::Receiver<Option<State>>,
    channel: Told,
    all: Arc<Waiters>,
}

impl Waiting {
    /// The state in which it ended.
    pub(super) async fn wait(&mut self) -> Option<State> {
        self.told
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|state| *state)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut all = self.all.lock();
        let ours = all
            .get(&self.id)
            .is_some_and(|listed| Arc::ptr_eq(listed, &self.channel));
        // the last one out; our own receiver still counts
        if ours && self.channel.receiver_count() <= 1 {
            all.remove(&self.id);
        }
    }
}
