//! The result of one attempt at a step, for the inbox and the journal.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Backoff;
use crate::delivery::{Deferred, PauseReason, Report, Verdict};
use crate::domain::event::{Remark, StepFinished};
use crate::domain::{
    Destination, DroppedValue, Event, Explanation, IfItFails, Lang, Note, ParkReason, Plan,
    Refusal, Route, Source, StepOutcome, StepResult, StepVerdict, VerdictReason,
};
use crate::inbox::{Lease, Settlement, Uncertain};

/// The step of a lease that is being delivered.
pub(super) struct Task {
    pub(super) lease: Lease,
    pub(super) source: Source,
    /// The number of this attempt among those of the step, counted from 1.
    pub(super) step_attempt: u32,
    pub(super) plan: Plan,
    /// The position of the step in the plan.
    pub(super) position: u32,
    pub(super) destination: Destination,
    /// What earlier attempts at the step have made at this destination.
    pub(super) made: StepResult,
    /// Whether another step of the plan may have made something unknown.
    pub(super) is_other_uncertain: bool,
    /// The step that follows, and its route.
    pub(super) next: Option<(String, Route)>,
    /// Whether an earlier attempt has stored this plan, and finished a step of it.
    pub(super) is_continued: bool,
    /// The look-up after which this attempt had to wait for another submission; the last one, if it
    /// waited several times.
    pub(super) waited: Option<Deferred>,
}

/// The result of one attempt: the settlement, the events, and the pause of its destination.
pub(super) struct Attempt {
    pub(super) settlement: Settlement,
    pub(super) events: Vec<Event>,
    /// Why its destination pauses, with the error.
    pub(super) pause: Option<(PauseReason, String)>,
    /// The profile of its plan, if there was one.
    pub(super) profile: Option<String>,
}

impl Attempt {
    /// Creates the attempt of a report. `before` says whether the outcome of an earlier attempt was
    /// unknown; `retry` sets the time of the next one.
    pub(super) fn of(mut task: Task, report: Report, before: Uncertain, retry: &Retry<'_>) -> Self {
        let mut events = Vec::new();
        let profile = Some(task.plan.profile.file.clone());
        if !task.is_continued {
            events.extend(planned(task.plan.clone()));
        }
        if let Some(waited) = task.waited.take() {
            events.extend(waited.calls.into_iter().map(Event::Call));
            events.push(Event::remark(Remark::WaitedForAnother));
        }
        let Report {
            verdict,
            result,
            wrote,
            explanation,
            calls,
        } = report;
        events.extend(calls.into_iter().map(Event::Call));
        events.extend(explanation.into_iter().map(Event::Because));
        let pause = match &verdict {
            Verdict::Retry { why, pause, .. } => {
                pause.map(|reason| (reason, why.to_text(Lang::En)))
            }
            Verdict::Done | Verdict::Park { .. } => None,
        };
        let has_several = task.plan.steps.len() > 1;
        let made = Made {
            result,
            wrote,
            uncertain: before == Uncertain::Yes,
        };
        let settlement = task.settlement(verdict, made, retry);
        if has_several {
            events.extend(step_finished(&settlement));
        }
        Self {
            settlement,
            events,
            pause,
            profile,
        }
    }

    /// Creates the attempt of a step whose `when` does not hold.
    pub(super) fn skipped(task: Task) -> Self {
        let profile = Some(task.plan.profile.file.clone());
        let mut events = Vec::new();
        if !task.is_continued {
            events.extend(planned(task.plan.clone()));
        }
        let settlement = task.finish(StepVerdict::Skipped, StepResult::default(), None);
        events.extend(step_finished(&settlement));
        Self {
            settlement,
            events,
            pause: None,
            profile,
        }
    }

    /// Creates the attempt of a step that cannot be sent.
    pub(super) fn unsent(
        task: Task,
        reason: ParkReason,
        text: VerdictReason,
        retry: &Retry<'_>,
    ) -> Self {
        let report = Report {
            verdict: Verdict::Park { reason, text },
            result: StepResult::default(),
            wrote: false,
            explanation: Vec::new(),
            calls: Vec::new(),
        };
        Self::of(task, report, Uncertain::No, retry)
    }

    /// Creates the attempt of a plan that has nothing left to do.
    pub(super) fn without_step(plan: Plan, outcomes: &[StepOutcome]) -> Self {
        let profile = Some(plan.profile.file.clone());
        let mut events = planned(plan);
        if !outcomes.is_empty() {
            events.push(Event::remark(Remark::AllStepsFinished));
        }
        Self {
            settlement: Settlement::Delivered { step: None },
            events,
            pause: None,
            profile,
        }
    }
}

/// Returns the events of a new plan: the plan, and what it left out.
fn planned(plan: Plan) -> Vec<Event> {
    let notes = plan.notes.iter().cloned();
    let notes: Vec<Event> = notes
        .map(|note| Event::Because(Explanation::Mapping(note)))
        .collect();
    let mut events = vec![Event::planned(plan)];
    events.extend(notes);
    events
}

/// Returns the event of a finished step.
fn step_finished(settlement: &Settlement) -> Option<Event> {
    let step = settlement.step().filter(|step| step.verdict.is_final())?;
    let refusal = step.refusal.as_ref();
    Some(Event::Step(StepFinished {
        name: step.name.clone(),
        destination: step.destination.to_string(),
        verdict: step.verdict,
        reason: refusal.map(|refusal| refusal.reason),
        text: refusal.map(|refusal| refusal.text.clone()),
    }))
}

/// What an attempt made.
struct Made {
    result: StepResult,
    wrote: bool,
    /// Whether the attempt began without knowing what an earlier one had made.
    uncertain: bool,
}

impl Task {
    /// Returns the settlement for a verdict. A refused step that the plan may continue without
    /// counts as finished.
    fn settlement(self, verdict: Verdict, made: Made, retry: &Retry<'_>) -> Settlement {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        let if_it_fails = self.plan.steps.get(position).map(|step| step.if_it_fails);
        match verdict {
            Verdict::Done => self.finish(StepVerdict::Done, made.result, None),
            Verdict::Park { reason, text } if if_it_fails == Some(IfItFails::Continue) => self
                .finish(
                    StepVerdict::Refused,
                    made.result,
                    Some(Refusal { reason, text }),
                ),
            Verdict::Park { reason, text } => Settlement::Park {
                reason,
                note: text,
                step: self.progress(made),
            },
            Verdict::Retry {
                why,
                uncertain,
                pause,
                wait,
            } => Settlement::Retry {
                due_at: later(retry.now, retry.wait(&self, pause, wait)),
                reason: why,
                uncertain: if uncertain || self.is_other_uncertain {
                    Uncertain::Yes
                } else {
                    Uncertain::No
                },
                step: self.progress(Made { uncertain, ..made }),
            },
        }
    }

    /// Finishes the step: the next one follows, or the submission is delivered.
    fn finish(
        mut self,
        verdict: StepVerdict,
        result: StepResult,
        refusal: Option<Refusal>,
    ) -> Settlement {
        let next = self.next.take();
        let step = StepOutcome {
            refusal,
            ..self.outcome(verdict, result)
        };
        match next {
            Some((next, route)) => Settlement::Advance { step, next, route },
            None => Settlement::Delivered { step: Some(step) },
        }
    }

    /// Returns the outcome of the unfinished step; `None` if it certainly wrote nothing: then the
    /// next attempt decides again.
    fn progress(mut self, made: Made) -> Option<StepOutcome> {
        let verdict = if made.uncertain {
            StepVerdict::Uncertain
        } else {
            StepVerdict::Unfinished
        };
        let result = if made.wrote {
            made.result
        } else {
            std::mem::take(&mut self.made)
        };
        (made.wrote || made.uncertain).then(|| self.outcome(verdict, result))
    }

    /// Returns the outcome of the step.
    fn outcome(self, verdict: StepVerdict, result: StepResult) -> StepOutcome {
        let position = usize::try_from(self.position).unwrap_or(usize::MAX);
        let mut steps = self.plan.steps;
        let name = if position < steps.len() {
            steps.swap_remove(position).name
        } else {
            String::new()
        };
        StepOutcome {
            position: self.position,
            name,
            destination: self.destination,
            verdict,
            result,
            refusal: None,
        }
    }
}

/// What the time of the next attempt depends on.
pub(super) struct Retry<'a> {
    pub(super) now: Timestamp,
    pub(super) backoff: &'a Backoff,
}

impl Retry<'_> {
    /// Returns how long this submission waits for its next attempt.
    fn wait(&self, task: &Task, pause: Option<PauseReason>, wait: Option<Duration>) -> Duration {
        match (pause, wait) {
            // the paused destination holds everything back, so no wait of its own is needed
            (Some(PauseReason::Throttled | PauseReason::Unreachable | PauseReason::Denied), _) => {
                Duration::from_millis(100)
            }
            (None, Some(wait)) => wait,
            // this submission may be the cause, so it backs off
            (Some(PauseReason::Unanswered), _) | (None, None) => {
                self.backoff.of_submission(task.lease.id, task.step_attempt)
            }
        }
    }
}

/// Returns the time after a wait.
pub(super) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait)
        .ok()
        .and_then(|wait| now.checked_add(wait).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Creates the attempt that parks a submission before anything was sent.
pub(super) fn park(reason: ParkReason, note: VerdictReason) -> Attempt {
    let settlement = Settlement::Park {
        reason,
        note,
        step: None,
    };
    Attempt {
        settlement,
        events: Vec::new(),
        pause: None,
        profile: None,
    }
}

/// Creates the attempt that parks a submission for which the profile makes no plan; the notes say
/// why.
pub(super) fn park_unmapped(reason: ParkReason, notes: Vec<Note>) -> Attempt {
    let why = VerdictReason::unmapped(notes.iter().cloned());
    let because = notes
        .into_iter()
        .map(|note| Event::Because(Explanation::Mapping(note)));
    Attempt {
        events: because.collect(),
        ..park(reason, why)
    }
}

/// Creates the attempt of a submission whose processing panicked.
pub(super) fn fault(lease: Lease) -> Attempt {
    tracing::error!(submission.id = %lease.id, "a bug in leadgate: please report it");
    park(ParkReason::InternalFault, VerdictReason::Fault)
}

/// Counts the values that were left out of a settled submission or of a finished step. Both labels
/// are names from the profiles, so the number of series is bounded.
pub(super) fn count_left_out(attempt: &Attempt) {
    let Some(profile) = &attempt.profile else {
        return;
    };
    for dropped in left_out(attempt) {
        metrics::counter!(
            "leadgate_values_left_out_total",
            "profile" => profile.clone(), "field" => dropped.field
        )
        .increment(1);
    }
}

/// Returns what an attempt has left out for good. An attempt at a later step has no plan among its
/// events.
pub(super) fn left_out(attempt: &Attempt) -> Vec<DroppedValue> {
    if matches!(attempt.settlement, Settlement::Retry { .. }) {
        return Vec::new();
    }
    DroppedValue::all(attempt.events.iter().filter_map(|event| match event {
        Event::Because(why) => Some(why),
        _ => None,
    }))
}

/// Logs one line for the attempt.
pub(super) fn log(lease: Lease, settlement: &Settlement) {
    let (id, attempt) = (lease.id, lease.attempt);
    let state = settlement.state();
    if !matches!(settlement, Settlement::Advance { .. }) {
        metrics::counter!("leadgate_verdicts_total", "state" => state.as_str()).increment(1);
    }
    match settlement {
        Settlement::Advance { step, next, .. } => {
            let (name, verdict) = (&step.name, step.verdict);
            tracing::info!(submission.id = %id, attempt, "submission {id}: step {name} {verdict}, {next} follows");
        }
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
