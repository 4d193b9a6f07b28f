//! What was captured because no profile took it: as soon as one does, it is queued.

use crate::domain::Clock;
use crate::inbox::{AtWork, Inbox, StoreError};
use crate::profiles::ProfileStore;

/// So many are looked at a time.
const PAGE: usize = 100;

/// Queues what a profile takes now, and tells how many it were. To be called at the start and whenever the
/// profiles have changed.
pub(super) async fn release(
    inbox: &Inbox,
    profiles: &ProfileStore,
    at_work: &AtWork,
    clock: &dyn Clock,
) -> Result<usize, StoreError> {
    let profiles = profiles.current();
    let (mut after, mut queued) = (0, 0);
    loop {
        let page = inbox.captured(after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(queued);
        };
        after = last.seq;
        for captured in page {
            let looks = || profiles.takes(&captured.source, &captured.raw);
            if !at_work.on(&[captured.id], looks) {
                continue;
            }
            match inbox.requeue(captured.id, clock.now()).await {
                Ok(()) => queued += 1,
                // somebody was faster
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

/// The same, for those who do not wait for it.
pub(super) async fn release_and_tell(
    inbox: &Inbox,
    profiles: &ProfileStore,
    at_work: &AtWork,
    clock: &dyn Clock,
) {
    match release(inbox, profiles, at_work, clock).await {
        Ok(0) => {}
        Ok(queued) => tracing::info!(
            queued,
            "{queued} captured submissions have a profile now and are queued"
        ),
        Err(error) => {
            tracing::error!(error = %error, "captured submissions were not looked through; the next change of a profile does it");
        }
    }
}
