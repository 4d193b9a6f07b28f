//! The people of a portal, as PBXs ask about them.

/// An employee of the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The number of the employee, as text.
    pub id: String,
    /// First and last name.
    pub name: String,
}

/// A client who was found by number.
#[derive(Debug, Clone, PartialEq, Eq)]
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
