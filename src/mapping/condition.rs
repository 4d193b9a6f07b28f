//! `when`: whether a block or a field applies to a submission, by its packet and by the profile's
//! own fields.

use super::normalise::{date, money, truth};
use super::packet::Packet;
use super::path::When;
use super::reading::FieldReading;
use super::template::{Values, default_zone};
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
    /// It is a day that compares like this, written as `2026-12-31`.
    Day(Side, String),
}

/// Signs, the longer ones first, as spreadsheets, other languages and people write them.
const UNEQUAL: &[&str] = &["!==", "!=", "<>"];
const EQUAL: &[&str] = &["===", "=="];
const SIDES: &[(&str, Side)] = &[
    ("<=", Side::AtMost),
    ("=<", Side::AtMost),
    (">=", Side::AtLeast),
    ("=>", Side::AtLeast),
    ("<", Side::Less),
    (">", Side::More),
];

/// The comparison of two numbers or days.
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

    /// Returns whether it tests what is read from amoCRM.
    pub(crate) fn reads_amocrm(&self) -> bool {
        self.tests
            .iter()
            .any(|test| matches!(test, ConditionTest::Packet(when) if when.reads_amocrm()))
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

    /// Parses `!= text`, `> 1000`, `> 31.12.2026` or a text. No text is no value. Returns `None` if
    /// the number behind a sign is missing.
    pub(crate) fn parse_quoted(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::Absent);
        }
        if let Some(other) = UNEQUAL.iter().find_map(|sign| text.strip_prefix(sign)) {
            let other = lower(unquoted(other));
            return Some(if other.is_empty() {
                Self::Present
            } else {
                Self::Not(other)
            });
        }
        for (sign, side) in SIDES {
            if let Some(bound) = text.strip_prefix(sign) {
                return number_of(bound)
                    .map(|number| Self::Number(*side, number))
                    .or_else(|| day_of(bound).map(|day| Self::Day(*side, day)));
            }
        }
        let other = EQUAL.iter().find_map(|sign| text.strip_prefix(sign));
        Some(Self::Text(lower(other.map_or(text, unquoted))))
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
            Self::Present | Self::Absent | Self::Number(..) | Self::Day(..) => self.is(text),
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
                number_of(text).is_some_and(|number| side.holds(&number, bound))
            }
            (Self::Day(side, bound), Some(text)) => {
                day_of(text).is_some_and(|day| side.holds(&day, bound))
            }
            (Self::Text(_) | Self::Number(..) | Self::Day(..), None) => false,
        }
    }
}

impl Side {
    fn holds<T: PartialOrd>(self, value: &T, bound: &T) -> bool {
        match self {
            Self::Less => value < bound,
            Self::AtMost => value <= bound,
            Self::More => value > bound,
            Self::AtLeast => value >= bound,
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

/// Parses a day as people write it. Days in this spelling compare as texts.
fn day_of(text: &str) -> Option<String> {
    let (moment, _) = date::read(unquoted(text), &default_zone())?;
    Some(moment.date().to_string())
}

/// A text behind a sign needs no quotes, but may have them: `!= ''`.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('\'').or_else(|| inside('"')).unwrap_or(text)
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

    #[test]
    fn signs_of_other_languages_are_understood() {
        for (wanted, value, holds) in [
            ("=> 1000", Some("1000"), true),
            ("=< 1000", Some("1001"), false),
            ("≥ 5 лет", Some("≥ 5 лет"), true),
            ("<> другое", Some("Другое"), false),
            ("<> другое", Some("да"), true),
            ("!== 'другое'", Some("другое"), false),
            ("=== да", Some("Да"), true),
            ("", None, true),
            ("", Some("x"), false),
            ("<>", Some("x"), true),
            ("!= ''", None, false),
            ("!=", Some("x"), true),
            ("> 01.12.2026", Some("2026-12-02"), true),
            ("> 01.12.2026", Some("2026-12-01"), false),
            (">= 2026-12-01", Some("1.12.2026"), true),
            ("< 01.12.2026", Some("2026-02-28T10:00:00+03:00"), true),
            ("< 01.12.2026", Some("скоро"), false),
            ("< 01.12.2026", None, false),
        ] {
            assert_eq!(is(wanted, value), holds, "{wanted} {value:?}");
        }
    }
}
