//! Signs around and between the values of a text that become a part of it: typographic quotes, quotes
//! and joints of programs, braces that stand apart.

use super::foreign::{Foreign, whole};
use crate::domain::bilingual;
use crate::mapping::template::is_name;

/// Opening quotes of documents, and what closes them.
const QUOTES: &[(char, char)] = &[('“', '”'), ('„', '“'), ('”', '”'), ('‘', '’'), ('«', '»')];

/// `f"Город {city}"`, `\"Заявка\"`, `{{a}} + " " + {{b}}`, `{{a}}/n{{b}}`: signs of programs.
pub(super) fn other_signs(text: &str) -> Option<Foreign> {
    let trimmed = text.trim();
    let prefixed = ["f\"", "f'", "F\"", "r\"", "b\""];
    let of_python = prefixed.iter().find_map(|start| {
        let inside = trimmed.strip_prefix(start)?;
        inside.strip_suffix(start.get(1..)?)
    });
    let escaped = || trimmed.strip_prefix("\\\"")?.strip_suffix("\\\"");
    if let Some(inside) = of_python.or_else(escaped).filter(|it| !it.contains('"')) {
        let inside = doubled(inside);
        let message = bilingual!(
            "the signs around the text become a part of it",
            "знаки вокруг текста станут его частью"
        );
        let advice = bilingual!("write \"{inside}\"", "напишите \"{inside}\"");
        return Some(whole(text, message, advice));
    }
    let is_block = ["{ value:", "{value:", "{ by:"]
        .iter()
        .any(|start| trimmed.starts_with(start));
    if is_block && trimmed.ends_with('}') {
        let message = bilingual!(
            "the block is in quotes, so it is written as a text",
            "блок взят в кавычки, поэтому запишется как текст"
        );
        let advice = bilingual!("write `{trimmed}`", "напишите `{trimmed}`");
        return Some(whole(text, message, advice));
    }
    for sign in ["+", "&", "."] {
        let joint = [format!("}}}} {sign} \""), format!("}}}} {sign} '")];
        if !joint.iter().any(|joint| trimmed.contains(joint)) {
            continue;
        }
        let parts = trimmed.split(sign).map(|part| {
            let part = part.trim();
            let inside = |quote| part.strip_prefix(quote)?.strip_suffix(quote);
            inside('"').or_else(|| inside('\'')).unwrap_or(part)
        });
        let joined: String = parts.collect();
        let message = bilingual!(
            "texts are not joined with `{sign}`: a template joins them",
            "тексты не складывают знаком `{sign}`: их соединяет шаблон"
        );
        let advice = bilingual!("write \"{joined}\"", "напишите \"{joined}\"");
        return Some(whole(text, message, advice));
    }
    let at = text.find("}}/n")? + 2;
    let behind = text.get(at + 2..)?;
    let is_end = behind.is_empty()
        || behind.starts_with(['{', ' ', '/'])
        || behind.starts_with(|c: char| c.is_uppercase());
    let fixed = text.replace("/n", "\\n");
    is_end.then(|| Foreign {
        offset: text.get(..at).map_or(0, |head| head.chars().count()),
        length: 2,
        message: bilingual!(
            "`/n` is written as it is: a new line is `\\n`",
            "`/n` запишется как есть: новая строка — это `\\n`"
        ),
        advice: bilingual!("write \"{fixed}\"", "напишите \"{fixed}\""),
    })
}

/// Names in single braces with two.
fn doubled(text: &str) -> String {
    if text.contains("{{") {
        return text.to_owned();
    }
    text.replace('{', "{{").replace('}', "}}")
}

/// Typographic quotes around a whole value, or a straight one that is left over.
pub(super) fn quotes(text: &str) -> Option<Foreign> {
    let trimmed = text.trim();
    let first = trimmed.chars().next()?;
    let pair = QUOTES
        .iter()
        .find(|(open, close)| first == *open && trimmed.ends_with(*close) && trimmed.len() > 3);
    if let Some((open, close)) = pair {
        let inside = trimmed.strip_prefix(*open)?.strip_suffix(*close)?;
        let is_one_tag = inside.starts_with("{{")
            && inside.find("}}").is_some_and(|end| end + 2 == inside.len());
        // «…» may belong to a text
        if inside.contains([*open, *close]) || (*open == '«' && !is_one_tag) {
            return None;
        }
        let message = bilingual!(
            "typographic quotes become a part of the value",
            "типографские кавычки станут частью значения"
        );
        let advice = bilingual!("write \"{inside}\"", "напишите \"{inside}\"");
        return Some(whole(text, message, advice));
    }
    let body = trimmed.strip_suffix('"')?;
    let is_left_over = !body.contains('"') && body.contains("{{");
    is_left_over.then(|| Foreign {
        offset: text.chars().count() - 1,
        length: 1,
        message: bilingual!(
            "the quote at the end has none at the beginning",
            "у кавычки в конце нет пары в начале"
        ),
        advice: bilingual!("write \"{body}\"", "напишите \"{body}\""),
    })
}

/// `Заявка "{{topic}}`: a quote that opens and does not close. One behind a number is an inch.
pub(super) fn lone_quote(text: &str) -> Option<Foreign> {
    let at = text.find('"').filter(|at| text.rfind('"') == Some(*at))?;
    let (before, behind) = (text.get(..at)?, text.get(at + 1..)?);
    let opens = before.ends_with(' ') && !behind.is_empty() && !behind.starts_with(' ');
    if !opens || !text.contains("{{") {
        return None;
    }
    let fixed = format!("{before}{behind}");
    Some(Foreign {
        offset: before.chars().count(),
        length: 1,
        message: bilingual!("the quote has no second one", "у кавычки нет пары"),
        advice: bilingual!(
            "write \"{fixed}\", or close it: '{text}\"'",
            "напишите \"{fixed}\" или закройте её: '{text}\"'"
        ),
    })
}

/// `{ {topic} }` and `{{topic}}}`.
pub(super) fn braces(text: &str) -> Option<Foreign> {
    if let Some(at) = text.find("{ {") {
        let end = text.get(at..)?.find('}')?;
        let name = text.get(at + 3..at + end)?.trim();
        let tail = text.get(at + end..)?;
        let blank = tail.get(1..)?;
        let close = blank.len() - blank.trim_start().len() + 2;
        let length = end
            + if blank.trim_start().starts_with('}') {
                close
            } else {
                1
            };
        let written = text.get(at..at + length)?;
        if !is_name(name) {
            return None;
        }
        return Some(Foreign {
            offset: text.get(..at)?.chars().count(),
            length: written.chars().count(),
            message: bilingual!(
                "the braces of `{written}` are apart: it is written as it is",
                "скобки в `{written}` стоят раздельно: текст попадёт в CRM как есть"
            ),
            advice: bilingual!("write `{{{{{name}}}}}`", "напишите `{{{{{name}}}}}`"),
        });
    }
    let at = text.find("}}}").filter(|_| !text.contains("{{{"))?;
    Some(Foreign {
        offset: text.get(..at + 2)?.chars().count(),
        length: 1,
        message: bilingual!("there is a `}}` too many", "лишняя `}}`"),
        advice: bilingual!("remove it", "уберите её"),
    })
}
