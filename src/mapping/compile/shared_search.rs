//! Finds searches by values that cannot be unique, in any CRM field: names, amounts, days, yes or
//! no.

use indexmap::IndexMap;

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::field_rule::RawFieldRules;
use crate::domain::bilingual;
use crate::mapping::crm_fields;

/// Warns of such searches.
pub(super) fn check(
    rules: &IndexMap<String, RawFieldRules>,
    fields: &IndexMap<String, RawField>,
    problems: &mut Problems,
) {
    let flagged = rules.values().flat_map(|rules| {
        let flagged = rules.rules.iter().filter_map(|rule| {
            let flag = rule.search.as_ref().filter(|flag| flag.value)?;
            Some((&rules.key, rule, flag))
        });
        flagged.collect::<Vec<_>>()
    });
    for (key, rule, flag) in flagged {
        let name = rule
            .value
            .value
            .trim_matches(|c: char| matches!(c, '{' | '}' | '<' | '>') || c.is_whitespace());
        let form = fields
            .get(name)
            .and_then(|field| field.form.as_ref())
            .map(|form| form.value);
        let (en, ru) = match form {
            Some(Normaliser::Name) => ("a person's name", "имя человека"),
            Some(Normaliser::Money) => ("an amount", "сумма"),
            Some(Normaliser::Date | Normaliser::Datetime) => ("a day", "дата"),
            Some(Normaliser::Bool) => ("yes or no", "да или нет"),
            Some(_) | None => continue,
        };
        if crm_fields::is_widely_shared(&key.value) {
            continue;
        }
        let message = bilingual!(
            "`{name}` is {en}: many people share it, so the search would take them for one person",
            "`{name}` — {ru}: такое бывает у многих, и поиск примет их за одного"
        );
        problems.warn(
            Code::VagueSearch,
            &flag.place,
            message,
            crm_fields::search_by(),
        );
    }
}
