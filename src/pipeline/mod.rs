//! Submissions from lease to verdict: the file to read first. Decode, plan, deliver, settle; what
//! happened goes into the journal with the verdict, in one transaction.
//!
//! Many are under way at once, but never two of one person ([`lanes`]). While calls are in flight the
//! next submissions gather on the desk, so an idle gateway delivers at once and a flooded one fills its
//! batches, without any timer. Each connection has a tray of its own on the desk ([`tray`]), and what
//! waits on disk is taken in route by route ([`sorting`]): a connection that does not work holds up no
//! other.

mod account;
mod attempt;
mod backoff;
mod desk;
mod lanes;
mod pause;
mod sorting;
mod spans;
mod tray;

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
use self::desk::{Desk, Wait};
use self::lanes::InLane;
use crate::crm::{Connection, CrmError};
use crate::delivery::{
    self,
    crm::{Job, PauseReason},
};
use crate::domain::{Clock, Event, ParkReason, Plan, SearchKey, Source, SubmissionId, body};
use crate::inbox::{AtWork, Inbox, Lease, Leased, Shares};
use crate::mapping::{Outcome, Rejection};
use crate::profiles::ProfileStore;

/// The CRM connections by their names in the settings.
#[derive(Debug, Clone, Default)]
pub struct Connections(pub BTreeMap<String, Arc<Connection>>);

impl Connections {
    /// The named one, or the only one.
    pub fn choose(&self, name: Option<&str>) -> Option<(&String, &Arc<Connection>)> {
        match name {
            Some(name) => self.0.get_key_value(name),
            None if self.0.len() == 1 => self.0.iter().next(),
            None => None,
        }
    }
}

/// The worker that empties the inbox.
pub struct Pipeline {
    /// Where work comes from and verdicts go.
    pub inbox: Inbox,
    /// What makes plans.
    pub profiles: Arc<ProfileStore>,
    /// Where plans are carried out.
    pub connections: Connections,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long to wait after a failure.
    pub backoff: Backoff,
    /// Where it is written down for which submissions it computes.
    pub at_work: AtWork,
    /// Cancelled when no more work is to be begun.
    pub draining: CancellationToken,
}

/// A submission with its plan, ready to be delivered.
struct Prepared {
    lease: Lease,
    job: Job,
    keys: Vec<SearchKey>,
    connection: String,
    client: Arc<Connection>,
    /// Whether the program may have died of it: it is delivered alone.
    suspect: bool,
    /// From the lease to the verdict.
    span: Span,
}

impl InLane for Prepared {
    fn keys(&self) -> &[SearchKey] {
        &self.keys
    }
}

/// A batch that has ended.
struct Ended {
    keys: Vec<SearchKey>,
    connection: String,
    hold: Option<(PauseReason, String)>,
}

/// A paused connection that has been asked whether it works again.
struct Probed {
    connection: String,
    found: Result<(), CrmError>,
}

impl Pipeline {
    /// Works until draining; what is in hand then is finished, what was not begun is given back.
    pub async fn run(&self) {
        let mut desk = Desk::new(&self.connections);
        let mut under_way = FuturesUnordered::new();
        let mut probes = FuturesUnordered::new();
        while !self.draining.is_cancelled() {
            let paused = desk.take_paused();
            self.give_back(&mut desk, paused).await;
            let store = self.take_in(&mut desk).await;
            while let Some(batch) = desk.batch(Instant::now()) {
                under_way.push(self.deliver(batch));
            }
            for connection in desk.take_probes(Instant::now()) {
                probes.push(self.probe(connection));
            }
            let wait = desk.wait(Instant::now(), store);
            let idle = self.until_something_happens(wait, self.shares(&desk));
            tokio::select! {
                Some(ended) = under_way.next(), if !under_way.is_empty() => {
                    desk.ended(&ended, &self.backoff, Instant::now());
                }
                Some(answer) = probes.next(), if !probes.is_empty() => {
                    desk.probed(&answer, &self.backoff, Instant::now());
                }
                () = idle => {}
                () = self.draining.cancelled() => {}
            }
        }
        let unbegun = desk.take_all();
        self.give_back(&mut desk, unbegun).await;
        while under_way.next().await.is_some() {}
    }

    /// Gives back what was not begun. What cannot be given back stays on the desk: it goes when its
    /// connection works again, or is taken up by the next start.
    async fn give_back(&self, desk: &mut Desk, unbegun: Vec<Prepared>) {
        if unbegun.is_empty() {
            return;
        }
        let leases = unbegun.iter().map(|prepared| prepared.lease).collect();
        if let Err(error) = self.inbox.release(leases).await {
            tracing::warn!(error = %error, "submissions in hand were not given back");
            for prepared in unbegun {
                desk.lay(prepared);
            }
        }
    }

    /// How much may be taken in, and by which routes.
    fn shares(&self, desk: &Desk) -> Shares {
        desk.shares(&self.profiles.current())
    }

    /// Leases what is due, as much as fits on the desk, and makes plans. Tells whether the store could
    /// be asked.
    async fn take_in(&self, desk: &mut Desk) -> desk::Store {
        let shares = self.shares(desk);
        if shares.is_empty() {
            return desk::Store::Answered;
        }
        match self.inbox.lease(shares, self.clock.now()).await {
            Ok(leased) => {
                for leased in leased {
                    self.lay_out(desk, leased).await;
                }
                desk::Store::Answered
            }
            Err(error) => {
                tracing::error!(error = %error, "the inbox cannot be read; trying again");
                desk::Store::Refused
            }
        }
    }

    /// Puts a submission with its plan on the desk; one without a plan is settled at once.
    async fn lay_out(&self, desk: &mut Desk, leased: Leased) {
        let lease = leased.lease;
        let span = spans::submission(&leased);
        let prepare = || {
            self.at_work
                .on(&[lease.id], || self.prepare(&leased, &span))
        };
        match catch_unwind(AssertUnwindSafe(prepare)) {
            Ok(Ok(prepared)) => desk.lay(prepared),
            Ok(Err(attempt)) => self.settle(lease, *attempt).instrument(span).await,
            Err(_) => self.settle(lease, fault(lease)).instrument(span).await,
        }
    }

    /// Asks a paused connection whether it works again.
    async fn probe(&self, connection: String) -> Probed {
        let client = self.connections.0.get(&connection);
        let found = match client {
            Some(client) => client.check_health().await,
            None => Ok(()),
        };
        Probed { connection, found }
    }

    /// Sleeps until something arrives or is due that may be taken in, at most as long as the desk says.
    async fn until_something_happens(&self, wait: Wait, shares: Shares) {
        /// A look now and then finds what another process has queued.
        const LOOK: Duration = Duration::from_secs(2);
        let end = match wait {
            Wait::ForTime(most) => return tokio::time::sleep(most).await,
            Wait::ForWork(most) => most.map(|most| Instant::now() + most),
        };
        loop {
            let outlook = self.inbox.outlook(shares.clone()).await;
            let outlook = outlook.unwrap_or_default();
            if outlook.strays {
                return self.sort(&shares).await;
            }
            let due = outlook.due.map(|due| {
                let left = due.duration_since(self.clock.now());
                Duration::try_from(left).unwrap_or(Duration::ZERO)
            });
            if due.is_some_and(|due| due > self.backoff.farthest()) {
                self.bring_forward().await;
            }
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            let bound = due.into_iter().chain(left).min();
            let nap = bound.map_or(LOOK, |bound| bound.min(LOOK));
            tokio::select! {
                () = self.inbox.wait_for_work() => return,
                () = tokio::time::sleep(nap) => {}
            }
            if bound.is_some_and(|bound| bound <= nap) {
                return;
            }
        }
    }

    /// The machine's clock was set back: what was put off by the old time is not to wait for that.
    async fn bring_forward(&self) {
        let now = self.clock.now();
        let Ok(moved) = self
            .inbox
            .bring_forward(attempt::later(now, self.backoff.farthest()), now)
            .await
        else {
            return;
        };
        tracing::warn!(
            moved,
            "the clock was set back; {moved} submissions that it would have kept waiting are tried now"
        );
    }

    /// A submission with its plan and its connection, or why there is none.
    fn prepare(&self, leased: &Leased, span: &Span) -> Result<Prepared, Box<Attempt>> {
        let plan = span.in_scope(|| self.plan(leased))?;
        span.record("profile", &plan.profile.file);
        let Some((name, client)) = self.connections.choose(plan.connection.as_deref()) else {
            let wanted = plan
                .connection
                .as_deref()
                .unwrap_or("(none named, and there are several)");
            let text = format!("the settings have no connection {wanted}");
            return Err(Box::new(park(ParkReason::NoConnection, text)));
        };
        Ok(Prepared {
            lease: leased.lease,
            keys: plan.search_keys(),
            connection: name.clone(),
            client: Arc::clone(client),
            suspect: leased.suspect,
            span: span.clone(),
            job: Job {
                id: leased.lease.id,
                plan,
                uncertain: leased.uncertain,
                became: leased.became,
                turn: None,
            },
        })
    }

    /// Delivers a batch and settles each of its submissions.
    async fn deliver(&self, batch: Vec<Prepared>) -> Ended {
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
        let hold = attempts
            .iter()
            .find_map(|(_, attempt)| attempt.hold.clone());
        let settled = attempts
            .into_iter()
            .zip(spans)
            .map(|((lease, attempt), span)| self.settle(lease, attempt).instrument(span));
        join_all(settled).await;
        Ended {
            keys,
            connection,
            hold,
        }
    }

    /// Carries a batch out, on one connection. A panic is a fault of ours: then each is tried by itself,
    /// and the one that panics again is parked.
    async fn attempt(&self, batch: Vec<Prepared>) -> Vec<(Lease, Attempt)> {
        let Some(first) = batch.first() else {
            return Vec::new();
        };
        let client = Arc::clone(&first.client);
        let (leases, mut jobs): (Vec<Lease>, Vec<Job>) = batch
            .into_iter()
            .map(|prepared| (prepared.lease, prepared.job))
            .unzip();
        let together = AssertUnwindSafe(self.carry_out(&client, &mut jobs))
            .catch_unwind()
            .await;
        let attempts: Vec<Attempt> = match together {
            Ok(reports) => leases
                .iter()
                .zip(jobs)
                .zip(reports)
                .map(|((lease, job), report)| Attempt::of(*lease, job.plan, report, &self.retry()))
                .collect(),
            Err(_) => self.each_alone(&client, &leases, jobs).await,
        };
        leases.into_iter().zip(attempts).collect()
    }

    async fn carry_out(&self, client: &Connection, jobs: &mut [Job]) -> Vec<delivery::crm::Report> {
        let ids: Vec<SubmissionId> = jobs.iter().map(|job| job.id).collect();
        let work = async {
            let looked = delivery::crm::look_up(client, jobs).await;
            self.give_turns(looked.without_turn(jobs)).await;
            delivery::crm::carry_out(client, jobs, looked).await
        };
        self.at_work.during(&ids, work).await
    }

    /// Gives each of these jobs its turn among employees who take turns.
    async fn give_turns(&self, mut jobs: Vec<&mut Job>) {
        if jobs.is_empty() {
            return;
        }
        let wanted: Vec<(String, SubmissionId)> = jobs
            .iter()
            .map(|job| (job.plan.profile.file.clone(), job.id))
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
                    tracing::error!(error = %error, "turns were not given: the first of the rota takes these");
                    return;
                }
            }
        }
    }

    async fn each_alone(
        &self,
        client: &Connection,
        leases: &[Lease],
        jobs: Vec<Job>,
    ) -> Vec<Attempt> {
        let mut attempts = Vec::with_capacity(jobs.len());
        for (lease, mut job) in leases.iter().zip(jobs) {
            job.uncertain = true;
            let plan = job.plan.clone();
            let alone = AssertUnwindSafe(self.carry_out(client, std::slice::from_mut(&mut job)))
                .catch_unwind()
                .await;
            attempts.push(match alone.map(|mut reports| reports.pop()) {
                Ok(Some(report)) => Attempt::of(*lease, plan, report, &self.retry()),
                Ok(None) | Err(_) => fault(*lease),
            });
        }
        attempts
    }

    /// The plan that was chosen by hand, or the one by today's profiles, or why there is none.
    fn plan(&self, leased: &Leased) -> Result<Plan, Box<Attempt>> {
        if let Some(plan) = &leased.stored_plan {
            return Ok(plan.clone());
        }
        let source = &leased.source;
        let body = body::decode(source, &leased.raw).map_err(|mistake| match mistake {
            // a single value of a list is kept by its bytes alone
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
            let text = match source {
                Source::Poll { poll, .. } => format!("no profile takes poll {poll} any more"),
                Source::Channel { channel, .. } => {
                    format!("no profile takes channel {channel} any more")
                }
            };
            park(ParkReason::NoProfile, text)
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
            hold: _,
        } = attempt;
        let events: Arc<[Event]> = events.into();
        log(lease, &settlement);
        count_left_out(&settlement, &events);
        // what the CRM has done must not be forgotten, however long the disk takes nothing; it is told once,
        // or a full disk would fill with that
        let mut told = false;
        loop {
            let (settlement, events) = (settlement.clone(), Arc::clone(&events));
            let stored = self
                .inbox
                .settle(lease, settlement, events, self.clock.now());
            match stored.await {
                Ok(()) => break,
                Err(error) if error.is_passing() => {
                    if !std::mem::replace(&mut told, true) {
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
