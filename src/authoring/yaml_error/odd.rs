//! Lines of other notations: a fence of Markdown, keys without the space behind their colon, an
//! exclamation mark for "not".

use super::finding::{Finding, write};
use super::line::Line;
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// Returns the mistake of a line near the place where the parser stopped.
pub(super) fn find(line: &Line<'_>) -> Option<Finding> {
    fence(line)
        .or_else(|| control(line))
        .or_else(|| of_letter(line))
        .or_else(|| hyphen(line))
        .or_else(|| merge(line))
        .or_else(|| glued_block(line))
        .or_else(|| negation(line))
}

/// The fence of a code block, as in documentation.
fn fence(line: &Line<'_>) -> Option<Finding> {
    let text = line.text.trim();
    if !text.starts_with("```") && !text.starts_with("~~~") {
        return None;
    }
    let start = line.text.len() - line.text.trim_start().len();
    let message = bilingual!(
        "this line is a fence of Markdown, not YAML",
        "эта строка — разметка Markdown, а не YAML"
    );
    let advice = bilingual!(
        "remove this line, and the one that closes it",
        "уберите эту строку и ту, что её закрывает"
    );
    let range = start..start + text.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// A character that no editor shows.
fn control(line: &Line<'_>) -> Option<Finding> {
    let is_odd = |c: char| c.is_control() && c != '\t';
    let at = line.text.find(is_odd)?;
    let odd = line.text.get(at..)?.chars().next()?;
    let code = u32::from(odd);
    let message = bilingual!(
        "a control character (U+{code:04X}) that no editor shows",
        "управляющий символ (U+{code:04X}), которого не видно в редакторе"
    );
    let advice = write(&line.text.replace(is_odd, "")).unwrap_or_else(after_colons);
    let range = at..at + odd.len_utf8();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `> receive: …`: lines that were copied out of a letter.
fn of_letter(line: &Line<'_>) -> Option<Finding> {
    let rest = line.text.strip_prefix("> ")?;
    let (key, _) = rest.split_once(':')?;
    if !key
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | ' '))
    {
        return None;
    }
    let message = bilingual!(
        "`>` at the beginning of a line is the mark of a letter",
        "`>` в начале строки — знак цитаты из письма"
    );
    let advice = bilingual!(
        "remove `> ` from every line: `{rest}`",
        "уберите `> ` из каждой строки: `{rest}`"
    );
    Some(Finding::new(line, 0..1, Code::Yaml, message, advice))
}

/// `- deal:` at the left margin: a profile is no list.
fn hyphen(line: &Line<'_>) -> Option<Finding> {
    let rest = line.text.strip_prefix("- ")?;
    let is_top = matches!(
        line.key?,
        "receive" | "fields" | "contact" | "company" | "deal" | "lead" | "item" | "todo" | "then"
    );
    if !is_top {
        return None;
    }
    let message = bilingual!(
        "the keys of a profile have no hyphen before them",
        "перед ключами профиля дефиса нет"
    );
    let advice = write(rest).unwrap_or_else(after_colons);
    Some(Finding::new(line, 0..1, Code::Yaml, message, advice))
}

/// `<<: *order`: a part of another block.
fn merge(line: &Line<'_>) -> Option<Finding> {
    let at = line.text.find("<<:")?;
    let message = bilingual!(
        "profiles have no `<<`: parts of other blocks are written out",
        "`<<` в профилях нет: то, что нужно из другого блока, пишут ещё раз"
    );
    let advice = bilingual!(
        "write the keys themselves; what several profiles share stands in a base, `base: forms`",
        "напишите сами ключи; общее для нескольких профилей кладут в базу, `base: forms`"
    );
    Some(Finding::new(line, at..at + 3, Code::Yaml, message, advice))
}

/// `phone:{ from: … }` and `{value:"{{phone}}",search:true}`.
fn glued_block(line: &Line<'_>) -> Option<Finding> {
    let text = line.text;
    let fixed = spaced(text);
    if fixed == text {
        return None;
    }
    let same = text
        .char_indices()
        .zip(fixed.chars())
        .find(|((_, one), other)| one != other);
    let ((at, _), _) = same?;
    let start = text
        .get(..at)?
        .rfind([' ', '{', ',', '['])
        .map_or(0, |space| space + 1);
    let message = bilingual!(
        "there is no space behind the colon",
        "после двоеточия нет пробела"
    );
    let advice = write(&fixed).unwrap_or_else(after_colons);
    Some(Finding::new(line, start..at, Code::Yaml, message, advice))
}

fn after_colons() -> Bilingual {
    bilingual!(
        "put a space behind every colon",
        "поставьте пробел после каждого двоеточия"
    )
}

/// Returns a line with a space between a key and a block or a quoted text behind its colon.
fn spaced(text: &str) -> String {
    let mut fixed = String::with_capacity(text.len() + 8);
    let (mut quote, mut depth) = (None, 0_usize);
    let mut word = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        fixed.push(c);
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') if word.is_empty() => {
                fixed.extend(chars);
                return fixed;
            }
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, ':') => {
                let next = chars.peek().copied().unwrap_or(' ');
                let is_key =
                    !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_');
                let begins =
                    matches!(next, '{' | '[' | '"' | '\'') || (depth > 0 && next.is_alphanumeric());
                if is_key && begins {
                    fixed.push(' ');
                }
            }
            _ => {}
        }
        if quote.is_none() && (c.is_alphanumeric() || c == '_') {
            word.push(c);
        } else if c != ':' {
            word.clear();
        } else {
            "\u{0}".clone_into(&mut word);
        }
    }
    fixed
}

/// `{ city: !Москва }`.
fn negation(line: &Line<'_>) -> Option<Finding> {
    let text = line.text;
    let at = text.find(": !")? + 2;
    if !text.get(..at)?.contains("when") {
        return None;
    }
    let rest = text.get(at + 1..)?;
    let first = rest.chars().next()?;
    if !first.is_alphanumeric() || rest.starts_with("include") {
        return None;
    }
    let end = rest.find([',', '}']).unwrap_or(rest.len());
    let word = rest.get(..end)?.trim_end();
    let fixed = text.replacen(&format!("!{word}"), &format!("\"!= {word}\""), 1);
    let message = bilingual!(
        "an exclamation mark has a meaning of its own in YAML",
        "у восклицательного знака в YAML своё значение"
    );
    let advice = write(&fixed)
        .unwrap_or_else(|| bilingual!("write `\"!= {word}\"`", "напишите `\"!= {word}\"`"));
    let range = at..at + 1 + word.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_is_put_between_a_key_and_its_block() {
        for (text, fixed) in [
            (
                "  phone:{ from: $.phone, as: phone }",
                "  phone: { from: $.phone, as: phone }",
            ),
            (
                "    PHONE: {value:\"{{phone}}\",search:true}",
                "    PHONE: {value: \"{{phone}}\",search: true}",
            ),
            ("  among:[NEW]", "  among: [NEW]"),
            ("  TITLE:\"x\"", "  TITLE: \"x\""),
            (
                "  url: https://x.example/a:b",
                "  url: https://x.example/a:b",
            ),
            ("  a: { b: \"C1:NEW\" }", "  a: { b: \"C1:NEW\" }"),
            ("  a: x # b:{c}", "  a: x # b:{c}"),
            ("  a: b", "  a: b"),
        ] {
            assert_eq!(spaced(text), fixed, "{text}");
        }
    }
}
