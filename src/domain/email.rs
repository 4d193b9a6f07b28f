//! E-mail addresses as they are compared.

use std::fmt;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

/// An e-mail address: trimmed, in lower case, with a host that has a dot.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

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
    fn debug_tells_the_host_only() {
        let email = Email::parse("anna@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "Email(…@example.com)");
    }
}
