//! Files behind links. A submission waits on disk until they are fetched, and a task of its own
//! fetches them, so that a slow server delays neither the sender nor other submissions. Fetched files
//! are stored: later attempts and replays have them.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::SignedDuration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Task};
use super::{Pipeline, Prepared};
use crate::delivery::links::LinkClient;
use crate::delivery::{Job, Report, Verdict};
use crate::domain::file::{FetchAgain, FetchedPlace, FileFault, FileRules, LinkedFile};
use crate::domain::{
    Explanation, FileExplanation, FileOutcome, StepResult, SubmissionId, VerdictReason,
};
use crate::inbox::{Inbox, Leased, StoreError};
use crate::mapping::linked_files;

/// Files that are fetched at the same time.
const AT_ONCE: usize = 8;
/// Submissions that wait for that in memory; more wait for their next attempt.
const QUEUE: usize = 256;
/// How long a submission waits at first: most files are there by then.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// Attempts that wait for files even if the submission is old, or if the fault usually lasts.
const FEW_ATTEMPTS: u32 = 4;

/// The files of a submission that are still to be fetched.
#[derive(Debug)]
struct FetchOrder {
    id: SubmissionId,
    files: VecDeque<LinkedFile>,
}

/// The submissions whose files are ordered, each once.
#[derive(Debug, Clone, Default)]
struct Ordered(Arc<Mutex<HashSet<SubmissionId>>>);

impl Ordered {
    fn ids(&self) -> MutexGuard<'_, HashSet<SubmissionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where files behind links are ordered.
#[derive(Debug)]
pub struct FetchOrders {
    orders: mpsc::Sender<FetchOrder>,
    ordered: Ordered,
}

impl FetchOrders {
    /// Orders the files of a submission, unless they are ordered already. A full queue has room at
    /// the submission's next attempt.
    fn order(&self, id: SubmissionId, files: Vec<LinkedFile>) {
        let mut ordered = self.ordered.ids();
        if ordered.len() >= QUEUE || ordered.contains(&id) {
            return;
        }
        let files = files.into();
        if self.orders.try_send(FetchOrder { id, files }).is_ok() {
            ordered.insert(id);
        }
    }
}

/// Submissions with files to fetch, in turn: after each file comes the next submission, so that one
/// with many files on a slow server does not keep the others waiting.
#[derive(Debug, Default)]
struct FetchTurns(VecDeque<FetchOrder>);

impl FetchTurns {
    fn add(&mut self, order: FetchOrder) {
        self.0.push_back(order);
    }

    /// Takes the next file, and the order without it.
    fn next(&mut self) -> Option<(FetchOrder, LinkedFile)> {
        loop {
            let mut order = self.0.pop_front()?;
            if let Some(file) = order.files.pop_front() {
                return Some((order, file));
            }
        }
    }
}

/// Fetches files, and stores them.
#[derive(Debug)]
pub struct Fetcher {
    orders: mpsc::Receiver<FetchOrder>,
    ordered: Ordered,
    work: FetchWork,
}

#[derive(Debug)]
struct FetchWork {
    client: LinkClient,
    rules: FileRules,
    inbox: Inbox,
}

impl Fetcher {
    /// Creates the fetcher and the place for its orders.
    ///
    /// # Errors
    /// If the machine has no CA certificates.
    pub fn new(rules: FileRules, inbox: Inbox) -> anyhow::Result<(FetchOrders, Self)> {
        let (sender, orders) = mpsc::channel(QUEUE);
        let ordered = Ordered::default();
        let client = LinkClient::new(rules.clone())?;
        let fetcher = Self {
            orders,
            ordered: ordered.clone(),
            work: FetchWork {
                client,
                rules,
                inbox,
            },
        };
        let orders = FetchOrders {
            orders: sender,
            ordered,
        };
        Ok((orders, fetcher))
    }

    /// Fetches until the drain begins.
    pub async fn run(mut self, draining: CancellationToken) {
        let mut under_way = FuturesUnordered::new();
        let mut turns = FetchTurns::default();
        loop {
            while under_way.len() < AT_ONCE
                && let Some((order, file)) = turns.next()
            {
                under_way.push(self.work.fetch(order, file));
            }
            tokio::select! {
                () = draining.cancelled() => return,
                Some(order) = under_way.next(), if !under_way.is_empty() => {
                    if order.files.is_empty() {
                        self.ordered.ids().remove(&order.id);
                    } else {
                        turns.add(order);
                    }
                }
                order = self.orders.recv() => {
                    let Some(order) = order else { return };
                    turns.add(order);
                }
            }
        }
    }
}

impl FetchWork {
    /// Fetches one file of a submission, and returns the order for the others. What does not work
    /// now is tried again with its next attempt.
    async fn fetch(&self, order: FetchOrder, file: LinkedFile) -> FetchOrder {
        if let Err(error) = self.fetch_and_store(order.id, file).await {
            tracing::warn!(submission.id = %order.id, error = %error, "a fetched file cannot be stored");
        }
        order
    }

    async fn fetch_and_store(&self, id: SubmissionId, file: LinkedFile) -> Result<(), StoreError> {
        // the order may be old
        let known = self.inbox.fetched_places(id).await?;
        if !is_fetched(&known, &file.place, FetchAgain::Never) {
            let fetched = self.file(&file, &known).await;
            // "not now" says less than what is known already
            if fetched != Err(FileFault::NotFetched) {
                self.inbox.keep_file(id, file.place, fetched).await?;
            }
        }
        Ok(())
    }

    /// Fetches a file within what is left of the submission's total.
    async fn file(
        &self,
        file: &LinkedFile,
        known: &[FetchedPlace],
    ) -> Result<bytes::Bytes, FileFault> {
        let stored: usize = known.iter().map(|known| known.size).sum();
        let left = self.rules.links.total.saturating_sub(stored);
        let limit = self.rules.limit.min(left);
        if limit == 0 {
            return Err(FileFault::Total);
        }
        let fetched = self.client.fetch(&file.link, limit).await;
        let fetched = fetched.map_err(|fault| match fault {
            FileFault::TooLarge if limit < self.rules.limit => FileFault::Total,
            fault => fault,
        })?;
        let fault = self.rules.fault_of_fetched(&fetched, &file.name);
        fault.map_or(Ok(fetched.content), Err)
    }
}

/// Returns whether a file is there, or has a fault after which it is fetched again for at most this
/// long.
fn is_fetched(known: &[FetchedPlace], place: &str, at_most: FetchAgain) -> bool {
    let known = known.iter().find(|known| known.place == place);
    known.is_some_and(|known| match known.fault.map(FileFault::fetch_again) {
        None | Some(FetchAgain::Never) => true,
        Some(FetchAgain::Shortly) => at_most == FetchAgain::Shortly,
        Some(FetchAgain::InTime) => false,
    })
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
        let planned = prepared.job.step.kind.planned_files();
        let stored = (&leased.source, &leased.raw);
        let mut files = linked_files(&planned, stored, &self.sources);
        if files.is_empty() || self.has_waited(leased) {
            return Ok(prepared);
        }
        // if the store fails, they are fetched again
        let known = self.inbox.fetched_places(prepared.job.id).await;
        let known = known.unwrap_or_default();
        let given_up = if leased.step_attempt > FEW_ATTEMPTS {
            FetchAgain::Shortly
        } else {
            FetchAgain::Never
        };
        files.retain(|file| !is_fetched(&known, &file.place, given_up));
        if files.is_empty() {
            return Ok(prepared);
        }
        let id = prepared.job.id;
        let waits = files.iter().map(|file| {
            Explanation::File(FileExplanation {
                field: "files".to_owned(),
                place: file.place.clone(),
                what: waiting_for(&known, &file.place),
            })
        });
        let waits: Vec<Explanation> = waits.collect();
        fetcher.order(id, files);
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
        self.reported(task, report, job)
    }
}

/// Returns why a submission waits for a file.
fn waiting_for(known: &[FetchedPlace], place: &str) -> FileOutcome {
    let known = known.iter().find(|known| known.place == place);
    let fault = known.and_then(|known| known.fault);
    fault.map_or(FileOutcome::Fetched, FileOutcome::FetchedAgain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(id: SubmissionId, places: &[&str]) -> FetchOrder {
        let file = |place: &&str| LinkedFile {
            place: (*place).to_owned(),
            link: String::new(),
            name: String::new(),
            also: Vec::new(),
        };
        FetchOrder {
            id,
            files: places.iter().map(file).collect(),
        }
    }

    #[test]
    fn submissions_take_turns_with_their_files() {
        let mut turns = FetchTurns::default();
        turns.add(order(SubmissionId::fresh(), &["a1", "a2", "a3"]));
        turns.add(order(SubmissionId::fresh(), &["b1"]));
        turns.add(order(SubmissionId::fresh(), &["c1", "c2"]));
        let mut places = Vec::new();
        while let Some((order, file)) = turns.next() {
            places.push(file.place);
            turns.add(order);
        }
        assert_eq!(places, ["a1", "b1", "c1", "a2", "c2", "a3"]);
    }

    #[test]
    fn the_files_of_a_submission_are_ordered_once() {
        let (orders, mut received) = mpsc::channel(QUEUE);
        let ordered = Ordered::default();
        let orders = FetchOrders { orders, ordered };
        let id = SubmissionId::fresh();
        orders.order(id, Vec::new());
        orders.order(id, Vec::new());
        orders.order(SubmissionId::fresh(), Vec::new());
        let mut count = 0;
        while received.try_recv().is_ok() {
            count += 1;
        }
        assert_eq!(count, 2);
    }

    #[test]
    fn a_fault_decides_how_long_a_file_is_fetched_again() {
        let known = |fault| FetchedPlace {
            place: "a".into(),
            fault,
            size: 0,
        };
        for (fault, early, late) in [
            (None, true, true),
            (Some(FileFault::Link), true, true),
            (Some(FileFault::InnerAddress), true, true),
            (Some(FileFault::Gone), true, true),
            (Some(FileFault::Total), true, true),
            (Some(FileFault::UnknownHost), false, true),
            (Some(FileFault::Certificate), false, true),
            (Some(FileFault::NotThere), false, false),
            (Some(FileFault::NotFetched), false, false),
        ] {
            let known = [known(fault)];
            let is = |at_most| is_fetched(&known, "a", at_most);
            assert_eq!(is(FetchAgain::Never), early, "{fault:?}");
            assert_eq!(is(FetchAgain::Shortly), late, "{fault:?}");
            assert!(!is_fetched(&known, "b", FetchAgain::Shortly));
        }
    }
}
