//! Claims what a delivery uses of what was found: two submissions may find one contact, company or
//! record by different keys, and must not both decide by what the CRM had before the other's changes.

use std::collections::BTreeSet;

use super::decide::{ContactsToMerge, Decision};
use super::job::CrmJob;
use super::{LookupResults, calls, decide_one, merge};
use crate::crm::{CompanyRef, CompanyWrite, ContactRef, FileOwner, RecordRef, Write};
use crate::delivery::{Claims, Deferred, FoundId, Outcome};
use crate::domain::SubmissionId;

impl LookupResults {
    /// Claims what each job uses. Removes the jobs that have to wait, and returns them.
    pub(super) fn claim(
        &mut self,
        jobs: &mut Vec<CrmJob>,
        claims: &dyn Claims,
    ) -> Vec<(SubmissionId, Deferred)> {
        let found = self.found.iter().zip(&self.resolved);
        let wanted = jobs.iter().zip(found).map(|(job, (found, resolved))| {
            let mut ids = BTreeSet::new();
            if let Ok(decision) = decide_one(job, found, resolved.as_ref(), "") {
                ids.extend(of_decision(&decision));
            }
            (job.id, ids)
        });
        let mut wanted: Vec<_> = wanted.collect();
        for ((_, ids), merge) in wanted.iter_mut().zip(merge::wanted(jobs, self)) {
            let merged = merge.iter().flat_map(ContactsToMerge::ids);
            ids.extend(merged.map(FoundId::Contact));
        }
        let claimed = claims.claim(wanted);
        let mut deferred = Vec::new();
        for ((job, calls), is_claimed) in jobs.iter().zip(&self.calls).zip(&claimed) {
            if !is_claimed {
                let calls = calls.iter().map(calls::event).collect();
                deferred.push((job.id, Deferred { calls }));
            }
        }
        if !deferred.is_empty() {
            retain(jobs, &claimed);
            retain(&mut self.found, &claimed);
            retain(&mut self.resolved, &claimed);
            retain(&mut self.merged, &claimed);
            retain(&mut self.calls, &claimed);
        }
        deferred
    }
}

/// Claims what each of these changes reads or changes. Removes those that have to wait, and returns
/// their outcomes. `wanted` is the submission of a change, and what it claims.
pub(super) fn keep_claimed<T>(
    changes: &mut Vec<T>,
    claims: &dyn Claims,
    wanted: impl Fn(&T) -> (SubmissionId, BTreeSet<FoundId>),
) -> Vec<(SubmissionId, Outcome)> {
    let wanted: Vec<_> = changes.iter().map(wanted).collect();
    let ids: Vec<SubmissionId> = wanted.iter().map(|(id, _)| *id).collect();
    let claimed = claims.claim(wanted);
    retain(changes, &claimed);
    let waiting = ids.into_iter().zip(claimed);
    let waiting = waiting.filter(|(_, is_claimed)| !is_claimed);
    waiting
        .map(|(id, _)| (id, Err(Deferred { calls: Vec::new() })))
        .collect()
}

fn retain<T>(list: &mut Vec<T>, claimed: &[bool]) {
    let mut claimed = claimed.iter();
    list.retain(|_| claimed.next().copied().unwrap_or(true));
}

/// Returns all that exists already and that a decision reads, changes or links.
fn of_decision(decision: &Decision) -> BTreeSet<FoundId> {
    let contact = decision.contact.map(FoundId::Contact);
    let company = decision.company.map(FoundId::Company);
    let record = decision.record.map(|(kind, id)| FoundId::Record(kind, id));
    let used = contact.into_iter().chain(company).chain(record);
    used.chain(of_changes(&decision.chain)).collect()
}

/// Returns all that exists already and that these changes concern.
pub(super) fn of_changes(chain: &[Write]) -> BTreeSet<FoundId> {
    chain.iter().flat_map(of_change).collect()
}

fn of_change(write: &Write) -> Vec<FoundId> {
    let record = |kind, record: &RecordRef| match record {
        RecordRef::Id(id) => Some(FoundId::Record(kind, *id)),
        RecordRef::Created => None,
    };
    let ids = match write {
        Write::AddContact { company, .. } => vec![company.as_ref().and_then(company_id)],
        Write::UpdateContact { id, .. } => vec![Some(FoundId::Contact(*id))],
        Write::MergeContacts { into, others } => {
            let all = std::iter::once(into).chain(others);
            all.map(|id| Some(FoundId::Contact(*id))).collect()
        }
        Write::AddRecord {
            contacts, company, ..
        } => {
            let contacts = contacts.iter().map(contact_id);
            contacts
                .chain([company.as_ref().and_then(company_id)])
                .collect()
        }
        Write::Company(write) => of_company(write),
        Write::UpdateRecord { kind, id, .. } => vec![Some(FoundId::Record(*kind, *id))],
        Write::BindContact {
            kind, id, contact, ..
        } => vec![Some(FoundId::Record(*kind, *id)), contact_id(contact)],
        Write::SetProducts {
            kind, record: of, ..
        }
        | Write::AddComment {
            kind, record: of, ..
        }
        | Write::AddTodo {
            kind, record: of, ..
        } => vec![record(*kind, of)],
        Write::SetFiles { owner, .. } => vec![match owner {
            FileOwner::Contact(contact) => contact_id(contact),
            FileOwner::Record(kind, of) => record(*kind, of),
        }],
    };
    ids.into_iter().flatten().collect()
}

fn of_company(write: &CompanyWrite) -> Vec<Option<FoundId>> {
    match write {
        CompanyWrite::Add { .. } => Vec::new(),
        CompanyWrite::Update { id, .. } => vec![Some(FoundId::Company(*id))],
        CompanyWrite::AddRequisite { company, .. } => vec![company_id(company)],
        CompanyWrite::BindToContact { contact, company } => {
            vec![Some(FoundId::Contact(*contact)), company_id(company)]
        }
        CompanyWrite::BindToRecord { kind, id, company } => {
            vec![Some(FoundId::Record(*kind, *id)), company_id(company)]
        }
    }
}

fn contact_id(contact: &ContactRef) -> Option<FoundId> {
    match contact {
        ContactRef::Id(id) => Some(FoundId::Contact(*id)),
        ContactRef::Created => None,
    }
}

fn company_id(company: &CompanyRef) -> Option<FoundId> {
    match company {
        CompanyRef::Id(id) => Some(FoundId::Company(*id)),
        CompanyRef::Created => None,
    }
}
