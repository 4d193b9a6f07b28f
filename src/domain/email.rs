//! E-mail addresses as they are compared.

use std::fmt;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

/// An e-mail address: trimmed, in lower case, with a host that has a dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// So many addresses in one text are looked at.
const MOST: usize = 20;

impl Email {
    /// Reads what a person or a mail program wrote: `Anna@Example.com`, `mailto:anna@example.com`,
    /// `<anna@example.com>`, a trailing comma. `None` when it holds no address, or more than one.
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

    /// The first of several addresses with commas, semicolons or blanks between them, and the one of
    /// `Анна <anna@example.com>`. `None` when anything else stands there: half of an address with a blank in
    /// it may be somebody else's.
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

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
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
    fn what_is_no_address_is_refused() {
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
    fn of_several_addresses_the_first_is_taken_and_of_half_an_address_none() {
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
    fn debug_tells_the_host_only() {
        let email = Email::parse("anna@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(…@example.com)");
    }
}
