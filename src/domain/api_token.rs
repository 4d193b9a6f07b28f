//! Tokens of the API, as the store keeps them: never the token itself.

use jiff::Timestamp;

/// What a token lets a program do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiScope {
    /// List submissions and read their histories, with the data of people.
    ReadSubmissions,
    /// Replay submissions, and dismiss those that wait for a person.
    WriteSubmissions,
    /// See live calls, and read the history and the users of PBXs, with the data of people.
    ReadCalls,
    /// Let a PBX call somebody, and hold calls.
    WriteCalls,
    /// See the destinations and the sources: what works, what waits, what came last.
    ReadDestinations,
    /// Pause and resume destinations.
    WriteDestinations,
    /// List profiles, and read their texts and versions.
    ReadProfiles,
    /// Save and restore profiles, as an author does.
    WriteProfiles,
}

impl ApiScope {
    /// All scopes.
    pub const ALL: [Self; 8] = [
        Self::ReadSubmissions,
        Self::WriteSubmissions,
        Self::ReadCalls,
        Self::WriteCalls,
        Self::ReadDestinations,
        Self::WriteDestinations,
        Self::ReadProfiles,
        Self::WriteProfiles,
    ];

    /// Returns the word in commands and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadSubmissions => "submissions:read",
            Self::WriteSubmissions => "submissions:write",
            Self::ReadCalls => "calls:read",
            Self::WriteCalls => "calls:write",
            Self::ReadDestinations => "destinations:read",
            Self::WriteDestinations => "destinations:write",
            Self::ReadProfiles => "profiles:read",
            Self::WriteProfiles => "profiles:write",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// A token of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Its name, by which people know it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<ApiScope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends, if it ends.
    pub expires_at: Option<Timestamp>,
}

impl ApiToken {
    /// Returns whether its time is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}

/// SHA-256 of a token. Tokens are long and random, so that nobody can guess one from it.
pub type TokenHash = [u8; 32];
