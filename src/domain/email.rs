//! E-mail addresses, normalised for comparing.

use std::fmt;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

/// An e-mail address: trimmed, in lower case, with a host that has a dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// Maximum number of addresses that are read in one text.
const MOST: usize = 20;

impl Email {
    /// Parses what a person or a mail program wrote: `Anna@Example.com`, `mailto:anna@example.com`,
    /// `<anna@example.com>`, a trailing comma. Returns `None` for no address, and for more than
    /// one.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = typed.trim().trim_matches(['<', '>', ',', ';']).trim();
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        let options = Options::default()
            .with_required_tld()
            .without_domain_literal()
            .without_display_text();
        EmailAddress::parse_with_options(text, options).ok()?;
        Some(Self(text.to_lowercase()))
    }
    /// Returns the first of several addresses that are separated by commas, semicolons or blanks,
    /// and the one of `Анна <anna@example.com>`. Returns `None` if there is other text: half of an
    /// address with a blank in it may be another person's.
    pub fn first_of(typed: &str) -> Option<Self> {
        if let Some(email) = Self::parse(typed) {
            return Some(email);
        }
        let typed = typed.trim().trim_end_matches(['.', ',', ';']);
        let named = typed
            .strip_suffix('>')
            .and_then(|text| text.rsplit_once('<'));
        if let Some((_, address)) = named {
            return Self::parse(address);
        }
        let parts = typed.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';'));
        let parts = parts.filter(|part| !part.is_empty()).take(MOST);
        let all: Option<Vec<Self>> = parts.map(Self::parse).collect();
        all?.into_iter().next()
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
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_and_exports_write_them() {
        for typed in [
            "test@dev.null",
            " Test@Dev.NULL ",
            "<test@dev.null>",
            "mailto:test@dev.null",
            "test@dev.null,",
        ] {
            assert_eq!(
                Email::parse(typed).as_ref().map(Email::as_str),
                Some("test@dev.null")
            );
        }
    }

    #[test]
    fn refuses_text_that_is_not_an_address() {
        for typed in [
            "",
            "нет",
            "a@b",
            "a@b.c, d@e.f",
            "@dev.null",
            "a@",
            "Anna <a@b.c",
            "a b@c.de",
        ] {
            assert_eq!(Email::parse(typed), None, "{typed}");
        }
    }

    #[test]
    fn takes_the_first_of_several_addresses_and_no_half_address() {
        let first = |typed: &str| Email::first_of(typed).map(|email| email.as_str().to_owned());
        for typed in [
            "a@b.cd",
            "a@b.cd.",
            "A@b.cd, d@e.fg",
            "a@b.cd;d@e.fg;",
            "a@b.cd d@e.fg",
            "Анна Петрова <a@b.cd>",
            "\"Petrova, Anna\" <a@b.cd>",
        ] {
            assert_eq!(first(typed).as_deref(), Some("a@b.cd"), "{typed}");
        }
        for typed in [
            "",
            ",",
            "anna a@b.cd",
            "a@b.cd, нет",
            "a @b.cd",
            "<a@b.cd> и ещё",
        ] {
            assert_eq!(first(typed), None, "{typed}");
        }
    }

    #[test]
    fn debug_shows_only_the_host() {
        let email = Email::parse("anna@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(…@example.com)");
    }
}
