//! Slips inside of brackets: a comma too many, a colon that is missing or another sign, a formula.

use super::finding::{Finding, in_quotes, quoted, write};
use super::flow::with_range;
use super::line::Line;
use super::value::{is_field_code, is_key};
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// Returns whether nothing stands between this comma and the sign before it.
pub(super) fn is_empty_item(line: &Line<'_>, at: usize) -> bool {
    let before = line.text.get(..at).unwrap_or_default();
    before.trim_end().ends_with([',', '{', '['])
}

/// `{ value: a,, search: true }`.
pub(super) fn double_comma(line: &Line<'_>, at: usize) -> Finding {
    let message = bilingual!("there is a comma too many", "лишняя запятая");
    let advice = with_range(line, at..at + 1, "").unwrap_or_else(Bilingual::empty);
    Finding::new(line, at..at + 1, Code::Yaml, message, advice)
}

/// `{ "value" "{{phone}}" }`.
pub(super) fn missing_colon(line: &Line<'_>, end: usize) -> Finding {
    let message = bilingual!(
        "there is no colon behind the key",
        "после ключа нет двоеточия"
    );
    let advice = with_range(line, end..end, ":").unwrap_or_else(Bilingual::empty);
    Finding::new(
        line,
        end.saturating_sub(1)..end,
        Code::Yaml,
        message,
        advice,
    )
}

/// `{ value = "{{phone}}", search = true }`.
pub(super) fn equals(line: &Line<'_>, at: usize) -> Option<Finding> {
    let rest = line.text.get(at..)?;
    let sign = rest.find('=')?;
    let is_word = |key: &str| is_key(key.trim()) || is_field_code(key.trim());
    if !is_word(rest.get(..sign)?) {
        return None;
    }
    let close = rest.rfind('}').unwrap_or(rest.len());
    let (inside, tail) = rest.split_at(close);
    let pairs = inside.split(',').map(|pair| match pair.split_once('=') {
        Some((key, value)) if is_word(key) => {
            format!("{}: {}", key.trim(), value.trim_start_matches('>').trim())
        }
        _ => pair.trim().to_owned(),
    });
    let pairs: Vec<String> = pairs.collect();
    let (before, pairs) = (line.text.get(..at)?, pairs.join(", "));
    let blank = if inside.ends_with(' ') { " " } else { "" };
    let advice = write(&format!("{before}{pairs}{blank}{tail}")).unwrap_or_else(Bilingual::empty);
    let message = bilingual!("`=` in place of a colon", "`=` вместо двоеточия");
    let range = at + sign..at + sign + 1;
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `{ value: =IF(city="Москва","М","Р") }`: a formula up to its last bracket.
pub(super) fn formula(line: &Line<'_>, at: usize) -> Finding {
    let rest = line.text.get(at..).unwrap_or_default();
    let mut depth = 0_usize;
    let end = rest.char_indices().find_map(|(offset, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0 && matches!(c, ')' | '}')).then(|| offset + usize::from(c == ')'))
    });
    let text = rest.get(..end.unwrap_or(rest.len()));
    let text = text.unwrap_or_default().trim_end();
    let range = at..at + text.len();
    let advice = with_range(line, range.clone(), &quoted(text)).unwrap_or_else(in_quotes);
    let message = bilingual!(
        "a formula needs quotes around it, and profiles do not calculate",
        "формулу берут в кавычки целиком, а вычислений в профиле нет"
    );
    Finding::new(line, range, Code::Unquoted, message, advice)
}
