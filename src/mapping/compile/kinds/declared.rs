//! Defaults and tables of declared fields.

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::authoring::yaml::Text;
use crate::domain::{Country, bilingual};
use crate::mapping::normalise::NormaliseOptions;
use crate::mapping::template::default_zone;

/// Where a table says what applies to all other values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    Default,
    Nowhere,
}

/// How many values a row of a table is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    One,
    Several,
}

/// Checks one field.
pub(super) fn check(field: &RawField, problems: &mut Problems) {
    if let Some(map) = &field.map {
        let rest = match field.default {
            Some(_) => Rest::Default,
            None => Rest::Nowhere,
        };
        let several = match &field.value {
            Some(value) if value.value.matches("{{").count() > 1 => Values::Several,
            Some(_) | None => Values::One,
        };
        check_keys(map.iter().map(|(key, _)| key), (rest, several), problems);
    }
    if let (Some(default), Some(form)) = (&field.default, &field.form) {
        spelling(default, form.value, problems);
    }
}

/// A default is used as it is, so it must be what the form would give.
fn spelling(default: &Text, form: Normaliser, problems: &mut Problems) {
    let value = default.value.trim();
    let (en, ru) = match form {
        Normaliser::Money | Normaliser::Integer => ("a number", "число"),
        Normaliser::Date => ("a day", "дата"),
        Normaliser::Datetime => ("a time", "время"),
        Normaliser::Phone => ("a phone number", "номер телефона"),
        Normaliser::Email => ("an e-mail address", "адрес почты"),
        Normaliser::Bool => {
            return truth(default, problems);
        }
        _ => return,
    };
    if value.is_empty() || value.contains("{{") {
        return;
    }
    let options = NormaliseOptions {
        zone: default_zone(),
        country: Country::default(),
        part: None,
    };
    let read = form.read_all(value, &options).values;
    let advice = match read.first() {
        Some(read) if read.text == value => return,
        Some(_) if form == Normaliser::Datetime => return,
        Some(read) => {
            let text = &read.text;
            bilingual!("write `default: {text}`", "напишите `default: {text}`")
        }
        None if is_today(value) => bilingual!(
            "a default is a fixed text: for the day of the submission write \"{{{{received_at}}}}\" in the CRM field, or remove `default`",
            "здесь бывает только постоянное значение: для дня заявки напишите \"{{{{received_at}}}}\" в поле CRM, а `default` уберите"
        ),
        None => bilingual!(
            "write {en}, or remove `default`",
            "напишите {ru} или уберите `default`"
        ),
    };
    let message = bilingual!(
        "`{value}` is written as it is, but this field is {en}",
        "`{value}` запишется как есть, а в этом поле {ru}"
    );
    let place = default.part(0, default.value.chars().count());
    problems.warn(Code::WrongValue, &place, message, advice);
}

fn truth(default: &Text, problems: &mut Problems) {
    let value = default.value.trim();
    if value.is_empty() || super::is_truth(value) {
        return;
    }
    let message = bilingual!(
        "`{value}` is neither yes nor no",
        "`{value}` — не да и не нет"
    );
    let advice = bilingual!(
        "write `default: да` or `default: нет`",
        "напишите `default: да` или `default: нет`"
    );
    problems.warn(Code::WrongValue, &default.place, message, advice);
}

fn is_today(value: &str) -> bool {
    let lower = value.to_lowercase();
    let word = lower.trim_end_matches("()");
    matches!(
        word,
        "today"
            | "now"
            | "tomorrow"
            | "yesterday"
            | "current_date"
            | "сегодня"
            | "завтра"
            | "сейчас"
            | "вчера"
            | "текдата"
    )
}

/// Keys that look as if they stood for all other values, or for several.
pub(super) fn check_keys<'t>(
    keys: impl Iterator<Item = &'t Text>,
    (rest, values): (Rest, Values),
    problems: &mut Problems,
) {
    for key in keys {
        let value = key.value.trim();
        let lower = value.to_lowercase();
        let is_rest = matches!(
            lower.as_str(),
            "*" | "default"
                | "else"
                | "_"
                | "иначе"
                | "по умолчанию"
                | "умолчание"
                | "остальные"
                | ".*"
        );
        if is_rest {
            let message = bilingual!(
                "the row `{value}` is for this very text, not for all other values",
                "строка `{value}` — для такого самого текста, а не для всех остальных значений"
            );
            let advice = match rest {
                Rest::Default => bilingual!(
                    "remove the row: `default` behind the table is for all others",
                    "уберите строку: для всех остальных есть `default` после таблицы"
                ),
                Rest::Nowhere => bilingual!(
                    "what applies to all others stands behind the table: `map: {{ … }}, default: …`",
                    "значение для всех остальных пишут после таблицы: `map: {{ … }}, default: …`"
                ),
            };
            problems.warn(Code::WrongValue, &key.place, message, advice);
            continue;
        }
        if values == Values::One {
            several(key, problems);
        }
    }
}

/// `"Москва, Питер": NEW`: a row for a text with a comma in it.
fn several(key: &Text, problems: &mut Problems) {
    let value = key.value.trim();
    // a list as a key
    let value = value
        .strip_prefix('[')
        .and_then(|value| value.strip_suffix(']'))
        .unwrap_or(value);
    let Some(sign) = [" | ", "|", ";", " / ", ",", " или "]
        .into_iter()
        .find(|sign| value.contains(sign))
    else {
        return;
    };
    let parts: Vec<&str> = value.split(sign).map(str::trim).collect();
    // «Да, хочу» is one answer
    let is_name = |part: &&str| {
        let mut chars = part.chars();
        let first = chars.next();
        first.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit())
            && part.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let begins_with_yes = parts.first().is_some_and(|first| super::is_truth(first));
    let is_list = match sign {
        "," | " или " => parts.iter().all(is_name) && !begins_with_yes,
        _ => parts.iter().all(|part| !part.is_empty()),
    };
    // `1,5` is a number
    let is_number = parts
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if parts.len() < 2 || !is_list || (is_number && !value.contains(' ')) {
        return;
    }
    let rows: Vec<String> = parts.iter().map(|part| format!("{part}: …")).collect();
    let rows = rows.join(", ");
    let message = bilingual!(
        "the row `{value}` is for this very text, not for each of its parts",
        "строка `{value}` — для такого самого текста, а не для каждой из его частей"
    );
    let advice = bilingual!(
        "write a row for each value: `{rows}`",
        "напишите строку на каждое значение: `{rows}`"
    );
    problems.warn(Code::WrongValue, &key.place, message, advice);
}
