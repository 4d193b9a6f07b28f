//! The destination of `probe` steps, a kind that exists in tests only: it records what it gets, and
//! fails as a test asks. It has nothing to do with the probes of paused destinations.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::json;

use super::{DestinationClient, Helpers, Job, Outage, Outcome, PauseReason, Report, Verdict};
use crate::domain::{ParkReason, StepKind, SubmissionId};

/// How the destination behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// It takes everything.
    Works,
    /// It cannot be reached.
    Unreachable,
    /// It refuses everything.
    Refuses,
    /// It takes the step, but its answer is lost.
    LosesAnswer,
}

/// A test destination.
#[derive(Debug, Default)]
pub struct ProbeDestination {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    /// The behaviour of the next deliveries; afterwards it works.
    behaviours: VecDeque<Behaviour>,
    /// The sizes of the batches.
    batches: Vec<usize>,
    /// How often it was probed.
    probes: usize,
    /// Whether probes succeed without asking it.
    unasked: bool,
}

/// A step that the destination took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The submission.
    pub id: SubmissionId,
    /// The step's text with `{deal}` replaced by the deal of the step `crm`.
    pub text: String,
    /// Whether the delivery had to check first.
    pub uncertain: bool,
}

impl ProbeDestination {
    /// Returns everything that was received.
    pub fn received(&self) -> Vec<Received> {
        self.lock().received.clone()
    }

    /// Returns the sizes of the batches so far.
    pub fn batches(&self) -> Vec<usize> {
        self.lock().batches.clone()
    }

    /// Returns how often it was probed.
    pub fn probes(&self) -> usize {
        self.lock().probes
    }

    /// Sets the behaviour of the next deliveries.
    pub fn behave(&self, behaviours: &[Behaviour]) {
        self.lock().behaviours = behaviours.iter().copied().collect();
    }

    /// Lets probes succeed without asking it.
    pub fn be_unasked(&self) {
        self.lock().unasked = true;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, job: &Job, behaviour: Behaviour) -> Report {
        let StepKind::Probe(step) = &job.step.kind else {
            panic!("a step of another kind: {}", job.step.name)
        };
        let deal = job.value("crm", "deal_id").map(ToString::to_string);
        let received = Received {
            id: job.id,
            text: step.text.replace("{deal}", &deal.unwrap_or_default()),
            uncertain: job.uncertain,
        };
        let retry = |uncertain, pause| Verdict::Retry {
            why: "the probe does not work".into(),
            uncertain,
            pause,
            wait: None,
        };
        let verdict = match behaviour {
            Behaviour::Works => Verdict::Done,
            Behaviour::Unreachable => retry(job.uncertain, Some(PauseReason::Unreachable)),
            Behaviour::LosesAnswer => retry(true, None),
            Behaviour::Refuses => Verdict::Park {
                reason: ParkReason::RefusedByCrm,
                text: "the probe refuses it".into(),
            },
        };
        let wrote = matches!(behaviour, Behaviour::Works | Behaviour::LosesAnswer);
        if wrote {
            self.lock().received.push(received);
        }
        Report {
            result: [("number".to_owned(), json!(self.lock().received.len()))]
                .into_iter()
                .filter(|_| verdict == Verdict::Done)
                .collect(),
            verdict,
            wrote,
            explanation: Vec::new(),
            calls: Vec::new(),
        }
    }
}

impl DestinationClient for ProbeDestination {
    fn deliver<'a>(&'a self, jobs: &'a [Job], _: Helpers<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        async move {
            self.lock().batches.push(jobs.len());
            let behaviour = self.lock().behaviours.pop_front();
            let behaviour = behaviour.unwrap_or(Behaviour::Works);
            let reports = jobs.iter().map(|job| self.take(job, behaviour));
            reports.map(Ok).collect()
        }
        .boxed()
    }

    fn check_health(&self) -> BoxFuture<'_, Result<(), Outage>> {
        async move {
            self.lock().probes += 1;
            let state = self.lock();
            match state.behaviours.front() {
                Some(Behaviour::Unreachable) if !state.unasked => Err(Outage {
                    reason: PauseReason::Unreachable,
                    error: "no route".to_owned(),
                }),
                _ => Ok(()),
            }
        }
        .boxed()
    }

    fn is_asked(&self) -> bool {
        !self.lock().unasked
    }

    fn lane_group(&self) -> String {
        "probe".to_owned()
    }

    fn largest_batch(&self) -> usize {
        10
    }

    fn noun(&self) -> &'static str {
        "the probe"
    }
}
