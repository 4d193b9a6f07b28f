//! Paths that want more than one value: `$.price * 1.2`, `$.first $.last`, `$.day as date`. A path
//! only names the place of one value.

use super::BadPath;
use super::mistakes::{bad, outside};
use super::simple::is_name_char;
use crate::authoring::Normaliser;
use crate::domain::{Bilingual, bilingual};

/// Explains such a path. Returns `None` for any other.
pub(super) fn explain(text: &str) -> Option<BadPath> {
    if let Some(rest) = text.strip_prefix("$,") {
        let fixed = format!("$.{}", rest.trim().replace(',', "."));
        let message = bilingual!("a comma in place of a point", "запятая вместо точки");
        let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
        return Some(bad(text, 1..2, message, advice));
    }
    let is_test = ["==", "!=", "<", ">", "&&", "||", "??", "->", "=>", "?:"]
        .iter()
        .any(|sign| text.contains(sign));
    if is_test || !text.contains('$') {
        return None;
    }
    form(text)
        .or_else(|| call(text))
        .or_else(|| formula(text))
        .or_else(|| side_by_side(text))
}

fn is_form(word: &str) -> bool {
    let mut words = Normaliser::WORDS.iter();
    words.any(|(known, _)| *known == word)
}

fn of_form(path: &str, word: &str) -> Bilingual {
    let path = if path.contains(['[', ' ', ',']) {
        format!("\"{path}\"")
    } else {
        path.to_owned()
    };
    bilingual!(
        "`as` is a key of its own: `{{ from: {path}, as: {word} }}`",
        "`as` — отдельный ключ: `{{ from: {path}, as: {word} }}`"
    )
}

fn no_form() -> Bilingual {
    bilingual!(
        "a path only names the place of a value, not its form",
        "путь называет только место значения, а не его вид"
    )
}

/// `$.day as date`, `$.day | date`, `$.day: date`.
fn form(text: &str) -> Option<BadPath> {
    let at = text.rfind([' ', '|', ':'])?;
    let word = text.get(at + 1..)?.trim();
    let before = text.get(..at)?.trim_end();
    let lower = before.to_lowercase();
    let path = [" as", " as:", " как", "|", ":", ", as:", ", as", ","]
        .into_iter()
        .find(|sign| lower.ends_with(sign))
        .and_then(|sign| before.get(..before.len() - sign.len()))
        .or_else(|| text.get(at..)?.starts_with(['|', ':']).then_some(before))?;
    let path = path.trim_end();
    if !is_form(word) || !path.starts_with('$') || path.contains(' ') {
        return None;
    }
    let advice = of_form(path, word);
    Some(bad(text, path.len()..text.len(), no_form(), advice))
}

/// `date($.day)`.
fn call(text: &str) -> Option<BadPath> {
    let (word, rest) = text.split_once('(')?;
    let path = rest.strip_suffix(')')?.trim();
    if !is_form(word.trim()) || !path.starts_with('$') || path.contains([',', '(']) {
        return None;
    }
    let advice = of_form(path, word.trim());
    Some(bad(text, 0..word.len(), no_form(), advice))
}

/// Returns the name that a field for this path could have.
fn name(path: &str) -> Option<&str> {
    let path = path.trim();
    let end = path.strip_prefix('$')?;
    let last = end
        .rsplit(['.', '[', ']', '\'', '"'])
        .find(|part| !part.is_empty())?;
    let is_name = last.chars().all(|c| c.is_alphanumeric() || c == '_')
        && last.starts_with(char::is_alphabetic);
    is_name.then_some(last)
}

/// Advice on two values that become one text.
fn joined(one: &str, other: &str) -> Option<Bilingual> {
    let (a, b) = (name(one)?, name(other)?);
    let (one, other) = (one.trim(), other.trim());
    if one.contains(' ') || other.contains(' ') {
        return None;
    }
    Some(bilingual!(
        "declare both, `{a}: {one}` and `{b}: {other}`, and join them in a template: `{{{{{a}}}}} {{{{{b}}}}}`; for the first one with a value write `[{one}, {other}]`",
        "опишите оба, `{a}: {one}` и `{b}: {other}`, и соедините в шаблоне: `{{{{{a}}}}} {{{{{b}}}}}`; если нужен первый, по которому есть значение, напишите `[{one}, {other}]`"
    ))
}

/// `$.price * 1.2`, `$.first + $.last`.
fn formula(text: &str) -> Option<BadPath> {
    let (at, sign) = outside(text).find(|(at, c)| {
        let before = text.get(..*at).unwrap_or_default();
        let behind = text.get(at + c.len_utf8()..).unwrap_or_default();
        let is_sign = match c {
            '*' => !before.ends_with(['.', '[']),
            '+' | '&' => true,
            '-' | '/' | '%' | '×' | '·' => before.ends_with(' ') && behind.starts_with(' '),
            _ => false,
        };
        let other = behind.trim_start();
        is_sign && other.starts_with(|c: char| matches!(c, '$' | '\'' | '"') || c.is_ascii_digit())
    })?;
    let end = at + sign.len_utf8();
    let (one, other) = (text.get(..at)?, text.get(end..)?);
    let message = bilingual!(
        "a path takes one value and does not calculate: `{sign}`",
        "путь берёт одно значение и не считает: `{sign}`"
    );
    let is_joining = matches!(sign, '+' | '&');
    let advice = is_joining
        .then(|| joined(one, other.rsplit(sign).next().unwrap_or(other)))
        .flatten()
        .unwrap_or_else(|| {
            let path = one.trim();
            bilingual!(
                "write `{path}` and let the form send the result; texts are joined in a template, `{{{{a}}}} {{{{b}}}}`",
                "напишите `{path}`, а готовое число пусть пришлёт форма; тексты соединяет шаблон: `{{{{a}}}} {{{{b}}}}`"
            )
        });
    Some(bad(text, at..end, message, advice))
}

/// `$.first $.last`, `$.first and $.last`.
fn side_by_side(text: &str) -> Option<BadPath> {
    let (at, _) = outside(text).find(|(at, c)| {
        let behind = text.get(at + 1..).unwrap_or_default();
        *c == ' ' && *at > 0 && behind.trim_start().starts_with("$.")
    })?;
    let (one, other) = (text.get(..at)?, text.get(at + 1..)?);
    // a word between them is reported as such
    if one.contains(' ') || one.ends_with([';', ',', '|']) || other.trim().contains(' ') {
        return None;
    }
    if !one.ends_with(|c: char| is_name_char(c) || c == ']') {
        return None;
    }
    let message = bilingual!(
        "two paths in one: a path takes one value",
        "два пути в одном: путь берёт одно значение"
    );
    let (one, other) = (one.trim(), other.trim());
    let advice = joined(one, other).unwrap_or_else(|| {
        bilingual!(
            "several paths are a list: `[{one}, {other}]`",
            "несколько путей пишут списком: `[{one}, {other}]`"
        )
    });
    Some(bad(text, at..at + 1, message, advice))
}
