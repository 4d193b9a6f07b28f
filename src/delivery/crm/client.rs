//! A CRM connection as a destination of steps.

use std::ops::RangeInclusive;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::job::{CrmJob, CrmReport, pause_reason_or_unanswered};
use super::merge::merge;
use super::{calls, carry_out, look_up, update};
use crate::crm::Connection;
use crate::delivery::{DestinationClient, Job, Outage, Report, Turns, Verdict};
use crate::domain::{Became, ParkReason, StepKind, StepResult, VerdictReason};

/// A batch has as many submissions as the portal takes in about this time. The more share a
/// look-up, the fewer calls they need; but a batch is settled as a whole.
const LENGTH_OF_BATCH: Duration = Duration::from_secs(15);
/// The bounds of the largest number of submissions in one batch. The look-ups of a thousand new
/// people fill three calls, their changes sixty.
const LARGEST_BATCH: RangeInclusive<usize> = 48..=1000;

impl DestinationClient for Connection {
    fn deliver<'a>(&'a self, jobs: &'a [Job], turns: &'a dyn Turns) -> BoxFuture<'a, Vec<Report>> {
        async move {
            let mut crm_jobs: Vec<CrmJob> = jobs.iter().filter_map(crm_job).collect();
            let lookups = look_up(self, &crm_jobs).await;
            let lookups = merge(self, &crm_jobs, lookups).await;
            assign_turns(turns, lookups.without_turn(&mut crm_jobs)).await;
            let reports = carry_out(self, &crm_jobs, lookups).await;
            let reports = reports.into_iter().zip(&crm_jobs);
            let mut reports = reports.map(|(made, job)| report(made, job));
            let mut updates = update::deliver(self, jobs).await.into_iter();
            jobs.iter()
                .map(|job| match &job.step.kind {
                    StepKind::Crm(_) => reports.next(),
                    StepKind::CrmUpdate(_) => updates.next(),
                    StepKind::Http(_) | StepKind::Mail(_) => None,
                    #[cfg(test)]
                    StepKind::Probe(_) => None,
                })
                .zip(jobs)
                .map(|(report, job)| report.unwrap_or_else(|| misdirected(job)))
                .collect()
        }
        .boxed()
    }

    fn check_health(&self) -> BoxFuture<'_, Result<(), Outage>> {
        async move {
            Connection::check_health(self)
                .await
                .map_err(|error| Outage {
                    reason: pause_reason_or_unanswered(&error),
                    error: error.to_string(),
                })
        }
        .boxed()
    }

    fn lane_group(&self) -> String {
        format!("crm {}", self.portal())
    }

    fn largest_batch(&self) -> usize {
        let fit = self.capacity_within(LENGTH_OF_BATCH);
        fit.clamp(*LARGEST_BATCH.start(), *LARGEST_BATCH.end())
    }

    fn noun(&self) -> &'static str {
        "the portal"
    }
}

fn crm_job(job: &Job) -> Option<CrmJob> {
    Some(CrmJob {
        id: job.id,
        profile: job.profile.clone(),
        plan: job.step.kind.crm()?.clone(),
        uncertain: job.uncertain,
        became: job.made.became(),
        turn: None,
        files: job.files.clone(),
    })
}

/// Returns the report of a step of another kind, which is never sent to a CRM.
fn misdirected(job: &Job) -> Report {
    tracing::error!(
        submission.id = %job.id, step = job.step.name,
        "a bug in leadgate: a step that is not for a CRM was sent to one; please report it"
    );
    Report {
        verdict: Verdict::Park {
            reason: ParkReason::InternalFault,
            text: VerdictReason::Fault,
        },
        result: StepResult::default(),
        wrote: false,
        explanation: Vec::new(),
        calls: Vec::new(),
    }
}

/// Assigns each of these jobs its turn in its rotation.
async fn assign_turns(turns: &dyn Turns, jobs: Vec<&mut CrmJob>) {
    if jobs.is_empty() {
        return;
    }
    let wanted = jobs.iter().map(|job| (job.rotation(), job.id)).collect();
    if let Some(turns) = turns.assign(wanted).await {
        for (job, turn) in jobs.into_iter().zip(turns) {
            job.turn = Some(turn);
        }
    }
}

fn report(made: CrmReport, job: &CrmJob) -> Report {
    let became = match made.verdict {
        Verdict::Done => made.became,
        // the step is not finished: keep what an earlier attempt made, too
        Verdict::Retry { .. } | Verdict::Park { .. } => Became {
            contact: made.became.contact.or(job.became.contact),
            company: made.became.company.or(job.became.company),
            record: made.became.record.or(job.became.record),
        },
    };
    Report {
        verdict: made.verdict,
        result: StepResult::of_crm(became),
        wrote: made.wrote,
        explanation: made.explanation,
        calls: made.calls.iter().map(calls::event).collect(),
    }
}
