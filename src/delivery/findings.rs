//! What a look into the CRM brought for one job: the input of every decision.

use std::collections::{BTreeMap, BTreeSet};

use crate::crm::{Answer, ContactRow, Query, RecordRow};
use crate::domain::{ContactId, Email, RecordId, UserId};

/// What the CRM holds that matters for one job.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// The contacts that the portal offered for any search key.
    pub(super) offered: BTreeSet<ContactId>,
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
    /// Final stages of the pipelines in which items were found.
    pub(super) final_stages: BTreeSet<String>,
    /// Whether the comment is in the timeline already.
    pub(super) comment_written: bool,
    /// Whether the to-do is there already.
    pub(super) todo_made: bool,
    /// The active employees whom the profile names by address.
    pub(super) employees: BTreeMap<Email, UserId>,
}

impl Findings {
    /// Puts an answer in its place.
    pub(super) fn take(&mut self, query: Query, answer: Answer) {
        match (query, answer) {
            (Query::ContactByOrigin(_), Answer::ContactIds(ids)) => {
                self.own_contact = ids.first().copied();
            }
            (_, Answer::ContactIds(ids)) => self.offered.extend(ids),
            (_, Answer::RecordIds(ids)) => self.offered_leads.extend(ids),
            (_, Answer::Contacts(rows)) => self.contacts = rows,
            (Query::RecordByOrigin { .. }, Answer::Records(rows)) => {
                self.own_record = rows.into_iter().next();
            }
            (Query::RecordById { .. }, Answer::Records(rows)) => {
                self.earlier_record = rows.into_iter().next();
            }
            (Query::RecordsByField { .. } | Query::Leads { .. }, Answer::Records(rows)) => {
                for row in rows {
                    if self.by_field.iter().all(|known| known.id != row.id) {
                        self.by_field.push(row);
                    }
                }
            }
            (_, Answer::Records(rows)) => self.by_contact = rows,
            (Query::TodoWithMarker { .. }, Answer::Present(present)) => self.todo_made = present,
            (_, Answer::Present(present)) => self.comment_written = present,
            (_, Answer::Stages(stages)) => self.final_stages.extend(stages),
            (Query::EmployeesByEmail(email), Answer::Employees(rows)) => {
                if let Some(row) = rows.iter().find(|row| row.active) {
                    self.employees.insert(email, row.id);
                }
            }
            (_, Answer::Employees(_)) => {}
        }
    }
}
