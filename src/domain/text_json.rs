//! JSON inside text: senders put whole objects into one field of a form (`payment={"amount":"7000"}`).
//! Such a text stays a text; these functions read what is inside it.

use std::borrow::Cow;
use std::iter;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::clean::entities;
use super::json::{self, Bounds, Mistake};

/// A text of a text: JSON that is encoded more often than this stays closed.
const MOST_ENCODINGS: usize = 3;
/// Deeper objects and lists inside a text stay closed.
const DEEPEST: usize = 64;
/// The most values in all texts of one packet.
const MOST_VALUES: usize = 100_000;

/// Returns whether a text may be JSON: a cheap look at its first character.
pub fn may_be_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with(['{', '[', '"', '\u{feff}'])
        || text.get(..3).is_some_and(|head| {
            head.eq_ignore_ascii_case("%7b") || head.eq_ignore_ascii_case("%5b")
        })
}

/// Returns the object or the list that a text holds. Reads also what forms make of JSON on its way:
/// backslashes before quotes, `&quot;`, `%7B`, and JSON that was encoded twice.
pub fn inside(text: &str) -> Option<Value> {
    inside_within(text, bounds(MOST_VALUES)).ok()?
}

/// The same, within these bounds. JSON beyond them is a mistake, with its place in the text that is
/// encoded.
pub(super) fn inside_within(text: &str, bounds: Bounds) -> Result<Option<Value>, Mistake> {
    let mut text = Cow::Borrowed(text.trim());
    for _ in 0..=MOST_ENCODINGS {
        if !may_be_json(&text) {
            return Ok(None);
        }
        match decode(&text, bounds)? {
            Some(Value::String(inner)) => text = Cow::Owned(inner.trim().to_owned()),
            Some(value @ (Value::Object(_) | Value::Array(_))) => return Ok(Some(value)),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn bounds(values: usize) -> Bounds {
    Bounds {
        depth: DEEPEST,
        values,
    }
}

fn decode(text: &str, bounds: Bounds) -> Result<Option<Value>, Mistake> {
    let read = |text: &str| match json::decode(text.as_bytes(), bounds) {
        Ok(decoded) => Ok(Some(decoded.value)),
        // a string is one value: what exceeds a limit is not JSON
        Err(mistake) if mistake.is_beyond() && !text.starts_with('"') => Err(mistake),
        Err(_) => Ok(None),
    };
    if text.starts_with('%') {
        let text = text.replace('+', " ");
        let plain = percent_decode_str(&text).decode_utf8();
        return plain.map_or(Ok(None), |plain| read(&plain));
    }
    let mut beyond = None;
    let spellings = iter::once(Some(Cow::Borrowed(text)))
        .chain(iter::once_with(|| without_slashes(text).map(Cow::Owned)))
        .chain(iter::once_with(|| without_entities(text).map(Cow::Owned)));
    for spelling in spellings.flatten() {
        match read(&spelling) {
            Ok(Some(value)) => return Ok(Some(value)),
            Ok(None) => {}
            Err(mistake) => beyond = beyond.or(Some(mistake)),
        }
    }
    beyond.map_or(Ok(None), Err)
}

/// Removes the backslashes that `addslashes` of PHP adds. They stand before every quote, also before
/// the first one.
fn without_slashes(text: &str) -> Option<String> {
    let first = text.find('"')?;
    if !text.get(..first)?.ends_with('\\') {
        return None;
    }
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            letter => plain.push(letter),
        }
    }
    Some(plain)
}

/// Replaces the entities that `htmlspecialchars` of PHP writes. No quote is left as it was.
fn without_entities(text: &str) -> Option<String> {
    let is_encoded = text.contains("&quot;") || text.contains("&#34;");
    (is_encoded && !text.contains('"')).then(|| entities(text))
}

/// Returns a copy of the value in which every text that holds an object or a list is replaced by
/// it; texts inside these stay texts. `None` if there are no such texts.
pub fn opened(value: &Value) -> Option<Value> {
    if !has_candidates(value) {
        return None;
    }
    let mut copy = value.clone();
    let mut opening = Opening {
        left: MOST_VALUES,
        is_any: false,
    };
    opening.open(&mut copy);
    opening.is_any.then_some(copy)
}

fn has_candidates(value: &Value) -> bool {
    match value {
        Value::String(text) => may_be_json(text),
        Value::Array(list) => list.iter().any(has_candidates),
        Value::Object(map) => map.values().any(has_candidates),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

struct Opening {
    /// The number of values that may still come out of texts.
    left: usize,
    is_any: bool,
}

impl Opening {
    fn open(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if may_be_json(text)
                    && let Ok(Some(inner)) = inside_within(text, bounds(self.left))
                {
                    self.left = self.left.saturating_sub(count(&inner));
                    self.is_any = true;
                    *value = inner;
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|value| self.open(value)),
            Value::Object(map) => map.values_mut().for_each(|value| self.open(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn count(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 0,
    };
    1 + inside
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_or_a_list_is_read_in_every_common_encoding() {
        let wanted = json!({"orderid": "18", "n": [1, {"a": "Ж"}]});
        let plain = wanted.to_string();
        let once = json!(plain).to_string();
        let twice = json!(once).to_string();
        let slashed = plain.replace('"', "\\\"");
        let entities = plain.replace('"', "&quot;");
        let percent =
            percent_encoding::utf8_percent_encode(&plain, percent_encoding::NON_ALPHANUMERIC);
        for text in [
            plain.clone(),
            format!("  \n{plain}\t"),
            format!("\u{feff}{plain}"),
            once,
            twice,
            slashed,
            entities,
            percent.to_string(),
            percent.to_string().to_lowercase().replace("u0", "U0"),
        ] {
            assert_eq!(inside(&text), Some(wanted.clone()), "{text}");
        }
        assert_eq!(inside(" [1, 2] "), Some(json!([1, 2])));
        assert_eq!(inside("[]"), Some(json!([])));
        let quoted = json!({"a": "say \"yes\" \\ no"});
        let slashed = quoted
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"");
        assert_eq!(inside(&slashed), Some(quoted));
    }

    #[test]
    fn other_texts_stay_texts() {
        for text in [
            "",
            "7000",
            "null",
            "true",
            "\"quoted\"",
            "\"{not json}\"",
            "{name}",
            "[важно] перезвонить",
            "{\"a\":1} и ещё",
            "{\"a\":",
            "[1,2",
            "+7 (912) 345-67-89",
            "%7Bname%7D",
            "100%5B",
            "{&quot;a\": 1}",
            "{'a': 1}",
        ] {
            assert_eq!(inside(text), None, "{text}");
        }
    }

    #[test]
    fn only_one_layer_of_texts_is_opened_at_a_time() {
        let body = json!({"data": "{\"cart\": \"[1]\"}", "list": ["{}", "x"], "n": 1});
        let once = opened(&body).unwrap();
        assert_eq!(
            once,
            json!({"data": {"cart": "[1]"}, "list": [{}, "x"], "n": 1})
        );
        let twice = opened(&once).unwrap();
        assert_eq!(twice["data"], json!({"cart": [1]}));
        assert_eq!(opened(&twice), None);
        assert_eq!(opened(&json!({"a": "[важно]"})), None);
    }

    #[test]
    fn texts_with_too_many_values_stay_closed() {
        let large = format!("[{}]", vec!["0"; MOST_VALUES].join(","));
        assert_eq!(inside(&large), None);
        let half = format!("[{}]", vec!["0"; MOST_VALUES * 2 / 3].join(","));
        let body = json!([half, half, "[1]"]);
        let once = opened(&body).unwrap();
        assert!(once[0].is_array() && once[1].is_string() && once[2].is_array());
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(inside(&deep), None);
        // commas in strings are no values, also behind backslashes
        let commas = json!({"a": ",".repeat(MOST_VALUES + 1)});
        let slashed = commas.to_string().replace('"', "\\\"");
        assert_eq!(inside(&slashed), Some(commas));
        let nested = (0..10).fold("{}".to_owned(), |text, _| json!(text).to_string());
        assert_eq!(inside(&nested), None);
    }
}
