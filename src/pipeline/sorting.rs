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
        let wanted = catch_unwind(AssertUnwindSafe(|| wanted(stray, profiles)));
        let wanted = wanted.ok().flatten();
        let connection = wanted.and_then(|named| self.connections.choose(named.as_deref()));
        profiles.route(connection.map(|(name, _)| name.as_str()))
    }
}

/// The connection that its plan will name, if there will be a plan.
fn wanted(stray: &Stray, profiles: &ProfileSet) -> Option<Option<String>> {
    if let Some(plan) = &stray.stored_plan {
        return Some(plan.connection.clone());
    }
    let body = body::decode(&stray.source, &stray.raw).ok()?;
    let profile = profiles.for_source(&stray.source, &body)?;
    Some(profile.connection().map(str::to_owned))
}
