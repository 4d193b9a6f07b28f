//! Queues submissions in quarantine as soon as a profile accepts them.

use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::{Clock, SourceKinds};
use crate::inbox::{AtWork, Inbox, StoreError};
use crate::profiles::ProfileStore;

/// Submissions that are read at a time.
const PAGE: usize = 100;

/// Checks the quarantine at the start, and again whenever the profiles have changed.
pub(super) struct QuarantineRelease {
    pub(super) inbox: Inbox,
    pub(super) profiles: Arc<ProfileStore>,
    pub(super) changed: watch::Receiver<()>,
    pub(super) at_work: AtWork,
    pub(super) sources: SourceKinds,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) draining: CancellationToken,
}

impl QuarantineRelease {
    /// Runs until draining.
    pub(super) async fn run(mut self) {
        let draining = self.draining.clone();
        draining
            .run_until_cancelled(self.release_on_changes())
            .await;
    }

    async fn release_on_changes(&mut self) {
        self.release_and_log().await;
        while self.changed.changed().await.is_ok() {
            self.release_and_log().await;
        }
        // no more changes will come
        self.draining.cancelled().await;
    }

    async fn release_and_log(&self) {
        match self.release().await {
            Ok(0) => {}
            Ok(queued) => tracing::info!(
                queued,
                "{queued} submissions left quarantine: a profile accepts them now"
            ),
            Err(error) => tracing::error!(
                error = %error,
                "the quarantine was not checked; the next change of a profile checks it again"
            ),
        }
    }

    /// Queues the submissions that a profile accepts now, and returns how many.
    async fn release(&self) -> Result<usize, StoreError> {
        let profiles = self.profiles.current();
        let (mut after, mut queued) = (0, 0);
        loop {
            let page = self.inbox.captured(after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(queued);
            };
            after = last.seq;
            for captured in page {
                let decode = || self.sources.decode(&captured.source, &captured.raw).ok();
                let accepts = || profiles.takes(&captured.source, decode);
                if !self.at_work.on(&[captured.id], accepts) {
                    continue;
                }
                match self.inbox.requeue(captured.id, self.clock.now()).await {
                    Ok(()) => queued += 1,
                    // another process queued or changed it first
                    Err(
                        StoreError::NotQueued { .. }
                        | StoreError::Bare { .. }
                        | StoreError::Unknown { .. },
                    ) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }
}
