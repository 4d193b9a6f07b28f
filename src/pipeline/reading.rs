//! What a hook of amoCRM does not tell. A submission whose profile uses it goes to the reader of its
//! account, with its lease, and comes back with what was read.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Pipeline;
use super::attempt::Attempt;
use crate::amocrm::{Patience, ReadOrder, WantedRecords};
use crate::domain::{AmoFailure, HOOK_READING};
use crate::inbox::Leased;

impl Pipeline {
    /// Returns the submission if it can be planned now. Otherwise the reader has it, or it waits.
    pub(super) async fn with_reading(&self, leased: Leased) -> Option<Leased> {
        // if that panics, planning does too, and says so
        let wanted = catch_unwind(AssertUnwindSafe(|| self.wanted_records(&leased)));
        let Some(wanted) = wanted.ok().flatten() else {
            return Some(leased);
        };
        let lease = leased.lease;
        let order = ReadOrder {
            lease,
            source: leased.source,
            wanted,
        };
        if !self.amocrm.order(order) {
            let patience = Patience {
                first: self.backoff.first,
                longest: self.backoff.longest,
            };
            let attempt = Attempt {
                settlement: patience.waits(lease, AmoFailure::Busy, self.clock.now()),
                events: Vec::new(),
                pause: None,
                profile: leased.profile,
            };
            self.settle(lease, attempt).await;
        }
        None
    }

    /// Returns what is to be read for a submission before it is planned.
    fn wanted_records(&self, leased: &Leased) -> Option<WantedRecords> {
        let source = &leased.source;
        let is_complete = leased.stored_plan.is_some()
            || !self.amocrm.has(source)
            || source.is_trial()
            || source.has_detail(HOOK_READING);
        if is_complete {
            return None;
        }
        let body = self.sources.decode(source, &leased.raw).ok()?;
        let profiles = self.profiles.current();
        let profile = profiles.for_source(source, &body)?;
        let needs = profile.needs_reading(&body);
        needs.then(|| WantedRecords::of(&body)).flatten()
    }
}
