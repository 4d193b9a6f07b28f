//! Values as PBXs write them.

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde_json::Value;

/// Returns a text or a number as text; `None` if it is empty or anything else.
pub(super) fn text_of(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The longest id, in bytes.
pub(super) const LONGEST_ID: usize = 200;

/// Returns an id of bounded length: a digest stands for a longer one.
pub(super) fn short_id(id: String) -> String {
    if id.len() <= LONGEST_ID {
        return id;
    }
    let digest = digest(&SHA256, id.as_bytes());
    format!("sha256:{}", HEXLOWER.encode(digest.as_ref()))
}

/// Returns whether an id tells nothing: `0`, or a UUID of zeros.
pub(super) fn is_nil(id: &str) -> bool {
    id.bytes().all(|byte| matches!(byte, b'0' | b'-'))
}

/// The fewest digits of a number that has its country code; ten digits are a number without it.
const WITH_COUNTRY: usize = 11;

/// Returns a number with a plus: PBXs leave it out here and there. Inner and hidden numbers, and those
/// without a country code, stay as they are.
pub(super) fn international(number: String) -> String {
    let has_digits_only = number.bytes().all(|byte| byte.is_ascii_digit());
    if has_digits_only && number.len() >= WITH_COUNTRY && !number.starts_with('8') {
        format!("+{number}")
    } else {
        number
    }
}
