//! The record half: use the open lead or deal, or create one.

use serde_json::{Map, Value, json};

use super::contact::add_multifields;
use super::{Case, Decision, Findings, People, Target, Way, changes, fresh, mark};
use crate::crm::bitrix24::stage_field;
use crate::crm::{ContactRef, RecordRef, RecordRow, Write};
use crate::domain::{EntityKind, Found, RecordPlan, Responsible, UserId};

/// Decides about the record, adds its changes to the chain, and tells where a comment belongs.
pub(super) fn decide(
    case: &Case<'_>,
    plan: &RecordPlan,
    people: &People,
    decision: &mut Decision,
) -> Option<Target> {
    let found = case.found;
    let kind = plan.kind;
    if let Some(earlier) = &found.earlier_record {
        return again(case, plan, people, earlier, decision);
    }
    if let Some(own) = &found.own_record {
        decision.explanation.push(format!(
            "{kind} {} was created by an earlier attempt",
            own.id
        ));
        decision.record = Some((kind, own.id));
        return Some(Target {
            record: RecordRef::Id(own.id),
            way: Way::Created,
            responsible: own.owner,
        });
    }
    if let Some(existing) = existing(plan, found, people) {
        decision.record = Some((kind, existing.id));
        decision
            .explanation
            .push(how(plan, found, existing, people));
        if plan.found == Found::Ignore {
            decision.explanation.push(left(plan, existing));
            return None;
        }
        update(plan, existing, people, decision, Way::Found);
        return Some(Target {
            record: RecordRef::Id(existing.id),
            way: Way::Found,
            responsible: existing.owner,
        });
    }
    decision.explanation.push(match plan.found {
        Found::AlwaysCreate => format!("a {kind} is created every time (found: always_create)"),
        Found::Update | Found::Ignore => format!("no open {kind}, so one is created"),
    });
    let responsible = responsible(case, plan, people, decision);
    let fields = fields(case, plan, responsible);
    decision.chain.push(Write::AddRecord {
        kind: plan.kind,
        fields,
        contacts: people.refs.clone(),
    });
    Some(Target {
        record: RecordRef::Created,
        way: Way::Created,
        responsible,
    })
}

/// An attempt went to this record before and goes there again, in whatever stage it is by now; it is
/// brought up to date by the rules for records that were found.
fn again(
    case: &Case<'_>,
    plan: &RecordPlan,
    people: &People,
    record: &RecordRow,
    decision: &mut Decision,
) -> Option<Target> {
    let is_own = case.found.own_record.as_ref().map(|own| own.id) == Some(record.id);
    let way = if is_own { Way::Created } else { Way::Found };
    decision.record = Some((plan.kind, record.id));
    decision.explanation.push(format!(
        "{} {} is the one that an earlier attempt went to",
        plan.kind, record.id
    ));
    match (plan.found, is_own) {
        (Found::Ignore, true) => {}
        (Found::Ignore, false) => {
            decision.explanation.push(left(plan, record));
            return None;
        }
        (Found::Update | Found::AlwaysCreate, _) => {
            update(plan, record, people, decision, way);
        }
    }
    Some(Target {
        record: RecordRef::Id(record.id),
        way,
        responsible: record.owner,
    })
}

/// The record that is there and that the profile would use: one found by its own flagged field goes
/// before an open one of the contact; of several the newest.
pub(super) fn existing<'a>(
    plan: &RecordPlan,
    found: &'a Findings,
    people: &People,
) -> Option<&'a RecordRow> {
    if plan.found == Found::AlwaysCreate {
        return None;
    }
    found
        .by_field
        .iter()
        .max_by_key(|record| record.id)
        .or_else(|| {
            found
                .by_contact
                .iter()
                .filter(|record| {
                    record
                        .contact
                        .is_some_and(|contact| people.refs.contains(&ContactRef::Id(contact)))
                })
                .max_by_key(|record| record.id)
        })
}

fn left(plan: &RecordPlan, record: &RecordRow) -> String {
    format!(
        "{} {} is left as it is (found: ignore)",
        plan.kind, record.id
    )
}

fn how(plan: &RecordPlan, found: &Findings, record: &RecordRow, people: &People) -> String {
    let kind = plan.kind;
    if found.by_field.iter().any(|row| row.id == record.id) {
        return format!("found {kind} {} by its own field", record.id);
    }
    let open = found
        .by_contact
        .iter()
        .filter(|row| {
            row.contact
                .is_some_and(|c| people.refs.contains(&ContactRef::Id(c)))
        })
        .count();
    let choice = if open > 1 {
        format!("; newest of {open}")
    } else {
        String::new()
    };
    format!(
        "found open {kind} {} of the contact in stage {}{choice}",
        record.id, record.stage
    )
}

fn update(
    plan: &RecordPlan,
    record: &RecordRow,
    people: &People,
    decision: &mut Decision,
    way: Way,
) {
    let mut fields = changes(&plan.fields, &record.fields);
    match (&plan.stage_on_update, way) {
        (Some(stage), Way::Found) if *stage != record.stage => {
            fields.insert(stage_field(plan.kind).to_owned(), json!(stage));
        }
        // whoever has moved what we created had a reason
        (Some(_), Way::Found) | (_, Way::Created) => {}
        (None, Way::Found) => decision
            .explanation
            .push("its stage is left (change_stage is off)".to_owned()),
    }
    if !fields.is_empty() {
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        decision.explanation.push(format!(
            "{} {} gets {}",
            plan.kind,
            record.id,
            names.join(", ")
        ));
        decision.chain.push(Write::UpdateRecord {
            kind: plan.kind,
            id: record.id,
            fields,
        });
    }
    // a record found by its own field may belong to somebody else, or to nobody
    for contact in &people.refs {
        let bound =
            matches!((contact, record.contact), (ContactRef::Id(id), Some(main)) if *id == main);
        if !bound {
            decision.chain.push(Write::BindContact {
                kind: plan.kind,
                id: record.id,
                contact: *contact,
            });
        }
    }
}

/// The fields of a record that is created.
fn fields(case: &Case<'_>, plan: &RecordPlan, responsible: Option<UserId>) -> Map<String, Value> {
    let mut fields = fresh(&plan.fields);
    if plan.kind == EntityKind::Lead {
        // a lead has phones and addresses of its own
        add_multifields(&mut fields, plan.fields.iter());
    }
    if let Some(stage) = &plan.stage {
        fields.insert(stage_field(plan.kind).to_owned(), json!(stage));
        if let Some(category) = category(stage).filter(|_| plan.kind == EntityKind::Deal) {
            fields.insert("CATEGORY_ID".to_owned(), json!(category));
        }
    }
    if let Some(user) = responsible {
        fields.insert("ASSIGNED_BY_ID".to_owned(), json!(user));
    }
    mark(&mut fields, case);
    fields
}

fn responsible(
    case: &Case<'_>,
    plan: &RecordPlan,
    people: &People,
    decision: &mut Decision,
) -> Option<UserId> {
    match plan.responsible.as_ref()? {
        Responsible::User(user) => Some(*user),
        Responsible::ContactOwner => people.owner,
        Responsible::Email(_) => {
            if case.found.responsible.is_none() {
                decision.explanation.push(
                    "the responsible person's address belongs to no active employee, so the \
                     webhook's owner is responsible"
                        .to_owned(),
                );
            }
            case.found.responsible
        }
    }
}

/// The pipeline of a stage: `C1:NEW` belongs to pipeline 1 (REST documentation, "crm.status.list").
fn category(stage: &str) -> Option<i64> {
    stage.strip_prefix('C')?.split_once(':')?.0.parse().ok()
}
