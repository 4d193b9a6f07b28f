//! What stands behind a value on its line and is no part of it: remarks of other languages, keys
//! behind the closing brace, a second pair of quotes.

use super::finding::{Finding, write};
use super::line::Line;
use super::value::is_key;
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// Signs that begin a remark elsewhere.
const SIGNS: [&str; 8] = ["/*", "//", "<!--", "--", "—", "–", "- ", "(*"];

/// `"{{start}}"  /* дата */`, `"{{start}}" — дата`.
pub(super) fn behind(line: &Line<'_>, end: usize) -> Option<Finding> {
    let rest = line.text.get(end..)?;
    let tail = rest.trim_start();
    let sign = SIGNS.into_iter().find(|sign| tail.starts_with(sign))?;
    if tail.contains("{{") || tail.contains(['"', '\'']) {
        return None;
    }
    let ends = ["*/", "-->", "*)"];
    let mut words = tail.strip_prefix(sign)?.trim();
    for end in ends {
        words = words.strip_suffix(end).unwrap_or(words).trim_end();
    }
    let value = line.text.get(line.value_at..end)?;
    let shown = if words.is_empty() {
        value.to_owned()
    } else {
        format!("{value}  # {words}")
    };
    let sign = sign.trim();
    let message = bilingual!(
        "a remark begins with `#` and a space before it, not with `{sign}`",
        "пояснение начинают с `#` после пробела, а не с `{sign}`"
    );
    let at = end + rest.len() - tail.len();
    let advice = write(&line.with_value(&shown)).unwrap_or_else(Bilingual::empty);
    let range = at..line.text.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `{ value: "{{agree}}" }, when: { agree: да }`.
pub(super) fn outside(line: &Line<'_>, end: usize) -> Option<Finding> {
    let tail = line.text.get(end..)?.trim();
    let keys = tail.strip_prefix(',')?.trim();
    let (key, _) = keys.split_once(':')?;
    let block = line.text.get(line.value_at..end)?;
    let inside = block.strip_prefix('{')?.strip_suffix('}')?.trim();
    if !is_key(key.trim()) {
        return None;
    }
    let keys = keys.trim_end_matches(',');
    let advice = write(&line.with_value(&format!("{{ {inside}, {keys} }}")));
    let message = bilingual!(
        "`{key}` stands behind the closing brace",
        "`{key}` стоит после закрывающей скобки"
    );
    let advice = advice.unwrap_or_else(Bilingual::empty);
    let range = line.value_at..line.text.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `""{{start}}""`.
pub(super) fn doubled(line: &Line<'_>, end: usize) -> Option<Finding> {
    let whole = line.raw_value();
    let quote = line.text.get(line.value_at..end)?;
    let inside = whole.strip_prefix(quote)?.strip_suffix(quote)?;
    if !matches!(quote, "\"\"" | "''") || inside.is_empty() || inside.contains(['"', '\'']) {
        return None;
    }
    let message = bilingual!("the quotes are doubled", "кавычки удвоены");
    let advice = write(&line.with_value(&format!("\"{inside}\"")));
    let advice = advice.unwrap_or_else(Bilingual::empty);
    let range = line.value_at..line.text.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `text: | Здравствуйте!`: a text of several lines that begins too early.
pub(super) fn in_block_text(line: &Line<'_>) -> Option<Finding> {
    let value = line.value();
    let sign = value.chars().next().filter(|c| matches!(c, '|' | '>'))?;
    let text = value.strip_prefix(sign)?.strip_prefix(' ')?.trim();
    let key = line.key?;
    // `> 1000` is a comparison, `| {{topic}}` a text
    if !text.starts_with(char::is_alphabetic) {
        return None;
    }
    let message = bilingual!(
        "a text behind `{sign}` begins on the next line",
        "текст после `{sign}` начинается со следующей строки"
    );
    let advice = bilingual!(
        "write `{key}: {sign}`, and `{text}` below it, two spaces to the right; for one line only `{key}: \"{text}\"`",
        "напишите `{key}: {sign}`, а `{text}` — строкой ниже, правее на два пробела; если строка одна, `{key}: \"{text}\"`"
    );
    Some(Finding::new(
        line,
        line.value_range(),
        Code::Yaml,
        message,
        advice,
    ))
}
