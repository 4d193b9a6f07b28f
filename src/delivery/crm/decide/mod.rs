//! Decide: turns a plan and what the CRM has into a chain of changes. Pure and total: the same input gives the
//! same chain.

mod company;
mod conflict;
mod contact;
mod fields;
mod files;
mod matching;
mod products;
mod record;
mod responsible;
mod timeline;

pub(super) use self::company::contact_without_company;
pub(super) use self::conflict::{ContactsToMerge, contacts_to_merge};
use super::findings::Findings;
use super::job::CrmJob;
use super::markup;
use crate::crm::{CompanyRef, ContactRef, PAGE_SIZE, RecordRef, RecordRow, Write};
use crate::delivery::Verdict;
use crate::domain::{
    CompanyId, ContactId, EntityKind, Explanation, RecordId, RecordPlan, ResponsibleExplanation,
    UserId,
};

/// The decision for one job.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Decision {
    /// The changes, in order.
    pub(super) chain: Vec<Write>,
    /// The contact, if it exists already.
    pub(super) contact: Option<ContactId>,
    /// The company, if it exists already.
    pub(super) company: Option<CompanyId>,
    /// The record, if it exists already.
    pub(super) record: Option<(EntityKind, RecordId)>,
    /// The explanation, step by step.
    pub(super) explanation: Vec<Explanation>,
}

impl Decision {
    /// Returns whether an employee is assigned by turn.
    pub(super) fn takes_a_turn(&self) -> bool {
        self.explanation.iter().any(|why| {
            matches!(
                why,
                Explanation::Responsible(ResponsibleExplanation::Turn { .. })
            )
        })
    }

    /// Adds a step of the explanation, unless it is there already.
    fn explain(&mut self, why: Explanation) {
        if !self.explanation.contains(&why) {
            self.explanation.push(why);
        }
    }
}

/// The input of a decision.
struct DecisionInput<'a> {
    job: &'a CrmJob,
    found: &'a Findings,
    originator: &'a str,
    /// The company for contact and record, once it is decided.
    company: Option<CompanyRef>,
}

/// Decides. An `Err` is a verdict without writing: the submission is parked.
pub(super) fn decide(
    job: &CrmJob,
    found: &Findings,
    originator: &str,
) -> Result<Decision, Verdict> {
    let mut case = DecisionInput {
        job,
        found,
        originator,
        company: None,
    };
    let mut decision = Decision::default();
    case.company = company::decide(&case, &mut decision)?;
    let people = contact::decide(&case, &mut decision)?;
    let mut target = None;
    if let Some(plan) = &job.plan.record {
        let input = RecordInput {
            plan,
            found,
            people: &people,
            company: case.company,
        };
        target = record::decide(&case, input, &mut decision);
        match &target {
            Some(target) => {
                products::decide(&case, plan, target, &mut decision);
                timeline::decide(&case, plan.kind, target, &mut decision);
            }
            None => timeline::explain_none(&case, plan.kind, &mut decision),
        }
    }
    files::decide(&case, &people, target.as_ref(), &mut decision);
    Ok(decision)
}

/// Returns the existing record that this job would use, if any.
pub(super) fn existing_record<'a>(job: &CrmJob, found: &'a Findings) -> Option<&'a RecordRow> {
    let plan = job.plan.record.as_ref()?;
    let people = &contact::chosen(job, found).ok()?;
    let input = RecordInput {
        plan,
        found,
        people,
        company: None,
    };
    record::existing(input).used()
}

/// Returns the main contacts of records that are known without a contact look-up, the newest record first: one
/// of them may be the contact.
pub(super) fn contacts_of_records(job: &CrmJob, found: &Findings) -> Vec<ContactId> {
    if job.plan.contact.is_none() {
        return Vec::new();
    }
    let earlier = found.earlier_record.iter();
    let mut by_field: Vec<&RecordRow> = found.by_field.iter().collect();
    by_field.sort_by_key(|row| std::cmp::Reverse(row.id));
    let mut ids: Vec<ContactId> = Vec::new();
    for id in earlier.chain(by_field).filter_map(contact::main_contact) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids.truncate(PAGE_SIZE);
    ids
}

/// Returns the existing contacts that this job would use.
pub(super) fn chosen_contacts(job: &CrmJob, found: &Findings) -> Vec<ContactId> {
    let people = contact::chosen(job, found).unwrap_or_default();
    let known = people.refs.iter().filter_map(|contact| match contact {
        ContactRef::Id(id) => Some(*id),
        ContactRef::Created => None,
    });
    known.collect()
}

/// Returns the item that this job would use and link a contact to. The list of its contacts can only be set as a
/// whole, so it must be read as a whole.
pub(super) fn item_to_bind<'a>(job: &CrmJob, found: &'a Findings) -> Option<&'a RecordRow> {
    let plan = job.plan.record.as_ref()?;
    job.plan.contact.as_ref()?;
    let EntityKind::Item(_) = plan.kind else {
        return None;
    };
    let item = match (&found.earlier_record, &found.own_record) {
        (Some(earlier), _) => earlier,
        (None, Some(_)) => return None,
        (None, None) => existing_record(job, found)?,
    };
    let (people, bound) = (chosen_contacts(job, found), found.contacts_of(item));
    let is_to_get_one = people.is_empty() && contact::is_created(job, found);
    (is_to_get_one || people.iter().any(|id| !bound.contains(id))).then_some(item)
}

/// The contacts for a record: existing ones, the main one first, or the one that this chain creates.
#[derive(Debug, Clone, Default)]
struct ChosenContacts {
    refs: Vec<ContactRef>,
    owner: Option<UserId>,
}

impl ChosenContacts {
    /// Returns whether this contact is one of them.
    fn include(&self, id: ContactId) -> bool {
        self.refs.contains(&ContactRef::Id(id))
    }
}

/// The input of the decision about a record.
#[derive(Clone, Copy)]
struct RecordInput<'a, 'f> {
    plan: &'a RecordPlan,
    found: &'f Findings,
    people: &'a ChosenContacts,
    company: Option<CompanyRef>,
}

/// The record that gets the comment and the to-do.
struct RecordTarget {
    record: RecordRef,
    way: TargetOrigin,
    /// The responsible employee; `None` for the webhook's owner.
    responsible: Option<UserId>,
}

/// Whether the record was created or found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TargetOrigin {
    Created,
    Found,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
