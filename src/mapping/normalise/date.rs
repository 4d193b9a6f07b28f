//! Days and moments as people and programs write them: the day comes before the month.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::zone;
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

/// Days of the week, which are ignored in a date.
const WEEKDAYS: &[&str] = &[
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "понедельник",
    "вторник",
    "среда",
    "четверг",
    "пятница",
    "суббота",
    "воскресенье",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Parses a day: `2025-07-21`. A time with an offset is converted to `zone`.
pub(super) fn day(text: &str, zone: &TimeZone) -> Option<String> {
    read(text, zone).map(|(zoned, _)| zoned.date().to_string())
}

/// Parses a time, as ISO 8601 with an offset; a day alone means midnight.
pub(super) fn moment(text: &str, zone: &TimeZone) -> Option<String> {
    read(text, zone).map(|(zoned, _)| zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// Parses a time, and returns whether the text has a time of day. `zone` is the zone of texts
/// without an offset and of the result.
pub(crate) fn read(text: &str, zone: &TimeZone) -> Option<(Zoned, bool)> {
    // «31» декабря 2025 г.
    let text = text.replace(['«', '»', '"'], " ");
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
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
    let (text, own) = if text.contains(':') {
        zone::split(text)
    } else {
        (text.to_owned(), None)
    };
    let (date, time) = local(&text)?;
    let moment = DateTime::from_parts(date, time.unwrap_or(Time::midnight()));
    let zoned = match own.filter(|_| time.is_some()) {
        Some(own) => moment.to_zoned(own).ok()?.with_time_zone(zone.clone()),
        None => moment.to_zoned(zone.clone()).ok()?,
    };
    Some((zoned, time.is_some()))
}

/// Maximum length of a date. Browsers write long ones: `Wed Dec 31 2025 10:00:00 GMT+0300 (…)`.
const LONGEST: usize = 120;

/// Parses seconds or milliseconds since 1970.
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

/// Parses a date, and a time next to it if there is one.
fn local(text: &str) -> Option<(Date, Option<Time>)> {
    // 2025-07-21T14:35; the other T begins Tuesday
    let text = match text.split_once('T') {
        Some((date, time)) if date.ends_with(|c: char| c.is_ascii_digit()) => {
            format!("{date} {time}")
        }
        Some(_) | None => text.to_owned(),
    };
    // 31/Dec/2025:10:00:00, as web servers write it
    let text = match text.split_once(':') {
        Some((date, time)) if date.matches('/').count() == 2 && !date.contains(' ') => {
            format!("{date} {time}")
        }
        Some(_) | None => text,
    };
    let mut words: Vec<&str> = text
        .split([' ', '\u{a0}', ','])
        .filter(|word| !word.is_empty() && !is_idle(word))
        .collect();
    let half = words.pop_if(|word| half_of_day(word).is_some());
    let half = half.and_then(half_of_day);
    // 10:00 31.12.2025 means 31.12.2025 10:00; some programs put the year last: Dec 31 10:00:00
    // 2025
    let clock = words.iter().position(|word| word.contains(':'));
    let time = match clock.map(|at| words.remove(at)) {
        Some(word) => Some(time(word, half)?),
        None if half.is_some() => return None,
        None => None,
    };
    let date = match words.as_slice() {
        [one] => digits(one)?,
        [one, two, three] if month(one).is_none() && month(two).is_none() => {
            digits(&format!("{one}.{two}.{three}"))?
        }
        [one, two, three] => with_month(one, two, three)?,
        _ => return None,
    };
    Some((date, time))
}

fn is_idle(word: &str) -> bool {
    let word = lower(word.trim_end_matches('.'));
    matches!(word.as_str(), "г" | "года" | "в" | "at") || WEEKDAYS.contains(&word.as_str())
}

/// Parses `am` and `pm`, with or without dots; true for the afternoon.
fn half_of_day(word: &str) -> Option<bool> {
    match lower(word).replace('.', "").as_str() {
        "am" => Some(false),
        "pm" => Some(true),
        _ => None,
    }
}

/// Parses `14:35` and `14:35:47.9`; with am or pm `2:35`, where `12` is the start of the half.
fn time(text: &str, half: Option<bool>) -> Option<Time> {
    let letters = text.find(|c: char| c.is_ascii_alphabetic());
    let (text, half) = match letters.map(|at| text.split_at(at)) {
        Some((text, letters)) if half.is_none() => (text, Some(half_of_day(letters)?)),
        Some(_) => return None,
        None => (text, half),
    };
    let time = whole_day(text)?;
    let Some(is_afternoon) = half else {
        return Some(time);
    };
    if !(1..=12).contains(&time.hour()) {
        return None;
    }
    let hour = time.hour() % 12 + if is_afternoon { 12 } else { 0 };
    time.with().hour(hour).build().ok()
}

fn whole_day(text: &str) -> Option<Time> {
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

/// Parses `21.07.2025`, `2025-07-21`, `21/07/25`.
fn digits(text: &str) -> Option<Date> {
    let text = text.trim_end_matches(['.', 'г']);
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return compact(text);
    }
    let parts: Vec<&str> = text.split(['.', '-', '/', '–']).collect();
    let [one, two, three] = parts.as_slice() else {
        return None;
    };
    // 31-Dec-2025
    if month(one).is_some() || month(two).is_some() {
        return with_month(one, two, three);
    }
    let month: i8 = two.parse().ok()?;
    if one.len() == 4 {
        return Date::new(one.parse().ok()?, month, three.parse().ok()?).ok();
    }
    let day: i8 = one.parse().ok()?;
    let year = year(three)?;
    Date::new(year, month, day).ok().or_else(|| {
        // 07/21/2025: there is no month 21
        (text.contains('/') && month > 12).then(|| Date::new(year, day, month).ok())?
    })
}

/// Parses `20250721`; other numbers of eight digits are ambiguous.
fn compact(text: &str) -> Option<Date> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let year = year
        .parse()
        .ok()
        .filter(|year| (1900..2100).contains(year))?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// Parses `21 июля 2025`, `July 21 2025`.
fn with_month(one: &str, two: &str, three: &str) -> Option<Date> {
    let (day, month) = match (month(one), month(two)) {
        (Some(month), None) => (two, month),
        (None, Some(month)) => (one, month),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    // 2025 Dec 31
    let (day, three) = if day.len() == 4 && day.bytes().all(|b| b.is_ascii_digit()) {
        (three, day)
    } else {
        (day, three)
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

/// Parses a year of four or two digits; up to 50 means this century.
fn year(text: &str) -> Option<i16> {
    let number: i16 = text.parse().ok()?;
    match text.len() {
        4 => Some(number),
        2 if number <= 50 => Some(2000 + number),
        2 => Some(1900 + number),
        _ => None,
    }
}
