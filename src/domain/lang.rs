//! The languages of messages for senders and operators.

use serde::{Deserialize, Serialize};

/// Russian or English, the two languages of the survey portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Russian: the default, because the senders' contracts are in Russian.
    #[default]
    Ru,
    /// English.
    En,
}

impl Lang {
    /// Parses a language tag: `en`, `EN` and `en-US` are English. Returns `None` for other
    /// languages.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag
            .trim()
            .split(['-', '_'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match primary.as_str() {
            "ru" => Some(Self::Ru),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    /// Returns the tag: `ru` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}
