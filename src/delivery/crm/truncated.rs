//! Truncated look-ups: the portal's index returns only the first twenty owners of a phone or an
//! address. Decides what to ask in addition, and when the right contact may still be missing.

use super::questions::{by_all, by_one, is_indexed, search_fields_of, ways};
use crate::crm::{Query, RecordFilter};
use crate::domain::{
    ContactPlan, EntityKind, PlannedField, PlannedValue, RecordPlan, SearchKey, Several,
};

/// Returns queries for further contacts: by the fields that must match besides the phone or, if
/// there are none, by the stored text. If the oldest contact is wanted, the index has already
/// returned it.
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

/// Returns whether a matching contact may be missing from all results: the index was truncated, and
/// no other field must match.
pub(super) fn may_miss_contacts(plan: &ContactPlan, truncated: &[Query]) -> bool {
    ways(plan)
        .iter()
        .any(|way| is_truncated(way, truncated) && beside(way).is_empty())
}

/// Returns queries for further leads, by the stored text.
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

/// Returns whether the index may have missed a match: for each phone or address list that must
/// match, the look-up of a value was truncated.
fn is_truncated(way: &[&PlannedField], truncated: &[Query]) -> bool {
    let mut indexed = way.iter().filter(|field| is_indexed(field)).peekable();
    let is_cut = |field: &PlannedField| {
        let mut queries = by_one(field, Several::All).into_iter();
        queries.any(|query| truncated.contains(&query))
    };
    indexed.peek().is_some()
        && indexed.all(|field| {
            let mut same = way.iter().filter(|other| other.name == field.name);
            same.any(|field| is_cut(field))
        })
}

/// Returns the fields that must match besides phones and addresses.
fn beside<'p>(way: &[&'p PlannedField]) -> Vec<&'p PlannedField> {
    let plain = way.iter().filter(|field| !is_indexed(field));
    plain.copied().collect()
}

/// Returns the spellings of a phone or an address, with the field that stores them.
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
        | PlannedValue::Label(_)
        | PlannedValue::File(_) => Vec::new(),
    }
}
