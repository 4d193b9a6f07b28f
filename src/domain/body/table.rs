//! Reads CSV with a heading: each row is an object with the names of the heading, and the body is
//! the list of rows.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::json::Bounds;
use crate::domain::{Lang, bilingual};

/// The separators that are recognised.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];
/// Stands behind the last row. A quote that is not closed swallows it.
const END: &str = "\u{1}end";
/// How many lines are looked at to recognise a table.
const LOOKED_AT: usize = 20;

/// What is wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableMistake {
    /// A quote is not closed.
    OpenQuote,
    /// It has a heading, but no rows.
    NoRows,
    /// More values than this.
    TooMany(usize),
}

/// What separates the values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Separator {
    /// A comma.
    Comma,
    /// A semicolon.
    Semicolon,
    /// A tab.
    Tab,
    /// A vertical bar.
    Bar,
    /// A colon.
    Colon,
}

impl Separator {
    /// All of them, with their words in the settings.
    pub const WORDS: [(&'static str, Self); 5] = [
        (",", Self::Comma),
        (";", Self::Semicolon),
        ("tab", Self::Tab),
        ("|", Self::Bar),
        (":", Self::Colon),
    ];

    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
            Self::Bar => b'|',
            Self::Colon => b':',
        }
    }
}

/// Adds a member; the values of a name that occurs several times are a list.
pub(super) fn add(into: &mut Map<String, Value>, name: String, value: Value) {
    match into.get_mut(&name) {
        None => {
            into.insert(name, value);
        }
        Some(Value::Array(list)) => list.push(value),
        Some(first) => {
            let earlier = first.take();
            *first = Value::Array(vec![earlier, value]);
        }
    }
}

/// Returns whether this is the type of a table.
pub(super) fn is_declared(kind: &str) -> bool {
    let kind = kind.split(';').next().unwrap_or_default().trim();
    matches!(
        kind,
        "text/csv"
            | "application/csv"
            | "text/x-csv"
            | "application/x-csv"
            | "text/comma-separated-values"
            | "text/tab-separated-values"
            | "application/vnd.ms-excel"
    )
}

/// Returns whether a text is a table without doubt: several lines, no form, and a heading with the
/// separator that is known, or else equally many values in all lines.
pub(super) fn is_table(text: &str, given: Option<Separator>) -> bool {
    let (announced, text) = announced(text);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let Some(heading) = lines.next() else {
        return false;
    };
    if heading.contains(['=', '&', '{', '<']) || lines.next().is_none() {
        return false;
    }
    match announced.or(given.map(Separator::byte)) {
        Some(known) => heading.contains(char::from(known)),
        None => separator(text).is_some(),
    }
}

/// Returns the separator that the first line announces, as Excel writes it: `sep=;`. And the text
/// behind it.
fn announced(text: &str) -> (Option<u8>, &str) {
    let text = text.trim_start_matches('\u{feff}');
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    match first.trim_end().strip_prefix("sep=").map(str::as_bytes) {
        Some([separator]) if is_separator(*separator) => (Some(*separator), rest),
        // `sep=` and a tab, which is trimmed
        Some([]) => (Some(b'\t'), rest),
        _ => (None, text),
    }
}

fn is_separator(byte: u8) -> bool {
    let mut all = Separator::WORDS.iter();
    all.any(|(_, separator)| separator.byte() == byte)
}

/// Returns the separator with which the first rows have equally many values, more than one.
fn separator(text: &str) -> Option<u8> {
    let head: String = text.split_inclusive('\n').take(LOOKED_AT).collect();
    let widths = |separator: u8| {
        let mut rows = reader(separator, head.as_bytes());
        let mut rows: Vec<usize> = rows.byte_records().flatten().map(|row| row.len()).collect();
        // the last one may be cut off
        if rows.len() > LOOKED_AT {
            rows.pop();
        }
        rows
    };
    let fitting = SEPARATORS.into_iter().filter_map(|separator| {
        let widths = widths(separator);
        let width = *widths.first()?;
        let is_even = width > 1 && widths.iter().all(|other| *other == width);
        is_even.then_some((width, separator))
    });
    fitting
        .max_by_key(|(width, _)| *width)
        .map(|(_, separator)| separator)
}

/// Returns the separator that occurs most often in the heading.
fn of_heading(text: &str) -> u8 {
    let heading = text.lines().find(|line| !line.trim().is_empty());
    let heading = heading.unwrap_or_default();
    let count = |separator: &u8| heading.matches(char::from(*separator)).count();
    let [comma, semicolon, tab] = SEPARATORS;
    if count(&tab) > 0 && count(&tab) >= count(&semicolon) {
        return tab;
    }
    if count(&semicolon) >= count(&comma) && count(&semicolon) > 0 {
        return semicolon;
    }
    comma
}

fn reader(separator: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .from_reader(bytes)
}

/// Reads a text. The separator that it announces counts, then the given one, then what its rows show.
pub(super) fn decode(
    text: &str,
    given: Option<Separator>,
    bounds: Bounds,
) -> Result<Value, TableMistake> {
    let (announced, text) = announced(text);
    let separator = announced
        .or(given.map(Separator::byte))
        .or_else(|| separator(text))
        .unwrap_or_else(|| of_heading(text));
    let whole = format!("{}\n{END}\n", text.trim_end_matches(['\r', '\n']));
    let mut rows = reader(separator, whole.as_bytes());
    let mut heading: Option<Vec<String>> = None;
    let (mut list, mut values, mut is_whole) = (Vec::new(), 0_usize, false);
    for row in rows.records().flatten() {
        if row.len() == 1 && row.get(0) == Some(END) {
            is_whole = true;
            break;
        }
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let Some(names) = &heading else {
            heading = Some(row.iter().map(|name| name.trim().to_owned()).collect());
            continue;
        };
        values = values.saturating_add(row.len() + 1);
        if values > bounds.values {
            return Err(TableMistake::TooMany(bounds.values));
        }
        list.push(object(names, &row));
    }
    if !is_whole {
        return Err(TableMistake::OpenQuote);
    }
    if list.is_empty() {
        return Err(TableMistake::NoRows);
    }
    Ok(Value::Array(list))
}

/// Returns a row as an object. A column without a name has its number.
fn object(names: &[String], row: &csv::StringRecord) -> Value {
    let mut object = Map::new();
    for (index, cell) in row.iter().enumerate() {
        let name = names.get(index).filter(|name| !name.is_empty());
        let name = name.cloned().unwrap_or_else(|| (index + 1).to_string());
        add(&mut object, name, Value::String(cell.trim().to_owned()));
    }
    Value::Object(object)
}

impl TableMistake {
    /// Returns whether the body itself is at fault, and not a limit that it exceeds.
    pub(super) fn is_malformed(&self) -> bool {
        match self {
            Self::OpenQuote => true,
            Self::NoRows | Self::TooMany(_) => false,
        }
    }

    /// Returns the wording for the sender.
    pub(super) fn to_text(&self, lang: Lang) -> String {
        let text = match self {
            Self::OpenQuote => bilingual!(
                "the CSV has a quote that is not closed",
                "в CSV не закрыта кавычка"
            ),
            Self::NoRows => bilingual!(
                "the CSV has a heading, but no rows",
                "в CSV есть заголовок, но нет строк"
            ),
            Self::TooMany(most) => bilingual!(
                "the CSV has more than {most} values",
                "в CSV больше {most} значений"
            ),
        };
        text.in_lang(lang).to_owned()
    }
}
