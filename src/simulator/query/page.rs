//! Pages of fifty: which records of a table a list shows.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    super::{
        php,
        state::{
            record::{FieldValue, Record},
            table::Table,
        },
    },
    compile::OrderBy,
    filter::{Filter, Subject},
};

/// Rows per page.
pub(in crate::simulator) const PAGE: usize = 50;

/// Where a list begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Start {
    /// At this row, with a total.
    Row(usize),
    /// `start=-1`: the first page, without a total.
    Uncounted,
}

impl Start {
    /// Reads `start`; the server rounds down to whole pages.
    pub(in crate::simulator) fn of(params: &Value) -> Self {
        let start = php::member(params, "start").map_or(0, php::intval);
        if start < 0 {
            return Self::Uncounted;
        }
        let row = usize::try_from(start).unwrap_or(0);
        Self::Row(row / PAGE * PAGE)
    }

    /// Returns `total` and `next` for a list of `count` rows.
    pub(in crate::simulator) fn paging(self, total: usize) -> (Option<u64>, Option<u64>) {
        match self {
            Self::Uncounted => (None, None),
            Self::Row(row) => {
                let next = row + PAGE;
                (Some(total as u64), (next < total).then_some(next as u64))
            }
        }
    }

    /// Returns this page of a list.
    pub(in crate::simulator) fn cut<T>(self, list: Vec<T>) -> Vec<T> {
        let skip = match self {
            Self::Row(row) => row,
            Self::Uncounted => 0,
        };
        list.into_iter().skip(skip).take(PAGE).collect()
    }
}

/// One page of records, and the total.
pub(in crate::simulator) struct Page<'a> {
    pub(in crate::simulator) rows: Vec<&'a Record>,
    pub(in crate::simulator) total: Option<u64>,
    pub(in crate::simulator) next: Option<u64>,
}

/// Finds the records of a page.
pub(in crate::simulator) fn find<'a>(
    table: &'a Table,
    filter: &Filter,
    order: &[OrderBy],
    start: Start,
) -> Page<'a> {
    let by_id = order
        .first()
        .is_none_or(|it| it.subject == Subject::Id && !it.descending);
    if by_id && start == Start::Uncounted {
        // Paging by id, the recommended way, reads one page, not the table.
        return Page {
            rows: fill(matching(table, filter), filter),
            total: None,
            next: None,
        };
    }
    let mut rows: Vec<&Record> = matching(table, filter).collect();
    if !by_id {
        rows.sort_by(|left, right| compare(left, right, order));
    }
    let (total, next) = start.paging(rows.len());
    let rows = match start {
        Start::Uncounted => fill(rows.into_iter(), filter),
        Start::Row(_) => start.cut(rows),
    };
    Page { rows, total, next }
}

/// Takes records until a page is full.
fn fill<'t>(records: impl Iterator<Item = &'t Record>, filter: &Filter) -> Vec<&'t Record> {
    let mut taken = 0;
    let has_room = |record: &&'t Record| {
        let is_first_beyond = taken >= PAGE;
        taken += filter.places(record);
        !is_first_beyond
    };
    records.take_while(has_room).collect()
}

fn matching<'t: 'f, 'f>(
    table: &'t Table,
    filter: &'f Filter,
) -> Box<dyn Iterator<Item = &'t Record> + 'f> {
    let passes = |record: &&'t Record| filter.passes(record);
    match filter.candidates(table) {
        Some(ids) => Box::new(
            ids.into_iter()
                .filter_map(|id| table.rows.get(&id))
                .filter(passes),
        ),
        None => Box::new(
            table
                .rows
                .range(filter.floor()..)
                .map(|(_, record)| record)
                .filter(passes),
        ),
    }
}

fn compare(left: &Record, right: &Record, order: &[OrderBy]) -> Ordering {
    for step in order {
        let ordering = key(left, &step.subject).compare(&key(right, &step.subject));
        let ordering = if step.descending {
            ordering.reverse()
        } else {
            ordering
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    left.id.cmp(&right.id)
}

/// Returns the sort key of a record; empty fields come first.
enum SortKey<'a> {
    Nothing,
    Number(i64),
    Real(f64),
    Text(&'a str),
}

fn key<'a>(record: &'a Record, subject: &Subject) -> SortKey<'a> {
    match subject {
        Subject::Id => SortKey::Number(i64::from(record.id)),
        Subject::PrimaryContact | Subject::AnyContact => record
            .primary_contact()
            .map_or(SortKey::Nothing, |it| SortKey::Number(i64::from(it))),
        Subject::Multi(..) => SortKey::Nothing,
        Subject::Field(place) => match record.get(*place) {
            None | Some(FieldValue::Many(_)) => SortKey::Nothing,
            Some(FieldValue::Int(number)) => SortKey::Number(*number),
            Some(FieldValue::Real(number)) => SortKey::Real(*number),
            Some(FieldValue::Text(text)) => SortKey::Text(text),
        },
    }
}

impl SortKey<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Real(left), Self::Real(right)) => left.total_cmp(right),
            (Self::Text(left), Self::Text(right)) => left.to_lowercase().cmp(&right.to_lowercase()),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Number(_) => 1,
            Self::Real(_) => 2,
            Self::Text(_) => 3,
        }
    }
}
