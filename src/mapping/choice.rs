//! Values that depend on another one: which row of a `map` applies to a submission.

use std::collections::HashMap;
use std::sync::Arc;

use super::normalise::truth;
use super::profile::{FieldRule, Profile};
use super::template::{Rendered, Template, Values};
use crate::authoring::raw::choice::RawChooser;
use crate::domain::text::lower;
use crate::domain::{MappingExplanation, NoRow, Note, Responsible};

/// Selects a row.
#[derive(Debug)]
pub(crate) struct Chooser {
    by: Template,
    /// The keys as written.
    keys: Vec<String>,
    /// The number of the row by its folded key.
    rows: HashMap<String, usize>,
    /// The row for yes.
    yes: Option<usize>,
    /// The row for no.
    no: Option<usize>,
    has_default: bool,
}

/// A value, or a choice of values.
#[derive(Debug)]
pub(crate) enum Choice<T> {
    Always(T),
    By {
        chooser: Box<Chooser>,
        rows: Vec<T>,
        default: Option<T>,
    },
}

/// A row of a choice of CRM field values.
#[derive(Debug, Clone)]
pub(crate) struct FieldRow {
    pub(crate) chooser: Arc<Chooser>,
    /// Its number; `None` for `default`.
    pub(crate) number: Option<usize>,
}

/// The row for a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// A row of `map`.
    Of(usize),
    /// None: `default` applies, if there is one.
    Default(NoRow),
}

impl Row {
    /// Returns its number; `None` for the default.
    pub(crate) fn number(self) -> Option<usize> {
        match self {
            Self::Of(number) => Some(number),
            Self::Default(_) => None,
        }
    }
}

impl Chooser {
    /// Creates the one that is written like this; `by` is compiled.
    pub(crate) fn new(by: Template, written: &RawChooser) -> Self {
        let keys: Vec<String> = written.keys.iter().map(|key| key.value.clone()).collect();
        let mut rows = HashMap::with_capacity(keys.len());
        let (mut yes, mut no) = (None, None);
        for (number, key) in keys.iter().enumerate() {
            rows.entry(folded(key)).or_insert(number);
            match truth(key) {
                Some(true) => yes = yes.or(Some(number)),
                Some(false) => no = no.or(Some(number)),
                None => {}
            }
        }
        Self {
            by,
            keys,
            rows,
            yes,
            no,
            has_default: written.has_default,
        }
    }

    /// Returns the row; `None` if the template cannot be computed. Of a list, the first value that
    /// has a row decides.
    pub(crate) fn row(&self, values: &Values<'_>) -> Option<Row> {
        let text = match self.by.render(values) {
            Rendered::Text(text) => text,
            Rendered::NoValue => String::new(),
            Rendered::Failed => return None,
        };
        if text.is_empty() {
            return Some(Row::Default(NoRow::NoValue));
        }
        let of = |text: &str| self.rows.get(&folded(text)).copied();
        let of_items = || self.by.items(values)?.iter().find_map(|item| of(item));
        let of_truth = || {
            let reading = values.readings.get(self.by.only_field()?)?;
            if reading.truth? { self.yes } else { self.no }
        };
        let number = of(&text).or_else(of_items).or_else(of_truth);
        Some(number.map_or(Row::Default(NoRow::Unlisted), Row::Of))
    }

    /// Returns why the row applies.
    fn because(&self, row: Row) -> MappingExplanation {
        let by = self.by.rule().to_owned();
        match row {
            Row::Of(number) => MappingExplanation::Chose {
                by,
                row: self.keys.get(number).cloned().unwrap_or_default(),
            },
            Row::Default(why) if self.has_default => MappingExplanation::ChoseDefault { by, why },
            Row::Default(why) => MappingExplanation::ChoseNothing { by, why },
        }
    }
}

impl<T> Choice<T> {
    /// Returns every possible value.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        let (rows, last) = match self {
            Self::Always(value) => (&[][..], Some(value)),
            Self::By { rows, default, .. } => (rows.as_slice(), default.as_ref()),
        };
        rows.iter().chain(last)
    }
}

impl<T: Clone> Choice<T> {
    /// Returns the value of this block's key, and notes which row it is. The error is what could not
    /// be computed.
    pub(crate) fn value(
        &self,
        (block, key): (&str, &str),
        values: &Values<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<Option<T>, String> {
        let (chooser, rows, default) = match self {
            Self::Always(value) => return Ok(Some(value.clone())),
            Self::By {
                chooser,
                rows,
                default,
            } => (chooser, rows, default),
        };
        let about = format!("{block}.{key}");
        let Some(row) = chooser.row(values) else {
            return Err(about);
        };
        let what = chooser.because(row);
        notes.push(Note { about, what });
        let value = row.number().and_then(|number| rows.get(number));
        Ok(value.or(default.as_ref()).cloned())
    }
}

/// Decides which rules of a block apply. The rules of one choice stand beside each other, so each
/// choice is made once.
#[derive(Default)]
pub(crate) struct FieldChoices {
    last: Option<(Arc<Chooser>, Option<Row>)>,
}

impl FieldChoices {
    /// Returns whether a rule applies, and notes which row of its choice does. The error is what
    /// could not be computed.
    pub(crate) fn applies(
        &mut self,
        block: &str,
        rule: &FieldRule,
        values: &Values<'_>,
        notes: &mut Vec<Note>,
    ) -> Result<bool, String> {
        let Some(own) = &rule.row else {
            return Ok(true);
        };
        let about = || format!("{block}.fields.{}", rule.name);
        let known = self.last.as_ref();
        let known = known.filter(|(chooser, _)| Arc::ptr_eq(chooser, &own.chooser));
        let row = if let Some((_, row)) = known {
            *row
        } else {
            let row = own.chooser.row(values);
            self.last = Some((Arc::clone(&own.chooser), row));
            notes.extend(row.map(|row| Note {
                about: about(),
                what: own.chooser.because(row),
            }));
            row
        };
        row.map(|row| row.number() == own.number).ok_or_else(about)
    }
}

/// Returns the key of the row that names employees who take turns.
pub(crate) fn turns_of(profile: &Profile, values: &Values<'_>) -> Option<String> {
    let record = profile.record.as_ref();
    let record = record.and_then(|rules| rules.responsible.as_ref());
    let contact = profile.contact.as_ref();
    let contact = contact.and_then(|rules| rules.responsible.as_ref());
    let company = profile.company.as_ref();
    let company = company.and_then(|rules| rules.responsible.as_ref());
    let mut choices = [record, contact, company].into_iter().flatten();
    choices.find_map(|choice| {
        let Choice::By { chooser, rows, .. } = choice else {
            return None;
        };
        let number = chooser.row(values)?.number()?;
        let has_turns = rows.get(number).is_some_and(Responsible::has_turns);
        has_turns.then(|| chooser.keys.get(number).cloned())?
    })
}

/// Returns a value as it is compared: without regard to case, outer and repeated spaces, ё and е,
/// kinds of dashes, and the way in which a number is written.
pub(crate) fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let small: String = lower(&words.join(" "))
        .chars()
        .map(|letter| match letter {
            'ё' => 'е',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            letter => letter,
        })
        .collect();
    number(&small).unwrap_or(small)
}

/// Returns a number without what does not change it: `2.0` and `2,0` are `2`. A text with a leading
/// zero is a code.
fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let sign = if digits.len() < text.len() { "-" } else { "" };
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, "0"));
    let is_number = |digits: &str| {
        let is_digit = |letter: u8| letter.is_ascii_digit();
        !digits.is_empty() && digits.bytes().all(is_digit)
    };
    let is_code = whole.len() > 1 && whole.starts_with('0');
    if !is_number(whole) || !is_number(part) || is_code {
        return None;
    }
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_as_people_read_them() {
        for (one, other) in [
            ("Москва", " москва "),
            ("Орёл", "ОРЕЛ"),
            ("Нижний  Новгород", "нижний\u{a0}новгород"),
            ("Санкт–Петербург", "санкт-петербург"),
            ("2", "2.0"),
            ("2,50", "2.5"),
            ("-3", "\u{2212}3.00"),
            ("0", "0.0"),
        ] {
            assert_eq!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [
            ("007", "7"),
            ("1.2.0", "1.2"),
            ("2", "20"),
            ("1.", "1"),
            ("Москва", "Москва 2"),
        ] {
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
    }
}
