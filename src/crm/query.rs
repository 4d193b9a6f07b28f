//! What delivery asks a CRM, and the rows that come back.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::compare::values_equal;
use super::contact_details::ContactDetails;
use crate::domain::{ContactId, Email, EntityKind, Phone, RecordId, Several, SubmissionId, UserId};

/// Field values of a row by their CRM names, as the CRM gave them.
pub type FieldMap = BTreeMap<String, Value>;

/// How many rows come at once, and how many ids one question may name (REST documentation, "list
/// methods").
pub const PAGE_SIZE: usize = 50;

/// How many owners of one phone or address the portal's index names, those with the lowest ids (REST
/// documentation, "crm.duplicate.findbycomm").
pub const DUPLICATE_LIMIT: usize = 20;

/// One question. A list of them shares as few calls as possible.
#[derive(Clone, PartialEq)]
pub enum Query {
    /// Ids of the contacts that may own this phone, in any stored spelling.
    ContactsByPhone(Phone),
    /// Ids of the contacts that may own this address.
    ContactsByEmail(Email),
    /// Ids of the contacts with these values in fields of theirs.
    ContactsByFields {
        /// Names and values.
        fields: Vec<(String, String)>,
        /// Which of them matter; more pages are read until these are there.
        several: Several,
    },
    /// Ids of the contacts one of whose phones or addresses begins with this text, as it is stored.
    ContactsByText {
        /// `PHONE` or `EMAIL`.
        field: &'static str,
        /// The beginning.
        text: String,
        /// Which of them matter.
        several: Several,
    },
    /// Ids of the leads that may own this phone, in any stored spelling.
    LeadsByPhone(Phone),
    /// Ids of the leads that may own this address.
    LeadsByEmail(Email),
    /// The contact that we created for this submission, if we did.
    ContactByOrigin(SubmissionId),
    /// These contacts with their phones, addresses, owner, and the named fields.
    Contacts {
        /// Whose; [`PAGE_SIZE`] at most.
        ids: Vec<ContactId>,
        /// Further fields to bring.
        select: Vec<String>,
    },
    /// Leads, deals or items with the named fields.
    Records {
        /// Leads, deals or items.
        kind: EntityKind,
        /// Which of them.
        which: RecordFilter,
        /// Further fields to bring.
        select: Vec<String>,
    },
    /// All contacts of an item, the main one first. The rows of a list are no source for that: some
    /// portals name in them only the contacts that were asked for, and cut the last row.
    ContactsOfItem {
        /// The item's process.
        kind: EntityKind,
        /// Which.
        id: RecordId,
    },
    /// Whether the record's timeline holds a comment with this marker.
    CommentWithMarker {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// The marker's text.
        marker: String,
    },
    /// Whether one of the record's to-dos, open or done, holds this marker.
    TodoWithMarker {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// The marker's text.
        marker: String,
    },
    /// The final stages of a pipeline.
    FinalStages {
        /// Deals or items.
        kind: EntityKind,
        /// The pipeline.
        category: i64,
    },
    /// The employees with this address.
    EmployeesByEmail(Email),
}

impl Query {
    /// The question after what we created for this submission.
    pub fn ours(kind: EntityKind, id: SubmissionId) -> Self {
        Self::Records {
            kind,
            which: RecordFilter::CreatedFor(id),
            select: Vec::new(),
        }
    }
}

/// Which records are meant. `among` names the stages that count as open; empty, every stage that is not
/// final does.
#[derive(Clone, PartialEq)]
pub enum RecordFilter {
    /// Leads that were offered for a phone or an address; [`PAGE_SIZE`] at most.
    DuplicateCandidates(Vec<RecordId>),
    /// Those of one of several contacts, of which only the ids were known; [`PAGE_SIZE`] at most.
    LinkedIds(Vec<RecordId>),
    /// The one that an earlier attempt wrote to, if it is still there.
    Earlier(RecordId),
    /// What we created for this submission, if we did.
    CreatedFor(SubmissionId),
    /// Leads or deals whose main contact is one of these and that are open.
    ByMainContact {
        /// Whose; [`PAGE_SIZE`] at most.
        contacts: Vec<ContactId>,
        /// The stages that count as open.
        among: Vec<String>,
    },
    /// What this contact is bound to, as its main contact or as one of several, and is open: of leads
    /// and deals the ids, of items the rows. Items do not tell whether their stage is final: without
    /// `among` all come, and [`Query::FinalStages`] tells.
    ByContact {
        /// Whose.
        contact: ContactId,
        /// The stages that count as open.
        among: Vec<String>,
    },
    /// Those with this value in a field of theirs, in whatever stage: an open one goes before a closed
    /// one, then the newest matters.
    ByFieldValue {
        /// The field.
        name: String,
        /// The value.
        value: String,
        /// The stages that count as open.
        among: Vec<String>,
    },
    /// Leads one of whose phones or addresses begins with this text, as it is stored; the same go first.
    ByPrefix {
        /// `PHONE` or `EMAIL`.
        field: &'static str,
        /// The beginning.
        text: String,
        /// The stages that count as open.
        among: Vec<String>,
    },
}

/// What a question brought.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryResult {
    /// Ids of contacts, lowest first; those of an item in its own order.
    ContactIds(Vec<ContactId>),
    /// Ids of leads or deals, lowest first.
    RecordIds(Vec<RecordId>),
    /// Contacts, lowest id first.
    Contacts(Vec<ContactRow>),
    /// Records, lowest id first.
    Records(Vec<RecordRow>),
    /// Yes or no.
    Present(bool),
    /// Codes of stages.
    Stages(Vec<String>),
    /// Employees.
    Employees(Vec<EmployeeRow>),
}

/// A contact as stored.
#[derive(Clone, PartialEq)]
pub struct ContactRow {
    /// Its id.
    pub id: ContactId,
    /// Who is responsible for it.
    pub owner: Option<UserId>,
    /// Its phones, addresses, sites and messengers.
    pub details: ContactDetails,
    /// The fields that were asked for.
    pub fields: FieldMap,
}

impl ContactRow {
    /// Whether this value stands in this field.
    pub fn holds(&self, name: &str, value: &str) -> bool {
        holds(&self.details, &self.fields, name, value)
    }
}

/// A lead, deal or item as stored.
#[derive(Clone, PartialEq)]
pub struct RecordRow {
    /// Its id.
    pub id: RecordId,
    /// Its stage, such as `NEW` or `C1:NEW`; empty where a smart process has none.
    pub stage: String,
    /// Whether that stage is final; `None` where the portal does not say so beside the row.
    pub is_final: Option<bool>,
    /// Its main contact.
    pub contact: Option<ContactId>,
    /// Contacts of it that the portal names beside the row; there may be more.
    pub contacts: Vec<ContactId>,
    /// Who is responsible for it.
    pub owner: Option<UserId>,
    /// A lead's own phones, addresses, sites and messengers.
    pub details: ContactDetails,
    /// The fields that were asked for.
    pub fields: FieldMap,
}

impl RecordRow {
    /// Whether it stands in one of these stages, or, where none is named, in one that the portal calls
    /// not final.
    pub fn is_open(&self, among: &[String]) -> bool {
        if among.is_empty() {
            return self.is_final == Some(false);
        }
        among.contains(&self.stage)
    }

    /// Whether this value stands in this field.
    pub fn holds(&self, name: &str, value: &str) -> bool {
        holds(&self.details, &self.fields, name, value)
    }
}

fn holds(details: &ContactDetails, fields: &FieldMap, name: &str, value: &str) -> bool {
    match name {
        "WEB" => details.has_site(value),
        "IM" => details.has_messenger(value),
        _ => fields
            .get(name)
            .is_some_and(|stored| values_equal(stored, value)),
    }
}

/// An employee of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeRow {
    /// The id.
    pub id: UserId,
    /// Neither dismissed nor an outsider.
    pub active: bool,
    /// Departments.
    pub departments: Vec<i64>,
}

/// Names the question; the values are somebody's data.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContactsByPhone(phone) => write!(f, "ContactsByPhone({phone:?})"),
            Self::ContactsByEmail(email) => write!(f, "ContactsByEmail({email:?})"),
            Self::ContactsByFields { fields, .. } => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
                write!(f, "ContactsByFields({names:?})")
            }
            Self::ContactsByText { field, .. } => write!(f, "ContactsByText({field})"),
            Self::LeadsByPhone(phone) => write!(f, "LeadsByPhone({phone:?})"),
            Self::LeadsByEmail(email) => write!(f, "LeadsByEmail({email:?})"),
            Self::FinalStages { kind, category } => write!(f, "FinalStages({kind}, {category})"),
            Self::ContactByOrigin(id) => write!(f, "ContactByOrigin({id})"),
            Self::Contacts { ids, .. } => write!(f, "Contacts({ids:?})"),
            Self::Records { kind, which, .. } => write!(f, "Records({kind}, {which:?})"),
            Self::ContactsOfItem { kind, id } => write!(f, "ContactsOfItem({kind} {id})"),
            Self::CommentWithMarker { kind, id, .. } => {
                write!(f, "CommentWithMarker({kind} {id})")
            }
            Self::TodoWithMarker { kind, id, .. } => write!(f, "TodoWithMarker({kind} {id})"),
            Self::EmployeesByEmail(email) => write!(f, "EmployeesByEmail({email:?})"),
        }
    }
}

impl fmt::Debug for RecordFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateCandidates(ids) => write!(f, "DuplicateCandidates({ids:?})"),
            Self::LinkedIds(ids) => write!(f, "LinkedIds({ids:?})"),
            Self::Earlier(id) => write!(f, "Earlier({id})"),
            Self::CreatedFor(id) => write!(f, "CreatedFor({id})"),
            Self::ByMainContact { contacts, .. } => write!(f, "ByMainContact({contacts:?})"),
            Self::ByContact { contact, .. } => write!(f, "ByContact({contact})"),
            Self::ByFieldValue { name, .. } => write!(f, "ByFieldValue({name})"),
            Self::ByPrefix { field, .. } => write!(f, "ByPrefix({field})"),
        }
    }
}

impl fmt::Debug for ContactRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContactRow({})", self.id)
    }
}

impl fmt::Debug for RecordRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecordRow({}, stage {})", self.id, self.stage)
    }
}
