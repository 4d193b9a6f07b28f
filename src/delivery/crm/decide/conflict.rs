//! Decides among contacts when the search keys of a profile find different ones.

use super::super::questions::search_fields_of;
use super::contact::{holds, rule};
use super::matching::{disagree, left_by};
use super::{CrmJob, Findings, Verdict};
use crate::crm::ContactRow;
use crate::domain::{
    Conflict, ContactExplanation, ContactId, ContactPlan, Explanation, FoundByKey, Match,
    NotMergedBecause, ParkReason, PlannedField, PlannedValue, Several, VerdictReason,
};

/// The contacts that match, and which of them the profile's rules leave.
pub(super) struct Candidates<'f> {
    /// All that match, oldest first.
    pub(super) all: Vec<&'f ContactRow>,
    /// Those that the keys leave, oldest first: each key in turn excludes those that it does not find,
    /// unless that would exclude all.
    pub(super) left: Vec<&'f ContactRow>,
    /// What each key finds, if a key finds none of those that are left.
    pub(super) disagreement: Option<Vec<FoundByKey>>,
}

/// Applies the keys to the matching contacts.
pub(super) fn candidates<'f>(plan: &ContactPlan, all: Vec<&'f ContactRow>) -> Candidates<'f> {
    if all.len() < 2 {
        let left = all.clone();
        return Candidates {
            all,
            left,
            disagreement: None,
        };
    }
    let ids: Vec<ContactId> = all.iter().map(|row| row.id).collect();
    let keys = rule(plan).found_by_keys(&ids, |id, field| {
        let row = all.iter().find(|row| row.id == id);
        row.is_some_and(|row| holds(row, field))
    });
    let ids = left_by(&keys, &ids);
    let disagreement = disagree(&keys, &ids).then_some(keys);
    let left = all.iter().copied().filter(|row| ids.contains(&row.id));
    let left = left.collect();
    Candidates {
        all,
        left,
        disagreement,
    }
}

/// Returns whether the contact has one of the values of this search field.
fn has(plan: &ContactPlan, row: &ContactRow, name: &str) -> bool {
    search_fields_of(&plan.fields).any(|field| field.name == name && holds(row, field))
}

/// Chooses by the profile's rules; more than one only for `several: all`.
pub(super) fn choose<'f>(
    plan: &ContactPlan,
    candidates: &Candidates<'f>,
) -> Result<Vec<&'f ContactRow>, Verdict> {
    if let Some(found) = &candidates.disagreement {
        match plan.conflict {
            Conflict::Park => return Err(parked(found.clone())),
            Conflict::Oldest if plan.several != Several::All => {
                return Ok(candidates.all.first().copied().into_iter().collect());
            }
            Conflict::Newest if plan.several != Several::All => {
                return Ok(candidates.all.last().copied().into_iter().collect());
            }
            Conflict::Order | Conflict::Merge | Conflict::Oldest | Conflict::Newest => {}
        }
    }
    // who wants to decide about every conflict also decides if one contact has all values
    let left = match (plan.several, plan.conflict) {
        (Several::Park, Conflict::Park) => &candidates.all,
        _ => &candidates.left,
    };
    match (plan.several, left.as_slice()) {
        (_, []) => Ok(Vec::new()),
        (Several::All, _) => Ok(candidates.all.clone()),
        (Several::Oldest, [oldest, ..]) => Ok(vec![*oldest]),
        (Several::Newest, [.., newest]) => Ok(vec![*newest]),
        (Several::Park, [one]) => Ok(vec![*one]),
        (Several::Park, several) => Err(Verdict::Park {
            reason: ParkReason::SeveralContacts,
            text: VerdictReason::SeveralContacts(several.iter().map(|row| row.id).collect()),
        }),
    }
}

fn parked(found: Vec<FoundByKey>) -> Verdict {
    let about = ContactExplanation::KeysDisagree {
        found,
        used: None,
        rule: Conflict::Park,
    };
    Verdict::Park {
        reason: ParkReason::SeveralContacts,
        text: VerdictReason::Because(vec![Explanation::Contact(about)]),
    }
}

/// The most contacts that are merged into another one.
const MOST_MERGED: usize = 9;

/// Contacts that the CRM should merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::delivery) struct ContactsToMerge {
    /// The one that is left.
    pub(in crate::delivery) into: ContactId,
    /// The others.
    pub(in crate::delivery) others: Vec<ContactId>,
}

impl ContactsToMerge {
    /// Returns all of them, the one that is left first.
    pub(in crate::delivery) fn ids(&self) -> Vec<ContactId> {
        let mut ids = vec![self.into];
        ids.extend(&self.others);
        ids
    }
}

/// Returns the contacts that the profile wants merged: those of keys that disagree. If a key or a
/// field finds several contacts, they may be different people, and an explanation says so instead.
pub(in crate::delivery) fn contacts_to_merge(
    job: &CrmJob,
    found: &Findings,
) -> Option<Result<ContactsToMerge, ContactExplanation>> {
    let plan = job
        .plan
        .contact
        .as_ref()
        .filter(|plan| plan.conflict == Conflict::Merge)?;
    if super::contact::own(plan, job, found).is_some() {
        return None;
    }
    let candidates = candidates(plan, super::contact::matching(plan, found));
    let is_shared = finds_several(plan, &candidates.all);
    let keys = candidates.disagreement?;
    let mut ids: Vec<ContactId> = Vec::new();
    for id in keys.iter().flat_map(|key| &key.ids) {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    let finds_one = keys.iter().all(|key| key.ids.len() == 1) && !is_shared;
    let is_clear = finds_one && ids.len() <= MOST_MERGED + 1;
    if !is_clear || found.cut.contacts {
        let why = NotMergedBecause::Several;
        return Some(Err(ContactExplanation::NotMerged { ids, why }));
    }
    let (into, others) = ids.split_first()?;
    Some(Ok(ContactsToMerge {
        into: *into,
        others: others.to_vec(),
    }))
}

/// Returns whether a search field finds several of these contacts, each perhaps by another of its
/// values: a field with the numbers of two people. Other text, such as a surname, may be shared by
/// the groups of a profile.
fn finds_several(plan: &ContactPlan, all: &[&ContactRow]) -> bool {
    search_fields_of(&plan.fields)
        .filter(|field| plan.match_ == Match::Any || !matches!(field.value, PlannedValue::Text(_)))
        .any(|field| {
            let found = all.iter().filter(|row| has(plan, row, &field.name));
            found.count() > 1
        })
}

/// Returns the fields without those whose value another found contact has, and an explanation of each
/// that is left out. Only contact details and search fields belong to one contact.
pub(super) fn without_others(
    plan: &ContactPlan,
    row: &ContactRow,
    others: &[&ContactRow],
) -> (Vec<PlannedField>, Vec<ContactExplanation>) {
    let names = rule(plan).names();
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for field in &plan.fields {
        let identifies = !matches!(field.value, PlannedValue::Text(_) | PlannedValue::Member(_))
            || names.contains(&field.name);
        let is_new = identifies && !field.value.as_str().trim().is_empty() && !holds(row, field);
        let other = others.iter().find(|other| is_new && holds(other, field));
        match other {
            None => kept.push(field.clone()),
            Some(other) => left_out.push(ContactExplanation::BelongsToOther {
                id: row.id,
                field: field.name.clone(),
                other: other.id,
                place: field.origin.place(),
            }),
        }
    }
    (kept, left_out)
}
