//! Decides about the record: use the existing lead, deal or item, or create one.

use serde_json::{Map, Value, json};

use super::super::questions::search_fields_of;
use super::contact::main_contact;
use super::fields::{add_contact_details, changes, fresh, is_filled, kept, kept_groups};
use super::{
    Decision, DecisionInput, Findings, RecordInput, RecordTarget, TargetOrigin, company,
    responsible,
};
use crate::crm::bitrix24::{field_names, origin_fields};
use crate::crm::{ContactRef, RecordRef, RecordRow, Write, in_same_pipeline, pipeline_of};
use crate::domain::{
    Closed, ContactExplanation, ContactId, EntityKind, Explanation, Found, FoundOne, PlannedField,
    PlannedValue, RecordExplanation, RecordId, RecordPlan,
};

/// What the profile does with existing records.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Existing<'f> {
    /// No record is used.
    None,
    /// Uses this one.
    Use(&'f RecordRow),
    /// Uses this one, which is closed: its stage stays.
    UseClosed(&'f RecordRow),
    /// Leaves this one as it is, and creates nothing.
    Leave(&'f RecordRow),
}

impl<'f> Existing<'f> {
    /// Returns the record that is used.
    pub(super) fn used(self) -> Option<&'f RecordRow> {
        match self {
            Self::Use(row) | Self::UseClosed(row) => Some(row),
            Self::None | Self::Leave(_) => None,
        }
    }
}

/// Adds the changes of the record to the chain, and returns the record that gets the comment and
/// the to-do.
pub(super) fn decide(
    case: &DecisionInput<'_>,
    input: RecordInput<'_, '_>,
    decision: &mut Decision,
) -> Option<RecordTarget> {
    let plan = input.plan;
    let kind = plan.kind;
    if let Some(earlier) = &case.found.earlier_record {
        return again(input, earlier, decision);
    }
    let mut explain = |about| decision.explain(Explanation::Record { kind, about });
    if let Some(own) = &case.found.own_record {
        explain(RecordExplanation::Own(own.id));
        decision.record = Some((kind, own.id));
        return Some(RecordTarget {
            record: RecordRef::Id(own.id),
            way: TargetOrigin::Created,
            responsible: own.owner,
        });
    }
    let (existing, reasons) = look(input);
    reasons.into_iter().for_each(&mut explain);
    match existing {
        Existing::Use(row) => {
            stage(plan, row, &mut explain);
            update(input, row, decision, goal(plan, row));
            Some(found(row, TargetOrigin::Found))
        }
        Existing::UseClosed(row) => {
            update(input, row, decision, None);
            Some(found(row, TargetOrigin::Found))
        }
        Existing::Leave(row) => {
            decision.record = Some((kind, row.id));
            explain_unbound(input, row, decision);
            None
        }
        Existing::None => {
            explain(match plan.found {
                Found::AlwaysCreate => RecordExplanation::Always,
                Found::Update | Found::Ignore => RecordExplanation::NotFound,
            });
            Some(create(case, input, decision))
        }
    }
}

/// Describes an existing record.
fn found(row: &RecordRow, way: TargetOrigin) -> RecordTarget {
    RecordTarget {
        record: RecordRef::Id(row.id),
        way,
        responsible: row.owner,
    }
}

/// Uses the record of an earlier attempt again, whatever its stage is by now, and updates it by the
/// rules for found records. A closed record is not reopened, and the stage of a record that we
/// created is kept, because someone moved it on purpose.
fn again(
    input: RecordInput<'_, '_>,
    row: &RecordRow,
    decision: &mut Decision,
) -> Option<RecordTarget> {
    let plan = input.plan;
    let (kind, id) = (plan.kind, row.id);
    let is_own = input.found.own_record.as_ref().map(|own| own.id) == Some(id);
    decision.record = Some((kind, id));
    let mut explain = |about| decision.explain(Explanation::Record { kind, about });
    explain(RecordExplanation::Earlier(id));
    match (plan.found, is_own) {
        (Found::Ignore, true) => {}
        (Found::Ignore, false) => {
            explain(RecordExplanation::Ignored(id));
            explain_unbound(input, row, decision);
            return None;
        }
        (Found::Update | Found::AlwaysCreate, true) => update(input, row, decision, None),
        (Found::Update | Found::AlwaysCreate, false) if !is_open(plan, input.found, row) => {
            update(input, row, decision, None);
        }
        (Found::Update | Found::AlwaysCreate, false) => {
            stage(plan, row, &mut explain);
            update(input, row, decision, goal(plan, row));
        }
    }
    let way = if is_own {
        TargetOrigin::Created
    } else {
        TargetOrigin::Found
    };
    Some(found(row, way))
}

/// Returns what the profile does with existing records; see [`look`].
pub(super) fn existing<'f>(input: RecordInput<'_, 'f>) -> Existing<'f> {
    look(input).0
}

/// Chooses among existing records: one found by its own search field before an open one of the
/// contact; of several an open one before a closed one, then the newest.
fn look<'f>(input: RecordInput<'_, 'f>) -> (Existing<'f>, Vec<RecordExplanation>) {
    let RecordInput { plan, found, .. } = input;
    let mut reasons = Vec::new();
    if plan.found == Found::AlwaysCreate {
        return (Existing::None, reasons);
    }
    if found.cut.records {
        reasons.push(RecordExplanation::NotAllRead);
    }
    if let Some(row) = by_field(plan, found) {
        reasons.push(RecordExplanation::ByField {
            id: row.id,
            by: agreeing(plan, row),
            stage: row.stage.clone(),
            of: all_by_field(plan, found).count(),
        });
        if is_open(plan, found, row) {
            return (open(plan, row, &mut reasons), reasons);
        }
        let (id, rule) = (row.id, plan.closed);
        reasons.push(if is_closed(found, row) {
            RecordExplanation::Closed { id, rule }
        } else {
            let stage = row.stage.clone();
            RecordExplanation::OutsideAmong { id, stage, rule }
        });
        match rule {
            Closed::Update => return (Existing::UseClosed(row), reasons),
            Closed::Ignore => return (Existing::Leave(row), reasons),
            Closed::Create => {}
        }
    }
    (of_contact(input, &mut reasons), reasons)
}

/// Returns the record found by its own search field, whatever the profile does with it.
pub(super) fn by_field<'f>(plan: &RecordPlan, found: &'f Findings) -> Option<&'f RecordRow> {
    if plan.found == Found::AlwaysCreate {
        return None;
    }
    all_by_field(plan, found).max_by_key(|row| (is_open(plan, found, row), row.id))
}

fn all_by_field<'f>(plan: &RecordPlan, found: &'f Findings) -> impl Iterator<Item = &'f RecordRow> {
    let rows = found.by_field.iter();
    rows.filter(|row| !agreeing(plan, row).is_empty())
}

/// Returns whether a record found by its own field is used instead of a new one: not if it is
/// closed and the profile says `closed: create`.
pub(super) fn counts(plan: &RecordPlan, found: &Findings, row: &RecordRow) -> bool {
    plan.closed != Closed::Create || is_open(plan, found, row)
}

/// Chooses the newest open record whose main contact is ours, or else one that is linked to ours.
fn of_contact<'f>(
    input: RecordInput<'_, 'f>,
    reasons: &mut Vec<RecordExplanation>,
) -> Existing<'f> {
    let RecordInput {
        plan,
        found,
        people,
        ..
    } = input;
    let is_theirs = |row: &&RecordRow| {
        let contacts = found.contacts_of(row);
        contacts.into_iter().any(|id| people.include(id))
    };
    let is_main = |row: &RecordRow| row.contact.is_some_and(|id| people.include(id));
    let mut rows: Vec<&RecordRow> = found
        .by_contact
        .iter()
        .filter(|row| is_theirs(row) && is_open(plan, found, row))
        .collect();
    rows.sort_by_key(|row| (is_main(row), row.id));
    let (rows, elsewhere): (Vec<&RecordRow>, Vec<&RecordRow>) = rows
        .into_iter()
        .partition(|row| is_in_pipeline(plan, row) || !plan.among.is_empty());
    if !elsewhere.is_empty() {
        let ids = elsewhere.iter().map(|row| row.id).collect();
        reasons.push(RecordExplanation::OtherPipeline(ids));
    }
    let (other, mine): (Vec<&RecordRow>, Vec<&RecordRow>) =
        rows.into_iter().partition(|row| is_other_matter(plan, row));
    if !other.is_empty() {
        let ids = other.iter().map(|row| row.id).collect();
        reasons.push(RecordExplanation::OtherMatter(ids));
    }
    let Some(newest) = mine.last() else {
        reasons.extend(passed_over(input));
        return Existing::None;
    };
    reasons.push(RecordExplanation::OfContact {
        id: newest.id,
        stages: mine.iter().map(|row| row.stage.clone()).collect(),
        newer: mine
            .iter()
            .map(|row| row.id)
            .filter(|id| *id > newest.id)
            .take(MOST_NAMED)
            .collect(),
    });
    open(plan, newest, reasons)
}

/// The maximum number of records of each kind that an explanation names.
const MOST_NAMED: usize = 10;

/// Explains which records of the contact are not used because of their stage, the newest first.
fn passed_over(input: RecordInput<'_, '_>) -> Vec<RecordExplanation> {
    let RecordInput {
        plan,
        found,
        people,
        ..
    } = input;
    let is_theirs = |row: &&RecordRow| {
        let contacts = found.contacts_of(row);
        contacts.into_iter().any(|id| people.include(id))
    };
    let rows = found.passed_over.iter().chain(&found.by_contact);
    let mut rows: Vec<&RecordRow> = rows
        .filter(|row| is_theirs(row) && !is_open(plan, found, row))
        .filter(|row| !found.by_field.iter().any(|known| known.id == row.id))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    rows.dedup_by_key(|row| row.id);
    let (closed, outside): (Vec<&RecordRow>, Vec<&RecordRow>) =
        rows.into_iter().partition(|row| is_closed(found, row));
    let ids = |rows: Vec<&RecordRow>| -> Vec<RecordId> {
        rows.iter().take(MOST_NAMED).map(|row| row.id).collect()
    };
    let (closed, outside) = (ids(closed), ids(outside));
    let outside = (!outside.is_empty()).then_some(RecordExplanation::OutsideOfContact(outside));
    let closed = (!closed.is_empty()).then_some(RecordExplanation::ClosedOfContact(closed));
    outside.into_iter().chain(closed).collect()
}

fn open<'f>(
    plan: &RecordPlan,
    row: &'f RecordRow,
    reasons: &mut Vec<RecordExplanation>,
) -> Existing<'f> {
    if plan.found == Found::Ignore {
        reasons.push(RecordExplanation::Ignored(row.id));
        return Existing::Leave(row);
    }
    Existing::Use(row)
}

/// Returns whether the stage is one of the profile's open ones or, if it names none, is not final.
fn is_open(plan: &RecordPlan, found: &Findings, row: &RecordRow) -> bool {
    if !plan.among.is_empty() {
        return plan.among.contains(&row.stage);
    }
    !is_closed(found, row)
}

/// Returns whether the stage is final.
fn is_closed(found: &Findings, row: &RecordRow) -> bool {
    row.is_final.unwrap_or_else(|| {
        // every process has these two, and may have more
        let is_usual = row.stage.ends_with(":SUCCESS") || row.stage.ends_with(":FAIL");
        is_usual || found.final_stages.contains(&row.stage)
    })
}

/// Returns whether the record is in the pipeline of the profile's stage; without a stage any
/// pipeline counts.
fn is_in_pipeline(plan: &RecordPlan, row: &RecordRow) -> bool {
    plan.stage
        .as_ref()
        .is_none_or(|stage| in_same_pipeline(plan.kind, stage, &row.stage))
}

/// Returns the stage that a found record is moved to. `crm.deal.update` cannot move between
/// pipelines: it silently keeps the old stage.
fn goal<'p>(plan: &'p RecordPlan, row: &RecordRow) -> Option<&'p str> {
    let stage = plan.stage_on_update.as_deref()?;
    in_same_pipeline(plan.kind, stage, &row.stage).then_some(stage)
}

/// Returns the names of the search fields that match.
fn agreeing(plan: &RecordPlan, row: &RecordRow) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for field in search_fields_of(&plan.fields) {
        if holds(row, field) && !names.contains(&field.name) {
            names.push(field.name.clone());
        }
    }
    names
}

fn holds(row: &RecordRow, field: &PlannedField) -> bool {
    row.details
        .has(&field.value)
        .unwrap_or_else(|| row.holds(&field.name, field.value.as_str(), field.compare))
}

/// Returns whether the record has another value in a search field: it belongs to another order and
/// must not be overwritten.
fn is_other_matter(plan: &RecordPlan, row: &RecordRow) -> bool {
    search_fields_of(&plan.fields).any(|field| {
        let stored = row.fields.get(&field.name).is_some_and(is_filled);
        matches!(field.value, PlannedValue::Text(_)) && stored && !holds(row, field)
    })
}

fn stage(plan: &RecordPlan, row: &RecordRow, explain: &mut impl FnMut(RecordExplanation)) {
    explain(match &plan.stage_on_update {
        Some(stage) if goal(plan, row).is_none() => {
            RecordExplanation::StageElsewhere(stage.clone())
        }
        Some(stage) if *stage != row.stage => RecordExplanation::Moved {
            from: row.stage.clone(),
            to: stage.clone(),
        },
        Some(stage) => RecordExplanation::StageThere(stage.clone()),
        None => RecordExplanation::StageLeft,
    });
}

fn update(
    input: RecordInput<'_, '_>,
    row: &RecordRow,
    decision: &mut Decision,
    stage: Option<&str>,
) {
    let plan = input.plan;
    let (kind, id) = (plan.kind, row.id);
    decision.record = Some((kind, id));
    let groups = kept_groups(&plan.fields, &row.fields);
    let kept = kept(FoundOne::Record { kind, id }, &plan.fields, &row.fields);
    let is_kept = !groups.is_empty() || !kept.is_empty();
    for group in groups {
        let about = RecordExplanation::GroupKept { id, group };
        decision.explain(Explanation::Record { kind, about });
    }
    let mut fields = changes(&plan.fields, &row.fields);
    add_contact_details(&mut fields, &plan.fields, Some(&row.details));
    if let Some(stage) = stage.filter(|stage| *stage != row.stage) {
        fields.insert(field_names(kind).stage.to_owned(), json!(stage));
    }
    let names: Vec<String> = fields.keys().cloned().collect();
    let about = if names.is_empty() {
        (!is_kept).then_some(RecordExplanation::NothingNew(id))
    } else {
        Some(RecordExplanation::Gets { id, fields: names })
    };
    if let Some(about) = about {
        decision.explain(Explanation::Record { kind, about });
    }
    for kept in kept {
        decision.explain(Explanation::Kept(kept));
    }
    if !fields.is_empty() {
        decision
            .chain
            .push(Write::UpdateRecord { kind, id, fields });
    }
    bind(input, row, decision);
    company::bind_to_record(input.company, kind, row, decision);
}

/// Links our contacts. A record found by its own field may belong to someone else, or to nobody;
/// contacts that are linked stay linked.
fn bind(input: RecordInput<'_, '_>, row: &RecordRow, decision: &mut Decision) {
    let kind = input.plan.kind;
    let mut already_bound = bound(input, row);
    for contact in &input.people.refs {
        if is_among(contact, &already_bound) {
            continue;
        }
        let id = row.id;
        let about = match *contact {
            ContactRef::Id(contact) => RecordExplanation::Linked { id, contact },
            ContactRef::Created => RecordExplanation::Bound(id),
        };
        decision.explain(Explanation::Record { kind, about });
        decision.chain.push(Write::BindContact {
            kind,
            id: row.id,
            contact: *contact,
            already_bound: already_bound.clone(),
        });
        if let ContactRef::Id(id) = contact {
            already_bound.push(*id);
        }
    }
}

/// Explains that a record which is left as it is does not get our contacts.
fn explain_unbound(input: RecordInput<'_, '_>, row: &RecordRow, decision: &mut Decision) {
    let bound = bound(input, row);
    let mut contacts = input.people.refs.iter();
    if !contacts.all(|contact| is_among(contact, &bound)) {
        let (kind, about) = (input.plan.kind, RecordExplanation::NotBound(row.id));
        decision.explain(Explanation::Record { kind, about });
    }
}

/// Returns whether a contact is one of these; one that was just created is not.
fn is_among(contact: &ContactRef, bound: &[ContactId]) -> bool {
    matches!(contact, ContactRef::Id(id) if bound.contains(id))
}

/// Returns the contacts that are linked, the main one first: all of an item, because its list is
/// set as a whole.
fn bound(input: RecordInput<'_, '_>, row: &RecordRow) -> Vec<ContactId> {
    let mut bound: Vec<ContactId> = row.contact.into_iter().collect();
    let more = match input.plan.kind {
        EntityKind::Item(_) => input.found.item_contacts.clone(),
        EntityKind::Lead | EntityKind::Deal | EntityKind::Company => Vec::new(),
    };
    for contact in more.into_iter().chain(input.found.contacts_of(row)) {
        if !bound.contains(&contact) {
            bound.push(contact);
        }
    }
    bound
}

fn create(
    case: &DecisionInput<'_>,
    input: RecordInput<'_, '_>,
    decision: &mut Decision,
) -> RecordTarget {
    let RecordInput { plan, people, .. } = input;
    let (kind, names) = (plan.kind, field_names(plan.kind));
    let mut fields: Map<String, Value> = fresh(&plan.fields);
    add_contact_details(&mut fields, &plan.fields, None);
    if let Some(stage) = &plan.stage {
        fields.insert(names.stage.to_owned(), json!(stage));
        if let (Some(field), Some(category)) = (names.category, pipeline_of(kind, stage)) {
            fields.insert(field.to_owned(), json!(category));
        }
    }
    let predecessors = contact_of_predecessor(case, input, decision);
    let contacts = predecessors.map_or_else(
        || people.refs.clone(),
        |contact| vec![ContactRef::Id(contact)],
    );
    let mut user = None;
    if let Some(wanted) = &plan.responsible {
        user = responsible::choose(case, wanted, people.owner, decision);
    }
    if let Some(user) = user {
        fields.insert(names.responsible.to_owned(), json!(user));
    }
    for (name, value) in origin_fields(kind, case.originator, case.job.id) {
        fields.insert(name.to_owned(), Value::from(value));
    }
    decision.chain.push(Write::AddRecord {
        kind,
        fields,
        contacts,
        company: case.company,
    });
    RecordTarget {
        record: RecordRef::Created,
        way: TargetOrigin::Created,
        responsible: user,
    }
}

/// Returns the main contact of the closed record that a new one replaces, if the submission says nothing
/// about a contact: without it, the order would lose its customer.
fn contact_of_predecessor(
    case: &DecisionInput<'_>,
    input: RecordInput<'_, '_>,
    decision: &mut Decision,
) -> Option<ContactId> {
    if case.job.plan.contact.is_some() {
        return None;
    }
    let row = by_field(input.plan, input.found)?;
    let id = main_contact(row)?;
    decision.contact = Some(id);
    decision.explain(Explanation::Contact(ContactExplanation::OfRecord {
        id,
        kind: input.plan.kind,
        record: row.id,
        by: Vec::new(),
    }));
    Some(id)
}
