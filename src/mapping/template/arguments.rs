//! Values of helpers that are in the wrong order, or that the helper never has: the result would be
//! the same for every submission.

use handlebars::template::{HelperTemplate, Parameter};
use serde_json::Value;

use super::helpers::Helper;
use super::other_helpers::written;
use super::{RECEIVED_AT, default_zone};
use crate::authoring::problem::ProfileFacts;
use crate::authoring::suggest;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::normalise::{date, truth};

/// Words for the time of the submission.
const NOW: [&str; 6] = ["now", "today", "current", "сейчас", "сегодня", "дата"];

/// What is wrong, and what to write.
type Words = (Bilingual, Bilingual);

/// Returns words about `(company)`: a name in round brackets.
pub(super) fn bracketed(word: &str) -> Words {
    (
        bilingual!(
            "`({word})` calls a helper, and no helper has this name",
            "`({word})` — это помощник, а помощника с таким именем нет"
        ),
        bilingual!(
            "a field has no round brackets: write `{word}`, as in {{{{#if {word}}}}}",
            "поле пишут без круглых скобок: `{word}`, например {{{{#if {word}}}}}"
        ),
    )
}

/// Returns words about `upper "promo"`: the name of a field in quotes.
pub(super) fn quoted(tag: &str, name: &str) -> Words {
    (
        bilingual!(
            "`\"{name}\"` is the word itself, not the field `{name}`",
            "`\"{name}\"` — само слово, а не поле `{name}`"
        ),
        bilingual!(
            "write `{{{{{tag} {name}}}}}`, without the quotes",
            "напишите `{{{{{tag} {name}}}}}`, без кавычек"
        ),
    )
}

/// Returns the helper with its two values in the other order, if the second one is a field and the
/// first one is none.
pub(super) fn swapped(helper: &Helper, call: &HelperTemplate) -> Option<Bilingual> {
    let [
        Parameter::Literal(first),
        second @ (Parameter::Path(_) | Parameter::Name(_)),
    ] = call.params.as_slice()
    else {
        return None;
    };
    let (name, field) = (helper.name, written(second)?);
    Some(bilingual!(
        "the field comes first: write `{{{{{name} {field} {first}}}}}`",
        "сначала поле: напишите `{{{{{name} {field} {first}}}}}`"
    ))
}

/// Returns what is odd about the values of a helper.
pub(super) fn odd(helper: &Helper, call: &HelperTemplate) -> Option<Words> {
    let [first, second] = call.params.as_slice() else {
        return None;
    };
    let name = helper.name;
    match (name, first) {
        ("default" | "join", Parameter::Literal(text)) => {
            let message = bilingual!(
                "`{name} {text} …` is the same for every submission",
                "`{name} {text} …` даёт одно и то же для каждого обращения"
            );
            let advice = swapped(helper, call).unwrap_or_else(|| {
                let example = helper.example;
                bilingual!("write it like {example}", "пишите так: {example}")
            });
            Some((message, advice))
        }
        ("date", Parameter::Literal(Value::String(text))) => no_date(text, second),
        ("date", _) => odd_format(&written(first)?, second),
        _ => None,
    }
}

/// `date "now" "%d.%m"`.
fn no_date(text: &str, format: &Parameter) -> Option<Words> {
    if date::read(text, &default_zone()).is_some() {
        return None;
    }
    let format = written(format)?;
    let message = bilingual!(
        "`{text}` is no date, so there is never a result",
        "`{text}` — не дата, поэтому результата никогда не будет"
    );
    let lower = text.to_lowercase();
    let field = if NOW.contains(&lower.trim_end_matches("()")) {
        RECEIVED_AT
    } else {
        "created"
    };
    let advice = bilingual!(
        "name a field without quotes: `{{{{date {field} {format}}}}}`",
        "назовите поле без кавычек: `{{{{date {field} {format}}}}}`"
    );
    Some((message, advice))
}

/// `%D.%M.%Y`, `%H:%m`: letters that mean something else.
fn odd_format(field: &str, format: &Parameter) -> Option<Words> {
    let Parameter::Literal(Value::String(format)) = format else {
        return None;
    };
    let fixed = meant_format(format)?;
    let message = bilingual!(
        "`{format}`: `%d` is the day, `%m` the month, `%H` the hour, `%M` the minutes, `%S` the seconds",
        "`{format}`: день — `%d`, месяц — `%m`, час — `%H`, минуты — `%M`, секунды — `%S`"
    );
    let advice = bilingual!(
        "write `{{{{date {field} \"{fixed}\"}}}}`",
        "напишите `{{{{date {field} \"{fixed}\"}}}}`"
    );
    Some((message, advice))
}

/// Returns a format with the letters that are meant, if it has others: the parts of `%D.%M.%Y` and of
/// `%h:%m` are told by their neighbours.
fn meant_format(format: &str) -> Option<String> {
    let mut parts = format.split('%');
    let mut fixed = parts.next()?.to_owned();
    let parts: Vec<&str> = parts.collect();
    let has = |letter: char| parts.iter().any(|part| part.starts_with(letter));
    let has_date = has('Y') || has('y') || has('d') || has('D');
    let has_hours = ['H', 'I', 'k', 'l', 'R', 'T'].into_iter().any(has);
    let mut before = ' ';
    for (index, part) in parts.iter().enumerate() {
        // `%%` is the sign itself
        let Some(letter) = part.chars().next() else {
            fixed.push('%');
            before = ' ';
            continue;
        };
        let rest = part.get(letter.len_utf8()..).unwrap_or_default();
        let next = parts.get(index + 1).and_then(|part| part.chars().next());
        let is_before_minutes = rest.starts_with(':') && matches!(next, Some('m' | 'M' | 'i'));
        let right = match (before, letter) {
            // `%h` is the short name of a month
            (_, 'h') if is_before_minutes => 'H',
            // half a day's hours need a word for the half
            (_, 'I' | 'l') if !has('p') && !has('P') => 'H',
            ('H' | 'I' | 'k' | 'l', 'm' | 'n' | 'i') => 'M',
            ('M', 's') => 'S',
            (_, 'D') if parts.len() > 1 => 'd',
            (_, 'M') if has_date && !has_hours && !has('h') => 'm',
            (_, 'n') if has_date => 'm',
            (_, other) => other,
        };
        // `%HH:%MM` repeats the letter
        let rest = match rest.chars().next() {
            Some(twin) if twin == letter && twin.is_alphabetic() => rest.trim_start_matches(twin),
            _ => rest,
        };
        fixed.push('%');
        fixed.push(right);
        fixed.push_str(rest);
        before = right;
    }
    (fixed != format).then_some(fixed)
}

/// Returns words about a comparison that never holds: `eq delivery "Курер"`.
pub(super) fn never(call: &HelperTemplate, facts: &ProfileFacts) -> Option<Words> {
    let helper = written(&call.name)?;
    if !matches!(helper.as_str(), "eq" | "ne") {
        return None;
    }
    let ([field, Parameter::Literal(text)] | [Parameter::Literal(text), field]) =
        call.params.as_slice()
    else {
        return None;
    };
    let field = written(field)?;
    let known = facts.known_values(&field)?;
    let all: Vec<&str> = known.all.iter().map(String::as_str).collect();
    let text = text
        .as_str()
        .map_or_else(|| text.to_string(), str::to_owned);
    // a list is compared as its joined text
    let is_other = text.trim().is_empty() || text.contains(", ");
    if is_other || all.contains(&text.as_str()) {
        return None;
    }
    let message = bilingual!(
        "the field `{field}` never is `{text}`",
        "у поля `{field}` не бывает значения `{text}`"
    );
    if all.starts_with(&["Y", "N"]) {
        let is_yes = truth(&text).unwrap_or(true) == (helper == "eq");
        let block = if is_yes { "if" } else { "unless" };
        let advice = bilingual!(
            "a field with `as: bool` is Y or N: write `{{{{#{block} {field}}}}}`",
            "у поля с `as: bool` бывает Y или N: напишите `{{{{#{block} {field}}}}}`"
        );
        return Some((message, advice));
    }
    let advice = match facts.meant_value(&field, &text) {
        Some(advice) => advice,
        None if known.is_open => suggest::meant(suggest::slip(&text, &all)?),
        None => suggest::did_you_mean(&text, &all),
    };
    Some((message, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_dates_are_told_by_their_neighbours() {
        for (format, right) in [
            ("%d.%m.%Y %h:%m", "%d.%m.%Y %H:%M"),
            ("%d.%m.%Y %h:%M", "%d.%m.%Y %H:%M"),
            ("%H:%m", "%H:%M"),
            ("%H-%m", "%H-%M"),
            ("%H ч %m мин", "%H ч %M мин"),
            ("%H:%M:%s", "%H:%M:%S"),
            ("%I:%M", "%H:%M"),
            ("%HH:%MM", "%H:%M"),
            ("%D.%M.%Y", "%d.%m.%Y"),
            ("%d %M %Y", "%d %m %Y"),
            ("%d.%n.%Y", "%d.%m.%Y"),
        ] {
            assert_eq!(meant_format(format).as_deref(), Some(right), "{format}");
        }
        for format in [
            "%d.%m.%Y %H:%M:%S",
            "%D",
            "%d %h %Y",
            "%I:%M %p",
            "%s",
            "%T",
            "%H:%M %d.%m",
            "100%%",
            "%Y-%m-%dT%H:%M:%S%z",
            "%B %Y",
        ] {
            assert_eq!(meant_format(format), None, "{format}");
        }
    }
}
