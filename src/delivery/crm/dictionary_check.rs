//! Checks plans against the portal's dictionaries: replaces labels by ids, sets the types of search fields, and
//! checks that search fields and fields for files exist.
//! If something is missing, the dictionaries are read again, because it may just have been added: see
//! [`tolerated_age`].

use std::sync::Arc;

use jiff::SignedDuration;

use super::job::{CrmJob, failed_lookup};
use super::{field_types, files, labels, search_fields};
use crate::crm::dictionary::Dictionaries;
use crate::crm::{CallTrace, CommandOutcome, Connection, CrmError, DictionariesResult};
use crate::delivery::Verdict;
use crate::domain::{CrmStep, EntityKind, Explanation, ItemType, ParkReason, VerdictReason};

/// A plan in the portal's terms and its notes, `None` if that changes nothing; or a verdict without
/// delivery and its notes.
pub(super) type Checked = Result<Option<(CrmStep, Vec<Explanation>)>, (Verdict, Vec<Explanation>)>;

/// What dictionaries that were read before say of a plan.
#[derive(Debug, Clone, PartialEq)]
pub enum ByDictionaries {
    /// It names nothing that they lack, or the profile says what to do then.
    Fits(Vec<Explanation>),
    /// A delivery would park it.
    Parks(ParkReason, VerdictReason),
    /// It names fields or labels, and they were not read yet.
    Unread,
}

/// Judges a plan by dictionaries that were read before; nothing is asked of the portal.
pub fn by_dictionaries(
    plan: &CrmStep,
    profile: &str,
    known: Option<&Dictionaries>,
) -> ByDictionaries {
    if !needs(plan) {
        return ByDictionaries::Fits(Vec::new());
    }
    let kind = plan.record.as_ref().map(|record| record.kind);
    let item = kind.filter(|kind| matches!(kind, EntityKind::Item(_)));
    let Some(known) = known.filter(|known| item.is_none() || !known.fields(item).is_empty()) else {
        return ByDictionaries::Unread;
    };
    let verdict = match search_fields::missing(plan, known) {
        Some((entity, name)) => Err(search_fields::park(profile, entity, name).0),
        None if labels::any(plan) => match labels::chosen(plan, known) {
            Ok((_, notes)) => Ok(notes),
            Err(about) => Err(labels::park(*about).0),
        },
        None => Ok(Vec::new()),
    };
    match verdict {
        Ok(notes) => ByDictionaries::Fits(notes),
        Err(Verdict::Park { reason, text }) => ByDictionaries::Parks(reason, text),
        Err(Verdict::Done | Verdict::Retry { .. }) => ByDictionaries::Unread,
    }
}

/// Returns whether a plan needs the dictionaries.
fn needs(plan: &CrmStep) -> bool {
    labels::any(plan) || files::any(plan) || search_fields::unverified(plan).next().is_some()
}

/// Returns the smart processes whose fields the plans need, each once.
fn processes(jobs: &[CrmJob]) -> Vec<ItemType> {
    let needing = jobs.iter().filter(|job| needs(&job.plan));
    let mut all: Vec<ItemType> = needing
        .filter_map(|job| match job.plan.record.as_ref()?.kind {
            EntityKind::Item(number) => Some(number),
            EntityKind::Lead | EntityKind::Deal | EntityKind::Company => None,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Replaces labels by ids, and parks plans that search by a field that the portal does not have.
pub(super) async fn check_dictionaries(
    client: &Connection,
    jobs: &[CrmJob],
    calls: &mut [Vec<CallTrace>],
) -> Vec<Checked> {
    let has_labels = jobs.iter().any(|job| labels::any(&job.plan));
    let is_needed = jobs.iter().any(|job| needs(&job.plan));
    if !is_needed || (!has_labels && client.dictionaries_were_refused()) {
        return jobs.iter().map(|job| Ok(typed(job, None))).collect();
    }
    let processes_asked = processes(jobs);
    let looked = client.dictionaries_with(&processes_asked).await;
    let was_read = looked.1.is_some();
    let known = taken(looked, jobs, calls);
    let oldest = known.as_ref().ok().filter(|_| !was_read);
    let oldest = oldest.and_then(|known| tolerated_age(jobs, known));
    let known = match oldest {
        Some(oldest) => {
            let reread = client.current_dictionaries(oldest, &processes_asked).await;
            taken(reread, jobs, calls)
        }
        None => known,
    };
    let check = |(job, mine): (&CrmJob, &Vec<CallTrace>)| match &known {
        _ if !needs(&job.plan) => Ok(typed(job, None)),
        Ok(known) => checked(job, known),
        // a plan without labels is delivered as if the field existed: the portal would refuse it forever
        Err(CrmError::Refused { .. } | CrmError::Denied { .. }) if !labels::any(&job.plan) => {
            Ok(typed(job, None))
        }
        Err(error) => Err((failed_lookup(job, error, mine), Vec::new())),
    };
    jobs.iter().zip(&*calls).map(check).collect()
}

/// Returns how old the dictionaries may be at most if these jobs miss something in them; `None` if
/// nothing is missing. A replay sees at once what has been added for it; a stream of new submissions
/// does not read the dictionaries each time.
fn tolerated_age(jobs: &[CrmJob], known: &Dictionaries) -> Option<SignedDuration> {
    let missing = jobs.iter().filter(|job| misses(job, known));
    let ages = missing.map(|job| match (checked(job, known).is_err(), job.is_again) {
        (true, true) => SignedDuration::ZERO,
        (true, false) | (false, true) => SignedDuration::from_secs(10),
        (false, false) => SignedDuration::from_secs(60),
    });
    ages.min()
}

/// Returns whether a label or a search field is missing, whatever the profile does about it.
fn misses(job: &CrmJob, known: &Dictionaries) -> bool {
    search_fields::missing(&job.plan, known).is_some()
        || files::is_any_missing(&job.plan, known)
        || (labels::any(&job.plan)
            && !matches!(labels::chosen(&job.plan, known), Ok((_, notes)) if notes.is_empty()))
}

fn checked(job: &CrmJob, known: &Dictionaries) -> Checked {
    if let Some((entity, name)) = search_fields::missing(&job.plan, known) {
        return Err(search_fields::park(&job.profile, entity, name));
    }
    let (has_labels, has_files) = (labels::any(&job.plan), files::any(&job.plan));
    if !has_labels && !has_files {
        return Ok(typed(job, Some(known)));
    }
    let chosen = labels::chosen(&job.plan, known);
    let (plan, mut notes) = chosen.map_err(|about| labels::park(*about))?;
    let (plan, more) = files::fitted(&plan, known);
    notes.extend(more);
    let plan = field_types::typed(&plan, Some(known)).unwrap_or(plan);
    Ok(Some((plan, notes)))
}

/// Returns the plan with the types of its search fields, if they are not all text.
fn typed(job: &CrmJob, known: Option<&Dictionaries>) -> Option<(CrmStep, Vec<Explanation>)> {
    Some((field_types::typed(&job.plan, known)?, Vec::new()))
}

/// Returns the dictionaries, and adds the call that read them to the history of each job that needs them.
fn taken(
    looked: DictionariesResult,
    jobs: &[CrmJob],
    calls: &mut [Vec<CallTrace>],
) -> Result<Arc<Dictionaries>, CrmError> {
    let (read, call) = looked;
    if let Some(mut call) = call {
        // the answers are long and say nothing about a submission
        for command in &mut call.commands {
            if let CommandOutcome::Done(result) = &mut command.outcome {
                *result = serde_json::json!("…");
            }
        }
        for (job, mine) in jobs.iter().zip(calls) {
            if needs(&job.plan) {
                mine.push(call.clone());
            }
        }
    }
    read
}
