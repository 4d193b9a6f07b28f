//! Ids, each with a type of its own: a contact is never mistaken for a deal.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Lang;

macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Returns the id if the number is above zero.
            pub fn new(id: i64) -> Option<Self> {
                (id > 0).then_some(Self(id))
            }

            /// Returns the number.
            pub fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

numeric_id! {
    /// A poll of the survey portal.
    PollId
}
numeric_id! {
    /// An answer given to a poll; the survey portal numbers all its answers in one sequence.
    AnswerId
}
numeric_id! {
    /// A contact of the CRM.
    ContactId
}
numeric_id! {
    /// A company of the CRM.
    CompanyId
}
numeric_id! {
    /// A lead, a deal or an item of the CRM.
    RecordId
}
numeric_id! {
    /// An employee of the CRM portal.
    UserId
}

numeric_id! {
    /// A smart process of the portal: its `entityTypeId`.
    ItemType
}

/// What kind of record a profile makes. Written as `lead`, `deal`, `item-1036`, or `company`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum EntityKind {
    /// A lead: a first approach, kept apart from the client base.
    Lead,
    /// A deal in one of the pipelines.
    Deal,
    /// An item of a smart process.
    Item(ItemType),
    /// A company, which a profile makes beside the record. Its fields are named like those of
    /// records, but it has no stages.
    Company,
}

impl EntityKind {
    /// Returns its word in a profile: `lead`, `deal`, `item` or `company`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Deal => "deal",
            Self::Item(_) => "item",
            Self::Company => "company",
        }
    }

    /// Parses what `Display` writes.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "lead" => Some(Self::Lead),
            "deal" => Some(Self::Deal),
            "company" => Some(Self::Company),
            _ => word
                .strip_prefix("item-")?
                .parse()
                .ok()
                .and_then(ItemType::new)
                .map(Self::Item),
        }
    }
}

impl EntityKind {
    /// Names one of this kind: `deal 7`, `сделка 7`.
    pub fn numbered(self, id: impl fmt::Display, lang: Lang) -> String {
        match (self, lang) {
            (kind, Lang::En) => format!("{kind} {id}"),
            (Self::Lead, Lang::Ru) => format!("лид {id}"),
            (Self::Deal, Lang::Ru) => format!("сделка {id}"),
            (Self::Item(process), Lang::Ru) => format!("элемент {id} процесса {process}"),
            (Self::Company, Lang::Ru) => format!("компания {id}"),
        }
    }
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lead | Self::Deal | Self::Company => f.write_str(self.as_str()),
            Self::Item(process) => write!(f, "item-{process}"),
        }
    }
}

impl From<EntityKind> for String {
    fn from(kind: EntityKind) -> Self {
        kind.to_string()
    }
}

impl TryFrom<String> for EntityKind {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        Self::parse(&word).ok_or_else(|| format!("`{word}` is no kind of record"))
    }
}

/// The id of a submission. Ordered by time; written as 32 lower-case hexadecimal digits, because
/// the CRM compares its `ORIGIN_ID` without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SubmissionId(Uuid);

impl SubmissionId {
    /// Creates an id from the machine's clock and randomness.
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }

    /// Returns when the id was created, which is when the submission was received; `None` for an id
    /// without a time.
    pub fn received_at(&self) -> Option<Timestamp> {
        let (seconds, nanoseconds) = self.0.get_timestamp()?.to_unix();
        let (seconds, nanoseconds) = (
            i64::try_from(seconds).ok()?,
            i32::try_from(nanoseconds).ok()?,
        );
        Timestamp::new(seconds, nanoseconds).ok()
    }

    /// Returns the 16 bytes, as stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Restores an id from 16 bytes; `None` for any other length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }

    /// Returns the last eight digits, for people. They are not unique enough for a key.
    pub fn short(&self) -> String {
        self.to_string().chars().skip(24).collect()
    }
}

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl FromStr for SubmissionId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self)
    }
}

impl From<SubmissionId> for String {
    fn from(id: SubmissionId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for SubmissionId {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Which installation wrote a CRM record: made once with the store, so that two gateways that feed
/// one portal do not mistake each other's records for their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstanceId(String);

impl InstanceId {
    /// Creates an id: eight random hexadecimal digits.
    pub fn fresh() -> Self {
        Self(
            Uuid::now_v7()
                .simple()
                .to_string()
                .chars()
                .skip(24)
                .collect(),
        )
    }

    /// Restores what the store holds.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the CRM's `ORIGINATOR_ID` of everything that this installation creates.
    pub fn originator(&self) -> String {
        format!("leadgate-{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_id_survives_text_bytes_and_json() {
        let id = SubmissionId::fresh();
        assert_eq!(id.to_string().parse::<SubmissionId>().ok(), Some(id));
        assert_eq!(SubmissionId::from_bytes(id.as_bytes()), Some(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<SubmissionId>(&json).unwrap(), id);
        assert_eq!(id.to_string().len(), 32);
        assert!(id.to_string().ends_with(&id.short()));
    }

    #[test]
    fn a_kind_of_record_is_one_word_in_every_format() {
        for word in ["lead", "deal", "item-1036", "company"] {
            let kind = EntityKind::parse(word).unwrap();
            assert_eq!(kind.to_string(), word);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{word}\""));
        }
        for word in ["item", "item-", "item-0", "item--1", "item-x", "contact"] {
            assert_eq!(EntityKind::parse(word), None, "{word}");
        }
    }

    #[test]
    fn an_id_is_above_zero() {
        assert_eq!(PollId::new(0), None);
        assert_eq!(PollId::new(-5), None);
        assert_eq!(PollId::new(5).map(PollId::get), Some(5));
    }
}
