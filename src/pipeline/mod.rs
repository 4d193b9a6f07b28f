//! Takes submissions from lease to verdict: decodes, plans, delivers, settles. Read this file
//! first. The verdict and the journal events of an attempt are stored in one transaction.
//!
//! Many submissions are under way at once, but never two of one person ([`lanes`]). While calls are
//! under way, the next submissions gather in the in-flight set ([`in_flight`]), so an idle gateway
//! delivers at once and a busy one fills its batches, without any timer. Each destination has its
//! own queue ([`queue`]), and what waits on disk is leased route by route ([`reroute`]), so a
//! destination that does not work does not delay the others.
//!
//! A lease is for one step of a submission ([`prepare`]). Settling a finished step queues the next
//! one in the same transaction ([`attempt`]), so no finished step is repeated.

mod attempt;
mod backoff;
mod destinations;
mod files;
mod in_flight;
mod lanes;
mod links;
mod pause;
mod pauses;
mod prepare;
mod queue;
mod reroute;
mod settle;
mod spans;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub use backoff::Backoff;
pub use destinations::Destinations;
pub use links::{FetchOrders, Fetcher};
pub use pauses::{Health, Pauses};

use self::attempt::{Attempt, Retry, Task, fault};
use self::in_flight::{InFlight, LeaseResult, Wait};
use self::lanes::InLane;
use self::settle::StoredTurns;
use crate::delivery::{DestinationClient, Job, Outage, PauseReason, Report};
use crate::domain::file::FileRules;
use crate::domain::{Clock, Destination, SearchKey, SourceKinds, SubmissionId};
use crate::inbox::{AtWork, Inbox, Lease, Leased, Shares, Uncertain};
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
    fn keys(&self) -> &[SearchKey] {
        &self.keys
    }
}

/// Steps that are delivered together to one destination.
struct Batch {
    destination: Destination,
    client: Arc<dyn DestinationClient>,
    prepared: Vec<Prepared>,
}

/// The end of a batch.
struct BatchEnd {
    /// The keys of its steps, whose lanes are free now.
    keys: Vec<SearchKey>,
    destination: Destination,
    /// Why the destination has to pause, with the error.
    pause: Option<(PauseReason, String)>,
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
            tokio::select! {
                Some(end) = under_way.next(), if !under_way.is_empty() => {
                    in_flight.end_batch(&end, &self.backoff, Instant::now());
                }
                Some(probe) = probes.next(), if !probes.is_empty() => {
                    in_flight.end_probe(&probe, &self.backoff, Instant::now());
                }
                () = idle => {}
                () = self.draining.cancelled() => {}
            }
        }
        let not_begun = in_flight.take_all();
        self.release(&mut in_flight, not_begun).await;
        while under_way.next().await.is_some() {}
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

    /// Delivers a batch and settles each of its submissions.
    async fn deliver(&self, batch: Batch) -> BatchEnd {
        let prepared = &batch.prepared;
        let keys = prepared.iter().flat_map(|one| one.keys.iter().cloned());
        let keys = keys.collect();
        let destination = batch.destination.clone();
        let spans = prepared.iter();
        let spans: HashMap<SubmissionId, Span> = spans
            .map(|one| (one.task.lease.id, one.span.clone()))
            .collect();
        let span = spans::batch(&batch);
        let client = batch.client;
        let prepared = batch.prepared.into_iter();
        let prepared = prepared.map(|prepared| (prepared.task, prepared.job));
        let (with_files, others): (Vec<_>, Vec<_>) =
            prepared.partition(|(_, job)| files::has_files(job));
        let (tasks, jobs): (Vec<Task>, Vec<Job>) = others.into_iter().unzip();
        let attempts = self.together(&*client, tasks, jobs);
        let attempts = attempts.instrument(span.clone()).await;
        let mut pause = self.settle_all(&spans, attempts).await;
        // the others do not wait for uploads
        for (task, job) in with_files {
            let attempts = self.with_files(&*client, task, job);
            let attempts = attempts.instrument(span.clone()).await;
            pause = pause.or(self.settle_all(&spans, attempts).await);
        }
        BatchEnd {
            keys,
            destination,
            pause,
        }
    }

    /// Settles submissions, and returns why their destination pauses.
    async fn settle_all(
        &self,
        spans: &HashMap<SubmissionId, Span>,
        attempts: Vec<(Lease, Attempt)>,
    ) -> Option<(PauseReason, String)> {
        let mut pauses = attempts.iter().map(|(_, attempt)| attempt.pause.clone());
        let pause = pauses.find_map(|pause| pause);
        let settled = attempts.into_iter().map(|(lease, attempt)| {
            let span = spans.get(&lease.id).cloned().unwrap_or_else(Span::none);
            self.settle(lease, attempt).instrument(span)
        });
        join_all(settled).await;
        pause
    }

    /// Delivers jobs in one batch. If the code panics, each is tried alone, and one that panics again
    /// is parked.
    async fn together(
        &self,
        client: &dyn DestinationClient,
        tasks: Vec<Task>,
        jobs: Vec<Job>,
    ) -> Vec<(Lease, Attempt)> {
        if jobs.is_empty() {
            return Vec::new();
        }
        let together = AssertUnwindSafe(self.carry_out(client, &jobs))
            .catch_unwind()
            .await;
        match together {
            Ok(reports) => tasks
                .into_iter()
                .zip(jobs)
                .zip(reports)
                .map(|((task, job), report)| self.reported(task, report, &job))
                .collect(),
            Err(_) => self.each_alone(client, tasks, jobs).await,
        }
    }

    /// Delivers jobs, and records them as being worked on.
    async fn carry_out(&self, client: &dyn DestinationClient, jobs: &[Job]) -> Vec<Report> {
        let ids: Vec<SubmissionId> = jobs.iter().map(|job| job.id).collect();
        let turns = StoredTurns(&self.inbox);
        self.at_work
            .during(&ids, client.deliver(jobs, &turns))
            .await
    }

    /// Delivers each job alone, as uncertain: the batch that panicked may have written something.
    async fn each_alone(
        &self,
        client: &dyn DestinationClient,
        tasks: Vec<Task>,
        jobs: Vec<Job>,
    ) -> Vec<(Lease, Attempt)> {
        let mut attempts = Vec::with_capacity(jobs.len());
        for (task, mut job) in tasks.into_iter().zip(jobs) {
            job.uncertain = true;
            let alone = AssertUnwindSafe(self.carry_out(client, std::slice::from_ref(&job)))
                .catch_unwind()
                .await;
            attempts.push(match alone.map(|mut reports| reports.pop()) {
                Ok(Some(report)) => self.reported(task, report, &job),
                Ok(None) | Err(_) => (task.lease, fault(task.lease)),
            });
        }
        attempts
    }

    /// Turns a report into an attempt.
    fn reported(&self, task: Task, report: Report, job: &Job) -> (Lease, Attempt) {
        let lease = task.lease;
        let before = if job.uncertain {
            Uncertain::Yes
        } else {
            Uncertain::No
        };
        (lease, Attempt::of(task, report, before, &self.retry()))
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
