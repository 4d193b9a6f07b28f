//! A CRM connection as a destination of steps.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::job::{CrmJob, CrmReport, pause_reason_or_unanswered};
use super::merge::{any_merge, merge};
use super::{LookupResults, call, calls, carry_out, look_up, update};
use crate::crm::Connection;
use crate::delivery::{
    Claims, Deferred, DestinationClient, Helpers, Job, Outage, Outcome, Report, Turns, Verdict,
};
use crate::domain::{Became, StepResult, SubmissionId};

/// A batch has as many submissions as the portal takes in about this time. The more share a
/// look-up, the fewer calls they need; but a batch is settled as a whole.
const LENGTH_OF_BATCH: Duration = Duration::from_secs(15);
/// The bounds of the largest number of submissions in one batch. The look-ups of a thousand new
/// people fill three calls, their changes sixty.
const LARGEST_BATCH: RangeInclusive<usize> = 48..=1000;

impl DestinationClient for Connection {
    fn calls(&self) -> Option<(usize, usize)> {
        Some(self.pace().calls)
    }

    fn deliver<'a>(&'a self, jobs: &'a [Job], helpers: Helpers<'a>) -> BoxFuture<'a, Vec<Outcome>> {
        async move {
            let mut crm_jobs: Vec<CrmJob> = jobs.iter().filter_map(crm_job).collect();
            let (lookups, deferred) = found(self, &mut crm_jobs, helpers.claims).await;
            assign_turns(helpers.turns, lookups.without_turn(&mut crm_jobs)).await;
            let made = carry_out(self, &crm_jobs, lookups).await;
            let reports = made.into_iter().zip(&crm_jobs);
            let reports = reports.map(|(made, job)| (job.id, Ok(report(made, job))));
            let deferred = deferred
                .into_iter()
                .map(|(id, deferred)| (id, Err(deferred)));
            let updates = update::deliver(self, jobs, helpers.claims).await;
            let later = updates
                .into_iter()
                .chain(call::deliver(self, jobs, helpers.claims).await);
            let mut outcomes: HashMap<SubmissionId, Outcome> =
                reports.chain(deferred).chain(later).collect();
            let outcomes = jobs.iter().map(|job| outcomes.remove(&job.id));
            let outcomes = outcomes.zip(jobs);
            outcomes
                .map(|(outcome, job)| outcome.unwrap_or_else(|| Ok(misdirected(job))))
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

/// Looks up what the jobs are about, merges contacts where the profile wants it, and keeps the jobs
/// that may use what they found. Returns the others, too.
async fn found(
    client: &Connection,
    jobs: &mut Vec<CrmJob>,
    claims: &dyn Claims,
) -> (LookupResults, Vec<(SubmissionId, Deferred)>) {
    claims.look_up_begins();
    let mut lookups = look_up(client, jobs).await;
    let mut deferred = lookups.claim(jobs, claims);
    if any_merge(jobs, &lookups) {
        claims.look_up_begins();
        lookups = merge(client, jobs, lookups).await;
        // a contact that is left has the records of the others now
        deferred.extend(lookups.claim(jobs, claims));
    }
    (lookups, deferred)
}

fn crm_job(job: &Job) -> Option<CrmJob> {
    Some(CrmJob {
        id: job.id,
        profile: job.profile.clone(),
        plan: job.step.kind.crm()?.clone(),
        uncertain: job.uncertain,
        is_again: job.attempt > 1,
        became: job.made.became(),
        turn: None,
        files: job.files.clone(),
    })
}

/// Returns the report of a step of another kind.
fn misdirected(job: &Job) -> Report {
    let what = "a step that is not for a CRM was sent to one";
    Report::unsent(Verdict::misdirected(job, what))
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
