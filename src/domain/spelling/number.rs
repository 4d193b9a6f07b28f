//! Numbers and amounts.

/// Longer runs of digits are codes.
const MOST_DIGITS: usize = 15;

/// Returns a number with a point and without superfluous zeros: `3 500,00` is `3500`. A text with a
/// leading zero is a code, not a number.
pub(super) fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    if text.len() > 4 * MOST_DIGITS {
        return None;
    }
    let (sign, body) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest),
        None => ("", text),
    };
    let (whole, mark, fraction) = match body.rfind(['.', ',']) {
        Some(at) => (body.get(..at)?, body.get(at..=at)?, body.get(at + 1..)?),
        None => (body, "", ""),
    };
    let is_fraction = match mark {
        "" => true,
        // 3,500 may be three thousand
        "," => matches!(fraction.len(), 1 | 2),
        _ => (1..=MOST_DIGITS).contains(&fraction.len()),
    };
    let whole = digits(whole, mark)?;
    let is_code = whole.len() > MOST_DIGITS || (whole.len() > 1 && whole.starts_with('0'));
    if is_code || !is_fraction || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    Some(match (whole.as_str(), fraction) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}

/// Returns the number that a number field makes of a text, without the unit: `3 500 руб.` is `3500`.
pub(super) fn of_field(text: &str) -> Option<String> {
    canonical(text).or_else(|| {
        let is_sign = |c: char| c.is_whitespace() || matches!(c, '$' | '€' | '₽' | '£' | '¥');
        let rest = text.trim_start_matches(is_sign);
        let rest = rest.trim_end_matches(|c: char| is_sign(c) || c.is_alphabetic() || c == '.');
        canonical(rest)
    })
}

/// Returns the digits of a whole number, in one piece or in groups of three. `mark` separates the
/// fraction; the other mark may separate groups then: `3.500,00`.
fn digits(whole: &str, mark: &str) -> Option<String> {
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some(separator) = separator else {
        return plain(whole).then(|| whole.to_owned());
    };
    let is_separator = match separator {
        ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' => true,
        '.' => mark == ",",
        ',' => mark == ".",
        _ => false,
    };
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = (1..=3).contains(&first.len())
        && plain(first)
        && rest.iter().all(|group| group.len() == 3 && plain(group));
    (is_separator && is_grouped).then(|| whole.replace(separator, ""))
}

/// Returns the usual spellings of a number; none if the text is not one.
pub(super) fn spellings(text: &str) -> Vec<String> {
    let Some(number) = canonical(text) else {
        return Vec::new();
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let (plain, rare): (Vec<String>, Vec<String>) = match fraction.len() {
        0 => (
            ["", ".00", ",00"].map(str::to_owned).to_vec(),
            [".0", ",0"].map(str::to_owned).to_vec(),
        ),
        1 => (
            vec![format!(".{fraction}0"), format!(",{fraction}0")],
            vec![format!(".{fraction}"), format!(",{fraction}")],
        ),
        _ => (vec![format!(".{fraction}"), format!(",{fraction}")], vec![]),
    };
    let mut all: Vec<String> = plain
        .iter()
        .chain(&rare)
        .map(|fraction| format!("{whole}{fraction}"))
        .collect();
    for space in [' ', '\u{a0}'] {
        let grouped = grouped(whole, space);
        if grouped != whole {
            all.extend(plain.iter().map(|fraction| format!("{grouped}{fraction}")));
        }
    }
    all
}

/// Puts a space between thousands.
fn grouped(whole: &str, space: char) -> String {
    let count = whole.chars().filter(char::is_ascii_digit).count();
    let mut text = String::new();
    let mut seen = 0;
    for c in whole.chars() {
        if c.is_ascii_digit() {
            if seen > 0 && (count - seen) % 3 == 0 {
                text.push(space);
            }
            seen += 1;
        }
        text.push(c);
    }
    text
}

/// Divides `3500|RUB` into a number and the code of its currency.
fn money(text: &str) -> Option<(String, String)> {
    let (amount, currency) = text.split_once('|').unwrap_or((text, ""));
    Some((canonical(amount)?, currency.trim().to_uppercase()))
}

/// Returns whether two amounts are the same. One without a currency is compared by its number.
pub(super) fn is_same_money(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (money(one), money(other)) else {
        return false;
    };
    one.0 == other.0 && (one.1 == other.1 || one.1.is_empty() || other.1.is_empty())
}

/// Returns the spellings of an amount as the CRM stores amounts; none if the text is not one.
pub(super) fn money_spellings(text: &str) -> Vec<String> {
    let Some((number, currency)) = money(text) else {
        return Vec::new();
    };
    let more = match number
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len())
    {
        0 => vec![".0", ".00"],
        1 => vec!["0"],
        _ => vec![],
    };
    let amounts = std::iter::once(number.clone());
    let amounts = amounts.chain(more.into_iter().map(|zeros| format!("{number}{zeros}")));
    if currency.is_empty() {
        return amounts
            .flat_map(|amount| [format!("{amount}|"), amount])
            .collect();
    }
    amounts
        .map(|amount| format!("{amount}|{currency}"))
        .collect()
}
