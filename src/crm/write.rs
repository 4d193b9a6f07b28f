//! The changes that can be made in a CRM.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::company::{CompanyRef, CompanyWrite};
use super::error::CrmError;
use crate::domain::{ContactId, EntityKind, RecordId, UserId};

/// One change. The changes of one submission form a chain, which runs in order and stops at the
/// first failure.
#[derive(Clone, PartialEq)]
pub enum Write {
    /// Creates a contact.
    AddContact {
        /// Its fields by CRM name, without its company.
        fields: Map<String, Value>,
        /// Its company.
        company: Option<CompanyRef>,
    },
    /// Updates a contact.
    UpdateContact {
        /// The contact's id.
        id: ContactId,
        /// The fields that change.
        fields: Map<String, Value>,
    },
    /// Merges contacts. The others are gone afterwards.
    MergeContacts {
        /// The one that is left.
        into: ContactId,
        /// The others.
        others: Vec<ContactId>,
    },
    /// Creates a lead, deal or item.
    AddRecord {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Its fields by CRM name, without contacts.
        fields: Map<String, Value>,
        /// Its contacts, the main one first.
        contacts: Vec<ContactRef>,
        /// Its company.
        company: Option<CompanyRef>,
    },
    /// Changes a company, or what it is bound to.
    Company(CompanyWrite),
    /// Updates a lead, deal or item.
    UpdateRecord {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record.
        id: RecordId,
        /// The fields that change.
        fields: Map<String, Value>,
    },
    /// Adds a contact to a lead, deal or item and keeps the others.
    BindContact {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record.
        id: RecordId,
        /// The contact to add.
        contact: ContactRef,
        /// The contacts that are linked already; needed for items, whose list can only be set as a
        /// whole.
        already_bound: Vec<ContactId>,
    },
    /// Replaces all product rows of a lead, deal or item.
    SetProducts {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record.
        record: RecordRef,
        /// The rows by CRM name; one with an `id` stays the row that it is.
        rows: Vec<Map<String, Value>>,
    },
    /// Adds a comment to a timeline.
    AddComment {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record that the timeline belongs to.
        record: RecordRef,
        /// The comment, in the CRM's markup.
        text: String,
        /// Files that belong to it.
        files: Vec<NewFile>,
    },
    /// Sets the files of fields.
    SetFiles {
        /// The contact or record.
        owner: FileOwner,
        /// The fields.
        fields: Vec<FileField>,
    },
    /// Adds a to-do to a lead, deal or item.
    AddTodo {
        /// Lead or deal.
        kind: EntityKind,
        /// The record.
        record: RecordRef,
        /// The title; if empty, the CRM uses its default.
        title: String,
        /// The description, in the CRM's markup.
        text: String,
        /// The deadline.
        deadline: Timestamp,
        /// The responsible employee; `None` for the webhook's owner.
        responsible: Option<UserId>,
    },
}

/// A file to upload.
#[derive(Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub content: Bytes,
}

/// Prints the size only.
impl std::fmt::Debug for NewFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewFile({} bytes)", self.content.len())
    }
}

/// The files that a field is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileField {
    /// The field's name.
    pub name: String,
    /// Ids of stored files that stay; the portal deletes the others.
    pub keep: Vec<i64>,
    /// Files to upload.
    pub add: Vec<NewFile>,
    /// Whether the field holds several files.
    pub many: bool,
}

/// The contact or record whose files are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOwner {
    /// A contact.
    Contact(ContactRef),
    /// A lead, deal or item.
    Record(EntityKind, RecordRef),
}

impl Write {
    /// Returns whether it uploads files, which are too long for a batch.
    pub fn has_files(&self) -> bool {
        match self {
            Self::AddComment { files, .. } => !files.is_empty(),
            Self::SetFiles { .. } => true,
            Self::AddContact { .. }
            | Self::UpdateContact { .. }
            | Self::MergeContacts { .. }
            | Self::AddRecord { .. }
            | Self::Company(_)
            | Self::UpdateRecord { .. }
            | Self::BindContact { .. }
            | Self::SetProducts { .. }
            | Self::AddTodo { .. } => false,
        }
    }
}

/// A contact that exists, or that the same chain creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactRef {
    /// An existing one.
    Id(ContactId),
    /// Created earlier in this chain.
    Created,
}

/// A record that exists, or that the same chain creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRef {
    /// An existing one.
    Id(RecordId),
    /// Created earlier in this chain.
    Created,
}

/// The outcome of one change: the id of what was created, if anything was.
pub type WriteResult = Result<Option<i64>, CrmError>;

/// Prints the kind of change and its target only: the values are personal data.
impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AddContact { .. } => f.write_str("AddContact"),
            Self::UpdateContact { id, .. } => write!(f, "UpdateContact({id})"),
            Self::MergeContacts { into, others } => write!(f, "MergeContacts({into}, {others:?})"),
            Self::AddRecord { kind, contacts, .. } => write!(f, "AddRecord({kind}, {contacts:?})"),
            Self::Company(write) => write!(f, "{write:?}"),
            Self::UpdateRecord { kind, id, .. } => write!(f, "UpdateRecord({kind} {id})"),
            Self::BindContact {
                kind, id, contact, ..
            } => {
                write!(f, "BindContact({kind} {id}, {contact:?})")
            }
            Self::SetProducts { kind, record, rows } => {
                write!(f, "SetProducts({kind}, {record:?}, {} rows)", rows.len())
            }
            Self::AddComment { kind, record, .. } => write!(f, "AddComment({kind}, {record:?})"),
            Self::AddTodo { kind, record, .. } => write!(f, "AddTodo({kind}, {record:?})"),
            Self::SetFiles { owner, fields } => write!(f, "SetFiles({owner:?}, {fields:?})"),
        }
    }
}
