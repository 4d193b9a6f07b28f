//! Signs too many or too few in paths and tests: `$.items[0]name`, `$.items.[0]`, a quote or a bracket
//! that is not closed, brackets of other shapes, functions behind a path.

use super::BadPath;
use super::mistakes::bad;
use super::simple::is_name_char;
use crate::domain::{Bilingual, bilingual};

/// Explains such a path. Returns `None` for any other.
pub(super) fn explain(text: &str) -> Option<BadPath> {
    custom(text)
        .or_else(|| around(text))
        .or_else(|| quoted_name(text))
        .or_else(|| method(text))
        .or_else(|| glued(text))
        .or_else(|| point(text))
        .or_else(|| index(text))
        .or_else(|| open_quote(text).filter(|_| text.contains(['=', '<', '>'])))
        .or_else(|| brackets(text))
}

/// Explains such a test.
pub(super) fn explain_test(text: &str) -> Option<BadPath> {
    ticks(text)
        .or_else(|| turned(text))
        .or_else(|| dangling(text))
        .or_else(|| counted(text))
        .or_else(|| glued(text))
        .or_else(|| point(text))
        .or_else(|| open_quote(text))
        .or_else(|| brackets(text))
}

/// Advice that shows the text as it should be: one with brackets or blanks needs quotes in YAML.
fn write(fixed: &str) -> Bilingual {
    if fixed.contains('"') {
        return bilingual!("write '{fixed}'", "напишите '{fixed}'");
    }
    if fixed.contains(['[', ' ', ',', '{', '!']) {
        return bilingual!("write \"{fixed}\"", "напишите \"{fixed}\"");
    }
    bilingual!("write `{fixed}`", "напишите `{fixed}`")
}

/// Positions outside of quotes.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    text.char_indices().filter(move |(_, c)| {
        match (quote, *c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(*c),
            (None, _) => return true,
        }
        false
    })
}

/// `custom:ORDERID`, `custom ORDERID`: a custom field of amoCRM in the short form.
fn custom(text: &str) -> Option<BadPath> {
    let (key, name) = ["custom", "contact", "company"].iter().find_map(|key| {
        let rest = text.strip_prefix(key)?;
        let name = rest.strip_prefix([':', ' ', '='])?.trim();
        (!name.is_empty()).then_some((*key, name))
    })?;
    let message = bilingual!(
        "a custom field of amoCRM is a block of its own",
        "дополнительное поле amoCRM пишут блоком"
    );
    let advice = bilingual!(
        "write `{{ {key}: {name} }}`",
        "напишите `{{ {key}: {name} }}`"
    );
    Some(bad(text, 0..text.len(), message, advice))
}

/// `@.name`: the root is `$`.
fn around(text: &str) -> Option<BadPath> {
    let rest = text.strip_prefix('@')?;
    if !rest.starts_with(['.', '[']) {
        return None;
    }
    let message = bilingual!(
        "a path begins with `$`: `@` is for tests in brackets",
        "путь начинается с `$`, а `@` пишут только в условиях в скобках"
    );
    Some(bad(text, 0..1, message, write(&format!("${rest}"))))
}

/// `$.'topic'`: a name with quotes stands in brackets.
fn quoted_name(text: &str) -> Option<BadPath> {
    let at = text.find(".'").or_else(|| text.find(".\""))?;
    let quote = text.get(at + 1..at + 2)?;
    let inside = text.get(at + 2..)?;
    let end = inside.find(quote)?;
    let (name, rest) = (inside.get(..end)?, inside.get(end + 1..)?);
    let is_plain = !name.is_empty() && name.chars().all(is_name_char);
    let head = text.get(..at)?;
    let fixed = if is_plain {
        format!("{head}.{name}{rest}")
    } else {
        format!("{head}['{name}']{rest}")
    };
    let message = bilingual!(
        "a name in quotes stands in square brackets",
        "имя в кавычках пишут в квадратных скобках"
    );
    Some(bad(text, at + 1..at + end + 3, message, write(&fixed)))
}

/// `$.topic.trim()`: a function of another language behind a path.
fn method(text: &str) -> Option<BadPath> {
    let inside = text.strip_suffix(')')?;
    let open = inside.rfind('(')?;
    let dot = inside.get(..open)?.rfind('.')?;
    let (path, name) = (text.get(..dot)?, text.get(dot + 1..open)?);
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    if !is_name || path.contains(['(', '?', ' ', '=']) || path.len() < 2 {
        return None;
    }
    let root = if path.starts_with('$') { "" } else { "$." };
    let path = format!("{root}{path}");
    let lower = name.to_lowercase();
    let advice = match lower.as_str() {
        "first" => write(&format!("{path}[0]")),
        "last" => write(&format!("{path}[-1]")),
        "join" | "implode" | "concat" => bilingual!(
            "write `{{ from: {path}, as: join }}`",
            "напишите `{{ from: {path}, as: join }}`"
        ),
        "split" | "explode" => bilingual!(
            "write `{{ from: {path}, as: split }}`",
            "напишите `{{ from: {path}, as: split }}`"
        ),
        "length" | "count" | "size" => bilingual!(
            "a field reads no number of elements; a condition tests it: `when: \"length({path}) > 0\"`",
            "числа элементов поле не читает; его проверяет условие: `when: \"length({path}) > 0\"`"
        ),
        "touppercase" | "upper" | "tolowercase" | "lower" => bilingual!(
            "write `{path}`; capital and small letters are made in the template: `{{{{upper name}}}}`, `{{{{lower name}}}}`",
            "напишите `{path}`; регистр меняют в шаблоне: `{{{{upper имя}}}}`, `{{{{lower имя}}}}`"
        ),
        _ => bilingual!(
            "a path has no functions: write `{path}`; what is to be made of the value says `as`",
            "функций в пути нет: напишите `{path}`; что сделать со значением, говорит `as`"
        ),
    };
    let message = bilingual!(
        "`{name}()` is a function of another language",
        "`{name}()` — функция другого языка"
    );
    Some(bad(text, dot..text.len(), message, advice))
}

/// `$.items.length() > 0`.
fn counted(text: &str) -> Option<BadPath> {
    let (at, word) = [".length()", ".count()", ".size()"]
        .iter()
        .find_map(|word| Some((text.find(word)?, *word)))?;
    let start = text.get(..at)?.rfind('$')?;
    let path = text.get(start..at)?;
    let head = text.get(..start)?;
    let tail = text.get(at + word.len()..)?;
    let fixed = format!("{head}length({path}){tail}");
    let message = bilingual!(
        "`{word}` is of another language",
        "`{word}` — запись другого языка"
    );
    Some(bad(text, at..at + word.len(), message, write(&fixed)))
}

/// `$.items[0]name`: the point behind the bracket is missing.
fn glued(text: &str) -> Option<BadPath> {
    let at = unquoted(text).find_map(|(at, c)| {
        let next = text.get(at + 1..)?.chars().next()?;
        (c == ']' && (next.is_alphabetic() || next == '_')).then_some(at + 1)
    })?;
    let fixed = format!("{}.{}", text.get(..at)?, text.get(at..)?);
    let message = bilingual!("there is no point behind `]`", "после `]` не хватает точки");
    let next = text.get(at..)?.chars().next()?;
    Some(bad(text, at..at + next.len_utf8(), message, write(&fixed)))
}

/// `$.items.[0]`: a point too many.
fn point(text: &str) -> Option<BadPath> {
    let is_it = |(at, c): &(usize, char)| *c == '.' && text.get(at + 1..at + 2) == Some("[");
    let (at, _) = unquoted(text).find(is_it)?;
    // `..[0]` looks at every depth
    if text.get(..at)?.ends_with('.') {
        return None;
    }
    let fixed = text.replace(".[", "[");
    let message = bilingual!(
        "there is a point too many before `[`",
        "перед `[` лишняя точка"
    );
    Some(bad(text, at..at + 1, message, write(&fixed)))
}

/// `$.items(0)`, `$.items{0}`, `$.items]0]`: the number of an element in other brackets.
fn index(text: &str) -> Option<BadPath> {
    let (at, _) = text
        .char_indices()
        .find(|(_, c)| matches!(c, '(' | '{' | ']'))?;
    let rest = text.get(at + 1..)?;
    let end = rest.find([')', '}', ']'])?;
    let number = rest.get(..end)?.trim();
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let head = text.get(..at)?;
    if !is_number || head.contains(['[', '?', ' ']) {
        return None;
    }
    let fixed = format!("{head}[{number}]{}", rest.get(end + 1..)?);
    let message = bilingual!(
        "the number of an element stands in square brackets",
        "номер элемента пишут в квадратных скобках"
    );
    Some(bad(text, at..at + end + 2, message, write(&fixed)))
}

/// A quote that has no other one: `[?@.name == 'x]`, `$.city == 'Москва`.
fn open_quote(text: &str) -> Option<BadPath> {
    let single = text.matches('\'').count();
    let double = text.matches('"').count();
    let quote = match (single % 2, double % 2) {
        (1, 0) => '\'',
        (0, 1) => '"',
        _ => return None,
    };
    let at = text.rfind(quote)?;
    let before = text.get(..at)?;
    let opens = before.trim_end().ends_with(['=', '<', '>', '(', '[', ',']);
    let fixed = if opens {
        let rest = text.get(at + 1..)?;
        let end = [" &&", " ||", ")", "]"]
            .iter()
            .filter_map(|sign| rest.find(sign))
            .min()
            .unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        let word = word.trim_end();
        format!("{before}{quote}{word}{quote}{tail}")
    } else {
        let start = before.rfind(['=', '<', '>', '[', '('])? + 1;
        let word = before.get(start..)?.trim_start();
        let head = before.get(..before.len() - word.len())?;
        format!("{head}{quote}{word}{quote}{}", text.get(at + 1..)?)
    };
    let message = bilingual!(
        "the quote `{quote}` has no second one",
        "у кавычки `{quote}` нет пары"
    );
    Some(bad(text, at..at + 1, message, write(&fixed)))
}

/// A bracket that is not closed, or closed by another one.
fn brackets(text: &str) -> Option<BadPath> {
    // behind a quote that is not closed, brackets are text
    let is_open = |quote: char| !text.matches(quote).count().is_multiple_of(2);
    if is_open('\'') || is_open('"') {
        return None;
    }
    let mut open: Vec<(usize, char)> = Vec::new();
    let mut insert: Vec<(usize, char)> = Vec::new();
    let mut lone = None;
    for (at, c) in unquoted(text) {
        match c {
            '[' | '(' => open.push((at, c)),
            ']' if matches!(open.last(), Some((_, '('))) && open.iter().any(|it| it.1 == '[') => {
                let (start, _) = open.pop()?;
                insert.push((at, ')'));
                lone.get_or_insert(start);
                open.pop();
            }
            ')' if matches!(open.last(), Some((_, '('))) => {
                let (start, _) = open.pop()?;
                let behind = text.get(at + 1..).unwrap_or_default();
                let is_filter = start > 1 && text.get(start - 2..start) == Some("[?");
                let is_end = behind.is_empty() || behind.starts_with(['.', '[']);
                if is_filter && is_end {
                    insert.push((at + 1, ']'));
                    lone.get_or_insert(start - 2);
                    open.pop();
                }
            }
            ']' if matches!(open.last(), Some((_, '['))) => {
                open.pop();
            }
            ']' | ')' => return None,
            _ => {}
        }
    }
    for (start, c) in open.iter().rev() {
        insert.push((text.len(), if *c == '[' { ']' } else { ')' }));
        lone.get_or_insert(*start);
    }
    // nothing stands in the bracket
    let lone = lone.filter(|_| !text.ends_with(['[', '(']))?;
    let mut fixed = text.to_owned();
    for (at, c) in insert.into_iter().rev() {
        fixed.insert(at, c);
    }
    let bracket = text.get(lone..=lone)?;
    let message = bilingual!(
        "the bracket `{bracket}` is not closed",
        "скобка `{bracket}` не закрыта"
    );
    Some(bad(text, lone..lone + 1, message, write(&fixed)))
}

/// A text in backticks.
fn ticks(text: &str) -> Option<BadPath> {
    let at = text.find('`')?;
    let fixed = text.replace('`', "'");
    let message = bilingual!(
        "texts in a test have straight quotes",
        "тексты в условии берут в прямые кавычки"
    );
    Some(bad(text, at..at + 1, message, write(&fixed)))
}

/// `$.sum => 10`: the signs of a comparison the other way round.
fn turned(text: &str) -> Option<BadPath> {
    let at = text.find("=>")?;
    let behind = text.get(at + 2..)?.trim_start();
    if !behind.starts_with(|c: char| c.is_ascii_digit() || "'\"-".contains(c)) {
        return None;
    }
    let fixed = text.replacen("=>", ">=", 1);
    let message = bilingual!("`=>` is not a comparison", "знака `=>` нет");
    let advice = bilingual!("write `{fixed}`", "напишите `{fixed}`");
    Some(bad(text, at..at + 2, message, advice))
}

/// `$.sum > 10 ||`: nothing stands behind the sign.
fn dangling(text: &str) -> Option<BadPath> {
    let bare = text.trim_end();
    let sign = ["||", "&&", " and", " or", " или", " и"]
        .iter()
        .find(|sign| bare.ends_with(**sign))?;
    let at = bare.len() - sign.trim_start().len();
    let fixed = bare.get(..at)?.trim_end();
    let sign = sign.trim_start();
    let message = bilingual!(
        "no test stands behind `{sign}`",
        "после `{sign}` нет условия"
    );
    let advice = bilingual!(
        "write the second test, or remove `{sign}`: `{fixed}`",
        "допишите второе условие или уберите `{sign}`: `{fixed}`"
    );
    Some(bad(text, at..at + sign.len(), message, advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    fn shown(found: Option<BadPath>) -> Option<String> {
        let advice = found?.advice.in_lang(Lang::Ru).to_owned();
        let bare = advice.strip_prefix("напишите ").unwrap_or(&advice);
        Some(bare.trim_matches(['"', '`']).to_owned())
    }

    #[test]
    fn slips_in_paths_are_shown_as_they_should_be() {
        for (text, right) in [
            ("$.items[0]name", "$.items[0].name"),
            ("$.items[*]name", "$.items[*].name"),
            ("$.items.[0]", "$.items[0]"),
            ("$.items[0", "$.items[0]"),
            ("$.items(0)", "$.items[0]"),
            ("$.items{0}", "$.items[0]"),
            ("$.items]0]", "$.items[0]"),
            ("$.items[?@.name == 'x].id", "$.items[?@.name == 'x'].id"),
            ("$.items[?(@.name=='x').v", "$.items[?(@.name=='x')].v"),
            ("$.items[?(@.name=='x'].v", "$.items[?(@.name=='x')].v"),
            ("$.'topic'", "$.topic"),
            ("$.'Ваша тема'", "$['Ваша тема']"),
            ("@.name", "$.name"),
            ("$.items.first()", "$.items[0]"),
            ("custom:ORDERID", "{ custom: ORDERID }"),
        ] {
            assert_eq!(shown(explain(text)).as_deref(), Some(right), "{text}");
        }
        for text in [
            "$.items[0].name",
            "$..[0]",
            "$.items[?@.name == 'x'].id",
            "$['a.[b']",
            "$.customer",
        ] {
            assert_eq!(shown(explain(text)), None, "{text}");
        }
    }

    #[test]
    fn slips_in_tests_are_shown_as_they_should_be() {
        for (text, right) in [
            ("$.city == 'Москва", "$.city == 'Москва'"),
            ("$.city == Москва'", "$.city == 'Москва'"),
            ("$.city == `Москва`", "$.city == 'Москва'"),
            ("$.sum => 10", "$.sum >= 10"),
            ("($.sum > 10", "($.sum > 10)"),
            ("(($.a) && ($.b == 1", "(($.a) && ($.b == 1))"),
            ("$.a == 'x' && $.b == 'y", "$.a == 'x' && $.b == 'y'"),
            ("$.items.length() > 0", "length($.items) > 0"),
        ] {
            assert_eq!(shown(explain_test(text)).as_deref(), Some(right), "{text}");
        }
        for text in ["$.sum >= 10", "$.a == 'x'", "($.a || $.b) && $.c"] {
            assert_eq!(shown(explain_test(text)), None, "{text}");
        }
    }
}
