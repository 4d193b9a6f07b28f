//! Somebody who has signed in.

use aws_lc_rs::constant_time::verify_slices_are_equal;

use crate::domain::{Role, SessionHash};

/// The name of people who came by the link of the start.
pub(super) const BY_LINK: &str = "link";

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub(super) struct SignedIn {
    /// The name, as the audit log has it.
    pub(super) name: String,
    /// What the person may do.
    pub(super) role: Role,
    /// What forms and scripts of the person's pages send with every change.
    pub(super) csrf: String,
    /// The session; `None` of people whom a proxy has signed in.
    pub(super) session: Option<SessionHash>,
}

/// Compares texts in a time that does not depend on where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}
