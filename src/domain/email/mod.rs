//! E-mail addresses, normalised for comparing.

mod typed;

use std::fmt;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

pub use self::typed::TypedEmails;

/// An e-mail address: trimmed, in lower case, with a host that has a dot, the host in ASCII.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Parses what a person or a mail program wrote: `Anna@Example.com`, `mailto:anna@example.com`,
    /// `<anna@example.com>`, a trailing comma. Returns `None` for no address, and for more than
    /// one. A host in national letters is written as DNS writes it: `xn--…`.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = typed.trim().trim_matches(['<', '>', ',', ';']).trim();
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        EmailAddress::parse_with_options(text, options).ok()?;
        if text.is_ascii() {
            return Some(Self(text.to_ascii_lowercase()));
        }
        let (mailbox, host) = text.rsplit_once('@')?;
        let host = idna::domain_to_ascii(host).ok()?;
        Some(Self(format!("{}@{host}", mailbox.to_lowercase())))
    }

    /// Reads every address of a text; see [`TypedEmails`].
    pub fn all_of(typed: &str) -> TypedEmails {
        typed::read(typed)
    }

    /// Returns the first of the addresses of a text.
    pub fn first_of(typed: &str) -> Option<Self> {
        Self::all_of(typed).emails.into_iter().next()
    }

    /// Returns the spellings of this address that a CRM may have stored: with the host as DNS
    /// writes it, and with its national letters.
    pub fn spellings(&self) -> Vec<String> {
        let mut all = vec![self.0.clone()];
        if let Some((mailbox, host)) = self.0.rsplit_once('@')
            && host.contains("xn--")
            && let (host, Ok(())) = idna::domain_to_unicode(host)
        {
            let national = format!("{mailbox}@{host}");
            if national != self.0 {
                all.push(national);
            }
        }
        all
    }

    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part after the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email(…@{})", self.domain())
    }
}

#[cfg(test)]
mod tests;
