//! Small pieces of HTML: amounts, times, avatars, gauges.

use data_encoding::HEXLOWER_PERMISSIVE;
use maud::{Markup, html};

use crate::simulator::{state::people::User, when};

/// The language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageLanguage {
    En,
    Ru,
}

impl PageLanguage {
    /// Returns the text in this language.
    pub(super) fn pick<'a>(self, en: &'a str, ru: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Ru => ru,
        }
    }

    /// Returns a path within the pages that keeps the language.
    pub(super) fn link(self, path: &str) -> String {
        match self {
            Self::Ru => path.to_owned(),
            Self::En if path.contains('?') => format!("{path}&lang=en"),
            Self::En => format!("{path}?lang=en"),
        }
    }
}

/// Writes hundredths as `390 000 ₽`, with cents only when there are any.
pub(super) fn amount(hundredths: i64, format: &str) -> String {
    let sign = if hundredths < 0 { "−" } else { "" };
    let absolute = hundredths.unsigned_abs();
    let digits = (absolute / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    let cents = match absolute % 100 {
        0 => String::new(),
        cents => format!(",{cents:02}"),
    };
    format.replace('#', &format!("{sign}{grouped}{cents}"))
}

/// Writes the time since a moment in one short word.
pub(super) fn age(lang: PageLanguage, now: i64, moment: i64) -> String {
    let seconds = (now - moment).max(0);
    let (count, en, ru) = match seconds {
        0..60 => return lang.pick("just now", "только что").to_owned(),
        60..3600 => (seconds / 60, "min", "мин"),
        3600..86_400 => (seconds / 3600, "h", "ч"),
        _ => (seconds / 86_400, "d", "дн"),
    };
    format!("{count}\u{a0}{}", lang.pick(en, ru))
}

/// Writes a moment as `1 мар 2026, 10:00`.
pub(super) fn moment(lang: PageLanguage, seconds: i64) -> String {
    let at = when::local(seconds);
    format!(
        "{}, {:02}:{:02}",
        day(lang, seconds),
        at.hour(),
        at.minute()
    )
}

/// Writes a date as `1 мар 2026`.
pub(super) fn day(lang: PageLanguage, seconds: i64) -> String {
    const MONTHS: [(&str, &str); 12] = [
        ("Jan", "янв"),
        ("Feb", "фев"),
        ("Mar", "мар"),
        ("Apr", "апр"),
        ("May", "мая"),
        ("Jun", "июн"),
        ("Jul", "июл"),
        ("Aug", "авг"),
        ("Sep", "сен"),
        ("Oct", "окт"),
        ("Nov", "ноя"),
        ("Dec", "дек"),
    ];
    let at = when::local(seconds);
    let month = usize::try_from(at.month() - 1)
        .ok()
        .and_then(|it| MONTHS.get(it));
    let (en, ru) = month.copied().unwrap_or_default();
    format!("{} {} {}", at.day(), lang.pick(en, ru), at.year())
}

/// Draws a user's initials in a circle.
pub(super) fn avatar(user: Option<&User>) -> Markup {
    let initial = |name: &str| name.chars().next().map(String::from).unwrap_or_default();
    html! {
        @match user {
            Some(user) => {
                span.avatar style={ "--h:" (user.id * 67 % 360) } title=(user.full_name()) {
                    (initial(&user.name)) (initial(&user.last_name))
                }
            }
            None => span.avatar style="--h:210" { "?" },
        }
    }
}

/// Draws a labelled bar that is filled to `percent`.
pub(super) fn gauge(percent: f64, title: Option<&str>, label: &Markup, level: &Markup) -> Markup {
    let percent = percent.clamp(0.0, 100.0);
    html! {
        div.gauge.high[percent > 80.0] style=(format!("--full:{percent:.0}")) title=[title] {
            (label)
            dd { i {} span { (level) } }
        }
    }
}

/// Returns black or white: the one that can be read on this colour.
pub(super) fn text_color_on(color: &str) -> &'static str {
    let digits = color.trim_start_matches('#').as_bytes();
    let light = match HEXLOWER_PERMISSIVE.decode(digits).as_deref() {
        Ok([red, green, blue]) => {
            299 * u32::from(*red) + 587 * u32::from(*green) + 114 * u32::from(*blue)
        }
        Ok(_) | Err(_) => 0,
    };
    if light > 118_000 { "#10202e" } else { "#fff" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(amount(123_456_700, "# ₽"), "1\u{a0}234\u{a0}567 ₽");
        assert_eq!(amount(99_950, "$#"), "$999,50");
        assert_eq!(amount(-5, "#"), "−0,05");
        assert_eq!(amount(0, "#"), "0");
    }

    #[test]
    fn ages_are_short() {
        assert_eq!(age(PageLanguage::Ru, 100, 90), "только что");
        assert_eq!(age(PageLanguage::En, 7200, 0), "2\u{a0}h");
        assert_eq!(age(PageLanguage::Ru, 200_000, 0), "2\u{a0}дн");
    }
}
