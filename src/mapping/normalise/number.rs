//! Amounts and whole numbers as people type them.

use crate::domain::text;

/// Words and signs next to an amount, and their currencies; empty if several countries have a
/// currency of this name.
const CURRENCIES: &[(&str, &str)] = &[
    ("российских рублей", "RUB"),
    ("рублей", "RUB"),
    ("рубля", "RUB"),
    ("рубль", "RUB"),
    ("рублях", "RUB"),
    ("рубли", "RUB"),
    ("руб", "RUB"),
    ("р", "RUB"),
    ("rub", "RUB"),
    ("rur", "RUB"),
    ("₽", "RUB"),
    ("белорусских рублей", "BYN"),
    ("белорусских руб", "BYN"),
    ("бел. рублей", "BYN"),
    ("бел. руб", "BYN"),
    ("бел.руб", "BYN"),
    ("бел руб", "BYN"),
    ("бел. р", "BYN"),
    ("бел.р", "BYN"),
    ("byn", "BYN"),
    ("byr", "BYN"),
    ("br", "BYN"),
    ("долларов сша", "USD"),
    ("долларов", "USD"),
    ("доллара", "USD"),
    ("доллары", "USD"),
    ("доллар", "USD"),
    ("долл", "USD"),
    ("usd", "USD"),
    ("us$", "USD"),
    ("$", "USD"),
    ("евро", "EUR"),
    ("euro", "EUR"),
    ("eur", "EUR"),
    ("€", "EUR"),
    ("тенге", "KZT"),
    ("тнг", "KZT"),
    ("тг", "KZT"),
    ("kzt", "KZT"),
    ("₸", "KZT"),
    ("сумов", "UZS"),
    ("сума", "UZS"),
    ("сум", "UZS"),
    ("сўм", "UZS"),
    ("so'm", "UZS"),
    ("so’m", "UZS"),
    ("soʻm", "UZS"),
    ("so‘m", "UZS"),
    ("sum", "UZS"),
    ("uzs", "UZS"),
    ("сомов", "KGS"),
    ("сома", "KGS"),
    ("сом", "KGS"),
    ("kgs", "KGS"),
    ("сомони", "TJS"),
    ("tjs", "TJS"),
    ("драмов", "AMD"),
    ("драма", "AMD"),
    ("драм", "AMD"),
    ("amd", "AMD"),
    ("֏", "AMD"),
    ("лари", "GEL"),
    ("gel", "GEL"),
    ("₾", "GEL"),
    ("azn", "AZN"),
    ("₼", "AZN"),
    ("tmt", "TMT"),
    ("манатов", ""),
    ("маната", ""),
    ("манат", ""),
    ("mdl", "MDL"),
    ("леев", ""),
    ("лея", ""),
    ("лей", ""),
    ("гривен", "UAH"),
    ("гривны", "UAH"),
    ("гривна", "UAH"),
    ("гривень", "UAH"),
    ("грн", "UAH"),
    ("uah", "UAH"),
    ("₴", "UAH"),
    ("фунтов", "GBP"),
    ("gbp", "GBP"),
    ("£", "GBP"),
    ("юаней", "CNY"),
    ("юаня", "CNY"),
    ("юань", "CNY"),
    ("cny", "CNY"),
    ("rmb", "CNY"),
    ("иен", "JPY"),
    ("jpy", "JPY"),
    ("¥", ""),
    ("лир", "TRY"),
    ("лиры", "TRY"),
    ("try", "TRY"),
    ("tl", "TRY"),
    ("₺", "TRY"),
    ("злотых", "PLN"),
    ("pln", "PLN"),
    ("zł", "PLN"),
    ("chf", "CHF"),
    ("kč", "CZK"),
    ("czk", "CZK"),
    ("дирхамов", "AED"),
    ("aed", "AED"),
    ("₹", "INR"),
    ("inr", "INR"),
    ("₪", "ILS"),
    ("ils", "ILS"),
];

/// Words for the hundredth part, behind its digits.
const CENTS: &[&str] = &[
    "копеек",
    "копейки",
    "копейка",
    "коп",
    "центов",
    "цента",
    "цент",
    "cents",
    "тиын",
    "тийин",
];

/// An amount and its currency, if the text has one.
pub(super) struct Amount {
    pub(super) text: String,
    pub(super) currency: Option<&'static str>,
}

/// Returns the code of a currency that is written as a word or a sign.
pub(crate) fn currency(word: &str) -> Option<&'static str> {
    let lower = word.trim().trim_end_matches('.').to_lowercase();
    let found = CURRENCIES.iter().find(|(known, _)| *known == lower);
    found.map(|(_, code)| *code).filter(|code| !code.is_empty())
}

/// Normalises an amount: `3 500,50 ₽` becomes `3500.50`, `3500` stays.
pub(crate) fn money(text: &str) -> Option<String> {
    amount(text).map(|amount| amount.text)
}

/// Reads an amount with its currency.
pub(super) fn amount(text: &str) -> Option<Amount> {
    let lower = without_words(&text::lower(text.trim()));
    let (rest, cents) = match with_cents(&lower) {
        Some((rest, cents)) => (rest, Some(cents)),
        None => (lower.as_str(), None),
    };
    let is_cents_alone = cents.is_some() && rest.trim().is_empty();
    let (bare, currency) = without_currency(rest);
    let (sign, body) = signed(without_dash(&bare));
    let (whole, fraction) = split_fraction(body)?;
    let fraction = match (fraction, cents) {
        (Some(_), Some(_)) => return None,
        (fraction, None) => fraction,
        (None, cents) => cents,
    };
    let whole = if is_cents_alone {
        "0".to_owned()
    } else {
        grouped(&whole)?
    };
    let text = match fraction {
        None => format!("{sign}{whole}"),
        Some(fraction) => {
            let (whole, cents) = rounded(whole, &fraction)?;
            format!("{sign}{whole}.{cents:02}")
        }
    };
    Some(Amount { text, currency })
}

/// Removes an amount in words: `3500 (три тысячи пятьсот) рублей`.
fn without_words(lower: &str) -> String {
    if let Some((before, from)) = lower.split_once('(')
        && let Some((words, after)) = from.split_once(')')
        && !words.contains(|c: char| c.is_ascii_digit())
    {
        // 3500 (USD)
        let is_currency = without_currency(words).0.is_empty();
        let words = if is_currency { words.trim() } else { "" };
        return [before.trim(), words, after.trim()].join(" ");
    }
    lower.to_owned()
}

/// Separates the kopecks: `3500 руб. 50 коп.` gives `3500 руб. ` and `50`.
fn with_cents(lower: &str) -> Option<(&str, String)> {
    let text = lower.trim_end_matches(['.', ' ']);
    let word = CENTS.iter().find(|word| text.ends_with(**word));
    // `50к` alone may be fifty thousand
    let (rest, is_short) = match word {
        Some(word) => (text.strip_suffix(word)?, false),
        None => (text.strip_suffix('к')?, true),
    };
    let rest = rest.trim_end();
    let before = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = rest.get(before.len()..)?;
    let has_currency = without_currency(before).0.trim() != before.trim();
    let is_good = (1..=2).contains(&digits.len())
        && (has_currency || (!is_short && before.trim().is_empty()));
    is_good.then(|| (before, format!("{digits:0>2}")))
}

/// Removes the dash in place of kopecks: `3500,-`, `3500=`, `3500-00`.
fn without_dash(text: &str) -> &str {
    let is_dash = |c: char| matches!(c, '-' | '=' | '–' | '—');
    let bare = text
        .strip_suffix("00")
        .filter(|rest| rest.ends_with(is_dash));
    let bare = bare.unwrap_or(text);
    let without = bare.trim_end_matches(is_dash);
    if without.len() == bare.len() || !without.contains(|c: char| c.is_ascii_digit()) {
        return text;
    }
    without.trim_end_matches([',', '.', ' '])
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

/// Removes the words next to an amount, and returns their currency if it is one.
fn without_currency(text: &str) -> (String, Option<&'static str>) {
    let mut rest = text;
    let mut found: Option<&'static str> = None;
    let mut is_one = true;
    loop {
        rest = rest.trim().trim_end_matches('.');
        // none of them ends or begins with a digit
        let is_digit = |c: char| c.is_ascii_digit();
        let longest = |fits: &dyn Fn(&str) -> bool| {
            let fitting = CURRENCIES.iter().filter(|(word, _)| fits(word));
            fitting.max_by_key(|(word, _)| word.len())
        };
        let behind = (!rest.ends_with(is_digit))
            .then(|| longest(&|word| rest.ends_with(word)))
            .flatten();
        let before = (behind.is_none() && !rest.starts_with(is_digit))
            .then(|| longest(&|word| rest.starts_with(word)))
            .flatten();
        let Some((word, currency)) = behind.or(before) else {
            break;
        };
        let shorter = if behind.is_some() {
            rest.strip_suffix(word)
        } else {
            rest.strip_prefix(word)
        };
        rest = shorter.unwrap_or(rest).trim_start_matches('.');
        is_one &= found.is_none_or(|known| known == *currency);
        found = Some(currency);
    }
    let currency = found.filter(|currency| is_one && !currency.is_empty());
    (rest.to_owned(), currency)
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
