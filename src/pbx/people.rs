//! The people of a portal, as PBXs ask about them. Their `Debug` omits names and numbers: they are
//! personal data.

use std::fmt;

/// An employee of the CRM.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// The number of the employee, as text.
    pub id: String,
    /// First and last name.
    pub name: String,
}

/// A client who was found by number.
#[derive(Clone, PartialEq, Eq)]
pub struct Client {
    /// The number in the CRM.
    pub id: i64,
    /// Whether it is a company; else a contact.
    pub is_company: bool,
    /// The name.
    pub name: String,
    /// The company of a contact, and its name if it is known.
    pub company: Option<(i64, Option<String>)>,
    /// The inner number of the responsible employee, or the employee's number in the CRM.
    pub owner: Option<String>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({})", self.id)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_company {
            "company"
        } else {
            "contact"
        };
        write!(f, "Client({kind} {})", self.id)
    }
}
