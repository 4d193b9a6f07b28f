//! The contact of a CRM step: how it is found, and what to do if it cannot be.

use serde::{Deserialize, Serialize};

use super::{PlannedField, Responsible};

/// The contact half of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactPlan {
    /// Whether one matching field is enough.
    pub match_: Match,
    /// What to do if several contacts match.
    pub several: Several,
    /// Which contact is used if the search keys find different ones.
    #[serde(default, skip_serializing_if = "is_default")]
    pub conflict: Conflict,
    /// What to do if no search field has a value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without_key: WithoutKey,
    /// The responsible employee of a new contact; `None` means that of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responsible: Option<Responsible>,
    /// Its fields in the profile's order; left-out values are not among them.
    pub fields: Vec<PlannedField>,
}

/// Which of the flagged fields must agree. A field with several values, such as `PHONE`, agrees
/// when one of them does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Any flagged field finds a contact.
    #[default]
    Any,
    /// All flagged fields that have a value must agree.
    All,
    /// Any of these groups finds a contact: a group does when each of its fields has a value and
    /// agrees.
    Groups(Vec<Vec<String>>),
}

/// What to do if several contacts match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Several {
    /// Take the one with the lowest id.
    #[default]
    Oldest,
    /// Take the one with the highest id.
    Newest,
    /// Bind every one to the record.
    All,
    /// Leave the choice to a person.
    Park,
}

/// Which contact is used if the search keys disagree: one finds this contact, another finds that
/// one, and none has both values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The one that the first key of the profile finds.
    #[default]
    Order,
    /// The one with the lowest id.
    Oldest,
    /// The one with the highest id.
    Newest,
    /// Leave the choice to a person.
    Park,
    /// The CRM merges them into the one that the first key finds.
    Merge,
}

impl Conflict {
    /// Returns the word of profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Order => "order",
            Self::Oldest => "oldest",
            Self::Newest => "newest",
            Self::Park => "park",
            Self::Merge => "merge",
        }
    }
}

/// What to do if no search field of the contact has a value, so that no repeat would find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WithoutKey {
    /// Create it.
    #[default]
    Create,
    /// Leave the submission to a person.
    Park,
    /// Create the record without a contact.
    SkipContact,
}

pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
