//! Days and moments as programs and the CRM write them. The day comes before the month, unless the
//! year is first.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

/// Months by the first letters of their names, in English and Russian.
const MONTHS: [(&str, &str); 12] = [
    ("jan", "янв"),
    ("feb", "фев"),
    ("mar", "мар"),
    ("apr", "апр"),
    ("may", "ма"),
    ("jun", "июн"),
    ("jul", "июл"),
    ("aug", "авг"),
    ("sep", "сен"),
    ("oct", "окт"),
    ("nov", "ноя"),
    ("dec", "дек"),
];

/// Longer texts are no dates.
const LONGEST: usize = 40;

/// A moment, or the midnight of a day.
pub(super) struct Moment {
    /// As the text writes it.
    civil: DateTime,
    /// The point in time, if the text has an offset.
    instant: Option<Timestamp>,
}

impl Moment {
    /// Returns whether both are the same: as points in time, or as written if one has no offset.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self.instant, other.instant) {
            (Some(one), Some(other)) => one.as_second() == other.as_second(),
            _ => self.civil == other.civil,
        }
    }

    /// Returns its day: `2026-03-01`.
    pub(super) fn day(&self) -> String {
        self.civil.date().to_string()
    }

    /// Returns it in ISO 8601, to the second.
    pub(super) fn iso(&self) -> String {
        match self
            .instant
            .map(|instant| Timestamp::from_second(instant.as_second()))
        {
            Some(Ok(instant)) => instant.to_string(),
            Some(Err(_)) | None => self.civil.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        }
    }
}

/// Reads a day or a moment.
pub(super) fn read(text: &str) -> Option<Moment> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    if let Some(date) = in_words(text) {
        let civil = date.to_datetime(Time::midnight());
        return Some(Moment {
            civil,
            instant: None,
        });
    }
    let (day, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text, ""),
    };
    let (time, offset) = match time.find(['Z', 'z', '+', '-']) {
        Some(at) => (time.get(..at)?.trim_end(), time.get(at..)?),
        None => (time, ""),
    };
    let civil = date(day.trim_end_matches(','))?.to_datetime(clock(time)?);
    let instant = match offset {
        "" => None,
        offset => {
            let offset = if offset.len() == 3 {
                format!("{offset}:00")
            } else {
                offset.to_owned()
            };
            let iso = civil.strftime("%Y-%m-%dT%H:%M:%S").to_string();
            Some(format!("{iso}{offset}").parse().ok()?)
        }
    };
    Some(Moment { civil, instant })
}

/// Reads `1 марта 2026 г.`.
fn in_words(text: &str) -> Option<Date> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ([day, month, year] | [day, month, year, "г." | "г" | "года"]) = words.as_slice()
    else {
        return None;
    };
    let month = month.to_lowercase();
    let is_it = |(en, ru): &(&str, &str)| month.starts_with(en) || month.starts_with(ru);
    let number = MONTHS.iter().position(is_it)? + 1;
    written(year, &number.to_string(), day)
}

fn date(text: &str) -> Option<Date> {
    let mark = text.chars().find(|c| matches!(c, '.' | '-' | '/'))?;
    let parts: Vec<&str> = text.split(mark).collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => written(year, month, day),
        [day, month, year] if year.len() == 4 => written(year, month, day),
        [day, month, year] if year.len() == 2 && mark == '.' => {
            written(&format!("20{year}"), month, day)
        }
        _ => None,
    }
}

fn written(year: &str, month: &str, day: &str) -> Option<Date> {
    let number = |text: &str| {
        let is_number = text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<i16>().ok().filter(|_| is_number)
    };
    let small = |text: &str| i8::try_from(number(text)?).ok();
    Date::new(number(year)?, small(month)?, small(day)?).ok()
}

/// Reads `10:00`, `10:00:00` and `10:00:00.000`; midnight if there is no time.
fn clock(text: &str) -> Option<Time> {
    if text.is_empty() {
        return Some(Time::midnight());
    }
    let text = text.split_once('.').map_or(text, |(text, _)| text);
    let parts: Option<Vec<i8>> = text.split(':').map(|part| part.parse().ok()).collect();
    match parts?.as_slice() {
        [hour, minute] => Time::new(*hour, *minute, 0, 0).ok(),
        [hour, minute, second] => Time::new(*hour, *minute, *second, 0).ok(),
        _ => None,
    }
}
