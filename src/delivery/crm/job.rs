//! A CRM step to deliver, and how its delivery ended: what all stages share.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::crm::{CallTrace, CommandTrace, CrmError};
use crate::delivery::{PauseReason, Verdict};
use crate::domain::file::AttachedFiles;
use crate::domain::{Became, CrmStep, Explanation, ParkReason, SubmissionId, VerdictReason};

/// One CRM step to deliver.
#[derive(Debug, Clone)]
pub struct CrmJob {
    /// The submission's id; also the CRM's `ORIGIN_ID`.
    pub id: SubmissionId,
    /// The profile's file.
    pub profile: String,
    /// The plan.
    pub plan: CrmStep,
    /// Whether an earlier attempt may have created something: check before creating anything.
    pub uncertain: bool,
    /// Whether there was an earlier attempt: this is a replay or a retry.
    pub is_again: bool,
    /// What an earlier attempt wrote to; this attempt uses it again while it exists.
    pub became: Became,
    /// Its turn among employees who take turns, counted from 0, once it has one.
    pub turn: Option<u64>,
    /// The contents of its files.
    pub files: AttachedFiles,
}

impl CrmJob {
    /// Returns the name of its rotation: each profile has turns of its own, and so has each row of
    /// a choice in it.
    pub(super) fn rotation(&self) -> String {
        match &self.plan.turns_of {
            Some(row) => format!("{}/{row}", self.profile),
            None => self.profile.clone(),
        }
    }
}

/// The outcome of an attempt, with the calls it made.
#[derive(Debug, Clone)]
pub struct CrmReport {
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

/// Returns the verdict after a failed look-up, which changed nothing and can always be repeated.
pub(super) fn failed_lookup(job: &CrmJob, error: &CrmError, calls: &[CallTrace]) -> Verdict {
    let whole_call = calls.last().is_some_and(|call| call.error.is_some());
    let pause = match error {
        CrmError::Unknown { .. } if whole_call => Some(PauseReason::Unanswered),
        error => pause_reason(error),
    };
    match error {
        CrmError::Refused { .. } => Verdict::Park {
            reason: ParkReason::RefusedByCrm,
            text: VerdictReason::Crm(Box::new(error.failure())),
        },
        CrmError::Throttled { .. }
        | CrmError::Unreachable { .. }
        | CrmError::Unknown { .. }
        | CrmError::Denied { .. }
        | CrmError::MethodPaused { .. }
        | CrmError::NotRun => Verdict::Retry {
            why: VerdictReason::Crm(Box::new(error.failure())),
            uncertain: job.uncertain,
            pause,
            wait: method_pause(error),
        },
    }
}

/// Returns the pause of the method that caused the error.
pub(super) fn method_pause(error: &CrmError) -> Option<Duration> {
    match error {
        CrmError::MethodPaused { wait, .. } => Some(*wait),
        _ => None,
    }
}

/// Returns the pause reason of an error that concerns the whole connection.
pub(super) fn pause_reason_or_unanswered(error: &CrmError) -> PauseReason {
    pause_reason(error).unwrap_or(PauseReason::Unanswered)
}

/// Returns why the whole connection pauses, if every other submission would get the same error.
pub(in crate::delivery) fn pause_reason(error: &CrmError) -> Option<PauseReason> {
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
pub(super) fn split_calls(
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
