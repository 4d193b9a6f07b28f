//! A mistake in a line, and the line as it should be.

use super::line::Line;
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problem, Severity, SourceText, TextPlace};
use crate::domain::{Bilingual, bilingual};

/// A longer corrected line is described instead of shown, in characters.
const LONGEST: usize = 160;

/// A mistake in one line.
#[derive(Debug)]
pub(super) struct Finding(Box<Parts>);

#[derive(Debug)]
struct Parts {
    line: usize,
    /// In characters, from 0.
    column: usize,
    length: usize,
    code: Code,
    message: Bilingual,
    advice: Bilingual,
}

impl Finding {
    /// Creates a finding about a range of bytes of a line.
    pub(super) fn new(
        line: &Line<'_>,
        range: std::ops::Range<usize>,
        code: Code,
        message: Bilingual,
        advice: Bilingual,
    ) -> Self {
        let chars = |range: std::ops::Range<usize>| {
            line.text.get(range).map_or(0, |text| text.chars().count())
        };
        Self(Box::new(Parts {
            line: line.number,
            column: chars(0..range.start),
            length: chars(range),
            code,
            message,
            advice,
        }))
    }

    /// Creates a finding about a value that needs quotes.
    pub(super) fn unquoted(line: &Line<'_>, message: Bilingual, value: &str) -> Self {
        let advice = write(&line.with_value(&quoted(value)));
        Self::new(
            line,
            line.value_range(),
            Code::Unquoted,
            message,
            advice.unwrap_or_else(in_quotes),
        )
    }

    pub(super) fn problem(self, source: &SourceText) -> Problem {
        let parts = *self.0;
        let start = TextPlace {
            line: u32::try_from(parts.line).unwrap_or(1),
            ..TextPlace::start_of(source)
        };
        let place = start.part(parts.column, parts.length);
        place.problem(Severity::Error, parts.code, parts.message, parts.advice)
    }
}

/// Advice that shows the corrected line, unless it is very long.
pub(super) fn write(line: &str) -> Option<Bilingual> {
    let line = line.trim();
    (line.chars().count() <= LONGEST).then(|| bilingual!("write `{line}`", "напишите `{line}`"))
}

/// Advice without the line.
pub(super) fn in_quotes() -> Bilingual {
    bilingual!(
        "put the whole value into straight quotes",
        "возьмите значение целиком в прямые кавычки"
    )
}

/// Puts a text into quotes: double ones, unless it has some.
pub(super) fn quoted(text: &str) -> String {
    if text.contains(['"', '\\']) {
        let doubled = text.replace('\'', "''");
        return format!("'{doubled}'");
    }
    format!("\"{text}\"")
}
