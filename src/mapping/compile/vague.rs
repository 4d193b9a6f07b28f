//! Searches by a value that is not unique by its nature, whatever the CRM field is called: a person's name,
//! an amount, a day, yes or no.

use indexmap::IndexMap;

use crate::authoring::Form;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::slot::RawSlots;
use crate::domain::bilingual;
use crate::mapping::crm_fields;

/// Warns of them.
pub(super) fn check(
    slots: &IndexMap<String, RawSlots>,
    fields: &IndexMap<String, RawField>,
    problems: &mut Problems,
) {
    let flagged = slots.values().flat_map(|slots| {
        let flagged = slots.slots.iter().filter_map(|slot| {
            let flag = slot.search.as_ref().filter(|flag| flag.value)?;
            Some((&slots.key, slot, flag))
        });
        flagged.collect::<Vec<_>>()
    });
    for (key, slot, flag) in flagged {
        let name = slot
            .value
            .value
            .trim_matches(|c: char| matches!(c, '{' | '}' | '<' | '>') || c.is_whitespace());
        let form = fields
            .get(name)
            .and_then(|field| field.form.as_ref())
            .map(|form| form.value);
        let (en, ru) = match form {
            Some(Form::Name) => ("a person's name", "имя человека"),
            Some(Form::Money) => ("an amount", "сумма"),
            Some(Form::Date | Form::Datetime) => ("a day", "дата"),
            Some(Form::Bool) => ("yes or no", "да или нет"),
            Some(_) | None => continue,
        };
        if crm_fields::is_vague(&key.value) {
            continue;
        }
        let message = bilingual!(
            "`{name}` is {en}: many people share it, and the search takes them for one",
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
