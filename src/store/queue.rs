//! The types by which inbox and store exchange submissions.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::{
    Plan, Repairs, Route, Source, State, StepOutcome, Submission, SubmissionId, VerdictReason,
};

/// How long a submission is held back at most until its sender has told more.
pub(crate) const LONGEST_HOLD: SignedDuration = SignedDuration::from_hours(24);

/// What to do with an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Deliver it.
    Queue,
    /// Keep it until a profile takes it, if there is room.
    Quarantine(Room),
    /// Keep it until it can be decoded, if there is room.
    Undecodable {
        /// The room.
        room: Room,
        /// Why it cannot be decoded.
        reason: VerdictReason,
    },
    /// Keep it for the history; the reply says why it was refused.
    Reject {
        /// The reason.
        reason: VerdictReason,
    },
    /// Keep it for the history: nothing is to be done.
    Ignore {
        /// The reason.
        reason: VerdictReason,
    },
}

/// The limit of captured submissions of one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The number of submissions.
    pub most: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// A captured submission.
#[derive(Clone, PartialEq, Eq)]
pub struct Captured {
    /// Its place in the order of acceptance.
    pub seq: i64,
    /// Its id.
    pub id: SubmissionId,
    /// Its source.
    pub source: Source,
    /// The body as it came.
    pub raw: Bytes,
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captured")
            .field("id", &self.id)
            .field("source", &self.source)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .finish_non_exhaustive()
    }
}

/// A submission on its way into the store.
pub(crate) struct Arrival {
    pub(crate) id: SubmissionId,
    pub(crate) source: Source,
    pub(crate) received_at: Timestamp,
    pub(crate) raw: Bytes,
    /// What was repaired so that the bytes could be decoded.
    pub(crate) repairs: Repairs,
    pub(crate) profile: Option<String>,
    /// The route on which it is to be delivered, as far as it is known.
    pub(crate) route: Route,
    pub(crate) admission: Admission,
    /// When it is delivered, if it is queued.
    pub(crate) due_at: Timestamp,
}

/// The profile that takes a submission.
#[derive(Debug, Clone)]
pub struct Taker {
    /// The profile, by its file.
    pub profile: String,
    /// The route on which the profile sends it.
    pub route: Route,
}

impl Arrival {
    pub(crate) fn new(
        submission: &Submission,
        profile: Option<&str>,
        admission: Admission,
    ) -> Self {
        Self {
            id: submission.id,
            source: submission.source.clone(),
            received_at: submission.received_at,
            raw: submission.raw.clone(),
            repairs: submission.repairs,
            profile: profile.map(str::to_owned),
            route: Route::default(),
            admission,
            due_at: submission.received_at,
        }
    }
}

/// What the store did with an arrival, after it was written to disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It was not known, or had been refused before.
    New {
        /// Its id: that of the refused one, if there was one.
        id: SubmissionId,
    },
    /// It is a repeat. It was counted; a captured submission may have been queued.
    Known {
        /// The id of the known submission.
        id: SubmissionId,
        /// Its state.
        state: State,
        /// The number of repeats, including this one.
        repeats: u32,
        /// Whether the repeat has the same bytes; other bytes are kept in the journal.
        same_body: bool,
    },
}

impl Accepted {
    /// Returns the id under which the submission is kept.
    pub fn id(&self) -> SubmissionId {
        match self {
            Self::New { id } | Self::Known { id, .. } => *id,
        }
    }
}

/// The right to settle a submission: which one, in which attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The submission.
    pub id: SubmissionId,
    /// The number of the attempt, counted from 1.
    pub attempt: u32,
    /// When it was due. If the lease is released, it is due at this time again.
    pub due_at: Timestamp,
}

/// The number of submissions that may be leased.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shares {
    /// The limit of each of these routes.
    pub named: BTreeMap<Route, usize>,
    /// The limit of all other routes together.
    pub others: usize,
}

impl Shares {
    /// Returns whether nothing may be leased at all.
    pub fn is_empty(&self) -> bool {
        self.others == 0 && self.named.values().all(|share| *share == 0)
    }
}

/// Shares for this many submissions on any route.
impl From<usize> for Shares {
    fn from(others: usize) -> Self {
        Self {
            named: BTreeMap::new(),
            others,
        }
    }
}

/// When there is work on the routes of some shares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NextWork {
    /// When the next attempt on a route with a share is due; in the past if work is waiting.
    pub due: Option<Timestamp>,
    /// Whether any submission waits on a route that is not in the shares.
    pub unserved: bool,
}

/// A submission on a route that is not served.
#[derive(Clone, PartialEq)]
pub struct Unserved {
    /// Its id.
    pub id: SubmissionId,
    /// Its source.
    pub source: Source,
    /// When it was received.
    pub received_at: Timestamp,
    /// The body as received.
    pub raw: Bytes,
    /// The plan to deliver, if it is fixed; otherwise today's profile makes it.
    pub stored_plan: Option<Plan>,
    /// The outcomes of its steps.
    pub steps: Vec<StepOutcome>,
    /// Its current route.
    pub route: Route,
}

impl fmt::Debug for Unserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unserved")
            .field("id", &self.id)
            .field("source", &self.source)
            .field("received_at", &self.received_at)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .field("stored_plan", &self.stored_plan.is_some())
            .field("steps", &self.steps)
            .field("route", &self.route)
            .finish()
    }
}

/// A submission and its new route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rerouted {
    /// Its id.
    pub id: SubmissionId,
    /// The old route.
    pub from: Route,
    /// The new route.
    pub to: Route,
}

/// A leased submission.
#[derive(Clone, PartialEq)]
pub struct Leased {
    /// The lease to settle.
    pub lease: Lease,
    /// The number of this attempt among those of the current step, counted from 1.
    pub step_attempt: u32,
    /// Its source.
    pub source: Source,
    /// When it was received.
    pub received_at: Timestamp,
    /// The body as received.
    pub raw: Bytes,
    /// The profile that accepted it on receipt, or that made its latest plan, by its file.
    pub profile: Option<String>,
    /// Whether an earlier attempt may have written something that is not known: check before
    /// creating anything.
    pub uncertain: bool,
    /// The step to which `uncertain` belongs: the one that was last tried, or the next one; `None`
    /// if it is not known.
    pub step: Option<String>,
    /// The outcomes of its steps.
    pub steps: Vec<StepOutcome>,
    /// The plan to deliver, if it is fixed: a person chose one from the history, or a step of it is
    /// finished. Otherwise today's profile makes it.
    pub stored_plan: Option<Plan>,
    /// Whether the program ended while it worked on this submission, and it has had no outcome
    /// since: it is delivered alone.
    pub suspect: bool,
}

impl fmt::Debug for Leased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leased")
            .field("lease", &self.lease)
            .field("step_attempt", &self.step_attempt)
            .field("source", &self.source)
            .field("received_at", &self.received_at)
            .field("raw", &format_args!("{} bytes", self.raw.len()))
            .field("profile", &self.profile)
            .field("uncertain", &self.uncertain)
            .field("step", &self.step)
            .field("steps", &self.steps)
            .field("stored_plan", &self.stored_plan.is_some())
            .field("suspect", &self.suspect)
            .finish()
    }
}

/// What was read for a leased submission.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptReading {
    /// The lease, which is released.
    pub lease: Lease,
    /// The source, with what was read in its details.
    pub source: Source,
}

/// How a person replays a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayOrder {
    /// The plan to deliver.
    pub by: ReplayBy,
    /// The states that are replayed; in any other the submission is left alone.
    pub states: Vec<State>,
    /// What to repeat even if it is finished; `None` for the unfinished steps only.
    pub repeated: Option<Repeated>,
}

/// The finished steps that a replay repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeated {
    /// This step alone.
    Step(String),
    /// This step and those after it.
    From(String),
}

impl Repeated {
    /// Returns the step's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Step(name) | Self::From(name) => name,
        }
    }
}

/// The plan that a replay delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayBy {
    /// The plan that today's profile makes.
    TodaysProfile,
    /// The last plan of its history.
    StoredPlan,
}
