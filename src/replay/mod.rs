//! Replays submissions from the history, by the current profile or as they were mapped, and shows the difference
//! before anything is done. Writes go through a store that may be open in a running gateway, too.

pub mod bulk;
mod difference;
mod dry_run;
mod plan;
mod written;

use jiff::Timestamp;
use serde::Serialize;

pub use self::difference::{PlanChange, PlanDifference, about_text, difference};
pub use self::dry_run::{DryRun, LeftAlone};
pub use self::plan::{NoPlan, stored_plan};
pub use self::written::WrittenBefore;
pub use crate::store::{ReplayBy, StoreError};

use crate::domain::{LoggedStep, Plan, State, StepVerdict, SubmissionId};
use crate::store::{Repeated, ReplayOrder, Store};

/// The states that are replayed by default.
const OPEN: [State; 4] = [
    State::Parked,
    State::Captured,
    State::Waiting,
    State::Ignored,
];

/// What a replay does with one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepFate {
    /// The step's name.
    pub name: String,
    /// Whether it runs.
    pub runs: StepRun,
}

/// Whether a step runs in a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepRun {
    /// Once more.
    Again,
    /// For the first time.
    First,
    /// It does not: it has ended like this.
    Stays(StepVerdict),
}

/// The states that a replay may include, and the plan that it uses.
#[derive(Debug, Clone)]
pub struct Replay(ReplayOrder);

impl Replay {
    /// Creates a replay of parked, captured, waiting and ignored submissions, and of rejected or delivered ones if
    /// `also` names these states. Of a delivered one all steps are finished, so it needs a [`step`](Self::step).
    pub fn new(by: ReplayBy, also: &[State]) -> Self {
        let closed = also
            .iter()
            .copied()
            .filter(|state| matches!(state, State::Rejected | State::Delivered));
        let states = OPEN.into_iter().chain(closed).collect();
        Self(ReplayOrder {
            by,
            states,
            repeated: None,
        })
    }

    /// Repeats the step of this name even if it is finished, also of delivered submissions.
    #[must_use]
    pub fn step(self, name: &str) -> Self {
        self.repeating(Repeated::Step(name.to_owned()))
    }

    /// Repeats the step of this name and those after it, even if they are finished, also of delivered submissions.
    #[must_use]
    pub fn from_step(self, name: &str) -> Self {
        self.repeating(Repeated::From(name.to_owned()))
    }

    fn repeating(mut self, repeated: Repeated) -> Self {
        self.0.repeated = Some(repeated);
        if !self.0.states.contains(&State::Delivered) {
            self.0.states.push(State::Delivered);
        }
        self
    }

    /// Returns the step to repeat.
    pub fn named_step(&self) -> Option<&str> {
        self.0.repeated.as_ref().map(Repeated::name)
    }

    /// Returns it as the store takes it.
    pub(crate) fn into_order(self) -> ReplayOrder {
        self.0
    }

    /// Returns what becomes of each step of this plan, by the outcomes in the history.
    pub fn fates(&self, plan: &Plan, done: &[LoggedStep]) -> Vec<StepFate> {
        let outcome = |name: &str| {
            done.iter()
                .map(|step| &step.outcome)
                .find(|it| it.name == name)
        };
        let begins = self.named_step().and_then(outcome).map(|it| it.position);
        let is_named = |name: &str, position: u32| match &self.0.repeated {
            None => false,
            Some(Repeated::Step(named)) => named == name,
            Some(Repeated::From(_)) => begins.is_some_and(|begins| position >= begins),
        };
        let fates = plan.steps.iter().map(|step| {
            let runs = match outcome(&step.name) {
                Some(outcome) if is_named(&step.name, outcome.position) => StepRun::Again,
                Some(outcome) if outcome.verdict.is_final() => StepRun::Stays(outcome.verdict),
                Some(_) => StepRun::Again,
                None => StepRun::First,
            };
            StepFate {
                name: step.name.clone(),
                runs,
            }
        });
        fates.collect()
    }

    /// Returns whether submissions in this state are included. Of a delivered one all steps are finished, so it is
    /// included only if a step is named.
    pub fn takes(&self, state: State) -> bool {
        let is_finished = state == State::Delivered && self.0.repeated.is_none();
        self.0.states.contains(&state) && !is_finished
    }

    /// Queues each submission, or returns why not. Results of earlier attempts are looked up before anything is
    /// created.
    pub async fn queue(
        &self,
        store: &Store,
        ids: Vec<SubmissionId>,
        now: Timestamp,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        store.replay(ids, self.0.clone(), now).await
    }
}
