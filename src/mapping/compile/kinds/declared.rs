//! Defaults and tables of declared fields.

use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::field::RawField;
use crate::authoring::raw::policy::{self, Beside};
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

/// Where the value of a field is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Only inside of longer texts.
    InsideTexts,
    /// In a place of its own, or nowhere.
    Alone,
}

/// How many values a row of a table is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    One,
    Several,
}

/// Checks one field. A default that stands only inside of longer texts may be any text.
pub(super) fn check(field: &RawField, use_of: Use, problems: &mut Problems) {
    let is_only_text = use_of == Use::InsideTexts;
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
    let policy = field
        .default
        .as_ref()
        .and_then(|text| policy::meant(&text.value));
    if let (Some(default), Some(word)) = (&field.default, policy) {
        let form = field.form.as_ref().map(|form| form.value);
        let has_table = field.map.is_some() || form == Some(Normaliser::Lookup);
        let beside = if has_table {
            Beside::Table
        } else {
            Beside::Nothing
        };
        in_words(default, word, beside, problems);
    } else if let (Some(default), Some(form)) = (&field.default, &field.form)
        && !is_only_text
    {
        spelling(default, form.value, problems);
    }
}

/// `default: keep`: the word itself would be the value.
fn in_words(default: &Text, word: &str, beside: Beside, problems: &mut Problems) {
    let value = default.value.trim();
    let message = bilingual!(
        "`{value}` in `default` is a plain text: it would be the value",
        "`{value}` в `default` — просто текст: он станет значением"
    );
    let advice = policy::instead_of_default(word, beside);
    let place = default.part(0, default.value.chars().count());
    problems.warn(Code::WrongValue, &place, message, advice);
}

/// A default is used as it is, so it must be what the form would give.
fn spelling(default: &Text, form: Normaliser, problems: &mut Problems) {
    let value = default.value.trim();
    let (en, [ru, what]) = match form {
        Normaliser::Money | Normaliser::Integer => ("a number", ["число"; 2]),
        Normaliser::Date => ("a day", ["дата", "дату"]),
        Normaliser::Datetime => ("a time", ["время"; 2]),
        Normaliser::Phone => ("a phone number", ["номер телефона"; 2]),
        Normaliser::Email => ("an e-mail address", ["адрес почты"; 2]),
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
            "напишите {what} или уберите `default`"
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

/// Rows that certainly stand for all other values.
const REST: &[&str] = &[
    "*",
    "**",
    ".*",
    "_",
    "default",
    "else",
    "otherwise",
    "fallback",
    "rest",
    "the rest",
    "any",
    "anything",
    "иначе",
    "по умолчанию",
    "по_умолчанию",
    "умолчание",
    "остальное",
    "остальные",
    "все остальное",
    "всё остальное",
    "все остальные",
    "в остальных случаях",
    "любой",
    "любая",
    "любое",
    "любые",
    "любой другой",
];
/// Rows that do, if they are written unlike the other rows: forms have such options.
const PERHAPS_REST: &[&str] = &[
    "other",
    "others",
    "all",
    "прочее",
    "прочие",
    "другое",
    "другой",
    "другая",
    "другие",
    "иное",
    "все",
    "всё",
];

/// Returns whether a key differs from all other keys: in its letters, or in its first one.
fn is_unlike<'k>(value: &str, others: impl Iterator<Item = &'k str>) -> bool {
    let looks = |text: &str| {
        let first = text.trim().chars().find(|c| c.is_alphanumeric());
        first.map(|c| (c.is_ascii(), c.is_alphabetic(), c.is_uppercase()))
    };
    let own = looks(value);
    let mut others = others.peekable();
    others.peek().is_some() && others.all(|other| looks(other) != own)
}

/// Keys that look as if they stood for all other values, or for several.
pub(super) fn check_keys<'t>(
    keys: impl Iterator<Item = &'t Text>,
    (rest, values): (Rest, Values),
    problems: &mut Problems,
) {
    let keys: Vec<&Text> = keys.collect();
    for (index, key) in keys.iter().copied().enumerate() {
        let value = key.value.trim();
        let lower = value.to_lowercase();
        let others = || {
            let others = keys.iter().enumerate().filter(|(other, _)| *other != index);
            others.map(|(_, key)| key.value.as_str())
        };
        if let Some(inside) = in_other_quotes(value) {
            let message = bilingual!(
                "the quotes are a part of the row `{value}`: it never applies",
                "кавычки станут частью строки `{value}`: она никогда не выберется"
            );
            let advice = bilingual!("write `{inside}: …`", "напишите `{inside}: …`");
            problems.warn(Code::WrongValue, &key.place, message, advice);
            continue;
        }
        let is_rest = REST.contains(&lower.as_str())
            || (PERHAPS_REST.contains(&lower.as_str()) && is_unlike(value, others()));
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
        if let Some(advice) = no_value(value) {
            let message = bilingual!(
                "the row `{value}` is compared as this very text",
                "строка `{value}` сравнивается как такой самый текст"
            );
            problems.warn(Code::WrongValue, &key.place, message, advice);
            continue;
        }
        if values == Values::One {
            several(key, problems);
        }
    }
}

/// `«1»`: returns the text in typographic quotes.
fn in_other_quotes(value: &str) -> Option<&str> {
    let inside = value.strip_prefix(['«', '“', '„'])?;
    let inside = inside.strip_suffix(['»', '”', '“'])?;
    let is_word = !inside.is_empty() && !inside.contains(['«', '»', '“', '”']);
    // a name such as «Ромашка» may be sent with its quotes
    (is_word && inside.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(inside)
}

/// `"> 5"`, `/москва/i`: rows that compare nothing.
fn no_value(value: &str) -> Option<crate::domain::Bilingual> {
    let number = value.trim_start_matches(['<', '>', '=', ' ']);
    let is_number = number.len() < value.len()
        && value.starts_with(['<', '>'])
        && crate::mapping::normalise::money(number).is_some()
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || " .,".contains(c));
    if is_number {
        return Some(bilingual!(
            "a table compares no numbers: make a field for each range, `{{ value: \"…\", when: {{ sum: \"{value}\" }} }}`",
            "таблица чисел не сравнивает: заведите на каждый промежуток поле `{{ value: \"…\", when: {{ sum: \"{value}\" }} }}`"
        ));
    }
    let is_pattern = value.len() > 2
        && value.starts_with('/')
        && (value.ends_with('/') || value.ends_with("/i"));
    let is_wild = value.len() > 2 && value.ends_with('*') && !value.contains(' ');
    if is_pattern || is_wild {
        return Some(bilingual!(
            "a table has no patterns: write each value in a row of its own, or test the packet with `when: \"search($.city, '…')\"`",
            "образцов в таблице нет: напишите по строке на каждое значение или проверьте пакет: `when: \"search($.city, '…')\"`"
        ));
    }
    None
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
