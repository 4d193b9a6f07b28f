//! Values of several pieces: a text in quotes with more behind it, several texts in quotes.

use super::finding::{Finding, in_quotes, quoted, write};
use super::line::Line;
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// The most characters of an advice with two lines.
const LONGEST: usize = 200;

/// `"Заявка" с сайта`: the quotes end too early, or belong to the text.
pub(super) fn text_behind(line: &Line<'_>, end: usize) -> Finding {
    let message = bilingual!(
        "there is text behind the closing quote",
        "после закрывающей кавычки есть ещё текст"
    );
    let value = line.value();
    let inside = end.checked_sub(1);
    let inside = inside.and_then(|end| line.text.get(line.value_at + 1..end));
    let rest = line.text.get(end..line.value_range().end);
    let rest = rest.unwrap_or_default().trim_end();
    // a backslash at the end of a line joins nothing here
    let rest = rest.strip_suffix('\\').unwrap_or(rest).trim_end();
    let whole = format!("{}{rest}", inside.unwrap_or_default());
    let one = line.with_value(&quoted(&whole)).trim().to_owned();
    let other = line.with_value(&quoted(value)).trim().to_owned();
    let advice = if rest.is_empty() {
        write(&one)
    } else if whole.contains(['"', '\'']) {
        write(&other)
    } else if one.chars().count() + other.chars().count() <= LONGEST {
        Some(bilingual!(
            "write `{one}`; if the quotes belong to the text, `{other}`",
            "напишите `{one}`; если кавычки — часть текста, `{other}`"
        ))
    } else {
        None
    };
    let range = line.value_range();
    let advice = advice.unwrap_or_else(in_quotes);
    Finding::new(line, range, Code::Unquoted, message, advice)
}

/// `"NEW", "PREPARATION"` and `"{{topic}}" "{{city}}"`.
pub(super) fn several(line: &Line<'_>) -> Option<Finding> {
    let mut rest = line.value();
    let mut pieces: Vec<&str> = Vec::new();
    let mut has_commas = false;
    while let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inside = rest.get(1..)?;
        let end = inside.find(quote)?;
        pieces.push(inside.get(..end)?);
        let behind = inside.get(end + 1..)?;
        // `"Заявка "Лето""` has no space before the second
        if !behind.is_empty() && !behind.starts_with([',', ' ']) {
            return None;
        }
        has_commas |= behind.trim_start().starts_with(',');
        rest = behind.trim_start().trim_start_matches(',').trim_start();
    }
    let are_tags = pieces.iter().all(|piece| {
        let open = piece.matches("{{").count();
        open > 0 && open == piece.matches("}}").count()
    });
    if !rest.is_empty() || pieces.len() < 2 || !(has_commas || are_tags) {
        return None;
    }
    let fixed = if pieces.iter().any(|piece| piece.contains("{{")) {
        quoted(&pieces.join(if has_commas { ", " } else { " " }))
    } else {
        let list: Vec<String> = pieces.iter().map(|piece| quoted(piece)).collect();
        format!("[{}]", list.join(", "))
    };
    let message = bilingual!(
        "several texts in quotes in place of one value",
        "несколько текстов в кавычках вместо одного значения"
    );
    let advice = write(&line.with_value(&fixed)).unwrap_or_else(Bilingual::empty);
    let range = line.value_range();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}
