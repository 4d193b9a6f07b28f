//! What the look-ups found for one job: the input of every decision.

use std::collections::{BTreeMap, BTreeSet};

use super::companies::CompanyFindings;
use crate::crm::{
    ContactRow, DUPLICATE_LIMIT, FieldMap, Query, QueryResult, RecordFilter, RecordRow, StoredFiles,
};
use crate::domain::{ContactId, Email, EntityKind, RecordId, UserId};

/// What the CRM has that matters for one job.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Findings {
    /// The candidates: contacts that the portal returned for any search key.
    pub(super) offered: BTreeSet<ContactId>,
    /// The look-ups whose results the portal truncated.
    pub(super) truncated: Vec<Query>,
    /// Where the portal has more rows than were read.
    pub(super) cut: Truncated,
    /// The rows of the candidates that can be read.
    pub(super) contacts: Vec<ContactRow>,
    /// The contact that an earlier attempt of this job created.
    pub(super) own_contact: Option<ContactId>,
    /// What matters for the company.
    pub(super) company: CompanyFindings,
    /// The record that an earlier attempt of this job created.
    pub(super) own_record: Option<RecordRow>,
    /// The record that an earlier attempt wrote to, if it still exists.
    pub(super) earlier_record: Option<RecordRow>,
    /// The candidates among leads, by phone or address.
    pub(super) offered_leads: BTreeSet<RecordId>,
    /// The records found by a search field of their own.
    pub(super) by_field: Vec<RecordRow>,
    /// Open records of the contacts.
    pub(super) by_contact: Vec<RecordRow>,
    /// Records of the contacts in any stage, if none of those that count as open is used.
    pub(super) passed_over: Vec<RecordRow>,
    /// The records that the contacts are linked to, with these contacts.
    pub(super) bound: BTreeMap<RecordId, BTreeSet<ContactId>>,
    /// All contacts of the item that is updated, the main one first.
    pub(super) item_contacts: Vec<ContactId>,
    /// The product rows of the record that is used.
    pub(super) product_rows: Vec<FieldMap>,
    /// The files of the contacts and the record that are used, by owner.
    pub(super) files: BTreeMap<OwnerId, BTreeMap<String, StoredFiles>>,
    /// Stored files with the content of a planned one: the owner, the field, the place, the id.
    pub(super) same_files: Vec<(OwnerId, String, String, i64)>,
    /// Fields with a stored file that could not be compared.
    pub(super) not_compared: BTreeSet<(OwnerId, String)>,
    /// Final stages of the pipelines in which items were found.
    pub(super) final_stages: BTreeSet<String>,
    /// Whether the comment already exists.
    pub(super) comment_exists: bool,
    /// Whether the to-do already exists.
    pub(super) todo_exists: bool,
    /// The active employees whom the profile names by address.
    pub(super) employees: BTreeMap<Email, UserId>,
}

impl Findings {
    /// Stores the result of a query; `extent` says whether the portal has more rows.
    pub(super) fn add_result(&mut self, query: Query, answer: QueryResult, extent: Extent) {
        let cut = extent == Extent::Truncated;
        match (query, answer) {
            (Query::ContactByOrigin(_), QueryResult::ContactIds(ids)) => {
                self.own_contact = ids.first().copied();
            }
            (Query::ContactsOfItem { .. }, QueryResult::ContactIds(ids)) => {
                self.item_contacts = ids;
            }
            (query, QueryResult::ContactIds(ids)) => {
                self.cut.contacts |= cut;
                self.note_truncated(query, ids.len());
                self.offered.extend(ids);
            }
            (
                Query::Records {
                    which: RecordFilter::ByContact { contact, .. },
                    ..
                },
                QueryResult::RecordIds(ids),
            ) => {
                self.cut.records |= cut;
                self.bind(contact, ids);
            }
            (query, QueryResult::RecordIds(ids)) => {
                self.note_truncated(query, ids.len());
                self.offered_leads.extend(ids);
            }
            (Query::Company(query), QueryResult::Company(answer)) => {
                self.company.add(&query, answer, extent);
            }
            (_, QueryResult::Contacts(rows)) => self.contacts.extend(rows),
            (Query::Records { which, .. }, QueryResult::Records(rows)) => {
                self.cut.records |= cut;
                self.records(&which, rows);
            }
            (Query::TodoWithMarker { .. }, QueryResult::Present(is)) => self.todo_exists = is,
            (_, QueryResult::Present(is)) => self.comment_exists = is,
            (_, QueryResult::Products(rows)) => {
                self.cut.products |= cut;
                self.product_rows = rows;
            }
            (Query::Files { kind, id, .. }, QueryResult::Files(files)) => {
                self.files
                    .extend(OwnerId::new(kind, id).map(|it| (it, files)));
            }
            (_, QueryResult::Stages(stages)) => self.final_stages.extend(stages),
            (Query::EmployeesByEmail(email), QueryResult::Employees(rows)) => {
                if let Some(row) = rows.iter().find(|row| row.active) {
                    self.employees.insert(email, row.id);
                }
            }
            (
                _,
                QueryResult::Records(_)
                | QueryResult::Files(_)
                | QueryResult::Company(_)
                | QueryResult::Employees(_)
                | QueryResult::Department { .. },
            ) => {}
        }
    }

    /// Stores the records that a contact is linked to.
    fn bind(&mut self, contact: ContactId, records: Vec<RecordId>) {
        for id in records {
            self.bound.entry(id).or_default().insert(contact);
        }
    }

    /// Stores records.
    fn records(&mut self, which: &RecordFilter, rows: Vec<RecordRow>) {
        match which {
            RecordFilter::CreatedFor(_) => self.own_record = rows.into_iter().next(),
            RecordFilter::Earlier(_) => self.earlier_record = rows.into_iter().next(),
            RecordFilter::DuplicateCandidates(_) | RecordFilter::ByFieldValue { .. } => {
                add(&mut self.by_field, rows);
            }
            RecordFilter::AnyOfContact(_) => add(&mut self.passed_over, rows),
            RecordFilter::LinkedIds(_)
            | RecordFilter::ByMainContact { .. }
            | RecordFilter::ByContact { .. } => {
                add(&mut self.by_contact, rows);
            }
            RecordFilter::ByPrefix { among, .. } => {
                let newest = rows.last().map(|row| row.id);
                let open = rows.iter().filter(|row| row.is_open(among));
                self.offered_leads
                    .extend(open.map(|row| row.id).chain(newest));
            }
        }
    }

    /// Records a look-up whose result has the portal's maximum length.
    fn note_truncated(&mut self, query: Query, named: usize) {
        let is_index = matches!(
            query,
            Query::ContactsByPhone(_)
                | Query::ContactsByEmail(_)
                | Query::LeadsByPhone(_)
                | Query::LeadsByEmail(_)
        );
        if is_index && named >= DUPLICATE_LIMIT {
            self.truncated.push(query);
        }
    }

    /// Returns the known contacts of a record.
    pub(super) fn contacts_of(&self, row: &RecordRow) -> BTreeSet<ContactId> {
        let bound = self.bound.get(&row.id).into_iter().flatten();
        let named = row.contact.iter().chain(&row.contacts);
        named.chain(bound).copied().collect()
    }
}

/// A contact or record that has files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnerId {
    /// A contact.
    Contact(ContactId),
    /// The record.
    Record(RecordId),
}

impl OwnerId {
    fn new(kind: Option<EntityKind>, id: i64) -> Option<Self> {
        match kind {
            Some(_) => RecordId::new(id).map(Self::Record),
            None => ContactId::new(id).map(Self::Contact),
        }
    }
}

/// Where the portal has more rows than were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Truncated {
    /// More contacts with a search value.
    pub(super) contacts: bool,
    /// More records.
    pub(super) records: bool,
    /// More product rows of the record.
    pub(super) products: bool,
}

/// Whether a result has all rows of the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Complete,
    Truncated,
}

/// Adds rows that are not in the list yet.
fn add(rows: &mut Vec<RecordRow>, more: Vec<RecordRow>) {
    for row in more {
        if rows.iter().all(|known| known.id != row.id) {
            rows.push(row);
        }
    }
}
