//! Calls of a PBX, as profiles see them: whatever the PBX, the member `call` of a packet has one
//! shape.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The name of the source.
pub const CALLS: &str = "pbx";

/// The member of a packet with the call.
const CALL: &str = "call";

/// The longest inner number, in digits; a longer one is a number of the telephone network.
const LONGEST_INNER: usize = 6;

/// A kind of call that a profile may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// A client called and was answered.
    Incoming,
    /// A client called and was not answered.
    Missed,
    /// An employee called, answered or not.
    Outgoing,
    /// An employee called another one.
    Internal,
}

impl CallKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Incoming, Self::Missed, Self::Outgoing, Self::Internal];

    /// Returns the word in profiles and packets.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Missed => "missed",
            Self::Outgoing => "outgoing",
            Self::Internal => "internal",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Returns the kind of the call in a packet.
    pub fn of_packet(packet: &Value) -> Option<Self> {
        Self::parse(packet.get(CALL)?.get("kind")?.as_str()?)
    }
}

impl fmt::Display for CallKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A kind of exchange with a PBX.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PbxDialect {
    /// `UserCRM`, of Runtel and of PBXs built on it.
    #[default]
    UserCrm,
    /// The API of Mango Office's virtual PBX.
    Mango,
}

impl PbxDialect {
    /// All dialects. What is stored without the name of one is read by the first that knows it.
    pub const ALL: [Self; 2] = [Self::UserCrm, Self::Mango];

    /// Returns the word in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserCrm => "usercrm",
            Self::Mango => "mango",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == word)
    }
}

/// Returns whether a number is one of the PBX's own: a few digits.
pub fn is_inner_number(text: &str) -> bool {
    let text = text.trim();
    (1..=LONGEST_INNER).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the digits of a line, as many as a portal keeps: the registration of a card and that of
/// its record must have the same, or the portal does not recognise the call.
pub fn line_digits(line: &str) -> Option<String> {
    /// The most characters of a line's number that the portal keeps.
    const LONGEST: usize = 50;
    let digits = line.chars().filter(char::is_ascii_digit).take(LONGEST);
    Some(digits.collect::<String>()).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_numbers_are_short_and_have_digits_only() {
        for (text, is_inner) in [
            ("9022", true),
            (" 101 ", true),
            ("123456", true),
            ("1234567", false),
            ("+7101", false),
            ("74951343060", false),
            ("anonymous", false),
            ("", false),
        ] {
            assert_eq!(is_inner_number(text), is_inner, "{text}");
        }
    }
}
