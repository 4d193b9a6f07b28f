//! How somebody can be reached: the lists of phones, addresses, sites and messengers that a contact or a
//! lead has, and when a value is new to them.

use std::fmt;

use crate::domain::{Email, Phone, PlannedValue};

/// The lists as they are stored, typed by whoever stored them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ContactDetails {
    /// Phones in any spelling.
    pub phones: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Addresses of sites and pages.
    pub sites: Vec<String>,
    /// Names in messengers.
    pub messengers: Vec<String>,
}

impl ContactDetails {
    /// Whether one of the phones is this number, however it is spelled.
    pub fn has_phone(&self, phone: &Phone) -> bool {
        self.phones.iter().any(|stored| phone.is_meant_by(stored))
    }

    /// Whether one of the addresses is this one, in whatever case.
    pub fn has_email(&self, email: &Email) -> bool {
        self.emails
            .iter()
            .any(|stored| Email::parse(stored).as_ref() == Some(email))
    }

    /// Whether one of the sites is this one, with or without `https://`, `www.` and a last slash.
    pub fn has_site(&self, site: &str) -> bool {
        self.sites.iter().any(|stored| bare(stored) == bare(site))
    }

    /// Whether one of the names is this one, with or without `@`, in whatever case.
    pub fn has_messenger(&self, name: &str) -> bool {
        let bare = |name: &str| name.trim().trim_start_matches('@').to_lowercase();
        self.messengers
            .iter()
            .any(|stored| bare(stored) == bare(name))
    }

    /// Whether one of the texts of this field begins so, as the portal compares them.
    pub fn begins(&self, name: &str, text: &str) -> bool {
        let stored = self.of_field(name).unwrap_or_default();
        let text = text.to_lowercase();
        stored
            .iter()
            .any(|stored| stored.to_lowercase().starts_with(&text))
    }

    /// The list that stands in this field of the CRM; `None` for a field that holds none of them.
    pub fn of_field(&self, name: &str) -> Option<&[String]> {
        match name {
            "PHONE" => Some(&self.phones),
            "EMAIL" => Some(&self.emails),
            "WEB" => Some(&self.sites),
            "IM" => Some(&self.messengers),
            _ => None,
        }
    }

    /// Whether the value is in its list; `None` for a value that belongs to none of them.
    pub fn has(&self, value: &PlannedValue) -> Option<bool> {
        match value {
            PlannedValue::Phone(phone) => Some(self.has_phone(phone)),
            PlannedValue::Email(email) => Some(self.has_email(email)),
            PlannedValue::Site(site) => Some(self.has_site(site.as_str())),
            PlannedValue::Messenger(name) => Some(self.has_messenger(name.as_str())),
            PlannedValue::Text(_) | PlannedValue::Member(_) | PlannedValue::Label(_) => None,
        }
    }
}

/// Counts only: the rest is somebody's data.
impl fmt::Debug for ContactDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactDetails")
            .field("phones", &self.phones.len())
            .field("emails", &self.emails.len())
            .finish_non_exhaustive()
    }
}

fn bare(site: &str) -> String {
    let site = site.trim().to_lowercase();
    let site = site
        .split_once("://")
        .map_or(site.as_str(), |(_, rest)| rest);
    let site = site.strip_prefix("www.").unwrap_or(site);
    site.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_in_another_dress_is_not_new() {
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
