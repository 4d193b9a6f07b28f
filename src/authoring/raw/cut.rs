//! Keys that are no keys, but pieces of a text: of one that a comma cuts, or that is not deeper than
//! its own key.

use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};

/// Most lines of a text that are looked at.
const MOST_LINES: usize = 40;

/// Returns advice for a key that is a piece of a text.
pub(crate) fn advice(key: &Text) -> Option<Bilingual> {
    below_bar(key).or_else(|| behind_comma(key))
}

/// A line that should be deeper than `text: |` above it.
pub(crate) fn below_bar(key: &Text) -> Option<Bilingual> {
    let lines: Vec<&str> = key.place.source.text().lines().collect();
    let at = usize::try_from(key.place.line).ok()?.checked_sub(1)?;
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = indent(lines.get(at)?);
    let above = lines.get(..at)?.iter().rev().take(MOST_LINES);
    let line = above
        .take_while(|line| line.trim().is_empty() || indent(line) == own)
        .find(|line| {
            let end = line.trim_end();
            [": |", ": >", ": |-", ": >-"]
                .iter()
                .any(|bar| end.ends_with(bar))
        })?;
    let name = line.trim().split(':').next()?;
    let wanted = own + 2;
    Some(bilingual!(
        "the text of `{name}: |` must be deeper than its key: {wanted} spaces before each of its lines",
        "текст после `{name}: |` должен стоять правее: перед каждой его строкой — пробелов: {wanted}"
    ))
}

/// `{ title: Перезвонить, {{topic}}, after: 2h }`.
fn behind_comma(key: &Text) -> Option<Bilingual> {
    if !key.value.starts_with('{') {
        return None;
    }
    let line = key.place.line_text();
    let at = usize::try_from(key.place.column).ok()?.checked_sub(1)?;
    let before: String = line.chars().take(at).collect();
    let behind: String = line.chars().skip(at).collect();
    let end = behind.find("}}")? + 2;
    let (head, text) = before.rsplit_once(": ")?;
    let name = head.rsplit(['{', ',', ' ']).next()?;
    let text = format!("{text}{}", behind.get(..end)?);
    Some(bilingual!(
        "a text with a comma and a template needs quotes here: write `{name}: \"{text}\"`",
        "тексту с запятой и шаблоном здесь нужны кавычки: напишите `{name}: \"{text}\"`"
    ))
}
