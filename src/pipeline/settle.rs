//! Stores settlements, and the turns of submissions in rotations.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::Pipeline;
use super::attempt::{Attempt, count_left_out, log};
use crate::delivery::Turns;
use crate::domain::{Event, SubmissionId};
use crate::inbox::{Inbox, Lease};

impl Pipeline {
    /// Stores the settlement and the events of an attempt. Tries again as long as the disk is full.
    pub(super) async fn settle(&self, lease: Lease, attempt: Attempt) {
        log(lease, &attempt.settlement);
        count_left_out(&attempt);
        let Attempt {
            settlement, events, ..
        } = attempt;
        let events: Arc<[Event]> = events.into();
        // a verdict must not be lost, however long the disk is full; logged once, because the log
        // needs disk, too
        let mut is_logged = false;
        loop {
            let (settlement, events) = (settlement.clone(), Arc::clone(&events));
            let stored = self
                .inbox
                .settle(lease, settlement, events, self.clock.now());
            match stored.await {
                Ok(()) => break,
                Err(error) if error.is_passing() => {
                    if !std::mem::replace(&mut is_logged, true) {
                        tracing::error!(error = %error, "a verdict cannot be stored; trying again");
                    }
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    tracing::error!(error = %error, submission.id = %lease.id, "a verdict was not stored");
                    break;
                }
            }
        }
    }
}

/// The turns that the inbox assigns and stores.
pub(super) struct StoredTurns<'p>(pub(super) &'p Inbox);

impl Turns for StoredTurns<'_> {
    fn assign(&self, wanted: Vec<(String, SubmissionId)>) -> BoxFuture<'_, Option<Vec<u64>>> {
        async move {
            loop {
                match self.0.turns(wanted.clone()).await {
                    Ok(turns) => return Some(turns),
                    Err(error) if error.is_passing() => {
                        tracing::error!(error = %error, "turns cannot be stored; trying again");
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                    Err(error) => {
                        tracing::error!(error = %error, "rotation failed; using the first employee");
                        return None;
                    }
                }
            }
        }
        .boxed()
    }
}
