//! What delivery changes in a CRM.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::error::CrmError;
use crate::domain::{ContactId, EntityKind, RecordId, UserId};

/// One change. A chain of them belongs to one submission and runs in order; the first failure ends it.
#[derive(Clone, PartialEq)]
pub enum Write {
    /// Create a contact.
    AddContact {
        /// Its fields by their CRM names.
        fields: Map<String, Value>,
    },
    /// Change a contact.
    UpdateContact {
        /// Which.
        id: ContactId,
        /// What changes.
        fields: Map<String, Value>,
    },
    /// Create a lead, deal or item.
    AddRecord {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Its fields by their CRM names, contacts apart.
        fields: Map<String, Value>,
        /// Whom it concerns, main contact first.
        contacts: Vec<ContactRef>,
    },
    /// Change a lead, deal or item.
    UpdateRecord {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// What changes.
        fields: Map<String, Value>,
    },
    /// Add one more contact to a lead, deal or item, leaving the others.
    BindContact {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// Whom.
        contact: ContactRef,
        /// Who is bound already; needed for items, whose list can only be set as a whole.
        already_bound: Vec<ContactId>,
    },
    /// Write a comment into a timeline.
    AddComment {
        /// Lead, deal or item.
        kind: EntityKind,
        /// Whose timeline.
        record: RecordRef,
        /// The comment, in the CRM's markup.
        text: String,
    },
    /// Hang a to-do on a lead or deal.
    AddTodo {
        /// Lead or deal.
        kind: EntityKind,
        /// Which.
        record: RecordRef,
        /// What is to be done, in a line; empty: the CRM's own word for it.
        title: String,
        /// More about it, in the CRM's markup.
        text: String,
        /// Until when.
        deadline: Timestamp,
        /// By whom; `None`: the webhook's owner.
        responsible: Option<UserId>,
    },
}

/// A contact that is known, or that the same chain creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactRef {
    /// Known.
    Id(ContactId),
    /// Created earlier in this chain.
    Created,
}

/// A record that is known, or that the same chain creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordRef {
    /// Known.
    Id(RecordId),
    /// Created earlier in this chain.
    Created,
}

/// How one change of a chain ended: the id of what was created, or nothing to tell.
pub type WriteResult = Result<Option<i64>, CrmError>;

/// Names the change and its target; what is written is somebody's data.
impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AddContact { .. } => f.write_str("AddContact"),
            Self::UpdateContact { id, .. } => write!(f, "UpdateContact({id})"),
            Self::AddRecord { kind, contacts, .. } => write!(f, "AddRecord({kind}, {contacts:?})"),
            Self::UpdateRecord { kind, id, .. } => write!(f, "UpdateRecord({kind} {id})"),
            Self::BindContact {
                kind, id, contact, ..
            } => {
                write!(f, "BindContact({kind} {id}, {contact:?})")
            }
            Self::AddComment { kind, record, .. } => write!(f, "AddComment({kind}, {record:?})"),
            Self::AddTodo { kind, record, .. } => write!(f, "AddTodo({kind}, {record:?})"),
        }
    }
}
