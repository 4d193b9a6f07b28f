//! One submission from lease to verdict: the file to read first. Decode, plan, deliver, settle; what
//! happened goes into the journal with the verdict, in one transaction.

mod account;
mod backoff;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

pub use backoff::Backoff;

use crate::crm::bitrix24::Client;
use crate::delivery::{self, Hold, Job, Verdict};
use crate::domain::{Clock, Event, Lang, Note, ParkReason, Plan, Source, json};
use crate::inbox::{Inbox, Lease, Leased, Settlement, StoreError, Uncertain};
use crate::mapping::{Outcome, tell_rejections};
use crate::profiles::ProfileStore;

/// The CRM connections by their names in the settings.
#[derive(Debug, Clone, Default)]
pub struct Connections(pub BTreeMap<String, Arc<Client>>);

impl Connections {
    /// The named one, or the only one.
    pub fn choose(&self, name: Option<&str>) -> Option<&Arc<Client>> {
        match name {
            Some(name) => self.0.get(name),
            None if self.0.len() == 1 => self.0.values().next(),
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
    /// Cancelled when no more work is to be begun.
    pub draining: CancellationToken,
}

/// What one attempt came to: the verdict for the inbox, the account for the journal, and how long every
/// other submission had better wait.
struct Attempt {
    settlement: Settlement,
    events: Vec<Event>,
    pause: Option<Duration>,
}

impl Pipeline {
    /// Works until draining; what is in hand then is finished first.
    pub async fn run(&self) {
        let mut failures = 0;
        while !self.draining.is_cancelled() {
            match self.inbox.lease(1, self.clock.now()).await {
                Ok(mut leased) => match leased.pop() {
                    Some(leased) => match self.work(leased).await {
                        Some(pause) => {
                            failures += 1;
                            self.rest(self.backoff.of_connection(pause, failures)).await;
                        }
                        None => failures = 0,
                    },
                    None => self.idle().await,
                },
                Err(error) => {
                    tracing::error!(error = %error, "the inbox cannot be read; trying again");
                    self.rest(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// Works on everything that is due now and returns; for tests and tools.
    pub async fn run_until_idle(&self) -> Result<(), StoreError> {
        while let Some(leased) = self.inbox.lease(1, self.clock.now()).await?.pop() {
            self.work(leased).await;
        }
        Ok(())
    }

    /// Sleeps until something arrives, something is due, or the end.
    async fn idle(&self) {
        /// A look now and then costs nothing, and finds what another process has queued.
        const LONGEST: Duration = Duration::from_secs(2);
        let due = match self.inbox.next_due().await {
            Ok(Some(due)) => {
                let wait = due.duration_since(self.clock.now());
                Duration::try_from(wait)
                    .unwrap_or(Duration::ZERO)
                    .min(LONGEST)
            }
            Ok(None) | Err(_) => LONGEST,
        };
        tokio::select! {
            () = self.inbox.wait_for_work() => {}
            () = tokio::time::sleep(due) => {}
            () = self.draining.cancelled() => {}
        }
    }

    async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.draining.cancelled() => {}
        }
    }

    /// One attempt at one submission. A panic is a fault of ours: it parks this one and spares the rest.
    async fn work(&self, leased: Leased) -> Option<Duration> {
        let lease = leased.lease;
        let attempt = AssertUnwindSafe(self.attempt(leased)).catch_unwind().await;
        let attempt = attempt.unwrap_or_else(|_| {
            tracing::error!(submission.id = %lease.id, "a fault of leadgate: please report it");
            park(
                ParkReason::InternalFault,
                "a fault of leadgate: please report it".to_owned(),
            )
        });
        self.settle(lease, attempt).await
    }

    async fn attempt(&self, leased: Leased) -> Attempt {
        let plan = match self.plan(&leased) {
            Ok(plan) => plan,
            Err(attempt) => return *attempt,
        };
        let Some(client) = self.connections.choose(plan.connection.as_deref()) else {
            let wanted = plan
                .connection
                .as_deref()
                .unwrap_or("(none named, and there are several)");
            let text = format!("the settings have no connection {wanted}");
            return park(ParkReason::NoConnection, text);
        };
        let mut events = vec![Event::planned(plan.clone())];
        events.extend(
            plan.notes
                .iter()
                .map(|Note { about, text }| Event::note(format!("{about}: {text}"))),
        );
        let id = leased.lease.id;
        let job = Job {
            id,
            plan,
            uncertain: leased.uncertain,
        };
        let Some(report) = delivery::carry_out(client, &[job]).await.pop() else {
            return park(
                ParkReason::InternalFault,
                "delivery gave no report".to_owned(),
            );
        };
        events.extend(account::of(&report));
        let (settlement, pause) = self.verdict(&leased, report);
        Attempt {
            settlement,
            events,
            pause,
        }
    }

    /// The plan that was chosen by hand, or the one by today's profiles, or why there is none.
    fn plan(&self, leased: &Leased) -> Result<Plan, Box<Attempt>> {
        if let Some(plan) = &leased.stored_plan {
            return Ok(plan.clone());
        }
        let body = json::decode(&leased.raw, json::DEEPEST).map_err(|_| {
            park(
                ParkReason::InternalFault,
                "the stored body cannot be read again".to_owned(),
            )
        })?;
        let profiles = self.profiles.current();
        let Source::Poll { poll, .. } = &leased.source;
        let profile = profiles.for_poll(*poll, &body.value).ok_or_else(|| {
            park(
                ParkReason::NoProfile,
                format!("no profile takes poll {poll} any more"),
            )
        })?;
        match profile.plan(&leased.source, leased.received_at, &body.value) {
            Outcome::Plan(plan) => Ok(*plan),
            Outcome::Park { reason, note } => {
                let text = format!("{}: {}", note.about, note.text);
                Err(Box::new(park(reason, text)))
            }
            Outcome::Reject(rejections) => {
                let text = tell_rejections(&rejections, Lang::En);
                Err(Box::new(park(ParkReason::MissingValue, text)))
            }
        }
    }

    fn verdict(&self, leased: &Leased, report: delivery::Report) -> (Settlement, Option<Duration>) {
        let lease = leased.lease;
        match report.verdict {
            Verdict::Delivered => {
                let (contact, record) = (report.contact, report.record);
                (Settlement::Delivered { contact, record }, None)
            }
            Verdict::Park { reason, text } => (
                Settlement::Park {
                    reason,
                    note: text.into(),
                },
                None,
            ),
            Verdict::Retry {
                why,
                uncertain,
                hold,
            } => {
                let pause = hold.map(Hold::first_pause);
                let wait = self.backoff.of_submission(lease.id, lease.attempt);
                let wait = pause.map_or(wait, |pause| pause.max(Duration::from_secs(1)));
                let uncertain = if uncertain {
                    Uncertain::Yes
                } else {
                    Uncertain::No
                };
                let due_at = later(self.clock.now(), wait);
                (
                    Settlement::Retry {
                        due_at,
                        reason: why.into(),
                        uncertain,
                    },
                    pause,
                )
            }
        }
    }

    async fn settle(&self, lease: Lease, attempt: Attempt) -> Option<Duration> {
        let Attempt {
            settlement,
            events,
            pause,
        } = attempt;
        log(lease, &settlement);
        let mut settlement = settlement;
        let mut events = events;
        // what the CRM has done must not be forgotten because the disk is busy for a moment
        for _ in 0..10 {
            let again = (settlement.clone(), events.clone());
            match self
                .inbox
                .settle(lease, settlement, events, self.clock.now())
                .await
            {
                Ok(()) => break,
                Err(error) if error.is_passing() => {
                    tracing::error!(error = %error, "a verdict cannot be stored; trying again");
                    (settlement, events) = again;
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    tracing::error!(error = %error, submission.id = %lease.id, "a verdict was not stored");
                    break;
                }
            }
        }
        pause
    }
}

impl Hold {
    /// How long the connection rests after the first such failure.
    fn first_pause(self) -> Duration {
        Duration::from_secs(match self {
            Self::Throttled => 1,
            Self::Unreachable => 2,
            Self::Denied => 30,
        })
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

fn park(reason: ParkReason, note: String) -> Attempt {
    Attempt {
        settlement: Settlement::Park {
            reason,
            note: note.into(),
        },
        events: Vec::new(),
        pause: None,
    }
}

fn log(lease: Lease, settlement: &Settlement) {
    let (id, attempt) = (lease.id, lease.attempt);
    let state = settlement.state();
    metrics::counter!("leadgate_verdicts_total", "state" => state.as_str()).increment(1);
    match settlement {
        Settlement::Delivered { .. } | Settlement::Ignored { .. } => {
            tracing::info!(submission.id = %id, attempt, "submission {id} {state}");
        }
        // the reason may repeat what a person typed, so it stays in the journal
        Settlement::Retry { .. } => {
            tracing::warn!(submission.id = %id, attempt, "submission {id} waits for another attempt");
        }
        Settlement::Park { reason, .. } => {
            tracing::error!(submission.id = %id, attempt, %reason, "submission {id} parked: see `leadgate journal show {id}`");
        }
    }
}
