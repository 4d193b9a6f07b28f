//! Text with personal data.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Text that a person typed: names, notes, anything from a packet. The journal stores it and
/// operators see it; `Debug` never prints it, because `Debug` ends up in logs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal(String);

impl Personal {
    /// Wraps a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `: «text»` to go behind a sentence, or nothing without text.
    pub fn behind_colon(&self) -> String {
        match self.0.trim() {
            "" => String::new(),
            text => format!(": «{text}»"),
        }
    }

    /// Returns the text, for the CRM and the journal.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl From<String> for Personal {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Personal {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Personal({} chars)", self.0.chars().count())
    }
}
