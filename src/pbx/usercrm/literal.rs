//! Rewrites a Python literal as JSON. The documentation of the exchange prints its samples so, and
//! one of them lacks a comma; what a PBX really sends may look the same.

use std::iter::Peekable;
use std::str::Chars;

/// Rewrites quotes, `True`, `False` and `None`, adds commas that are missing and removes those that
/// are too many. Returns `None` for anything that is no literal.
pub(super) fn to_json(text: &str) -> Option<String> {
    let mut json = String::with_capacity(text.len() + 16);
    let mut signs = text.trim_start_matches('\u{feff}').chars().peekable();
    // whether a value has just ended, and whether a comma came after it
    let (mut is_after_value, mut has_comma) = (false, false);
    while let Some(sign) = signs.peek().copied() {
        match sign {
            sign if sign.is_whitespace() => {
                signs.next();
            }
            ',' => {
                signs.next();
                has_comma = true;
            }
            ':' => {
                signs.next();
                json.push(':');
                is_after_value = false;
            }
            '}' | ']' | ')' => {
                signs.next();
                json.push(if sign == '}' { '}' } else { ']' });
                (is_after_value, has_comma) = (true, false);
            }
            _ => {
                if is_after_value || has_comma {
                    json.push(',');
                }
                has_comma = false;
                is_after_value = value(&mut signs, &mut json)?;
            }
        }
    }
    Some(json)
}

/// Rewrites a text, a word, or the bracket that opens a list; returns whether the value has ended.
fn value(signs: &mut Peekable<Chars<'_>>, json: &mut String) -> Option<bool> {
    let first = signs.next()?;
    match first {
        '{' => json.push('{'),
        '[' | '(' => json.push('['),
        '"' | '\'' => {
            quoted(first, signs, json)?;
            return Some(true);
        }
        _ => {
            let mut word = first.to_string();
            while let Some(letter) =
                signs.next_if(|it| it.is_ascii_alphanumeric() || "+-._".contains(*it))
            {
                word.push(letter);
            }
            // `u'text'` and `b'text'`
            if matches!(word.as_str(), "u" | "b")
                && let Some(quote) = signs.next_if(|it| matches!(it, '"' | '\''))
            {
                quoted(quote, signs, json)?;
                return Some(true);
            }
            json.push_str(match word.as_str() {
                "True" | "true" => "true",
                "False" | "false" => "false",
                "None" | "null" | "nan" | "inf" | "-inf" => "null",
                number if number.starts_with(|c: char| c.is_ascii_digit() || c == '-') => number,
                _ => return None,
            });
            return Some(true);
        }
    }
    Some(false)
}

/// Rewrites a text whose opening quote was read.
fn quoted(quote: char, signs: &mut Peekable<Chars<'_>>, json: &mut String) -> Option<()> {
    json.push('"');
    loop {
        match signs.next()? {
            sign if sign == quote => break,
            '"' => json.push_str("\\\""),
            '\\' => match signs.next()? {
                '\'' => json.push('\''),
                'x' => {
                    json.push_str("\\u00");
                    for _ in 0..2 {
                        json.push(signs.next_if(char::is_ascii_hexdigit)?);
                    }
                }
                known @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                    json.push('\\');
                    json.push(known);
                }
                // Python keeps the backslash of an escape that it does not know
                other => {
                    json.push_str("\\\\");
                    json.push(other);
                }
            },
            sign if sign.is_control() => {
                // as JSON writes it: escaped, in quotes
                let escaped = serde_json::to_string(&sign.to_string()).ok()?;
                json.push_str(escaped.trim_matches('"'));
            }
            sign => json.push(sign),
        }
    }
    json.push('"');
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn literals_are_rewritten_as_json() {
        for (literal, value) in [
            ("{'a': 'b'}", json!({"a": "b"})),
            (
                "{'a': True, 'b': None, 'c': [1, 2.5, -3, 1e3,],}",
                json!({"a": true, "b": null, "c": [1, 2.5, -3, 1e3]}),
            ),
            ("{\"a\": \"1\"\n\"b\": \"2\"}", json!({"a": "1", "b": "2"})),
            (
                "{'a': {} 'b': [] 'c': 1 'd': (1, 2)}",
                json!({"a": {}, "b": [], "c": 1, "d": [1, 2]}),
            ),
            (
                r#"{'it\'s "x"': 'a\\b\xe9\u0430\q'}"#,
                json!({"it's \"x\"": "a\\béа\\q"}),
            ),
            (
                "{u'a': u'\u{410}', \"b\": \"it's\"}",
                json!({"a": "А", "b": "it's"}),
            ),
            ("{'a': 'x\ty'}", json!({"a": "x\ty"})),
            ("[,]", json!([])),
        ] {
            let read: Value = serde_json::from_str(&to_json(literal).unwrap()).unwrap();
            assert_eq!(read, value, "{literal}");
        }
    }

    #[test]
    fn anything_else_stays_as_it_is() {
        for text in [
            "{'a': b}",
            "{'a",
            "{'a': '\\x1'}",
            "{'a': 'b\\",
            "привет",
            "<a/>",
            "a=1&b=2",
        ] {
            assert_eq!(to_json(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_json_stays_the_same(text in "[a-z'\"\\\\{}:,\\[\\] 0-9]{0,40}") {
            if let Ok(value) = serde_json::from_str::<Value>(&text)
                && (value.is_object() || value.is_array())
            {
                let again = to_json(&text).and_then(|json| serde_json::from_str::<Value>(&json).ok());
                proptest::prop_assert_eq!(again, Some(value));
            }
        }
    }
}
