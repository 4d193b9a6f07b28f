//! Parses rates, sizes and durations: `10/s`, `2MB`, `5s`.

use std::time::Duration;

use crate::authoring::codes::Code;
use crate::authoring::measures;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};

/// A number of requests per time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// The number; never 0.
    pub requests: u32,
    /// The time; never zero.
    pub per: Duration,
}

impl Rate {
    /// Parses `10/s`, `30/m`, `1000/h`.
    pub fn parse(text: &str) -> Option<Self> {
        let (requests, unit) = text.split_once('/')?;
        let seconds = match unit.trim() {
            "s" | "sec" | "second" => 1,
            "m" | "min" | "minute" => 60,
            "h" | "hour" => 3_600,
            _ => return None,
        };
        let requests: u32 = requests.trim().parse().ok()?;
        (1..=1_000_000).contains(&requests).then(|| Self {
            requests,
            per: Duration::from_secs(seconds),
        })
    }
}

pub(super) fn rate(about: &str, text: &Text, problems: &mut Problems) -> Option<Rate> {
    let rate = Rate::parse(&text.value);
    wanted(
        rate,
        about,
        text,
        &exactly(measures::rate(&text.value)).unwrap_or_else(|| {
            bilingual!(
                "write 10/s, 30/m or 1000/h",
                "напишите 10/s, 30/m или 1000/h"
            )
        }),
        problems,
    )
}

/// Parses a time limit between 0.1 s and 1 min.
pub(super) fn patience(about: &str, text: &Text, problems: &mut Problems) -> Option<Duration> {
    let span: Option<jiff::SignedDuration> = text.value.trim().parse().ok();
    let span = span.and_then(|span| Duration::try_from(span).ok());
    let within = Duration::from_millis(100)..=Duration::from_secs(60);
    let span = span.filter(|span| within.contains(span));
    wanted(
        span,
        about,
        text,
        &self::within(&text.value, 60).unwrap_or_else(|| {
            bilingual!(
                "write 500ms or 5s, one minute at most",
                "напишите 500ms или 5s, не больше минуты"
            )
        }),
        problems,
    )
}

/// Parses a duration between 1 s and 1 day.
pub(super) fn window(about: &str, text: &Text, problems: &mut Problems) -> Option<Duration> {
    let span: Option<jiff::SignedDuration> = text.value.trim().parse().ok();
    let span = span.and_then(|span| Duration::try_from(span).ok());
    let within = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let span = span.filter(|span| within.contains(span));
    let advice = self::within(&text.value, 86_400).unwrap_or_else(|| {
        bilingual!(
            "write 30s or 5m, 24h at most",
            "напишите 30s или 5m, не больше 24h"
        )
    });
    wanted(span, about, text, &advice, problems)
}

/// Parses a size between 1 KB and 64 MB.
pub(super) fn size(about: &str, text: &Text, problems: &mut Problems) -> Option<usize> {
    let upper = text.value.trim().to_uppercase();
    let units = [("KB", 10), ("MB", 20), ("B", 0), ("", 0)];
    let size = units.into_iter().find_map(|(unit, shift)| {
        let number: usize = upper.strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(1 << shift)
    });
    let size = size.filter(|size| (1 << 10..=64 << 20).contains(size));
    wanted(
        size,
        about,
        text,
        &exactly(measures::size(&text.value)).unwrap_or_else(|| {
            bilingual!(
                "write 500KB or 10MB, 64MB at most",
                "напишите 500KB или 10MB, не больше 64MB"
            )
        }),
        problems,
    )
}

/// Advice for a value that is understood.
fn exactly(right: Option<String>) -> Option<Bilingual> {
    right.map(|right| bilingual!("write `{right}`", "напишите `{right}`"))
}

/// Advice for a time that is understood: a bare number means seconds.
fn within(written: &str, most: u64) -> Option<Bilingual> {
    let bare = written.trim().parse::<u64>().ok();
    let seconds = bare.or_else(|| measures::seconds(written))?;
    let is_allowed = (1..=most).contains(&seconds);
    exactly(is_allowed.then(|| match bare {
        Some(seconds) => format!("{seconds}s"),
        None => measures::shown(seconds),
    }))
}

fn wanted<T>(
    value: Option<T>,
    about: &str,
    text: &Text,
    advice: &Bilingual,
    problems: &mut Problems,
) -> Option<T> {
    if value.is_none() {
        let written = &text.value;
        let message = bilingual!(
            "`{about}` cannot be `{written}`",
            "`{about}` не может быть `{written}`"
        );
        problems.error(Code::WrongValue, &text.place, message, advice.clone());
    }
    value
}
