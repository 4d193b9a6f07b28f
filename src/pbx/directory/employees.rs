//! The employees of a portal, read at the start and every hour.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::crm::{ColleagueRow, Connection, Priority};
use crate::pbx::matching::shared_numbers;

/// How often they are read.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// When they are read again after a failure, unless somebody asks for them.
const RETRY: Duration = Duration::from_secs(60);

/// The shortest time between two readings.
const MOST_OFTEN: Duration = Duration::from_secs(2);

/// All employees.
type Listed = Arc<[ColleagueRow]>;

/// The employees, as last read.
#[derive(Default)]
pub(super) struct Employees {
    listed: watch::Sender<Option<Listed>>,
    wanted: Notify,
}

impl Employees {
    /// Returns the employees, if they were read.
    pub(super) fn known(&self) -> Option<Listed> {
        self.listed.borrow().clone()
    }

    /// Returns the employees; waits this long if they were never read.
    pub(super) async fn within(&self, time: Duration) -> Option<Listed> {
        let mut listed = self.listed.subscribe();
        if listed.borrow().is_none() {
            self.wanted.notify_one();
        }
        let read = tokio::time::timeout(time, listed.wait_for(Option::is_some)).await;
        read.ok()?.ok()?.clone()
    }

    /// Keeps them.
    pub(super) async fn keep(&self, portal: &Connection) {
        let (mut was_read, mut is_silent) = (false, false);
        loop {
            let priority = if was_read {
                Priority::Background
            } else {
                Priority::Interactive
            };
            match portal.colleagues(priority).await {
                Ok(rows) => {
                    warn_of_shared_numbers(&rows);
                    self.listed.send_replace(Some(rows.into()));
                    (was_read, is_silent) = (true, false);
                    tokio::time::sleep(EVERY).await;
                }
                Err(error) => {
                    // once, not with every attempt
                    if std::mem::replace(&mut is_silent, true) {
                        tracing::debug!(error = %error, "the employees of the portal cannot be read");
                    } else {
                        tracing::warn!(error = %error, "the employees of the portal cannot be read, so PBXs do not get them; the webhook needs the scope user, user_basic or user_brief");
                    }
                    tokio::time::sleep(MOST_OFTEN).await;
                    let asked = self.wanted.notified();
                    // it is time, or somebody asks
                    tokio::time::timeout(RETRY, asked).await.ok();
                }
            }
        }
    }
}

/// Warns of inner numbers that several employees have.
fn warn_of_shared_numbers(rows: &[ColleagueRow]) {
    let shared = shared_numbers(rows);
    if !shared.is_empty() {
        let shared = shared.join(", ");
        tracing::warn!(numbers = %shared, "several employees of the portal have one inner number");
    }
}
