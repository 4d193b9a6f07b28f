//! The kinds of CRM records, with their names in the various parts of the API.

use serde::{Deserialize, Serialize};

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(in crate::simulator) enum Kind {
    /// A lead.
    Lead,
    /// A deal.
    Deal,
    /// A contact.
    Contact,
    /// A company.
    Company,
    /// The one smart process of the sandbox.
    Smart,
}

impl Kind {
    /// Every kind, in the order of the type numbers.
    pub(in crate::simulator) const ALL: [Self; 5] = [
        Self::Lead,
        Self::Deal,
        Self::Contact,
        Self::Company,
        Self::Smart,
    ];

    /// Returns the index in arrays with one element per kind.
    pub(in crate::simulator) fn place(self) -> usize {
        match self {
            Self::Lead => 0,
            Self::Deal => 1,
            Self::Contact => 2,
            Self::Company => 3,
            Self::Smart => 4,
        }
    }

    /// `entityTypeId` of the universal methods.
    pub(in crate::simulator) fn type_id(self) -> i64 {
        match self {
            Self::Lead => 1,
            Self::Deal => 2,
            Self::Contact => 3,
            Self::Company => 4,
            Self::Smart => 1036,
        }
    }

    /// The kind with this `entityTypeId`.
    pub(in crate::simulator) fn of_type(type_id: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.type_id() == type_id)
    }

    /// The word in classic method names and in the timeline.
    pub(in crate::simulator) fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Deal => "deal",
            Self::Contact => "contact",
            Self::Company => "company",
            Self::Smart => "dynamic_1036",
        }
    }

    /// The kind with this word, in any case.
    pub(in crate::simulator) fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word().eq_ignore_ascii_case(word))
    }

    /// `ENTITY_ID` of custom fields.
    pub(in crate::simulator) fn field_owner(self) -> &'static str {
        match self {
            Self::Lead => "CRM_LEAD",
            Self::Deal => "CRM_DEAL",
            Self::Contact => "CRM_CONTACT",
            Self::Company => "CRM_COMPANY",
            Self::Smart => "CRM_1",
        }
    }

    /// The field that holds the stage, where there are stages.
    pub(in crate::simulator) fn stage_field(self) -> Option<&'static str> {
        match self {
            Self::Lead => Some("STATUS_ID"),
            Self::Deal | Self::Smart => Some("STAGE_ID"),
            Self::Contact | Self::Company => None,
        }
    }

    /// Whether phones and e-mails belong to it.
    pub(in crate::simulator) fn has_multifields(self) -> bool {
        matches!(self, Self::Lead | Self::Contact | Self::Company)
    }

    /// Whether contacts are bound to it.
    pub(in crate::simulator) fn has_contacts(self) -> bool {
        matches!(self, Self::Lead | Self::Deal | Self::Smart)
    }
}
