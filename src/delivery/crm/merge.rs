//! Merges contacts before anything is decided, where the profile wants it (`conflict: merge`). A merge
//! cannot be undone, so its outcome is never guessed: after every attempt the CRM is asked again, and
//! what is decided then depends only on the contacts that it still has.

use super::decide::{ContactsToMerge, contacts_to_merge};
use super::findings::Findings;
use super::job::{CrmJob, failed_lookup, split_calls};
use super::{LookupResults, look_up, with_ids};
use crate::crm::{Connection, CrmError, Remedy, Write, WriteResult};
use crate::domain::{ContactExplanation, ContactId, Explanation, NotMergedBecause};

/// Returns whether any of the jobs wants contacts merged.
pub(super) fn any_merge(jobs: &[CrmJob], lookups: &LookupResults) -> bool {
    wanted(jobs, lookups).iter().any(Option::is_some)
}

/// Returns the contacts that each job wants merged.
pub(super) fn wanted(jobs: &[CrmJob], lookups: &LookupResults) -> Vec<Option<ContactsToMerge>> {
    jobs.iter()
        .zip(lookups.found.iter().zip(&lookups.resolved))
        .map(|(job, (found, resolved))| {
            let job = with_ids(job, resolved.as_ref());
            contacts_to_merge(&job, found.as_ref().ok()?)?.ok()
        })
        .collect()
}

/// Merges the contacts that disagree, and looks up again what a merge may have changed.
pub(super) async fn merge(
    client: &Connection,
    jobs: &[CrmJob],
    mut lookups: LookupResults,
) -> LookupResults {
    let wanted = wanted(jobs, &lookups);
    let writes: Vec<Vec<Write>> = wanted
        .iter()
        .map(|wanted| wanted.iter().map(change).collect())
        .collect();
    let chains: Vec<&[Write]> = writes.iter().map(Vec::as_slice).collect();
    let writing = client.write(&chains).await;
    split_calls(writing.calls, |of| of, &mut lookups.calls);
    let touched: Vec<ContactId> = wanted
        .iter()
        .flatten()
        .flat_map(ContactsToMerge::ids)
        .collect();
    look_up_again(client, jobs, &touched, &mut lookups).await;
    for (index, (wanted, results)) in wanted.into_iter().zip(writing.results).enumerate() {
        if let (Some(wanted), Some(result)) = (wanted, results.into_iter().next())
            && let Some(job) = jobs.get(index)
        {
            settle(job, index, (wanted, result), &mut lookups);
        }
    }
    lookups
}

/// Returns the merge that a delivery of this job would begin with.
pub(super) fn planned(job: &CrmJob, found: &Findings) -> Option<Write> {
    contacts_to_merge(job, found)?.ok().as_ref().map(change)
}

fn change(merge: &ContactsToMerge) -> Write {
    Write::MergeContacts {
        into: merge.into,
        others: merge.others.clone(),
    }
}

/// Looks up again the jobs whose contacts were to be merged, and those that found one of these
/// contacts by another value: it may be gone.
async fn look_up_again(
    client: &Connection,
    jobs: &[CrmJob],
    touched: &[ContactId],
    lookups: &mut LookupResults,
) {
    let found = lookups.found.iter().enumerate();
    let places: Vec<usize> = found
        .filter(|(_, found)| {
            let found = found.as_ref().ok();
            found.is_some_and(|found| found.contacts.iter().any(|row| touched.contains(&row.id)))
        })
        .map(|(place, _)| place)
        .collect();
    let again: Vec<CrmJob> = places
        .iter()
        .filter_map(|place| jobs.get(*place).cloned())
        .collect();
    let fresh = look_up(client, &again).await;
    let parts = fresh.found.into_iter().zip(fresh.resolved).zip(fresh.calls);
    for (place, ((found, resolved), calls)) in places.into_iter().zip(parts) {
        if let Some(slot) = lookups.found.get_mut(place) {
            *slot = found;
        }
        if let Some(slot) = lookups.resolved.get_mut(place) {
            *slot = resolved;
        }
        if let Some(slot) = lookups.calls.get_mut(place) {
            slot.extend(calls);
        }
    }
}

/// Explains the outcome of a merge. If it is not known and the contacts are still there, the job is
/// tried again later: the portal may still be at work.
fn settle(
    job: &CrmJob,
    index: usize,
    (wanted, result): (ContactsToMerge, WriteResult),
    lookups: &mut LookupResults,
) {
    let (Some(slot), Some(notes), Some(calls)) = (
        lookups.found.get_mut(index),
        lookups.merged.get_mut(index),
        lookups.calls.get(index),
    ) else {
        return;
    };
    // the second look-up failed: nothing is decided
    let Ok(found) = slot else { return };
    let is_there = |id: &ContactId| found.contacts.iter().any(|row| row.id == *id);
    if !wanted.others.iter().any(is_there) {
        notes.push(Explanation::Contact(ContactExplanation::Merged {
            into: wanted.into,
            others: wanted.others,
        }));
        return;
    }
    match result {
        Err(error) if error.remedy() != Remedy::NeedsOperator => {
            *slot = Err(failed_lookup(job, &error, calls));
        }
        result => {
            let why = match result {
                Err(CrmError::Refused { code, .. }) if code != "CONFLICT" => {
                    NotMergedBecause::Refused
                }
                _ => NotMergedBecause::Conflict,
            };
            let ids = wanted.ids();
            let about = ContactExplanation::NotMerged { ids, why };
            notes.push(Explanation::Contact(about));
        }
    }
}
