//! From a lease to a job: the plan, its next step, and the step's destination.

use tracing::Span;

use super::attempt::{Attempt, Task, park, park_unmapped};
use super::{Pipeline, Prepared};
use crate::delivery::Job;
use crate::domain::file::AttachedFiles;
use crate::domain::{
    Destination, ParkReason, Plan, Route, Step, StepOutcome, StepResult, StepVerdict,
    VerdictReason, body,
};
use crate::inbox::Leased;
use crate::mapping::{MappingOutcome, Rejection, Resolved, StepContext, resolve};

impl Pipeline {
    /// Returns the next step of a submission, ready to be delivered, or the attempt that settles it
    /// at once.
    pub(super) fn prepare(&self, leased: &Leased, span: &Span) -> Result<Prepared, Box<Attempt>> {
        let plan = span.in_scope(|| self.plan(leased))?;
        span.record("profile", &plan.profile.file);
        let next = self.following(&plan, &leased.steps);
        let first = plan.next_step(&leased.steps);
        let Some((position, step)) = first.map(|(position, step)| (position, step.clone())) else {
            return Err(Box::new(Attempt::without_step(plan, &leased.steps)));
        };
        span.record("step", &step.name);
        let known = self.destinations.of_step(&step.kind);
        let resolved = span.in_scope(|| resolve(step.clone(), context(leased)));
        let Resolved::Deliver(step) = resolved else {
            let destination = known.cloned().unwrap_or_else(|| named(&step));
            let unsent = Task {
                position: u32::try_from(position).unwrap_or(u32::MAX),
                next,
                ..unsent(leased, destination, plan)
            };
            return Err(Box::new(self.unresolved(unsent, resolved)));
        };
        let Some(destination) = known else {
            return Err(Box::new(park(ParkReason::NoConnection, missing(&step))));
        };
        let earlier = leased.steps.iter().find(|one| one.name == step.name);
        let is_unknown = earlier.is_some_and(|one| one.verdict == StepVerdict::Uncertain);
        let made = earlier.map(|one| self.made_there(one, destination));
        let made = made.unwrap_or_default();
        // what was made elsewhere may still be found, for example if a connection was renamed
        let is_elsewhere = made.is_empty() && earlier.is_some_and(|one| !one.result.is_empty());
        let job = Job {
            files: AttachedFiles::default(),
            id: leased.lease.id,
            profile: plan.profile.file.clone(),
            steps: others(&leased.steps, &step),
            uncertain: leased.uncertain || is_unknown || is_elsewhere,
            made,
            step,
            attempt: leased.lease.attempt,
            step_attempt: leased.step_attempt,
        };
        Ok(Prepared {
            keys: job.step.kind.search_keys(),
            suspect: leased.suspect,
            span: span.clone(),
            task: Task {
                lease: leased.lease,
                source: leased.source.clone(),
                step_attempt: leased.step_attempt,
                position: u32::try_from(position).unwrap_or(u32::MAX),
                destination: destination.clone(),
                made: job.made.clone(),
                is_other_uncertain: leased.uncertain
                    && plan.steps.len() > 1
                    && leased.step.as_ref() != Some(&job.step.name),
                next,
                is_continued: is_continued(leased),
                waited: None,
                plan,
            },
            job,
        })
    }

    /// Returns the attempt of a step that is not sent.
    fn unresolved(&self, task: Task, resolved: Resolved) -> Attempt {
        match resolved {
            Resolved::Park { reason, why } => Attempt::unsent(task, reason, why, &self.retry()),
            Resolved::Skip | Resolved::Deliver(_) => Attempt::skipped(task),
        }
    }

    /// Returns what an earlier attempt at a step has made at this destination. The ids of another
    /// destination mean other people's records here.
    fn made_there(&self, earlier: &StepOutcome, destination: &Destination) -> StepResult {
        if self
            .destinations
            .is_same_place(&earlier.destination, destination)
        {
            earlier.result.clone()
        } else {
            StepResult::default()
        }
    }

    /// Returns the name and the route of the second unfinished step.
    fn following(&self, plan: &Plan, outcomes: &[StepOutcome]) -> Option<(String, Route)> {
        let (_, step) = plan.unfinished_steps(outcomes).nth(1)?;
        let destination = self.destinations.of_step(&step.kind);
        let route = self.profiles.current().route(destination);
        Some((step.name.clone(), route))
    }

    /// Returns the fixed plan, or the plan by today's profiles, or the attempt that parks the
    /// submission.
    pub(super) fn plan(&self, leased: &Leased) -> Result<Plan, Box<Attempt>> {
        if let Some(plan) = &leased.stored_plan {
            return Ok(plan.clone());
        }
        let source = &leased.source;
        let body = self
            .sources
            .decode(source, &leased.raw)
            .map_err(|mistake| match mistake {
                // a body that is a single value is stored, but not mapped
                body::Mistake::Scalar | body::Mistake::Unknown => {
                    park(ParkReason::MappingFailed, VerdictReason::SingleValue)
                }
                _ => park(ParkReason::InternalFault, VerdictReason::BodyUnreadable),
            })?;
        let profiles = self.profiles.current();
        let profile = profiles
            .for_source(source, &body)
            .ok_or_else(|| park(ParkReason::NoProfile, VerdictReason::NoProfile))?;
        match profile.plan(source, leased.received_at, &body) {
            MappingOutcome::Plan(mut plan) => {
                plan.profile.outdated = profiles.is_outdated(profile);
                if source.is_trial() {
                    plan.mark_trial();
                }
                Ok(*plan)
            }
            MappingOutcome::Park { reason, note } => {
                Err(Box::new(park_unmapped(reason, vec![note])))
            }
            MappingOutcome::Reject(rejections) => {
                let notes = rejections.iter().map(Rejection::note).collect();
                Err(Box::new(park_unmapped(ParkReason::MissingValue, notes)))
            }
        }
    }
}

/// Returns the task of a step that is not sent.
fn unsent(leased: &Leased, destination: Destination, plan: Plan) -> Task {
    Task {
        source: leased.source.clone(),
        lease: leased.lease,
        step_attempt: leased.step_attempt,
        position: 0,
        destination,
        made: StepResult::default(),
        is_other_uncertain: false,
        next: None,
        is_continued: is_continued(leased),
        waited: None,
        plan,
    }
}

/// Returns what the results of earlier steps decide.
fn context(leased: &Leased) -> StepContext<'_> {
    StepContext {
        id: leased.lease.id,
        outcomes: &leased.steps,
    }
}

/// Returns whether an earlier attempt has stored the plan, and finished a step of it.
fn is_continued(leased: &Leased) -> bool {
    leased.stored_plan.is_some() && leased.steps.iter().any(|one| one.verdict.is_final())
}

/// Returns the destination that a step names, whether the settings have it or not.
fn named(step: &Step) -> Destination {
    let (kind, name) = step.kind.destination();
    Destination::new(kind, name.unwrap_or_default())
}

/// Returns which destination of a step the settings lack.
fn missing(step: &Step) -> VerdictReason {
    let (kind, name) = step.kind.destination();
    if kind == Destination::CRM {
        return VerdictReason::NoConnection(name.map(str::to_owned));
    }
    VerdictReason::NoDestination(match name {
        Some(name) => format!("{kind}:{name}"),
        None => kind.to_owned(),
    })
}

/// Returns the outcomes of all steps but this one.
fn others(outcomes: &[StepOutcome], step: &Step) -> Vec<StepOutcome> {
    let others = outcomes.iter().filter(|one| one.name != step.name);
    others.cloned().collect()
}
