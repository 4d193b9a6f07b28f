//! What stands behind a key, on one line: quotes, signs with a meaning in YAML, and colons.

use super::finding::{Finding, in_quotes, quoted, write};
use super::line::Line;
use super::quotes::{self, QuoteEnd};
use super::{pieces, remarks};
use crate::authoring::codes::Code;
use crate::authoring::lookalike::is_invisible;
use crate::domain::{Bilingual, bilingual};

/// What a value turned out to be.
pub(super) enum ValueEnd {
    Good,
    /// `|` or `>`: a text in the next, deeper lines.
    Literal,
    /// A text in quotes that ends further down: the index of the line behind it.
    GoesOnTo(usize),
    /// A block or a list in brackets.
    Flow,
    Mistake(Finding),
}

/// Checks the value of a line.
pub(super) fn check(line: &Line<'_>, lines: &[Line<'_>], stopped: usize) -> ValueEnd {
    let value = line.raw_value();
    let Some(first) = value.chars().next() else {
        return ValueEnd::Good;
    };
    if line.key.is_none() && !line.is_item {
        return ValueEnd::Good;
    }
    match first {
        '"' | '\'' => in_straight_quotes(line, lines),
        '{' | '[' if value.starts_with("{{") => mistake(template(line)),
        '{' | '[' => ValueEnd::Flow,
        '|' | '>' if is_literal(value) => ValueEnd::Literal,
        '|' | '>' | '@' | '`' | '%' => {
            mistake(remarks::in_block_text(line).unwrap_or_else(|| sign(line, first)))
        }
        '-' | '?' if value.get(1..).is_some_and(|rest| rest.starts_with(' ')) => dash(line, first),
        '&' | '*' | '!' if line.number == stopped || value.contains("{{") => {
            mistake(sign(line, first))
        }
        '“' | '„' | '«' | '‘' | '”' if has_colon(line.value()) => {
            let message = bilingual!(
                "typographic quotes do not protect the colon inside",
                "типографские кавычки не защищают двоеточие внутри"
            );
            mistake(Finding::unquoted(line, message, quotes::bare(line.value())))
        }
        c if c.is_whitespace() || is_invisible(c) => mistake(odd_space(line, c)),
        '(' if line.value().ends_with(')') && has_colon(line.value()) => mistake(in_round(line)),
        _ if has_colon(line.value()) => mistake(colon(line)),
        _ => ValueEnd::Good,
    }
}

fn mistake(finding: Finding) -> ValueEnd {
    ValueEnd::Mistake(finding)
}

/// `|`, `>-`, `|2`: a text follows in the next lines.
fn is_literal(value: &str) -> bool {
    let head = value.split_once(" #").map_or(value, |(head, _)| head);
    let head = head.trim_end();
    head.len() <= 3
        && head
            .chars()
            .skip(1)
            .all(|c| matches!(c, '+' | '-' | '0'..='9'))
}

fn has_colon(value: &str) -> bool {
    value.contains(": ") || value.ends_with(':')
}

/// `(from: $.day, as: date)`.
fn in_round(line: &Line<'_>) -> Finding {
    let inside = line.value().trim_start_matches('(').trim_end_matches(')');
    let braces = format!("{{ {} }}", inside.trim());
    let message = bilingual!(
        "keys stand in braces, not in round brackets",
        "ключи пишут в фигурных скобках, а не в круглых"
    );
    let advice = write(&line.with_value(&braces)).unwrap_or_else(in_quotes);
    Finding::new(line, line.value_range(), Code::Yaml, message, advice)
}

fn template(line: &Line<'_>) -> Finding {
    let message = bilingual!(
        "a template at the beginning of a value needs quotes",
        "шаблону в начале значения нужны кавычки"
    );
    // the remark may be a part of the text: `{{topic}} #1`
    Finding::unquoted(line, message, line.value())
}

/// A value that begins with a reserved character: `from: @.data.name`.
fn sign(line: &Line<'_>, sign: char) -> Finding {
    let message = bilingual!(
        "a value that begins with `{sign}` needs quotes",
        "значению, которое начинается с `{sign}`, нужны кавычки"
    );
    Finding::unquoted(line, message, line.value())
}

/// `among: - NEW`, or a text that begins with a dash.
fn dash(line: &Line<'_>, first: char) -> ValueEnd {
    if line.key.is_none() {
        return ValueEnd::Good;
    }
    let item = line.value().trim_start_matches("- ");
    let is_text = item.contains("{{") || item.contains(' ');
    if first == '?' || is_text {
        return mistake(sign(line, first));
    }
    let advice = write(&line.with_value(&format!("[{item}]"))).unwrap_or_else(Bilingual::empty);
    let message = bilingual!(
        "an item of a list stands on a line of its own, or in square brackets",
        "элемент списка пишут на отдельной строке или в квадратных скобках"
    );
    mistake(Finding::new(
        line,
        line.value_range(),
        Code::Yaml,
        message,
        advice,
    ))
}

fn odd_space(line: &Line<'_>, odd: char) -> Finding {
    let range = line.value_at..line.value_at + odd.len_utf8();
    let value = line.value();
    let value = value.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
    let advice = write(&line.with_value(value)).unwrap_or_else(Bilingual::empty);
    let message = bilingual!(
        "behind the colon there is a non-breaking or invisible space",
        "после двоеточия неразрывный или невидимый пробел"
    );
    Finding::new(line, range, Code::Yaml, message, advice)
}

/// Returns the word at the end of a text, if it may be a key: `from: $.phone as`.
fn last_key(text: &str) -> Option<(&str, &str)> {
    let at = text.rfind([' ', ','])?;
    let (before, word) = (text.get(..at)?, text.get(at + 1..)?);
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    (is_key(bare)).then_some((before.trim_end_matches(',').trim_end(), word))
}

/// Returns whether a word looks like a key of a profile.
pub(super) fn is_key(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}

/// Returns whether a key is the code of a CRM field.
pub(super) fn is_field_code(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.len() > 1 && word.chars().all(fits)
}

/// A second colon: a block without braces, two keys on one line, or a text without quotes.
fn colon(line: &Line<'_>) -> Finding {
    let value = line.value();
    let parts: Vec<&str> = value.split(": ").collect();
    let (Some(head), Some(rest)) = (parts.first(), parts.get(1..)) else {
        return Finding::unquoted(line, second_colon(), value);
    };
    if is_key(head) && rest.first().is_some_and(|it| it.starts_with(['{', '['])) {
        let message = bilingual!(
            "a key of a block stands on a line of its own",
            "ключ блока пишут на отдельной строке"
        );
        let advice = bilingual!(
            "move `{value}` to the next line, with two more spaces before it than this line has",
            "перенесите `{value}` на следующую строку и поставьте перед ней на два пробела больше, чем перед этой"
        );
        return Finding::new(line, line.value_range(), Code::Yaml, message, advice);
    }
    if is_key(head) && !rest.is_empty() {
        let block = with_commas(&parts).unwrap_or_else(|| value.to_owned());
        let advice = write(&line.with_value(&format!("{{ {block} }}")));
        let message = bilingual!(
            "keys on one line need braces around them and commas between them",
            "ключи в одной строке берут в фигурные скобки и разделяют запятыми"
        );
        let advice = advice.unwrap_or_else(Bilingual::empty);
        return Finding::new(line, line.value_range(), Code::Yaml, message, advice);
    }
    if let Some((before, key)) = last_key(head).filter(|(before, _)| is_word(before)) {
        let rest = rest.join(": ");
        let key_and = line.with_value(before);
        let advice = bilingual!(
            "write two lines: `{key_and}` and `{key}: {rest}`",
            "разделите на две строки: `{key_and}` и `{key}: {rest}`"
        );
        let message = bilingual!("two keys on one line", "два ключа в одной строке");
        return Finding::new(line, line.value_range(), Code::Yaml, message, advice);
    }
    if is_stage(value) {
        let joined = value.replace(": ", ":");
        let advice = write(&line.with_value(&joined)).unwrap_or_else(in_quotes);
        return Finding::new(
            line,
            line.value_range(),
            Code::Unquoted,
            blank_in_stage(),
            advice,
        );
    }
    Finding::unquoted(line, second_colon(), value)
}

fn second_colon() -> Bilingual {
    bilingual!(
        "a text with a colon and a space after it needs quotes",
        "тексту с двоеточием и пробелом внутри нужны кавычки"
    )
}

pub(super) fn blank_in_stage() -> Bilingual {
    bilingual!(
        "a stage has no space behind its colon",
        "в коде стадии после двоеточия нет пробела"
    )
}

/// `C1: NEW`.
pub(super) fn is_stage(value: &str) -> bool {
    value.split_once(": ").is_some_and(|(pipeline, stage)| {
        let number = pipeline.strip_prefix('C').or(pipeline.strip_prefix("DT"));
        number.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()))
            && stage
                .chars()
                .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
    })
}

/// One word, a path or a text in quotes.
fn is_word(text: &str) -> bool {
    !text.is_empty() && (!text.contains(' ') || text.starts_with(['"', '\'', '[', '{']))
}

/// Puts commas before the keys: `from`, `$.phone as`, `phone`.
fn with_commas(parts: &[&str]) -> Option<String> {
    let (first, rest) = parts.split_first()?;
    let (last, middle) = rest.split_last()?;
    let mut block = (*first).to_owned();
    for part in middle {
        let (value, key) = last_key(part)?;
        block.extend([": ", value, ", ", key]);
    }
    block.extend([": ", last]);
    Some(block)
}

fn in_straight_quotes(line: &Line<'_>, lines: &[Line<'_>]) -> ValueEnd {
    match quotes::end(line.text, line.value_at) {
        QuoteEnd::At(end) => behind_quotes(line, end).map_or(ValueEnd::Good, mistake),
        QuoteEnd::Backslash(at) => mistake(backslash(line, at)),
        QuoteEnd::Open => {
            if let Some(last) = closed_below(line, lines) {
                return ValueEnd::GoesOnTo(last);
            }
            mistake(unclosed(line))
        }
    }
}

/// A text in quotes may go on in the next lines: returns the index of the line behind its end.
fn closed_below(line: &Line<'_>, lines: &[Line<'_>]) -> Option<usize> {
    let quote = line.raw_value().chars().next()?;
    for (index, below) in lines.iter().enumerate().skip(line.number) {
        if let Some(at) = below.text.find(quote) {
            let rest = below.text.get(at + 1..)?.trim();
            let ends = rest.is_empty() || rest.starts_with('#');
            let is_deeper = below.indent > line.indent;
            return (ends && is_deeper).then_some(index + 1);
        }
    }
    None
}

fn unclosed(line: &Line<'_>) -> Finding {
    let value = line.raw_value();
    let fixed = quoted(quotes::bare(value));
    let advice = write(&line.with_value(&fixed)).unwrap_or_else(Bilingual::empty);
    let message = if value.ends_with(['”', '“', '»', '’']) {
        bilingual!(
            "the quote at the end is a typographic one, so the straight one is not closed",
            "в конце типографская кавычка, поэтому прямая не закрыта"
        )
    } else {
        bilingual!("the quote is not closed", "кавычка не закрыта")
    };
    let range = line.value_at..line.text.len();
    Finding::new(line, range, Code::Yaml, message, advice)
}

fn backslash(line: &Line<'_>, at: usize) -> Finding {
    let bare = doubled(quotes::bare(line.value())).replace('\'', "\"");
    let advice = write(&line.with_value(&format!("'{bare}'")));
    let advice = advice.unwrap_or_else(Bilingual::empty);
    let length = line.text.get(at + 1..).and_then(|rest| rest.chars().next());
    let range = at..at + 1 + length.map_or(0, char::len_utf8);
    Finding::new(line, range, Code::Yaml, backslash_message(), advice)
}

/// Tests of the packet have their own backslashes.
pub(super) fn doubled(text: &str) -> String {
    if text.contains("match(") || text.contains("search(") {
        return text.replace('\\', "\\\\");
    }
    text.to_owned()
}

pub(super) fn backslash_message() -> Bilingual {
    bilingual!(
        "in double quotes a backslash has a meaning of its own",
        "в двойных кавычках обратная косая черта имеет особое значение"
    )
}

/// Checks what stands behind the closing quote.
fn behind_quotes(line: &Line<'_>, end: usize) -> Option<Finding> {
    let rest = line.text.get(end..)?;
    if let Some(finding) = trailing_comma(line, end) {
        return Some(finding);
    }
    let tail = rest.trim_start();
    let is_remark = tail.starts_with('#') && tail.len() < rest.len();
    if tail.is_empty() || is_remark {
        return None;
    }
    options(line, end, tail)
        .or_else(|| remarks::doubled(line, end))
        .or_else(|| remarks::behind(line, end))
        .or_else(|| sum(line, rest))
        .or_else(|| pieces::several(line))
        .or_else(|| same_quotes(line))
        .or_else(|| Some(pieces::text_behind(line, end)))
}

/// `"{{phone}}", search: true`.
fn options(line: &Line<'_>, end: usize, tail: &str) -> Option<Finding> {
    let options = tail.strip_prefix(',')?.trim();
    let (key, _) = options.split_once(':')?;
    if !is_key(key.trim()) {
        return None;
    }
    let text = line.text.get(line.value_at..end)?;
    let advice = write(&line.with_value(&format!("{{ value: {text}, {options} }}")));
    let message = bilingual!(
        "options beside a value need braces around both",
        "значение вместе с настройками берут в фигурные скобки"
    );
    let advice = advice.unwrap_or_else(Bilingual::empty);
    Some(Finding::new(
        line,
        line.value_range(),
        Code::Yaml,
        message,
        advice,
    ))
}

/// `"Заявка " & topic`.
fn sum(line: &Line<'_>, rest: &str) -> Option<Finding> {
    if !rest.trim_start().starts_with(['&', '+', '.']) || rest.starts_with('.') {
        return None;
    }
    let message = bilingual!(
        "texts are not joined with `&` or `+`: a template joins them",
        "тексты не складывают знаками `&` и `+`: их соединяет шаблон"
    );
    let joined = joined(line.raw_value());
    let advice = write(&line.with_value(&joined)).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(
        line,
        line.value_range(),
        Code::Unquoted,
        message,
        advice,
    ))
}

/// `"Заявка "Лето" {{topic}}"`.
fn same_quotes(line: &Line<'_>) -> Option<Finding> {
    let whole = line.raw_value();
    let quote = whole.chars().next()?;
    if !whole.ends_with(quote) || whole.len() < 2 {
        return None;
    }
    let inside = quotes::bare(whole);
    let fixed = if quote == '"' {
        format!("'{}'", inside.replace('\'', "’"))
    } else {
        quoted(inside)
    };
    let message = bilingual!(
        "quotes of one kind within each other",
        "внутри кавычек такие же кавычки"
    );
    let advice = write(&line.with_value(&fixed)).unwrap_or_else(Bilingual::empty);
    let range = line.value_at..line.text.len();
    Some(Finding::new(line, range, Code::Yaml, message, advice))
}

/// `"Заявка " & topic` as a template.
fn joined(value: &str) -> String {
    let is_php = value.contains(" . ");
    let is_sign = |c: char| matches!(c, '&' | '+') || (is_php && c == '.');
    let parts = value.split(is_sign).map(str::trim).map(|part| {
        if part.starts_with(['"', '\'']) {
            // blanks at its ends belong to the text
            let inside = part.get(1..).unwrap_or_default();
            inside
                .strip_suffix(['"', '\''])
                .unwrap_or(inside)
                .to_owned()
        } else {
            format!("{{{{{}}}}}", part.trim_start_matches('$'))
        }
    });
    quoted(&parts.collect::<String>())
}

/// A comma or a semicolon at the end of a line, as JSON and programs have it.
fn trailing_comma(line: &Line<'_>, end: usize) -> Option<Finding> {
    let tail = line.text.get(end..)?.trim();
    if !matches!(tail, "," | ";") {
        return None;
    }
    let at = end + line.text.get(end..)?.find(tail)?;
    let value = line.text.get(line.value_at..end)?;
    let message = bilingual!("`{tail}` at the end of the line", "`{tail}` в конце строки");
    let advice = write(&line.with_value(value)).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, at..at + 1, Code::Yaml, message, advice))
}

/// Checks what stands behind a block or a list in brackets.
pub(super) fn behind_flow(line: &Line<'_>, end: usize) -> Option<Finding> {
    if let Some(finding) = trailing_comma(line, end) {
        return Some(finding);
    }
    let rest = line.text.get(end..)?;
    let tail = rest.trim_start();
    if tail.is_empty() || (tail.starts_with('#') && tail.len() < rest.len()) {
        return None;
    }
    if let Some(bracket) = tail.chars().next().filter(|c| matches!(c, '}' | ']')) {
        let at = end + rest.len() - tail.len();
        let without = line.text.get(line.value_at..end)?;
        let message = bilingual!("there is a `{bracket}` too many", "лишняя `{bracket}`");
        let advice = write(&line.with_value(without)).unwrap_or_else(Bilingual::empty);
        return Some(Finding::new(line, at..at + 1, Code::Yaml, message, advice));
    }
    if let Some(finding) = remarks::outside(line, end).or_else(|| remarks::behind(line, end)) {
        return Some(finding);
    }
    let first = line.raw_value().chars().next()?;
    Some(sign(line, first))
}
