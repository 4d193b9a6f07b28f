//! Times, rates and sizes as people write them: `1,5 часа`, `100 в минуту`, `2 мегабайта`.

/// The beginnings of words for units of time, the longer ones first, and their seconds.
const TIMES: &[(&str, u64)] = &[
    ("секунд", 1),
    ("сек", 1),
    ("second", 1),
    ("sec", 1),
    ("минут", 60),
    ("мин", 60),
    ("minute", 60),
    ("min", 60),
    ("час", 3600),
    ("hour", 3600),
    ("hr", 3600),
    ("сут", DAY),
    ("день", DAY),
    ("дня", DAY),
    ("дней", DAY),
    ("дн", DAY),
    ("day", DAY),
    ("нед", 7 * DAY),
    ("week", 7 * DAY),
    ("мес", 30 * DAY),
    ("month", 30 * DAY),
];
/// The letters of units.
const LETTERS: &[(&str, u64)] = &[
    ("s", 1),
    ("с", 1),
    ("m", 60),
    ("м", 60),
    ("h", 3600),
    ("ч", 3600),
    ("d", DAY),
    ("д", DAY),
    ("w", 7 * DAY),
    ("н", 7 * DAY),
];
const DAY: u64 = 86_400;

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 80;

/// Returns how a duration should be written: `1,5 часа` is `1h 30m`.
pub(crate) fn duration(written: &str) -> Option<String> {
    let seconds = seconds(written)?;
    Some(shown(seconds))
}

/// Returns a duration in seconds, if a text names one.
pub(crate) fn seconds(written: &str) -> Option<u64> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = written.trim().to_lowercase();
    if lower.starts_with(['-', '−', '–']) {
        return None;
    }
    let fixed = match lower.as_str() {
        "полчаса" | "пол часа" | "пол-часа" | "half an hour" => Some(1800),
        "полминуты" => Some(30),
        "полдня" => Some(DAY / 2),
        "завтра" | "через день" | "на завтра" | "tomorrow" => Some(DAY),
        "послезавтра" => Some(2 * DAY),
        _ => None,
    };
    if fixed.is_some() {
        return fixed;
    }
    if let Some((hours, minutes)) = lower.split_once(':') {
        let number = |text: &str| text.parse::<u64>().ok().filter(|number| *number < 60);
        return Some(number(hours)? * 3600 + number(minutes)? * 60);
    }
    let parts = parts(&lower);
    let mut total = 0;
    let mut count = None;
    let mut has_unit = false;
    for part in parts {
        match part {
            Part::Number(thousandths) if count.is_none() => count = Some(thousandths),
            Part::Number(_) => return None,
            Part::Word(
                "через" | "за" | "in" | "after" | "спустя" | "и" | "and" | "до" | "within",
            ) => {}
            Part::Word("полтора" | "полторы") => count = Some(1500),
            Part::Word(word) => {
                let unit = unit(word)?;
                total += count.take().unwrap_or(1000).checked_mul(unit)? / 1000;
                has_unit = true;
            }
        }
    }
    (has_unit && count.is_none() && total > 0).then_some(total)
}

/// Returns seconds as they should be written: an hour and a half is `1h 30m`.
pub(crate) fn shown(seconds: u64) -> String {
    let units = [("d", DAY), ("h", 3600), ("m", 60), ("s", 1)];
    let mut rest = seconds;
    let mut shown: Vec<String> = Vec::new();
    for (unit, length) in units {
        if rest >= length {
            shown.push(format!("{}{unit}", rest / length));
            rest %= length;
        }
    }
    shown.join(" ")
}

/// Returns how a rate should be written: `100 в минуту` is `100/m`.
pub(crate) fn rate(written: &str) -> Option<String> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = written.trim().to_lowercase();
    let (mut requests, mut count, mut length) = (None, 1, None);
    for part in parts(&lower) {
        match part {
            Part::Number(thousandths) if requests.is_none() => requests = Some(thousandths / 1000),
            Part::Number(thousandths) => count = thousandths / 1000,
            Part::Word("rps" | "qps") => length = Some(1),
            Part::Word("rpm") => length = Some(60),
            Part::Word("rph") => length = Some(3600),
            Part::Word(word) => {
                length = length.or_else(|| unit(word));
            }
        }
    }
    let requests = requests.filter(|number| *number > 0)?;
    let length = length.unwrap_or(60).checked_mul(count.max(1))?;
    let (unit, wanted) = match length {
        1 => ("s", 1),
        60 => ("m", 60),
        _ => ("h", 3600),
    };
    let number = requests.checked_mul(wanted)?.div_ceil(length);
    Some(format!("{number}/{unit}"))
}

/// Returns how a size should be written: `2,5 мегабайта` is `2560KB`.
pub(crate) fn size(written: &str) -> Option<String> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = written.trim().to_lowercase();
    let parts = parts(&lower);
    let [Part::Number(thousandths), Part::Word(word)] = parts.as_slice() else {
        return None;
    };
    let first = word.chars().next()?;
    let kilobytes = match first {
        'k' | 'к' => thousandths / 1000,
        'm' | 'м' => thousandths.checked_mul(1024)? / 1000,
        'g' | 'г' => thousandths.checked_mul(1024 * 1024)? / 1000,
        _ => return None,
    };
    let kilobytes = kilobytes.clamp(1, 64 * 1024);
    Some(if kilobytes.is_multiple_of(1024) {
        format!("{}MB", kilobytes / 1024)
    } else {
        format!("{kilobytes}KB")
    })
}

enum Part<'t> {
    /// In thousandths.
    Number(u64),
    Word(&'t str),
}

/// Returns the numbers and words of a text.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_number = first.is_ascii_digit();
        let is_word = first.is_alphabetic();
        let goes_on = |c: char| {
            if is_number {
                c.is_ascii_digit() || matches!(c, ',' | '.')
            } else {
                is_word && c.is_alphabetic()
            }
        };
        let end = rest.find(|c| !goes_on(c)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end.max(first.len_utf8()));
        if is_number {
            parts.extend(thousandths(part).map(Part::Number));
        } else if is_word {
            parts.push(Part::Word(part));
        }
        rest = behind;
    }
    parts
}

/// `1,5` is 1500.
fn thousandths(number: &str) -> Option<u64> {
    let number = number.trim_end_matches([',', '.']);
    let (whole, fraction) = number.split_once([',', '.']).unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok().filter(|whole| *whole < 1_000_000_000)?;
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    Some(whole * 1000 + fraction.parse::<u64>().ok()?)
}

/// Returns the seconds of a unit.
fn unit(word: &str) -> Option<u64> {
    let letter = LETTERS.iter().find(|(letter, _)| *letter == word);
    let found = letter.or_else(|| TIMES.iter().find(|(start, _)| word.starts_with(start)));
    found.map(|(_, seconds)| *seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_understood() {
        for (written, right) in [
            ("1,5 часа", "1h 30m"),
            ("полтора часа", "1h 30m"),
            ("полчаса", "30m"),
            ("через 2 часа", "2h"),
            ("2 часа 30 минут", "2h 30m"),
            ("00:30", "30m"),
            ("час", "1h"),
            ("минута", "1m"),
            ("завтра", "1d"),
            ("5 секунд", "5s"),
            ("1 мин", "1m"),
            ("within 3 days", "3d"),
            ("неделя", "7d"),
        ] {
            assert_eq!(duration(written).as_deref(), Some(right), "{written}");
        }
        for written in ["скоро", "2", "", "когда-нибудь", "5 штук"] {
            assert_eq!(duration(written), None, "{written}");
        }
    }

    #[test]
    fn rates_and_sizes_are_understood() {
        for (written, right) in [
            ("100 в минуту", "100/m"),
            ("100 per minute", "100/m"),
            ("10 запросов в секунду", "10/s"),
            ("1000 в час", "1000/h"),
            ("30/мин", "30/m"),
            ("60 rpm", "60/m"),
            ("100", "100/m"),
            ("1 раз в 5 минут", "12/h"),
            ("100 в сутки", "5/h"),
        ] {
            assert_eq!(rate(written).as_deref(), Some(right), "{written}");
        }
        assert_eq!(rate("часто"), None);
        for (written, right) in [
            ("2 мегабайта", "2MB"),
            ("2 Мб", "2MB"),
            ("2,5 MB", "2560KB"),
            ("500 кб", "500KB"),
            ("1 ГБ", "64MB"),
            ("2M", "2MB"),
        ] {
            assert_eq!(size(written).as_deref(), Some(right), "{written}");
        }
        assert_eq!(size("много"), None);
    }
}
