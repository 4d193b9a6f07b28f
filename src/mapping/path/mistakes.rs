//! Better words about a path that cannot be read: what people write who know other notations, and
//! the path as it should be.

use super::simple::is_name_char;
use super::{BadPath, facts, functions, notations, one_value, operators, slips};
use crate::domain::{Bilingual, bilingual};

/// Opening and closing quotes of documents.
const QUOTES: [char; 7] = ['“', '”', '„', '«', '»', '‘', '’'];
/// Words for `&&` and `||`.
const WORDS: [(&str, &str); 6] = [
    ("and", "&&"),
    ("и", "&&"),
    ("&", "&&"),
    ("or", "||"),
    ("или", "||"),
    ("|", "||"),
];

/// Explains a path that the grammar refuses. Returns `None` for what it does not know.
pub(super) fn explain(text: &str) -> Option<BadPath> {
    // a fact that does not exist has its own words
    if facts::parse(text).is_some() {
        return None;
    }
    template(text)
        .or_else(|| slips::explain(text))
        .or_else(|| notations::explain(text))
        .or_else(|| one_value::explain(text))
        .or_else(|| dotless(text))
        .or_else(|| alternatives(text))
        .or_else(|| test(text))
}

/// `$data.day`, `$_POST['day']`, `$.topics[]`.
fn dotless(text: &str) -> Option<BadPath> {
    if let Some(at) = text.find("[]") {
        let fixed = text.replace("[]", "[*]");
        let message = bilingual!(
            "square brackets without a number",
            "в квадратных скобках пусто"
        );
        return Some(bad(text, at..at + 2, message, write(&fixed)));
    }
    let rest = text.strip_prefix('$')?;
    for array in ["_POST", "_GET", "_REQUEST", "_JSON"] {
        let Some(rest) = rest.strip_prefix(array) else {
            continue;
        };
        let fixed = respelt(rest)?;
        let message = bilingual!(
            "`${array}` is a variable of PHP",
            "`${array}` — переменная PHP"
        );
        return Some(bad(text, 0..array.len() + 1, message, write(&fixed)));
    }
    let is_plain = facts::parse(text).is_none()
        && !rest.starts_with("custom")
        && rest.starts_with(|c: char| c.is_alphabetic())
        && rest
            .chars()
            .all(|c| is_name_char(c) || matches!(c, '.' | '[' | ']' | '*'));
    if !is_plain {
        return None;
    }
    let message = bilingual!("there is no point behind `$`", "после `$` нет точки");
    // the parts of a request in other programs, which are one packet here
    let inside = [
        "query.", "body.", "form.", "post.", "get.", "params.", "json.", "payload.",
    ]
    .iter()
    .find_map(|root| rest.strip_prefix(root))
    .unwrap_or(rest);
    let header = ["headers.", "header.", "server."].iter();
    if let Some(name) = header.clone().find_map(|root| rest.strip_prefix(root)) {
        let fact = format!("$request.{}", name.to_lowercase().replace('-', "_"));
        if matches!(facts::parse(&fact), Some(Ok(_))) {
            return Some(bad(text, 0..1, message, write(&fact)));
        }
    }
    Some(bad(text, 0..1, message, write(&format!("$.{inside}"))))
}

/// Explains a test that the grammar refuses.
pub(super) fn explain_test(text: &str) -> Option<BadPath> {
    template(text)
        .or_else(|| slips::explain_test(text))
        .or_else(|| negation(text))
        .or_else(|| literals(text))
        .or_else(|| test(text))
}

/// `not $.city`, `не $.city`.
fn negation(text: &str) -> Option<BadPath> {
    let word = ["not ", "NOT ", "Not ", "не ", "НЕ "]
        .into_iter()
        .find(|word| text.starts_with(word))?;
    let rest = text.get(word.len()..)?.trim();
    if !rest.starts_with('$') {
        return None;
    }
    let is_path = !rest.contains(['=', '<', '>', ' ']);
    let fixed = if is_path {
        format!("!{rest}")
    } else {
        format!("!({rest})")
    };
    let word = word.trim();
    let message = bilingual!(
        "a test is turned round by `!`, not by `{word}`",
        "отрицание в условии — `!`, а не `{word}`"
    );
    // YAML would take the mark for a tag
    let advice = bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    Some(bad(text, 0..word.len(), message, advice))
}

/// `$.kind == 2 || 3`: each value needs its comparison.
fn literals(text: &str) -> Option<BadPath> {
    let sign = ["||", " или ", " or ", " OR ", " | "]
        .into_iter()
        .find(|sign| text.contains(sign))?;
    let mut parts = text.split(sign).map(str::trim);
    let first = parts.next()?;
    let (path, value) = first.split_once("==").or_else(|| first.split_once('='))?;
    let (path, value) = (path.trim(), value.trim_start_matches('=').trim());
    let is_literal = |text: &str| {
        let is_number = text.parse::<f64>().is_ok();
        let is_quoted = |quote: char| {
            let inside = text
                .strip_prefix(quote)
                .and_then(|it| it.strip_suffix(quote));
            inside.is_some_and(|inside| !inside.contains(quote))
        };
        is_number || is_quoted('\'') || is_quoted('"')
    };
    let rest: Vec<&str> = parts.collect();
    let is_alone = |part: &&str| is_literal(part);
    if !path.starts_with('$') || !is_literal(value) || rest.is_empty() || !rest.iter().all(is_alone)
    {
        return None;
    }
    let tests: Vec<String> = std::iter::once(value)
        .chain(rest)
        .map(|value| format!("{path} == {value}"))
        .collect();
    let fixed = tests.join(" || ");
    let at = text.find(sign)?;
    let start = at + sign.len() - sign.trim_start().len();
    let message = bilingual!(
        "each value needs a comparison of its own",
        "у каждого значения должно быть своё сравнение"
    );
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, start..text.len(), message, advice))
}

fn test(text: &str) -> Option<BadPath> {
    backslash(text)
        .or_else(|| typographic(text))
        .or_else(|| functions::explain(text))
        .or_else(|| operators::explain(text))
        .or_else(|| rootless(text))
        .or_else(|| word(text))
        .or_else(|| unequal(text))
        .or_else(|| unquoted(text))
        .or_else(|| several(text))
        .or_else(|| notation(text))
}

/// Creates the problem about a range of bytes.
pub(super) fn bad(
    text: &str,
    range: std::ops::Range<usize>,
    message: Bilingual,
    advice: Bilingual,
) -> BadPath {
    let chars = |range| text.get(range).map_or(0, |part: &str| part.chars().count());
    BadPath::at(chars(0..range.start), chars(range).max(1), message, advice)
}

fn write(path: &str) -> Bilingual {
    // a path with brackets or blanks needs quotes in YAML
    if path.contains(['[', ' ', ',', '{']) {
        return bilingual!("write \"{path}\"", "напишите \"{path}\"");
    }
    bilingual!("write `{path}`", "напишите `{path}`")
}

/// `{{tel}}` where a path is meant.
fn template(text: &str) -> Option<BadPath> {
    let start = text.find("{{")?;
    let end = start + text.get(start..)?.find("}}")? + 2;
    let name = text.get(start + 2..end - 2)?.trim();
    let name = name.trim_start_matches("$.");
    let message = bilingual!(
        "a template in place of a path",
        "здесь нужен путь, а не шаблон"
    );
    let is_alone = start == 0 && end == text.len();
    let advice = if text.matches("{{").count() > 1 && !text.contains(['=', '<', '>']) {
        bilingual!(
            "a text of several fields of `fields` is a value: `{{ value: \"{text}\" }}`",
            "текст из нескольких полей `fields` — это `value`: `{{ value: \"{text}\" }}`"
        )
    } else if is_alone {
        bilingual!(
            "write `$.{name}`; a value made of other fields is `{{ value: \"…\" }}`",
            "напишите `$.{name}`; значение из других полей — `{{ value: \"…\" }}`"
        )
    } else {
        let rest = text.replacen(text.get(start..end)?, &format!("$.{name}"), 1);
        bilingual!("write `{rest}`", "напишите `{rest}`")
    };
    Some(bad(text, start..end, message, advice))
}

/// A pattern whose backslash is not doubled: `match($.city, '\d+')`.
fn backslash(text: &str) -> Option<BadPath> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\\' {
            continue;
        }
        let (_, next) = chars.next()?;
        if next == '\\' || "bfnrtu/\"'".contains(next) {
            continue;
        }
        let fixed = text.replace('\\', "\\\\");
        let message = bilingual!(
            "a backslash in a test is written twice",
            "обратную косую черту в условии пишут дважды"
        );
        let advice = bilingual!("write '{fixed}'", "напишите '{fixed}'");
        return Some(bad(text, at..at + 1 + next.len_utf8(), message, advice));
    }
    None
}

/// Quotes of documents around the path or a text in it.
fn typographic(text: &str) -> Option<BadPath> {
    let start = text.find(QUOTES)?;
    let open = text.get(start..)?.chars().next()?;
    let inside = text.get(start + open.len_utf8()..)?;
    let end = inside.find(QUOTES)?;
    let close = inside.get(end..)?.chars().next()?;
    let inside = inside.get(..end)?;
    let range = start..start + open.len_utf8() + end + close.len_utf8();
    let message = bilingual!(
        "typographic quotes: paths and tests know straight ones",
        "типографские кавычки: в путях и условиях нужны прямые"
    );
    let advice = if range == (0..text.len()) {
        write(inside)
    } else {
        let fixed = text.replacen(text.get(range.clone())?, &format!("'{inside}'"), 1);
        bilingual!("write `{fixed}`", "напишите `{fixed}`")
    };
    Some(bad(text, range, message, advice))
}

/// `ok == true`: a test without the root.
fn rootless(text: &str) -> Option<BadPath> {
    let end = text.find(|c: char| !(is_name_char(c) || c == '.'))?;
    let (name, rest) = text.split_at_checked(end)?;
    let is_sign = ["==", "!=", "<", ">"]
        .iter()
        .any(|sign| rest.trim_start().starts_with(sign));
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    if !is_sign || !is_name || matches!(name, "true" | "false" | "null") {
        return None;
    }
    let message = bilingual!("a path begins with `$.`", "путь начинается с `$.`");
    let fixed = rooted(text);
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, 0..end, message, advice))
}

/// Returns a test with roots, signs between its parts and quotes: `a == x or b == 1`.
fn rooted(text: &str) -> String {
    let joints = [
        (" && ", " && "),
        (" and ", " && "),
        (" AND ", " && "),
        (" и ", " && "),
        (" || ", " || "),
        (" or ", " || "),
        (" OR ", " || "),
        (" или ", " || "),
    ];
    let found = joints
        .iter()
        .filter_map(|(joint, sign)| Some((text.find(joint)?, joint.len(), *sign)))
        .min();
    if let Some((at, length, sign)) = found
        && let (Some(left), Some(right)) = (text.get(..at), text.get(at + length..))
    {
        return format!("{}{sign}{}", rooted(left), rooted(right));
    }
    let begins = text.starts_with(|c: char| c.is_alphabetic() || c == '_');
    let fixed = if begins {
        format!("$.{text}")
    } else {
        text.to_owned()
    };
    let with_quotes = quoted(&fixed).map(|(_, _, quoted)| quoted);
    with_quotes.unwrap_or(fixed)
}

/// Positions outside of quotes and brackets.
pub(super) fn outside(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut depth, mut quote) = (0_usize, None);
    text.char_indices().filter(move |(_, c)| {
        match (quote, *c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(*c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, _) => return depth == 0,
        }
        false
    })
}

/// `AND`, `или` between two tests.
fn word(text: &str) -> Option<BadPath> {
    let blanks: Vec<usize> = outside(text)
        .filter(|(_, c)| *c == ' ')
        .map(|(at, _)| at)
        .collect();
    blanks.windows(2).find_map(|pair| {
        let [from, to] = pair else { return None };
        let word = text.get(from + 1..*to)?;
        let lower = word.to_lowercase();
        let (_, sign) = WORDS.iter().find(|(known, _)| *known == lower)?;
        let fixed = format!("{}{sign}{}", text.get(..from + 1)?, text.get(*to..)?);
        let message = bilingual!(
            "tests are joined by `&&` and `||`, not by `{word}`",
            "условия соединяют знаками `&&` и `||`, а не `{word}`"
        );
        let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
        Some(bad(text, from + 1..*to, message, advice))
    })
}

/// `<>` for `!=`.
fn unequal(text: &str) -> Option<BadPath> {
    let (at, _) = outside(text).find(|(at, _)| {
        let rest = text.get(*at..).unwrap_or_default();
        ["<>", "===", "!==", "=<", "≠"]
            .iter()
            .any(|sign| rest.starts_with(sign))
    })?;
    let rest = text.get(at..)?;
    let (sign, right) = [
        ("<>", "!="),
        ("===", "=="),
        ("!==", "!="),
        ("=<", "<="),
        ("≠", "!="),
    ]
    .into_iter()
    .find(|(sign, _)| rest.starts_with(sign))?;
    let fixed = text.replacen(sign, right, 1);
    let message = bilingual!("`{sign}` is not a comparison", "знака `{sign}` нет");
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, at..at + sign.len(), message, advice))
}

/// A word without quotes behind a comparison: `$.city == Москва`.
fn unquoted(text: &str) -> Option<BadPath> {
    let (range, value, fixed) = quoted(text)?;
    if !fixed.contains(&format!("'{value}'")) {
        let message = bilingual!("there is no `{value}` here", "слова `{value}` здесь нет");
        let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
        return Some(bad(text, range, message, advice));
    }
    let message = bilingual!(
        "the text `{value}` needs quotes in a test",
        "тексту `{value}` в условии нужны кавычки"
    );
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, range, message, advice))
}

/// Returns the word without quotes, where it stands, and the test with quotes around it.
fn quoted(text: &str) -> Option<(std::ops::Range<usize>, &str, String)> {
    if text.contains("->") {
        return None;
    }
    let operator = outside(text).find_map(|(at, _)| {
        let rest = text.get(at..)?;
        let sign = ["==", "!=", "<=", ">=", "<", ">", "="]
            .into_iter()
            .find(|sign| rest.starts_with(sign))?;
        Some((at, sign))
    })?;
    let (at, sign) = operator;
    let behind = text.get(at + sign.len()..)?;
    let value = behind.trim_start();
    let start = at + sign.len() + behind.len() - value.len();
    let end = value.find(" &&").or_else(|| value.find(" ||"));
    let value = value.get(..end.unwrap_or(value.len()))?.trim_end();
    let first = value.chars().next()?;
    let is_word = first.is_alphabetic() && !matches!(value, "true" | "false" | "null");
    if !is_word || value.contains(['(', '\'', '"']) {
        return None;
    }
    let before = text.get(..at)?.trim_end();
    let sign = if sign == "=" { "==" } else { sign };
    let after = text.get(start + value.len()..)?;
    let lower = value.to_lowercase();
    let fixed = match lower.as_str() {
        "true" | "false" | "null" => format!("{before} {sign} {lower}{after}"),
        "none" | "nil" | "undefined" => format!("{before} {sign} null{after}"),
        _ => format!("{before} {sign} '{value}'{after}"),
    };
    Some((start..start + value.len(), value, fixed))
}

/// Paths with a sign or a word for "or" between them: `$.name || $.fio`, `$.name ?? $.fio`.
fn alternatives(text: &str) -> Option<BadPath> {
    if text.contains(['=', '<', '>', '!', '(', '\'', '"']) {
        return None;
    }
    for sign in [
        "||", "??", "?:", " | ", " or ", " OR ", " или ", " ИЛИ ", "|",
    ] {
        let Some(at) = text.find(sign) else { continue };
        let paths: Vec<&str> = text.split(sign).map(str::trim).collect();
        if paths
            .iter()
            .any(|path| !path.starts_with('$') || path.contains(' '))
        {
            continue;
        }
        let list = paths.join(", ");
        let word = sign.trim();
        let message = bilingual!(
            "paths are not joined by `{word}`",
            "пути не соединяют знаком `{word}`"
        );
        let advice = bilingual!(
            "write the list `[{list}]`: the first path that finds a value counts",
            "напишите `[{list}]`: берётся первый путь, по которому есть значение"
        );
        let start = at + sign.len() - sign.trim_start().len();
        return Some(bad(text, start..start + word.len(), message, advice));
    }
    None
}

/// Several paths in one text, or a comma at its end.
fn several(text: &str) -> Option<BadPath> {
    let (at, sign) = outside(text).find(|(_, c)| matches!(c, ';' | ','))?;
    let paths: Vec<&str> = text
        .split(sign)
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .collect();
    let (message, advice) = match paths.as_slice() {
        [] => return None,
        [one] => (
            bilingual!("`{sign}` behind the path", "`{sign}` после пути"),
            write(one),
        ),
        several => {
            let list = several.join(", ");
            (
                bilingual!(
                    "several paths are a list in square brackets",
                    "несколько путей пишут списком в квадратных скобках"
                ),
                bilingual!("write `[{list}]`", "напишите `[{list}]`"),
            )
        }
    };
    Some(bad(text, at..at + 1, message, advice))
}

/// Other notations of paths: `form[topic]`, `$form->topic`, `form/topic`, `$.first-name`.
fn notation(text: &str) -> Option<BadPath> {
    if text.contains(['=', '<', '?', '(', '"']) && !text.contains("->") {
        return None;
    }
    let signs = ["->", "=>", "::", "$$", "/", "\\", ":"];
    let found = signs
        .iter()
        .filter_map(|sign| Some((text.find(sign)?, *sign)))
        .min();
    let fixed = respelt(text)?;
    if let Some((at, sign)) = found {
        let message = bilingual!(
            "`{sign}` is not allowed in a path",
            "`{sign}` в пути не бывает"
        );
        return Some(bad(text, at..at + sign.len(), message, write(&fixed)));
    }
    if text.ends_with('.') {
        let message = bilingual!("the path ends too early", "путь обрывается");
        let advice = bilingual!(
            "write the name behind the point, or remove the point",
            "допишите имя после точки или уберите точку"
        );
        return Some(bad(text, text.len() - 1..text.len(), message, advice));
    }
    let bracket = text.char_indices().find(|(at, c)| {
        let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
        *c == '[' && next.is_some_and(|next| next.is_alphabetic() || next == '_')
    });
    if let Some((at, _)) = bracket {
        let end = text
            .get(at..)?
            .find(']')
            .map_or(text.len(), |end| at + end + 1);
        let message = bilingual!(
            "a name in square brackets needs quotes",
            "имени в квадратных скобках нужны кавычки"
        );
        return Some(bad(text, at..end, message, write(&fixed)));
    }
    let (at, sign) = text
        .char_indices()
        .find(|(_, c)| !is_name_char(*c) && !matches!(c, '$' | '.' | '[' | ']' | '\'' | '*'))?;
    let is_known = matches!(sign, ' ' | '-' | '\u{a0}');
    let message = match sign {
        ' ' => bilingual!("a space inside a path", "пробел внутри пути"),
        sign if is_known => bilingual!("a `{sign}` inside a name", "`{sign}` внутри имени"),
        _ => return None,
    };
    Some(bad(text, at..at + sign.len_utf8(), message, write(&fixed)))
}

/// Spells names that are no plain words in brackets and quotes.
fn respelt(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('$');
    let text = text
        .replace("->", ".")
        .replace("=>", ".")
        .replace("::", ".");
    let mut path = String::from("$");
    for part in text.split(['.', '/', '\\', ':', '[', ']']) {
        let part = part.trim().trim_matches(['\'', '"']);
        if part.is_empty() {
            continue;
        }
        let is_plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !part.starts_with(|c: char| c.is_ascii_digit());
        let is_index = part == "*" || part.bytes().all(|byte| byte.is_ascii_digit());
        let around = match (is_plain, is_index) {
            (true, _) => [".", part, ""],
            (_, true) => ["[", part, "]"],
            (false, false) => ["['", part, "']"],
        };
        path.extend(around);
    }
    (path.len() > 1).then_some(path)
}
