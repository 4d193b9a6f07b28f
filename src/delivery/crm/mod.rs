//! Carries plans out: **resolve** (what does the CRM hold already?), **decide** (pure), **write**,
//! **settle** (how did it end?). Every stage takes a list, so that many submissions can share a call.
//! What it must not know: packets, profiles, the queue, REST.

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
use crate::domain::{Became, ParkReason, Plan, SubmissionId, Why};

/// One plan to carry out.
#[derive(Debug, Clone)]
pub struct Job {
    /// Whose plan; also the CRM's `ORIGIN_ID`.
    pub id: SubmissionId,
    /// What shall happen.
    pub plan: Plan,
    /// Whether an earlier attempt may have created something: look before creating anything.
    pub uncertain: bool,
    /// What an earlier attempt wrote to: there it goes again, while it exists.
    pub became: Became,
    /// The number of its turn among employees who take turns, counted from 0, once it has one.
    pub turn: Option<u64>,
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The CRM has it.
    Delivered,
    /// Not yet: try again later.
    Retry {
        /// Why, in words for the journal.
        why: String,
        /// Whether something may have been created.
        uncertain: bool,
        /// Whether every other submission would fare the same.
        pause: Option<PauseReason>,
        /// How long a method that it needs rests.
        method_pause: Option<Duration>,
    },
    /// A person is needed.
    Park {
        /// Why.
        reason: ParkReason,
        /// The portal's words or ours.
        text: String,
    },
}

/// Why a whole connection has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The portal asks us to slow down.
    Throttled,
    /// The portal cannot be reached.
    Unreachable,
    /// A look came back without a usable answer: the portal may be down behind its own doors, or it may
    /// be this very question.
    Unanswered,
    /// The portal turns the webhook away.
    Denied,
}

impl PauseReason {
    /// Whether an error of the whole connection is of this kind.
    pub fn of(error: &CrmError) -> Self {
        pause_reason(error).unwrap_or(Self::Unanswered)
    }
}

/// What an attempt came to, with its account.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it ended.
    pub verdict: Verdict,
    /// What it found or created.
    pub became: Became,
    /// Whether anything may have been written.
    pub wrote: bool,
    /// Why it became what it became, step by step.
    pub explanation: Vec<Why>,
    /// The calls that were made for it.
    pub calls: Vec<CallTrace>,
}

/// What the CRM holds of a list of jobs, and the ids behind the labels of their plans.
#[derive(Debug)]
pub struct LookupResults {
    found: Vec<Result<Findings, Verdict>>,
    /// The plan that a job goes by, where it had labels, and what there is to tell of the dictionaries.
    resolved: Vec<Option<(Plan, Vec<Why>)>>,
    calls: Vec<Vec<CallTrace>>,
}

/// Looks what the CRM holds, and changes nothing.
pub async fn look_up(client: &Connection, jobs: &[Job]) -> LookupResults {
    let mut calls = vec![Vec::new(); jobs.len()];
    let checked = dictionary_check::check_dictionaries(client, jobs, &mut calls).await;
    let mut lookups = LookupResults {
        found: Vec::with_capacity(jobs.len()),
        resolved: Vec::with_capacity(jobs.len()),
        calls: Vec::new(),
    };
    // who waits for a person already is not looked up
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

/// The job with ids in place of labels.
fn with_ids<'j>(job: &'j Job, resolved: Option<&(Plan, Vec<Why>)>) -> Cow<'j, Job> {
    match resolved {
        Some((plan, _)) => Cow::Owned(Job {
            id: job.id,
            plan: plan.clone(),
            uncertain: job.uncertain,
            became: job.became,
            turn: job.turn,
        }),
        None => Cow::Borrowed(job),
    }
}

impl LookupResults {
    /// The jobs that will make somebody responsible whose turn it is, and have no turn yet. Who finds
    /// everything there already takes no turn.
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

    /// Decides for each job, by what was looked up for it.
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
    resolved: Option<&(Plan, Vec<Why>)>,
    originator: &str,
) -> Result<decide::Decision, Verdict> {
    let found = found.as_ref().map_err(Clone::clone)?;
    let mut decision = decide::decide(&with_ids(job, resolved), found, originator)?;
    if let Some((_, notes)) = resolved {
        decision.explanation.extend(notes.iter().cloned());
    }
    Ok(decision)
}

/// Carries out plans on one connection, by what was looked up for them. The reports stand in the jobs'
/// order.
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

/// A failed look changes nothing, so it can always be repeated.
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

/// How long the method rests that brought this error.
fn method_pause(error: &CrmError) -> Option<Duration> {
    match error {
        CrmError::MethodPaused { wait, .. } => Some(*wait),
        _ => None,
    }
}

/// Whether every other submission would meet the same error.
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

/// Gives each job its part of shared calls: the call, with this job's commands only. `owner` tells the
/// job of a place in the list that the client was handed.
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
