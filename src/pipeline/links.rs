//! Files behind links. A submission waits on disk until they are fetched, and a task of its own
//! fetches them, so that a slow server delays neither the sender nor other submissions. Fetched files
//! are stored: later attempts and replays have them.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Task};
use super::{Pipeline, Prepared};
use crate::delivery::links::{LinkClient, NotFetched};
use crate::delivery::{Job, Report, Verdict};
use crate::domain::file::{FileRules, LinkedFile};
use crate::domain::{
    Explanation, FileExplanation, FileOutcome, StepResult, SubmissionId, VerdictReason,
};
use crate::inbox::{Inbox, Leased};
use crate::mapping::linked_files;

/// Submissions whose files are fetched at the same time.
const AT_ONCE: usize = 8;
/// Submissions that wait for that in memory; more wait for their next attempt.
const QUEUE: usize = 256;
/// How long a submission waits at first: most files are there by then.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Attempts that wait for files even if the submission is old.
const FEW_ATTEMPTS: u32 = 4;

/// The files of a submission.
#[derive(Debug)]
pub struct FetchOrder {
    id: SubmissionId,
    files: Vec<LinkedFile>,
}

/// Fetches files, and stores them.
#[derive(Debug)]
pub struct Fetcher {
    orders: mpsc::Receiver<FetchOrder>,
    client: LinkClient,
    rules: FileRules,
    inbox: Inbox,
}

impl Fetcher {
    /// Creates the fetcher and the place for its orders.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(rules: FileRules, inbox: Inbox) -> anyhow::Result<(mpsc::Sender<FetchOrder>, Self)> {
        let (sender, orders) = mpsc::channel(QUEUE);
        let client = LinkClient::new(rules.clone())?;
        let fetcher = Self {
            orders,
            client,
            rules,
            inbox,
        };
        Ok((sender, fetcher))
    }

    /// Fetches until the drain begins.
    pub async fn run(mut self, draining: CancellationToken) {
        let mut under_way = FuturesUnordered::new();
        let mut known: HashSet<SubmissionId> = HashSet::new();
        loop {
            let has_room = under_way.len() < AT_ONCE;
            tokio::select! {
                () = draining.cancelled() => return,
                Some(id) = under_way.next(), if !under_way.is_empty() => {
                    known.remove(&id);
                }
                order = self.orders.recv(), if has_room => {
                    let Some(order) = order else { return };
                    if known.insert(order.id) {
                        under_way.push(fetch(&self.client, &self.rules, &self.inbox, order));
                    }
                }
            }
        }
    }
}

/// Fetches the files of a submission, one after the other. What does not work now is tried again
/// with its next attempt.
async fn fetch(
    client: &LinkClient,
    rules: &FileRules,
    inbox: &Inbox,
    order: FetchOrder,
) -> SubmissionId {
    for file in order.files {
        let fetched = match client.fetch(&file.link).await {
            Ok(content) => {
                let fault = rules.fault(&file.name, &file.kind, content.len());
                fault.map_or(Ok(content), Err)
            }
            Err(NotFetched::Ever(fault)) => Err(fault),
            Err(NotFetched::Now) => continue,
        };
        if let Err(error) = inbox.keep_file(order.id, file.place, fetched).await {
            tracing::warn!(submission.id = %order.id, error = %error, "a fetched file cannot be stored");
        }
    }
    order.id
}

impl Pipeline {
    /// Returns the submission if all its files are there or given up; otherwise orders them, and
    /// returns the attempt that waits.
    pub(super) async fn with_links(
        &self,
        prepared: Prepared,
        leased: &Leased,
    ) -> Result<Prepared, Box<Attempt>> {
        let Some(fetcher) = &self.fetcher else {
            return Ok(prepared);
        };
        let Some(step) = prepared.job.step.kind.crm() else {
            return Ok(prepared);
        };
        let stored = (&leased.source, &leased.raw);
        let mut files = linked_files(step, stored, &self.sources);
        if files.is_empty() || self.has_waited(leased) {
            return Ok(prepared);
        }
        // if the store fails, they are fetched again
        let places = self.inbox.fetched_places(prepared.job.id).await;
        let places = places.unwrap_or_default();
        files.retain(|file| !places.contains(&file.place));
        if files.is_empty() {
            return Ok(prepared);
        }
        let id = prepared.job.id;
        let waits = files.iter().map(|file| {
            Explanation::File(FileExplanation {
                field: "files".to_owned(),
                place: file.place.clone(),
                what: FileOutcome::Fetched,
            })
        });
        let waits: Vec<Explanation> = waits.collect();
        // a full queue has room at the next attempt
        let _is_full = fetcher.try_send(FetchOrder { id, files });
        Err(Box::new(self.waiting(prepared.task, &prepared.job, waits)))
    }

    /// Returns whether a submission has waited for its files as long as the settings allow.
    fn has_waited(&self, leased: &Leased) -> bool {
        let patience = SignedDuration::try_from(self.file_rules.links.patience);
        let age = self.clock.now().duration_since(leased.received_at);
        let is_old = patience.is_ok_and(|patience| age >= patience);
        // a replay of an old submission gets the time for a few attempts
        is_old && leased.step_attempt > FEW_ATTEMPTS
    }

    fn waiting(&self, task: Task, job: &Job, waits: Vec<Explanation>) -> Attempt {
        let is_first = task.step_attempt == 1;
        let report = Report {
            verdict: Verdict::Retry {
                why: VerdictReason::Because(waits.clone()),
                uncertain: job.uncertain,
                pause: None,
                wait: is_first.then_some(FIRST_WAIT),
            },
            result: StepResult::default(),
            wrote: false,
            explanation: waits,
            calls: Vec::new(),
        };
        self.reported(task, report, job).1
    }
}
