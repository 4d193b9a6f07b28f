//! Reads ahead who may call: the clients of recent calls, and those who have changed. So most
//! questions are answered from memory, also when the portal is slow.

use std::pin::Pin;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Directory;
use crate::domain::Phone;

/// The numbers of recent callers, the newest first; read from what is stored.
pub type RecentCallers = Pin<Box<dyn Future<Output = Vec<Phone>> + Send>>;

/// How long after the start the first numbers are read, at most: other things come first.
const AFTER: Duration = Duration::from_secs(30);

/// How long after the record of a call its number is read, at most: the record is delivered first.
const AFTER_RECORD: Duration = Duration::from_secs(10);

/// Changes of this time before the last reading are read again: clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_mins(2);

/// How old the first changes may be.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

impl Directory {
    /// Reads ahead, soon after the start and from time to time. Never returns.
    pub(super) async fn read_ahead(&self, recent: RecentCallers) {
        let every = self.rules.ahead_every;
        if self.rules.recent == 0 {
            return std::future::pending().await;
        }
        tokio::time::sleep(every.min(AFTER)).await;
        let mut since = self.callers.now().checked_sub(FIRST).unwrap_or_default();
        let phones = recent.await;
        self.callers.read_unknown(&self.portal, &phones).await;
        loop {
            let now = self.callers.now();
            if self.read_changed(since).await {
                since = now.checked_sub(OVERLAP).unwrap_or(now);
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Reads the numbers of calls that were recorded: a contact may have been made of them. Never
    /// returns.
    pub(super) async fn read_recorded(&self) {
        if self.rules.recent == 0 {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(self.rules.ahead_every.min(AFTER_RECORD)).await;
            let phones = self.callers.take_recorded();
            self.callers.read_ahead(&self.portal, &phones).await;
        }
    }

    /// Reads the numbers of clients that have changed since this time; returns whether it could.
    async fn read_changed(&self, since: Timestamp) -> bool {
        let changed = self.portal.changed_phones(since, self.rules.recent).await;
        match changed {
            Ok(phones) => self.callers.read_ahead(&self.portal, &phones).await,
            Err(error) => {
                tracing::debug!(error = %error, "changed clients were not read");
                false
            }
        }
    }
}
