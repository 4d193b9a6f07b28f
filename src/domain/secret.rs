//! Comparison of secrets.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};

/// Returns whether a given secret is the right one, but for blanks around it. The time of the
/// comparison does not depend on where they differ.
pub fn is_same_secret(given: &str, wanted: &str) -> bool {
    // digests have one length, so the comparison reveals no length either
    let given = digest(&SHA256, given.trim().as_bytes());
    let wanted = digest(&SHA256, wanted.as_bytes());
    verify_slices_are_equal(given.as_ref(), wanted.as_ref()).is_ok()
}
