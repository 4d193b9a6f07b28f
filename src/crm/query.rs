//! What delivery asks a CRM, and the rows that come back.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::domain::{ContactId, Email, EntityKind, Phone, RecordId, SubmissionId, UserId};

/// Field values of a row by their CRM names, as the CRM gave them.
pub type FieldMap = BTreeMap<String, Value>;

/// One question. A list of them shares as few calls as possible.
#[derive(Clone, PartialEq)]
pub enum Query {
    /// Ids of the contacts that may own this phone, in any stored spelling.
    ContactsByPhone(Phone),
    /// Ids of the contacts that may own this address.
    ContactsByEmail(Email),
    /// Ids of the contacts with this value in a field of theirs.
    ContactsByField {
        /// The field.
        name: String,
        /// The value.
        value: String,
    },
    /// The contact that we created for this submission, if we did.
    ContactByOrigin(SubmissionId),
    /// These contacts with their phones, addresses, owner, and the named fields.
    Contacts {
        /// Whose.
        ids: Vec<ContactId>,
        /// Further fields to bring.
        select: Vec<String>,
    },
    /// Records whose main contact is one of these and that are open.
    RecordsOfContacts {
        /// Leads or deals.
        kind: EntityKind,
        /// Whose.
        contacts: Vec<ContactId>,
        /// The stages that count as open; empty: every stage that is not final.
        among: Vec<String>,
        /// Further fields to bring.
        select: Vec<String>,
    },
    /// Records with this value in a field of theirs, in whatever stage.
    RecordsByField {
        /// Leads or deals.
        kind: EntityKind,
        /// The field.
        name: String,
        /// The value.
        value: String,
        /// Further fields to bring.
        select: Vec<String>,
    },
    /// This record, if it is still there.
    RecordById {
        /// Lead or deal.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// Further fields to bring.
        select: Vec<String>,
    },
    /// The record that we created for this submission, if we did.
    RecordByOrigin {
        /// Lead or deal.
        kind: EntityKind,
        /// Whose.
        id: SubmissionId,
    },
    /// Whether the record's timeline holds a comment with this marker.
    CommentWithMarker {
        /// Lead or deal.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// The marker's text.
        marker: String,
    },
    /// Whether one of the record's to-dos, open or done, holds this marker.
    TodoWithMarker {
        /// Lead or deal.
        kind: EntityKind,
        /// Which.
        id: RecordId,
        /// The marker's text.
        marker: String,
    },
    /// The employees with this address.
    EmployeesByEmail(Email),
}

/// What a question brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Ids, lowest first.
    ContactIds(Vec<ContactId>),
    /// Contacts, lowest id first.
    Contacts(Vec<ContactRow>),
    /// Records, lowest id first.
    Records(Vec<RecordRow>),
    /// Yes or no.
    Present(bool),
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
    /// Its phones as typed by whoever stored them.
    pub phones: Vec<String>,
    /// Its addresses as stored.
    pub emails: Vec<String>,
    /// The fields that were asked for.
    pub fields: FieldMap,
}

impl ContactRow {
    /// Whether one of its phones is this number, however it is spelled.
    pub fn has_phone(&self, phone: &Phone) -> bool {
        self.phones
            .iter()
            .any(|stored| Phone::parse(stored).as_ref() == Some(phone))
    }

    /// Whether one of its addresses is this one, in whatever case.
    pub fn has_email(&self, email: &Email) -> bool {
        self.emails
            .iter()
            .any(|stored| Email::parse(stored).as_ref() == Some(email))
    }
}

/// A lead or deal as stored.
#[derive(Clone, PartialEq)]
pub struct RecordRow {
    /// Its id.
    pub id: RecordId,
    /// Its stage, such as `NEW` or `C1:NEW`.
    pub stage: String,
    /// Its main contact.
    pub contact: Option<ContactId>,
    /// Who is responsible for it.
    pub owner: Option<UserId>,
    /// The fields that were asked for.
    pub fields: FieldMap,
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
            Self::ContactsByField { name, .. } => write!(f, "ContactsByField({name})"),
            Self::ContactByOrigin(id) => write!(f, "ContactByOrigin({id})"),
            Self::Contacts { ids, .. } => write!(f, "Contacts({ids:?})"),
            Self::RecordsOfContacts { kind, contacts, .. } => {
                write!(f, "RecordsOfContacts({kind}, {contacts:?})")
            }
            Self::RecordsByField { kind, name, .. } => write!(f, "RecordsByField({kind}, {name})"),
            Self::RecordById { kind, id, .. } => write!(f, "RecordById({kind} {id})"),
            Self::RecordByOrigin { kind, id } => write!(f, "RecordByOrigin({kind}, {id})"),
            Self::CommentWithMarker { kind, id, .. } => {
                write!(f, "CommentWithMarker({kind} {id})")
            }
            Self::TodoWithMarker { kind, id, .. } => write!(f, "TodoWithMarker({kind} {id})"),
            Self::EmployeesByEmail(email) => write!(f, "EmployeesByEmail({email:?})"),
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
