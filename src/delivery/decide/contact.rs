//! The contact half: find, complete, or create.

use serde_json::{Map, Value, json};

use super::{Case, Decision, Findings, Job, People, Verdict, changes, fresh, mark};
use crate::crm::{ContactRef, ContactRow, Write};
use crate::domain::{
    ContactId, ContactPlan, Match, ParkReason, PlannedField, PlannedValue, Responsible, SearchKey,
    Several,
};

/// Decides about the contact and adds its change to the chain.
pub(super) fn decide(case: &Case<'_>, decision: &mut Decision) -> Result<People, Verdict> {
    let Case { job, found, .. } = *case;
    let Some(plan) = &job.plan.contact else {
        decision
            .explanation
            .push("the packet names no contact".to_owned());
        return Ok(People::default());
    };
    let people = chosen(job, found)?;
    if people.refs.is_empty() {
        decision.explanation.push(nobody(found));
        decision.chain.push(Write::AddContact {
            fields: new_contact(case, plan),
        });
        return Ok(People {
            refs: vec![ContactRef::Created],
            owner: None,
        });
    }
    for (position, contact) in people.refs.iter().enumerate() {
        let ContactRef::Id(id) = contact else {
            continue;
        };
        let row = found.contacts.iter().find(|row| row.id == *id);
        if position == 0 {
            decision.contact = Some(*id);
            decision
                .explanation
                .push(how(plan, found, row, *id, job.became.contact));
            let fields = row.map(|row| completed(plan, row)).unwrap_or_default();
            if !fields.is_empty() {
                let names: Vec<&str> = fields.keys().map(String::as_str).collect();
                decision
                    .explanation
                    .push(format!("contact {id} gets {}", names.join(", ")));
                decision
                    .chain
                    .push(Write::UpdateContact { id: *id, fields });
            }
        }
    }
    Ok(people)
}

/// The contacts that are there and that this job shall use; empty when one must be created.
pub(super) fn chosen(job: &Job, found: &Findings) -> Result<People, Verdict> {
    let Some(plan) = &job.plan.contact else {
        return Ok(People::default());
    };
    let earlier = job
        .became
        .contact
        .filter(|id| found.contacts.iter().any(|row| row.id == *id));
    if let Some(own) = found.own_contact.or(earlier) {
        let owner = found
            .contacts
            .iter()
            .find(|row| row.id == own)
            .and_then(|row| row.owner);
        return Ok(People {
            refs: vec![ContactRef::Id(own)],
            owner,
        });
    }
    let matching: Vec<&ContactRow> = found
        .contacts
        .iter()
        .filter(|row| agrees(plan, found, row))
        .collect();
    let rows = match (plan.several, matching.as_slice()) {
        (_, []) => Vec::new(),
        (Several::Oldest | Several::Park, [one]) => vec![*one],
        (Several::Oldest, [oldest, ..]) => vec![*oldest],
        (Several::Newest, [.., newest]) => vec![*newest],
        (Several::All, all) => all.to_vec(),
        (Several::Park, several) => {
            let ids: Vec<String> = several.iter().map(|row| row.id.to_string()).collect();
            return Err(Verdict::Park {
                reason: ParkReason::SeveralContacts,
                text: format!(
                    "contacts {} all match; merge them or choose one",
                    ids.join(", ")
                ),
            });
        }
    };
    Ok(People {
        owner: rows.first().and_then(|row| row.owner),
        refs: rows.into_iter().map(|row| ContactRef::Id(row.id)).collect(),
    })
}

/// Whether a contact that the portal offered really is the one that was searched: its own phones and
/// addresses are compared, because the portal's match codes take some foreign numbers for ours.
fn agrees(plan: &ContactPlan, found: &Findings, row: &ContactRow) -> bool {
    let mut keys = found.hits.iter().map(|(key, ids)| match key {
        SearchKey::Phone(phone) => row.has_phone(phone),
        SearchKey::Email(email) => row.has_email(email),
        SearchKey::Field { .. } => ids.contains(&row.id),
    });
    match plan.match_ {
        Match::Any => keys.any(|agrees| agrees),
        Match::All => !found.hits.is_empty() && keys.all(|agrees| agrees),
    }
}

fn nobody(found: &Findings) -> String {
    let searched: Vec<&str> = found.hits.iter().map(|(key, _)| named(key)).collect();
    if searched.is_empty() {
        "nothing to search a contact by, so one is created".to_owned()
    } else {
        format!(
            "no contact with this {}, so one is created",
            searched.join(" or ")
        )
    }
}

fn how(
    plan: &ContactPlan,
    found: &Findings,
    row: Option<&ContactRow>,
    id: ContactId,
    earlier: Option<ContactId>,
) -> String {
    if found.own_contact == Some(id) {
        return format!("contact {id} was created by an earlier attempt");
    }
    if earlier == Some(id) {
        return format!("contact {id} is the one that an earlier attempt went to");
    }
    let by: Vec<&str> = found
        .hits
        .iter()
        .filter(|(key, ids)| match (key, row) {
            (SearchKey::Phone(phone), Some(row)) => row.has_phone(phone),
            (SearchKey::Email(email), Some(row)) => row.has_email(email),
            _ => ids.contains(&id),
        })
        .map(|(key, _)| named(key))
        .collect();
    let others = found
        .contacts
        .iter()
        .filter(|row| agrees(plan, found, row))
        .count();
    let choice = match (others, plan.several) {
        (0 | 1, _) => String::new(),
        (n, Several::Newest) => format!("; newest of {n}"),
        (n, Several::All) => format!("; all {n} are bound"),
        (n, Several::Oldest | Several::Park) => format!("; oldest of {n}"),
    };
    format!("found contact {id} by {}{choice}", by.join(" and "))
}

fn named(key: &SearchKey) -> &str {
    match key {
        SearchKey::Phone(_) => "phone",
        SearchKey::Email(_) => "e-mail",
        SearchKey::Field { name, .. } => name,
    }
}

fn new_contact(case: &Case<'_>, plan: &ContactPlan) -> Map<String, Value> {
    let mut fields = fresh(&plan.fields);
    if !fields.contains_key("NAME") && !fields.contains_key("LAST_NAME") {
        // the portal refuses a contact without any name
        if let Some(field) = plan.fields.first() {
            fields.insert("NAME".to_owned(), Value::from(field.value.as_str()));
        }
    }
    add_multifields(&mut fields, plan.fields.iter());
    let responsible = match case
        .job
        .plan
        .record
        .as_ref()
        .and_then(|record| record.responsible.as_ref())
    {
        Some(Responsible::User(user)) => Some(*user),
        Some(Responsible::Email(_)) => case.found.responsible,
        Some(Responsible::ContactOwner) | None => None,
    };
    if let Some(user) = responsible {
        fields
            .entry("ASSIGNED_BY_ID")
            .or_insert_with(|| json!(user));
    }
    mark(&mut fields, case);
    fields
}

/// What a found contact lacks: phones and addresses that none of its own equals, whatever the profile
/// says about updates, and fields as the profile says.
fn completed(plan: &ContactPlan, row: &ContactRow) -> Map<String, Value> {
    let mut fields = changes(&plan.fields, &row.fields);
    let missing = plan.fields.iter().filter(|field| match &field.value {
        PlannedValue::Phone(phone) => !row.has_phone(phone),
        PlannedValue::Email(email) => !row.has_email(email),
        PlannedValue::Text(_) => false,
    });
    add_multifields(&mut fields, missing);
    fields
}

/// `PHONE` and `EMAIL` take lists of rows; a bare string would be dropped in silence (REST
/// documentation, multifields).
pub(super) fn add_multifields<'a>(
    fields: &mut Map<String, Value>,
    planned: impl Iterator<Item = &'a PlannedField>,
) {
    for field in planned {
        let name = match &field.value {
            PlannedValue::Phone(_) => "PHONE",
            PlannedValue::Email(_) => "EMAIL",
            PlannedValue::Text(_) => continue,
        };
        let row = json!({"VALUE": field.value.as_str(), "VALUE_TYPE": "WORK"});
        let list = fields.entry(name).or_insert_with(|| json!([]));
        if let Value::Array(rows) = list
            && !rows.contains(&row)
        {
            rows.push(row);
        }
    }
}
