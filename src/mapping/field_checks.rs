//! Looks at the planned fields of a block together: groups of fields, and the currency of an amount.

use super::profile::{FieldRule, RecordRules};
use super::template::Values;
use crate::domain::{FieldGroup, MappingExplanation, Note, PlannedField};

/// Returns a note if the text of the amount has another currency than the record gets.
pub(super) fn other_currency(
    rules: &RecordRules,
    fields: &[PlannedField],
    values: &Values<'_>,
) -> Option<Note> {
    let mut amounts = rules.fields.iter();
    let amount = amounts.find(|rule| ["OPPORTUNITY", "opportunity"].contains(&&*rule.name))?;
    let reading = values.readings.get(amount.template.only_field()?)?;
    let found = reading.beside.first()?.clone()?;
    let mut currencies = fields.iter();
    let written = currencies.find(|field| ["CURRENCY_ID", "currencyId"].contains(&&*field.name))?;
    let written = written.value.as_str().to_owned();
    (found != written).then(|| Note {
        about: format!("{}.fields.{}", rules.kind.as_str(), amount.name),
        what: MappingExplanation::OtherCurrency { found, written },
    })
}

/// Tells the fields of each group which others of it have no value.
pub(super) fn group(fields: &mut [PlannedField], rules: &[FieldRule]) {
    let has_value = |fields: &[PlannedField], name: &str| {
        let mut named = fields.iter().filter(|field| field.name == name);
        named.any(|field| !field.value.as_str().is_empty())
    };
    for rule in rules {
        let Some(name) = &rule.together else { continue };
        let members = rules
            .iter()
            .filter(|other| other.together.as_ref() == Some(name));
        let without_value: Vec<String> = members
            .filter(|other| !has_value(fields, &other.name))
            .map(|other| other.name.clone())
            .collect();
        let own = fields.iter_mut().filter(|field| field.name == rule.name);
        for field in own {
            field.together = Some(FieldGroup {
                name: name.clone(),
                without_value: without_value.clone(),
            });
        }
    }
}
