//! Words for comparisons: what people write who do not know the signs.

use super::is_number;

/// What a text means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// Another value.
    Value(String),
    /// A number between two.
    Range(String, String),
    /// A part of the text, as a regular expression.
    Search(String),
}

/// What a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    Number,
    Text,
}

const PRESENT: &[&str] = &[
    "exists",
    "exist",
    "is set",
    "isset",
    "set",
    "defined",
    "not empty",
    "notempty",
    "non-empty",
    "nonempty",
    "not null",
    "!null",
    "is not null",
    "is not empty",
    "not blank",
    "filled",
    "not absent",
    "!absent",
    "не пусто",
    "не пустое",
    "не пустой",
    "непусто",
    "непустое",
    "заполнено",
    "заполнен",
    "заполнена",
    "не null",
    "указано",
    "указан",
    "есть значение",
    "*",
    ".*",
    ".+",
    "присутствует",
    "required",
    "!empty",
    "!= empty",
    "!= null",
    "!= ''",
    "!= \"\"",
    "<> ''",
    "is present",
    "provided",
    "given",
    "has value",
    "введено",
    "введён",
    "введен",
    "задано",
    "задан",
    "не пустая",
    "не пустые",
    "не пуст",
];
const ABSENT: &[&str] = &[
    "empty",
    "is empty",
    "isempty",
    "blank",
    "null",
    "is null",
    "none",
    "undefined",
    "missing",
    "not set",
    "not present",
    "!present",
    "not exists",
    "пусто",
    "пустое",
    "пустой",
    "пустая",
    "не заполнено",
    "не заполнен",
    "не указано",
    "не указан",
    "нет значения",
    "отсутствует",
    "is absent",
    "== ''",
    "= ''",
    "не задано",
    "не введено",
];

/// Words for signs, the longer ones first.
const SIGNS: &[(&str, &str)] = &[
    ("больше или равно", ">="),
    ("меньше или равно", "<="),
    ("больше чем", ">"),
    ("меньше чем", "<"),
    ("не меньше", ">="),
    ("не менее", ">="),
    ("не больше", "<="),
    ("не более", "<="),
    ("больше", ">"),
    ("более", ">"),
    ("свыше", ">"),
    ("выше", ">"),
    ("меньше", "<"),
    ("менее", "<"),
    ("ниже", "<"),
    ("от", ">="),
    ("до", "<="),
    ("at least", ">="),
    ("at most", "<="),
    ("greater than", ">"),
    ("more than", ">"),
    ("less than", "<"),
    ("more", ">"),
    ("less", "<"),
    ("over", ">"),
    ("under", "<"),
    ("above", ">"),
    ("below", "<"),
    ("from", ">="),
    ("gte", ">="),
    ("lte", "<="),
    ("gt", ">"),
    ("lt", "<"),
    ("≥", ">="),
    ("≤", "<="),
];

/// Words for "not equal", and for "equal".
const UNEQUAL: &[&str] = &[
    "не равно ",
    "не равен ",
    "not equal ",
    "is not ",
    "neq ",
    "ne ",
    "≠",
    "!",
];
const EQUAL: &[&str] = &[
    "равно ",
    "равен ",
    "равна ",
    "равны ",
    "equals ",
    "equal ",
    "is ",
    "eq ",
    "===",
    "==",
    "=",
];

const CONTAINS: &[&str] = &[
    "содержит ",
    "включает ",
    "contains ",
    "includes ",
    "like ",
    "похоже на ",
    "~",
    "=~",
];
const BEGINS: &[&str] = &[
    "начинается с ",
    "starts with ",
    "startswith ",
    "begins with ",
];
const ENDS: &[&str] = &["заканчивается на ", "ends with ", "endswith "];
const ANY_OF: &[&str] = &[
    "in ",
    "one of ",
    "any of ",
    "один из ",
    "одно из ",
    "из списка ",
];

/// Returns what a text means that is no value.
pub(super) fn meant_by_words(text: &str, of: Compared) -> Option<Meant> {
    let lower = text.to_lowercase();
    let spaced = lower.replace(['_', '-'], " ");
    if PRESENT.contains(&lower.as_str()) || PRESENT.contains(&spaced.as_str()) {
        return Some(Meant::Value("present".to_owned()));
    }
    if ABSENT.contains(&lower.as_str()) || ABSENT.contains(&spaced.as_str()) {
        return Some(Meant::Value("absent".to_owned()));
    }
    if of == Compared::Number {
        return number(&lower);
    }
    if let Some(meant) = negated(text)
        .or_else(|| in_quotes(text))
        .or_else(|| one_or_other(text))
    {
        return Some(meant);
    }
    let behind = |words: &[&str]| {
        let word = words.iter().find(|word| lower.starts_with(**word))?;
        let skipped = word.chars().count();
        let rest: String = text.chars().skip(skipped).collect();
        let rest = rest.trim().trim_matches(['\'', '"', '«', '»']).to_owned();
        (!rest.is_empty()).then_some(rest)
    };
    if let Some(rest) = behind(ANY_OF)
        && (rest.starts_with(['[', '(']) || rest.contains(','))
    {
        let list = listed(rest.trim_matches(['[', ']', '(', ')'])).join(", ");
        return Some(Meant::Value(format!("[{list}]")));
    }
    let sign = SIGNS
        .iter()
        .find(|(word, _)| !word.starts_with(char::is_alphabetic) && lower.starts_with(word));
    if sign.is_some() {
        return number(&lower);
    }
    if let Some(rest) = behind(UNEQUAL) {
        return Some(Meant::Value(format!("\"!= {rest}\"")));
    }
    let is_sign = lower.starts_with('=');
    if let Some(rest) = behind(EQUAL).filter(|rest| is_sign || !rest.contains(' ')) {
        return Some(Meant::Value(rest));
    }
    let anchored = [(CONTAINS, "", ""), (BEGINS, "^", ""), (ENDS, "", "$")];
    for (words, before, after) in anchored {
        if let Some(rest) = behind(words) {
            return Some(Meant::Search(format!("{before}{}{after}", escaped(&rest))));
        }
    }
    pattern(text).or_else(|| alternatives(text))
}

/// `больше 1000`, `1000-5000`, `от 1000 до 5000`.
fn number(lower: &str) -> Option<Meant> {
    let sign = SIGNS.iter().find_map(|(word, sign)| {
        let rest = lower.strip_prefix(word)?.trim();
        is_number(rest).then(|| format!("\"{sign} {rest}\""))
    });
    if let Some(value) = sign {
        return Some(Meant::Value(value));
    }
    if let Some(rest) = lower.strip_prefix('=') {
        let rest = rest.trim_start_matches('=').trim();
        return is_number(rest).then(|| Meant::Value(rest.to_owned()));
    }
    let inside = ["от ", "between ", "между ", "from "]
        .iter()
        .find_map(|word| lower.strip_prefix(word))
        .unwrap_or(lower);
    for joint in [
        " до ", " and ", " и ", " to ", "...", "..", " - ", "-", "–", "—", ":",
    ] {
        if let Some((from, to)) = inside.split_once(joint) {
            let (from, to) = (from.trim(), to.trim());
            if is_number(from) && is_number(to) {
                return Some(Meant::Range(from.to_owned(), to.to_owned()));
            }
        }
    }
    None
}

/// `цена*`, `%цена%`, `/цена/i`, `^цена`.
fn pattern(text: &str) -> Option<Meant> {
    let has_word = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count() > 1;
    if let Some(inside) = text.strip_prefix('/')
        && let Some((inside, flags)) = inside.rsplit_once('/')
        && flags.chars().all(|c| "gimsu".contains(c))
        && has_word(inside)
        && !inside.contains(['\'', '\\', '/'])
    {
        return Some(Meant::Search(inside.to_owned()));
    }
    let is_regex = text.starts_with('^') || text.contains(".*") || text.contains(".+");
    if is_regex && has_word(text) && !text.contains(['\'', '\\']) {
        return Some(Meant::Search(text.trim_matches('/').to_owned()));
    }
    for sign in ['*', '%'] {
        let (begins, ends) = (text.starts_with(sign), text.ends_with(sign));
        let inside = text.trim_matches(sign);
        // `10%` is a share
        let is_share = sign == '%' && !begins;
        if !(begins || ends) || is_share || inside.contains(sign) || !has_word(inside) {
            continue;
        }
        let inside = escaped(inside.trim());
        return Some(Meant::Search(match (begins, ends) {
            (true, true) => inside,
            (true, false) => format!("{inside}$"),
            (false, _) => format!("^{inside}"),
        }));
    }
    None
}

/// `not Москва`. «не знаю» is an answer, «не Москва» is none.
fn negated(text: &str) -> Option<Meant> {
    let other = ["not ", "NOT "]
        .iter()
        .find_map(|word| text.strip_prefix(word));
    let named = ["не ", "НЕ "]
        .iter()
        .find_map(|word| text.strip_prefix(word));
    let named = named.filter(|rest| rest.starts_with(char::is_uppercase));
    let rest = other.or(named)?.trim();
    Some(Meant::Value(format!("\"!= {rest}\"")))
}

/// `'Москва'` within the quotes of YAML.
fn in_quotes(text: &str) -> Option<Meant> {
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = inside('\'').or_else(|| inside('"'))?;
    let is_text = !inside.is_empty() && !inside.contains(['\'', '"']);
    is_text.then(|| Meant::Value(inside.to_owned()))
}

/// `Москва или Казань`.
fn one_or_other(text: &str) -> Option<Meant> {
    let (one, other) = text
        .split_once(" или ")
        .or_else(|| text.split_once(" or "))?;
    let is_word = |part: &str| !part.trim().is_empty() && !part.contains(' ');
    let are_words = is_word(one) && is_word(other);
    are_words.then(|| Meant::Value(format!("[{one}, {other}]")))
}

/// `да | нет`, `да || нет`.
fn alternatives(text: &str) -> Option<Meant> {
    let parts: Vec<&str> = text
        .split('|')
        .map(|part| part.trim().trim_matches(['\'', '"']))
        .filter(|part| !part.is_empty())
        .collect();
    (parts.len() > 1).then(|| Meant::Value(format!("[{}]", parts.join(", "))))
}

/// Returns the values of a list in one text.
pub(super) fn listed(text: &str) -> Vec<&str> {
    let comma = [",", ";", "|", " или ", " or ", "/"]
        .into_iter()
        .find(|sign| text.contains(sign))
        .unwrap_or(",");
    text.split(comma)
        .map(|part| part.trim().trim_matches(['\'', '"', '|']))
        .filter(|part| !part.is_empty())
        .collect()
}

/// `> 1000 и < 5000`: the comparisons in a text.
pub(super) fn bounds(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut starts: Vec<usize> = Vec::new();
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        if matches!(c, '<' | '>') && !matches!(before, '<' | '>' | '=') {
            starts.push(at);
        }
        before = c;
    }
    for (index, start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        let part = text.get(*start..end).unwrap_or_default();
        let sign: String = part.chars().take_while(|c| "<>=".contains(*c)).collect();
        let written = part.get(sign.len()..).unwrap_or_default();
        let number: String = written
            .chars()
            .filter(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
            .collect();
        let number = number.trim_matches([',', '.']);
        let number = match multiplier(written) {
            None => number.to_owned(),
            // a fraction of a million is left to the author
            Some(zeros) if number.chars().all(|c| c.is_ascii_digit()) => format!("{number}{zeros}"),
            Some(_) => continue,
        };
        if is_number(&number) && !part.contains(':') {
            found.push(format!("{sign} {number}"));
        }
    }
    found
}

/// `100 тыс`, `2 млн`: returns the zeros that the word stands for.
fn multiplier(written: &str) -> Option<&'static str> {
    let word: String = written
        .chars()
        .filter(|c| c.is_alphabetic())
        .flat_map(char::to_lowercase)
        .collect();
    [
        ("тыс", "000"),
        ("k", "000"),
        ("к", "000"),
        ("thousand", "000"),
        ("млн", "000000"),
        ("миллион", "000000"),
        ("m", "000000"),
        ("million", "000000"),
        ("млрд", "000000000"),
    ]
    .into_iter()
    .find(|(start, _)| match start.len() {
        1 | 2 => word == *start,
        _ => word.starts_with(start),
    })
    .map(|(_, zeros)| zeros)
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')) {
        // a class needs no backslash, which tests of the packet write twice
        if "[](){}.*+?^$|".contains(c) {
            escaped.extend(['.']);
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_comparisons_are_known() {
        for (text, of, right) in [
            ("не пусто", Compared::Text, "present"),
            ("EXISTS", Compared::Number, "present"),
            ("пусто", Compared::Text, "absent"),
            ("больше 1000", Compared::Number, "\"> 1000\""),
            ("не менее 1 000", Compared::Number, "\">= 1 000\""),
            ("gt 5", Compared::Number, "\"> 5\""),
            ("≥ 5", Compared::Text, "\">= 5\""),
            ("не равно отказ", Compared::Text, "\"!= отказ\""),
            ("in [да, нет]", Compared::Text, "[да, нет]"),
            ("да | нет", Compared::Text, "[да, нет]"),
            ("== Москва", Compared::Text, "Москва"),
            ("= Нижний Новгород", Compared::Text, "Нижний Новгород"),
            ("=5", Compared::Number, "5"),
            ("== 1000", Compared::Number, "1000"),
        ] {
            let wanted = Meant::Value(right.to_owned());
            assert_eq!(meant_by_words(text, of), Some(wanted), "{text}");
        }
        for text in [
            "1000-5000",
            "от 1000 до 5000",
            "1000..5000",
            "между 1000 и 5000",
        ] {
            let wanted = Meant::Range("1000".to_owned(), "5000".to_owned());
            assert_eq!(
                meant_by_words(text, Compared::Number),
                Some(wanted),
                "{text}"
            );
        }
        for (text, pattern) in [
            ("цена*", "^цена"),
            ("*цена*", "цена"),
            ("%цена%", "цена"),
            ("/цена/i", "цена"),
            ("^цена", "^цена"),
            ("содержит «цена»", "цена"),
            ("начинается с цена", "^цена"),
        ] {
            let wanted = Meant::Search(pattern.to_owned());
            assert_eq!(meant_by_words(text, Compared::Text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_comparisons() {
        for text in [
            "больше 1000",
            "до 10 млн",
            "10%",
            "да",
            "не согласен",
            "от 18 лет",
            "5*",
            "C++",
            "Москва, центр",
            "1000-5000",
            "есть",
            "цена: 5",
            "не знаю",
        ] {
            assert_eq!(meant_by_words(text, Compared::Text), None, "{text}");
        }
    }
}
