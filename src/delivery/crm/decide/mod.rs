//! Decide: from a plan and what the CRM holds to a chain of changes. Pure and total: the same input
//! gives the same chain.

mod contact;
mod fields;
mod record;
mod responsible;
mod timeline;

use super::findings::Findings;
use super::{Job, Verdict, markup};
use crate::crm::{ContactRef, PAGE_SIZE, RecordRef, RecordRow, Write};
use crate::domain::{AboutResponsible, ContactId, EntityKind, RecordId, RecordPlan, UserId, Why};

/// What shall be done for one job.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Decision {
    /// The changes, in order.
    pub(super) chain: Vec<Write>,
    /// The contact, when it exists already.
    pub(super) contact: Option<ContactId>,
    /// The record, when it exists already.
    pub(super) record: Option<(EntityKind, RecordId)>,
    /// Why, step by step.
    pub(super) explanation: Vec<Why>,
}

impl Decision {
    /// Whether it makes somebody responsible whose turn it is.
    pub(super) fn takes_a_turn(&self) -> bool {
        self.explanation
            .iter()
            .any(|why| matches!(why, Why::Responsible(AboutResponsible::Turn { .. })))
    }

    /// Adds a step of the reasoning; the same step twice is told once.
    fn explain(&mut self, why: Why) {
        if !self.explanation.contains(&why) {
            self.explanation.push(why);
        }
    }
}

/// What a decision is made from.
struct DecisionInput<'a> {
    job: &'a Job,
    found: &'a Findings,
    originator: &'a str,
}

/// Decides; `Err` is a verdict that needs no writing (parked for a choice).
pub(super) fn decide(job: &Job, found: &Findings, originator: &str) -> Result<Decision, Verdict> {
    let case = DecisionInput {
        job,
        found,
        originator,
    };
    let mut decision = Decision::default();
    let people = contact::decide(&case, &mut decision)?;
    if let Some(plan) = &job.plan.record {
        let input = RecordInput {
            plan,
            found,
            people: &people,
        };
        let target = record::decide(&case, input, &mut decision);
        if let Some(target) = target {
            timeline::decide(&case, plan.kind, &target, &mut decision);
        }
    }
    Ok(decision)
}

/// The record that is there and that this job would use, if any.
pub(super) fn existing_record<'a>(job: &Job, found: &'a Findings) -> Option<&'a RecordRow> {
    let plan = job.plan.record.as_ref()?;
    let people = &contact::chosen(job, found).ok()?;
    let input = RecordInput {
        plan,
        found,
        people,
    };
    record::existing(input).used()
}

/// The main contacts of records that are known without a search for people, the newest record first: one of
/// them may be the contact.
pub(super) fn contacts_of_records(job: &Job, found: &Findings) -> Vec<ContactId> {
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

/// The contacts that are there and that this job would use.
pub(super) fn chosen_contacts(job: &Job, found: &Findings) -> Vec<ContactId> {
    let people = contact::chosen(job, found).unwrap_or_default();
    let known = people.refs.iter().filter_map(|contact| match contact {
        ContactRef::Id(id) => Some(*id),
        ContactRef::Created => None,
    });
    known.collect()
}

/// The item that this job would use and bind a contact to. The list of its contacts can only be set as a
/// whole, so that it must be read as a whole.
pub(super) fn item_to_bind<'a>(job: &Job, found: &'a Findings) -> Option<&'a RecordRow> {
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

/// The contacts of a record: known ones, main first, or the one that this chain creates.
#[derive(Debug, Clone, Default)]
struct ChosenContacts {
    refs: Vec<ContactRef>,
    owner: Option<UserId>,
}

impl ChosenContacts {
    /// Whether this known contact is one of them.
    fn include(&self, id: ContactId) -> bool {
        self.refs.contains(&ContactRef::Id(id))
    }
}

/// What a decision about a record goes by.
#[derive(Clone, Copy)]
struct RecordInput<'a, 'f> {
    plan: &'a RecordPlan,
    found: &'f Findings,
    people: &'a ChosenContacts,
}

/// The record that this job is about, as what hangs on it has to know it.
struct RecordTarget {
    record: RecordRef,
    way: TargetOrigin,
    /// Who is responsible for it; `None`: the webhook's owner.
    responsible: Option<UserId>,
}

/// How a record came to be the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TargetOrigin {
    Created,
    Found,
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
