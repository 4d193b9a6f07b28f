//! Queues submissions in quarantine as soon as a profile accepts them.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::domain::{Clock, Source, SourceKinds, SubmissionId, SuccessionBounds};
use crate::inbox::{AtWork, Inbox, StoreError};
use crate::profiles::ProfileStore;

/// Submissions that are read at a time.
const PAGE: usize = 100;
/// Changes of items that are compared with each other before they are queued.
const MOST_CHANGES: usize = 10_000;

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
        // changes of items of which only the newest is delivered
        let mut changes = Vec::new();
        loop {
            let page = self.inbox.captured(after, PAGE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.seq;
            for captured in page {
                let decode = || self.sources.decode(&captured.source, &captured.raw).ok();
                let choose = || profiles.taker(&captured.source, decode);
                let Some(profile) = self.at_work.on(&[captured.id], choose) else {
                    continue;
                };
                let taken = Taken {
                    id: captured.id,
                    source: profile.placed(captured.source),
                    profile: profile.reference().file.clone(),
                };
                if taken.source.succession().is_some() {
                    changes.push(taken);
                } else {
                    queued += self.queue(taken).await?;
                }
            }
            if changes.len() >= MOST_CHANGES {
                queued += self.queue_newest(std::mem::take(&mut changes)).await?;
            }
        }
        Ok(queued + self.queue_newest(changes).await?)
    }

    /// Queues the newest change of each item; then the others find it, and are ignored.
    async fn queue_newest(&self, changes: Vec<Taken>) -> Result<usize, StoreError> {
        let mut newest: HashMap<(String, String), String> = HashMap::new();
        let mut placed = Vec::with_capacity(changes.len());
        for taken in changes {
            let Some(SuccessionBounds { first, newer, .. }) = taken.source.succession() else {
                continue;
            };
            let item = (first, taken.profile.clone());
            let known = newest.entry(item.clone()).or_default();
            if *known < newer {
                known.clone_from(&newer);
            }
            placed.push((taken, item, newer));
        }
        let is_newest =
            |(_, item, newer): &(Taken, (String, String), String)| newest.get(item) == Some(newer);
        let (first, then): (Vec<_>, Vec<_>) = placed.into_iter().partition(is_newest);
        let mut queued = 0;
        for (taken, ..) in first {
            queued += self.queue(taken).await?;
        }
        for (taken, ..) in then {
            // none of these is delivered
            self.queue(taken).await?;
        }
        Ok(queued)
    }

    /// Queues one, and returns how many that were.
    async fn queue(&self, taken: Taken) -> Result<usize, StoreError> {
        let Taken {
            id,
            source,
            profile,
        } = taken;
        let now = self.clock.now();
        match self.inbox.release_captured(id, source, profile, now).await {
            Ok(()) => Ok(1),
            // another process queued or changed it first
            Err(
                StoreError::NotQueued { .. } | StoreError::Bare { .. } | StoreError::Unknown { .. },
            ) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// A captured submission that a profile takes now.
struct Taken {
    id: SubmissionId,
    /// Where it came from, as the profile places it.
    source: Source,
    /// The profile, by its file.
    profile: String,
}
