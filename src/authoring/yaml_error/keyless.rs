//! Lines without a key where one is expected: remarks of other languages, and keys whose colon is
//! missing or another character.

use super::finding::{Finding, write};
use super::line::Line;
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// The parser stops at the line itself or up to two lines later.
const LATER: usize = 2;

/// Finds such a line near the place where the parser stopped.
pub(super) fn find(lines: &[Line<'_>], stopped: usize) -> Option<Finding> {
    let near = stopped.saturating_sub(LATER)..=stopped;
    let near = lines.iter().filter(|line| near.contains(&line.number));
    let mut near = near.filter(|line| !line.is_blank() && line.key.is_none() && !line.is_item);
    near.find_map(|line| remark(line).or_else(|| separator(line)))
}

fn whole(line: &Line<'_>) -> std::ops::Range<usize> {
    line.key_at..line.text.len()
}

/// `// a remark`, `/* a remark */`, `<!-- a remark -->`, `-- a remark`.
fn remark(line: &Line<'_>) -> Option<Finding> {
    let body = line.body();
    let start = ["//", "/*", "<!--", "--", ";"]
        .into_iter()
        .find(|start| body.starts_with(start))?;
    let text = body.strip_prefix(start)?;
    let text = text.trim_end_matches("*/").trim_end_matches("-->").trim();
    Some(Finding::new(
        line,
        whole(line),
        Code::Yaml,
        bilingual!(
            "a remark begins with `#`, not with `{start}`",
            "пояснение начинается с `#`, а не с `{start}`"
        ),
        write(&format!("# {text}")).unwrap_or_else(Bilingual::empty),
    ))
}

/// `stage; NEW`, `stage = NEW`, `stage:NEW`, `"stage: NEW"`, `stage NEW`, `stage`.
fn separator(line: &Line<'_>) -> Option<Finding> {
    let body = line.body();
    let quoted = body
        .strip_prefix(['"', '\''])
        .and_then(|inside| inside.strip_suffix(['"', '\'']))
        .filter(|inside| inside.contains(": "));
    if let Some(inside) = quoted {
        let message = bilingual!(
            "the key is in the quotes with its value",
            "ключ попал в кавычки вместе со значением"
        );
        let advice = write(inside).unwrap_or_else(Bilingual::empty);
        return Some(Finding::new(line, whole(line), Code::Yaml, message, advice));
    }
    let end = body.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    let (word, rest) = body.split_at(end.unwrap_or(body.len()));
    if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let separated = rest.trim_start();
    let at = line.key_at + body.len() - separated.len();
    let sign = separated.chars().next();
    if let Some(sign) = sign.filter(|c| matches!(c, ';' | '=' | '：' | '－' | '–' | '—' | '→'))
    {
        let value = separated.trim_start_matches([sign, '>']).trim();
        let message = bilingual!("`{sign}` in place of a colon", "`{sign}` вместо двоеточия");
        let advice = write(&format!("{word}: {value}")).unwrap_or_else(Bilingual::empty);
        let range = at..at + sign.len_utf8();
        return Some(Finding::new(line, range, Code::Yaml, message, advice));
    }
    let (message, fixed) = if let Some(value) = separated.strip_prefix(':') {
        let odd = value.chars().next().filter(|c| c.is_whitespace());
        let value = value.trim();
        let message = match odd {
            Some(_) => bilingual!(
                "behind the colon there is another character than a space",
                "после двоеточия стоит не обычный пробел"
            ),
            None => bilingual!(
                "a space is missing behind the colon",
                "после двоеточия нет пробела"
            ),
        };
        (message, format!("{word}: {value}"))
    } else if separated.is_empty() {
        let message = bilingual!(
            "there is no colon behind the key `{word}`",
            "после ключа `{word}` нет двоеточия"
        );
        (message, format!("{word}:"))
    } else if rest.starts_with(' ') {
        let message = bilingual!(
            "there is no colon behind the key `{word}`",
            "после ключа `{word}` нет двоеточия"
        );
        (message, format!("{word}: {separated}"))
    } else {
        return None;
    };
    let advice = write(&fixed).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, whole(line), Code::Yaml, message, advice))
}
