//! Delivers steps to their destinations. Each kind of step has a folder of its own. This file has
//! what all kinds share: jobs, reports, and [`DestinationClient`], which each kind implements.
//! Nothing in this module knows packets, profiles or the queue.

pub mod crm;
pub mod http;
pub mod links;
pub mod mail;
#[cfg(test)]
pub mod probe;
pub mod recording;

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::domain::event::Call;
use crate::domain::file::AttachedFiles;
use crate::domain::{
    CompanyId, ContactId, EntityKind, Explanation, ParkReason, RecordId, Step, StepOutcome,
    StepResult, SubmissionId, VerdictReason,
};

/// Delivers to one destination.
pub trait DestinationClient: fmt::Debug + Send + Sync {
    /// Delivers steps. Returns one outcome per job, in order. A failed delivery is a report, not an
    /// error.
    fn deliver<'a>(&'a self, jobs: &'a [Job], helpers: Helpers<'a>) -> BoxFuture<'a, Vec<Outcome>>;

    /// Checks with one cheap call whether a paused destination works again.
    fn check_health(&self) -> BoxFuture<'_, Result<(), Outage>>;

    /// Returns whether [`DestinationClient::check_health`] asks the destination. Without a question
    /// only a delivery shows that it works again.
    fn is_asked(&self) -> bool {
        true
    }

    /// Returns the group of destinations that share lanes: within a group, steps with a common
    /// search key are delivered one after the other. Destinations that lead to the same records
    /// must return the same group.
    fn lane_group(&self) -> String;

    /// Returns the largest number of jobs in a batch that begins now; a batch is one call of
    /// [`DestinationClient::deliver`].
    fn largest_batch(&self) -> usize;

    /// Returns how many calls are under way, and how many may be; `None` without such a limit.
    fn calls(&self) -> Option<(usize, usize)> {
        None
    }

    /// Returns what log lines call the other side, such as `the portal`.
    fn noun(&self) -> &'static str;
}

/// What a delivery asks of the pipeline.
#[derive(Clone, Copy)]
pub struct Helpers<'a> {
    /// Gives turns.
    pub turns: &'a dyn Turns,
    /// Keeps submissions apart that found the same.
    pub claims: &'a dyn Claims,
}

/// The outcome of an attempt, or what a step has to wait for.
pub type Outcome = Result<Report, Deferred>;

/// A step of which nothing was written: another submission under way has what it found. It waits in
/// its lane and looks up again.
#[derive(Debug, Clone)]
pub struct Deferred {
    /// The calls of its look-up, without credentials.
    pub calls: Vec<Call>,
}

/// Keeps submissions apart that found the same contact, company or record by different keys: a claim
/// lasts from the look-up until the outcome of the changes is known.
pub trait Claims: Send + Sync {
    /// Notes that a look-up begins. What others write from now on makes its result outdated.
    fn look_up_begins(&self);

    /// Claims for each submission, oldest first, all that it uses of what was found, or nothing.
    /// Returns which claims succeeded. Without a look-up since the last claim, only others' claims
    /// count.
    fn claim(&self, wanted: Vec<(SubmissionId, BTreeSet<FoundId>)>) -> Vec<bool>;
}

/// Something that a look-up found in a CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundId {
    /// A contact.
    Contact(ContactId),
    /// A company.
    Company(CompanyId),
    /// A lead, deal or item.
    Record(EntityKind, RecordId),
}

/// Gives submissions their turns in rotations.
pub trait Turns: Send + Sync {
    /// Returns the turns of these submissions in the rotations of these names, counted from 0;
    /// `None` if the turns cannot be stored. A submission keeps its turn.
    fn assign(&self, wanted: Vec<(String, SubmissionId)>) -> BoxFuture<'_, Option<Vec<u64>>>;
}

/// One step of one submission to deliver.
#[derive(Debug, Clone)]
pub struct Job {
    /// The submission.
    pub id: SubmissionId,
    /// The profile's file.
    pub profile: String,
    /// The step.
    pub step: Step,
    /// The outcomes of the submission's other steps.
    pub steps: Vec<StepOutcome>,
    /// Whether an earlier attempt may have made something that leadgate does not know of: check
    /// before making anything.
    pub uncertain: bool,
    /// What an earlier attempt at this step has made. Use it again while it exists.
    pub made: StepResult,
    /// The contents of its files.
    pub files: AttachedFiles,
    /// The number of this attempt among those of the submission.
    pub attempt: u32,
    /// The number of this attempt among those of the step, counted from 1.
    pub step_attempt: u32,
}

impl Job {
    /// Returns a value from the result of an earlier step, such as `deal_id` of the step `crm`.
    pub fn value(&self, step: &str, name: &str) -> Option<&Value> {
        let is_it = |outcome: &&StepOutcome| outcome.name == step && outcome.verdict.is_final();
        self.steps.iter().find(is_it)?.result.get(name)
    }
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The destination has it.
    Done,
    /// Not done yet: retry later.
    Retry {
        /// The reason, for the journal.
        why: VerdictReason,
        /// Whether something may have been made that leadgate does not know of.
        uncertain: bool,
        /// Why the whole destination has to pause, if every other submission would fail, too.
        pause: Option<PauseReason>,
        /// The wait that the destination asks for, instead of the usual back-off.
        wait: Option<Duration>,
    },
    /// A person has to decide or fix something.
    Park {
        /// The reason.
        reason: ParkReason,
        /// The details.
        text: VerdictReason,
    },
}

/// Why a whole destination pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// It asks for fewer requests.
    Throttled,
    /// It cannot be reached.
    Unreachable,
    /// It gave no usable answer: it may be down behind its proxy, or this one request may be the
    /// cause.
    Unanswered,
    /// It rejects the credentials.
    Denied,
}

/// A destination that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The reason.
    pub reason: PauseReason,
    /// The error.
    pub error: String,
}

/// The outcome of an attempt, with the calls that were made.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// What it made, and what later steps may use.
    pub result: StepResult,
    /// Whether anything may have been written.
    pub wrote: bool,
    /// The explanation, point by point.
    pub explanation: Vec<Explanation>,
    /// The calls, without credentials.
    pub calls: Vec<Call>,
}

impl Report {
    /// Returns the report of an attempt that sent nothing.
    fn unsent(verdict: Verdict) -> Self {
        Self {
            verdict,
            result: StepResult::default(),
            wrote: false,
            explanation: Vec::new(),
            calls: Vec::new(),
        }
    }
}

impl Verdict {
    /// Returns the verdict on a step of another kind, which is never sent to this destination. `what`
    /// happened is for the log.
    fn misdirected(job: &Job, what: &str) -> Self {
        tracing::error!(
            submission.id = %job.id, step = job.step.name,
            "a bug in leadgate: {what}; please report it"
        );
        Self::Park {
            reason: ParkReason::InternalFault,
            text: VerdictReason::Fault,
        }
    }
}
