//! Words and functions of other languages in a test of the packet: `in`, `contains`, `LIKE`,
//! `is null`, `.includes(…)`.

use super::BadPath;
use super::mistakes::bad;
use crate::domain::bilingual;

/// How a word asks.
#[derive(Clone, Copy)]
enum Asked {
    AnyOf,
    NoneOf,
    Contains,
    Begins,
    Ends,
    Pattern,
    Present,
    Absent,
    More,
    Less,
    Equal,
    Unequal,
}

/// Words behind a path, the longer ones first.
const WORDS: &[(&str, Asked)] = &[
    (" not in ", Asked::NoneOf),
    (" in ", Asked::AnyOf),
    (" один из ", Asked::AnyOf),
    (" из списка ", Asked::AnyOf),
    (" contains ", Asked::Contains),
    (" includes ", Asked::Contains),
    (" содержит ", Asked::Contains),
    (" ~= ", Asked::Contains),
    (" *= ", Asked::Contains),
    (" starts with ", Asked::Begins),
    (" startswith ", Asked::Begins),
    (" begins with ", Asked::Begins),
    (" начинается с ", Asked::Begins),
    (" ^= ", Asked::Begins),
    (" ends with ", Asked::Ends),
    (" endswith ", Asked::Ends),
    (" заканчивается на ", Asked::Ends),
    (" $= ", Asked::Ends),
    (" like ", Asked::Contains),
    (" matches ", Asked::Pattern),
    (" match ", Asked::Pattern),
    (" =~ ", Asked::Pattern),
    (" ~ ", Asked::Pattern),
    (" is not null", Asked::Present),
    (" is not empty", Asked::Present),
    (" not null", Asked::Present),
    (" not empty", Asked::Present),
    (" не пусто", Asked::Present),
    (" заполнено", Asked::Present),
    (" exists", Asked::Present),
    (" present", Asked::Present),
    (" is null", Asked::Absent),
    (" is empty", Asked::Absent),
    (" пусто", Asked::Absent),
    (" absent", Asked::Absent),
    (" больше ", Asked::More),
    (" gt ", Asked::More),
    (" меньше ", Asked::Less),
    (" lt ", Asked::Less),
    (" is not ", Asked::Unequal),
    (" не равно ", Asked::Unequal),
    (" ne ", Asked::Unequal),
    (" neq ", Asked::Unequal),
    (" equals ", Asked::Equal),
    (" равно ", Asked::Equal),
    (" eq ", Asked::Equal),
    (" is ", Asked::Equal),
];

/// Functions behind a path.
const METHODS: &[(&str, Asked)] = &[
    (".includes(", Asked::Contains),
    (".contains(", Asked::Contains),
    (".startsWith(", Asked::Begins),
    (".startswith(", Asked::Begins),
    (".endsWith(", Asked::Ends),
    (".endswith(", Asked::Ends),
    (".match(", Asked::Pattern),
    (".test(", Asked::Pattern),
];

/// Explains a test that uses such a word.
pub(super) fn explain(text: &str) -> Option<BadPath> {
    let lower = text.to_lowercase();
    if lower.len() != text.len() {
        return None;
    }
    let found = |list: &'static [(&'static str, Asked)]| {
        list.iter().find_map(|(word, asked)| {
            let padded = format!("{lower} ");
            let at = padded.find(&word.to_lowercase())?;
            (at > 0).then_some((at, *word, *asked))
        })
    };
    let (at, word, asked) = found(METHODS).or_else(|| found(WORDS))?;
    let path = text.get(..at)?.trim();
    // anything joined is too much to rewrite
    if path.contains([' ', '=', '\'', '"', '(']) || text.contains("&&") || text.contains("||") {
        return None;
    }
    let rest = text.get(at + word.len()..).unwrap_or_default().trim();
    let rest = if word.ends_with('(') {
        rest.strip_suffix(')')?
    } else {
        rest
    };
    let right = rewritten(path, rest, asked)?;
    let shown = word.trim().trim_matches(['.', '(']);
    let message = bilingual!("a test has no `{shown}`", "в условии нет `{shown}`");
    let advice = bilingual!("write `{right}`", "напишите `{right}`");
    let start = at + word.len() - word.trim_start().len();
    let end = (start + word.trim().len()).min(text.len());
    Some(bad(text, start..end, message, advice))
}

fn rewritten(path: &str, rest: &str, asked: Asked) -> Option<String> {
    let value = rest.trim_matches(['\'', '"', '/']).trim_matches('%');
    let needs_value = !matches!(asked, Asked::Present | Asked::Absent);
    if needs_value == value.is_empty()
        || value.contains(['\'', '"', '\\']) && needs_value && !is_list(rest)
    {
        return None;
    }
    Some(match asked {
        Asked::AnyOf => joined(path, rest, "==", " || ")?,
        Asked::NoneOf => joined(path, rest, "!=", " && ")?,
        Asked::Contains => format!("search({path}, '{}')", escaped(value)),
        Asked::Begins => format!("search({path}, '^{}')", escaped(value)),
        Asked::Ends => format!("search({path}, '{}$')", escaped(value)),
        Asked::Pattern => format!("search({path}, '{value}')"),
        Asked::Present => path.to_owned(),
        Asked::Absent => format!("!{path}"),
        Asked::More => format!("{path} > {}", number(value)?),
        Asked::Less => format!("{path} < {}", number(value)?),
        Asked::Equal => format!("{path} == {}", literal(value)),
        Asked::Unequal => format!("{path} != {}", literal(value)),
    })
}

fn is_list(text: &str) -> bool {
    text.starts_with(['[', '(', '{'])
}

fn joined(path: &str, list: &str, sign: &str, joint: &str) -> Option<String> {
    let inside = list.trim_matches(['[', ']', '(', ')', '{', '}']);
    let tests: Vec<String> = inside
        .split([',', ';'])
        .map(|value| value.trim().trim_matches(['\'', '"']))
        .filter(|value| !value.is_empty() && !value.contains(['\'', '"', '\\']))
        .map(|value| format!("{path} {sign} {}", literal(value)))
        .collect();
    (!tests.is_empty()).then(|| tests.join(joint))
}

fn number(value: &str) -> Option<&str> {
    value.parse::<f64>().ok().map(|_| value)
}

/// A number as it is, a text in quotes.
fn literal(value: &str) -> String {
    match value {
        "true" | "false" | "null" => value.to_owned(),
        _ if value.parse::<i64>().is_ok() => value.to_owned(),
        _ => format!("'{value}'"),
    }
}

/// Escapes the signs of regular expressions.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for c in value.chars() {
        if "[](){}.*+?^$|".contains(c) {
            text.extend(["\\\\"]);
        }
        text.push(c);
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::domain::Lang;
    use crate::mapping::path::When;

    #[test]
    fn the_advice_on_a_word_of_another_language_is_a_test() {
        for (written, right) in [
            ("$.kind in [1, 2]", "$.kind == 1 || $.kind == 2"),
            ("$.kind IN ('a', 'b')", "$.kind == 'a' || $.kind == 'b'"),
            ("$.kind not in [1, 2]", "$.kind != 1 && $.kind != 2"),
            ("$.data.q contains 'цена'", "search($.data.q, 'цена')"),
            ("$.q содержит цена", "search($.q, 'цена')"),
            ("$.q LIKE '%цена%'", "search($.q, 'цена')"),
            ("$.q.includes('a.b')", "search($.q, 'a\\\\.b')"),
            ("$.q.startsWith('цена')", "search($.q, '^цена')"),
            ("$.q начинается с 'цена'", "search($.q, '^цена')"),
            ("$.q ends with 'цена'", "search($.q, 'цена$')"),
            ("$.q =~ /цена|опт/", "search($.q, 'цена|опт')"),
            ("$.q is not null", "$.q"),
            ("$.q exists", "$.q"),
            ("$.q не пусто", "$.q"),
            ("$.q is empty", "!$.q"),
            ("$.sum больше 1000", "$.sum > 1000"),
            ("$.kind eq 2", "$.kind == 2"),
            ("$.kind is not 'test'", "$.kind != 'test'"),
            ("$.kind !== 2", "$.kind != 2"),
            ("$.kind === 'a'", "$.kind == 'a'"),
            ("$.kind <> 2", "$.kind != 2"),
            ("$.sum =< 2", "$.sum <= 2"),
        ] {
            let bad = When::parse(written).unwrap_err();
            let advice = bad.advice.in_lang(Lang::En);
            assert_eq!(advice, format!("write `{right}`"), "{written}");
            assert!(When::parse(right).is_ok(), "{right}");
        }
    }
}
