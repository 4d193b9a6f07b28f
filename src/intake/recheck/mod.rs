//! A profile that appeared while a submission went into quarantine.

use crate::domain::json::Bounds;
use crate::domain::{Clock, SourceKind, Submission};
use crate::inbox::Inbox;
use crate::profiles::ProfileStore;

/// The parts that the check needs.
pub(super) struct Recheck<'p> {
    pub(super) inbox: &'p Inbox,
    pub(super) profiles: &'p ProfileStore,
    pub(super) clock: &'p dyn Clock,
    pub(super) source: &'p dyn SourceKind,
}

impl Recheck<'_> {
    /// Queues a submission that was just captured if a profile takes it by now. A profile that
    /// appeared between the choice and the capture has not seen it, and the quarantine is checked
    /// again only when the profiles change once more.
    pub(super) async fn queue_if_accepted(&self, captured: &Submission) {
        let source = &captured.source;
        let decode = || {
            let packet = self.source.decode(source, &captured.raw, Bounds::STORED);
            packet.ok()
        };
        let profiles = self.profiles.current();
        let Some(profile) = profiles.taker(source, decode) else {
            return;
        };
        let (source, file) = (
            profile.placed(source.clone()),
            profile.reference().file.clone(),
        );
        let now = self.clock.now();
        let released = self.inbox.release_captured(captured.id, source, file, now);
        if let Err(error) = released.await {
            tracing::debug!(error = %error, submission.id = %captured.id, "the submission was queued elsewhere first");
        }
    }
}

#[cfg(test)]
mod tests;
