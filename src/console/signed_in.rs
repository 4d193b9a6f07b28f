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
    /// Whether the console is in a frame of a portal.
    pub(super) is_in_portal: bool,
}

/// The names of employees of portals: `acme.bitrix24.ru/67`. Users and people of a proxy cannot have
/// such names.
pub(super) mod employee {
    /// Returns the name of an employee.
    pub(in crate::console) fn name(portal: &str, number: u64) -> String {
        format!("{portal}/{number}")
    }

    /// Returns the portal and the number of an employee's name.
    pub(in crate::console) fn parse(name: &str) -> Option<(&str, u64)> {
        let (portal, number) = name.rsplit_once('/')?;
        Some((portal, number.parse().ok()?))
    }
}

/// Compares texts in a time that does not depend on where they differ.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}
