//! `when`: whether a block or a field applies to a submission, by its packet and by the profile's
//! own fields.

use super::normalise::{money, truth};
use super::packet::Packet;
use super::path::When;
use super::reading::FieldReading;
use super::template::Values;
use crate::domain::text;

/// Tests that must all hold; none always hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Condition {
    tests: Vec<ConditionTest>,
}

/// One test.
#[derive(Debug, Clone)]
pub(crate) enum ConditionTest {
    Packet(When),
    /// The declared field with this number has one of these values.
    Field {
        index: usize,
        wanted: Vec<ExpectedValue>,
    },
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ExpectedValue {
    /// It has a value.
    Present,
    /// It has none.
    Absent,
    /// It is this text, in any case; for a list, any of its values is.
    Text(String),
    /// It is another text, or a list without this text.
    Not(String),
    /// It is a number that compares like this.
    Number(Side, f64),
}

/// The comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Less,
    AtMost,
    More,
    AtLeast,
}

impl Condition {
    pub(crate) fn new(tests: Vec<ConditionTest>) -> Self {
        Self { tests }
    }

    /// Returns what it tests.
    pub(crate) fn tests(&self) -> &[ConditionTest] {
        &self.tests
    }

    /// Returns whether it uses a fact of the request.
    pub(crate) fn asks_request(&self) -> bool {
        self.tests
            .iter()
            .any(|test| matches!(test, ConditionTest::Packet(when) if when.asks_request()))
    }

    /// Returns the numbers of the fields that it uses.
    pub(crate) fn fields(&self) -> impl Iterator<Item = usize> {
        self.tests.iter().filter_map(|test| match test {
            ConditionTest::Packet(_) => None,
            ConditionTest::Field { index, .. } => Some(*index),
        })
    }

    /// Returns whether all tests hold.
    pub(crate) fn holds(&self, packet: &Packet<'_>, values: &Values<'_>) -> bool {
        self.tests.iter().all(|test| match test {
            ConditionTest::Packet(when) => when.matches(packet),
            ConditionTest::Field { index, wanted } => {
                let reading = values.readings.get(*index);
                wanted
                    .iter()
                    .any(|wanted| reading.map_or_else(|| wanted.is(None), |it| wanted.fits(it)))
            }
        })
    }
}

impl ExpectedValue {
    /// Parses an unquoted value: `present`, `absent`, or anything that may also be quoted.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "present" => Some(Self::Present),
            "absent" => Some(Self::Absent),
            text => Self::parse_quoted(text),
        }
    }

    /// Parses `!= text`, `> 1000` or a text. Returns `None` if the number after a sign is missing.
    pub(crate) fn parse_quoted(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(other) = text.strip_prefix("!=") {
            return Some(Self::Not(lower(other)));
        }
        for (sign, side) in [
            ("<=", Side::AtMost),
            (">=", Side::AtLeast),
            ("<", Side::Less),
            (">", Side::More),
        ] {
            if let Some(number) = text.strip_prefix(sign) {
                return number_of(number).map(|number| Self::Number(side, number));
            }
        }
        let text = text.strip_prefix("==").unwrap_or(text);
        Some(Self::Text(lower(text)))
    }

    /// Returns whether a value matches. A list matches if any of its values does; yes and no match
    /// in any spelling.
    pub(crate) fn fits(&self, reading: &FieldReading) -> bool {
        let text = reading.text.as_deref().filter(|text| !text.is_empty());
        let is_among = |wanted: &str| match (reading.truth, truth(wanted)) {
            (Some(is), Some(wanted)) => is == wanted,
            _ => reading.items.iter().any(|item| lower(item) == wanted),
        };
        match self {
            Self::Text(wanted) => self.is(text) || is_among(wanted),
            Self::Not(other) => self.is(text) && !is_among(other),
            Self::Present | Self::Absent | Self::Number(..) => self.is(text),
        }
    }

    fn is(&self, text: Option<&str>) -> bool {
        match (self, text) {
            (Self::Present, text) => text.is_some(),
            (Self::Absent, text) => text.is_none(),
            (Self::Text(wanted), Some(text)) => *wanted == lower(text),
            (Self::Not(other), Some(text)) => *other != lower(text),
            (Self::Not(_), None) => true,
            (Self::Number(side, bound), Some(text)) => {
                number_of(text).is_some_and(|number| match side {
                    Side::Less => number < *bound,
                    Side::AtMost => number <= *bound,
                    Side::More => number > *bound,
                    Side::AtLeast => number >= *bound,
                })
            }
            (Self::Text(_) | Self::Number(..), None) => false,
        }
    }
}

fn lower(text: &str) -> String {
    text::lower(text.trim())
}

/// Parses a number as people write amounts: `3 500,50`.
fn number_of(text: &str) -> Option<f64> {
    let read = money(text)?;
    read.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(wanted: &str, text: Option<&str>) -> bool {
        ExpectedValue::parse(wanted).unwrap().is(text)
    }

    #[test]
    fn a_field_is_compared_as_people_read_it() {
        assert!(is("Регистрация", Some(" регистрация")));
        assert!(is("present", Some("x")) && !is("present", None));
        assert!(is("absent", None) && !is("absent", Some("x")));
        assert!(is("!= отказ", Some("да")) && !is("!= отказ", Some("Отказ")) && is("!= x", None));
        assert!(is("> 1000", Some("3 500,50 ₽")) && !is("> 1000", Some("1000")));
        assert!(is(">= 1000", Some("1000")) && is("<= 5", Some("4.5")) && !is("< 5", Some("5")));
        assert!(!is("> 1000", Some("много")) && !is("< 5", None));
        assert!(is("== 2", Some("2")));
        assert_eq!(
            ExpectedValue::parse_quoted("present"),
            Some(ExpectedValue::Text("present".to_owned()))
        );
        assert_eq!(ExpectedValue::parse("> много"), None);
    }
}
