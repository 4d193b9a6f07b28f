//! People of the console: their roles, their sessions, and what they changed.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Bilingual, Lang};

/// What a person may do in the console. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees everything but secrets; people's data may be masked.
    Viewer,
    /// Replays and dismisses submissions, pauses destinations.
    Operator,
    /// Edits profiles.
    Author,
    /// Edits defaults and channels, erases people, manages users.
    Admin,
}

impl Role {
    /// All roles, the weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Author, Self::Admin];

    /// Returns the stable word in the store, in settings and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Author => "author",
            Self::Admin => "admin",
        }
    }

    /// Parses the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Returns the role as people read it.
    pub fn to_text(self, lang: Lang) -> &'static str {
        let russian = match self {
            Self::Viewer => "наблюдатель",
            Self::Operator => "оператор",
            Self::Author => "автор профилей",
            Self::Admin => "администратор",
        };
        Bilingual::new(self.as_str(), russian).pick(lang)
    }
}

/// A user of the console.
#[derive(Clone, PartialEq, Eq)]
pub struct ConsoleUser {
    /// The name to sign in with, also shown in the audit log: up to 64 characters.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The hash of the password in the PHC format of argon2.
    pub password: String,
    /// When the user was added.
    pub created_at: Timestamp,
}

impl fmt::Debug for ConsoleUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleUser")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

impl ConsoleUser {
    /// Returns whether the user of this name is the only administrator among these.
    pub fn is_last_admin(users: &[Self], name: &str) -> bool {
        let mut admins = users.iter().filter(|user| user.role == Role::Admin);
        admins.next().is_some_and(|user| user.name == name) && admins.next().is_none()
    }
}

/// SHA-256 of the secret in the cookie of a session. The secret is long and random.
pub type SessionHash = [u8; 32];

/// A session of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleSession {
    /// The user's name.
    pub user: String,
    /// What the user may do. For users of the store it is their current role.
    pub role: Role,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A change that a person made, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// The user's name.
    pub who: String,
    /// What was done: a stable word such as `replay` or `profile-saved`.
    pub action: String,
    /// To what: a file, an id, a name. It contains no personal data.
    pub about: String,
    /// Counts and other facts, without personal data.
    pub details: serde_json::Value,
}

/// A pause of a destination that a person has ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PausedByHand {
    /// Since when.
    pub since: Timestamp,
    /// The user's name.
    pub who: String,
    /// Why, in the person's words; may be empty.
    #[serde(default)]
    pub note: String,
}
