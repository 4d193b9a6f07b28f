//! Decides about the company: use, complete, or create it, and what it is bound to.

use serde_json::{Map, Value, json};

use super::super::companies::{has_requisite, is_keyless};
use super::super::questions::search_fields_of;
use super::fields::{add_contact_details, changes, fresh, is_filled, kept};
use super::matching::{SearchRule, disagree, left_by};
use super::{CrmJob, Decision, DecisionInput, Findings, Verdict, contact, responsible};
use crate::crm::bitrix24::{field_names, origin_fields, requisite_mark};
use crate::crm::{
    CompanyRef, CompanyRow, CompanyWrite, ContactRef, PresetRow, RecordRow, Write, values_equal,
};
use crate::domain::{
    CompanyExplanation, CompanyId, CompanyPlan, Conflict, ContactId, EntityKind, Explanation,
    FoundByKey, FoundOne, KeylessCompany, OnUpdate, ParkReason, PlannedField, PlannedValue,
    SearchedKind, Several, VerdictReason,
};

/// Adds the changes of the company to the chain, and returns the company for contact and record.
pub(super) fn decide(
    case: &DecisionInput<'_>,
    decision: &mut Decision,
) -> Result<Option<CompanyRef>, Verdict> {
    let DecisionInput { job, found, .. } = *case;
    let Some(plan) = &job.plan.company else {
        return Ok(None);
    };
    let used = chosen(job, found)?;
    let (mut refused, mut groups) = (Vec::new(), Vec::new());
    if own(job, found).is_none() {
        let incomplete = rule(plan).incomplete_groups(SearchedKind::Company);
        groups.extend(incomplete.into_iter().map(Explanation::IncompleteGroup));
        refused = with_other_number(plan, found);
    }
    for group in &groups {
        decision.explain(group.clone());
    }
    for (id, field) in &refused {
        let (id, field) = (*id, field.clone());
        explain(decision, CompanyExplanation::OtherNumber { id, field });
    }
    if let Some(id) = used {
        decision.company = Some(id);
        use_existing(case, plan, id, decision);
        return Ok(Some(CompanyRef::Id(id)));
    }
    if is_keyless(plan) {
        let about = CompanyExplanation::WithoutKey(plan.without_key);
        match plan.without_key {
            KeylessCompany::Create => {}
            KeylessCompany::Park => {
                groups.push(Explanation::Company(about));
                return Err(Verdict::Park {
                    reason: ParkReason::MissingValue,
                    text: VerdictReason::Because(groups),
                });
            }
            KeylessCompany::SkipCompany => {
                explain(decision, about);
                return Ok(None);
            }
        }
    }
    let is_stranger = |id: &&CompanyId| refused.iter().all(|(refused, _)| refused != *id);
    let offered = found.company.offered.iter().filter(is_stranger);
    let strangers: Vec<CompanyId> = offered.copied().collect();
    if !strangers.is_empty() {
        explain(decision, CompanyExplanation::Strangers(strangers));
    }
    let by = rule(plan).ways();
    explain(decision, CompanyExplanation::NotFound { by });
    let fields = new_company(case, plan, decision);
    let add = CompanyWrite::Add { fields };
    decision.chain.push(Write::Company(add));
    add_requisite(case, plan, CompanyRef::Created, decision);
    Ok(Some(CompanyRef::Created))
}

fn explain(decision: &mut Decision, about: CompanyExplanation) {
    decision.explain(Explanation::Company(about));
}

fn parked(reason: ParkReason, about: CompanyExplanation) -> Verdict {
    Verdict::Park {
        reason,
        text: VerdictReason::Because(vec![Explanation::Company(about)]),
    }
}

fn rule(plan: &CompanyPlan) -> SearchRule<'_> {
    SearchRule {
        match_: &plan.match_,
        fields: &plan.fields,
    }
}

/// Returns the existing company that this job uses; `None` if one may be created.
pub(super) fn chosen(job: &CrmJob, found: &Findings) -> Result<Option<CompanyId>, Verdict> {
    let Some(plan) = &job.plan.company else {
        return Ok(None);
    };
    let known = &found.company;
    if let Some(own) = own(job, found) {
        return Ok(Some(own));
    }
    let all = matching(plan, found);
    if all.is_empty() {
        if known.is_cut {
            let about = CompanyExplanation::TooMany;
            return Err(parked(ParkReason::SeveralCompanies, about));
        }
        return Ok(None);
    }
    let keys = keys(plan, found, &all);
    let left = left_by(&keys, &all);
    if disagree(&keys, &left) {
        match plan.conflict {
            Conflict::Park => {
                let about = CompanyExplanation::KeysDisagree {
                    found: keys,
                    used: None,
                    rule: Conflict::Park,
                };
                return Err(parked(ParkReason::SeveralCompanies, about));
            }
            Conflict::Oldest => return Ok(all.first().copied()),
            Conflict::Newest => return Ok(all.last().copied()),
            Conflict::Order | Conflict::Merge => {}
        }
    }
    match (plan.several, left.as_slice()) {
        (Several::Park, [_, _, ..]) => {
            let about = CompanyExplanation::Several(left);
            Err(parked(ParkReason::SeveralCompanies, about))
        }
        (Several::Newest, left) => Ok(left.last().copied()),
        (_, left) => Ok(left.first().copied()),
    }
}

/// Returns the company of an earlier attempt of the same submission.
fn own(job: &CrmJob, found: &Findings) -> Option<CompanyId> {
    let earlier = job.became.company;
    let earlier = earlier.filter(|id| found.company.row(*id).is_some());
    found.company.own.or(earlier)
}

/// Returns the companies that match but have another number, oldest first, each with the field.
fn with_other_number(plan: &CompanyPlan, found: &Findings) -> Vec<(CompanyId, String)> {
    let matching = found.company.rows.iter().filter(|row| {
        let agreeing = rule(plan).agreeing(|field| holds(found, row, field));
        !agreeing.is_empty()
    });
    let mut refused: Vec<(CompanyId, String)> = matching
        .filter_map(|row| Some((row.id, other_number(plan, found, row)?.name.clone())))
        .collect();
    refused.sort();
    refused.dedup();
    refused
}

/// Returns the matching companies, oldest first. The portal only returns candidates, so each
/// company's own data are compared.
fn matching(plan: &CompanyPlan, found: &Findings) -> Vec<CompanyId> {
    let rows = found.company.rows.iter();
    let mut ids: Vec<CompanyId> = rows
        .filter(|row| {
            let agreeing = rule(plan).agreeing(|field| holds(found, row, field));
            !agreeing.is_empty() && other_number(plan, found, row).is_none()
        })
        .map(|row| row.id)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn keys(plan: &CompanyPlan, found: &Findings, all: &[CompanyId]) -> Vec<FoundByKey<CompanyId>> {
    let holds_one = |id: CompanyId, field: &PlannedField| {
        let row = found.company.row(id);
        row.is_some_and(|row| holds(found, row, field))
    };
    rule(plan).found_by_keys(all, holds_one)
}

/// Returns whether a company has this value, itself or in one of its requisites.
fn holds(found: &Findings, row: &CompanyRow, field: &PlannedField) -> bool {
    if field.is_of_requisite() {
        return numbers(found, row.id, &field.name)
            .any(|stored| values_equal(stored, field.value.as_str(), field.compare));
    }
    row.details
        .has(&field.value)
        .unwrap_or_else(|| row.holds(&field.name, field.value.as_str(), field.compare))
}

/// Returns the values that the requisites of a company have in this field.
fn numbers<'f>(
    found: &'f Findings,
    id: CompanyId,
    name: &'f str,
) -> impl Iterator<Item = &'f Value> {
    let requisites = found.company.requisites.iter();
    requisites
        .filter(move |requisite| requisite.company == id)
        .filter_map(move |requisite| requisite.fields.get(name))
        .filter(|stored| is_filled(stored))
}

/// Returns the field in which a company has only other numbers than the submission: two companies may
/// share a phone, but never a tax number, whether the profile searches by it or not.
fn other_number<'p>(
    plan: &'p CompanyPlan,
    found: &Findings,
    row: &CompanyRow,
) -> Option<&'p PlannedField> {
    let searched = search_fields_of(&plan.fields).filter(|field| field.is_of_requisite());
    let tax_number = plan.fields.iter().filter(|field| {
        let is_filled = !field.value.as_str().trim().is_empty();
        field.name == "RQ_INN" && is_filled
    });
    searched.chain(tax_number).find(|field| {
        let has_any = numbers(found, row.id, &field.name).next().is_some();
        has_any && !holds(found, row, field)
    })
}

fn how(job: &CrmJob, plan: &CompanyPlan, found: &Findings, id: CompanyId) -> CompanyExplanation {
    if found.company.own == Some(id) {
        return CompanyExplanation::Own(id);
    }
    let row = found.company.row(id);
    if job.became.company.filter(|_| row.is_some()) == Some(id) {
        return CompanyExplanation::Earlier(id);
    }
    let by = row.map(|row| rule(plan).agreeing(|field| holds(found, row, field)));
    let all = matching(plan, found);
    let keys = keys(plan, found, &all);
    let left = left_by(&keys, &all);
    let is_by_rule = matches!(plan.conflict, Conflict::Oldest | Conflict::Newest);
    let among = if is_by_rule && disagree(&keys, &left) {
        vec![id]
    } else {
        left
    };
    CompanyExplanation::Found {
        id,
        by: by.unwrap_or_default(),
        among,
        several: plan.several,
    }
}

fn use_existing(
    case: &DecisionInput<'_>,
    plan: &CompanyPlan,
    id: CompanyId,
    decision: &mut Decision,
) {
    let DecisionInput { job, found, .. } = *case;
    explain(decision, how(job, plan, found, id));
    let all = matching(plan, found);
    let keys = keys(plan, found, &all);
    if all.contains(&id) && disagree(&keys, &left_by(&keys, &all)) {
        let about = CompanyExplanation::KeysDisagree {
            found: keys,
            used: Some(id),
            rule: plan.conflict,
        };
        explain(decision, about);
    }
    let Some(row) = found.company.row(id) else {
        return;
    };
    let others: Vec<&CompanyRow> = all
        .iter()
        .filter(|other| **other != id)
        .filter_map(|other| found.company.row(*other))
        .collect();
    let mine = without_others(plan, found, (row, &others), decision);
    let kept = kept(FoundOne::Company(id), &mine, &row.fields);
    let mut fields = changes(&mine, &row.fields);
    add_contact_details(&mut fields, &mine, Some(&row.details));
    if !fields.is_empty() {
        let names = fields.keys().cloned().collect();
        explain(decision, CompanyExplanation::Gets { id, fields: names });
        let update = CompanyWrite::Update { id, fields };
        decision.chain.push(Write::Company(update));
    }
    for kept in kept {
        decision.explain(Explanation::Kept(kept));
    }
    let requisites = &found.company.requisites;
    let has_none = requisites.iter().all(|requisite| requisite.company != id);
    // a requisite that an attempt has not made yet, or one that the profile adds
    let is_ours = row.origin == Some(job.id);
    let adds = |field: &PlannedField| field.is_of_requisite() && field.on_update != OnUpdate::Keep;
    if has_none && !found.company.is_cut && (is_ours || plan.fields.iter().any(adds)) {
        add_requisite(case, plan, CompanyRef::Id(id), decision);
    } else {
        explain_kept(plan, found, row, decision);
    }
}

/// Explains which values of the packet the requisites of a found company lack. Constants of the
/// profile are no loss.
fn explain_kept(plan: &CompanyPlan, found: &Findings, row: &CompanyRow, decision: &mut Decision) {
    let of_packet = plan.fields.iter().filter(|field| {
        let is_filled = !field.value.as_str().trim().is_empty();
        field.is_of_requisite() && is_filled && !field.origin.sources.is_empty()
    });
    for field in of_packet.filter(|field| !holds(found, row, field)) {
        let about = CompanyExplanation::RequisiteKept {
            id: row.id,
            field: field.name.clone(),
            place: field.origin.place(),
        };
        explain(decision, about);
    }
}

/// Returns the company's own fields without those whose value another matching company has.
fn without_others(
    plan: &CompanyPlan,
    found: &Findings,
    (row, others): (&CompanyRow, &[&CompanyRow]),
    decision: &mut Decision,
) -> Vec<PlannedField> {
    let names = rule(plan).names();
    let mut mine = Vec::new();
    for field in plan.fields.iter().filter(|field| !field.is_of_requisite()) {
        let identifies = !matches!(field.value, PlannedValue::Text(_) | PlannedValue::Member(_))
            || names.contains(&field.name);
        let is_new = identifies && !holds(found, row, field);
        let is_there = |other: &&&CompanyRow| is_new && holds(found, other, field);
        match others.iter().find(is_there) {
            None => mine.push(field.clone()),
            Some(other) => explain(
                decision,
                CompanyExplanation::BelongsToOther {
                    id: row.id,
                    field: field.name.clone(),
                    other: other.id,
                    place: field.origin.place(),
                },
            ),
        }
    }
    mine
}

fn new_company(
    case: &DecisionInput<'_>,
    plan: &CompanyPlan,
    decision: &mut Decision,
) -> Map<String, Value> {
    let own = plan.fields.iter().filter(|field| !field.is_of_requisite());
    let own: Vec<PlannedField> = own.cloned().collect();
    let mut fields = fresh(&own);
    if !fields.get("TITLE").is_some_and(is_filled) {
        fields.insert("TITLE".to_owned(), Value::from(name(plan)));
    }
    add_contact_details(&mut fields, &own, None);
    let record = case.job.plan.record.as_ref();
    let of_record = record.and_then(|record| record.responsible.as_ref());
    if let Some(wanted) = plan.responsible.as_ref().or(of_record)
        && let Some(user) = responsible::choose(case, wanted, None, decision)
    {
        fields.insert("ASSIGNED_BY_ID".to_owned(), json!(user));
    }
    for (name, value) in origin_fields(EntityKind::Company, case.originator, case.job.id) {
        fields.insert(name.to_owned(), Value::from(value));
    }
    fields
}

/// Returns a name for the company or its requisite: the first value of those that can be one.
fn name(plan: &CompanyPlan) -> String {
    let named = ["TITLE", "RQ_COMPANY_NAME", "RQ_COMPANY_FULL_NAME", "RQ_INN"];
    let of = |name: &str| {
        let mut fields = plan.fields.iter();
        fields.find(|field| field.name == name && !field.value.as_str().trim().is_empty())
    };
    let filled = |field: &&PlannedField| !field.value.as_str().trim().is_empty();
    let field = named.iter().find_map(|name| of(name));
    let field = field.or_else(|| plan.fields.iter().find(filled));
    field.map_or(String::new(), |field| field.value.as_str().to_owned())
}

/// Adds the requisite with the plan's values, if it has any.
fn add_requisite(
    case: &DecisionInput<'_>,
    plan: &CompanyPlan,
    company: CompanyRef,
    decision: &mut Decision,
) {
    if !has_requisite(plan) {
        return;
    }
    let of_requisite = plan.fields.iter().filter(|field| field.is_of_requisite());
    let mut fields = fresh(&of_requisite.cloned().collect::<Vec<_>>());
    let names = fields.keys().cloned().collect();
    explain(decision, CompanyExplanation::Requisite(names));
    let inn = fields.get("RQ_INN").and_then(Value::as_str);
    let preset = plan.preset;
    let preset = preset.unwrap_or_else(|| usual_preset(&case.found.company.presets, inn));
    for (field, value) in [
        ("PRESET_ID", json!(preset)),
        ("NAME", Value::from(name(plan))),
        ("ACTIVE", json!("Y")),
        (
            "XML_ID",
            json!(requisite_mark(case.originator, case.job.id)),
        ),
    ] {
        fields.insert(field.to_owned(), value);
    }
    let add = CompanyWrite::AddRequisite { company, fields };
    decision.chain.push(Write::Company(add));
}

/// The template for organisations of a fresh portal (REST documentation,
/// "crm.requisite.preset.list").
const ORGANISATION: i64 = 1;

/// Returns the portal's own template: for sole proprietors, who have numbers of twelve digits, or for
/// organisations; otherwise the first that can be chosen.
fn usual_preset(presets: &[PresetRow], inn: Option<&str>) -> i64 {
    let is_person = inn.is_some_and(|inn| inn.len() == 12);
    let code = if is_person {
        "_INDIVIDUAL#"
    } else {
        "_COMPANY#"
    };
    let own = presets
        .iter()
        .find(|one| one.active && one.code.ends_with(code));
    let any = presets.iter().find(|one| one.active);
    own.or(any).map_or(ORGANISATION, |one| one.id)
}

/// Binds the company to an existing contact, unless it has it already.
pub(super) fn bind_to_contact(
    case: &DecisionInput<'_>,
    contact: ContactId,
    decision: &mut Decision,
) {
    let Some(company) = case.company else { return };
    if let CompanyRef::Id(id) = company
        && (main_company(case.found, contact) == Some(id)
            || case.found.company.of_contact.contains(&id))
    {
        return;
    }
    explain(decision, CompanyExplanation::BoundToContact(contact));
    let bind = CompanyWrite::BindToContact { contact, company };
    decision.chain.push(Write::Company(bind));
}

fn main_company(found: &Findings, contact: ContactId) -> Option<CompanyId> {
    let row = found.contacts.iter().find(|row| row.id == contact)?;
    company_in(row.fields.get("COMPANY_ID")?)
}

fn company_in(stored: &Value) -> Option<CompanyId> {
    let number = match stored {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.and_then(CompanyId::new)
}

/// Binds the company to an existing record that has none.
pub(super) fn bind_to_record(
    company: Option<CompanyRef>,
    kind: EntityKind,
    row: &RecordRow,
    decision: &mut Decision,
) {
    let Some(company) = company else { return };
    let id = row.id;
    let stored = row.fields.get(field_names(kind).company);
    match stored.and_then(company_in) {
        Some(other) if company == CompanyRef::Id(other) => {}
        Some(other) => {
            let company = other;
            explain(
                decision,
                CompanyExplanation::RecordKeeps { kind, id, company },
            );
        }
        None => {
            explain(decision, CompanyExplanation::BoundToRecord { kind, id });
            let bind = CompanyWrite::BindToRecord { kind, id, company };
            decision.chain.push(Write::Company(bind));
        }
    }
}

/// Returns the existing contact whose main company is not the one that this job uses: it may have it
/// among its others.
pub(in crate::delivery) fn contact_without_company(
    job: &CrmJob,
    found: &Findings,
) -> Option<ContactId> {
    let company = chosen(job, found).ok()??;
    let people = contact::chosen(job, found).ok()?;
    let contact = people.refs.iter().find_map(|contact| match contact {
        ContactRef::Id(id) => Some(*id),
        ContactRef::Created => None,
    })?;
    (main_company(found, contact) != Some(company)).then_some(contact)
}
