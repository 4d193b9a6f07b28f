//! A chart of columns, drawn by the server, with a table that says the same.

use maud::{Markup, html};

use crate::console::visit::Visit;
use crate::domain::State;

/// Size of the picture in its own units.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 122;
/// Names below the columns at most.
const NAMES: usize = 12;

/// What states have in common, in the order of a column from below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Delivered,
    UnderWay,
    NeedsSomebody,
    NotTaken,
}

impl Outcome {
    pub(super) const ALL: [Self; 4] = [
        Self::Delivered,
        Self::UnderWay,
        Self::NeedsSomebody,
        Self::NotTaken,
    ];

    pub(super) fn of(state: State) -> Self {
        match state {
            State::Delivered => Self::Delivered,
            State::Queued | State::Leased | State::Waiting => Self::UnderWay,
            State::Parked | State::Captured => Self::NeedsSomebody,
            State::Rejected | State::Ignored => Self::NotTaken,
        }
    }

    fn name<'v>(self, visit: &'v Visit<'_>) -> &'v str {
        match self {
            Self::Delivered => visit.t("delivered", "доставлено"),
            Self::UnderWay => visit.t("under way", "в пути"),
            Self::NeedsSomebody => visit.t("waits for a person", "ждёт человека"),
            Self::NotTaken => visit.t("rejected or ignored", "отклонено и пропущено"),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::UnderWay => "under-way",
            Self::NeedsSomebody => "needs-somebody",
            Self::NotTaken => "not-taken",
        }
    }
}

/// One column: its name, and the submissions of each outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    counts: [u64; Outcome::ALL.len()],
}

impl Column {
    pub(super) fn named(name: String) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, state: State, count: u64) {
        let outcome = Outcome::of(state);
        let of_outcome = Outcome::ALL.iter().zip(&mut self.counts);
        for (_, number) in of_outcome.filter(|(one, _)| **one == outcome) {
            *number += count;
        }
    }

    fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the parts of the column from below, with the height of each and where it begins.
    fn parts(&self, largest: u64) -> Vec<(Outcome, u64, u64)> {
        let mut below = 0;
        let parts = Outcome::ALL.into_iter().zip(self.counts);
        parts
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| {
                let from = below * HEIGHT / largest.max(1);
                below += count;
                let to = below * HEIGHT / largest.max(1);
                // what is there is seen
                let height = (to - from).max(1);
                (outcome, height, HEIGHT.saturating_sub(from + height))
            })
            .collect()
    }
}

/// Draws a chart with this heading.
pub(super) fn draw(visit: &Visit<'_>, heading: &str, columns: &[Column]) -> Markup {
    let largest = columns.iter().map(Column::total).max().unwrap_or(0);
    let total: u64 = columns.iter().map(Column::total).sum();
    let count = u64::try_from(columns.len()).unwrap_or(1).max(1);
    let wide = WIDTH / count;
    let every = columns.len().div_ceil(NAMES).max(1);
    html! {
        section.card {
            h2 { (heading) }
            @if total == 0 {
                p.hint { (visit.t("Nothing came in this time.", "За это время ничего не пришло.")) }
            } @else {
                (legend(visit, largest))
                svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(heading) {
                    @for (x, column) in (0..).step_by(usize::try_from(wide).unwrap_or(1)).zip(columns) {
                        g {
                            title { (column.name) ": " (column.total()) }
                            @for (outcome, height, y) in column.parts(largest) {
                                rect class=(outcome.class()) x=(x) y=(y) width=(wide.saturating_sub(2).max(1)) height=(height) {}
                            }
                        }
                    }
                }
                // text of the page: it does not grow and shrink with the picture
                div.chart-names aria-hidden="true" {
                    @for column in columns.iter().step_by(every) { span { (column.name) } }
                }
                (table(visit, columns))
            }
        }
    }
}

fn legend(visit: &Visit<'_>, largest: u64) -> Markup {
    html! {
        p.legend { @for outcome in Outcome::ALL {
            span { svg viewBox="0 0 10 10" aria-hidden="true" {
                rect class=(outcome.class()) width="10" height="10" {}
            } (outcome.name(visit)) }
        }
        span { (visit.t("the highest column: ", "самый высокий столбец: ")) (largest) }
        span { (visit.t("times: ", "время: ")) (visit.zone_name()) } }
    }
}

fn table(visit: &Visit<'_>, columns: &[Column]) -> Markup {
    html! {
        details {
            summary { (visit.t("As a table", "Таблицей")) }
            div.table { table {
                thead { tr {
                    th { (visit.t("Time", "Время")) }
                    @for outcome in Outcome::ALL { th.number { (outcome.name(visit)) } }
                } }
                tbody { @for column in columns.iter().filter(|column| column.total() > 0) {
                    tr { th scope="row" { (column.name) } @for count in column.counts { td.number { (count) } } }
                } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_its_part_of_a_column() {
        let mut column = Column::named("12".to_owned());
        for state in State::ALL {
            column.add(state, 1);
        }
        assert_eq!(column.counts, [1, 3, 2, 2]);
        let parts = column.parts(8);
        let heights: u64 = parts.iter().map(|(_, height, _)| height).sum();
        assert!(heights <= HEIGHT, "{parts:?}");
        // one above the other, without gaps
        for pair in parts.windows(2) {
            let ((_, _, below), (_, height, above)) = (pair[0], pair[1]);
            assert_eq!(above + height, below);
        }
    }

    #[test]
    fn a_small_number_beside_a_large_one_is_seen() {
        let mut column = Column::default();
        column.add(State::Parked, 1);
        let parts = column.parts(1_000_000);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].1, 1);
    }
}
