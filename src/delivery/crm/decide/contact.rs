//! Decides about the contact: use, complete, or create it.

use serde_json::{Map, Value, json};

use super::super::questions::{identifying, is_keyless};
use super::super::truncated::may_miss_contacts;
use super::fields::{add_contact_details, changes, fresh, is_filled, kept};
use super::matching::SearchRule;
use super::{
    ChosenContacts, CrmJob, Decision, DecisionInput, Findings, Verdict, company, conflict, record,
    responsible,
};
use crate::crm::bitrix24::origin_fields;
use crate::crm::{ContactRef, ContactRow, RecordRow, Write};
use crate::domain::{
    Conflict, ContactExplanation, ContactId, ContactPlan, EntityKind, Explanation, FoundOne,
    ParkReason, PlannedField, PlannedValue, RecordId, SearchedKind, Several, VerdictReason,
    WithoutKey,
};

/// Adds the change of the contact to the chain, and returns the contacts for the record.
pub(super) fn decide(
    case: &DecisionInput<'_>,
    decision: &mut Decision,
) -> Result<ChosenContacts, Verdict> {
    let DecisionInput { job, found, .. } = *case;
    let Some(plan) = &job.plan.contact else {
        // why there is none is a note of the mapping
        return Ok(ChosenContacts::default());
    };
    let people = chosen(job, found)?;
    let mut groups = Vec::new();
    if own(plan, job, found).is_none() {
        let incomplete = rule(plan).incomplete_groups(SearchedKind::Contact);
        groups.extend(incomplete.into_iter().map(Explanation::IncompleteGroup));
    }
    for group in &groups {
        decision.explain(group.clone());
    }
    let main = people.refs.iter().find_map(|contact| match contact {
        ContactRef::Id(id) => Some(*id),
        ContactRef::Created => None,
    });
    if let Some(id) = main {
        complete(case, plan, id, decision);
        return Ok(people);
    }
    if !is_created(job, found) {
        if let Some(rule) = without_key(job, found) {
            let about = Explanation::Contact(ContactExplanation::WithoutKey(rule));
            if rule == WithoutKey::Park {
                groups.push(about);
                return Err(Verdict::Park {
                    reason: ParkReason::MissingValue,
                    text: VerdictReason::Because(groups),
                });
            }
            decision.explain(about);
        } else if let Some((kind, record)) = keyless_record(job, found) {
            let about = ContactExplanation::NoneOfRecord { kind, record };
            decision.explain(Explanation::Contact(about));
        }
        return Ok(people);
    }
    note_mismatches(found, decision);
    decision
        .explanation
        .extend(other_person(plan, job, found).map(Explanation::Contact));
    decision.explain(Explanation::Contact(ContactExplanation::NotFound {
        by: rule(plan).ways(),
    }));
    let fields = new_contact(case, plan, decision);
    let company = case.company;
    decision.chain.push(Write::AddContact { fields, company });
    Ok(ChosenContacts {
        refs: vec![ContactRef::Created],
        owner: None,
    })
}

/// Adds the update of a found contact: contact details that it does not have, whatever the profile says about
/// updates, and other fields as the profile says.
fn complete(case: &DecisionInput<'_>, plan: &ContactPlan, id: ContactId, decision: &mut Decision) {
    let DecisionInput { job, found, .. } = *case;
    decision.contact = Some(id);
    decision.explain(Explanation::Contact(how(job, plan, found, id)));
    if !matches!(plan.several, Several::Oldest) && may_miss_contacts(plan, &found.truncated) {
        decision.explain(Explanation::Contact(ContactExplanation::NotAllNamed));
    }
    explain_choice(case, plan, id, decision);
    if let Some(row) = found.contacts.iter().find(|row| row.id == id) {
        let mine = without_others(plan, found, row, decision);
        let mut fields = changes(&mine, &row.fields);
        add_contact_details(&mut fields, &mine, Some(&row.details));
        if !fields.is_empty() {
            let names = fields.keys().cloned().collect();
            decision.explain(Explanation::Contact(ContactExplanation::Gets {
                id,
                fields: names,
            }));
            decision.chain.push(Write::UpdateContact { id, fields });
        }
        for kept in kept(FoundOne::Contact(id), &mine, &row.fields) {
            decision.explain(Explanation::Kept(kept));
        }
    }
    company::bind_to_contact(case, id, decision);
}

/// Returns the existing contacts that this job uses; empty if one must be created.
pub(super) fn chosen(job: &CrmJob, found: &Findings) -> Result<ChosenContacts, Verdict> {
    let Some(plan) = &job.plan.contact else {
        return Ok(ChosenContacts::default());
    };
    if let Some(own) = own(plan, job, found) {
        let row = found.contacts.iter().find(|row| row.id == own);
        return Ok(ChosenContacts {
            refs: vec![ContactRef::Id(own)],
            owner: row.and_then(|row| row.owner),
        });
    }
    let matching = matching(plan, found);
    too_many(plan, found, &matching)?;
    if matching.is_empty() {
        return Ok(of_record(plan, job, found));
    }
    let rows = conflict::choose(plan, &conflict::candidates(plan, matching))?;
    Ok(ChosenContacts {
        owner: rows.first().and_then(|row| row.owner),
        refs: rows.into_iter().map(|row| ContactRef::Id(row.id)).collect(),
    })
}

/// Returns the contact of an earlier attempt of the same submission.
pub(super) fn own(plan: &ContactPlan, job: &CrmJob, found: &Findings) -> Option<ContactId> {
    let earlier = job
        .became
        .contact
        .filter(|id| found.contacts.iter().any(|row| row.id == *id));
    let of_own_record = found.own_record.as_ref().and_then(|row| row.contact);
    let own = found.own_contact.or(earlier);
    let own = own.filter(|id| !is_superseded(plan, job, found, *id));
    own.or(of_own_record)
}

/// Returns the record that is known without its contact: the one that an earlier attempt wrote to or created, or
/// one that is found by its own field.
pub(super) fn known_record<'f>(job: &CrmJob, found: &'f Findings) -> Option<&'f RecordRow> {
    let plan = job.plan.record.as_ref()?;
    let earlier = found.earlier_record.as_ref().or(found.own_record.as_ref());
    earlier.or_else(|| record::by_field(plan, found))
}

/// Returns the main contact of a record.
pub(in crate::delivery) fn main_contact(row: &RecordRow) -> Option<ContactId> {
    row.contact.or_else(|| row.contacts.first().copied())
}

/// Returns the main contact of the known record if no contact matches. It is used unless another value in a search
/// field or another name makes it a different person. Without any search value it is always used.
fn of_record(plan: &ContactPlan, job: &CrmJob, found: &Findings) -> ChosenContacts {
    let Some(id) = known_record(job, found).and_then(main_contact) else {
        return ChosenContacts::default();
    };
    let row = found.contacts.iter().find(|row| row.id == id);
    if !is_keyless(plan) && row.is_none_or(|row| !differing(plan, row).is_empty()) {
        return ChosenContacts::default();
    }
    ChosenContacts {
        refs: vec![ContactRef::Id(id)],
        owner: row.and_then(|row| row.owner),
    }
}

/// Returns the step that explains why the main contact of the known record is not used.
fn other_person(plan: &ContactPlan, job: &CrmJob, found: &Findings) -> Option<ContactExplanation> {
    let kind = job.plan.record.as_ref()?.kind;
    let record = known_record(job, found)?;
    let id = main_contact(record)?;
    let row = found.contacts.iter().find(|row| row.id == id)?;
    let differs = differing(plan, row);
    (!is_keyless(plan) && !differs.is_empty()).then_some(ContactExplanation::NotOfRecord {
        id,
        kind,
        record: record.id,
        differs,
    })
}

/// Returns the search fields and parts of the name for which the submission has a value, and a contact only others:
/// it is another person.
fn differing(plan: &ContactPlan, row: &ContactRow) -> Vec<String> {
    let differs = |field: &&PlannedField| {
        let mut same = identifying(plan).filter(|other| other.name == field.name);
        let holds_any = match row.details.of_field(&field.name) {
            Some(list) => list.iter().any(|text| !text.trim().is_empty()),
            None => row.fields.get(&field.name).is_some_and(is_filled),
        };
        holds_any && !same.any(|field| holds(row, field))
    };
    let mut names: Vec<String> = Vec::new();
    for field in identifying(plan).filter(differs) {
        if !names.contains(&field.name) {
            names.push(field.name.clone());
        }
    }
    names
}

/// Returns whether the contact of an earlier attempt is replaced: there is nothing to search by, and meanwhile a
/// record with a contact of its own was found by its own field. Linking ours would duplicate the person.
fn is_superseded(plan: &ContactPlan, job: &CrmJob, found: &Findings, contact: ContactId) -> bool {
    if !is_keyless(plan) || found.earlier_record.is_some() || found.own_record.is_some() {
        return false;
    }
    known_record(job, found).is_some_and(|row| {
        main_contact(row).is_some() && !found.contacts_of(row).contains(&contact)
    })
}

/// Returns whether a contact is created if none is chosen. None is created for a record of an earlier attempt, nor
/// for an existing record without a contact if no search value could find the new contact again.
pub(super) fn is_created(job: &CrmJob, found: &Findings) -> bool {
    found.own_record.is_none()
        && keyless_record(job, found).is_none()
        && without_key(job, found).is_none()
}

/// Returns the profile's rule if no search field has a value and no contact is to be created.
fn without_key(job: &CrmJob, found: &Findings) -> Option<WithoutKey> {
    let plan = job.plan.contact.as_ref()?;
    let applies = is_keyless(plan)
        && plan.without_key != WithoutKey::Create
        && found.own_record.is_none()
        && keyless_record(job, found).is_none();
    applies.then_some(plan.without_key)
}

/// Returns the known record, if it is used or left alone and there is nothing to search its contact by.
fn keyless_record(job: &CrmJob, found: &Findings) -> Option<(EntityKind, RecordId)> {
    let contact = job.plan.contact.as_ref()?;
    let plan = job.plan.record.as_ref()?;
    let row = known_record(job, found).filter(|_| is_keyless(contact))?;
    let is_earlier = found.earlier_record.is_some() || found.own_record.is_some();
    let stays = is_earlier || record::counts(plan, found, row);
    stays.then_some((plan.kind, row.id))
}

/// Parks the job if more contacts share a value than can be read: an unseen one may match, so none is created, and
/// not only a part of all is linked.
fn too_many(plan: &ContactPlan, found: &Findings, matching: &[&ContactRow]) -> Result<(), Verdict> {
    let may_miss_contacts = may_miss_contacts(plan, &found.truncated);
    let is_unsure = matching.is_empty() && (may_miss_contacts || found.cut.contacts);
    let is_part = plan.several == Several::All && found.cut.contacts;
    if !is_unsure && !is_part {
        return Ok(());
    }
    Err(Verdict::Park {
        reason: ParkReason::SeveralContacts,
        text: VerdictReason::TooManyContacts,
    })
}

/// Returns the matching contacts, oldest first. The portal only returns candidates: its match codes confuse some
/// foreign numbers with Russian ones, so each contact's own data are compared.
pub(super) fn matching<'f>(plan: &ContactPlan, found: &'f Findings) -> Vec<&'f ContactRow> {
    let mut matching: Vec<&ContactRow> = found
        .contacts
        .iter()
        .filter(|row| !agreeing(plan, row).is_empty())
        .collect();
    matching.sort_by_key(|row| row.id);
    matching.dedup_by_key(|row| row.id);
    matching
}

/// Returns the names of the fields by which this contact matches; empty if it does not.
fn agreeing(plan: &ContactPlan, row: &ContactRow) -> Vec<String> {
    rule(plan).agreeing(|field| holds(row, field))
}

/// Returns the search fields, and which of them must agree.
pub(super) fn rule(plan: &ContactPlan) -> SearchRule<'_> {
    SearchRule {
        match_: &plan.match_,
        fields: &plan.fields,
    }
}

pub(super) fn holds(row: &ContactRow, field: &PlannedField) -> bool {
    row.details
        .has(&field.value)
        .unwrap_or_else(|| row.holds(&field.name, field.value.as_str(), field.compare))
}

fn how(job: &CrmJob, plan: &ContactPlan, found: &Findings, id: ContactId) -> ContactExplanation {
    let row = found.contacts.iter().find(|row| row.id == id);
    let by = row.map(|row| agreeing(plan, row)).unwrap_or_default();
    let is_own = found.own_contact == Some(id) || found.own_record.is_some();
    let earlier = job.became.contact.filter(|_| row.is_some());
    match (job.plan.record.as_ref(), known_record(job, found)) {
        _ if is_own => ContactExplanation::Own(id),
        _ if earlier == Some(id) => ContactExplanation::Earlier(id),
        (Some(plan_of_record), Some(record)) if by.is_empty() => ContactExplanation::OfRecord {
            id,
            kind: plan_of_record.kind,
            record: record.id,
            by: rule(plan).ways(),
        },
        _ => ContactExplanation::Found {
            id,
            by,
            among: among(plan, found, id),
            several: plan.several,
        },
    }
}

/// Returns the contacts among which `several` chose this one, oldest first.
fn among(plan: &ContactPlan, found: &Findings, id: ContactId) -> Vec<ContactId> {
    let candidates = conflict::candidates(plan, matching(plan, found));
    let rows = match (plan.several, &candidates.disagreement, plan.conflict) {
        (Several::All, _, _) => candidates.all,
        // the rule for disagreeing keys chose it
        (_, Some(_), Conflict::Oldest | Conflict::Newest) => return vec![id],
        _ => candidates.left,
    };
    rows.into_iter().map(|row| row.id).collect()
}

/// Explains that the keys find different contacts, and which of them is used.
fn explain_choice(
    case: &DecisionInput<'_>,
    plan: &ContactPlan,
    id: ContactId,
    decision: &mut Decision,
) {
    let found = case.found;
    let candidates = conflict::candidates(plan, matching(plan, found));
    let Some(keys) = candidates.disagreement else {
        return;
    };
    if candidates.all.iter().any(|row| row.id == id) {
        decision.explain(Explanation::Contact(ContactExplanation::KeysDisagree {
            found: keys,
            used: Some(id),
            rule: plan.conflict,
        }));
        if let Some(Err(why)) = conflict::contacts_to_merge(case.job, found) {
            decision.explain(Explanation::Contact(why));
        }
    }
}

/// Explains which candidates do not match.
fn note_mismatches(found: &Findings, decision: &mut Decision) {
    let offered = found.contacts.iter().map(|row| row.id);
    let mut note_mismatches: Vec<ContactId> =
        offered.filter(|id| found.offered.contains(id)).collect();
    note_mismatches.sort_unstable();
    note_mismatches.dedup();
    if !note_mismatches.is_empty() {
        decision.explain(Explanation::Contact(ContactExplanation::Strangers(
            note_mismatches,
        )));
    }
}

fn new_contact(
    case: &DecisionInput<'_>,
    plan: &ContactPlan,
    decision: &mut Decision,
) -> Map<String, Value> {
    let mut fields = fresh(&plan.fields);
    if !fields.contains_key("NAME") && !fields.contains_key("LAST_NAME") {
        // the portal refuses a contact without any name
        let is_reach = |field: &&PlannedField| {
            !matches!(
                field.value,
                PlannedValue::Text(_) | PlannedValue::Member(_) | PlannedValue::File(_)
            )
        };
        let name = plan.fields.iter().find(is_reach).or(plan.fields.first());
        if let Some(field) = name {
            fields.insert("NAME".to_owned(), Value::from(field.value.as_str()));
        }
    }
    add_contact_details(&mut fields, &plan.fields, None);
    let record = case.job.plan.record.as_ref();
    let wanted = plan
        .responsible
        .as_ref()
        .or(record.and_then(|record| record.responsible.as_ref()));
    if let Some(wanted) = wanted
        && let Some(user) = responsible::choose(case, wanted, None, decision)
    {
        fields.insert("ASSIGNED_BY_ID".to_owned(), json!(user));
    }
    // contacts carry the same pair as deals
    for (name, value) in origin_fields(EntityKind::Deal, case.originator, case.job.id) {
        fields.insert(name.to_owned(), Value::from(value));
    }
    fields
}

/// Returns the fields of the plan without what belongs to another found contact.
fn without_others(
    plan: &ContactPlan,
    found: &Findings,
    row: &ContactRow,
    decision: &mut Decision,
) -> Vec<PlannedField> {
    let mut others = matching(plan, found);
    others.retain(|other| other.id != row.id);
    let (mine, left_out) = conflict::without_others(plan, row, &others);
    for about in left_out {
        decision.explain(Explanation::Contact(about));
    }
    mine
}
