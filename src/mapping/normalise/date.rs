//! Days and moments as people and programs write them: the day comes before the month.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::domain::text::lower;

/// Russian and English months by their first letters.
const MONTHS: &[(&str, i8)] = &[
    ("янв", 1),
    ("фев", 2),
    ("мар", 3),
    ("апр", 4),
    ("мая", 5),
    ("май", 5),
    ("июн", 6),
    ("июл", 7),
    ("авг", 8),
    ("сен", 9),
    ("окт", 10),
    ("ноя", 11),
    ("дек", 12),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

/// The day: `2025-07-21`. A moment with an offset is taken in `zone`.
pub(super) fn day(text: &str, zone: &TimeZone) -> Option<String> {
    read(text, zone).map(|(zoned, _)| zoned.date().to_string())
}

/// The moment, ISO 8601 with an offset; a day alone begins at midnight.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<String> {
    read(text, zone).map(|(zoned, _)| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// The moment that a text names, and whether it names a time of day. `zone` is for texts without an
/// offset, and the zone of the answer.
pub(crate) fn read(text: &str, zone: &TimeZone) -> Option<(Zoned, bool)> {
    // «31» декабря 2025 г.
    let text = text.replace(['«', '»', '"'], " ");
    let text = text.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Some((timestamp.to_zoned(zone.clone()), true));
    }
    // Wed, 31 Dec 2025 10:00:00 +0300
    if text.contains(':')
        && text.contains(' ')
        && let Ok(moment) = jiff::fmt::rfc2822::parse(text)
    {
        return Some((moment.with_time_zone(zone.clone()), true));
    }
    if let Some(timestamp) = unix(text) {
        return Some((timestamp.to_zoned(zone.clone()), true));
    }
    let (date, time) = local(text)?;
    let zoned = DateTime::from_parts(date, time.unwrap_or(Time::midnight()))
        .to_zoned(zone.clone())
        .ok()?;
    Some((zoned, time.is_some()))
}

/// Seconds or milliseconds since 1970.
fn unix(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// A date, and the time behind it if there is one.
fn local(text: &str) -> Option<(Date, Option<Time>)> {
    let text = text.replace('T', " ");
    let mut words: Vec<&str> = text
        .split([' ', '\u{a0}', ','])
        .filter(|word| !word.is_empty() && !matches!(*word, "г" | "г." | "года" | "в" | "at"))
        .collect();
    let time = match words.last().copied() {
        Some(last) if last.contains(':') => {
            words.pop();
            Some(time(last)?)
        }
        Some(_) | None => None,
    };
    let date = match words.as_slice() {
        [one] => digits(one)?,
        [one, two, three] => with_month(one, two, three)?,
        _ => return None,
    };
    Some((date, time))
}

fn time(text: &str) -> Option<Time> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |text: &str| text.split('.').next()?.parse::<i8>().ok();
    match parts.as_slice() {
        [hour, minute] => Time::new(number(hour)?, number(minute)?, 0, 0).ok(),
        [hour, minute, second] => {
            Time::new(number(hour)?, number(minute)?, number(second)?, 0).ok()
        }
        _ => None,
    }
}

/// `21.07.2025`, `2025-07-21`, `21/07/25`.
fn digits(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.trim_end_matches('.').split(['.', '-', '/']).collect();
    let [one, two, three] = parts.as_slice() else {
        return None;
    };
    let month: i8 = two.parse().ok()?;
    if one.len() == 4 {
        return Date::new(one.parse().ok()?, month, three.parse().ok()?).ok();
    }
    let day: i8 = one.parse().ok()?;
    let year = year(three)?;
    Date::new(year, month, day).ok().or_else(|| {
        // 07/21/2025: nobody means the twenty-first month
        (text.contains('/') && month > 12).then(|| Date::new(year, day, month).ok())?
    })
}

/// `21 июля 2025`, `July 21 2025`.
fn with_month(one: &str, two: &str, three: &str) -> Option<Date> {
    let (day, month) = match (month(one), month(two)) {
        (Some(month), None) => (two, month),
        (None, Some(month)) => (one, month),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    let day = day.trim_end_matches(|c: char| !c.is_ascii_digit());
    Date::new(year(three)?, month, day.parse().ok()?).ok()
}

fn month(word: &str) -> Option<i8> {
    let lower = lower(word);
    MONTHS
        .iter()
        .find(|(start, _)| lower.starts_with(start))
        .map(|(_, month)| *month)
}

/// Four digits, or two: up to 50 they are of this century.
fn year(text: &str) -> Option<i16> {
    let number: i16 = text.parse().ok()?;
    match text.len() {
        4 => Some(number),
        2 if number <= 50 => Some(2000 + number),
        2 => Some(1900 + number),
        _ => None,
    }
}
