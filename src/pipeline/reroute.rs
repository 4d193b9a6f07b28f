//! Reroutes submissions that wait on a route without a share. The route is chosen on receipt, but
//! since then a profile may have changed, or a person may have queued the submission. Rerouting
//! takes one page at a time, while other submissions are delivered. It chooses the profile only,
//! and makes a plan only if a step is finished.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::Pipeline;
use crate::domain::{Destination, Plan, Route};
use crate::inbox::{Rerouted, Shares, Unserved};
use crate::mapping::{MappingOutcome, ProfileSet};

/// The number of submissions rerouted at a time.
const PAGE: usize = 256;

impl Pipeline {
    /// Reroutes some of the submissions that wait on routes outside these shares.
    pub(super) async fn reroute(&self, shares: &Shares) {
        let rerouting = async {
            let unserved = self.inbox.unserved(shares.clone(), PAGE).await?;
            let profiles = self.profiles.current();
            let rerouted = unserved.into_iter().map(|unserved| Rerouted {
                to: self.route(&unserved, &profiles),
                id: unserved.id,
                from: unserved.route,
            });
            self.inbox.reroute(rerouted.collect()).await
        };
        if let Err(error) = rerouting.await {
            tracing::error!(error = %error, "waiting submissions could not be rerouted; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Returns the route of a submission; the route without a destination if no profile accepts it.
    fn route(&self, unserved: &Unserved, profiles: &ProfileSet) -> Route {
        // after a panic, the attempt panics again, and the submission is parked
        let destination = catch_unwind(AssertUnwindSafe(|| {
            let ids = [unserved.id];
            self.at_work
                .on(&ids, || self.destination(unserved, profiles))
        }));
        profiles.route(destination.ok().flatten().as_ref())
    }

    /// Returns the destination of the next step.
    fn destination(&self, unserved: &Unserved, profiles: &ProfileSet) -> Option<Destination> {
        if let Some(plan) = &unserved.stored_plan {
            return self.of_plan(plan, unserved);
        }
        let body = self.sources.decode(&unserved.source, &unserved.raw).ok()?;
        let profile = profiles.for_source(&unserved.source, &body)?;
        if unserved.steps.iter().any(|step| step.verdict.is_final()) {
            return match profile.plan(&unserved.source, unserved.received_at, &body) {
                MappingOutcome::Plan(plan) => self.of_plan(&plan, unserved),
                MappingOutcome::Reject(_) | MappingOutcome::Park { .. } => None,
            };
        }
        let first = profile.destination();
        let name = Some(first.name()).filter(|name| !name.is_empty());
        self.destinations.find(first.kind(), name).cloned()
    }

    /// Returns the destination of the plan's next step.
    fn of_plan(&self, plan: &Plan, unserved: &Unserved) -> Option<Destination> {
        let (_, step) = plan.next_step(&unserved.steps)?;
        self.destinations.of_step(&step.kind).cloned()
    }
}
