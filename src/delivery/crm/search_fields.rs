//! Search fields that the portal may not have. It drops a condition on an unknown field, and drops
//! the value on writing, so nothing would ever be found, and each repeat of an order would create
//! another deal.

use super::questions::search_fields_of;
use crate::crm::Dictionaries;
use crate::crm::bitrix24::is_standard_field;
use crate::delivery::Verdict;
use crate::domain::{
    CrmStep, EntityKind, Explanation, Found, ParkReason, PlannedField, PlannedValue, VerdictReason,
};

/// Returns the search fields of a plan that not every portal has, with their entity (`None` for the
/// contact).
pub(super) fn unverified(plan: &CrmStep) -> impl Iterator<Item = (Option<EntityKind>, &str)> {
    let contact = plan.contact.iter();
    let contact = contact.flat_map(|contact| of(None, &contact.fields));
    let company = plan.company.iter();
    let company = company.flat_map(|company| of(Some(EntityKind::Company), &company.fields));
    let record = plan.record.iter();
    let record = record.filter(|record| record.found != Found::AlwaysCreate);
    let record = record.flat_map(|record| of(Some(record.kind), &record.fields));
    contact.chain(company).chain(record)
}

fn of(
    entity: Option<EntityKind>,
    fields: &[PlannedField],
) -> impl Iterator<Item = (Option<EntityKind>, &str)> {
    search_fields_of(fields)
        .filter(move |field| match field.value {
            PlannedValue::Text(_) | PlannedValue::Member(_) => {
                !is_standard_field(entity, &field.name)
            }
            PlannedValue::Phone(_)
            | PlannedValue::Email(_)
            | PlannedValue::Site(_)
            | PlannedValue::Messenger(_)
            | PlannedValue::Label(_)
            | PlannedValue::File(_) => false,
        })
        .map(move |field| (entity, field.name.as_str()))
}

/// Returns the first of them that the portal does not have. If it returned no fields of an entity,
/// nothing is known about them.
pub(super) fn missing<'p>(
    plan: &'p CrmStep,
    known: &Dictionaries,
) -> Option<(Option<EntityKind>, &'p str)> {
    unverified(plan).find(|(entity, name)| {
        !known.fields(*entity).is_empty() && known.field(*entity, name).is_none()
    })
}

/// Parks the submission: nothing is created if the portal lacks a field that the plan searches by.
pub(super) fn park(
    profile: &str,
    entity: Option<EntityKind>,
    name: &str,
) -> (Verdict, Vec<Explanation>) {
    let block = entity.map_or("contact", EntityKind::as_str);
    let why = Explanation::UnknownField {
        field: format!("{block}.{name}"),
        profile: profile.to_owned(),
    };
    let reason = ParkReason::UnknownField;
    let text = VerdictReason::Because(vec![why.clone()]);
    (Verdict::Park { reason, text }, vec![why])
}
