//! Takes submissions from lease to verdict: decodes, plans, delivers, settles. Read this file
//! first. The verdict and the journal events of an attempt are stored in one transaction.
//!
//! Many submissions are under way at once, but never two of one person: those that share a search key
//! ([`lanes`]), or whose look-ups found the same ([`claims`]). While calls are under way, the next
//! submissions gather in the in-flight set ([`in_flight`]), so an idle gateway delivers at once and a
//! busy one fills its batches, without any timer. Each destination has its
//! own queue ([`queue`]), and what waits on disk is leased route by route ([`reroute`]), so a
//! destination that does not work does not delay the others.
//!
//! What a hook of amoCRM does not tell is read before it is planned ([`reading`]). A lease is for one
//! step of a submission ([`prepare`]). Settling a finished step queues the next
//! one in the same transaction ([`attempt`]), so no finished step is repeated.

mod attempt;
mod backoff;
mod batch;
mod by_hand;
mod claims;
mod destinations;
mod files;
mod in_flight;
mod lanes;
mod links;
mod pause;
mod pauses;
mod prepare;
mod queue;
mod reading;
mod reroute;
mod settle;
mod spans;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub use backoff::Backoff;
pub use by_hand::{DestinationState, pause_by_hand, recall_pauses, resume};
pub use destinations::Destinations;
pub use links::{FetchOrders, Fetcher};
pub use pauses::{Health, OutageFacts, Pauses};

use self::attempt::{Retry, Task, fault};
use self::in_flight::{InFlight, LeaseResult, Wait};
use self::lanes::InLane;
use crate::amocrm::ReadOrders;
use crate::delivery::{Job, Outage};
use crate::domain::file::FileRules;
use crate::domain::{Clock, Destination, SearchKey, SourceKinds, SubmissionId};
use crate::inbox::{AtWork, Inbox, Leased, Shares};
use crate::profiles::ProfileStore;

/// The worker that delivers what the inbox holds.
pub struct Pipeline {
    /// Leases work and takes verdicts.
    pub inbox: Inbox,
    /// The profiles that make plans.
    pub profiles: Arc<ProfileStore>,
    /// The destinations that steps are delivered to.
    pub destinations: Destinations,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// The waiting times after failures.
    pub backoff: Backoff,
    /// Records which submissions are being worked on.
    pub at_work: AtWork,
    /// Decodes the stored bodies.
    pub sources: SourceKinds,
    /// Which files go into the CRM.
    pub file_rules: FileRules,
    /// Where files behind links are ordered; `None` if no link is fetched.
    pub fetcher: Option<FetchOrders>,
    /// Where what hooks of amoCRM do not tell is ordered.
    pub amocrm: ReadOrders,
    /// Cancelled when no more work may begin.
    pub draining: CancellationToken,
}

/// A step of a submission, ready to be delivered.
struct Prepared {
    task: Task,
    job: Job,
    /// Its lanes: steps that share a key are delivered one after the other.
    keys: Vec<SearchKey>,
    /// Whether the program may have crashed because of it: then it is delivered alone.
    suspect: bool,
    /// From the lease to the verdict.
    span: Span,
}

impl InLane for Prepared {
    fn id(&self) -> SubmissionId {
        self.task.lease.id
    }

    fn keys(&self) -> &[SearchKey] {
        &self.keys
    }
}

/// The result of a probe of a paused destination.
struct ProbeResult {
    destination: Destination,
    health: Result<(), Outage>,
}

impl Pipeline {
    /// Delivers until `draining` is cancelled. Then finishes the batches under way and releases the
    /// other leases.
    pub async fn run(&self) {
        let mut in_flight = InFlight::new(&self.destinations);
        let mut under_way = FuturesUnordered::new();
        let mut probes = FuturesUnordered::new();
        while !self.draining.is_cancelled() {
            in_flight.take_orders(Instant::now());
            let paused = in_flight.take_paused();
            self.release(&mut in_flight, paused).await;
            let store = self.lease(&mut in_flight).await;
            while let Some(batch) = in_flight.begin_batch(Instant::now()) {
                under_way.push(self.deliver(batch));
            }
            for destination in in_flight.take_probes(Instant::now()) {
                probes.push(self.probe(destination));
            }
            let wait = in_flight.wait(Instant::now(), store);
            let idle = self.wait_for_work(wait, self.shares(&in_flight));
            let orders = self.destinations.pauses();
            tokio::select! {
                Some(end) = under_way.next(), if !under_way.is_empty() => {
                    in_flight.end_batch(end, &self.backoff, Instant::now());
                }
                Some(probe) = probes.next(), if !probes.is_empty() => {
                    in_flight.end_probe(&probe, &self.backoff, Instant::now());
                }
                () = idle => {}
                () = orders.wait_for_order() => {}
                () = self.draining.cancelled() => {}
            }
        }
        let not_begun = in_flight.take_all();
        self.release(&mut in_flight, not_begun).await;
        while let Some(end) = under_way.next().await {
            self.release(&mut in_flight, end.deferred).await;
        }
    }

    /// Releases the leases of steps that no batch has taken. If the store fails, they stay in
    /// flight: they are delivered when their destination works again, or recovered at the next
    /// start.
    async fn release(&self, in_flight: &mut InFlight, not_begun: Vec<Prepared>) {
        if not_begun.is_empty() {
            return;
        }
        let leases = not_begun
            .iter()
            .map(|prepared| prepared.task.lease)
            .collect();
        if let Err(error) = self.inbox.release(leases).await {
            tracing::warn!(error = %error, "leases could not be released");
            for prepared in not_begun {
                let lease = prepared.task.lease;
                if !in_flight.push(prepared) {
                    self.settle(lease, fault(lease)).await;
                }
            }
        }
    }

    /// Returns how many submissions may be leased per route.
    fn shares(&self, in_flight: &InFlight) -> Shares {
        in_flight.shares(&self.profiles.current())
    }

    /// Leases the due submissions, as many as fit, and plans them.
    async fn lease(&self, in_flight: &mut InFlight) -> LeaseResult {
        let shares = self.shares(in_flight);
        if shares.is_empty() {
            return LeaseResult::Ok;
        }
        match self.inbox.lease(shares, self.clock.now()).await {
            Ok(leased) => {
                for leased in leased {
                    self.admit(in_flight, leased).await;
                }
                LeaseResult::Ok
            }
            Err(error) => {
                tracing::error!(error = %error, "the inbox cannot be read; trying again");
                LeaseResult::Failed
            }
        }
    }

    /// Plans a submission and adds it to the in-flight set. Without a plan it is settled at once.
    async fn admit(&self, in_flight: &mut InFlight, leased: Leased) {
        let Some(leased) = self.with_reading(leased).await else {
            return;
        };
        let lease = leased.lease;
        let span = spans::submission(&leased, &self.sources);
        let prepare = || {
            self.at_work
                .on(&[lease.id], || self.prepare(&leased, &span))
        };
        match catch_unwind(AssertUnwindSafe(prepare)) {
            Ok(Ok(prepared)) => match self.with_links(prepared, &leased).await {
                Ok(prepared) => {
                    if !in_flight.push(prepared) {
                        self.settle(lease, fault(lease)).instrument(span).await;
                    }
                }
                Err(attempt) => self.settle(lease, *attempt).instrument(span).await,
            },
            Ok(Err(attempt)) => self.settle(lease, *attempt).instrument(span).await,
            Err(_) => self.settle(lease, fault(lease)).instrument(span).await,
        }
    }

    /// Probes a paused destination.
    async fn probe(&self, destination: Destination) -> ProbeResult {
        let health = match self.destinations.client(&destination) {
            Some(client) => client.check_health().await,
            None => Ok(()),
        };
        ProbeResult {
            destination,
            health,
        }
    }

    /// Sleeps until there is work on a route with a share, at most as long as `wait` says.
    async fn wait_for_work(&self, wait: Wait, shares: Shares) {
        /// How often to check whether another process has queued something.
        const CHECK_EVERY: Duration = Duration::from_secs(2);
        let end = match wait {
            Wait::ForTime(most) => return tokio::time::sleep(most).await,
            Wait::ForWork(most) => most.map(|most| Instant::now() + most),
        };
        loop {
            let next_work = self.inbox.next_work(shares.clone()).await;
            let next_work = next_work.unwrap_or_default();
            if next_work.unserved {
                return self.reroute(&shares).await;
            }
            let due = next_work.due.map(|due| {
                let left = due.duration_since(self.clock.now());
                Duration::try_from(left).unwrap_or(Duration::ZERO)
            });
            if due.is_some_and(|due| due > self.backoff.upper_bound()) {
                self.bring_forward().await;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let bound = due.into_iter().chain(left).min();
            let nap = bound.map_or(CHECK_EVERY, |bound| bound.min(CHECK_EVERY));
            tokio::select! {
                () = self.inbox.wait_for_work() => return,
                () = tokio::time::sleep(nap) => {}
            }
            if bound.is_some_and(|bound| bound <= nap) {
                return;
            }
        }
    }

    /// Makes submissions due that are due later than any back-off allows: they were postponed while
    /// the machine's clock was ahead.
    async fn bring_forward(&self) {
        let now = self.clock.now();
        let Ok(moved) = self
            .inbox
            .bring_forward(attempt::later(now, self.backoff.upper_bound()), now)
            .await
        else {
            return;
        };
        tracing::warn!(
            moved,
            "the clock was set back; {moved} submissions that were waiting for the old time are due now"
        );
    }

    /// Returns what the time of a retry depends on.
    fn retry(&self) -> Retry<'_> {
        Retry {
            now: self.clock.now(),
            backoff: &self.backoff,
        }
    }
}

#[cfg(test)]
mod tests;
