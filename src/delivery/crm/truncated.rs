//! A phone or an address that many share: the portal's index names only the first twenty of its owners.
//! What more is asked then, and when nobody can tell whether the right one is among them.

use super::questions::{by_all, by_one, is_indexed, search_fields_of, ways};
use crate::crm::{Query, RecordFilter};
use crate::domain::{
    ContactPlan, EntityKind, PlannedField, PlannedValue, RecordPlan, SearchKey, Several,
};

/// The questions that bring further contacts: by what must agree beside the phone; and where nothing
/// else must, by the texts as they are stored, unless the oldest is meant, who was named first.
pub(super) fn more_contacts(plan: &ContactPlan, truncated: &[Query]) -> Vec<Query> {
    let mut queries: Vec<Query> = Vec::new();
    for way in ways(plan) {
        if !is_truncated(&way, truncated) {
            continue;
        }
        let beside = beside(&way);
        let more = match plan.several {
            _ if !beside.is_empty() => by_all(&beside, Several::All),
            Several::Newest | Several::All => way
                .iter()
                .flat_map(|field| texts(field))
                .map(|(field, text)| Query::ContactsByText {
                    field,
                    text,
                    several: plan.several,
                })
                .collect(),
            Several::Oldest | Several::Park => Vec::new(),
        };
        for query in more {
            if !queries.contains(&query) {
                queries.push(query);
            }
        }
    }
    queries
}

/// Whether contacts may agree whom no question brings: the index has not named all, and nothing else
/// must agree.
pub(super) fn may_miss_contacts(plan: &ContactPlan, truncated: &[Query]) -> bool {
    ways(plan)
        .iter()
        .any(|way| is_truncated(way, truncated) && beside(way).is_empty())
}

/// The questions that bring further leads: those in work and the newest, by the texts as they are stored.
pub(super) fn more_leads(plan: &RecordPlan, truncated: &[Query]) -> Vec<Query> {
    let is_truncated = |field: &&PlannedField| {
        let query = match field.search_key(Some(EntityKind::Lead)) {
            Some(SearchKey::Phone(phone)) => Query::LeadsByPhone(phone),
            Some(SearchKey::Email(email)) => Query::LeadsByEmail(email),
            Some(SearchKey::Field { .. }) | None => return false,
        };
        truncated.contains(&query)
    };
    search_fields_of(&plan.fields)
        .filter(is_truncated)
        .flat_map(texts)
        .map(|(field, text)| Query::Records {
            kind: EntityKind::Lead,
            which: RecordFilter::ByPrefix {
                field,
                text,
                among: plan.among.clone(),
            },
            select: Vec::new(),
        })
        .collect()
}

/// Whether the index has not named all who may agree: of each list that must agree it was cut for a
/// value.
fn is_truncated(way: &[&PlannedField], truncated: &[Query]) -> bool {
    let mut indexed = way.iter().filter(|field| is_indexed(field)).peekable();
    let is_cut = |field: &PlannedField| {
        by_one(field, Several::All).is_some_and(|query| truncated.contains(&query))
    };
    indexed.peek().is_some()
        && indexed.all(|field| {
            let mut same = way.iter().filter(|other| other.name == field.name);
            same.any(|field| is_cut(field))
        })
}

/// What must agree beside phones and addresses.
fn beside<'p>(way: &[&'p PlannedField]) -> Vec<&'p PlannedField> {
    let plain = way.iter().filter(|field| !is_indexed(field));
    plain.copied().collect()
}

/// How a phone or an address may be written in the portal, and in which list.
fn texts(field: &PlannedField) -> Vec<(&'static str, String)> {
    match &field.value {
        PlannedValue::Phone(phone) => {
            let spellings = phone.spellings().into_iter();
            spellings.map(|text| ("PHONE", text)).collect()
        }
        PlannedValue::Email(email) => vec![("EMAIL", email.as_str().to_owned())],
        PlannedValue::Text(_)
        | PlannedValue::Site(_)
        | PlannedValue::Messenger(_)
        | PlannedValue::Member(_)
        | PlannedValue::Label(_) => Vec::new(),
    }
}
