//! Values of declared fields that can never be read: texts of a table that the form does not
//! understand, an element of a list in quotes.

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::authoring::yaml::Text;
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

/// Warns of `$.items['0'].name`: the first element of a list has no quotes.
pub(super) fn index(text: &Text, problems: &mut Problems) {
    let value = text.value.as_str();
    let Some((at, quoted)) = ["['0']", "[\"0\"]"]
        .iter()
        .find_map(|quoted| Some((value.find(quoted)?, *quoted)))
    else {
        return;
    };
    // at the top it may be a field that a form calls so
    if matches!(value.get(..at), None | Some("" | "$")) {
        return;
    }
    let fixed = value.replace(quoted, "[0]");
    let message = bilingual!(
        "`{quoted}` is a member called 0, not the first element of a list",
        "`{quoted}` — поле с именем 0, а не первый элемент списка"
    );
    let advice = bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    let offset = value.get(..at).map_or(0, |head| head.chars().count());
    let place = text.part(offset, quoted.chars().count());
    problems.warn(Code::BadPath, &place, message, advice);
}
