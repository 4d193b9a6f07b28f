//! Where a step is delivered to.

use std::fmt;

/// A destination that the settings name, such as a CRM connection. It is written as `crm:main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination {
    kind: String,
    name: String,
}

impl Destination {
    /// The kind of CRM connections.
    pub const CRM: &str = "crm";

    /// Creates a destination of this kind.
    pub fn new(kind: &str, name: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Creates a CRM connection.
    pub fn crm(name: &str) -> Self {
        Self::new(Self::CRM, name)
    }

    /// Parses a written destination. Returns `None` if it has no kind.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        (!kind.is_empty()).then(|| Self::new(kind, name))
    }

    /// Returns the kind, such as `crm`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Returns its name in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_parsed_from_its_text() {
        for name in ["main", "", "a:b"] {
            let destination = Destination::new("crm", name);
            assert_eq!(
                Destination::parse(&destination.to_string()),
                Some(destination)
            );
        }
        assert_eq!(Destination::parse("main"), None);
        assert_eq!(Destination::parse(":main"), None);
    }
}
