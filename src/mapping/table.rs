//! Tables from values to texts: `map` in a profile, or a CSV file of two columns beside it. Texts
//! are compared exactly first, then without regard to case.

use std::collections::HashMap;
use std::sync::Arc;

use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, SourceText, TextPlace};
use crate::domain::bilingual;
use crate::domain::text::lower;

/// Maximum number of rows.
pub(crate) const MOST_ROWS: usize = 20_000;
/// A longer row is not shown as it should be, in characters.
const LONGEST_SHOWN: usize = 120;

/// A table, shared by all profiles that use it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dictionary(Arc<HashMap<String, String>>);

impl Dictionary {
    /// The first of two rows with the same key counts.
    pub(crate) fn of<'r>(rows: impl Iterator<Item = (&'r str, &'r str)>) -> Self {
        let rows: Vec<(&str, &str)> = rows.collect();
        let mut map = HashMap::with_capacity(rows.len());
        for (key, value) in &rows {
            map.entry((*key).to_owned())
                .or_insert_with(|| (*value).to_owned());
        }
        for (key, value) in &rows {
            map.entry(lower(key)).or_insert_with(|| (*value).to_owned());
        }
        Self(Arc::new(map))
    }

    /// Returns the text for a value.
    pub(crate) fn find(&self, value: &str) -> Option<&str> {
        let found = self.0.get(value);
        found
            .or_else(|| self.0.get(&lower(value)))
            .map(String::as_str)
    }
}

/// Parses a CSV file: two columns with a comma, semicolon or tab between them, quotes as in Excel,
/// no heading. Reports every mistake with its line.
pub(crate) fn read(source: &SourceText, problems: &mut Problems) -> Dictionary {
    let text = source.text();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let separator = separator(text);
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut first_line: HashMap<String, u32> = HashMap::new();
    let mut rest = Rows::new(text, separator);
    while let Some(row) = rest.next() {
        let place = at(source, row.line);
        if row.unclosed {
            let message = bilingual!("a quote is not closed", "кавычка не закрыта");
            let advice = bilingual!(
                "close it; to write a quote inside a text, double it",
                "закройте её; кавычку внутри текста удвойте"
            );
            problems.error(Code::BadTable, &place, message, advice);
            break;
        }
        let Ok([key, value]) = <[String; 2]>::try_from(row.cells) else {
            not_two_columns(text, separator, &place, problems);
            continue;
        };
        if let Some(line) = first_line.get(&lower(&key)) {
            let message = bilingual!(
                "`{key}` is already in line {line}",
                "`{key}` уже есть в строке {line}"
            );
            let advice = bilingual!("keep one of the rows", "оставьте одну из строк");
            problems.error(Code::BadTable, &place, message, advice);
            continue;
        }
        first_line.insert(lower(&key), row.line);
        rows.push((key, value));
        if rows.len() > MOST_ROWS {
            let message = bilingual!("more than {MOST_ROWS} rows", "больше {MOST_ROWS} строк");
            let advice = bilingual!("split the table", "разделите таблицу");
            problems.error(Code::TooLarge, &place, message, advice);
            break;
        }
    }
    if rows.is_empty() && !problems.has_errors() {
        let message = bilingual!("the table is empty", "таблица пуста");
        let advice = bilingual!(
            "write rows like `msk,Москва`",
            "впишите строки вида `msk,Москва`"
        );
        problems.error(Code::BadTable, &at(source, 1), message, advice);
    }
    Dictionary::of(
        rows.iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    )
}

/// Reports a row that has not two columns.
fn not_two_columns(text: &str, separator: char, place: &TextPlace, problems: &mut Problems) {
    let (message, advice) = match with_separator(line_of(text, place.line), separator) {
        Some(right) => (
            bilingual!(
                "the other rows have `{separator}` between value and text",
                "в остальных строках между значением и текстом стоит `{separator}`"
            ),
            bilingual!("write `{right}`", "напишите `{right}`"),
        ),
        None => (
            bilingual!(
                "a row must have two columns",
                "в строке должно быть два столбца"
            ),
            bilingual!(
                "write `value{separator}text`, in quotes where a text has a `{separator}` of its own",
                "пишите `значение{separator}текст`; текст с `{separator}` внутри берут в кавычки"
            ),
        ),
    };
    problems.error(Code::BadTable, place, message, advice);
}

fn at(source: &SourceText, line: u32) -> TextPlace {
    TextPlace {
        line,
        ..TextPlace::start_of(source)
    }
}

/// Returns the separator: the one that comes first in the first row, unless it is missing in other
/// rows and most rows have another one.
fn separator(text: &str) -> char {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let first = lines().find_map(first_separator).unwrap_or(',');
    // a text in quotes may go on in the next lines
    if text.contains('"') || lines().all(|line| line.contains(first)) {
        return first;
    }
    let count = |sign: char| {
        let found = lines().filter(|line| first_separator(line) == Some(sign));
        found.count()
    };
    let others = [',', ';', '\t'].into_iter().filter(|sign| *sign != first);
    let most = others.max_by_key(|sign| count(*sign));
    most.filter(|sign| count(*sign) > count(first))
        .unwrap_or(first)
}

/// Returns the first separator of a line outside of quotes.
fn first_separator(line: &str) -> Option<char> {
    let mut quoted = false;
    line.chars().find(|c| {
        quoted ^= *c == '"';
        !quoted && matches!(c, ',' | ';' | '\t')
    })
}

fn line_of(text: &str, line: u32) -> &str {
    let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    text.lines().nth(index).unwrap_or_default().trim()
}

/// Returns a row with the separator of the others in place of its own: `msk,Москва`, `msk Москва`.
fn with_separator(row: &str, separator: char) -> Option<String> {
    if row.contains(['"', separator]) || row.chars().count() > LONGEST_SHOWN {
        return None;
    }
    let joints = [
        ",", ";", "\t", "|", " = ", "=", " - ", " – ", " — ", "->", "→", ":", " ",
    ];
    let (key, value) = joints.iter().find_map(|joint| row.split_once(joint))?;
    let (key, value) = (key.trim(), value.trim());
    (!key.is_empty() && !value.is_empty()).then(|| format!("{key}{separator}{value}"))
}

struct Row {
    line: u32,
    cells: Vec<String>,
    unclosed: bool,
}

struct Rows<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
    separator: char,
    line: u32,
}

impl<'t> Rows<'t> {
    fn new(text: &'t str, separator: char) -> Self {
        Self {
            chars: text.chars().peekable(),
            separator,
            line: 1,
        }
    }

    /// Returns the next row that is not blank.
    fn next(&mut self) -> Option<Row> {
        loop {
            self.chars.peek()?;
            let line = self.line;
            let mut cells = Vec::new();
            let unclosed = loop {
                let (cell, end) = self.cell();
                cells.push(cell);
                match end {
                    End::Cell => {}
                    End::Row => break false,
                    End::Unclosed => break true,
                }
            };
            let is_blank = cells.iter().all(String::is_empty);
            if !is_blank || unclosed {
                return Some(Row {
                    line,
                    cells,
                    unclosed,
                });
            }
        }
    }

    fn cell(&mut self) -> (String, End) {
        let mut cell = String::new();
        let mut quoted = false;
        while let Some(c) = self.chars.next() {
            match c {
                '"' if quoted && self.chars.peek() == Some(&'"') => {
                    self.chars.next();
                    cell.push('"');
                }
                '"' if quoted => quoted = false,
                '"' if cell.trim().is_empty() => {
                    cell.clear();
                    quoted = true;
                }
                '\n' => {
                    self.line += 1;
                    if !quoted {
                        return (trimmed(&cell), End::Row);
                    }
                    cell.push('\n');
                }
                c if c == self.separator && !quoted => return (trimmed(&cell), End::Cell),
                c => cell.push(c),
            }
        }
        (
            trimmed(&cell),
            if quoted { End::Unclosed } else { End::Row },
        )
    }
}

fn trimmed(cell: &str) -> String {
    cell.trim().to_owned()
}

enum End {
    Cell,
    Row,
    Unclosed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authoring::{Paint, render};
    use crate::domain::Lang;

    fn rendered(text: &str) -> String {
        let mut problems = Problems::default();
        read(&SourceText::new("t.csv", text), &mut problems);
        render(&problems.into_sorted(), Paint::Plain, Lang::En)
    }

    #[test]
    fn only_the_rows_with_another_separator_are_reported() {
        for (text, wanted) in [
            (
                "msk,Москва\nspb;Питер\nkzn;Казань\n",
                &[(1, "`msk;Москва`")][..],
            ),
            ("msk;Москва\nspb,Питер\nkzn;Казань\n", &[(2, "`spb;Питер`")]),
            (
                "msk Москва и область\nspb;Питер\n",
                &[(1, "`msk;Москва и область`")],
            ),
            ("msk = Москва\nspb,Питер\n", &[(1, "`msk,Москва`")]),
            ("msk\nspb;Питер\n", &[(1, "пишите `значение;текст`")]),
            ("msk,Москва; центр\nspb,Питер\n", &[]),
        ] {
            let mut problems = Problems::default();
            super::read(&SourceText::new("t.csv", text), &mut problems);
            let found = problems.into_sorted();
            let lines: Vec<u32> = found.iter().map(|problem| problem.line).collect();
            let expected: Vec<u32> = wanted.iter().map(|(line, _)| *line).collect();
            assert_eq!(lines, expected, "{text}");
            for (problem, (_, advice)) in found.iter().zip(wanted) {
                let said = problem.advice.in_lang(crate::domain::Lang::Ru);
                assert!(said.contains(advice), "{text}: {said}");
            }
        }
    }

    #[test]
    fn tables_are_read_as_spreadsheets_write_them() {
        for text in [
            "msk,Москва\nspb,\"Санкт-Петербург, город\"\n",
            "\u{feff}msk;Москва\r\n\r\nspb;\"Санкт-Петербург, город\"\r\n",
            "\"msk\"\tМосква\n spb \tСанкт-Петербург, город",
        ] {
            let mut problems = Problems::default();
            let table = read(&SourceText::new("t.csv", text), &mut problems);
            assert!(!problems.has_errors(), "{text}");
            assert_eq!(table.find("MSK"), Some("Москва"));
            assert_eq!(table.find("spb"), Some("Санкт-Петербург, город"));
            assert_eq!(table.find("ekb"), None);
        }
        let mut problems = Problems::default();
        let table = read(
            &SourceText::new("t.csv", "q,\"say \"\"hi\"\"\nthere\"\nx,"),
            &mut problems,
        );
        assert_eq!(table.find("q"), Some("say \"hi\"\nthere"));
        assert_eq!(table.find("x"), Some(""));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        insta::assert_snapshot!(rendered("a,1\nb\nc,2,3\nA,4\n\"d,5\n"), @r#"
        t.csv:2:1 error: profile/bad-table a row must have two columns
         2 | b
           | ^
          help: write `value,text`, in quotes where a text has a `,` of its own

        t.csv:3:1 error: profile/bad-table a row must have two columns
         3 | c,2,3
           | ^
          help: write `value,text`, in quotes where a text has a `,` of its own

        t.csv:4:1 error: profile/bad-table `A` is already in line 1
         4 | A,4
           | ^
          help: keep one of the rows

        t.csv:5:1 error: profile/bad-table a quote is not closed
         5 | "d,5
           | ^
          help: close it; to write a quote inside a text, double it
        "#);
        insta::assert_snapshot!(rendered(" \n"), @r#"
        t.csv:1:1 error: profile/bad-table the table is empty
          help: write rows like `msk,Москва`
        "#);
    }
}
