//! Amounts and whole numbers as people type them.

use crate::domain::text;

/// Words and signs that are allowed next to an amount.
const CURRENCIES: &[&str] = &[
    "рублей",
    "рубля",
    "рубль",
    "руб",
    "р",
    "rub",
    "rur",
    "₽",
    "usd",
    "$",
    "eur",
    "€",
    "kzt",
    "тенге",
    "₸",
    "byn",
    "gbp",
    "£",
    "cny",
    "¥",
    "uah",
    "₴",
];

/// Normalises an amount: `3 500,50 ₽` becomes `3500.50`, `3500` stays.
pub(crate) fn money(text: &str) -> Option<String> {
    let (sign, body) = signed(&without_currency(text));
    let (whole, fraction) = split_fraction(body)?;
    let whole = grouped(&whole)?;
    let Some(fraction) = fraction else {
        return Some(format!("{sign}{whole}"));
    };
    let (whole, cents) = rounded(whole, &fraction)?;
    Some(format!("{sign}{whole}.{cents:02}"))
}

/// Normalises a whole number: `1 000` becomes `1000`, `12.0` becomes `12`; `12,5` is not one.
pub(super) fn integer(text: &str) -> Option<String> {
    let (sign, body) = signed(text.trim());
    let (whole, fraction) = match body.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => {
            (whole.to_owned(), true)
        }
        Some(_) => return None,
        None => (body, false),
    };
    let digits = if fraction {
        plain(&whole)?
    } else {
        grouped(&whole)?
    };
    Some(if digits == "0" {
        digits
    } else {
        format!("{sign}{digits}")
    })
}

fn without_currency(text: &str) -> String {
    let lower = text::lower(text.trim());
    let mut rest = lower.as_str();
    loop {
        let before = rest;
        rest = rest.trim().trim_end_matches('.');
        // none of them ends or begins with a digit
        let is_digit = |c: char| c.is_ascii_digit();
        for word in CURRENCIES {
            if !rest.ends_with(is_digit) {
                rest = rest.strip_suffix(word).unwrap_or(rest);
            }
            if !rest.starts_with(is_digit) {
                rest = rest.strip_prefix(word).unwrap_or(rest);
            }
        }
        if rest == before {
            return rest.to_owned();
        }
    }
}

fn signed(text: &str) -> (&'static str, String) {
    match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest.trim_start().to_owned()),
        None => ("", text.strip_prefix('+').unwrap_or(text).to_owned()),
    }
}

/// Distinguishes the decimal mark from the marks between thousands.
fn split_fraction(body: String) -> Option<(String, Option<String>)> {
    let Some(last) = body.rfind(['.', ',']) else {
        return Some((body, None));
    };
    let (before, after) = body.split_at_checked(last)?;
    let mark = after.chars().next()?;
    let after = after.get(1..)?;
    let other = if mark == '.' { ',' } else { '.' };
    let repeated = before.contains(mark);
    let thousands = after.len() == 3 && (1..=3).contains(&before.len()) && before != "0";
    if repeated || (thousands && !before.contains(other)) {
        // 1.234.567 or 3,500: marks between thousands, no fraction
        return Some((body.replace(mark, " "), None));
    }
    if after.is_empty() || !after.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((before.replace(other, " "), Some(after.to_owned())))
}

/// Returns the digits, which are in one piece or in groups of three.
fn grouped(text: &str) -> Option<String> {
    let groups: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, '\'' | '’' | '_'))
        .filter(|group| !group.is_empty())
        .collect();
    let (first, rest) = groups.split_first()?;
    if !rest.is_empty() && (first.len() > 3 || rest.iter().any(|group| group.len() != 3)) {
        return None;
    }
    plain(&groups.concat())
}

fn plain(digits: &str) -> Option<String> {
    if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let short = digits.trim_start_matches('0');
    Some(if short.is_empty() { "0" } else { short }.to_owned())
}

/// Returns two digits after the mark, rounded by the third.
fn rounded(whole: String, fraction: &str) -> Option<(String, u32)> {
    let digit = |index: usize| {
        fraction
            .as_bytes()
            .get(index)
            .map_or(0, |b| u32::from(b - b'0'))
    };
    let cents = digit(0) * 10 + digit(1) + u32::from(digit(2) >= 5);
    if cents < 100 {
        return Some((whole, cents));
    }
    let next: u64 = whole.parse::<u64>().ok()?.checked_add(1)?;
    Some((next.to_string(), 0))
}
