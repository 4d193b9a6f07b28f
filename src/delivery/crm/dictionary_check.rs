//! What plans need of the portal's dictionaries: the ids behind their labels, and whether the fields are there
//! by which they search. What is missing is read once more from the portal, at most once a minute, because
//! somebody may just have added it.

use std::sync::Arc;

use super::{Job, Verdict, failed_lookup, labels, search_fields};
use crate::crm::dictionary::Dictionaries;
use crate::crm::{CallTrace, CommandOutcome, Connection, CrmError, DictionariesResult};
use crate::domain::{EntityKind, ItemType, Plan, Why};

/// A plan whose labels are ids, with what there is to tell, `None` when it had none; or the verdict that
/// needs no delivery, with what there is to tell.
pub(super) type Checked = Result<Option<(Plan, Vec<Why>)>, (Verdict, Vec<Why>)>;

/// Whether a plan needs the dictionaries.
fn needs(plan: &Plan) -> bool {
    labels::any(plan) || search_fields::unverified(plan).next().is_some()
}

/// The smart processes whose fields the plans need, each once.
fn processes(jobs: &[Job]) -> Vec<ItemType> {
    let needing = jobs.iter().filter(|job| needs(&job.plan));
    let mut all: Vec<ItemType> = needing
        .filter_map(|job| match job.plan.record.as_ref()?.kind {
            EntityKind::Item(number) => Some(number),
            EntityKind::Lead | EntityKind::Deal => None,
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Finds the ids of all labels, and those plans whose search the portal cannot make.
pub(super) async fn check_dictionaries(
    client: &Connection,
    jobs: &[Job],
    calls: &mut [Vec<CallTrace>],
) -> Vec<Checked> {
    let has_labels = jobs.iter().any(|job| labels::any(&job.plan));
    let is_needed = jobs.iter().any(|job| needs(&job.plan));
    if !is_needed || (!has_labels && client.dictionaries_were_refused()) {
        return jobs.iter().map(|_| Ok(None)).collect();
    }
    let processes_asked = processes(jobs);
    let known = taken(
        client.dictionaries_with(&processes_asked).await,
        jobs,
        calls,
    );
    let known = match known {
        Ok(known) if jobs.iter().any(|job| misses(job, &known)) => taken(
            client.reread_dictionaries(&processes_asked).await,
            jobs,
            calls,
        ),
        known => known,
    };
    let check = |(job, mine): (&Job, &Vec<CallTrace>)| match &known {
        _ if !needs(&job.plan) => Ok(None),
        Ok(known) => checked(job, known),
        // whoever only searches does without, as if the field were there: the portal would refuse him for ever
        Err(CrmError::Refused { .. } | CrmError::Denied { .. }) if !labels::any(&job.plan) => {
            Ok(None)
        }
        Err(error) => Err((failed_lookup(job, error, mine), Vec::new())),
    };
    jobs.iter().zip(&*calls).map(check).collect()
}

/// Whether anything is not there, whatever the profile does about it.
fn misses(job: &Job, known: &Dictionaries) -> bool {
    search_fields::missing(&job.plan, known).is_some()
        || (labels::any(&job.plan)
            && !matches!(labels::chosen(&job.plan, known), Ok((_, notes)) if notes.is_empty()))
}

fn checked(job: &Job, known: &Dictionaries) -> Checked {
    if let Some((entity, name)) = search_fields::missing(&job.plan, known) {
        return Err(search_fields::park(job, entity, name));
    }
    if !labels::any(&job.plan) {
        return Ok(None);
    }
    labels::chosen(&job.plan, known)
        .map(Some)
        .map_err(|about| labels::park(*about))
}

/// The dictionaries; the call that brought them is told in the history of each job that needs them.
fn taken(
    looked: DictionariesResult,
    jobs: &[Job],
    calls: &mut [Vec<CallTrace>],
) -> Result<Arc<Dictionaries>, CrmError> {
    let (read, call) = looked;
    if let Some(mut call) = call {
        // the answers fill pages and concern nobody in particular
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
