//! Splits a template into words, names and tags.

use std::ops::Range;

/// A part of a template as written; ranges are in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplatePart {
    /// Words.
    Text(Range<usize>),
    /// `{{name}}`, or `{name}` and `<name>` where the name is declared: the name's range.
    Name {
        whole: Range<usize>,
        name: Range<usize>,
    },
    /// Any other `{{…}}`.
    Tag(Range<usize>),
}

/// A tag that is never closed: where it begins, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclosed(pub(super) usize);

/// Splits a template. `is_declared` says which names `{name}` and `<name>` may use.
pub(super) fn scan(
    text: &str,
    is_declared: &dyn Fn(&str) -> bool,
) -> Result<Vec<TemplatePart>, Unclosed> {
    let mut parts = Vec::new();
    let mut words = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let part = if rest.starts_with("{{") {
            let end = at + tag_length(rest).ok_or(Unclosed(at))?;
            let escaped = text.get(..at).is_some_and(|before| before.ends_with('\\'));
            match lone_name(text, at..end) {
                Some(name) if !escaped => Some(TemplatePart::Name {
                    whole: at..end,
                    name,
                }),
                Some(_) | None => Some(TemplatePart::Tag(at..end)),
            }
        } else {
            alias(text, at, c, is_declared)
        };
        let Some(part) = part else {
            at += c.len_utf8();
            continue;
        };
        if words < at {
            parts.push(TemplatePart::Text(words..at));
        }
        at = match &part {
            TemplatePart::Text(range)
            | TemplatePart::Tag(range)
            | TemplatePart::Name { whole: range, .. } => range.end,
        };
        words = at;
        parts.push(part);
    }
    if words < text.len() {
        parts.push(TemplatePart::Text(words..text.len()));
    }
    Ok(parts)
}

/// Returns where a template uses results of steps: the ranges of `steps.crm.deal_id`, in bytes.
pub(crate) fn step_references(text: &str) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut found = Vec::new();
    for part in scan(text, &|_| true).unwrap_or_default() {
        let range = match part {
            TemplatePart::Text(_) => continue,
            TemplatePart::Name { name, .. } => name,
            TemplatePart::Tag(tag) => tag,
        };
        let mut at = range.start;
        while let Some(rest) = text.get(at..range.end)
            && let Some(start) = rest.find("steps.")
        {
            let before = text.get(range.start..at + start).unwrap_or_default();
            let word = rest.get(start..).unwrap_or_default();
            let length = word.find(|c| !is_part(c)).unwrap_or(word.len());
            if !before.ends_with(is_part) {
                found.push(at + start..at + start + length);
            }
            at += start + length;
        }
    }
    found
}

/// Returns the length of the tag at the start of `text`, with its braces; quotes may contain `}}`.
fn tag_length(text: &str) -> Option<usize> {
    if text.starts_with("{{!--") {
        return text.find("--}}").map(|at| at + 4);
    }
    let braces = text.bytes().take_while(|b| *b == b'{').count().min(4);
    let close = match braces {
        4 => "}}}}",
        3 => "}}}",
        _ => "}}",
    };
    if text.starts_with("{{!") {
        return text.find(close).map(|at| at + close.len());
    }
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') if text.get(at..).is_some_and(|rest| rest.starts_with(close)) => {
                return Some(at + close.len());
            }
            (Some(_) | None, _) => {}
        }
    }
    None
}

/// Returns how many loops are open behind a tag.
pub(super) fn loops_open(tag: &str, before: usize) -> usize {
    let inside = tag.trim_start_matches(['{', '~']).trim_start();
    if let Some(word) = inside.strip_prefix('#') {
        return before + usize::from(word.trim_start().starts_with("each"));
    }
    let end = inside.strip_prefix('/').map(str::trim_start);
    let ends = end.is_some_and(|word| word.starts_with("each"));
    before - usize::from(ends && before > 0)
}

/// Returns the name in `{{ name }}`.
fn lone_name(text: &str, whole: Range<usize>) -> Option<Range<usize>> {
    let inside = text.get(whole.start + 2..whole.end - 2)?;
    let name = inside.trim();
    if !is_reference(name) || name == "else" {
        return None;
    }
    let start = whole.start + 2 + (inside.len() - inside.trim_start().len());
    Some(start..start + name.len())
}

/// `{name}` or `<name>` of a declared field.
fn alias(
    text: &str,
    at: usize,
    open: char,
    is_declared: &dyn Fn(&str) -> bool,
) -> Option<TemplatePart> {
    let close = match open {
        '{' => '}',
        '<' => '>',
        _ => return None,
    };
    let rest = text.get(at + 1..)?;
    let (name, _) = rest.split_once(close)?;
    if !is_reference(name.trim()) || !is_declared(name.trim()) {
        return None;
    }
    let start = at + 1 + (name.len() - name.trim_start().len());
    Some(TemplatePart::Name {
        whole: at..at + 1 + name.len() + 1,
        name: start..start + name.trim().len(),
    })
}

/// A letter or `_`, then letters, digits, `_` and `-`.
pub(crate) fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A name, a part of one (`fio.first`), or a result of a step (`steps.crm.deal_id`).
fn is_reference(text: &str) -> bool {
    if let Some((step, value)) = step_value(text) {
        return is_name(step) && is_name(value);
    }
    match text.split_once('.') {
        Some((name, part)) => name != "this" && is_name(name) && is_name(part),
        None => is_name(text),
    }
}

/// Splits `steps.crm.deal_id` into the step and the name of the value.
pub(crate) fn step_value(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix("steps.")?.split_once('.')
}

/// Words with a meaning of their own within `{{…}}`.
pub(crate) fn is_reserved(word: &str) -> bool {
    matches!(word, "this" | "else" | "as" | "true" | "false" | "null")
}
