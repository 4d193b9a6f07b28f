//! What a look into the CRM brought for one job: the input of every decision.

use crate::crm::{Answer, ContactRow, Query, RecordRow};
use crate::domain::{ContactId, SearchKey, UserId};

/// What the CRM holds that matters for one job.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// For each search key of the contact the ids that the portal gave.
    pub(super) hits: Vec<(SearchKey, Vec<ContactId>)>,
    /// The contacts behind these ids, as far as they can be read.
    pub(super) contacts: Vec<ContactRow>,
    /// The contact that an earlier attempt of this job created.
    pub(super) own_contact: Option<ContactId>,
    /// The record that an earlier attempt of this job created.
    pub(super) own_record: Option<RecordRow>,
    /// The record that an earlier attempt wrote to, if it is still there.
    pub(super) earlier_record: Option<RecordRow>,
    /// Records found by a flagged field of their own.
    pub(super) by_field: Vec<RecordRow>,
    /// Open records of the contacts.
    pub(super) by_contact: Vec<RecordRow>,
    /// Whether the comment is in the timeline already.
    pub(super) comment_written: bool,
    /// Whether the to-do is there already.
    pub(super) todo_made: bool,
    /// The employee whom the profile names by address.
    pub(super) responsible: Option<UserId>,
}

impl Findings {
    /// Puts an answer in its place.
    pub(super) fn take(&mut self, query: Query, answer: Answer) {
        match (query, answer) {
            (Query::ContactByOrigin(_), Answer::ContactIds(ids)) => {
                self.own_contact = ids.first().copied();
            }
            (Query::ContactsByPhone(phone), Answer::ContactIds(ids)) => {
                self.hits.push((SearchKey::Phone(phone), ids));
            }
            (Query::ContactsByEmail(email), Answer::ContactIds(ids)) => {
                self.hits.push((SearchKey::Email(email), ids));
            }
            (Query::ContactsByField { name, value }, Answer::ContactIds(ids)) => {
                let key = SearchKey::Field {
                    entity: None,
                    name,
                    value: value.into(),
                };
                self.hits.push((key, ids));
            }
            (_, Answer::Contacts(rows)) => self.contacts = rows,
            (Query::RecordByOrigin { .. }, Answer::Records(rows)) => {
                self.own_record = rows.into_iter().next();
            }
            (Query::RecordById { .. }, Answer::Records(rows)) => {
                self.earlier_record = rows.into_iter().next();
            }
            (Query::RecordsByField { .. }, Answer::Records(rows)) => self.by_field.extend(rows),
            (_, Answer::Records(rows)) => self.by_contact = rows,
            (Query::TodoWithMarker { .. }, Answer::Present(present)) => self.todo_made = present,
            (_, Answer::Present(present)) => self.comment_written = present,
            (_, Answer::Employees(rows)) => {
                self.responsible = rows.iter().find(|row| row.active).map(|row| row.id);
            }
            (_, Answer::ContactIds(_)) => {}
        }
    }
}
