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
    /// See the destinations: what works, what waits, their limits, fields and lists.
    ReadDestinations,
    /// Pause, resume and probe destinations, check portals, and read their fields and lists again.
    WriteDestinations,
    /// List profiles, and read their texts and versions.
    ReadProfiles,
    /// Save and restore profiles, as an author does.
    WriteProfiles,
    /// See the sources: what came last, what was refused, and the settings of channels.
    ReadSources,
    /// Change channels, and make and revoke their keys, as an administrator does.
    WriteSources,
    /// List the users of the console and the tokens of the API.
    ReadUsers,
    /// Add, change and remove users, end their sessions, and revoke tokens.
    WriteUsers,
    /// Read the audit log.
    ReadAudit,
    /// Erase everything that is stored about a person.
    ErasePeople,
}

impl ApiScope {
    /// All scopes.
    pub const ALL: [Self; 14] = [
        Self::ReadSubmissions,
        Self::WriteSubmissions,
        Self::ReadCalls,
        Self::WriteCalls,
        Self::ReadDestinations,
        Self::WriteDestinations,
        Self::ReadProfiles,
        Self::WriteProfiles,
        Self::ReadSources,
        Self::WriteSources,
        Self::ReadUsers,
        Self::WriteUsers,
        Self::ReadAudit,
        Self::ErasePeople,
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
            Self::ReadSources => "sources:read",
            Self::WriteSources => "sources:write",
            Self::ReadUsers => "users:read",
            Self::WriteUsers => "users:write",
            Self::ReadAudit => "audit:read",
            Self::ErasePeople => "people:erase",
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
