//! The values by which people and records are searched.

use serde::{Deserialize, Serialize};

use crate::domain::{Email, EntityKind, Personal, Phone, spelling};

/// One value by which a person or a record is searched.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchKey {
    /// A phone of a contact.
    Phone(Phone),
    /// An e-mail address of a contact.
    Email(Email),
    /// Another field of a contact (`entity` is `None`) or of a lead or deal.
    Field {
        /// Whose field.
        entity: Option<EntityKind>,
        /// Its name in the CRM.
        name: String,
        /// The value as text.
        value: Personal,
    },
}

impl SearchKey {
    /// One key for all spellings of a value. It may also join what differs: that costs a wait.
    pub(super) fn folded(self) -> Self {
        let Self::Field {
            entity,
            name,
            value,
        } = self
        else {
            return self;
        };
        let value = spelling::folded(&name, value.as_str());
        Self::Field {
            entity,
            // `UF_CRM_9_ORDER_ID` and `ufCrm9OrderId` are one field
            name: name.replace('_', "").to_lowercase(),
            value: Personal::from(value),
        }
    }
}
