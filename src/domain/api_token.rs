//! Tokens of the API, as the store keeps them: never the token itself.

use jiff::Timestamp;

/// What a token lets a program do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiScope {
    /// List submissions and read their histories, with the data of people.
    ReadSubmissions,
}

impl ApiScope {
    /// All scopes.
    pub const ALL: [Self; 1] = [Self::ReadSubmissions];

    /// Returns the word in commands and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadSubmissions => "submissions:read",
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
