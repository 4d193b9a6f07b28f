//! A profile that came at the very moment at which a submission was kept for want of one.

use crate::domain::{Clock, Submission};
use crate::inbox::Inbox;
use crate::profiles::ProfileStore;

/// Queues what was just captured when a profile takes it by now: one that came between the look for it and
/// the capture has not seen this submission, and what is captured is looked through at the next change only.
pub(super) async fn queue_if_taken(
    inbox: &Inbox,
    profiles: &ProfileStore,
    clock: &dyn Clock,
    kept: &Submission,
) {
    if profiles.current().takes(&kept.source, &kept.raw)
        && let Err(error) = inbox.requeue(kept.id, clock.now()).await
    {
        tracing::debug!(error = %error, submission.id = %kept.id, "somebody else has queued it");
    }
}

#[cfg(test)]
mod tests;
