//! What came in the last day by hours, and in the last weeks by days, with the outcomes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use maud::Markup;

use super::chart::{self, Column};
use crate::console::reply::Trouble;
use crate::console::visit::Visit;

/// Hours of the first chart.
const HOURS: i64 = 24;
/// Days of the second chart.
const DAYS: i32 = 14;
/// Seconds of an hour.
const HOUR: i64 = 3600;

/// Draws the last day by hours.
pub(super) async fn hours(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let this = visit.now.as_second().div_euclid(HOUR);
    let mut columns: BTreeMap<i64, Column> = (this - HOURS + 1..=this)
        .filter_map(|hour| {
            let at = Timestamp::from_second(hour * HOUR).ok()?;
            let local = at.to_zoned(visit.zone().clone());
            Some((hour, Column::named(local.strftime("%H:%M").to_string())))
        })
        .collect();
    let since = Timestamp::from_second((this - HOURS + 1) * HOUR);
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    for counted in visit.parts().store.hours(since).await? {
        let hour = counted.hour.as_second().div_euclid(HOUR);
        if let Some(column) = columns.get_mut(&hour) {
            column.add(counted.state, counted.count);
        }
    }
    let columns: Vec<Column> = columns.into_values().collect();
    let heading = visit.t("The last 24 hours", "За 24 часа");
    Ok(chart::draw(visit, heading, &columns))
}

/// Draws the last two weeks by days, in the zone of the page.
pub(super) async fn days(visit: &Visit<'_>) -> Result<Markup, Trouble> {
    let day_of = |at: Timestamp| at.to_zoned(visit.zone().clone()).date();
    let today = day_of(visit.now);
    let mut columns: BTreeMap<Date, Column> = (0..DAYS)
        .filter_map(|ago| today.checked_sub(ago.days()).ok())
        .map(|day| (day, Column::named(day.strftime("%d.%m").to_string())))
        .collect();
    let since = visit
        .now
        .checked_sub(SignedDuration::from_hours(24 * i64::from(DAYS)))
        .unwrap_or(Timestamp::UNIX_EPOCH);
    for counted in visit.parts().store.hours(since).await? {
        if let Some(column) = columns.get_mut(&day_of(counted.hour)) {
            column.add(counted.state, counted.count);
        }
    }
    let columns: Vec<Column> = columns.into_values().collect();
    let heading = visit.t("The last 14 days", "За 14 дней");
    Ok(chart::draw(visit, heading, &columns))
}
