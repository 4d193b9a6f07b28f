//! PHP's view of a value. The portal is written in PHP: a string is a number if it begins like one,
//! a list and a map are the same thing, and any non-empty array is 1. Clients meet these rules
//! whenever they send a wrong type, so the sandbox follows them exactly.

use serde_json::{Map, Value};

/// What PHP calls an array: our lists and objects alike.
pub(super) fn is_array(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// `(int)$value`: the leading digits of a text, 0 for an empty array and 1 for any other.
pub(super) fn intval(value: &Value) -> i64 {
    match value {
        Value::Null => 0,
        Value::Bool(flag) => i64::from(*flag),
        Value::Number(number) => number
            .as_i64()
            .unwrap_or_else(|| truncate(number.as_f64().unwrap_or(0.0))),
        Value::String(text) => truncate(leading_number(text)),
        Value::Array(list) => i64::from(!list.is_empty()),
        Value::Object(map) => i64::from(!map.is_empty()),
    }
}

/// `(float)$value`.
pub(super) fn floatval(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(0.0),
        Value::String(text) => leading_number(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            if intval(value) == 0 {
                0.0
            } else {
                1.0
            }
        }
    }
}

/// `(string)$value`: an array becomes the word `Array`.
pub(super) fn strval(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(false) => String::new(),
        Value::Bool(true) => "1".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => "Array".to_owned(),
    }
}

/// `(bool)$value`: the text `"false"` is true, `"0"` is not.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|it| it != 0.0),
        Value::String(text) => !text.is_empty() && text != "0",
        Value::Array(list) => !list.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// `gettype($value)`.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "double",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) | Value::Object(_) => "array",
    }
}

/// The members of an array in order; a scalar has none.
pub(super) fn members(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(at, member)| (at.to_string(), member))
            .collect(),
        Value::Object(map) => map.iter().map(|(key, it)| (key.clone(), it)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// The values of an array in order; a scalar is its own only value.
pub(super) fn values(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(map) => map.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![value],
    }
}

/// `$array[$key]`, also with a number as text into a list.
pub(super) fn member<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(key),
        Value::Array(list) => list_index(key).and_then(|at| list.get(at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Returns the number of a key that PHP would turn into an integer key: `7` is one, `07` and `+7`
/// are not.
pub(super) fn list_index(key: &str) -> Option<usize> {
    let canonical = key == "0" || (!key.starts_with('0') && !key.is_empty());
    (canonical && key.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| key.parse().ok())
        .flatten()
}

/// An object without visible members, which PHP prints as `{}`, unlike an empty array.
pub(super) fn hollow() -> Value {
    Value::Object(Map::from_iter([(HOLLOW.to_owned(), Value::Null)]))
}

/// The key that marks such an object; PHP marks private members by a zero as well.
const HOLLOW: &str = "\0";

/// Whether it is the value of [`hollow`].
pub(super) fn is_hollow(map: &Map<String, Value>) -> bool {
    map.len() == 1 && map.contains_key(HOLLOW)
}

/// Whether the keys are exactly 0..n in order, which is what makes PHP print a list.
pub(super) fn is_list(map: &Map<String, Value>) -> bool {
    map.keys()
        .enumerate()
        .all(|(at, key)| list_index(key) == Some(at))
}

/// The value as the portal would print it: maps with the keys 0..n, empty ones included, become
/// lists.
pub(super) fn shape(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let list = is_list(&map);
            let shaped = map.into_iter().map(|(key, it)| (key, shape(it)));
            if list {
                Value::Array(shaped.map(|(_, it)| it).collect())
            } else {
                Value::Object(shaped.collect())
            }
        }
        Value::Array(list) => Value::Array(list.into_iter().map(shape).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let mut end = 0;
    let (mut digits, mut dot, mut exponent) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => digits = true,
            b'+' | b'-' if at == 0 || (exponent && end_is_e(text, at)) => {}
            b'.' if !dot && !exponent => dot = true,
            b'e' | b'E' if digits && !exponent => exponent = true,
            _ => break,
        }
        end = at + 1;
    }
    let mut number = text.get(..end).unwrap_or_default();
    while !number.is_empty() {
        if let Ok(value) = number.parse::<f64>() {
            return value;
        }
        number = number.get(..number.len() - 1).unwrap_or_default();
    }
    0.0
}

fn end_is_e(text: &str, at: usize) -> bool {
    at.checked_sub(1)
        .and_then(|before| text.as_bytes().get(before))
        .is_some_and(|byte| matches!(byte, b'e' | b'E'))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "PHP truncates too, and `as` saturates where PHP is undefined"
)]
fn truncate(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_non_empty_array_is_one() {
        assert_eq!(intval(&json!([])), 0);
        assert_eq!(intval(&json!({})), 0);
        assert_eq!(intval(&json!([0])), 1);
        assert_eq!(intval(&json!({"LEAD": [5]})), 1);
    }

    #[test]
    fn a_text_is_the_number_it_begins_with() {
        assert_eq!(intval(&json!("15 штук")), 15);
        assert_eq!(intval(&json!(" -3")), -3);
        assert_eq!(intval(&json!("1e2")), 100);
        assert_eq!(intval(&json!("штук 15")), 0);
        assert!((floatval(&json!("1500.50 руб")) - 1500.5).abs() < f64::EPSILON);
        assert!(floatval(&json!("-")).abs() < f64::EPSILON);
    }

    #[test]
    fn the_text_false_is_true() {
        assert!(truthy(&json!("false")));
        assert!(!truthy(&json!("0")));
        assert!(!truthy(&json!(false)));
        assert!(!truthy(&json!([])));
    }

    #[test]
    fn a_map_with_keys_from_zero_is_a_list() {
        assert_eq!(shape(json!({"0": {}, "1": 2})), json!([[], 2]));
        assert_eq!(shape(json!({"1": 2})), json!({"1": 2}));
        assert_eq!(list_index("07"), None);
    }
}
