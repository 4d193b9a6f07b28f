//! Who calls: what a PBX is told about a number and about the employees.

use std::fmt;

use crate::domain::UserId;

/// A contact or company that has the number of a caller.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerRow {
    /// Its id.
    pub id: i64,
    /// Whether it is a company; else a contact.
    pub is_company: bool,
    /// Its name.
    pub name: String,
    /// The company of a contact, and its name if it was read.
    pub company: Option<(i64, Option<String>)>,
    /// The responsible employee.
    pub owner: Option<UserId>,
}

/// Prints ids only: names are personal data.
impl fmt::Debug for CallerRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_company {
            "Company"
        } else {
            "Contact"
        };
        write!(f, "{kind}({})", self.id)
    }
}

/// An active employee of the portal.
#[derive(Clone, PartialEq, Eq)]
pub struct ColleagueRow {
    /// The id.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// The inner number, if there is one and the webhook may see it.
    pub inner: Option<String>,
    /// The e-mail address, if the webhook may see it.
    pub email: Option<String>,
}

/// Prints the id only: names are personal data.
impl fmt::Debug for ColleagueRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Colleague({})", self.id)
    }
}
