//! The types of search fields: how the portal compares a value depends on what the field holds. A
//! number field has `3500`, however it was typed; a text field has what was typed.

use crate::crm::Dictionaries;
use crate::domain::spelling::CompareAs;
use crate::domain::{CrmStep, EntityKind, FieldRole, PlannedField, PlannedValue};

/// Returns the plan with the types of its search fields, and with their values as the portal reads
/// them; `None` if all are text. Without dictionaries, only the portal's own fields are known.
pub(super) fn typed(plan: &CrmStep, known: Option<&Dictionaries>) -> Option<CrmStep> {
    let mut typed = plan.clone();
    let contact = typed.contact.iter_mut();
    let contact = contact.map(|contact| (None, &mut contact.fields));
    let company = typed.company.iter_mut();
    let company = company.map(|company| (Some(EntityKind::Company), &mut company.fields));
    let record = typed.record.iter_mut();
    let record = record.map(|record| (Some(record.kind), &mut record.fields));
    let mut is_any = false;
    for (entity, fields) in contact.chain(company).chain(record) {
        for field in fields.iter_mut() {
            is_any |= set_type(entity, field, known);
        }
    }
    is_any.then_some(typed)
}

/// Sets the type of a search field; returns whether it is something other than text.
fn set_type(
    entity: Option<EntityKind>,
    field: &mut PlannedField,
    known: Option<&Dictionaries>,
) -> bool {
    let (PlannedValue::Text(value) | PlannedValue::Member(value)) = &mut field.value else {
        return false;
    };
    if field.role == FieldRole::Fill {
        return false;
    }
    let info = known.and_then(|known| known.field(entity, &field.name));
    field.compare = match info {
        Some(info) => of_kind(&info.kind, &field.name),
        None => of_standard(&field.name),
    };
    if let Some(written) = field.compare.written(value.as_str()) {
        *value = written.into();
    }
    field.compare != CompareAs::default()
}

/// Returns how values of the portal's type are compared (REST documentation, "Data Types"). A filter
/// by a custom boolean needs `1` or `0`.
fn of_kind(kind: &str, name: &str) -> CompareAs {
    let is_custom = name.starts_with("UF_") || name.starts_with("ufCrm");
    match kind {
        "string" | "text" => CompareAs::Text,
        "integer" | "double" => CompareAs::Number,
        "date" => CompareAs::Date,
        "datetime" => CompareAs::Moment,
        "boolean" | "char" if is_custom => CompareAs::OneZero,
        "boolean" | "char" => CompareAs::YesNo,
        "money" => CompareAs::Money,
        "url" => CompareAs::Site,
        // ids and codes
        _ => CompareAs::Code,
    }
}

/// Returns how values of a field are compared that every portal has.
fn of_standard(name: &str) -> CompareAs {
    match name {
        "OPPORTUNITY" | "opportunity" => CompareAs::Number,
        "SOURCE_ID" | "sourceId" => CompareAs::Code,
        _ => CompareAs::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_compared_as_the_portal_stores_it() {
        for (kind, name, wanted) in [
            ("string", "UF_CRM_ORDER", CompareAs::Text),
            ("integer", "UF_CRM_ORDER", CompareAs::Number),
            ("double", "OPPORTUNITY", CompareAs::Number),
            ("date", "BIRTHDATE", CompareAs::Date),
            ("datetime", "UF_CRM_CALL", CompareAs::Moment),
            ("char", "OPENED", CompareAs::YesNo),
            ("boolean", "isManualOpportunity", CompareAs::YesNo),
            ("boolean", "UF_CRM_CONSENT", CompareAs::OneZero),
            ("boolean", "ufCrm9Consent", CompareAs::OneZero),
            ("money", "UF_CRM_SUM", CompareAs::Money),
            ("url", "UF_CRM_SITE", CompareAs::Site),
            ("enumeration", "UF_CRM_TOPIC", CompareAs::Code),
            ("crm_status", "TYPE_ID", CompareAs::Code),
            ("employee", "UF_CRM_BOSS", CompareAs::Code),
            ("some_app", "UF_CRM_APP", CompareAs::Code),
        ] {
            assert_eq!(of_kind(kind, name), wanted, "{kind} {name}");
        }
    }
}
