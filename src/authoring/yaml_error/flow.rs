//! Blocks and lists in brackets: `{ from: $.phone, as: phone }`. They may go on in the next lines.

use super::finding::{Finding, quoted, write};
use super::flow_slips;
use super::line::Line;
use super::quotes::{self, QuoteEnd};
use super::value::{backslash_message, blank_in_stage, doubled, is_field_code, is_key, is_stage};
use crate::authoring::codes::Code;
use crate::domain::{Bilingual, bilingual};

/// How a line leaves the brackets.
pub(super) enum FlowEnd {
    /// Closed: where the rest of the line begins, in bytes.
    Closed(usize),
    Open,
    Mistake(Finding),
}

/// The brackets that are open.
#[derive(Debug, Default)]
pub(super) struct Flow {
    open: Vec<Bracket>,
}

#[derive(Debug)]
struct Bracket {
    close: char,
    /// Whether the key's colon is behind us.
    in_value: bool,
}

impl Flow {
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Goes through a line, from this byte on.
    pub(super) fn scan(&mut self, line: &Line<'_>, from: usize) -> FlowEnd {
        let mut at = from;
        while let Some(rest) = line.text.get(at..)
            && let Some(c) = rest.chars().next()
        {
            let next = match c {
                ' ' | '\t' => Ok(at + 1),
                ',' if flow_slips::is_empty_item(line, at) => {
                    Err(flow_slips::double_comma(line, at))
                }
                ',' => {
                    self.next_item();
                    Ok(at + 1)
                }
                '#' if line.text.get(..at).is_some_and(|b| b.ends_with(' ')) => {
                    match hash(line, at) {
                        Some(finding) => Err(finding),
                        None => return FlowEnd::Open,
                    }
                }
                '{' if rest.starts_with("{{") => Err(template(line, at)),
                '{' | '[' => {
                    self.enter(c);
                    Ok(at + 1)
                }
                '}' | ']' => self.leave(c, line, at),
                '"' | '\'' => self.quoted(line, at),
                '@' | '`' | '%' | '>' | '|' => Err(sign(line, at, c)),
                _ => self.plain(line, at),
            };
            match next {
                Err(finding) => return FlowEnd::Mistake(finding),
                Ok(_) if self.open.is_empty() => return FlowEnd::Closed(at + 1),
                Ok(next) => at = next,
            }
        }
        FlowEnd::Open
    }

    fn enter(&mut self, c: char) {
        self.open.push(Bracket {
            close: if c == '{' { '}' } else { ']' },
            in_value: c == '[',
        });
    }

    fn next_item(&mut self) {
        if let Some(bracket) = self.open.last_mut() {
            bracket.in_value = bracket.close == ']';
        }
    }

    fn leave(&mut self, c: char, line: &Line<'_>, at: usize) -> Result<usize, Finding> {
        match self.open.pop() {
            Some(bracket) if bracket.close == c => Ok(at + 1),
            Some(bracket) => {
                let wanted = bracket.close;
                Err(replaced(line, at, c, wanted))
            }
            None => Ok(at + 1),
        }
    }

    fn in_value(&self) -> bool {
        self.open.last().is_some_and(|bracket| bracket.in_value)
    }

    /// Notes the colon behind a key; a second one in an item is a mistake.
    fn colon(&mut self) -> bool {
        let bracket = self.open.last_mut();
        bracket.is_some_and(|bracket| !std::mem::replace(&mut bracket.in_value, true))
    }

    /// A text in quotes, and what stands behind it.
    fn quoted(&mut self, line: &Line<'_>, at: usize) -> Result<usize, Finding> {
        let end = match quotes::end(line.text, at) {
            QuoteEnd::At(end) => end,
            QuoteEnd::Backslash(slash) => return Err(backslash(line, at, slash)),
            QuoteEnd::Open => return Err(unclosed(line, at)),
        };
        let rest = line.text.get(end..).unwrap_or_default();
        let tail = rest.trim_start();
        let behind = end + rest.len() - tail.len();
        match tail.chars().next() {
            None | Some(',' | '}' | ']' | '#') => Ok(behind),
            Some(':') if self.colon() => Ok(behind + 1),
            Some(';') => Err(semicolons(line, behind)),
            Some('"' | '\'') if !self.in_value() => Err(flow_slips::missing_colon(line, end)),
            Some(_) if tail.split(':').next().is_some_and(is_key) && self.in_value() => {
                Err(missing_comma(line, at, end))
            }
            Some(_) => Err(behind_quote(line, at)),
        }
    }

    /// A text without quotes.
    fn plain(&mut self, line: &Line<'_>, at: usize) -> Result<usize, Finding> {
        let rest = line.text.get(at..).unwrap_or_default();
        for (offset, c) in rest.char_indices() {
            let here = at + offset;
            let behind = rest.get(offset + c.len_utf8()..).unwrap_or_default();
            if matches!(c, '"' | '\'' | '{') {
                let equals = flow_slips::equals(line, at).filter(|_| !self.in_value());
                let is_formula = rest.starts_with('=') && c != '{';
                let slip = equals.or_else(|| is_formula.then(|| flow_slips::formula(line, at)));
                if let Some(finding) = slip {
                    return Err(finding);
                }
            }
            match c {
                '{' if behind.starts_with('{') => {
                    return Err(needs_quotes(line, at, inside_text()));
                }
                '[' if rest.starts_with('$') => return Err(path(line, at)),
                '[' | '{' => return Err(needs_quotes(line, at, inside_text())),
                ',' | '}' | ']' => {
                    let text = rest.get(..offset).unwrap_or_default();
                    return self.round_bracket(line, (at, text)).map_or(Ok(here), Err);
                }
                '#' if rest.get(..offset).is_some_and(|b| b.ends_with(' ')) => return Ok(here),
                ';' if next_is_key(behind) => return Err(semicolons(line, here)),
                ':' if behind.is_empty() || behind.starts_with(' ') => {
                    if self.colon() {
                        return Ok(here + 1);
                    }
                    return Err(second_colon(line, at, here));
                }
                _ => {}
            }
        }
        let text = rest.trim_end();
        self.round_bracket(line, (at, text))
            .map_or(Ok(line.text.len()), Err)
    }

    /// `[NEW, PREPARATION)`.
    fn round_bracket(&self, line: &Line<'_>, (at, text): (usize, &str)) -> Option<Finding> {
        let close = self.open.last()?.close;
        let is_last = at + text.len() == line.text.len();
        (is_last && text.ends_with(')') && !text.contains('(')).then(|| {
            let at = at + text.len() - 1;
            replaced(line, at, ')', close)
        })
    }

    /// Reports brackets that are still open at the end of a line, if the next line does not go on.
    pub(super) fn unclosed(&self, line: &Line<'_>, below: &[Line<'_>]) -> Option<Finding> {
        let bracket = self.open.last()?;
        let next = below.iter().find(|line| !line.is_blank());
        let goes_on = next.is_some_and(|next| {
            next.body().starts_with(['}', ']'])
                || next.indent > line.indent && !(next.key.is_some() && bracket.close == ']')
        });
        if goes_on {
            return None;
        }
        let close: String = self.open.iter().rev().map(|open| open.close).collect();
        let open = if bracket.close == '}' { '{' } else { '[' };
        let at = line.value_at;
        let value = line.raw_value().trim_end_matches(',');
        let blank = if bracket.close == '}' { " " } else { "" };
        let advice = write(&line.with_value(&format!("{value}{blank}{close}")));
        let message = bilingual!(
            "the bracket `{open}` is not closed",
            "скобка `{open}` не закрыта"
        );
        let advice = advice.unwrap_or_else(Bilingual::empty);
        Some(Finding::new(line, at..at + 1, Code::Yaml, message, advice))
    }
}

fn template(line: &Line<'_>, at: usize) -> Finding {
    let message = bilingual!(
        "a template at the beginning of a value needs quotes",
        "шаблону в начале значения нужны кавычки"
    );
    needs_quotes(line, at, message)
}

fn sign(line: &Line<'_>, at: usize, sign: char) -> Finding {
    let message = bilingual!(
        "a value that begins with `{sign}` needs quotes",
        "значению, которое начинается с `{sign}`, нужны кавычки"
    );
    needs_quotes(line, at, message)
}

fn inside_text() -> Bilingual {
    bilingual!(
        "a template or a bracket inside a block on one line needs quotes around the whole text",
        "тексту с шаблоном или скобкой внутри блока в одной строке нужны кавычки"
    )
}

/// Returns whether a key and its colon follow.
fn next_is_key(text: &str) -> bool {
    let key = text.split_once(": ").map(|(key, _)| key.trim());
    let is_word = |key: &str| {
        !key.is_empty()
            && key
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
    };
    key.is_some_and(is_word)
}

/// Returns the text of the item that begins here, up to its comma or bracket.
fn item<'t>(line: &Line<'t>, at: usize) -> &'t str {
    let rest = line.text.get(at..).unwrap_or_default();
    let mut depth = 0_usize;
    for (offset, c) in rest.char_indices() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' if depth > 0 => depth -= 1,
            ',' | '}' | ']' if depth == 0 => {
                return rest.get(..offset).unwrap_or_default().trim_end();
            }
            _ => {}
        }
    }
    rest.trim_end()
}

pub(super) fn with_range(
    line: &Line<'_>,
    range: std::ops::Range<usize>,
    new: &str,
) -> Option<Bilingual> {
    let before = line.text.get(..range.start)?;
    let after = line.text.get(range.end..)?;
    write(&format!("{before}{new}{after}"))
}

fn needs_quotes(line: &Line<'_>, at: usize, message: Bilingual) -> Finding {
    let text = item(line, at);
    let range = at..at + text.len();
    let is_typographic =
        text.starts_with(['“', '„', '«', '‘', '”']) && text.ends_with(['”', '“', '»', '’']);
    // quotes of documents stand for straight ones
    let bare = if is_typographic {
        quotes::bare(text)
    } else {
        text
    };
    let advice = with_range(line, range.clone(), &quoted(bare));
    let advice = advice.unwrap_or_else(super::finding::in_quotes);
    Finding::new(line, range, Code::Unquoted, message, advice)
}

/// `$.data["day]`: a quote inside the brackets that is not closed.
fn open_quote(line: &Line<'_>, at: usize) -> Option<Finding> {
    let text = item(line, at);
    let quotes = text.matches(['"', '\'']).count();
    if quotes.is_multiple_of(2) {
        return None;
    }
    let (head, rest) = text.split_once('[')?;
    let (name, behind) = rest.split_once(']').unwrap_or((rest, ""));
    let name = name.trim().trim_matches(['"', '\'']);
    let is_plain = name.starts_with(|c: char| c.is_alphabetic())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let fixed = if is_plain {
        format!("{head}.{name}{behind}")
    } else {
        format!("\"{head}['{name}']{behind}\"")
    };
    let message = bilingual!(
        "a quote in the brackets is not closed",
        "кавычка в скобках не закрыта"
    );
    let range = at..at + text.len();
    let advice = with_range(line, range.clone(), &fixed).unwrap_or_else(Bilingual::empty);
    Some(Finding::new(line, range, Code::BadPath, message, advice))
}

/// A path with brackets: `{ from: $.data.topics[*] }`.
fn path(line: &Line<'_>, at: usize) -> Finding {
    if let Some(finding) = open_quote(line, at) {
        return finding;
    }
    let message = bilingual!(
        "a path with brackets needs quotes inside `{{ }}` and `[ ]`",
        "пути со скобками нужны кавычки внутри `{{ }}` и `[ ]`"
    );
    needs_quotes(line, at, message)
}

fn replaced(line: &Line<'_>, at: usize, found: char, wanted: char) -> Finding {
    let range = at..at + found.len_utf8();
    let message = bilingual!(
        "`{found}` in place of `{wanted}`",
        "`{found}` вместо `{wanted}`"
    );
    let advice = with_range(line, range.clone(), &wanted.to_string());
    let advice = advice.unwrap_or_else(Bilingual::empty);
    Finding::new(line, range, Code::Yaml, message, advice)
}

/// Semicolons between keys, of which this is the first.
fn semicolons(line: &Line<'_>, at: usize) -> Finding {
    let range = at..at + 1;
    let message = bilingual!("`;` in place of `,`", "`;` вместо `,`");
    let mut fixed = line.text.get(..at).unwrap_or_default().to_owned();
    let rest = line.text.get(at..).unwrap_or_default();
    let mut quote = None;
    for (offset, c) in rest.char_indices() {
        let behind = rest.get(offset + c.len_utf8()..).unwrap_or_default();
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            _ => {}
        }
        let is_first = offset == 0;
        let is_comma = c == ';' && (is_first || quote.is_none() && next_is_key(behind));
        fixed.push(if is_comma { ',' } else { c });
    }
    let advice = write(&fixed).unwrap_or_else(Bilingual::empty);
    Finding::new(line, range, Code::Yaml, message, advice)
}

fn missing_comma(line: &Line<'_>, start: usize, end: usize) -> Finding {
    let advice = with_range(line, end..end, ",").unwrap_or_else(Bilingual::empty);
    let length = item(line, end).len();
    let message = bilingual!(
        "a comma is missing between two keys",
        "между ключами не хватает запятой"
    );
    Finding::new(line, start..end + length, Code::Yaml, message, advice)
}

fn behind_quote(line: &Line<'_>, at: usize) -> Finding {
    let text = item(line, at);
    let message = bilingual!(
        "there is text behind the closing quote",
        "после закрывающей кавычки есть ещё текст"
    );
    // `"Заявка "срочная""`: the outer quotes are meant as such
    let outer = text
        .chars()
        .next()
        .filter(|quote| text.len() > 1 && text.ends_with(*quote) && !text.ends_with("\\\""));
    let inside = match outer {
        Some(_) => quotes::bare(text),
        None => text,
    };
    let is_split = outer.is_none() && text.matches(['"', '\'']).count() == 2;
    let fixed = if is_split {
        quoted(&text.replace(['"', '\''], ""))
    } else {
        format!("'{}'", inside.replace('\'', "’"))
    };
    let range = at..at + text.len();
    let advice = with_range(line, range.clone(), &fixed).unwrap_or_else(Bilingual::empty);
    Finding::new(line, range, Code::Unquoted, message, advice)
}

fn unclosed(line: &Line<'_>, at: usize) -> Finding {
    let rest = line.text.get(at..).unwrap_or_default();
    // the quote belongs before the next key or the bracket at the end
    let end = rest.find(", ").or_else(|| rest.find([',', '}', ']']));
    let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
    let text = text.trim_end();
    let fixed = quoted(quotes::bare(text));
    let advice = with_range(line, at..at + text.len(), &fixed);
    let message = bilingual!("the quote is not closed", "кавычка не закрыта");
    let advice = advice.unwrap_or_else(Bilingual::empty);
    Finding::new(line, at..line.text.len(), Code::Yaml, message, advice)
}

fn backslash(line: &Line<'_>, at: usize, slash: usize) -> Finding {
    let close = line.text.get(at + 1..).and_then(|rest| rest.rfind('"'));
    let end = close.map_or(line.text.len(), |close| at + 1 + close + 1);
    let bare = quotes::bare(line.text.get(at..end).unwrap_or_default());
    let bare = doubled(bare);
    let advice = with_range(line, at..end, &format!("'{}'", bare.replace('\'', "\"")));
    let length = line
        .text
        .get(slash + 1..)
        .and_then(|rest| rest.chars().next());
    let range = slash..slash + 1 + length.map_or(0, char::len_utf8);
    let advice = advice.unwrap_or_else(Bilingual::empty);
    Finding::new(line, range, Code::Yaml, backslash_message(), advice)
}

/// A second colon in an item: a comma is missing, or the text needs quotes.
fn second_colon(line: &Line<'_>, start: usize, colon: usize) -> Finding {
    let text = line.text.get(start..colon).unwrap_or_default();
    let before = line.text.get(..start).unwrap_or_default();
    let in_table = before.rfind("map: {").is_some_and(|at| {
        let inside = before.get(at + "map: {".len()..);
        inside.is_some_and(|inside| !inside.contains(['{', '}']))
    });
    if let Some((value, key)) = text.rsplit_once(' ')
        && (is_key(key) || in_table || is_row(key))
        && !value.trim_end().contains(' ')
    {
        let end = start + value.trim_end().len();
        return missing_comma(line, start, end);
    }
    let whole = item(line, start);
    if is_stage(whole) {
        let range = start..start + whole.len();
        let advice = with_range(line, range.clone(), &whole.replace(": ", ":"));
        let advice = advice.unwrap_or_else(Bilingual::empty);
        return Finding::new(line, range, Code::Unquoted, blank_in_stage(), advice);
    }
    let message = bilingual!(
        "a text with a colon and a space after it needs quotes",
        "тексту с двоеточием и пробелом внутри нужны кавычки"
    );
    needs_quotes(line, start, message)
}

/// Returns whether a word is the code of a CRM field.
fn is_row(key: &str) -> bool {
    key.contains('_') && is_field_code(key)
}

/// A remark inside brackets takes their end with it: `{ value: Заказ #{{order}}, search: true }`.
fn hash(line: &Line<'_>, at: usize) -> Option<Finding> {
    let remark = line.text.get(at..)?;
    if !remark.contains("{{") && !remark.contains(['}', ']']) {
        return None;
    }
    let before = line.text.get(..at)?;
    let start = before.rfind([',', '{', '['])? + 1;
    let start = match before.get(start..)?.find(": ") {
        Some(colon) => start + colon + 2,
        None => start,
    };
    let start = start + before.get(start..)?.len() - before.get(start..)?.trim_start().len();
    let message = bilingual!(
        "`#` with a space before it begins a remark: the rest of the line is lost",
        "`#` после пробела начинает пояснение: остаток строки пропадает"
    );
    Some(needs_quotes(line, start, message))
}
