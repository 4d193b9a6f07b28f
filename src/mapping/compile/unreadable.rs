//! Values of declared fields that can never be read: texts of a table that the form does not
//! understand, an element of a list in quotes.

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::domain::bilingual;
use crate::mapping::normalise::{date, money, truth};
use crate::mapping::template::default_zone;

/// `as: bool, map: { on: Родитель }`: the form reads the texts of the table, and cannot read one of
/// them.
pub(super) fn map(raw: &RawField, form: Normaliser, problems: &mut Problems) {
    let is_read: fn(&str) -> bool = match form {
        Normaliser::Bool => |text| truth(text).is_some(),
        Normaliser::Money | Normaliser::Integer => |text| money(text).is_some(),
        Normaliser::Date | Normaliser::Datetime => {
            |text| date::read(text, &default_zone()).is_some()
        }
        _ => return,
    };
    let texts = raw.map.iter().flatten().map(|(_, text)| text);
    let mut texts = texts
        .filter(|text| !text.value.trim().is_empty())
        .peekable();
    let Some(first) = texts.peek().map(|text| (*text).clone()) else {
        return;
    };
    if texts.any(|text| is_read(text.value.trim())) {
        return;
    }
    let (written, word) = (&first.value, form.word());
    let message = bilingual!(
        "`as: {word}` reads the texts of `map`, and cannot read `{written}`: there is never a value",
        "`as: {word}` читает то, что дал `map`, а `{written}` прочесть не может: значения не будет никогда"
    );
    let advice = bilingual!(
        "remove `as: {word}`, or `map`",
        "уберите `as: {word}` или `map`"
    );
    problems.warn(Code::WrongValue, &first.place, message, advice);
}
