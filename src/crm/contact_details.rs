//! The phones, e-mail addresses, sites and messengers of a contact or lead, and whether a value is
//! new to them.

use std::fmt;

use crate::domain::spelling::CompareAs;
use crate::domain::{Email, Phone, PlannedValue};

/// The contact details as stored, in the spelling of the person who typed them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ContactDetails {
    /// Phones in any spelling.
    pub phones: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Web addresses.
    pub sites: Vec<String>,
    /// Messenger names.
    pub messengers: Vec<String>,
}

impl ContactDetails {
    /// Returns whether one of the phones is this number, in any spelling.
    pub fn has_phone(&self, phone: &Phone) -> bool {
        self.phones.iter().any(|stored| phone.is_meant_by(stored))
    }

    /// Returns whether one of the addresses is this one, ignoring case.
    pub fn has_email(&self, email: &Email) -> bool {
        self.emails
            .iter()
            .any(|stored| Email::parse(stored).as_ref() == Some(email))
    }

    /// Returns whether one of the sites is this one in any spelling.
    pub fn has_site(&self, site: &str) -> bool {
        let mut stored = self.sites.iter();
        stored.any(|stored| CompareAs::Site.is_same(stored, site))
    }

    /// Returns whether one of the names is this one, bare or as a link.
    pub fn has_messenger(&self, name: &str) -> bool {
        let mut stored = self.messengers.iter();
        stored.any(|stored| CompareAs::Messenger.is_same(stored, name))
    }

    /// Returns whether a value of this CRM field begins with the text, ignoring case as the portal
    /// does.
    pub fn begins(&self, name: &str, text: &str) -> bool {
        let stored = self.of_field(name).unwrap_or_default();
        let text = text.to_lowercase();
        stored
            .iter()
            .any(|stored| stored.to_lowercase().starts_with(&text))
    }

    /// Returns the values of this CRM field; `None` for a field that holds no contact details.
    pub fn of_field(&self, name: &str) -> Option<&[String]> {
        match name {
            "PHONE" => Some(&self.phones),
            "EMAIL" => Some(&self.emails),
            "WEB" => Some(&self.sites),
            "IM" => Some(&self.messengers),
            _ => None,
        }
    }

    /// Returns whether the value is known; `None` for a value that is not a contact detail.
    pub fn has(&self, value: &PlannedValue) -> Option<bool> {
        match value {
            PlannedValue::Phone(phone) => Some(self.has_phone(phone)),
            PlannedValue::Email(email) => Some(self.has_email(email)),
            PlannedValue::Site(site) => Some(self.has_site(site.as_str())),
            PlannedValue::Messenger(name) => Some(self.has_messenger(name.as_str())),
            PlannedValue::Text(_)
            | PlannedValue::Member(_)
            | PlannedValue::Label(_)
            | PlannedValue::File(_) => None,
        }
    }
}

/// Prints counts only: the values are personal data.
impl fmt::Debug for ContactDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactDetails")
            .field("phones", &self.phones.len())
            .field("emails", &self.emails.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_a_known_value_in_another_spelling() {
        let details = ContactDetails {
            phones: vec!["8 (912) 345-67-89".into()],
            emails: vec!["Anna@Mail.example".into()],
            sites: vec!["https://www.Anna.example/".into()],
            messengers: vec!["@Anna".into()],
        };
        assert!(details.has_phone(&Phone::parse("+79123456789").unwrap()));
        assert!(details.has_email(&Email::parse("anna@mail.example").unwrap()));
        assert!(details.has_site("anna.example") && !details.has_site("anna.example/cv"));
        assert!(details.has_messenger("anna") && !details.has_messenger("anna2"));
    }
}
