//! Secrets that senders give in the query of an address, and their comparison.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use percent_encoding::percent_decode_str;

/// Returns whether a given secret is the right one, but for blanks around it. The time of the
/// comparison does not depend on where they differ.
pub(super) fn is_equal(given: &str, wanted: &str) -> bool {
    // digests have one length, so the comparison reveals no length either
    let given = digest(&SHA256, given.trim().as_bytes());
    let wanted = digest(&SHA256, wanted.as_bytes());
    verify_slices_are_equal(given.as_ref(), wanted.as_ref()).is_ok()
}

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
