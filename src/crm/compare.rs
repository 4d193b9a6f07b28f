//! Compares values as stored in the CRM with values from a submission.

use serde_json::Value;

use crate::domain::spelling::CompareAs;

/// Returns whether a stored value is a spelling of the wanted one; of a list, whether any member is.
pub fn values_equal(stored: &Value, wanted: &str, compare: CompareAs) -> bool {
    let stored = match stored {
        Value::Array(items) => {
            return items.iter().any(|item| values_equal(item, wanted, compare));
        }
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Object(_) => return false,
    };
    compare.is_same(&stored, wanted)
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
        let values_equal =
            |stored: &Value, wanted| super::values_equal(stored, wanted, CompareAs::Text);
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
