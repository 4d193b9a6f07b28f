//! Which connection a submission goes to is known on receipt; not any more when a profile has changed
//! since, and not yet when somebody has queued it by hand. Such strays are sorted anew, a few at a time
//! while others are delivered: only their profile is chosen, no plan is made.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::Pipeline;
use crate::domain::{Route, body};
use crate::inbox::{Shares, Sorted, Stray};
use crate::mapping::ProfileSet;

/// So many are sorted at a time.
const PAGE: usize = 256;

impl Pipeline {
    /// Sends some of those on their way that these shares do not name.
    pub(super) async fn sort(&self, shares: &Shares) {
        let sorted = async {
            let strays = self.inbox.strays(shares.clone(), PAGE).await?;
            let profiles = self.profiles.current();
            let sorted = strays.into_iter().map(|stray| Sorted {
                to: self.route(&stray, &profiles),
                id: stray.id,
                from: stray.route,
            });
            self.inbox.sort(sorted.collect()).await
        };
        if let Err(error) = sorted.await {
            tracing::error!(error = %error, "what waits could not be sorted by connections; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Where a submission goes; nowhere, when the attempt will find that nobody takes it.
    fn route(&self, stray: &Stray, profiles: &ProfileSet) -> Route {
        // a fault of ours is found again, and told, by the attempt
        let connection = catch_unwind(AssertUnwindSafe(|| {
            let ids = [stray.id];
            self.at_work.on(&ids, || self.connection(stray, profiles))
        }));
        profiles.route(connection.ok().flatten())
    }

    fn connection(&self, stray: &Stray, profiles: &ProfileSet) -> Option<&str> {
        let chosen = if let Some(plan) = &stray.stored_plan {
            self.connections.choose(plan.connection.as_deref())
        } else {
            let body = body::decode(&stray.source, &stray.raw).ok()?;
            let profile = profiles.for_source(&stray.source, &body)?;
            self.connections.choose(profile.connection())
        };
        chosen.map(|(name, _)| name.as_str())
    }
}
