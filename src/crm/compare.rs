//! Compares values as stored in the CRM with values from a submission.

use serde_json::Value;

/// Returns whether a stored value equals the wanted one: numbers by value (`3500` is `3500.00`),
/// text without regard to case and outer spaces, a list if any member is equal.
pub fn values_equal(stored: &Value, wanted: &str) -> bool {
    let stored = match stored {
        Value::Array(items) => return items.iter().any(|item| values_equal(item, wanted)),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Object(_) => return false,
    };
    let (stored, wanted) = (stored.trim(), wanted.trim());
    stored.to_lowercase() == wanted.to_lowercase() || numbers_equal(stored, wanted)
}

/// Returns whether two texts are the same number, such as `3500` and `3500.00`. A text with a
/// leading zero is a code, not a number.
pub(crate) fn numbers_equal(one: &str, other: &str) -> bool {
    let number = |text: &str| {
        let is_number = text
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-')
            && (!text.starts_with('0') || text.starts_with("0.") || text == "0");
        text.parse::<f64>()
            .ok()
            .filter(|number| is_number && number.is_finite() && number.abs() < 1e15)
    };
    match (number(one), number(other)) {
        (Some(one), Some(other)) => (one - other).abs() < f64::EPSILON,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn compares_numbers_by_value_and_text_without_case() {
        assert!(values_equal(&json!("3500.00"), "3500"));
        assert!(values_equal(&json!(3500), "3500.00"));
        assert!(values_equal(&json!("0.00"), "0"));
        assert!(values_equal(&json!("Заказ"), "заказ "));
        assert!(values_equal(&json!(["a", "b"]), "B"));
        assert!(
            !values_equal(&json!("007"), "7"),
            "leading zeros are part of a code"
        );
        assert!(!values_equal(&json!(null), ""));
    }
}
