//! A compiled filter, and whether a record matches it.

use super::super::state::{
    record::{Channel, FieldValue, Record},
    table::Table,
};

/// The value that a condition compares.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) enum Subject {
    /// The record's id.
    Id,
    /// A field.
    Field(u16),
    /// The primary contact.
    PrimaryContact,
    /// Any bound contact.
    AnyContact,
    /// Values of phones or e-mails, of one sort or of all.
    Multi(Channel, Option<&'static str>),
}

/// The comparison of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Operator {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    /// Contains.
    Part,
    /// LIKE with the caller's own `%` and `_`.
    Like,
    /// Between the two values, both included.
    Range,
    /// Starts with; what the classic PHONE and EMAIL filters do.
    Start,
}

/// One value to compare with, already in the field's own terms.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) enum Operand {
    Number(i64),
    /// For fractional numbers.
    Real(f64),
    /// Folded to lower case.
    Text(String),
    /// Matches an empty field.
    Empty,
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) struct Test {
    pub(in crate::simulator) subject: Subject,
    pub(in crate::simulator) operator: Operator,
    pub(in crate::simulator) negated: bool,
    pub(in crate::simulator) operands: Vec<Operand>,
}

/// A filter.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) enum Filter {
    /// All of these; an empty list matches everything.
    All(Vec<Filter>),
    /// Any of these.
    Any(Vec<Filter>),
    /// One condition.
    Test(Test),
}

impl Filter {
    pub(in crate::simulator) fn passes(&self, record: &Record) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|it| it.passes(record)),
            Self::Any(parts) => parts.iter().any(|it| it.passes(record)),
            Self::Test(test) => test.passes(record),
        }
    }

    /// Returns how many places of a page a record takes: one for each of its contacts that the filter
    /// names, because the portal joins records with their contacts before it counts rows.
    pub(in crate::simulator) fn places(&self, record: &Record) -> usize {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                let places = parts.iter().map(|part| part.places(record));
                places.max().unwrap_or(1)
            }
            Self::Test(test) if test.subject == Subject::AnyContact && !test.negated => {
                let contacts = record.contacts.iter();
                let named = contacts.filter(|it| test.hits(number(it.id)));
                named.count().max(1)
            }
            Self::Test(_) => 1,
        }
    }

    /// Returns the candidates from an index, sorted by id, or `None` if no index applies.
    pub(in crate::simulator) fn candidates(&self, table: &Table) -> Option<Vec<u32>> {
        let Self::All(parts) = self else {
            return None;
        };
        parts
            .iter()
            .filter_map(|part| match part {
                Self::Test(test) => test.candidates(table),
                Self::All(_) => part.candidates(table),
                Self::Any(_) => None,
            })
            .min_by_key(Vec::len)
    }

    /// Returns the id above which all matches are, for paging by id.
    pub(in crate::simulator) fn floor(&self) -> u32 {
        let Self::All(parts) = self else {
            return 0;
        };
        parts
            .iter()
            .filter_map(|part| match part {
                Self::Test(test) if test.subject == Subject::Id && !test.negated => {
                    match (test.operator, test.operands.first()) {
                        (Operator::Greater, Some(Operand::Number(id))) => {
                            u32::try_from(id.saturating_add(1)).ok()
                        }
                        (Operator::GreaterOrEqual, Some(Operand::Number(id))) => {
                            u32::try_from(*id).ok()
                        }
                        _ => None,
                    }
                }
                _ => None,
            })
            .max()
            .unwrap_or(0)
    }
}

impl Test {
    fn passes(&self, record: &Record) -> bool {
        let hit = match &self.subject {
            Subject::Id => self.hits(Seen::Number(i64::from(record.id))),
            Subject::PrimaryContact => {
                self.hits(record.primary_contact().map_or(Seen::Nothing, number))
            }
            Subject::AnyContact => {
                any_or_nothing(record.contacts.iter().map(|it| number(it.id)), |it| {
                    self.hits(it)
                })
            }
            Subject::Multi(channel, sort) => any_or_nothing(
                record
                    .multi
                    .iter()
                    .filter(|it| {
                        it.channel == *channel && sort.is_none_or(|sort| *it.sort == *sort)
                    })
                    .map(|it| Seen::Text(&it.value)),
                |it| self.hits(it),
            ),
            Subject::Field(place) => match record.get(*place) {
                None => self.hits(Seen::Nothing),
                Some(FieldValue::Many(list)) => {
                    any_or_nothing(list.iter().map(Seen::of), |it| self.hits(it))
                }
                Some(value) => self.hits(Seen::of(value)),
            },
        };
        hit != self.negated
    }

    fn hits(&self, seen: Seen<'_>) -> bool {
        if self.operator == Operator::Range {
            let mut ends = self.operands.iter();
            return ends
                .next()
                .is_none_or(|low| seen.order(low).is_some_and(std::cmp::Ordering::is_ge))
                && ends
                    .next()
                    .is_none_or(|high| seen.order(high).is_some_and(std::cmp::Ordering::is_le));
        }
        self.operands.iter().any(|it| self.hit(seen, it))
    }

    fn hit(&self, seen: Seen<'_>, operand: &Operand) -> bool {
        match self.operator {
            Operator::Equal | Operator::Range => seen.equals(operand),
            Operator::Greater => seen.order(operand).is_some_and(std::cmp::Ordering::is_gt),
            Operator::GreaterOrEqual => seen.order(operand).is_some_and(std::cmp::Ordering::is_ge),
            Operator::Less => seen.order(operand).is_some_and(std::cmp::Ordering::is_lt),
            Operator::LessOrEqual => seen.order(operand).is_some_and(std::cmp::Ordering::is_le),
            Operator::Part => seen.text().contains(&*operand.text()),
            Operator::Like => like(&seen.text(), &operand.text()),
            Operator::Start => seen.text().starts_with(&*operand.text()),
        }
    }

    fn candidates(&self, table: &Table) -> Option<Vec<u32>> {
        if self.negated || self.operator != Operator::Equal {
            return None;
        }
        let mut found = Vec::new();
        for operand in &self.operands {
            match (&self.subject, operand) {
                (Subject::Id, Operand::Number(id)) => found.extend(u32::try_from(*id).ok()),
                (Subject::PrimaryContact | Subject::AnyContact, Operand::Number(id)) => {
                    let contact = u32::try_from(*id).ok().filter(|id| *id > 0)?;
                    found.extend_from_slice(table.of_contact(contact));
                }
                (Subject::Field(place), Operand::Text(text)) => {
                    found.extend_from_slice(table.with_key(*place, text)?);
                }
                _ => return None,
            }
        }
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

fn number(id: u32) -> Seen<'static> {
    Seen::Number(i64::from(id))
}

fn any_or_nothing<'a>(
    seen: impl Iterator<Item = Seen<'a>>,
    mut hits: impl FnMut(Seen<'a>) -> bool,
) -> bool {
    let mut empty = true;
    for it in seen {
        empty = false;
        if hits(it) {
            return true;
        }
    }
    empty && hits(Seen::Nothing)
}

/// A record's value, prepared for a comparison.
#[derive(Debug, Clone, Copy)]
enum Seen<'a> {
    Nothing,
    Number(i64),
    Real(f64),
    Text(&'a str),
}

impl<'a> Seen<'a> {
    fn of(value: &'a FieldValue) -> Self {
        match value {
            FieldValue::Int(number) => Self::Number(*number),
            FieldValue::Real(number) => Self::Real(*number),
            FieldValue::Text(text) => Self::Text(text),
            FieldValue::Many(_) => Self::Nothing,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Number(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text.to_lowercase(),
        }
    }

    fn equals(self, operand: &Operand) -> bool {
        match (self, operand) {
            (Self::Nothing, Operand::Empty | Operand::Number(0)) => true,
            (Self::Text(text), Operand::Empty) => text.is_empty(),
            (Self::Number(number), Operand::Number(it)) => number == *it,
            // the column has as many digits as a double
            (Self::Real(number), Operand::Real(it)) => {
                (number - it).abs() <= f64::EPSILON * number.abs()
            }
            // The database folds case before it compares.
            (Self::Text(text), Operand::Text(it)) => same_folded(text, it),
            (Self::Nothing, _) | (_, Operand::Empty) => false,
            (seen, operand) => seen.text() == operand.text(),
        }
    }

    fn order(self, operand: &Operand) -> Option<std::cmp::Ordering> {
        match (self, operand) {
            (Self::Nothing, _) => None,
            (Self::Number(number), Operand::Number(it)) => Some(number.cmp(it)),
            (Self::Real(number), Operand::Real(it)) => number.partial_cmp(it),
            (seen, operand) => Some(seen.text().cmp(&operand.text())),
        }
    }
}

impl Operand {
    fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Empty => String::new(),
        }
    }
}

fn same_folded(text: &str, folded: &str) -> bool {
    text.chars().flat_map(char::to_lowercase).eq(folded.chars())
}

/// SQL's LIKE over folded texts: `%` is any run, `_` any one letter.
pub(in crate::simulator) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reachable = vec![false; text.len() + 1];
    if let Some(start) = reachable.first_mut() {
        *start = true;
    }
    for wanted in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = reachable.get(at).copied().unwrap_or(false);
            let before = at
                .checked_sub(1)
                .filter(|before| reachable.get(*before).copied().unwrap_or(false))
                .and_then(|before| text.get(before));
            any |= here;
            *slot = match wanted {
                '%' => any,
                '_' => before.is_some(),
                letter => before == Some(&letter),
            };
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn like_supports_both_wildcards() {
        assert!(like("ivanova@hse.example", "ivan%"));
        assert!(like("axb@x", "a_b@x"));
        assert!(like("anything", "%thing%"));
        assert!(!like("anything", "thing"));
        assert!(like("", "%"));
        assert!(!like("", "_"));
    }
}
