//! The questions about companies and the changes of them.

use std::fmt;

use serde_json::{Map, Value};

use super::contact_details::ContactDetails;
use super::query::{FieldMap, holds};
use super::search_value::SearchValue;
use crate::domain::spelling::CompareAs;
use crate::domain::{
    CompanyId, ContactId, Email, EntityKind, Phone, RecordId, Several, SubmissionId, UserId,
};

/// A question about companies.
#[derive(Clone, PartialEq)]
pub enum CompanyQuery {
    /// Ids of the companies that may have this phone, in any spelling.
    ByPhone(Phone),
    /// Ids of the companies that may have this e-mail address.
    ByEmail(Email),
    /// Ids of the companies with this field value.
    ByField {
        /// The field and the value.
        field: SearchValue,
        /// Which of them are needed.
        several: Several,
    },
    /// Ids of the companies with this value in a requisite, in a field such as `RQ_INN`.
    ByRequisite(SearchValue),
    /// The company that was created for this submission, if any.
    ByOrigin(SubmissionId),
    /// These companies with their contact details, owner, and the named fields.
    Rows {
        /// Company ids, at most [`PAGE_SIZE`](super::PAGE_SIZE).
        ids: Vec<CompanyId>,
        /// Additional fields to return.
        select: Vec<String>,
    },
    /// The requisites of these companies; at most [`PAGE_SIZE`](super::PAGE_SIZE).
    Requisites(Vec<CompanyId>),
    /// Whether the requisite for this submission exists.
    RequisiteByOrigin(SubmissionId),
    /// The templates of requisites.
    Presets,
    /// All companies of a contact.
    OfContact(ContactId),
}

/// The answer to a question about companies.
#[derive(Clone, PartialEq)]
pub enum CompanyAnswer {
    /// Company ids, lowest first; those of a contact in its order.
    Ids(Vec<CompanyId>),
    /// Companies, lowest id first.
    Rows(Vec<CompanyRow>),
    /// Requisites.
    Requisites(Vec<RequisiteRow>),
    /// Whether something exists.
    Present(bool),
    /// Templates of requisites.
    Presets(Vec<PresetRow>),
}

impl CompanyAnswer {
    /// Adds the rows of another page.
    pub fn join(&mut self, more: Self) {
        match (self, more) {
            (Self::Ids(ids), Self::Ids(more)) => {
                ids.extend(more);
                ids.sort_unstable();
                ids.dedup();
            }
            (Self::Rows(rows), Self::Rows(more)) => rows.extend(more),
            (Self::Requisites(rows), Self::Requisites(more)) => rows.extend(more),
            (Self::Presets(rows), Self::Presets(more)) => rows.extend(more),
            (answer, more) => *answer = more,
        }
    }
}

/// A company as stored.
#[derive(Clone, PartialEq)]
pub struct CompanyRow {
    /// Its id.
    pub id: CompanyId,
    /// The responsible employee.
    pub owner: Option<UserId>,
    /// Whether it was created for the submission that asks.
    pub origin: Option<SubmissionId>,
    /// Its phones, addresses, sites and messengers.
    pub details: ContactDetails,
    /// The requested fields.
    pub fields: FieldMap,
}

impl CompanyRow {
    /// Returns whether the field has this value, in any spelling.
    pub fn holds(&self, name: &str, value: &str, compare: CompareAs) -> bool {
        holds((&self.details, &self.fields), name, value, compare)
    }
}

/// A requisite of a company.
#[derive(Clone, PartialEq)]
pub struct RequisiteRow {
    /// The company.
    pub company: CompanyId,
    /// Its fields by CRM name.
    pub fields: FieldMap,
}

/// A template of requisites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetRow {
    /// Its id.
    pub id: i64,
    /// Its external code, by which the portal marks its own templates.
    pub code: String,
    /// Whether it can be chosen.
    pub active: bool,
}

/// A company that exists, or that the same chain creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompanyRef {
    /// An existing one.
    Id(CompanyId),
    /// Created earlier in this chain.
    Created,
}

/// A change of a company.
#[derive(Clone, PartialEq)]
pub enum CompanyWrite {
    /// Creates a company.
    Add {
        /// Its fields by CRM name.
        fields: Map<String, Value>,
    },
    /// Updates a company.
    Update {
        /// The company's id.
        id: CompanyId,
        /// The fields that change.
        fields: Map<String, Value>,
    },
    /// Creates a requisite of a company.
    AddRequisite {
        /// The company.
        company: CompanyRef,
        /// The requisite's fields by CRM name, without its company.
        fields: Map<String, Value>,
    },
    /// Adds the company to a contact and keeps its others.
    BindToContact {
        /// The contact.
        contact: ContactId,
        /// The company.
        company: CompanyRef,
    },
    /// Sets the company of a lead, deal or item.
    BindToRecord {
        /// Lead, deal or item.
        kind: EntityKind,
        /// The record.
        id: RecordId,
        /// The company.
        company: CompanyRef,
    },
}

/// Prints the kind of question only: the values are personal data.
impl fmt::Debug for CompanyQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByPhone(phone) => write!(f, "CompaniesByPhone({phone:?})"),
            Self::ByEmail(email) => write!(f, "CompaniesByEmail({email:?})"),
            Self::ByField { field, .. } => write!(f, "CompaniesByField({field:?})"),
            Self::ByRequisite(field) => write!(f, "CompaniesByRequisite({field:?})"),
            Self::ByOrigin(id) => write!(f, "CompanyByOrigin({id})"),
            Self::Rows { ids, .. } => write!(f, "Companies({ids:?})"),
            Self::Requisites(ids) => write!(f, "Requisites({ids:?})"),
            Self::RequisiteByOrigin(id) => write!(f, "RequisiteByOrigin({id})"),
            Self::Presets => f.write_str("Presets"),
            Self::OfContact(id) => write!(f, "CompaniesOfContact({id})"),
        }
    }
}

/// Prints ids and counts only.
impl fmt::Debug for CompanyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ids(ids) => write!(f, "CompanyIds({ids:?})"),
            Self::Rows(rows) => write!(f, "Companies({rows:?})"),
            Self::Requisites(rows) => write!(f, "Requisites({})", rows.len()),
            Self::Present(present) => write!(f, "Present({present})"),
            Self::Presets(rows) => write!(f, "Presets({})", rows.len()),
        }
    }
}

impl fmt::Debug for CompanyRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompanyRow({})", self.id)
    }
}

impl fmt::Debug for RequisiteRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequisiteRow(of {})", self.company)
    }
}

/// Prints the kind of change and its target only: the values are personal data.
impl fmt::Debug for CompanyWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Add { .. } => f.write_str("AddCompany"),
            Self::Update { id, .. } => write!(f, "UpdateCompany({id})"),
            Self::AddRequisite { company, .. } => write!(f, "AddRequisite({company:?})"),
            Self::BindToContact { contact, company } => {
                write!(f, "BindCompany(contact {contact}, {company:?})")
            }
            Self::BindToRecord { kind, id, company } => {
                write!(f, "BindCompany({kind} {id}, {company:?})")
            }
        }
    }
}
