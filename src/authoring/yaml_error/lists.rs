//! Hyphens that are missing or too many: a list where keys belong, keys where a list belongs.

use super::finding::{Finding, write};
use super::line::Line;
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// Blocks with keys, which are no lists.
const BLOCKS: &[&str] = &[
    "receive", "fields", "contact", "company", "deal", "lead", "item", "map", "save", "reply",
    "products", "headers", "query", "json", "form",
];
/// What begins a step.
const STEPS: &[&str] = &["http", "mail", "crm"];

/// Finds such a line near the place where the parser stopped.
pub(super) fn find(lines: &[Line<'_>], stopped: usize) -> Option<Finding> {
    let full: Vec<&Line<'_>> = lines.iter().filter(|line| !line.is_blank()).collect();
    let at = full.iter().rposition(|line| line.number <= stopped)?;
    glued_hyphen(&full, at)
        .or_else(|| step_without_hyphen(&full, at))
        .or_else(|| lone_hyphen(&full, at))
        .or_else(|| second_line(&full, at))
}

/// `-123` in a list: there is no space behind the hyphen.
fn glued_hyphen(full: &[&Line<'_>], at: usize) -> Option<Finding> {
    let near = at.saturating_sub(1)..=at;
    let index = near.into_iter().find(|index| {
        let is_glued = full.get(*index).is_some_and(|line| {
            let rest = line.body().strip_prefix('-').unwrap_or_default();
            line.key.is_none() && rest.starts_with(char::is_alphanumeric)
        });
        is_glued && block_of(full, *index).is_some()
    })?;
    let line = full.get(index)?;
    let rest = line.body().strip_prefix('-')?;
    let message = bilingual!(
        "there is no space behind the hyphen of a list",
        "после дефиса в списке нет пробела"
    );
    let advice = write(&format!("- {rest}")).unwrap_or_else(Bilingual::empty);
    let range = line.indent..line.indent + 1;
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// Returns the line of the block that a line stands in.
fn block_of<'l, 't>(full: &[&'l Line<'t>], at: usize) -> Option<&'l Line<'t>> {
    let indent = full.get(at)?.indent;
    let mut above = full.get(..at)?.iter().rev();
    above
        .find(|line| line.opens() && line.indent < indent)
        .copied()
}

/// A step of `then` without its hyphen.
fn step_without_hyphen(full: &[&Line<'_>], at: usize) -> Option<Finding> {
    let start = full.get(..=at)?;
    let then = start
        .iter()
        .rposition(|line| line.indent == 0 && line.key == Some("then") && line.opens())?;
    let steps = full.get(then + 1..)?;
    let steps: Vec<&&Line<'_>> = steps
        .iter()
        .take_while(|line| line.indent > 0 || line.is_item)
        .collect();
    if at > then + steps.len() {
        return None;
    }
    let margin = steps.iter().map(|line| line.indent).min()?;
    let has_items = steps
        .iter()
        .any(|line| line.is_item && line.indent == margin);
    let begins = |line: &&&&Line<'_>| {
        !line.is_item
            && line.key.is_some_and(|key| {
                STEPS.contains(&key) || (line.indent == margin && has_items && key == "name")
            })
    };
    // the keys of a step stand two further than its hyphen
    let is_own = |line: &&&&Line<'_>| line.indent <= margin + 2;
    let is_first = |line: &&&&Line<'_>| {
        let before = steps.iter().position(|other| other.number == line.number);
        let before = before.and_then(|before| before.checked_sub(1));
        let above = before.and_then(|before| steps.get(before));
        above.is_none_or(|above| {
            line.indent < above.indent || above.indent == margin && !above.is_item
        }) || line.indent == margin
    };
    let line = steps
        .iter()
        .find(|line| begins(line) && is_own(line) && is_first(line))?;
    let body = line.body();
    let spaces = if has_items { margin } else { 2 };
    let message = bilingual!(
        "steps are a list, and this one has no hyphen",
        "шаги — это список, а у этого нет дефиса"
    );
    let below = spaces + 2;
    let advice = bilingual!(
        "write `- {body}`, with {spaces} spaces before it, and {below} before the other keys of the step",
        "напишите `- {body}`: перед дефисом — пробелов: {spaces}, перед остальными ключами шага: {below}"
    );
    Some(Finding::new(
        line,
        line.indent..line.text.len(),
        Code::Yaml,
        message,
        advice,
    ))
}

/// `- day: …` among the keys of a block.
fn lone_hyphen(full: &[&Line<'_>], at: usize) -> Option<Finding> {
    let near = at.saturating_sub(2)..=at;
    let index = near.rev().find(|index| {
        full.get(*index)
            .is_some_and(|line| line.is_item && line.key.is_some())
            && block_of(full, *index).is_some_and(|block| {
                let key = block.key.unwrap_or_default();
                BLOCKS.contains(&key)
            })
    })?;
    // the first of them, if all keys of the block have one
    let mut index = index;
    let margin = full.get(index)?.indent;
    while let Some(above) = index.checked_sub(1).and_then(|above| full.get(above))
        && above.is_item
        && above.key.is_some()
        && above.indent == margin
    {
        index -= 1;
    }
    let line = full.get(index)?;
    let block = block_of(full, index)?.key.unwrap_or_default();
    let fixed = line.text.get(line.key_at..)?;
    let message = bilingual!(
        "`{block}` has keys, and no list with hyphens",
        "в `{block}` — ключи, а не список с дефисами"
    );
    let advice = write(fixed).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(
        line,
        line.indent..line.key_at,
        Code::Yaml,
        message,
        advice,
    ))
}

/// The second line of an item that stands under its hyphen and not under its key.
fn second_line(full: &[&Line<'_>], at: usize) -> Option<Finding> {
    let near = at.saturating_sub(1)..=at;
    let index = near.into_iter().find(|index| {
        let Some(above) = index.checked_sub(1).and_then(|above| full.get(above)) else {
            return false;
        };
        full.get(*index).is_some_and(|line| {
            above.is_item
                && above.key.is_some()
                && !line.is_item
                && line.key.is_some()
                && line.indent == above.indent
        })
    })?;
    let (line, above) = (full.get(index)?, full.get(index.checked_sub(1)?)?);
    let word = line.key?;
    let wanted = above.key_at;
    let message = bilingual!(
        "`{word}` belongs to the item above and stands left of its keys",
        "`{word}` относится к элементу списка выше, а стоит левее его ключей"
    );
    let advice = bilingual!(
        "move the line to the right: {wanted} spaces before `{word}`",
        "сдвиньте строку вправо: перед `{word}` — пробелов: {wanted}"
    );
    Some(Finding::new(
        line,
        0..line.key_at + word.len(),
        Code::Yaml,
        message,
        advice,
    ))
}
