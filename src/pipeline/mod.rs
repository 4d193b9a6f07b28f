//! Submissions from lease to verdict: the file to read first. Decode, plan, deliver, settle. The verdict and the
//! journal events of an attempt are stored in one transaction.
//!
//! Many submissions are under way at once, but never two of one person ([`lanes`]). While calls are under way, the
//! next submissions gather in the in-flight set ([`in_flight`]), so an idle gateway delivers at once and a busy one
//! fills its batches, without any timer. Each connection has its own queue ([`queue`]), and what waits on disk is
//! leased route by route ([`reroute`]): a connection that does not work holds up no other.

mod attempt;
mod attempt_events;
mod backoff;
mod in_flight;
mod lanes;
mod pause;
mod queue;
mod reroute;
mod spans;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

pub use backoff::Backoff;

use self::attempt::{Attempt, Retry, count_left_out, fault, log, park, park_unmapped};
use self::in_flight::{InFlight, LeaseResult, Wait};
use self::lanes::InLane;
use crate::crm::{Connection, CrmError};
use crate::delivery::{
    self,
    crm::{Job, PauseReason},
};
use crate::domain::{
    Clock, Event, Lang, ParkReason, Plan, SearchKey, SourceKinds, SubmissionId, body,
};
use crate::inbox::{AtWork, Inbox, Lease, Leased, Shares};
use crate::mapping::{Outcome, Rejection};
use crate::profiles::ProfileStore;

/// The CRM connections by their names in the settings.
#[derive(Debug, Clone, Default)]
pub struct Connections(pub BTreeMap<String, Arc<Connection>>);

impl Connections {
    /// Returns the named connection, or the only one.
    pub fn choose(&self, name: Option<&str>) -> Option<(&String, &Arc<Connection>)> {
        match name {
            Some(name) => self.0.get_key_value(name),
            None if self.0.len() == 1 => self.0.iter().next(),
            None => None,
        }
    }
}

/// The worker that delivers what the inbox holds.
pub struct Pipeline {
    /// Leases work and takes verdicts.
    pub inbox: Inbox,
    /// The profiles that make plans.
    pub profiles: Arc<ProfileStore>,
    /// The connections that plans are delivered to.
    pub connections: Connections,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// The waiting times after failures.
    pub backoff: Backoff,
    /// Records which submissions are being worked on.
    pub at_work: AtWork,
    /// Decodes the stored bodies.
    pub sources: SourceKinds,
    /// Cancelled when no more work may begin.
    pub draining: CancellationToken,
}

/// A submission with its plan, ready to be delivered.
struct Prepared {
    lease: Lease,
    plan: Plan,
    job: Job,
    keys: Vec<SearchKey>,
    connection: String,
    client: Arc<Connection>,
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

/// The end of a batch.
struct BatchEnd {
    keys: Vec<SearchKey>,
    connection: String,
    pause: Option<(PauseReason, String)>,
}

/// The result of a probe of a paused connection.
struct ProbeResult {
    connection: String,
    health: Result<(), CrmError>,
}

impl Pipeline {
    /// Delivers until draining. Then finishes the batches under way and releases the other leases.
    pub async fn run(&self) {
        let mut in_flight = InFlight::new(&self.connections);
        let mut under_way = FuturesUnordered::new();
        let mut probes = FuturesUnordered::new();
        while !self.draining.is_cancelled() {
            let paused = in_flight.take_paused();
            self.release(&mut in_flight, paused).await;
            let store = self.lease(&mut in_flight).await;
            while let Some(batch) = in_flight.begin_batch(Instant::now()) {
                under_way.push(self.deliver(batch));
            }
            for connection in in_flight.take_probes(Instant::now()) {
                probes.push(self.probe(connection));
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

    /// Releases leases that were not begun. If the store fails they stay in flight: they are delivered when their
    /// connection works again, or recovered at the next start.
    async fn release(&self, in_flight: &mut InFlight, not_begun: Vec<Prepared>) {
        if not_begun.is_empty() {
            return;
        }
        let leases = not_begun.iter().map(|prepared| prepared.lease).collect();
        if let Err(error) = self.inbox.release(leases).await {
            tracing::warn!(error = %error, "leases could not be released");
            for prepared in not_begun {
                in_flight.push(prepared);
            }
        }
    }

    /// Returns how many submissions may be leased per route.
    fn shares(&self, in_flight: &InFlight) -> Shares {
        in_flight.shares(&self.profiles.current())
    }

    /// Leases what is due, as many as fit, and plans them.
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
            Ok(Ok(prepared)) => in_flight.push(prepared),
            Ok(Err(attempt)) => self.settle(lease, *attempt).instrument(span).await,
            Err(_) => self.settle(lease, fault(lease)).instrument(span).await,
        }
    }

    /// Probes a paused connection.
    async fn probe(&self, connection: String) -> ProbeResult {
        let client = self.connections.0.get(&connection);
        let health = match client {
            Some(client) => client.check_health().await,
            None => Ok(()),
        };
        ProbeResult { connection, health }
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

    /// After the machine's clock was set back, makes everything due that would wait for the old time.
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

    /// Returns the submission with its plan and connection, or the attempt that parks it.
    fn prepare(&self, leased: &Leased, span: &Span) -> Result<Prepared, Box<Attempt>> {
        let plan = span.in_scope(|| self.plan(leased))?;
        span.record("profile", &plan.profile.file);
        let Some(step) = plan.crm() else {
            return Err(Box::new(Attempt::without_step(plan)));
        };
        let Some((name, client)) = self.connections.choose(step.connection.as_deref()) else {
            let wanted = step
                .connection
                .as_deref()
                .unwrap_or("(none named, and there are several)");
            let text = format!("the settings have no connection {wanted}");
            return Err(Box::new(park(ParkReason::NoConnection, text)));
        };
        Ok(Prepared {
            lease: leased.lease,
            keys: plan
                .steps
                .iter()
                .flat_map(|step| step.kind.search_keys())
                .collect(),
            connection: name.clone(),
            client: Arc::clone(client),
            suspect: leased.suspect,
            span: span.clone(),
            job: Job {
                id: leased.lease.id,
                profile: plan.profile.file.clone(),
                plan: step.clone(),
                uncertain: leased.uncertain,
                became: leased.became,
                turn: None,
            },
            plan,
        })
    }

    /// Delivers a batch and settles each of its submissions.
    async fn deliver(&self, batch: Vec<Prepared>) -> BatchEnd {
        let keys = batch
            .iter()
            .flat_map(|prepared| prepared.keys.iter().cloned())
            .collect();
        let connection = batch
            .first()
            .map(|first| first.connection.clone())
            .unwrap_or_default();
        let spans: Vec<Span> = batch.iter().map(|prepared| prepared.span.clone()).collect();
        let span = spans::batch(&batch);
        let attempts = self.attempt(batch).instrument(span).await;
        let pause = attempts
            .iter()
            .find_map(|(_, attempt)| attempt.pause.clone());
        let settled = attempts
            .into_iter()
            .zip(spans)
            .map(|((lease, attempt), span)| self.settle(lease, attempt).instrument(span));
        join_all(settled).await;
        BatchEnd {
            keys,
            connection,
            pause,
        }
    }

    /// Delivers a batch on one connection. If the code panics, each submission is tried alone, and one that panics
    /// again is parked.
    async fn attempt(&self, batch: Vec<Prepared>) -> Vec<(Lease, Attempt)> {
        let Some(first) = batch.first() else {
            return Vec::new();
        };
        let client = Arc::clone(&first.client);
        let (leases, mut jobs): (Vec<(Lease, Plan)>, Vec<Job>) = batch
            .into_iter()
            .map(|prepared| ((prepared.lease, prepared.plan), prepared.job))
            .unzip();
        let together = AssertUnwindSafe(self.carry_out(&client, &mut jobs))
            .catch_unwind()
            .await;
        let attempts: Vec<Attempt> = match together {
            Ok(reports) => leases
                .iter()
                .zip(reports)
                .map(|((lease, plan), report)| {
                    Attempt::of(*lease, plan.clone(), report, &self.retry())
                })
                .collect(),
            Err(_) => self.each_alone(&client, &leases, jobs).await,
        };
        let leases = leases.into_iter().map(|(lease, _)| lease);
        leases.zip(attempts).collect()
    }

    async fn carry_out(&self, client: &Connection, jobs: &mut [Job]) -> Vec<delivery::crm::Report> {
        let ids: Vec<SubmissionId> = jobs.iter().map(|job| job.id).collect();
        let work = async {
            let looked = delivery::crm::look_up(client, jobs).await;
            self.assign_turns(looked.without_turn(jobs)).await;
            delivery::crm::carry_out(client, jobs, looked).await
        };
        self.at_work.during(&ids, work).await
    }

    /// Assigns each of these jobs its turn among employees who take turns.
    async fn assign_turns(&self, mut jobs: Vec<&mut Job>) {
        if jobs.is_empty() {
            return;
        }
        let wanted: Vec<(String, SubmissionId)> = jobs
            .iter()
            .map(|job| (job.profile.clone(), job.id))
            .collect();
        loop {
            match self.inbox.turns(wanted.clone()).await {
                Ok(turns) => {
                    for (job, turn) in jobs.iter_mut().zip(turns) {
                        job.turn = Some(turn);
                    }
                    return;
                }
                Err(error) if error.is_passing() => {
                    tracing::error!(error = %error, "turns cannot be stored; trying again");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    tracing::error!(error = %error, "rotation failed; using the first employee");
                    return;
                }
            }
        }
    }

    async fn each_alone(
        &self,
        client: &Connection,
        leases: &[(Lease, Plan)],
        jobs: Vec<Job>,
    ) -> Vec<Attempt> {
        let mut attempts = Vec::with_capacity(jobs.len());
        for ((lease, plan), mut job) in leases.iter().zip(jobs) {
            job.uncertain = true;
            let alone = AssertUnwindSafe(self.carry_out(client, std::slice::from_mut(&mut job)))
                .catch_unwind()
                .await;
            attempts.push(match alone.map(|mut reports| reports.pop()) {
                Ok(Some(report)) => Attempt::of(*lease, plan.clone(), report, &self.retry()),
                Ok(None) | Err(_) => fault(*lease),
            });
        }
        attempts
    }

    /// Returns the stored plan if a person chose it, or the plan by today's profiles, or the attempt that parks the
    /// submission.
    fn plan(&self, leased: &Leased) -> Result<Plan, Box<Attempt>> {
        if let Some(plan) = &leased.stored_plan {
            return Ok(plan.clone());
        }
        let source = &leased.source;
        let body = self
            .sources
            .decode(source, &leased.raw)
            .map_err(|mistake| match mistake {
                // a body that is a single value is stored, but not mapped
                body::Mistake::Scalar | body::Mistake::Unknown => park(
                    ParkReason::MappingFailed,
                    "the stored body is a single value: there is nothing to map".to_owned(),
                ),
                _ => park(
                    ParkReason::InternalFault,
                    "the stored body cannot be read again".to_owned(),
                ),
            })?;
        let profiles = self.profiles.current();
        let profile = profiles.for_source(source, &body).ok_or_else(|| {
            let address = self.sources.address_label(source, Lang::En);
            park(
                ParkReason::NoProfile,
                format!("no profile takes {address} any more"),
            )
        })?;
        match profile.plan(source, leased.received_at, &body) {
            Outcome::Plan(plan) => Ok(*plan),
            Outcome::Park { reason, note } => Err(Box::new(park_unmapped(reason, vec![note]))),
            Outcome::Reject(rejections) => {
                let notes = rejections.iter().map(Rejection::note).collect();
                Err(Box::new(park_unmapped(ParkReason::MissingValue, notes)))
            }
        }
    }

    fn retry(&self) -> Retry<'_> {
        Retry {
            now: self.clock.now(),
            backoff: &self.backoff,
        }
    }

    async fn settle(&self, lease: Lease, attempt: Attempt) {
        let Attempt {
            settlement,
            events,
            pause: _,
        } = attempt;
        let events: Arc<[Event]> = events.into();
        log(lease, &settlement);
        count_left_out(&settlement, &events);
        // a verdict must not be lost, however long the disk is full; logged once, or the log would grow, too
        let mut is_logged = false;
        loop {
            let (settlement, events) = (settlement.clone(), Arc::clone(&events));
            let stored = self
                .inbox
                .settle(lease, settlement, events, self.clock.now());
            match stored.await {
                Ok(()) => break,
                Err(error) if error.is_passing() => {
                    if !std::mem::replace(&mut is_logged, true) {
                        tracing::error!(error = %error, "a verdict cannot be stored; trying again");
                    }
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    tracing::error!(error = %error, submission.id = %lease.id, "a verdict was not stored");
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
