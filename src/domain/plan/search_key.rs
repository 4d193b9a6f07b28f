//! The values by which people and records are searched.

use serde::{Deserialize, Serialize};

use crate::domain::{Email, EntityKind, Personal, Phone};

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
    /// One key for all spellings that the CRM compares as the same value, in whatever case, with or
    /// without `https://`, `www.`, `@`, or digits after the point. It may also join what differs:
    /// that costs a wait.
    pub(super) fn folded(self) -> Self {
        let Self::Field {
            entity,
            name,
            value,
        } = self
        else {
            return self;
        };
        let text = value.as_str().trim().to_lowercase();
        let bare = text
            .split_once("://")
            .map_or(text.as_str(), |(_, rest)| rest);
        let bare = bare.strip_prefix("www.").unwrap_or(bare);
        let bare = bare.trim_start_matches('@').trim_end_matches('/');
        let number = bare.parse::<f64>().ok().filter(|number| number.is_finite());
        let is_number = bare.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'-'));
        let value = match number.filter(|number| is_number && number.abs() < 1e15) {
            Some(number) => number.to_string(),
            None => bare.to_owned(),
        };
        Self::Field {
            entity,
            // `UF_CRM_9_ORDER_ID` and `ufCrm9OrderId` are one field
            name: name.replace('_', "").to_lowercase(),
            value: Personal::from(value),
        }
    }
}
