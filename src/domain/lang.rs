//! The languages in which senders and operators are spoken to.

use serde::{Deserialize, Serialize};

/// Russian or English; the survey portal knows these two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// Russian: the default, as the senders' contracts are written in it.
    #[default]
    Ru,
    /// English.
    En,
}

impl Lang {
    /// Reads a language tag: `en`, `EN` and `en-US` are English; `None` for what is neither language.
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

    /// The tag: `ru` or `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}
