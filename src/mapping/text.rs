//! The one rendering of a packet's values as text.
//!
//! Text is trimmed; a number becomes its digits (12.0 is `12`); `true` and `false` become these
//! words; null and blank text are no value; a list becomes its values with `, ` between them (` | `
//! if there are blocks among them); a block becomes `key: value; key: value`, in brackets within
//! another one.

use std::borrow::Cow;

use serde_json::{Number, Value};

use crate::domain::text::head;

/// Deeper values are shown as `…`.
const DEEPEST: usize = 8;
/// Maximum length of a value.
pub(crate) const LONGEST: usize = 64 * 1024;
/// Maximum number of values of a list.
pub(crate) const MOST_ITEMS: usize = 1000;

/// Renders a value as text; returns `None` if it is empty.
pub(crate) fn of(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => Cow::Borrowed(text.trim()),
        Value::Number(number) => Cow::Owned(digits(number)),
        Value::Bool(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Value::Array(_) | Value::Object(_) => Cow::Owned(composite(value, 0)),
    };
    (!text.is_empty()).then(|| capped(text.into_owned()))
}

/// Returns the texts of a value: one for each element of a list, one for any other value; at most
/// one more than [`MOST_ITEMS`].
pub(crate) fn items(value: &Value, into: &mut Vec<String>) {
    collect(value, 0, into);
}

fn collect(value: &Value, depth: usize, into: &mut Vec<String>) {
    if into.len() > MOST_ITEMS {
        return;
    }
    match value {
        Value::Array(list) if depth < DEEPEST => {
            for item in list {
                collect(item, depth + 1, into);
            }
        }
        Value::Array(_)
        | Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => into.extend(of(value)),
    }
}

/// Renders a number without `.0` and without an exponent.
pub(crate) fn digits(number: &Number) -> String {
    if number.is_f64()
        && let Some(float) = number.as_f64()
    {
        return float.to_string();
    }
    number.to_string()
}

fn composite(value: &Value, depth: usize) -> String {
    if depth >= DEEPEST {
        return "…".to_owned();
    }
    let inside = |value: &Value| match value {
        Value::Array(_) | Value::Object(_) => {
            let text = composite(value, depth + 1);
            if text.is_empty() || text == "…" {
                text
            } else {
                format!("({text})")
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            of(value).unwrap_or_default()
        }
    };
    let mut parts = Vec::new();
    let separator = match value {
        Value::Array(list) => {
            for item in list.iter().take(MOST_ITEMS) {
                // the separator divides blocks in a list, not brackets
                let text = match item {
                    Value::Object(_) => composite(item, depth + 1),
                    _ => inside(item),
                };
                if !text.is_empty() {
                    parts.push(text);
                }
            }
            if list.iter().any(Value::is_object) {
                " | "
            } else {
                ", "
            }
        }
        Value::Object(map) => {
            for (key, item) in map.iter().take(MOST_ITEMS) {
                let text = inside(item);
                if !text.is_empty() {
                    parts.push(format!("{key}: {text}"));
                }
            }
            "; "
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => "",
    };
    capped(parts.join(separator))
}

/// Cuts a text to the maximum length of a field.
pub(crate) fn capped(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let mut end = LONGEST;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    head(
        &text,
        text.get(..end).map_or(0, |kept| kept.chars().count()),
    )
    .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_value_has_one_rendering() {
        for (value, text) in [
            (json!(" a  b\n"), Some("a  b")),
            (json!("  "), None),
            (json!(null), None),
            (json!(12.0), Some("12")),
            (json!(0.1), Some("0.1")),
            (json!(-7), Some("-7")),
            (
                json!(18_446_744_073_709_551_615_u64),
                Some("18446744073709551615"),
            ),
            (json!(1e21), Some("1000000000000000000000")),
            (json!(true), Some("true")),
            (json!([]), None),
            (json!({}), None),
            (json!(["a", null, "", 2, false]), Some("a, 2, false")),
            (
                json!({"code": "RU", "name": "Россия", "x": null}),
                Some("code: RU; name: Россия"),
            ),
            (
                json!({"a": {"b": 1, "c": [1, 2]}, "d": 2}),
                Some("a: (b: 1; c: (1, 2)); d: 2"),
            ),
            (
                json!([{"n": 1, "k": 2}, {"n": 3}]),
                Some("n: 1; k: 2 | n: 3"),
            ),
            (json!([[1, 2], 3]), Some("(1, 2), 3")),
        ] {
            assert_eq!(of(&value).as_deref(), text, "{value}");
        }
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let mut deep = json!("x");
        for _ in 0..100 {
            deep = json!({ "a": deep });
        }
        assert!(of(&deep).unwrap().contains('…'));
        let long = json!("я".repeat(100_000));
        assert!(of(&long).unwrap().len() <= LONGEST);
    }
}
