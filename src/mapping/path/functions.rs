//! Formulas and functions of other languages in paths and tests: `=A2`, `contains($.city, 'М')`,
//! `> 5 s`.

use super::BadPath;
use super::mistakes::bad;
use crate::domain::{Bilingual, bilingual};

/// Functions of other languages that look for a part of a text.
const SEARCHES: [&str; 9] = [
    "contains",
    "includes",
    "has",
    "like",
    "indexof",
    "strpos",
    "find",
    "содержит",
    "найти",
];

/// Explains what is wrong.
pub(super) fn explain(text: &str) -> Option<BadPath> {
    formula(text)
        .or_else(|| search(text))
        .or_else(|| unit(text))
}

/// `=A2`, `=ЕСЛИ(…)`.
fn formula(text: &str) -> Option<BadPath> {
    let rest = text.strip_prefix('=')?;
    let first = rest.chars().next()?;
    if !first.is_alphabetic() || rest.contains("==") {
        return None;
    }
    let message = bilingual!(
        "a formula in place of a path",
        "здесь нужен путь, а не формула"
    );
    let advice = bilingual!(
        "name the place of the value in the packet, such as `$.data.city`",
        "укажите место значения в пакете, например `$.data.city`"
    );
    Some(bad(text, 0..text.len(), message, advice))
}

/// `contains($.city, 'М')`.
fn search(text: &str) -> Option<BadPath> {
    let (name, rest) = text.split_once('(')?;
    let name = name.trim();
    let is_known = SEARCHES.contains(&name.to_lowercase().as_str());
    if !is_known || !rest.contains('$') {
        return None;
    }
    let fixed = format!("search({rest}");
    let message = bilingual!(
        "a test has no function `{name}`",
        "в условии нет функции `{name}`"
    );
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, 0..name.len(), message, advice))
}

/// `$.duration > 5 s`: a number with its unit.
fn unit(text: &str) -> Option<BadPath> {
    let at = text.rfind(['<', '>', '='])? + 1;
    let value = text.get(at..)?;
    let number = value.trim_start();
    let end = number.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let (number, unit) = number.split_at(end);
    let word = unit.trim();
    let is_unit = !word.is_empty()
        && word.chars().count() <= 8
        && word
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '.' | '₽' | '$' | '%'));
    let is_joint = matches!(word, "and" | "or" | "AND" | "OR" | "и" | "или");
    if number.is_empty() || !is_unit || is_joint {
        return None;
    }
    let start = text.len() - unit.len();
    let fixed = text.get(..start)?;
    let message: Bilingual = bilingual!(
        "a test compares with a number alone, without `{word}`",
        "в условии сравнивают с одним числом, без `{word}`"
    );
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, start..text.len(), message, advice))
}
