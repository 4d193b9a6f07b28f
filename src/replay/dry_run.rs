//! What a replay would do with one submission. Nothing is written.

use serde_json::{Value, json};

use super::difference::{PlanDifference, difference};
use super::plan::{NoPlan, stored_plan};
use super::{Replay, StepFate, WrittenBefore};
use crate::domain::{Lang, Plan, SourceKinds, State, bilingual};
use crate::journal::History;
use crate::mapping::ProfileSet;

/// What a replay would do with one submission.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// Why it would be left alone; `None` if it would be queued.
    pub left: Option<LeftAlone>,
    /// The plan, or why there is none.
    pub plan: Result<Plan, NoPlan>,
    /// The differences from the plan of its history; `None` unless both plans exist.
    pub changes: Option<PlanDifference>,
    /// Which steps run; none unless it would be queued.
    pub fates: Vec<StepFate>,
}

/// Why a replay leaves a submission alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftAlone {
    /// Its state is not one that is replayed.
    State(State),
    /// Its plan does not have the step that is to be repeated.
    LacksStep {
        /// The step.
        wanted: String,
        /// The steps of the plan.
        steps: Vec<String>,
    },
}

impl LeftAlone {
    /// Returns why in words, without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::State(state) => state.in_short(lang).to_owned(),
            Self::LacksStep { steps, .. } if steps.is_empty() => {
                bilingual!("its plan has no steps", "в его плане нет шагов").pick(lang)
            }
            Self::LacksStep { wanted, steps } => {
                let steps = steps.join(", ");
                bilingual!(
                    "its plan has no step {wanted}; its steps: {steps}",
                    "в его плане нет шага {wanted}; шаги: {steps}"
                )
                .pick(lang)
            }
        }
    }
}

impl Replay {
    /// Returns what a replay by these profiles would do with a submission.
    pub fn dry_run(
        &self,
        history: &History,
        profiles: &ProfileSet,
        sources: &SourceKinds,
    ) -> DryRun {
        let plan = self.plan(history, profiles, sources);
        let state = history.entry.state;
        let left = if self.takes(state) {
            self.lacks_step(plan.as_ref().ok())
        } else {
            Some(LeftAlone::State(state))
        };
        let changes = match (stored_plan(history), &plan) {
            (Some(stored), Ok(plan)) => {
                let written = WrittenBefore::of(history);
                Some(difference(stored, plan, written))
            }
            (None, _) | (_, Err(_)) => None,
        };
        let fates = match (&plan, &left) {
            (Ok(plan), None) => self.fates(plan, &history.steps),
            _ => Vec::new(),
        };
        DryRun {
            left,
            plan,
            changes,
            fates,
        }
    }

    /// Returns that a plan does not have the step to repeat. Without a plan the attempt says why.
    pub fn lacks_step(&self, plan: Option<&Plan>) -> Option<LeftAlone> {
        let wanted = self.named_step()?;
        let steps = plan?.steps.iter().map(|step| step.name.clone());
        let steps: Vec<String> = steps.collect();
        if steps.iter().any(|step| step == wanted) {
            return None;
        }
        Some(LeftAlone::LacksStep {
            wanted: wanted.to_owned(),
            steps,
        })
    }
}

impl DryRun {
    /// Returns it as JSON: the plan or why there is none, what changes, which steps run.
    pub fn to_json(&self, lang: Lang) -> Value {
        let no_plan = self.plan.as_ref().err().map(|why| why.to_text(lang));
        let changes = self.changes.as_ref();
        json!({
            "plan": self.plan.as_ref().ok(),
            "no_plan": no_plan,
            "changes": changes.map(|changes| &changes.changes),
            "kept": changes.map(|changes| &changes.kept),
            "steps": self.fates,
        })
    }
}
