//! Fields of contacts, deals and leads: are they there, can they be written, does the list have the value?

use super::{advice, labels};
use crate::crm::Dictionaries;
use crate::crm::dictionary::{FieldInfo, by_label};
use crate::domain::EntityKind;
use crate::mapping::{Claim, Code, Problem, Severity, Written};

/// A field by whose it is and by its name.
type Name<'n> = (Option<EntityKind>, &'n str);

/// What the portal, or the gateway, fills by itself when a profile does not.
const SELF_FILLED: &[&str] = &[
    "TITLE",
    "NAME",
    "LAST_NAME",
    "STAGE_ID",
    "STATUS_ID",
    "CATEGORY_ID",
    "CURRENCY_ID",
    "ASSIGNED_BY_ID",
    "CONTACT_ID",
    "CONTACT_IDS",
    "OPENED",
    "ID",
];

/// Whether a field can take what the profile writes.
pub(super) fn field(
    claim: &Claim,
    (entity, name): Name<'_>,
    written: &Written,
    portal: &Dictionaries,
) -> Option<Problem> {
    let fields = portal.fields(entity);
    let block = block(entity);
    if fields.is_empty() {
        // nothing was read of them; a portal without leads has no fields of leads
        return None;
    }
    let error = |code, message: String, advice: String| {
        Some(claim.problem(Severity::Error, code, message, advice))
    };
    let Some(field) = fields.get(name) else {
        let message =
            format!("the portal has no field `{name}` of a {block}; it would drop the value");
        let advice = advice_for(name, fields.iter());
        return error(Code::UnknownCrmField, message, advice);
    };
    if field.read_only {
        let message = format!("`{name}` ({}) cannot be written", field.title);
        return error(Code::ReadOnlyField, message, "remove it".to_owned());
    }
    let choices = portal.choices(field);
    match (written, choices) {
        (Written::Label, None) => {
            let message = format!("`{name}` ({}) is no list", field.title);
            error(Code::UnknownLabel, message, "remove `as: label`".to_owned())
        }
        (Written::Constant(text), Some(choices)) if !text.is_empty() => {
            if choices.iter().any(|choice| choice.id == *text) {
                return None;
            }
            let message = format!("the list `{name}` ({}) has no value `{text}`", field.title);
            let advice = match by_label(choices, text) {
                Some(choice) => format!(
                    "that is a label: add `as: label`, or write its code `{}`",
                    choice.id
                ),
                None => {
                    let codes = choices.iter().map(|choice| choice.id.as_str());
                    advice(text, codes)
                }
            };
            error(Code::UnknownLabel, message, advice)
        }
        (Written::Text, Some(_)) if field.kind == "enumeration" => {
            let message = format!(
                "`{name}` ({}) is a list, which takes no free text: the value would be lost",
                field.title
            );
            let advice =
                "add `as: label`: { value: …, as: label }; without it only the numbers of the \
                          list's values arrive"
                    .to_owned();
            Some(claim.problem(Severity::Warning, Code::UnknownLabel, message, advice))
        }
        (Written::Constant(code), None) if field.kind == "crm_currency" => {
            currency(claim, code, portal)
        }
        _ => None,
    }
}

fn currency(claim: &Claim, code: &str, portal: &Dictionaries) -> Option<Problem> {
    if portal.currencies.is_empty() || portal.currencies.iter().any(|known| known == code) {
        return None;
    }
    let message = format!("the portal does not have the currency `{code}`");
    let advice = advice(code, portal.currencies.iter().map(String::as_str));
    Some(claim.problem(Severity::Error, Code::UnknownCurrency, message, advice))
}

/// Whether the list of a field has a value with this label.
pub(super) fn label(
    claim: &Claim,
    (entity, name): Name<'_>,
    label: &str,
    portal: &Dictionaries,
) -> Option<Problem> {
    let field = portal.fields(entity).get(name)?;
    let choices = portal.choices(field)?;
    if by_label(choices, label).is_some() {
        return None;
    }
    let message = format!("the list `{name}` ({}) has no value «{label}»", field.title);
    let advice = advice(label, labels(choices));
    Some(claim.problem(Severity::Error, Code::UnknownLabel, message, advice))
}

/// The fields that the portal wants and the profile does not fill.
pub(super) fn required(
    claim: &Claim,
    entity: Option<EntityKind>,
    fills: &[String],
    portal: &Dictionaries,
) -> Vec<Problem> {
    let is_missing = |(name, field): &(&String, &FieldInfo)| {
        field.required
            && !field.read_only
            && !fills.contains(name)
            && !SELF_FILLED.contains(&name.as_str())
    };
    let missing = portal.fields(entity).iter().filter(is_missing);
    missing
        .map(|(name, field)| {
            let message = format!(
                "the portal wants `{name}` ({}) of every {}, and the profile does not fill it",
                field.title,
                block(entity)
            );
            let advice = "fill it; depending on its settings the portal refuses records without it";
            claim.problem(Severity::Warning, Code::RequiredField, message, advice)
        })
        .collect()
}

fn block(entity: Option<EntityKind>) -> &'static str {
    entity.map_or("contact", EntityKind::as_str)
}

/// The nearest code; people also write a field's title for its code.
fn advice_for<'f>(
    written: &str,
    fields: impl Iterator<Item = (&'f String, &'f FieldInfo)> + Clone,
) -> String {
    let own: Vec<&str> = fields
        .clone()
        .filter(|(_, field)| !field.read_only)
        .map(|(name, _)| name.as_str())
        .collect();
    if let Some(near) = crate::mapping::nearest_name(written, &own) {
        return format!("did you mean `{near}`?");
    }
    let custom: Vec<String> = fields
        .filter(|(name, _)| name.starts_with("UF_"))
        .map(|(name, field)| format!("{name} ({})", field.title))
        .take(8)
        .collect();
    if custom.is_empty() {
        return "a field's code stands in its settings".to_owned();
    }
    format!("its custom fields are {}", custom.join(", "))
}
