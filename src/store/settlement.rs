//! How an attempt ended, for the store.

use jiff::Timestamp;

use crate::domain::{ParkReason, Route, State, StepOutcome, VerdictReason};

/// How an attempt ended. Each attempt is at one step of the submission's plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// All steps are finished.
    Delivered {
        /// The last step; `None` if the plan had nothing left to do.
        step: Option<StepOutcome>,
    },
    /// The step is finished and another one follows. The plan of the attempt is kept for the
    /// remaining steps.
    Advance {
        /// The finished step.
        step: StepOutcome,
        /// The name of the next step.
        next: String,
        /// The route of its destination.
        route: Route,
    },
    /// It failed for a passing reason.
    Retry {
        /// When to try again.
        due_at: Timestamp,
        /// The reason.
        reason: VerdictReason,
        /// Whether something may have been written nevertheless.
        uncertain: Uncertain,
        /// What the step has made so far; `None` if nothing.
        step: Option<StepOutcome>,
    },
    /// A person has to look at it.
    Park {
        /// The reason, from the closed list.
        reason: ParkReason,
        /// The details.
        note: VerdictReason,
        /// What the step has made so far; `None` if nothing.
        step: Option<StepOutcome>,
    },
    /// A rule says that nothing is to be done.
    Ignored {
        /// The rule.
        note: VerdictReason,
    },
}

/// Whether the outcome of what was sent is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertain {
    /// Everything that was written is known.
    No,
    /// Something may have been written that is not known.
    Yes,
}

impl Settlement {
    /// Returns the state in which it leaves the submission.
    pub fn state(&self) -> State {
        match self {
            Self::Delivered { .. } => State::Delivered,
            Self::Advance { .. } => State::Queued,
            Self::Retry { .. } => State::Waiting,
            Self::Park { .. } => State::Parked,
            Self::Ignored { .. } => State::Ignored,
        }
    }

    /// Returns the outcome of the step, if it made anything.
    pub fn step(&self) -> Option<&StepOutcome> {
        match self {
            Self::Advance { step, .. } => Some(step),
            Self::Delivered { step } | Self::Retry { step, .. } | Self::Park { step, .. } => {
                step.as_ref()
            }
            Self::Ignored { .. } => None,
        }
    }
}
