//! Moments as the portal reads and prints them: ISO 8601 in the server's own time zone.

use std::fmt::Write as _;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::Offset,
};

/// The server's time zone: three hours ahead of UTC, the whole year.
pub(super) const ZONE: Offset = Offset::constant(3);

/// `2026-03-01T10:00:00+03:00`.
pub(super) fn iso(seconds: i64) -> String {
    let mut out = String::with_capacity(25);
    let moment = local(seconds);
    // Writing to a String cannot fail.
    write!(
        out,
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+03:00",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second()
    )
    .unwrap_or_default();
    out
}

/// The civil time on the server's clock.
pub(super) fn local(seconds: i64) -> DateTime {
    ZONE.to_datetime(Timestamp::from_second(seconds).unwrap_or_default())
}

/// The day that begins at this moment, kept as its midnight in UTC, which is why the portal writes
/// it as 03:00.
pub(super) fn day(seconds: i64) -> i64 {
    midnight(local(seconds).date())
}

fn midnight(date: Date) -> i64 {
    Offset::UTC
        .to_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
        .map_or(0, Timestamp::as_second)
}

/// Reads a moment as the server does; `None` for values that it drops silently.
pub(super) fn parse_moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_second());
    }
    let civil = text
        .parse::<DateTime>()
        .ok()
        .or_else(|| parse_russian(text))?;
    ZONE.to_timestamp(civil).ok().map(Timestamp::as_second)
}

/// Reads a day; the time of a moment is cut off.
pub(super) fn parse_day(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Date>() {
        return Some(midnight(date));
    }
    if let Some(civil) = parse_russian(text) {
        return Some(midnight(civil.date()));
    }
    parse_moment(text).map(day)
}

/// `01.03.2026` and `01.03.2026 10:00[:00]`, as people write it.
fn parse_russian(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once(' ').unwrap_or((text, ""));
    let mut parts = date.split('.');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let year = parts.next()?.parse().ok()?;
    if parts.next().is_some() {
        return None;
    }
    let mut clock = time.split(':').map(|it| it.trim().parse::<i8>().ok());
    let mut next = || clock.next().flatten().unwrap_or(0);
    let (hour, minute, second) = (next(), next(), next());
    Some(
        Date::new(year, month, day)
            .ok()?
            .to_datetime(jiff::civil::Time::new(hour, minute, second, 0).ok()?),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_at_three() {
        let day = parse_day("2026-03-01").unwrap();
        assert_eq!(iso(day), "2026-03-01T03:00:00+03:00");
        assert_eq!(parse_day("2026-03-01T23:30:00+03:00"), Some(day));
        assert_eq!(parse_day("01.03.2026"), Some(day));
    }

    #[test]
    fn moments_keep_their_offset_or_take_the_servers() {
        for text in [
            "2026-03-01T10:00:00+03:00",
            "2026-03-01T07:00:00Z",
            "2026-03-01T10:00:00",
            "2026-03-01 10:00:00",
            "01.03.2026 10:00",
        ] {
            let moment = parse_moment(text).unwrap();
            assert_eq!(iso(moment), "2026-03-01T10:00:00+03:00", "{text}");
        }
        assert_eq!(parse_moment("завтра"), None);
    }
}
