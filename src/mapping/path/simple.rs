//! Parses common paths (`$.data.phone`, `["raw"][1]["q"]`) without the full grammar, because a
//! start may read a thousand profiles with dozens of paths each.

use super::PathStep;

/// Returns the steps of a path of names and indexes; `None` if the full grammar is needed.
pub(super) fn parse(text: &str) -> Option<Vec<PathStep>> {
    let mut steps = Vec::new();
    let mut rest = if let Some(rest) = text.strip_prefix('$') {
        rest
    } else if text.starts_with('[') {
        text
    } else {
        let (name, rest) = take_name(text)?;
        steps.push(PathStep::Name(name.to_owned()));
        rest
    };
    while !rest.is_empty() {
        rest = step(rest, &mut steps)?;
    }
    Some(steps)
}

/// Parses the first step.
fn step<'t>(text: &'t str, steps: &mut Vec<PathStep>) -> Option<&'t str> {
    if let Some(rest) = text.strip_prefix('.') {
        let (name, rest) = take_name(rest)?;
        steps.push(PathStep::Name(name.to_owned()));
        return Some(rest);
    }
    let inside = text.strip_prefix('[')?;
    let (inside, rest) = match inside.chars().next()? {
        quote @ ('\'' | '"') => {
            let (name, rest) = inside.strip_prefix(quote)?.split_once(quote)?;
            if name.contains('\\') || name.contains(char::is_control) {
                return None;
            }
            steps.push(PathStep::Name(name.to_owned()));
            return rest.strip_prefix(']');
        }
        _ => inside.split_once(']')?,
    };
    let index: i64 = inside.parse().ok()?;
    // RFC 9535 has no leading zeros, no `-0` and nothing beyond 2^53
    if inside != index.to_string() || index.unsigned_abs() >= 1 << 53 {
        return None;
    }
    steps.push(PathStep::Index(index));
    Some(rest)
}

fn take_name(text: &str) -> Option<(&str, &str)> {
    let first = text.chars().next()?;
    if !is_name_char(first) || first.is_ascii_digit() {
        return None;
    }
    let end = text.find(|c: char| !is_name_char(c)).unwrap_or(text.len());
    text.split_at_checked(end)
}

/// A letter, digit or `_`, or anything beyond ASCII.
pub(super) fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}
