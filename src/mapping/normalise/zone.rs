//! Time zones as people and programs write them behind a time: `+0100`, `GMT+3`, `MSK`, `МСК+2`,
//! `Europe/Moscow`.

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use crate::domain::text::lower;
use crate::mapping::zones::time_zone;

/// Names with one meaning, and their offsets in minutes. `CST`, `IST`, `BST` and `AMT` have several.
const NAMES: &[(&str, i32)] = &[
    ("z", 0),
    ("utc", 0),
    ("ut", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("cet", 60),
    ("cest", 120),
    ("eet", 120),
    ("eest", 180),
    ("msk", 180),
    ("мск", 180),
    ("msd", 240),
    ("samt", 240),
    ("gst", 240),
    ("azt", 240),
    ("yekt", 300),
    ("uzt", 300),
    ("tjt", 300),
    ("tmt", 300),
    ("omst", 360),
    ("kgt", 360),
    ("krat", 420),
    ("novt", 420),
    ("irkt", 480),
    ("yakt", 540),
    ("jst", 540),
    ("kst", 540),
    ("vlat", 600),
    ("magt", 660),
    ("sakt", 660),
    ("pett", 720),
    ("anat", 720),
    ("est", -300),
    ("edt", -240),
    ("cdt", -300),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
];
/// Names before an offset of their own: `UTC+3`, `МСК+2`.
const BASES: &[(&str, i32)] = &[("utc", 0), ("gmt", 0), ("msk", 180), ("мск", 180)];
/// Words beside a zone.
const IDLE: &[&str] = &["по", "время", "времени", "time"];

/// Removes the zone from the words behind a time, and returns it. The first zone counts:
/// `+0300 MSK`.
pub(super) fn split(text: &str) -> (String, Option<TimeZone>) {
    let mut kept: Vec<&str> = Vec::new();
    let mut zone: Option<TimeZone> = None;
    let mut is_behind = false;
    let mut base: Option<i32> = None;
    // (Moscow Standard Time), [Europe/Moscow]
    let unbracketed = text.split('(').next().unwrap_or(text);
    for word in unbracketed.split_whitespace() {
        if !is_behind {
            let (clock, glued) = cut(word);
            // `10:00-12:00` is a span of time, unless the date is written as programs do
            let is_span = glued.is_some_and(|glued| {
                glued.starts_with(['-', '−']) && glued.contains(':') && !has_iso_date(&kept)
            });
            let (clock, glued) = if is_span {
                (word, None)
            } else {
                (clock, glued)
            };
            is_behind = clock.contains(':') && !is_span;
            kept.push(clock);
            if let Some(found) = glued.and_then(of_word) {
                zone = Some(found);
            } else if let Some(glued) = glued {
                kept.pop();
                kept.push(word);
                is_behind &= !glued.contains(':');
            }
            continue;
        }
        let word = word.trim_matches([',', '.', '[', ']']);
        let name = lower(word);
        if let Some(of) = base.take()
            && let Some(minutes) = offset(word)
        {
            zone = fixed(of + minutes);
            continue;
        }
        if let Some(found) = of_word(word) {
            base = BASES
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, minutes)| *minutes);
            zone = zone.or(Some(found));
        } else if matches!(
            &*name,
            "москве" | "московскому" | "московское" | "московского"
        ) {
            zone = zone.or_else(|| fixed(180));
        } else if !IDLE.contains(&name.as_str()) {
            kept.push(word);
        }
    }
    if zone.is_none()
        && let Some((_, inside)) = text.split_once('(')
    {
        // 12:00 (МСК)
        zone = of_word(inside.trim_end_matches([')', ' ']).trim());
    }
    if zone.is_none() {
        return (text.to_owned(), None);
    }
    (kept.join(" "), zone)
}

/// Returns whether the last word before the time is a date such as `2025-12-31`.
fn has_iso_date(words: &[&str]) -> bool {
    words
        .last()
        .is_some_and(|word| word.len() == 10 && word.parse::<Date>().is_ok())
}

/// Separates `10:00` from what is written directly behind it.
fn cut(word: &str) -> (&str, Option<&str>) {
    let is_clock = word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit());
    if !is_clock || word.contains(['/', 'T']) {
        return (word, None);
    }
    let end = word.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.'));
    match end.map(|end| word.split_at(end)) {
        Some((clock, glued)) => (clock, Some(glued)),
        None => (word, None),
    }
}

fn of_word(word: &str) -> Option<TimeZone> {
    let name = lower(word);
    if let Some((_, minutes)) = NAMES.iter().find(|(known, _)| *known == name) {
        return fixed(*minutes);
    }
    for (base, minutes) in BASES {
        if let Some(more) = name.strip_prefix(base).and_then(offset) {
            return fixed(minutes + more);
        }
    }
    if let Some(minutes) = offset(word) {
        return fixed(minutes);
    }
    word.contains('/').then(|| time_zone(word)).flatten()
}

fn fixed(minutes: i32) -> Option<TimeZone> {
    Offset::from_seconds(minutes * 60).ok().map(TimeZone::fixed)
}

/// Parses `+0100`, `+01:00`, `+01`, `-0330`, `+3` into minutes.
fn offset(text: &str) -> Option<i32> {
    let (sign, digits) = match text.chars().next()? {
        '+' => (1, text.get(1..)?),
        '-' => (-1, text.get(1..)?),
        '−' => (-1, text.strip_prefix('−')?),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) if minutes.len() == 2 => (hours, minutes),
        Some(_) => return None,
        None if digits.len() == 4 => digits.split_at_checked(2)?,
        None => (digits, "0"),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if hours.len() > 2 || !is_number(hours) || !is_number(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}
