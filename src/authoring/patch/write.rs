//! Writes values as YAML: quoted only where the reader would take something else.

use serde_json::Value;

use super::tree::Style;

/// The longest block of keys that stands in one line, in characters.
const WIDEST: usize = 90;

/// A value as written: what stands behind the colon or dash, and the lines below, indented from the
/// place of the first of them.
pub(super) struct Written {
    pub(super) first: String,
    pub(super) lines: Vec<String>,
    /// Whether the lines below are a block of keys, which may begin in the line of a dash.
    pub(super) is_map: bool,
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// In brackets: one line.
    Flow,
    /// At the left margin: blocks have a line for each key.
    Margin,
    /// Further in: small blocks stand in one line.
    Inner,
}

impl Written {
    fn inline(text: String) -> Self {
        Self {
            first: text,
            lines: Vec::new(),
            is_map: false,
        }
    }
}

/// Writes a value. `like` is how the value before was written.
pub(super) fn value(value: &Value, room: Room, like: Option<Style>) -> Written {
    if room == Room::Flow {
        return Written::inline(flow(value, like));
    }
    match value {
        Value::String(text) => {
            lines_of(text).unwrap_or_else(|| Written::inline(scalar(text, like)))
        }
        Value::Object(map) if !map.is_empty() => {
            let short = flow(value, None);
            let is_small = room == Room::Inner
                && short.chars().count() <= WIDEST
                && map.values().all(is_simple);
            if is_small {
                return Written::inline(short);
            }
            let entries = map.iter().flat_map(|(name, value)| entry(name, value));
            Written {
                first: String::new(),
                lines: entries.collect(),
                is_map: true,
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let short = flow(value, None);
            if list.iter().all(is_scalar) && short.chars().count() <= WIDEST {
                return Written::inline(short);
            }
            Written {
                first: String::new(),
                lines: list.iter().flat_map(item).collect(),
                is_map: false,
            }
        }
        other => Written::inline(flow(other, like)),
    }
}

/// Writes a key with its value as lines.
fn entry(name: &str, of: &Value) -> Vec<String> {
    below(
        format!("{}:", key(name, None)),
        &value(of, Room::Inner, None),
    )
}

/// Writes an entry of a list as lines.
pub(super) fn item(of: &Value) -> Vec<String> {
    let written = value(of, Room::Inner, None);
    if written.is_map {
        let mut lines = written.lines.into_iter();
        let first = lines.next().map(|line| format!("- {line}"));
        let rest = lines.map(|line| indented(2, &line));
        return first.into_iter().chain(rest).collect();
    }
    below("-".to_owned(), &written)
}

/// Writes a value behind its key or dash, and below it.
pub(super) fn below(head: String, written: &Written) -> Vec<String> {
    let first = if written.first.is_empty() {
        head
    } else {
        format!("{head} {}", written.first)
    };
    let rest = written.lines.iter().map(|line| indented(2, line));
    std::iter::once(first).chain(rest).collect()
}

/// Indents a line; an empty one stays empty.
pub(super) fn indented(by: usize, line: &str) -> String {
    if line.is_empty() {
        return String::new();
    }
    format!("{}{line}", " ".repeat(by))
}

/// Writes a value in one line.
fn flow(value: &Value, like: Option<Style>) -> String {
    match value {
        Value::Null => "~".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => scalar(text, like),
        Value::Array(list) => {
            let items: Vec<String> = list.iter().map(|item| flow(item, None)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let entries = map
                .iter()
                .map(|(name, value)| format!("{}: {}", key(name, None), flow(value, None)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

fn is_scalar(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\n'),
        other => !other.is_array() && !other.is_object(),
    }
}

/// Whether a value may stand in a block of one line.
fn is_simple(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().all(is_scalar),
        other => is_scalar(other),
    }
}

/// Writes a key.
pub(super) fn key(name: &str, like: Option<Style>) -> String {
    match like {
        Some(Style::Single) if fits_single(name) => single(name),
        Some(Style::Double) => double(name),
        _ if is_safe(name) && !is_null(name) && name != "<<" => name.to_owned(),
        _ if fits_single(name) => single(name),
        _ => double(name),
    }
}

/// Writes a text in one line.
fn scalar(text: &str, like: Option<Style>) -> String {
    match like {
        Some(Style::Single) if fits_single(text) => return single(text),
        Some(Style::Double) => return double(text),
        // a number stays a number
        Some(Style::Plain) if is_safe(text) && !is_null(text) => return text.to_owned(),
        _ => {}
    }
    if is_safe(text) && !is_null(text) && !is_typed(text) {
        text.to_owned()
    } else if text.contains(['"', '\\']) && fits_single(text) {
        single(text)
    } else {
        double(text)
    }
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn fits_single(text: &str) -> bool {
    !text.chars().any(is_odd)
}

/// A character that only double quotes can hold.
fn is_odd(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{85}')
}

fn double(text: &str) -> String {
    let mut written = String::from('"');
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            c if is_odd(c) => written.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// Whether a text can stand without quotes, also in brackets.
fn is_safe(text: &str) -> bool {
    let Some(first) = text.chars().next() else {
        return false;
    };
    let is_bounded = text.trim() == text;
    let may_begin = !matches!(
        first,
        '-' | '?'
            | ':'
            | ','
            | '['
            | ']'
            | '{'
            | '}'
            | '#'
            | '&'
            | '*'
            | '!'
            | '|'
            | '>'
            | '\''
            | '"'
            | '%'
            | '@'
            | '`'
            | '<'
            | '='
            | '~'
    );
    let has_break = text
        .chars()
        .any(|c| is_odd(c) || matches!(c, '[' | ']' | '{' | '}' | ','));
    is_bounded
        && may_begin
        && !has_break
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && text != "..."
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Whether editors and other readers of YAML take the text for a number, a date or a boolean.
fn is_typed(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let is_word = matches!(
        lower.as_str(),
        "true"
            | "false"
            | "yes"
            | "no"
            | "on"
            | "off"
            | "y"
            | "n"
            | ".inf"
            | "-.inf"
            | "+.inf"
            | ".nan"
    );
    let begins = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    let has_digit = text.contains(|c: char| c.is_ascii_digit());
    let is_number = text.chars().all(|c| {
        c.is_ascii_hexdigit() || matches!(c, '+' | '-' | '.' | '_' | ':' | 'x' | 'X' | 'o' | 'O')
    });
    is_word || (begins && has_digit && is_number)
}

/// Writes a text of several lines below `|`; `None` if it is short or quotes hold it better.
fn lines_of(text: &str) -> Option<Written> {
    let (body, head) = match text.strip_suffix('\n') {
        Some(body) => (body, "|"),
        None => (text, "|-"),
    };
    let is_plain = text.contains('\n')
        && !body.is_empty()
        && !body.ends_with('\n')
        && !body.starts_with([' ', '\t', '\n'])
        && !body.chars().any(|c| c != '\n' && c != '\t' && is_odd(c))
        && !body
            .lines()
            .any(|line| !line.is_empty() && line.trim().is_empty());
    is_plain.then(|| Written {
        first: head.to_owned(),
        lines: body.split('\n').map(str::to_owned).collect(),
        is_map: false,
    })
}
