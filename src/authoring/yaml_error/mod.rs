//! Explains why a text is not YAML. The parser's own messages are for programmers, and it often
//! notices a mistake lines later. So the lines are searched again for what people mistype, and the
//! advice shows the line as it should be.

mod finding;
mod flow;
mod flow_slips;
mod indent;
mod joints;
mod keyless;
mod line;
mod lists;
mod odd;
mod pieces;
mod quotes;
mod remarks;
mod value;

use serde_saphyr::Error;

use self::finding::Finding;
use self::flow::{Flow, FlowEnd};
use self::line::Line;
use self::value::ValueEnd;
use super::codes::Code;
use super::problem::{Problem, Severity, SourceText, TextPlace};
use crate::domain::bilingual;

/// Turns the parser's error into a problem.
pub(crate) fn explain(error: &Error, source: &SourceText) -> Problem {
    let error = error.without_snippet();
    let (line, column) = error.location().map_or((1, 1), |location| {
        (
            u32::try_from(location.line()).unwrap_or(1).max(1),
            u32::try_from(location.column()).unwrap_or(1).max(1),
        )
    });
    let place = TextPlace {
        source: source.clone(),
        line,
        column,
        length: 1,
    };
    if let Error::DuplicateMappingKey { key, .. } = error {
        return repeated(key.as_deref().unwrap_or("?"), &place);
    }
    let number = usize::try_from(line).unwrap_or(1);
    find(source.text(), number).map_or_else(
        || {
            place.problem(
                Severity::Error,
                Code::Yaml,
                bilingual!(
                    "this line, or the one above it, is not YAML",
                    "эта строка или строка выше — не YAML"
                ),
                bilingual!(
                    "check quotes, brackets and indentation here and in the line above",
                    "проверьте кавычки, скобки и отступы здесь и строкой выше"
                ),
            )
        },
        |finding| finding.problem(source),
    )
}

/// Returns the problem of a key that a block has twice.
fn repeated(key: &str, place: &TextPlace) -> Problem {
    let (text, line) = (place.source.text(), place.line);
    let above = above(text, line);
    let advice = match (indented(text, line), above) {
        (Some(block), _) => bilingual!(
            "move `{block}:` to the left, to the keys of its level",
            "сдвиньте `{block}:` влево, к ключам того же уровня"
        ),
        (None, Some(block))
            if place.column == 1
                && matches!(key, "fields" | "when" | "stage" | "match" | "responsible") =>
        {
            bilingual!(
                "if it belongs to `{block}` above, indent this line by two spaces, like the lines around it",
                "если это `{key}` блока `{block}` выше, сдвиньте строку вправо на два пробела, как соседние"
            )
        }
        _ => bilingual!(
            "keep one of them; what both should say goes into one",
            "оставьте один; то, что нужно из обоих, впишите в него"
        ),
    };
    place.part(0, key.chars().count()).problem(
        Severity::Error,
        Code::DuplicateKey,
        bilingual!(
            "the key `{key}` is repeated here",
            "ключ `{key}` здесь повторяется"
        ),
        advice,
    )
}

/// Returns the block at the left margin that is open before a line.
fn above(text: &str, line: u32) -> Option<&str> {
    let before = usize::try_from(line).ok()?.saturating_sub(1);
    let lines: Vec<&str> = text.lines().take(before).collect();
    let word = lines
        .into_iter()
        .rev()
        .find(|line| line.starts_with(|c: char| c.is_alphabetic()))?;
    let key = word.trim_end().strip_suffix(':')?;
    matches!(
        key,
        "contact" | "company" | "deal" | "lead" | "item" | "todo"
    )
    .then_some(key)
}

/// Returns the key above a repeated one that has nothing below it: it was to begin a block of its
/// own, and stands too far to the right.
fn indented(text: &str, line: u32) -> Option<&str> {
    let number = usize::try_from(line).ok()?;
    let lines: Vec<&str> = text.lines().take(number).collect();
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let own = indent(lines.last()?);
    if own == 0 {
        return None;
    }
    let mut near = lines.windows(2).rev();
    let is_near = |pair: &&[&str]| pair.iter().all(|line| indent(line) >= own);
    let near = near.by_ref().take_while(is_near);
    let empty = near.filter_map(|pair| match pair {
        [above, below] if indent(above) == own && indent(below) == own => {
            above.trim().strip_suffix(':')
        }
        _ => None,
    });
    empty.last()
}

/// Returns the first mistake up to the line where the parser stopped.
fn find(text: &str, stopped: usize) -> Option<Finding> {
    let lines: Vec<Line<'_>> = text
        .lines()
        .enumerate()
        .map(|(index, text)| Line::of(index + 1, text))
        .collect();
    values(&lines, stopped)
        .or_else(|| lists::find(&lines, stopped))
        .or_else(|| keyless::find(&lines, stopped))
        .or_else(|| indent::find(&lines, stopped))
}

/// A line with signs that belong elsewhere.
fn odd_line(line: &Line<'_>) -> Option<Finding> {
    keyless::other_colon(line)
        .or_else(|| keyless::other_document(line))
        .or_else(|| indent::odd_space(line))
}

/// Looks through the values of all lines, and follows those that go on in the next lines.
fn values(lines: &[Line<'_>], stopped: usize) -> Option<Finding> {
    let mut flow = Flow::default();
    let mut literal: Option<usize> = None;
    let mut skip_to = 0;
    for (index, line) in lines.iter().enumerate().take(stopped + 1) {
        if index < skip_to || line.is_blank() {
            continue;
        }
        if let Some(parent) = literal {
            if line.indent > parent {
                continue;
            }
            literal = None;
        }
        // the parser may stop at the line before a tab
        let near = (line.number + 1 >= stopped).then(|| odd::find(line));
        let mark = || keyless::other_mark(line, stopped).filter(|_| !flow.is_open());
        if let Some(finding) = odd_line(line).or_else(|| near.flatten()).or_else(mark) {
            return Some(finding);
        }
        if line.number > stopped {
            break;
        }
        let near = (line.number + 1 >= stopped).then(|| joints::find(lines, index));
        let below = || indent::below_a_value(lines, index).filter(|_| !flow.is_open());
        if let Some(finding) = near.flatten().or_else(below) {
            return Some(finding);
        }
        let end = if flow.is_open() {
            flow.scan(line, line.body_at())
        } else {
            match value::check(line, lines, stopped) {
                ValueEnd::Good => continue,
                ValueEnd::Literal => {
                    literal = Some(line.indent);
                    match keyless::left_of_text(line, lines.get(index + 1..)?) {
                        Some(finding) => return Some(finding),
                        None => continue,
                    }
                }
                ValueEnd::GoesOnTo(last) => {
                    skip_to = last;
                    continue;
                }
                ValueEnd::Mistake(finding) => return Some(finding),
                ValueEnd::Flow => flow.scan(line, line.value_at),
            }
        };
        let finding = match end {
            FlowEnd::Mistake(finding) => Some(finding),
            FlowEnd::Closed(at) => value::behind_flow(line, at),
            FlowEnd::Open => flow.unclosed(line, lines.get(index + 1..)?),
        };
        if finding.is_some() {
            return finding;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_and_very_long_texts_are_explained_in_time() {
        let long = 100_000;
        for text in [
            "\"".repeat(long),
            "{".repeat(long),
            "[{".repeat(long / 2),
            format!("a: {{ {}", "b: \"x\" ".repeat(long / 8)),
            format!("a: {}", "b: c ".repeat(long / 5)),
            "a: \"x\n".repeat(long / 6),
            " a: b\n  c: d\n".repeat(long / 12),
            "a:\n".repeat(long / 3),
            format!("a: '{}", "\\".repeat(long)),
            "\u{feff}\u{a0}ж: «\n\t".repeat(1000),
            "- - - a: {b".to_owned(),
            ": :".to_owned(),
            "a: {{".to_owned(),
            "a: ]".to_owned(),
        ] {
            let source = SourceText::new("t.yaml", &text);
            if let Err(error) = super::super::yaml::read(&source) {
                let problem = explain(&error, &source);
                assert!(problem.line >= 1);
            }
            for stopped in [0, 1, 2, text.lines().count() + 1] {
                let found = find(&text, stopped);
                assert!(found.is_none_or(|finding| finding.problem(&source).line >= 1));
            }
        }
    }
}
