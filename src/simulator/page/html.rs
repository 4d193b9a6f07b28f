//! Small pieces of HTML: escaping, amounts, times, faces.

use crate::simulator::{state::people::User, when};

/// The language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Ru,
    En,
}

impl Lang {
    /// The words in this language.
    pub(super) fn pick<'a>(self, ru: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Ru => ru,
            Self::En => en,
        }
    }

    /// A path within the pages that keeps the language.
    pub(super) fn link(self, path: &str) -> String {
        match self {
            Self::Ru => path.to_owned(),
            Self::En if path.contains('?') => format!("{path}&lang=en"),
            Self::En => format!("{path}?lang=en"),
        }
    }
}

/// Text made harmless, for elements and for quoted attributes.
pub(super) fn esc(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// `390 000 ₽` of hundredths; the cents only when there are any.
pub(super) fn amount(hundredths: i64, format: &str) -> String {
    let sign = if hundredths < 0 { "−" } else { "" };
    let whole = hundredths.unsigned_abs();
    let digits = (whole / 100).to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    if !whole.is_multiple_of(100) {
        grouped.push_str(&format!(",{:02}", whole % 100));
    }
    format.replace('#', &format!("{sign}{grouped}"))
}

/// How long ago, in one short word.
pub(super) fn age(lang: Lang, now: i64, moment: i64) -> String {
    let seconds = (now - moment).max(0);
    let (count, ru, en) = match seconds {
        0..60 => return lang.pick("только что", "just now").to_owned(),
        60..3600 => (seconds / 60, "мин", "min"),
        3600..86_400 => (seconds / 3600, "ч", "h"),
        _ => (seconds / 86_400, "дн", "d"),
    };
    format!("{count}\u{a0}{}", lang.pick(ru, en))
}

/// `1 мар 2026, 10:00`.
pub(super) fn moment(lang: Lang, seconds: i64) -> String {
    let at = when::local(seconds);
    format!(
        "{}, {:02}:{:02}",
        day(lang, seconds),
        at.hour(),
        at.minute()
    )
}

/// `1 мар 2026`.
pub(super) fn day(lang: Lang, seconds: i64) -> String {
    const MONTHS: [(&str, &str); 12] = [
        ("янв", "Jan"),
        ("фев", "Feb"),
        ("мар", "Mar"),
        ("апр", "Apr"),
        ("мая", "May"),
        ("июн", "Jun"),
        ("июл", "Jul"),
        ("авг", "Aug"),
        ("сен", "Sep"),
        ("окт", "Oct"),
        ("ноя", "Nov"),
        ("дек", "Dec"),
    ];
    let at = when::local(seconds);
    let month = usize::try_from(at.month() - 1)
        .ok()
        .and_then(|it| MONTHS.get(it));
    let (ru, en) = month.copied().unwrap_or_default();
    format!("{} {} {}", at.day(), lang.pick(ru, en), at.year())
}

/// A round face with the initials.
pub(super) fn face(user: Option<&User>) -> String {
    let Some(user) = user else {
        return "<span class=\"face\" style=\"--h:210\">?</span>".to_owned();
    };
    let first = |text: &str| text.chars().next().map(String::from).unwrap_or_default();
    format!(
        "<span class=\"face\" style=\"--h:{}\" title=\"{}\">{}{}</span>",
        user.id * 67 % 360,
        esc(&user.full_name()),
        esc(&first(&user.name)),
        esc(&first(&user.last_name)),
    )
}

/// Black or white, whichever can be read on this colour.
pub(super) fn on_color(color: &str) -> &'static str {
    let channel = |at: usize| {
        color
            .get(at..at + 2)
            .and_then(|it| u32::from_str_radix(it, 16).ok())
            .unwrap_or(0)
    };
    let light = 299 * channel(1) + 587 * channel(3) + 114 * channel(5);
    if light > 118_000 { "#10202e" } else { "#fff" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_made_harmless() {
        assert_eq!(
            esc("<a href=\"x\" on='y'>&"),
            "&lt;a href=&quot;x&quot; on=&#39;y&#39;&gt;&amp;"
        );
    }

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(amount(123_456_700, "# ₽"), "1\u{a0}234\u{a0}567 ₽");
        assert_eq!(amount(99_950, "$#"), "$999,50");
        assert_eq!(amount(0, "#"), "0");
    }

    #[test]
    fn ages_are_short() {
        assert_eq!(age(Lang::Ru, 100, 90), "только что");
        assert_eq!(age(Lang::En, 7200, 0), "2\u{a0}h");
        assert_eq!(age(Lang::Ru, 200_000, 0), "2\u{a0}дн");
    }
}
