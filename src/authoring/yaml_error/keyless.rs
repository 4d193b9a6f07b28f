//! Lines without a key where one is expected: remarks of other languages, and keys whose colon is
//! missing or another character.

use super::finding::{Finding, write};
use super::line::Line;
use super::value::is_field_code;
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// The parser stops at the line itself or up to two lines later.
const LATER: usize = 2;

/// Finds such a line near the place where the parser stopped.
pub(super) fn find(lines: &[Line<'_>], stopped: usize) -> Option<Finding> {
    let near = stopped.saturating_sub(LATER)..=stopped;
    let near = lines.iter().filter(|line| near.contains(&line.number));
    let mut near = near.filter(|line| !line.is_blank() && line.key.is_none() && !line.is_item);
    near.find_map(|line| {
        remark(line)
            .or_else(|| item(lines, line))
            .or_else(|| left_value(lines, line))
            .or_else(|| separator(line))
    })
}

fn above<'l, 't>(lines: &'l [Line<'t>], line: &Line<'_>) -> Option<&'l Line<'t>> {
    let mut above = lines.iter().rev().filter(|it| it.number < line.number);
    above.find(|above| !above.is_blank())
}

/// `PREPARATION` below `- NEW`: the hyphen is missing.
fn item(lines: &[Line<'_>], line: &Line<'_>) -> Option<Finding> {
    let above = above(lines, line)?;
    let body = line.body();
    let is_word = !body.contains([' ', ':', '{', '"']);
    let is_in_list = above.body().starts_with("- ") && above.key.is_none();
    if !is_in_list || above.indent != line.indent || !is_word {
        return None;
    }
    let message = bilingual!(
        "the hyphen of the list is missing",
        "перед элементом списка не хватает дефиса"
    );
    let advice = write(&format!("- {body}")).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, whole(line), Code::Yaml, message, advice))
}

/// A text on the line below its key, and not further right.
fn left_value(lines: &[Line<'_>], line: &Line<'_>) -> Option<Finding> {
    let above = above(lines, line)?;
    let body = line.body();
    if !above.opens() || line.indent > above.indent || !body.starts_with(['"', '\'']) {
        return None;
    }
    let key = above.key?;
    let message = bilingual!(
        "the value of `{key}` stands left of its key",
        "значение `{key}` стоит левее своего ключа"
    );
    let advice = write(&format!("{key}: {body}")).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, whole(line), Code::Yaml, message, advice))
}

/// `day： { from: $.day }`: a colon of an Asian keyboard behind a key.
pub(super) fn other_colon(line: &Line<'_>) -> Option<Finding> {
    let body = line.text.get(line.key_at..)?;
    let end = body.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')))?;
    let rest = body.get(end..)?;
    let sign = rest
        .chars()
        .next()
        .filter(|c| matches!(c, '：' | '﹕' | '∶' | 'ː'))?;
    if end == 0 {
        return None;
    }
    let value = rest.trim_start_matches(sign).trim();
    let word = body.get(..end)?;
    let advice = write(&format!("{word}: {value}")).unwrap_or_else(Bilingual::empty);
    let at = line.key_at + end;
    let message = bilingual!("`{sign}` in place of a colon", "`{sign}` вместо двоеточия");
    Some(Finding::new(
        line,
        at..at + sign.len_utf8(),
        Code::Yaml,
        message,
        advice,
    ))
}

/// `---` in the middle of a file, and `[contact]` of an INI file.
pub(super) fn other_document(line: &Line<'_>) -> Option<Finding> {
    let body = line.body().trim_end();
    if line.number > 1 && line.indent == 0 && matches!(body, "---" | "...") {
        let message = bilingual!(
            "`{body}` begins another document: a profile is one",
            "`{body}` начинает другой документ, а профиль — один"
        );
        let advice = bilingual!(
            "move what stands below it into a file of its own, and remove this line",
            "перенесите то, что ниже, в отдельный файл, а эту строку уберите"
        );
        return Some(Finding::new(
            line,
            0..body.len(),
            Code::Yaml,
            message,
            advice,
        ));
    }
    let word = body.strip_prefix('[')?.strip_suffix(']')?;
    let is_block = matches!(
        word,
        "receive" | "fields" | "contact" | "company" | "deal" | "lead" | "item" | "todo" | "then"
    );
    if line.indent > 0 || !is_block {
        return None;
    }
    let message = bilingual!(
        "a block begins with its name and a colon, not with square brackets",
        "блок начинается с имени и двоеточия, а не с квадратных скобок"
    );
    let advice = bilingual!("write `{word}:`", "напишите `{word}:`");
    Some(Finding::new(
        line,
        0..body.len(),
        Code::Yaml,
        message,
        advice,
    ))
}

/// A text behind `|` that is not deeper than its key.
pub(super) fn left_of_text(line: &Line<'_>, below: &[Line<'_>]) -> Option<Finding> {
    let next = below.iter().find(|line| !line.text.trim().is_empty())?;
    if next.indent > line.indent || next.is_item {
        return None;
    }
    // a line of the text may have a colon, too
    let is_key =
        |key: &str| key.chars().all(|c| c.is_ascii_lowercase() || c == '_') || is_field_code(key);
    if next.key.is_some_and(is_key) {
        return None;
    }
    let key = line.key.unwrap_or("|");
    let spaces = line.indent + 2;
    let message = bilingual!(
        "the text of `{key}` must be deeper than its key",
        "текст `{key}` должен стоять правее своего ключа"
    );
    let advice = bilingual!(
        "indent it: {spaces} spaces before the text",
        "сдвиньте его вправо: перед текстом — пробелов: {spaces}"
    );
    Some(Finding::new(
        next,
        next.key_at..next.text.len(),
        Code::Yaml,
        message,
        advice,
    ))
}

/// `— http: orders`, `* http: orders`, `• NEW`: another sign in place of the hyphen of a list.
pub(super) fn other_mark(line: &Line<'_>, stopped: usize) -> Option<Finding> {
    let body = line.body();
    let mark = body.chars().next()?;
    let is_dash = matches!(
        mark,
        '—' | '–' | '−' | '‐' | '‑' | '•' | '·' | '▪' | '●' | '◦' | '‣'
    );
    // `*` and `+` may begin something else
    let is_sign = matches!(mark, '*' | '+') && line.number + 1 >= stopped;
    let rest = body.get(mark.len_utf8()..)?;
    if !(is_dash || is_sign) || !rest.starts_with([' ', '\u{a0}', '\t']) || rest.trim().is_empty() {
        return None;
    }
    let item = rest.trim();
    let message = bilingual!(
        "`{mark}` in place of the hyphen of a list",
        "`{mark}` вместо дефиса перед элементом списка"
    );
    let advice = write(&format!("- {item}")).unwrap_or_else(Bilingual::empty);
    let at = line.indent;
    Some(Finding::new(
        line,
        at..at + mark.len_utf8(),
        Code::Yaml,
        message,
        advice,
    ))
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

/// Returns a Latin word without the Russian letter on the key of the colon.
fn bare_of(word: &str) -> &str {
    let bare = word.trim_end_matches(['Ж', 'ж']);
    if bare.is_ascii() { bare } else { word }
}

/// `stage; NEW`, `stage = NEW`, `stage:NEW`, `"stage: NEW"`, `stage NEW`, `stage`.
fn separator(line: &Line<'_>) -> Option<Finding> {
    let body = line.body();
    if let Some(finding) = in_quotes(line) {
        return Some(finding);
    }
    let end = body.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-')));
    let (word, rest) = body.split_at(end.unwrap_or(body.len()));
    if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return None;
    }
    let separated = rest.trim_start();
    let at = line.key_at + body.len() - separated.len();
    let sign = separated.chars().next();
    let is_sign = |c: &char| match c {
        ';' | '=' | '：' | '－' | '–' | '—' | '→' => true,
        ',' => separated.len() > 1,
        '-' => separated.starts_with("->"),
        _ => false,
    };
    if let Some(sign) = sign.filter(is_sign) {
        let value = separated.trim_start_matches([sign, '>']).trim();
        let message = bilingual!("`{sign}` in place of a colon", "`{sign}` вместо двоеточия");
        let advice = write(&format!("{word}: {value}")).unwrap_or_else(Bilingual::empty);
        let range = at..at + sign.len_utf8();
        return Some(Finding::new(line, range, Code::Yaml, message, advice));
    }
    let (message, fixed) = without_colon(word, (rest, separated))?;
    let advice = write(&fixed).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, whole(line), Code::Yaml, message, advice))
}

/// `"stage: NEW"`: a key and its value in the same quotes.
fn in_quotes(line: &Line<'_>) -> Option<Finding> {
    let body = line.body();
    let quoted = body
        .strip_prefix(['"', '\''])
        .and_then(|inside| inside.strip_suffix(['"', '\'']))
        .filter(|inside| inside.contains(": "));
    let inside = quoted?;
    let message = bilingual!(
        "the key is in the quotes with its value",
        "ключ попал в кавычки вместе со значением"
    );
    let advice = write(inside).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, whole(line), Code::Yaml, message, advice))
}

/// Returns what is wrong between a word and what stands behind it, and the line as it should be.
fn without_colon(word: &str, (rest, separated): (&str, &str)) -> Option<(Bilingual, String)> {
    Some(if let Some(value) = separated.strip_prefix(':') {
        let odd = value.chars().next().filter(|c| c.is_whitespace());
        // `:=` and `:-` of other languages
        let value = value.trim().trim_start_matches(['=', '>']).trim_start();
        let value = value.strip_prefix("- ").unwrap_or(value);
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
    } else if rest.starts_with(' ') && bare_of(word) != word {
        let bare = bare_of(word);
        let message = bilingual!(
            "a letter in place of the colon: the keyboard was in the Russian layout",
            "вместо двоеточия буква: клавиатура была в русской раскладке"
        );
        (message, format!("{bare}: {separated}"))
    } else if rest.starts_with(' ') {
        let message = bilingual!(
            "there is no colon behind the key `{word}`",
            "после ключа `{word}` нет двоеточия"
        );
        (message, format!("{word}: {separated}"))
    } else {
        return None;
    })
}
