//! Delivers plans into a CRM: **resolve** (what does the CRM have already?), **decide** (pure), **write**,
//! **settle** (how did it end?). Every stage takes a list, so that many submissions share a call. It knows
//! nothing of packets, profiles, the queue, or REST.

mod change_preview;
mod decide;
mod dictionary_check;
mod findings;
mod labels;
mod markup;
mod questions;
mod resolve;
mod search_fields;
mod settle;
mod truncated;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

pub use change_preview::{ChangePreview, ChangeTarget, FieldChange, preview_changes};

use self::findings::Findings;
use crate::crm::{CallTrace, CommandTrace, Connection, CrmError, Write};
use crate::domain::{Became, CrmStep, Explanation, ParkReason, SubmissionId};

/// One plan to deliver.
#[derive(Debug, Clone)]
pub struct Job {
    /// The submission's id; also the CRM's `ORIGIN_ID`.
    pub id: SubmissionId,
    /// The profile's file: the name of its rotation.
    pub profile: String,
    /// The plan.
    pub plan: CrmStep,
    /// Whether an earlier attempt may have created something: check before creating anything.
    pub uncertain: bool,
    /// What an earlier attempt wrote to; this attempt uses it again while it exists.
    pub became: Became,
    /// Its turn among employees who take turns, counted from 0, once it has one.
    pub turn: Option<u64>,
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The CRM has it.
    Delivered,
    /// Not delivered yet: retry later.
    Retry {
        /// The reason, for the journal.
        why: String,
        /// Whether something may have been created.
        uncertain: bool,
        /// Why the whole connection has to pause, if every other submission would fail, too.
        pause: Option<PauseReason>,
        /// The pause of a method that it needs.
        method_pause: Option<Duration>,
    },
    /// A person has to decide or fix something.
    Park {
        /// The reason.
        reason: ParkReason,
        /// Details, in the portal's words or ours.
        text: String,
    },
}

/// Why a whole connection pauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The portal throttles the gateway.
    Throttled,
    /// The portal cannot be reached.
    Unreachable,
    /// A look-up got no usable answer: the portal may be down behind its proxy, or this one query may be the
    /// cause.
    Unanswered,
    /// The portal rejects the webhook.
    Denied,
}

impl PauseReason {
    /// Returns the pause reason of an error that concerns the whole connection.
    pub fn of(error: &CrmError) -> Self {
        pause_reason(error).unwrap_or(Self::Unanswered)
    }
}

/// The outcome of an attempt, with the calls it made.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// What it found or created.
    pub became: Became,
    /// Whether anything may have been written.
    pub wrote: bool,
    /// The explanation, step by step.
    pub explanation: Vec<Explanation>,
    /// The calls that were made for it.
    pub calls: Vec<CallTrace>,
}

/// What the CRM has for a list of jobs, and their plans with ids in place of labels.
#[derive(Debug)]
pub struct LookupResults {
    found: Vec<Result<Findings, Verdict>>,
    /// The plan with ids in place of labels, if it had labels, and notes on labels that were not found.
    resolved: Vec<Option<(CrmStep, Vec<Explanation>)>>,
    calls: Vec<Vec<CallTrace>>,
}

/// Looks up what the CRM has, and changes nothing.
pub async fn look_up(client: &Connection, jobs: &[Job]) -> LookupResults {
    let mut calls = vec![Vec::new(); jobs.len()];
    let checked = dictionary_check::check_dictionaries(client, jobs, &mut calls).await;
    let mut lookups = LookupResults {
        found: Vec::with_capacity(jobs.len()),
        resolved: Vec::with_capacity(jobs.len()),
        calls: Vec::new(),
    };
    // jobs that are already parked are not looked up
    let asked: Vec<Cow<'_, Job>> = jobs
        .iter()
        .zip(&checked)
        .filter_map(|(job, checked)| Some(with_ids(job, checked.as_ref().ok()?.as_ref())))
        .collect();
    let asked: Vec<&Job> = asked.iter().map(Cow::as_ref).collect();
    let mut own = vec![Vec::new(); asked.len()];
    let findings = resolve::resolve(client, &asked, &mut own).await;
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

/// Returns the job with ids in place of labels.
fn with_ids<'j>(job: &'j Job, resolved: Option<&(CrmStep, Vec<Explanation>)>) -> Cow<'j, Job> {
    match resolved {
        Some((plan, _)) => Cow::Owned(Job {
            id: job.id,
            profile: job.profile.clone(),
            plan: plan.clone(),
            uncertain: job.uncertain,
            became: job.became,
            turn: job.turn,
        }),
        None => Cow::Borrowed(job),
    }
}

impl LookupResults {
    /// Returns the jobs that will assign an employee by turn and have no turn yet. A job that creates nothing
    /// takes no turn.
    pub fn without_turn<'j>(&self, jobs: &'j mut [Job]) -> Vec<&'j mut Job> {
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
    fn decide(&self, jobs: &[Job], originator: &str) -> Vec<Result<decide::Decision, Verdict>> {
        jobs.iter()
            .zip(self.found.iter().zip(&self.resolved))
            .map(|(job, (found, resolved))| decide_one(job, found, resolved.as_ref(), originator))
            .collect()
    }
}

fn decide_one(
    job: &Job,
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
pub async fn carry_out(client: &Connection, jobs: &[Job], lookups: LookupResults) -> Vec<Report> {
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
            Err(verdict) => Report {
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

/// Returns the verdict after a failed look-up, which changed nothing and can always be repeated.
fn failed_lookup(job: &Job, error: &CrmError, calls: &[CallTrace]) -> Verdict {
    let whole_call = calls.last().is_some_and(|call| call.error.is_some());
    let pause = match error {
        CrmError::Unknown { .. } if whole_call => Some(PauseReason::Unanswered),
        error => pause_reason(error),
    };
    match error {
        CrmError::Refused { .. } => Verdict::Park {
            reason: ParkReason::RefusedByCrm,
            text: error.to_string(),
        },
        CrmError::Throttled { .. }
        | CrmError::Unreachable { .. }
        | CrmError::Unknown { .. }
        | CrmError::Denied { .. }
        | CrmError::MethodPaused { .. }
        | CrmError::NotRun => Verdict::Retry {
            why: error.to_string(),
            uncertain: job.uncertain,
            pause,
            method_pause: method_pause(error),
        },
    }
}

/// Returns the pause of the method that caused the error.
fn method_pause(error: &CrmError) -> Option<Duration> {
    match error {
        CrmError::MethodPaused { wait, .. } => Some(*wait),
        _ => None,
    }
}

/// Returns why the whole connection pauses, if every other submission would get the same error.
fn pause_reason(error: &CrmError) -> Option<PauseReason> {
    match error {
        CrmError::Throttled { .. } => Some(PauseReason::Throttled),
        CrmError::Unreachable { .. } => Some(PauseReason::Unreachable),
        CrmError::Denied { .. } => Some(PauseReason::Denied),
        CrmError::MethodPaused { .. }
        | CrmError::Unknown { .. }
        | CrmError::Refused { .. }
        | CrmError::NotRun => None,
    }
}

/// Splits shared calls by job: each job gets the call with its own commands only. `owner` returns the job of
/// an index in the list of queries or chains.
fn split_calls(
    shared: Vec<CallTrace>,
    owner: impl Fn(usize) -> usize,
    calls: &mut [Vec<CallTrace>],
) {
    for mut call in shared {
        let mut parts: BTreeMap<usize, Vec<CommandTrace>> = BTreeMap::new();
        for command in std::mem::take(&mut call.commands) {
            parts.entry(owner(command.of)).or_default().push(command);
        }
        for (index, commands) in parts {
            if let Some(mine) = calls.get_mut(index) {
                mine.push(CallTrace {
                    commands,
                    ..call.clone()
                });
            }
        }
    }
}
