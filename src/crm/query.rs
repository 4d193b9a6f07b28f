//! The questions that can be asked of a CRM, and the rows that come back.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::company::{CompanyAnswer, CompanyQuery};
use super::compare::values_equal;
use super::contact_details::ContactDetails;
use super::search_value::SearchValue;
use crate::domain::spelling::CompareAs;
use crate::domain::{ContactId, Email, EntityKind, Phone, RecordId, Several, SubmissionId, UserId};

/// The field values of a row by CRM name, as the CRM returned them.
pub type FieldMap = BTreeMap<String, Value>;

/// The number of rows in a page, and of ids in one question (REST documentation, "list methods").
pub const PAGE_SIZE: usize = 50;

/// The number of owners that the portal's duplicate index returns for one phone or address, lowest
/// ids first (REST documentation, "crm.duplicate.findbycomm").
pub const DUPLICATE_LIMIT: usize = 20;

/// One question. Many questions share as few calls as possible.
#[derive(Clone, PartialEq)]
pub enum Query {
    /// Ids of the contacts that may have this phone, in any spelling.
    ContactsByPhone(Phone),
    /// Ids of the contacts that may have this e-mail address.
    ContactsByEmail(Email),
    /// Ids of the contacts with these field values.
    ContactsByFields {
        /// The values.
        fields: Vec<SearchValue>,
        /// Which of them are needed; more pages are read until they are found.
        several: Several,
    },
    /// Ids of the contacts with a stored phone or address that begins with this text.
    ContactsByText {
        /// `PHONE` or `EMAIL`.
        field: &'static str,
        /// The prefix.
        text: String,
        /// Which of them are needed.
        several: Several,
    },
    /// Ids of the leads that may have this phone, in any spelling.
    LeadsByPhone(Phone),
    /// Ids of the leads that may have this e-mail address.
    LeadsByEmail(Email),
    /// The contact that was created for this submission, if any.
    ContactByOrigin(SubmissionId),
    /// These contacts with their contact details, owner, and the named fields.
    Contacts {
        /// Contact ids, at most [`PAGE_SIZE`].
        ids: Vec<ContactId>,
        /// Additional fields to return.
        select: Vec<String>,
    },
    /// Leads, deals or items with the named fields.
    Records {
        /// Leads, deals or items.
        kind: EntityKind,
        /// Selects the records.
        which: RecordFilter,
        /// Additional fields to return.
        select: Vec<String>,
    },
    /// All contacts of an item, the main one first. List rows cannot be used for this: some portals
    /// return only the contacts that were filtered by, and truncate the last row.
    ContactsOfItem {
        /// The item's process.
        kind: EntityKind,
        /// The record's id.
        id: RecordId,
    },
    /// Whether the record's timeline has a comment with this marker.
    CommentWithMarker {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record's id.
        id: RecordId,
        /// The marker's text.
        marker: String,
    },
    /// Whether the record has a to-do, open or done, with this marker.
    TodoWithMarker {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record's id.
        id: RecordId,
        /// The marker's text.
        marker: String,
    },
    /// The product rows of a record: the first page of them.
    ProductRows {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record's id.
        id: RecordId,
    },
    /// The files in these fields of a contact or record.
    Files {
        /// Lead, deal or item; `None` for a contact.
        kind: Option<EntityKind>,
        /// The id of the contact or record.
        id: i64,
        /// The names of the fields.
        names: Vec<String>,
    },
    /// The final stages of a pipeline.
    FinalStages {
        /// Deals or items.
        kind: EntityKind,
        /// The pipeline.
        category: i64,
    },
    /// A question about companies.
    Company(CompanyQuery),
    /// The employees with this address.
    EmployeesByEmail(Email),
    /// The department above this one.
    ParentOfDepartment(i64),
}

impl Query {
    /// Asks for the record that was created for this submission.
    pub fn ours(kind: EntityKind, id: SubmissionId) -> Self {
        Self::Records {
            kind,
            which: RecordFilter::CreatedFor(id),
            select: Vec::new(),
        }
    }
}

/// Selects records. `among` names the stages that count as open; if it is empty, every stage that
/// is not final counts.
#[derive(Clone, PartialEq)]
pub enum RecordFilter {
    /// Leads that the duplicate index returned for a phone or an address; at most [`PAGE_SIZE`].
    DuplicateCandidates(Vec<RecordId>),
    /// Records linked to a contact of which only the ids are known; at most [`PAGE_SIZE`].
    LinkedIds(Vec<RecordId>),
    /// The record that an earlier attempt wrote to, if it still exists.
    Earlier(RecordId),
    /// The record that was created for this submission, if any.
    CreatedFor(SubmissionId),
    /// Open leads or deals whose main contact is one of these.
    ByMainContact {
        /// Contact ids, at most [`PAGE_SIZE`].
        contacts: Vec<ContactId>,
        /// The stages that count as open.
        among: Vec<String>,
    },
    /// Open records linked to this contact, as the main contact or one of several. Returns ids of
    /// leads and deals, but rows of items. Item rows do not say whether their stage is final:
    /// without `among` all items are returned, and [`Query::FinalStages`] tells which are open.
    ByContact {
        /// The contact.
        contact: ContactId,
        /// The stages that count as open.
        among: Vec<String>,
    },
    /// The newest records whose main contact is this one, in any stage: one page.
    AnyOfContact(ContactId),
    /// Records with this field value, in any stage. Pages are read until an open one is found.
    ByFieldValue {
        /// The field and the value.
        field: SearchValue,
        /// The stages that count as open.
        among: Vec<String>,
    },
    /// Leads with a stored phone or address that begins with this text. Pages are read until an
    /// open one is found.
    ByPrefix {
        /// `PHONE` or `EMAIL`.
        field: &'static str,
        /// The prefix.
        text: String,
        /// The stages that count as open.
        among: Vec<String>,
    },
}

/// The result of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum QueryResult {
    /// Contact ids, lowest first; those of an item in the item's order.
    ContactIds(Vec<ContactId>),
    /// Lead or deal ids, lowest first.
    RecordIds(Vec<RecordId>),
    /// Contacts, lowest id first.
    Contacts(Vec<ContactRow>),
    /// Records, lowest id first.
    Records(Vec<RecordRow>),
    /// Whether something exists.
    Present(bool),
    /// Product rows by CRM name, in their order.
    Products(Vec<FieldMap>),
    /// The files of fields, by field.
    Files(BTreeMap<String, StoredFiles>),
    /// Stage codes.
    Stages(Vec<String>),
    /// About companies.
    Company(CompanyAnswer),
    /// Employees.
    Employees(Vec<EmployeeRow>),
    /// A department.
    Department {
        /// The department above it, if there is one.
        parent: Option<i64>,
    },
}

/// A contact as stored.
#[derive(Clone, PartialEq)]
pub struct ContactRow {
    /// Its id.
    pub id: ContactId,
    /// The responsible employee.
    pub owner: Option<UserId>,
    /// Its phones, addresses, sites and messengers.
    pub details: ContactDetails,
    /// The requested fields.
    pub fields: FieldMap,
}

impl ContactRow {
    /// Returns whether the field has this value, in any spelling.
    pub fn holds(&self, name: &str, value: &str, compare: CompareAs) -> bool {
        holds((&self.details, &self.fields), name, value, compare)
    }
}

/// A lead, deal or item as stored.
#[derive(Clone, PartialEq)]
pub struct RecordRow {
    /// Its id.
    pub id: RecordId,
    /// Its stage, such as `NEW` or `C1:NEW`; empty where a smart process has none.
    pub stage: String,
    /// Whether that stage is final; `None` if the row does not say.
    pub is_final: Option<bool>,
    /// Its main contact.
    pub contact: Option<ContactId>,
    /// The contacts that the row names; there may be more.
    pub contacts: Vec<ContactId>,
    /// The responsible employee.
    pub owner: Option<UserId>,
    /// A lead's own phones, addresses, sites and messengers.
    pub details: ContactDetails,
    /// The requested fields.
    pub fields: FieldMap,
}

impl RecordRow {
    /// Returns whether the stage is one of these or, if none are given, is not final.
    pub fn is_open(&self, among: &[String]) -> bool {
        if among.is_empty() {
            return self.is_final == Some(false);
        }
        among.contains(&self.stage)
    }

    /// Returns whether the field has this value, in any spelling.
    pub fn holds(&self, name: &str, value: &str, compare: CompareAs) -> bool {
        holds((&self.details, &self.fields), name, value, compare)
    }
}

pub(super) fn holds(
    (details, fields): (&ContactDetails, &FieldMap),
    name: &str,
    value: &str,
    compare: CompareAs,
) -> bool {
    match name {
        "WEB" => details.has_site(value),
        "IM" => details.has_messenger(value),
        _ => fields
            .get(name)
            .is_some_and(|stored| values_equal(stored, value, compare)),
    }
}

/// The files that a field has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredFiles {
    /// The files, in the portal's order.
    pub files: Vec<StoredFile>,
    /// Whether the field holds several files; `None` if the row does not show it.
    pub many: Option<bool>,
}

/// A file of the portal. Rows have neither its name nor its size.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its id.
    pub id: i64,
    /// The address from which it can be downloaded; it contains a credential.
    pub address: String,
}

/// What a download of a stored file says.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredContent {
    /// Its content.
    Read(Vec<u8>),
    /// Its size differs from all sizes that were asked for.
    OtherSize,
    /// The portal does not give it.
    Unreadable,
}

/// Omits the content.
impl fmt::Debug for StoredContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read(_) => "Read(…)",
            Self::OtherSize => "OtherSize",
            Self::Unreadable => "Unreadable",
        })
    }
}

/// Omits the address: it is a credential.
impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoredFile({})", self.id)
    }
}

/// An employee of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployeeRow {
    /// The id.
    pub id: UserId,
    /// Whether the employee is neither dismissed nor external.
    pub active: bool,
    /// Departments.
    pub departments: Vec<i64>,
}

/// Prints the kind of question only: the values are personal data.
impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContactsByPhone(phone) => write!(f, "ContactsByPhone({phone:?})"),
            Self::ContactsByEmail(email) => write!(f, "ContactsByEmail({email:?})"),
            Self::ContactsByFields { fields, .. } => write!(f, "ContactsByFields({fields:?})"),
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
            Self::ProductRows { kind, id } => write!(f, "ProductRows({kind} {id})"),
            Self::Files { kind, id, names } => write!(f, "Files({kind:?} {id}, {names:?})"),
            Self::TodoWithMarker { kind, id, .. } => write!(f, "TodoWithMarker({kind} {id})"),
            Self::Company(query) => write!(f, "{query:?}"),
            Self::EmployeesByEmail(email) => write!(f, "EmployeesByEmail({email:?})"),
            Self::ParentOfDepartment(id) => write!(f, "ParentOfDepartment({id})"),
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
            Self::AnyOfContact(contact) => write!(f, "AnyOfContact({contact})"),
            Self::ByFieldValue { field, .. } => write!(f, "ByFieldValue({field:?})"),
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
