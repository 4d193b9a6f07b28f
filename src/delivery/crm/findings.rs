//! What a look into the CRM brought for one job: the input of every decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::crm::{ContactRow, DUPLICATE_LIMIT, Query, QueryResult, RecordFilter, RecordRow};
use crate::domain::{ContactId, Email, RecordId, UserId};

/// What the CRM holds that matters for one job.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// The contacts that the portal offered for any search key.
    pub(super) offered: BTreeSet<ContactId>,
    /// The searches of which the portal may not have named all owners, because there are so many.
    pub(super) truncated: Vec<Query>,
    /// Where the portal has more than was read.
    pub(super) cut: Truncated,
    /// The contacts behind these ids, as far as they can be read.
    pub(super) contacts: Vec<ContactRow>,
    /// The contact that an earlier attempt of this job created.
    pub(super) own_contact: Option<ContactId>,
    /// The record that an earlier attempt of this job created.
    pub(super) own_record: Option<RecordRow>,
    /// The record that an earlier attempt wrote to, if it is still there.
    pub(super) earlier_record: Option<RecordRow>,
    /// The leads that the portal offered for a phone or an address of theirs.
    pub(super) offered_leads: BTreeSet<RecordId>,
    /// Records that the portal offered for a flagged field of their own.
    pub(super) by_field: Vec<RecordRow>,
    /// Open records of the contacts.
    pub(super) by_contact: Vec<RecordRow>,
    /// What the contacts are bound to, in any place, as far as it was asked.
    pub(super) bound: BTreeMap<RecordId, BTreeSet<ContactId>>,
    /// All contacts of the item that is gone on with, its main one first.
    pub(super) item_contacts: Vec<ContactId>,
    /// Final stages of the pipelines in which items were found.
    pub(super) final_stages: BTreeSet<String>,
    /// Whether the comment is in the timeline already.
    pub(super) comment_exists: bool,
    /// Whether the to-do is there already.
    pub(super) todo_exists: bool,
    /// The active employees whom the profile names by address.
    pub(super) employees: BTreeMap<Email, UserId>,
}

impl Findings {
    /// Puts an answer in its place; `extent` tells whether the portal has more.
    pub(super) fn add_result(&mut self, query: Query, answer: QueryResult, extent: Extent) {
        let cut = extent == Extent::Truncated;
        match (query, answer) {
            (Query::ContactByOrigin(_), QueryResult::ContactIds(ids)) => {
                self.own_contact = ids.first().copied();
            }
            (Query::ContactsOfItem { .. }, QueryResult::ContactIds(ids)) => {
                self.item_contacts = ids
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
                for id in ids {
                    self.bound.entry(id).or_default().insert(contact);
                }
            }
            (query, QueryResult::RecordIds(ids)) => {
                self.note_truncated(query, ids.len());
                self.offered_leads.extend(ids);
            }
            (_, QueryResult::Contacts(rows)) => self.contacts.extend(rows),
            (Query::Records { which, .. }, QueryResult::Records(rows)) => {
                self.cut.records |= cut;
                self.records(&which, rows);
            }
            (Query::TodoWithMarker { .. }, QueryResult::Present(present)) => {
                self.todo_exists = present;
            }
            (_, QueryResult::Present(present)) => self.comment_exists = present,
            (_, QueryResult::Stages(stages)) => self.final_stages.extend(stages),
            (Query::EmployeesByEmail(email), QueryResult::Employees(rows)) => {
                if let Some(row) = rows.iter().find(|row| row.active) {
                    self.employees.insert(email, row.id);
                }
            }
            (_, QueryResult::Records(_) | QueryResult::Employees(_)) => {}
        }
    }

    /// Puts records where they belong.
    fn records(&mut self, which: &RecordFilter, rows: Vec<RecordRow>) {
        match which {
            RecordFilter::CreatedFor(_) => self.own_record = rows.into_iter().next(),
            RecordFilter::Earlier(_) => self.earlier_record = rows.into_iter().next(),
            RecordFilter::DuplicateCandidates(_) | RecordFilter::ByFieldValue { .. } => {
                add(&mut self.by_field, rows);
            }
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

    /// Remembers a search whose answer is as long as the portal makes one.
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

    /// The contacts of a record as far as they are known.
    pub(super) fn contacts_of(&self, row: &RecordRow) -> BTreeSet<ContactId> {
        let bound = self.bound.get(&row.id).into_iter().flatten();
        let named = row.contact.iter().chain(&row.contacts);
        named.chain(bound).copied().collect()
    }
}

/// Where the portal has more than was read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Truncated {
    /// More contacts with a value that is searched by.
    pub(super) contacts: bool,
    /// More records.
    pub(super) records: bool,
}

/// Whether an answer holds all that the portal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Complete,
    Truncated,
}

/// Adds rows, each once.
fn add(rows: &mut Vec<RecordRow>, more: Vec<RecordRow>) {
    for row in more {
        if rows.iter().all(|known| known.id != row.id) {
            rows.push(row);
        }
    }
}
