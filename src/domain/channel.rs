//! The names of channels.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a channel: the last part of its address `/in/{channel}`. Small Latin letters,
/// digits, `-`, `_` and `.`, beginning with a letter or a digit. Capitals are converted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ChannelName(String);

/// What the settings tell about a channel, as it was when a request came: stored with it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChannelFacts {
    /// The name that people gave it.
    pub name: String,
}

impl ChannelFacts {
    /// The names that profiles use: `$channel.name`.
    pub const NAMES: [&str; 1] = ["name"];
}

impl ChannelName {
    /// The longest name.
    pub const LONGEST: usize = 64;

    /// Parses a name.
    pub fn parse(text: &str) -> Option<Self> {
        let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let good = text.len() <= Self::LONGEST
            && text.chars().all(letters)
            && text.starts_with(|c: char| c.is_ascii_alphanumeric());
        good.then(|| Self(text.to_ascii_lowercase()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChannelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ChannelName> for String {
    fn from(name: ChannelName) -> Self {
        name.0
    }
}

impl TryFrom<String> for ChannelName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not the name of a channel")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_plain_letters_and_ignores_case() {
        for (text, name) in [
            ("site-orders", Some("site-orders")),
            ("Site_Orders.2", Some("site_orders.2")),
            ("7", Some("7")),
            ("", None),
            (".hidden", None),
            ("-x", None),
            ("a/b", None),
            ("заказы", None),
            ("a b", None),
        ] {
            let parsed = ChannelName::parse(text);
            assert_eq!(parsed.as_ref().map(ChannelName::as_str), name, "{text}");
        }
        assert!(ChannelName::parse(&"a".repeat(64)).is_some());
        assert!(ChannelName::parse(&"a".repeat(65)).is_none());
    }
}
