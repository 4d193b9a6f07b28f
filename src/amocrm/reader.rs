//! Reads what hooks do not tell, many submissions in a few calls. A submission waits on its lease
//! meanwhile; then it is queued again, with what was read in the details of its source, so that
//! later attempts, replays and previews need no second reading.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::client::AmoClient;
use super::health::{AmoHealth, AmoTrouble};
use super::orders::{ReadOrder, ReadOrders};
use super::records::{Library, Records, by_number};
use crate::domain::{AmoFailure, Clock, HOOK_READING, VerdictReason};
use crate::inbox::{Inbox, KeptReading, Lease, Settlement, StoreError, Uncertain};

/// Submissions that are read together.
const MOST: usize = 200;
/// How long an account is left alone that refuses the token.
const REFUSED: Duration = Duration::from_secs(15 * 60);

/// How long a submission waits that cannot be read: doubled after every attempt.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The first wait.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Patience {
    /// Returns the settlement of a submission that waits to be read.
    pub fn waits(self, lease: Lease, failure: AmoFailure, now: Timestamp) -> Settlement {
        let doublings = lease.attempt.saturating_sub(1).min(16);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
        Settlement::Retry {
            due_at: now.checked_add(wait).unwrap_or(Timestamp::MAX),
            reason: VerdictReason::Amocrm(Box::new(failure)),
            uncertain: Uncertain::No,
            step: None,
        }
    }
}

/// What all readers share.
#[derive(Clone)]
pub struct ReaderParts {
    /// Stores what was read.
    pub inbox: Inbox,
    /// Reports what is wrong to the alerts.
    pub health: AmoHealth,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// How long submissions wait that cannot be read.
    pub patience: Patience,
}

/// Reads for the submissions of one account.
pub struct AmoReader {
    client: Arc<AmoClient>,
    orders: mpsc::Receiver<ReadOrder>,
    parts: ReaderParts,
    /// Until when the account is left alone, and why.
    refused: Option<(Instant, AmoFailure)>,
}

impl AmoReader {
    /// Creates the reader of an account, and adds the place of its orders.
    pub fn new(client: Arc<AmoClient>, orders: &mut ReadOrders, parts: ReaderParts) -> Self {
        Self {
            orders: orders.add(&client),
            client,
            parts,
            refused: None,
        }
    }

    /// Reads until the drain begins. Then releases the leases that it holds.
    pub async fn run(mut self, draining: CancellationToken) {
        let mut batch = Vec::new();
        while draining
            .run_until_cancelled(self.orders.recv_many(&mut batch, MOST))
            .await
            .is_some_and(|count| count > 0)
        {
            let done = draining.run_until_cancelled(self.read_all(&batch)).await;
            if done.is_none() {
                break;
            }
            batch.clear();
        }
        self.orders.close();
        while let Ok(order) = self.orders.try_recv() {
            batch.push(order);
        }
        let leases = batch.iter().map(|order| order.lease).collect();
        if let Err(error) = self.parts.inbox.release(leases).await {
            tracing::warn!(error = %error, "leases could not be released");
        }
    }

    /// Reads for these submissions, and queues them again or lets them wait.
    async fn read_all(&mut self, batch: &[ReadOrder]) {
        let now = Instant::now();
        if let Some((_, failure)) = self.refused.clone().filter(|(until, _)| *until > now) {
            return self.postpone(batch, &failure).await;
        }
        let account = self.client.name();
        match self.library(batch).await {
            Ok(library) => {
                self.refused = None;
                self.parts.health.works(account, AmoTrouble::TokenRefused);
                let count = batch.len();
                tracing::debug!(account, count, "read from amoCRM for {count} submissions");
                self.keep(batch, &library).await;
            }
            Err(failure) => {
                tracing::warn!(account, "amoCRM cannot be read: {failure}");
                let is_refused = matches!(failure, AmoFailure::Refused { .. });
                if is_refused || matches!(failure, AmoFailure::Disconnected { .. }) {
                    let now = self.parts.clock.now();
                    self.parts
                        .health
                        .fails(account, AmoTrouble::TokenRefused, now);
                }
                // without a pair no call is made, and a new one ends that at once
                if is_refused {
                    self.refused = Some((Instant::now() + REFUSED, failure.clone()));
                }
                self.postpone(batch, &failure).await;
            }
        }
    }

    /// Reads the leads and customers, then their contacts, then the companies.
    async fn library(&self, batch: &[ReadOrder]) -> Result<Library, AmoFailure> {
        let mut library = Library::default();
        let leads = batch.iter().filter_map(|order| order.wanted.lead);
        library.leads = self.records("leads", leads, "contacts").await?;
        let customers = batch.iter().filter_map(|order| order.wanted.customer);
        library.customers = self
            .records("customers", customers, "contacts,companies")
            .await?;
        let contacts = batch.iter();
        let contacts: Vec<u64> = contacts
            .flat_map(|order| order.wanted.contacts(&library))
            .collect();
        library.contacts = self.records("contacts", contacts, "").await?;
        let companies = batch.iter();
        let companies: Vec<u64> = companies
            .filter_map(|order| order.wanted.company(&library))
            .collect();
        library.companies = self.records("companies", companies, "").await?;
        Ok(library)
    }

    async fn records(
        &self,
        entity: &str,
        ids: impl IntoIterator<Item = u64>,
        with: &str,
    ) -> Result<Records, AmoFailure> {
        let ids: BTreeSet<u64> = ids.into_iter().collect();
        let ids: Vec<u64> = ids.into_iter().collect();
        if ids.is_empty() {
            return Ok(Records::new());
        }
        let records = self.client.records(entity, &ids, with).await?;
        Ok(by_number(records))
    }

    /// Stores what was read, and queues the submissions again.
    async fn keep(&self, batch: &[ReadOrder], library: &Library) {
        let kept: Arc<[KeptReading]> = batch
            .iter()
            .map(|order| {
                let reading = order.wanted.reading(library);
                let source = order.source.clone();
                KeptReading {
                    lease: order.lease,
                    source: source.with_detail(HOOK_READING, Value::Object(reading)),
                }
            })
            .collect();
        let ReaderParts { inbox, clock, .. } = &self.parts;
        while is_repeated(inbox.keep_readings(Arc::clone(&kept), clock.now()).await).await {}
    }

    /// Lets submissions wait for their next attempt.
    async fn postpone(&self, batch: &[ReadOrder], failure: &AmoFailure) {
        let ReaderParts { inbox, clock, .. } = &self.parts;
        for order in batch {
            let (lease, now) = (order.lease, clock.now());
            let settlement = self.parts.patience.waits(lease, failure.clone(), now);
            while is_repeated(inbox.settle(lease, settlement.clone(), [], now).await).await {}
        }
    }
}

/// Returns whether something must be stored again, after a wait: a lease must not be lost while the
/// disk is full.
async fn is_repeated<T>(stored: Result<T, StoreError>) -> bool {
    match stored {
        Ok(_) => false,
        Err(error) if error.is_passing() => {
            tokio::time::sleep(Duration::from_millis(500)).await;
            true
        }
        Err(error) => {
            tracing::error!(error = %error, "what was read from amoCRM was not stored");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SubmissionId;

    #[test]
    fn a_submission_waits_longer_after_each_failure() {
        let now = Timestamp::UNIX_EPOCH;
        let patience = Patience {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(900),
        };
        let waits = [1, 2, 3, 8, 9, 50, u32::MAX].map(|attempt| {
            let lease = Lease {
                id: SubmissionId::fresh(),
                attempt,
                due_at: now,
            };
            match patience.waits(lease, AmoFailure::Throttled, now) {
                Settlement::Retry { due_at, .. } => due_at.as_second(),
                _ => -1,
            }
        });
        assert_eq!(waits, [5, 10, 20, 640, 900, 900, 900]);
    }
}
