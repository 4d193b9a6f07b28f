//! Secrets that senders give in the query of an address, and their comparison.

use percent_encoding::percent_decode_str;

pub(super) use crate::domain::is_same_secret as is_equal;

/// Returns the first parameter of this name.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let pair = query.split('&').find(|pair| is_named(pair, name))?;
    let value = pair
        .split_once('=')
        .map_or("", |(_, value)| value)
        .replace('+', " ");
    Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
}

/// Returns whether a part of a query is a parameter of this name.
pub(super) fn is_named(pair: &str, name: &str) -> bool {
    let key = pair.split('=').next().unwrap_or_default();
    percent_decode_str(key).decode_utf8_lossy() == name
}
