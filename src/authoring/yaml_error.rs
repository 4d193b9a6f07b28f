//! Explains why a text is not YAML: the parser's own messages are for programmers, and frequent
//! mistakes get specific advice.

use serde_saphyr::{Error, UserMessageFormatter};

use super::codes::Code;
use super::problem::{Problem, Severity, SourceText, TextPlace};
use super::raw::block::in_quotes;
use crate::domain::{Bilingual, bilingual};

/// Turns the parser's error into a problem.
pub(crate) fn explain(error: &Error, source: &SourceText) -> Problem {
    let error = error.without_snippet();
    let (line, column) = error.location().map_or((1, 1), |location| {
        (
            u32::try_from(location.line()).unwrap_or(1).max(1),
            u32::try_from(location.column()).unwrap_or(1).max(1),
        )
    });
    let place = TextPlace {
        source: source.clone(),
        line,
        column,
        length: 1,
    };
    if let Error::DuplicateMappingKey { key, .. } = error {
        let key = key.as_deref().unwrap_or("?");
        return place.part(0, key.chars().count()).problem(
            Severity::Error,
            Code::DuplicateKey,
            bilingual!(
                "the key `{key}` is repeated here",
                "ключ `{key}` здесь повторяется"
            ),
            bilingual!("keep one of them", "оставьте один"),
        );
    }
    special(&place).unwrap_or_else(|| {
        place.problem(
            Severity::Error,
            Code::Yaml,
            plain_words(error),
            bilingual!(
                "check this line and the one above it: quotes, brackets, indentation",
                "проверьте эту строку и строку выше: кавычки, скобки, отступы"
            ),
        )
    })
}

/// Returns the parser's message in one line.
fn plain_words(error: &Error) -> Bilingual {
    let message = error.render_with_formatter(&UserMessageFormatter);
    let first = message.lines().next().unwrap_or_default().trim();
    let words = first.split(" at line ").next().unwrap_or(first);
    if words.contains("quoted scalar") {
        return bilingual!(
            "a quote opened here or above is not closed",
            "кавычка, открытая здесь или выше, не закрыта"
        );
    }
    let words = words.trim_end_matches('.');
    if words.contains("mapping values are not allowed") {
        return bilingual!(
            "this line is indented differently from its neighbours, or a text with a colon is not in quotes",
            "отступ этой строки не такой, как у соседних, или текст с двоеточием не взят в кавычки"
        );
    }
    if words.contains("did not find expected") || words.contains("unclosed bracket") {
        return bilingual!(
            "a bracket, a comma or a quote is missing here: {words}",
            "здесь не хватает скобки, запятой или кавычки ({words})"
        );
    }
    bilingual!("this is not YAML: {words}", "это не YAML ({words})")
}

/// Recognizes frequent mistakes, such as a tab or a template without quotes.
fn special(place: &TextPlace) -> Option<Problem> {
    let line = |number: u32| -> Option<(&str, TextPlace)> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        let start = TextPlace {
            source: place.source.clone(),
            line: number,
            column: 1,
            length: 1,
        };
        Some((place.source.text().lines().nth(index)?, start))
    };
    // the parser may notice a mistake up to two lines later, and a tab one line earlier
    (0..=2).find_map(|back| {
        let (text, start) = line(place.line.checked_sub(back)?)?;
        let at = |offset: usize, length: usize| start.part(offset, length);
        let here = back == 0;
        let next = line(place.line + 1).filter(|_| here);
        tab(text, &at)
            .or_else(|| {
                next.and_then(|(text, start)| tab(text, &|at, length| start.part(at, length)))
            })
            .or_else(|| template(text, &at))
            .or_else(|| path(text, &at))
            .or_else(|| here.then(|| colon(text, place))?)
            .or_else(|| here.then(|| sign(text, place))?)
    })
}

type At<'a> = dyn Fn(usize, usize) -> TextPlace + 'a;

fn tab(text: &str, at: &At<'_>) -> Option<Problem> {
    let indent = text.chars().take_while(|c| c.is_whitespace());
    let offset = indent.collect::<Vec<_>>().iter().position(|c| *c == '\t')?;
    Some(at(offset, 1).problem(
        Severity::Error,
        Code::Yaml,
        bilingual!(
            "YAML does not allow tabs for indentation",
            "в YAML нельзя делать отступы табуляцией"
        ),
        bilingual!(
            "use two spaces per level",
            "делайте отступы пробелами, по два на уровень"
        ),
    ))
}

fn template(text: &str, at: &At<'_>) -> Option<Problem> {
    let byte = [": {{", "- {{", "[{{", ", {{"]
        .iter()
        .find_map(|start| text.find(start).map(|byte| byte + start.len() - 2))
        .or_else(|| inside(text))?;
    let offset = text.get(..byte)?.chars().count();
    let length = text.get(byte..)?.chars().count();
    Some(at(offset, length).problem(
        Severity::Error,
        Code::Unquoted,
        bilingual!(
            "a template at the beginning of a value needs quotes",
            "шаблону в начале значения нужны кавычки"
        ),
        in_quotes(),
    ))
}

/// Finds a template in a text without quotes, in a block on one line: `{ title: Перезвонить
/// {{firstname}}, after: 2h }`.
fn inside(text: &str) -> Option<usize> {
    let byte = text.find("{{")?;
    let before = text.get(..byte)?;
    let is_quoted = |quote: char| before.matches(quote).count() % 2 == 1;
    let is_in_block = before.matches('{').count() > before.matches('}').count();
    (is_in_block && !is_quoted('"') && !is_quoted('\'')).then_some(byte)
}

/// Recognizes a second colon with a space after it: `TITLE: Заявка: сайт`. A line that is indented
/// differently from its neighbours causes the same error, because YAML takes its colon for a second
/// one.
fn colon(text: &str, place: &TextPlace) -> Option<Problem> {
    let before: String = text.chars().take(place.column as usize).collect();
    let (_, value) = before.strip_suffix(':')?.split_once(':')?;
    let is_plain = !value.trim_start().is_empty() && !value.trim_start().starts_with(['"', '\'']);
    is_plain.then(|| {
        place.problem(
            Severity::Error,
            Code::Unquoted,
            bilingual!(
                "a text with a colon and a space after it needs quotes",
                "тексту с двоеточием и пробелом внутри нужны кавычки"
            ),
            bilingual!(
                "write `TITLE: \"Order: site\"`",
                "напишите `TITLE: \"Заявка: сайт\"`"
            ),
        )
    })
}

/// Recognizes a value that begins with a reserved character: `from: @.data.name`.
fn sign(text: &str, place: &TextPlace) -> Option<Problem> {
    let at = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let sign = text
        .chars()
        .nth(at)
        .filter(|c| matches!(c, '@' | '`' | '%' | '*' | '&' | '!'))?;
    Some(place.problem(
        Severity::Error,
        Code::Unquoted,
        bilingual!(
            "a value that begins with `{sign}` needs quotes",
            "значению, которое начинается с `{sign}`, нужны кавычки"
        ),
        bilingual!(
            "put the whole value into straight quotes: \"{sign}…\"; a path begins with `$.`",
            "возьмите значение целиком в прямые кавычки: \"{sign}…\"; путь начинается с `$.`"
        ),
    ))
}

/// Recognizes a path with brackets inside braces, where `[` has a meaning in YAML: `{ from:
/// $.data.topics[*] }`.
fn path(text: &str, at: &At<'_>) -> Option<Problem> {
    let byte = text.find('$')?;
    let before = text.get(..byte)?;
    if !before.contains(['{', '[']) || before.ends_with(['"', '\'']) {
        return None;
    }
    let path: String = text
        .get(byte..)?
        .chars()
        .take_while(|c| !matches!(c, ',' | ' ' | '}'))
        .collect();
    if !path.contains('[') {
        return None;
    }
    let offset = before.chars().count();
    let quoted = path.trim_end_matches(']').to_owned() + "]";
    Some(at(offset, path.chars().count()).problem(
        Severity::Error,
        Code::Unquoted,
        bilingual!(
            "a path with brackets needs quotes inside `{{ }}` and `[ ]`",
            "пути со скобками нужны кавычки внутри `{{ }}` и `[ ]`"
        ),
        bilingual!("write \"{quoted}\"", "напишите \"{quoted}\""),
    ))
}
