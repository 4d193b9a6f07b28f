//! Removes what was created for one submission: what carries our mark with its id, and nothing else.

use serde_json::{Value, json};

use super::batch::Halt;
use super::commands::{self, Command};
use super::{Connection, Priority, names};
use crate::crm::company::{CompanyAnswer, CompanyQuery};
use crate::crm::error::CrmError;
use crate::crm::query::{Query, QueryResult, RecordFilter};
use crate::domain::{CompanyId, ContactId, EntityKind, RecordId, SubmissionId};

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Records.
    pub records: Vec<(EntityKind, RecordId)>,
    /// Contacts.
    pub contacts: Vec<ContactId>,
    /// Companies.
    pub companies: Vec<CompanyId>,
    /// How many comments and to-dos of records that were found, and stay.
    pub notes: usize,
}

impl Connection {
    /// Returns the address of a page of the portal.
    pub fn page(&self, kind: Option<EntityKind>, id: i64) -> String {
        let portal = self.portal_address();
        match kind {
            None => format!("{portal}/crm/contact/details/{id}/"),
            Some(EntityKind::Lead) => format!("{portal}/crm/lead/details/{id}/"),
            Some(EntityKind::Deal) => format!("{portal}/crm/deal/details/{id}/"),
            Some(EntityKind::Company) => format!("{portal}/crm/company/details/{id}/"),
            Some(EntityKind::Item(process)) => {
                format!("{portal}/crm/type/{process}/details/{id}/")
            }
        }
    }

    /// Returns the address of a page of the sandbox, if that is the portal.
    pub fn sandbox_page(&self, kind: Option<EntityKind>, id: i64) -> String {
        let word = kind.map_or("contact", EntityKind::as_str);
        format!("{}/sandbox/{word}/{id}", self.portal_address())
    }

    fn portal_address(&self) -> String {
        let address = self.rest.masked_address();
        let portal = address
            .split_once("/rest/")
            .map(|(portal, _)| portal.to_owned());
        portal.unwrap_or(address)
    }

    /// Deletes the record, the contact and the company that were created for a submission, and its
    /// comments and to-do if the record or the company was found. `became` is the record that it led
    /// to, `company` the company. All are found by their marks, so nothing else is deleted.
    ///
    /// # Errors
    /// If the portal does not answer, or refuses. What was deleted before stays deleted.
    pub async fn remove_created(
        &self,
        id: SubmissionId,
        became: Option<(EntityKind, RecordId)>,
        company: Option<CompanyId>,
    ) -> Result<Removed, CrmError> {
        let kind = became.map(|(kind, _)| kind);
        let own_company = Query::Company(CompanyQuery::ByOrigin(id));
        let mut queries = vec![Query::ContactByOrigin(id), own_company];
        queries.extend(kind.map(|kind| Query::ours(kind, id)));
        let found = self.read(&queries, Priority::Interactive).await;
        let (mut contacts, mut companies, mut records) = (Vec::new(), Vec::new(), Vec::new());
        for answer in found.answers {
            match answer? {
                QueryResult::ContactIds(ids) => contacts.extend(ids),
                QueryResult::Company(CompanyAnswer::Ids(ids)) => companies.extend(ids),
                QueryResult::Records(rows) => records.extend(rows.into_iter().map(|row| row.id)),
                _ => {}
            }
        }
        let mut removed = Removed::default();
        for (kind, id) in records.into_iter().filter_map(|id| Some((kind?, id))) {
            self.run_one(delete_record(kind, id)).await?;
            removed.records.push((kind, id));
        }
        for id in contacts {
            let params = json!({ "id": id });
            self.run_one(Command::new("crm.contact.delete", params))
                .await?;
            removed.contacts.push(id);
        }
        for id in companies {
            let params = json!({ "id": id });
            self.run_one(Command::new("crm.company.delete", params))
                .await?;
            removed.companies.push(id);
        }
        let found = became.filter(|record| !removed.records.contains(record));
        let company = company.filter(|company| !removed.companies.contains(company));
        let company = company.and_then(|company| RecordId::new(company.get()));
        let company = company.map(|company| (EntityKind::Company, company));
        for (kind, record) in found.into_iter().chain(company) {
            if self.is_there(kind, record).await? {
                removed.notes += self.remove_notes(kind, record, &id.to_string()).await?;
            }
        }
        Ok(removed)
    }

    /// Returns whether a record exists: the portal refuses the timeline of one that does not.
    async fn is_there(&self, kind: EntityKind, id: RecordId) -> Result<bool, CrmError> {
        let query = Query::Records {
            kind,
            which: RecordFilter::Earlier(id),
            select: Vec::new(),
        };
        let found = self.read(&[query], Priority::Interactive).await;
        let mut is_there = false;
        for answer in found.answers {
            is_there |= matches!(answer?, QueryResult::Records(rows) if !rows.is_empty());
        }
        Ok(is_there)
    }

    /// Deletes the newest comments and to-dos of a record that have this marker.
    async fn remove_notes(
        &self,
        kind: EntityKind,
        id: RecordId,
        marker: &str,
    ) -> Result<usize, CrmError> {
        let marker = marker.to_owned();
        let comments = Query::CommentWithMarker {
            kind,
            id,
            marker: marker.clone(),
        };
        let todos = Query::TodoWithMarker {
            kind,
            id,
            marker: marker.clone(),
        };
        let mut count = 0;
        for (query, text, delete) in [
            (comments, "COMMENT", "crm.timeline.comment.delete"),
            (todos, "DESCRIPTION", "crm.activity.delete"),
        ] {
            let list = commands::of(&query, &self.originator);
            let rows = self.run_one(list).await?;
            for row in rows.as_array().into_iter().flatten() {
                let text = row.get(text).and_then(Value::as_str);
                if let (true, Some(id)) = (
                    text.is_some_and(|text| text.contains(&marker)),
                    row.get("ID"),
                ) {
                    let params = json!({ "id": id });
                    self.run_one(Command::new(delete, params)).await?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    async fn run_one(&self, command: Command) -> Result<Value, CrmError> {
        let commands = std::slice::from_ref(&command);
        let (mut outcomes, _) = self
            .run(&[0], commands, Halt::Never, Priority::Interactive)
            .await;
        outcomes.pop().unwrap_or(Err(CrmError::NotRun))
    }
}

fn delete_record(kind: EntityKind, id: RecordId) -> Command {
    let mut params = json!({ "id": id });
    names::add_item_params(kind, &mut params, std::iter::empty());
    Command::new(names::method(kind, "delete"), params)
}
