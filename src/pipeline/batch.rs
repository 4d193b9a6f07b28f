//! A batch: steps that are delivered together to one destination, settled as a whole.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tracing::{Instrument as _, Span};

use super::attempt::{Attempt, Task, fault};
use super::claims::{BatchClaims, SharedLanes};
use super::settle::StoredTurns;
use super::{Pipeline, Prepared, files, spans};
use crate::delivery::{
    Deferred, DestinationClient, Helpers, Job, Outcome, PauseReason, Report, Verdict,
};
use crate::domain::file::AttachedFiles;
use crate::domain::{Destination, SearchKey, StepResult, SubmissionId, VerdictReason};
use crate::inbox::{Lease, Uncertain};

/// Steps that are delivered together to one destination.
pub(super) struct Batch {
    pub(super) destination: Destination,
    pub(super) client: Arc<dyn DestinationClient>,
    /// The lanes in which they are.
    pub(super) lanes: SharedLanes,
    pub(super) prepared: Vec<Prepared>,
}

/// The end of a batch.
pub(super) struct BatchEnd {
    /// The keys of its steps, whose lanes are free now.
    pub(super) keys: Vec<SearchKey>,
    /// Its submissions.
    pub(super) ids: HashSet<SubmissionId>,
    /// The steps that wait for other submissions.
    pub(super) deferred: Vec<Prepared>,
    pub(super) destination: Destination,
    /// Why the destination has to pause, with the error.
    pub(super) pause: Option<(PauseReason, String)>,
}

/// How a step of a batch ended.
pub(super) enum Ended {
    /// With a verdict.
    Settled(Lease, Box<Attempt>),
    /// It waits for another submission.
    Deferred(Box<(Task, Job)>),
}

/// What a step needs besides its task and its job to be queued again.
pub(super) struct Place {
    keys: Vec<SearchKey>,
    suspect: bool,
    span: Span,
}

/// The places of a batch's steps in the queue.
pub(super) type Places = HashMap<SubmissionId, Place>;

impl Batch {
    /// Returns the end that this batch comes to, the places of its steps, and its work.
    pub(super) fn begin(self) -> (BatchEnd, Places, Vec<(Task, Job)>) {
        let mut end = BatchEnd {
            keys: Vec::new(),
            ids: HashSet::new(),
            deferred: Vec::new(),
            destination: self.destination,
            pause: None,
        };
        let mut places = Places::new();
        let mut work = Vec::with_capacity(self.prepared.len());
        for prepared in self.prepared {
            let id = prepared.task.lease.id;
            end.keys.extend(prepared.keys.iter().cloned());
            end.ids.insert(id);
            let place = Place {
                keys: prepared.keys,
                suspect: prepared.suspect,
                span: prepared.span,
            };
            places.insert(id, place);
            work.push((prepared.task, prepared.job));
        }
        (end, places, work)
    }
}

impl Pipeline {
    /// Delivers a batch and settles each of its submissions.
    pub(super) async fn deliver(&self, batch: Batch) -> BatchEnd {
        let span = spans::batch(&batch);
        let client = Arc::clone(&batch.client);
        let claims = BatchClaims::new(Arc::clone(&batch.lanes));
        let (mut end, mut places, work) = batch.begin();
        let work = work.into_iter();
        let (with_files, others): (Vec<_>, Vec<_>) =
            work.partition(|(_, job)| files::has_files(job));
        let ended = self.together(&*client, &claims, others);
        let ended = ended.instrument(span.clone()).await;
        self.settle_all(&mut places, ended, &mut end).await;
        // the others do not wait for uploads
        for (task, job) in with_files {
            let ended = self.with_files(&*client, &claims, (task, job));
            let ended = ended.instrument(span.clone()).await;
            self.settle_all(&mut places, ended, &mut end).await;
        }
        end
    }

    /// Settles submissions, and adds those that wait to the end of the batch.
    pub(super) async fn settle_all(
        &self,
        places: &mut Places,
        ended: Vec<Ended>,
        end: &mut BatchEnd,
    ) {
        let mut settled = Vec::with_capacity(ended.len());
        for ended in ended {
            match ended {
                Ended::Settled(lease, attempt) => {
                    end.pause = end.pause.take().or_else(|| attempt.pause.clone());
                    let place = places.remove(&lease.id);
                    let span = place.map_or_else(Span::none, |place| place.span);
                    settled.push(self.settle(lease, *attempt).instrument(span));
                }
                Ended::Deferred(step) => {
                    let (task, job) = *step;
                    if let Some(place) = places.remove(&task.lease.id) {
                        end.deferred.push(Prepared {
                            task,
                            job,
                            keys: place.keys,
                            suspect: place.suspect,
                            span: place.span,
                        });
                    }
                }
            }
        }
        join_all(settled).await;
    }

    /// Delivers jobs in one batch. If the code panics, each is tried alone, and one that panics again
    /// is parked.
    pub(super) async fn together(
        &self,
        client: &dyn DestinationClient,
        claims: &BatchClaims,
        work: Vec<(Task, Job)>,
    ) -> Vec<Ended> {
        let (tasks, jobs): (Vec<Task>, Vec<Job>) = work.into_iter().unzip();
        if jobs.is_empty() {
            return Vec::new();
        }
        let together = AssertUnwindSafe(self.carry_out(client, claims, &jobs))
            .catch_unwind()
            .await;
        let work = tasks.into_iter().zip(jobs);
        match together {
            Ok(outcomes) => work
                .zip(outcomes)
                .map(|(step, outcome)| self.ended(step, outcome))
                .collect(),
            Err(_) => self.each_alone(client, claims, work.collect()).await,
        }
    }

    /// Delivers jobs, and records them as being worked on.
    async fn carry_out(
        &self,
        client: &dyn DestinationClient,
        claims: &BatchClaims,
        jobs: &[Job],
    ) -> Vec<Outcome> {
        let ids: Vec<SubmissionId> = jobs.iter().map(|job| job.id).collect();
        let turns = &StoredTurns(&self.inbox);
        let helpers = Helpers { turns, claims };
        self.at_work
            .during(&ids, client.deliver(jobs, helpers))
            .await
    }

    /// Delivers each job alone, as uncertain: the batch that panicked may have written something.
    async fn each_alone(
        &self,
        client: &dyn DestinationClient,
        claims: &BatchClaims,
        work: Vec<(Task, Job)>,
    ) -> Vec<Ended> {
        let mut ended = Vec::with_capacity(work.len());
        for (task, mut job) in work {
            job.uncertain = true;
            let alone = self.carry_out(client, claims, std::slice::from_ref(&job));
            let alone = AssertUnwindSafe(alone).catch_unwind().await;
            ended.push(match alone.map(|mut outcomes| outcomes.pop()) {
                Ok(Some(Ok(report))) => self.settled(task, report, &job),
                // waiting in memory might forget that something may have been written
                Ok(Some(Err(deferred))) => self.settled(task, try_again(deferred), &job),
                Ok(None) | Err(_) => Ended::Settled(task.lease, Box::new(fault(task.lease))),
            });
        }
        ended
    }

    /// Turns a report into an attempt.
    pub(super) fn reported(&self, task: Task, report: Report, job: &Job) -> Attempt {
        let before = if job.uncertain {
            Uncertain::Yes
        } else {
            Uncertain::No
        };
        Attempt::of(task, report, before, &self.retry())
    }

    fn settled(&self, task: Task, report: Report, job: &Job) -> Ended {
        let lease = task.lease;
        Ended::Settled(lease, Box::new(self.reported(task, report, job)))
    }

    /// Returns how a step ended.
    fn ended(&self, (mut task, mut job): (Task, Job), outcome: Outcome) -> Ended {
        match outcome {
            Ok(report) => self.settled(task, report, &job),
            Err(deferred) => {
                task.waited = Some(deferred);
                // read again when its turn comes
                job.files = AttachedFiles::default();
                Ended::Deferred(Box::new((task, job)))
            }
        }
    }
}

/// Returns the report of a step that has to wait although its batch may have written something.
fn try_again(deferred: Deferred) -> Report {
    Report {
        verdict: Verdict::Retry {
            why: VerdictReason::Fault,
            uncertain: true,
            pause: None,
            wait: None,
        },
        result: StepResult::default(),
        wrote: false,
        explanation: Vec::new(),
        calls: deferred.calls,
    }
}
