//! Fields whose form or table never gives what a CRM field takes: a day from yes or no, an amount
//! from a phone number, a currency from an amount.

use super::{AMOUNTS, DAYS};
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field::RawField;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::normalise::{date, money};
use crate::mapping::template::default_zone;

/// Checks `CLOSEDATE: "{{delivery}}"`; returns whether it is reported.
pub(super) fn check(
    raw: &RawProfile,
    (code, key): (&str, &str),
    field: &RawField,
    text: &Text,
    problems: &mut Problems,
) -> bool {
    let name = &field.key.value;
    let form = field.form.as_ref().map(|form| form.value);
    if code == "CURRENCY_ID" && form == Some(Normaliser::Money) {
        let message = bilingual!(
            "`{key}` is a currency, but the field `{name}` is an amount",
            "`{key}` — валюта, а в поле `{name}` сумма"
        );
        let advice = bilingual!(
            "write \"{{{{{name}.currency}}}}\", or the code itself: RUB",
            "напишите \"{{{{{name}.currency}}}}\" или сам код: RUB"
        );
        problems.warn(Code::WrongValue, &text.place, message, advice);
        return true;
    }
    let Some(kind) = Wanted::of(code) else {
        return false;
    };
    let (en, ru) = if let Some(form) = form.filter(|form| kind.excludes(*form)) {
        let word = form.word();
        (
            format!("has `as: {word}`"),
            format!("у поля `{name}` стоит `as: {word}`"),
        )
    } else if gives_no(field, |text| kind.reads(text)) {
        (
            "has a table with other texts".to_owned(),
            format!("в таблице поля `{name}` другие тексты"),
        )
    } else {
        return false;
    };
    let message = bilingual!(
        "`{key}` never gets a value: the field `{name}` {en}",
        "в `{key}` никогда не будет значения: {ru}"
    );
    let advice = instead(raw, name, kind.forms());
    problems.warn(Code::WrongValue, &text.place, message, advice);
    true
}

fn instead(raw: &RawProfile, name: &str, wanted: [Normaliser; 2]) -> Bilingual {
    let [first, _] = wanted;
    let word = first.word();
    let mut others = raw.fields.values().filter(|other| other.key.value != *name);
    let right = others.find(|other| {
        let form = other.form.as_ref();
        form.is_some_and(|form| wanted.contains(&form.value))
    });
    match right.map(|field| &field.key.value) {
        Some(right) => bilingual!("write \"{{{{{right}}}}}\"", "напишите \"{{{{{right}}}}}\""),
        None => bilingual!(
            "name a field that is read with `as: {word}`",
            "укажите поле, которое читается с `as: {word}`"
        ),
    }
}

/// What a CRM field takes.
#[derive(Clone, Copy)]
enum Wanted {
    Day,
    Amount,
}

impl Wanted {
    fn of(code: &str) -> Option<Self> {
        if DAYS.contains(&code) {
            return Some(Self::Day);
        }
        AMOUNTS.contains(&code).then_some(Self::Amount)
    }

    /// Returns whether a form never gives it.
    fn excludes(self, form: Normaliser) -> bool {
        let is_other = match self {
            Self::Day => matches!(
                form,
                Normaliser::Money | Normaliser::Integer | Normaliser::Bool
            ),
            Self::Amount => matches!(form, Normaliser::Date | Normaliser::Datetime),
        };
        is_other || is_neither(form)
    }

    fn reads(self, text: &str) -> bool {
        let text = text.trim();
        text.is_empty()
            || match self {
                Self::Day => date::read(text, &default_zone()).is_some(),
                Self::Amount => money(text).is_some(),
            }
    }

    fn forms(self) -> [Normaliser; 2] {
        match self {
            Self::Day => [Normaliser::Date, Normaliser::Datetime],
            Self::Amount => [Normaliser::Money, Normaliser::Integer],
        }
    }
}

fn is_neither(form: Normaliser) -> bool {
    matches!(
        form,
        Normaliser::Phone
            | Normaliser::Email
            | Normaliser::Name
            | Normaliser::File
            | Normaliser::Url
    )
}

/// Returns whether no text of the field's table can be read.
fn gives_no(field: &RawField, is_read: impl Fn(&str) -> bool) -> bool {
    // another value than those of the table is kept as it is
    let Some(known) = super::super::choice::known_values(field) else {
        return false;
    };
    // a form that cannot read the table is reported there
    field.form.is_none()
        && field.map.is_some()
        && !known.is_empty()
        && !known.into_iter().any(is_read)
}
