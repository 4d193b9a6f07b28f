//! Delivers plans into a CRM: **resolve** (what does the CRM have already?), **decide** (pure), **write**,
//! **settle** (how did it end?). Every stage takes a list, so that many submissions share a call. It knows
//! nothing of packets, profiles, the queue, or REST.

mod call;
mod calls;
mod change_preview;
mod claims;
mod client;
mod companies;
mod decide;
mod dictionary_check;
mod field_types;
mod file_fields;
mod files;
mod findings;
mod job;
mod labels;
mod markup;
mod merge;
mod questions;
mod resolve;
mod search_fields;
mod settle;
mod truncated;
mod update;

use std::borrow::Cow;

pub use change_preview::{ChangePreview, ChangeTarget, FieldChange, preview_changes};
pub use dictionary_check::{ByDictionaries, by_dictionaries};

pub(super) use self::calls::event as call_event;
pub(super) use self::job::pause_reason as pause_of;

use self::findings::Findings;
pub use self::job::{CrmJob, CrmReport};
use self::job::{failed_lookup, split_calls};
use super::Verdict;
use crate::crm::{CallTrace, Connection, Write};
use crate::domain::{Became, CrmStep, Explanation};

/// What the CRM has for a list of jobs, and their plans in the portal's terms.
#[derive(Debug)]
pub struct LookupResults {
    found: Vec<Result<Findings, Verdict>>,
    /// The plan with ids in place of labels and the types of its search fields, if it has any, and
    /// notes on labels that were not found.
    resolved: Vec<Option<(CrmStep, Vec<Explanation>)>>,
    /// What merges of contacts have come to.
    merged: Vec<Vec<Explanation>>,
    calls: Vec<Vec<CallTrace>>,
}

/// Looks up what the CRM has, and changes nothing.
pub async fn look_up(client: &Connection, jobs: &[CrmJob]) -> LookupResults {
    let mut calls = vec![Vec::new(); jobs.len()];
    let checked = dictionary_check::check_dictionaries(client, jobs, &mut calls).await;
    let mut lookups = LookupResults {
        found: Vec::with_capacity(jobs.len()),
        resolved: Vec::with_capacity(jobs.len()),
        merged: vec![Vec::new(); jobs.len()],
        calls: Vec::new(),
    };
    // jobs that are already parked are not looked up
    let asked: Vec<Cow<'_, CrmJob>> = jobs
        .iter()
        .zip(&checked)
        .filter_map(|(job, checked)| Some(with_ids(job, checked.as_ref().ok()?.as_ref())))
        .collect();
    let asked: Vec<&CrmJob> = asked.iter().map(Cow::as_ref).collect();
    let mut own = vec![Vec::new(); asked.len()];
    let mut findings = resolve::resolve(client, &asked, &mut own).await;
    files::compare(client, &asked, &mut findings).await;
    let mut found = asked.into_iter().zip(findings).zip(own);
    for ((checked, calls), job) in checked.into_iter().zip(&mut calls).zip(jobs) {
        match checked {
            Ok(resolved) => {
                let Some(((job, findings), own)) = found.next() else {
                    break;
                };
                calls.extend(own);
                lookups
                    .found
                    .push(findings.map_err(|error| failed_lookup(job, &error, calls)));
                lookups.resolved.push(resolved);
            }
            Err((verdict, notes)) => {
                lookups.found.push(Err(verdict));
                lookups.resolved.push(Some((job.plan.clone(), notes)));
            }
        }
    }
    lookups.calls = calls;
    lookups
}

/// Returns the job with its plan in the portal's terms.
fn with_ids<'j>(
    job: &'j CrmJob,
    resolved: Option<&(CrmStep, Vec<Explanation>)>,
) -> Cow<'j, CrmJob> {
    match resolved {
        Some((plan, _)) => Cow::Owned(CrmJob {
            id: job.id,
            profile: job.profile.clone(),
            plan: plan.clone(),
            uncertain: job.uncertain,
            is_again: job.is_again,
            became: job.became,
            turn: job.turn,
            files: job.files.clone(),
        }),
        None => Cow::Borrowed(job),
    }
}

impl LookupResults {
    /// Returns the jobs that will assign an employee by turn and have no turn yet. A job that creates nothing
    /// takes no turn.
    pub fn without_turn<'j>(&self, jobs: &'j mut [CrmJob]) -> Vec<&'j mut CrmJob> {
        jobs.iter_mut()
            .zip(self.found.iter().zip(&self.resolved))
            .filter(|(job, (found, resolved))| {
                job.turn.is_none()
                    && questions::has_turns(&job.plan)
                    && decide_one(job, found, resolved.as_ref(), "")
                        .is_ok_and(|decision| decision.takes_a_turn())
            })
            .map(|(job, _)| job)
            .collect()
    }

    /// Decides for each job.
    fn decide(&self, jobs: &[CrmJob], originator: &str) -> Vec<Result<decide::Decision, Verdict>> {
        jobs.iter()
            .zip(self.found.iter().zip(&self.resolved).zip(&self.merged))
            .map(|(job, ((found, resolved), merged))| {
                let mut decision = decide_one(job, found, resolved.as_ref(), originator)?;
                decision.explanation.splice(0..0, merged.iter().cloned());
                Ok(decision)
            })
            .collect()
    }
}

fn decide_one(
    job: &CrmJob,
    found: &Result<Findings, Verdict>,
    resolved: Option<&(CrmStep, Vec<Explanation>)>,
    originator: &str,
) -> Result<decide::Decision, Verdict> {
    let found = found.as_ref().map_err(Clone::clone)?;
    let mut decision = decide::decide(&with_ids(job, resolved), found, originator)?;
    if let Some((_, notes)) = resolved {
        decision.explanation.extend(notes.iter().cloned());
    }
    Ok(decision)
}

/// Delivers plans on one connection, using their look-ups. Returns one report per job, in order.
pub async fn carry_out(
    client: &Connection,
    jobs: &[CrmJob],
    lookups: LookupResults,
) -> Vec<CrmReport> {
    let decisions = lookups.decide(jobs, client.originator());
    let mut calls = lookups.calls;
    let notes = lookups.resolved.into_iter();
    let notes = notes.map(|resolved| resolved.map_or_else(Vec::new, |(_, notes)| notes));
    let chains: Vec<&[Write]> = decisions
        .iter()
        .map(|decision| decision.as_ref().map_or(&[][..], |d| d.chain.as_slice()))
        .collect();
    let writing = client.write(&chains).await;
    split_calls(writing.calls, |of| of, &mut calls);
    let mut reports = Vec::with_capacity(jobs.len());
    let outcomes = jobs.iter().zip(decisions).zip(writing.results);
    for ((((job, decision), results), calls), notes) in outcomes.zip(calls).zip(notes) {
        reports.push(match decision {
            Ok(decision) => settle::settle(client, job, decision, &results, calls).await,
            Err(verdict) => CrmReport {
                verdict,
                became: Became::default(),
                wrote: false,
                explanation: notes,
                calls,
            },
        });
    }
    reports
}

#[cfg(test)]
mod tests;
