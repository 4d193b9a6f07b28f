//! The company of a plan: made only if the packet names one.

use super::notes::note;
use super::plan::Filling;
use super::profile::{CompanyRules, FieldRule};
use crate::domain::{
    CompanyPlan, FieldRole, MappingExplanation, PlannedField, PlannedValue, ValueKind, tax_number,
};

impl Filling<'_> {
    pub(super) fn company(&mut self, rules: &CompanyRules) -> Option<CompanyPlan> {
        if !self.wants("company", &rules.when) {
            return None;
        }
        let fields = self.fields("company", &rules.fields);
        if !fields.iter().any(names_a_company) {
            let none = note("company".to_owned(), MappingExplanation::NoCompany);
            self.notes.push(none);
            return None;
        }
        Some(CompanyPlan {
            match_: rules.match_.clone(),
            several: rules.several,
            conflict: rules.conflict,
            without_key: rules.without_key,
            responsible: self.responsible("company", rules.responsible.as_ref()),
            preset: rules.preset,
            fields,
        })
    }

    /// Reads the taxpayer number of a company, and notes what is none.
    pub(super) fn tax_number(
        &mut self,
        block: &str,
        rule: &FieldRule,
        text: &str,
    ) -> Option<PlannedValue> {
        let number = tax_number::read(text, self.country);
        if number.is_none() && !text.trim().is_empty() {
            let what = MappingExplanation::LeftOut {
                wanted: ValueKind::TaxNumber,
                place: rule.template.origin(&self.values).place(),
            };
            self.notes
                .push(note(format!("{block}.fields.{}", rule.name), what));
        }
        number.map(|number| PlannedValue::Text(number.into()))
    }
}

/// Returns whether a field names a company: by its name, by its requisite, or by a number of its own.
/// A phone, an address or a constant alone is no company.
fn names_a_company(field: &PlannedField) -> bool {
    let is_name = field.name == "TITLE" || field.is_of_requisite();
    let is_key = field.role == FieldRole::Search && matches!(field.value, PlannedValue::Text(_));
    (is_name || is_key)
        && !field.value.as_str().trim().is_empty()
        && !field.origin.sources.is_empty()
}
