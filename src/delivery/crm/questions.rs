//! Builds the queries that find what a plan is about. Decisions check every result again: a query
//! may return too much, never too little.

use crate::crm::{Query, RecordFilter, SearchValue};
use crate::domain::{
    ContactPlan, CrmStep, EntityKind, Match, PlannedField, PlannedValue, RecordPlan, Responsible,
    SearchKey, Several,
};

/// Returns the queries for contacts that may match.
pub(super) fn of_contact(plan: &ContactPlan) -> Vec<Query> {
    let ways = ways(plan);
    let queries = ways.iter().flat_map(|way| by_all(way, plan.several));
    let mut queries: Vec<Query> = queries.collect();
    let mut asked: Vec<Query> = Vec::new();
    queries.retain(|query| {
        let is_new = !asked.contains(query);
        if is_new {
            asked.push(query.clone());
        }
        is_new
    });
    queries
}

/// Returns the queries for records that are found by their own search fields.
pub(super) fn of_record(plan: &RecordPlan) -> Vec<Query> {
    let by_value = |field| Query::Records {
        kind: plan.kind,
        which: RecordFilter::ByFieldValue {
            field,
            among: plan.among.clone(),
        },
        select: fields_to_read(&plan.fields),
    };
    let mut queries = Vec::new();
    for field in search_fields_of(&plan.fields) {
        match field.search_key(Some(plan.kind)) {
            Some(SearchKey::Phone(phone)) if plan.kind == EntityKind::Lead => {
                queries.push(Query::LeadsByPhone(phone));
            }
            Some(SearchKey::Email(email)) if plan.kind == EntityKind::Lead => {
                queries.push(Query::LeadsByEmail(email));
            }
            Some(SearchKey::Phone(_) | SearchKey::Email(_)) | None => {}
            Some(SearchKey::Field { .. }) => {
                queries.extend(values(field).into_iter().map(by_value));
            }
        }
    }
    queries
}

/// Returns the values to search a field by. A value is one look-up in all its spellings; for a site
/// or a messenger, each spelling is.
pub(super) fn values(field: &PlannedField) -> Vec<SearchValue> {
    let text = field.value.as_str();
    match field.value {
        PlannedValue::Site(_) | PlannedValue::Messenger(_) => {
            SearchValue::one_by_one(&field.name, text, field.value_type.as_deref())
        }
        _ => vec![SearchValue::new(&field.name, text, field.compare)],
    }
}

/// Returns the rules by which the plan assigns employees.
pub(super) fn responsible(plan: &CrmStep) -> Vec<&Responsible> {
    let contact = plan
        .contact
        .as_ref()
        .and_then(|contact| contact.responsible.as_ref());
    let company = plan
        .company
        .as_ref()
        .and_then(|company| company.responsible.as_ref());
    let record = plan
        .record
        .as_ref()
        .and_then(|record| record.responsible.as_ref());
    contact.into_iter().chain(company).chain(record).collect()
}

/// Returns whether employees take turns in the plan.
pub(super) fn has_turns(plan: &CrmStep) -> bool {
    responsible(plan).iter().any(|named| named.has_turns())
}

/// Returns the fields whose current value decides whether something is found or written.
pub(super) fn fields_to_read(fields: &[PlannedField]) -> Vec<String> {
    fields
        .iter()
        .filter(|field| match field.value {
            // those that are kept are named in the explanation if they differ
            PlannedValue::Text(_)
            | PlannedValue::Member(_)
            | PlannedValue::Label(_)
            | PlannedValue::Phone(_)
            | PlannedValue::Email(_)
            | PlannedValue::Site(_)
            | PlannedValue::Messenger(_) => true,
            // the universal methods read files
            PlannedValue::File(_) => false,
        })
        .flat_map(|field| {
            let group = field.together.iter();
            let others = group.flat_map(|group| group.without_value.iter().cloned());
            std::iter::once(field.name.clone()).chain(others)
        })
        .collect()
}

/// Returns the search fields that have a value.
pub(super) fn search_fields_of(fields: &[PlannedField]) -> impl Iterator<Item = &PlannedField> {
    fields
        .iter()
        .filter(|field| field.search_key(None).is_some())
}

/// Returns the fields that distinguish people: search fields and the parts of the name.
pub(super) fn identifying(plan: &ContactPlan) -> impl Iterator<Item = &PlannedField> {
    let is_name = |field: &&PlannedField| {
        let is_part = ["NAME", "LAST_NAME", "SECOND_NAME"].contains(&field.name.as_str());
        is_part && !field.value.as_str().trim().is_empty()
    };
    let names = plan.fields.iter().filter(is_name);
    search_fields_of(&plan.fields).chain(names)
}

/// Returns the fields to read of a contact that may be the contact of a record.
pub(super) fn contact_fields_to_read(plan: &ContactPlan) -> Vec<String> {
    let mut select = fields_to_read(&plan.fields);
    let more = identifying(plan).map(|field| field.name.clone());
    for name in more.collect::<Vec<_>>() {
        if !select.contains(&name) {
            select.push(name);
        }
    }
    select
}

/// Returns the groups of fields that identify a contact; all fields of a group must match.
pub(super) fn ways(plan: &ContactPlan) -> Vec<Vec<&PlannedField>> {
    groups(&plan.match_, &plan.fields)
}

/// Returns the groups of search fields that identify somebody; all fields of a group must match.
pub(super) fn groups<'p>(match_: &Match, fields: &'p [PlannedField]) -> Vec<Vec<&'p PlannedField>> {
    let search_fields_of: Vec<&PlannedField> = search_fields_of(fields).collect();
    match match_ {
        Match::Any => search_fields_of
            .into_iter()
            .map(|field| vec![field])
            .collect(),
        Match::All => vec![search_fields_of],
        Match::Groups(groups) => groups
            .iter()
            .filter(|group| {
                let of = |name: &String| search_fields_of.iter().any(|field| field.name == *name);
                group.iter().all(of)
            })
            .map(|group| {
                let fields = search_fields_of.iter().copied();
                fields.filter(|field| group.contains(&field.name)).collect()
            })
            .collect(),
    }
}

/// Returns whether the contact cannot be looked up: no search field has a value, or each group
/// lacks one.
pub(super) fn is_keyless(plan: &ContactPlan) -> bool {
    ways(plan).iter().all(Vec::is_empty)
}

/// Returns whether the portal has an index for such values.
pub(super) fn is_indexed(field: &PlannedField) -> bool {
    matches!(field.value, PlannedValue::Phone(_) | PlannedValue::Email(_))
}

/// Returns the queries for contacts with this value; `several` says which of them are needed.
pub(super) fn by_one(field: &PlannedField, several: Several) -> Vec<Query> {
    match field.search_key(None) {
        Some(SearchKey::Phone(phone)) => vec![Query::ContactsByPhone(phone)],
        Some(SearchKey::Email(email)) => vec![Query::ContactsByEmail(email)],
        Some(SearchKey::Field { .. }) => {
            let by_value = |field| Query::ContactsByFields {
                fields: vec![field],
                several,
            };
            values(field).into_iter().map(by_value).collect()
        }
        None => Vec::new(),
    }
}

/// Returns whether a look-up takes only one spelling of the field's value.
fn is_one_by_one(field: &PlannedField) -> bool {
    matches!(
        field.value,
        PlannedValue::Site(_) | PlannedValue::Messenger(_)
    )
}

/// Returns the queries for contacts that match all fields: by phone or address if there is one, and
/// the rest is compared later; otherwise one query has all conditions.
pub(super) fn by_all(fields: &[&PlannedField], several: Several) -> Vec<Query> {
    let by_index: Vec<Query> = fields
        .iter()
        .filter(|field| is_indexed(field))
        .flat_map(|field| by_one(field, several))
        .collect();
    if !by_index.is_empty() {
        return by_index;
    }
    // one look-up takes all conditions, except those of which it takes one spelling only
    let plain = fields.iter().filter(|field| !is_one_by_one(field));
    let plain: Vec<&PlannedField> = plain.copied().collect();
    let asked = if plain.is_empty() { fields } else { &plain };
    // what is not asked is compared later, so all contacts are needed
    let several = if asked.len() == fields.len() {
        several
    } else {
        Several::All
    };
    let fields = asked;
    let Some(first) = fields.first() else {
        return Vec::new();
    };
    let is_single = fields.iter().enumerate().all(|(place, field)| {
        fields
            .iter()
            .skip(place + 1)
            .all(|other| other.name != field.name)
    });
    if is_single && !plain.is_empty() {
        return vec![Query::ContactsByFields {
            fields: fields.iter().flat_map(|field| values(field)).collect(),
            several,
        }];
    }
    let same_name = fields.iter().filter(|field| field.name == first.name);
    // the other fields are compared later, so all contacts are needed
    let several = if same_name.clone().count() == fields.len() {
        several
    } else {
        Several::All
    };
    same_name.flat_map(|field| by_one(field, several)).collect()
}
