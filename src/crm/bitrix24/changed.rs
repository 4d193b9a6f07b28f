//! The numbers of clients that have changed: what a PBX may ask about next.

use jiff::Timestamp;
use serde_json::json;

use super::calls::moment;
use super::commands::{self, Command};
use super::wire::{multifield, rows};
use super::{Connection, Priority};
use crate::crm::error::CrmError;
use crate::crm::query::PAGE_SIZE;
use crate::domain::Phone;

/// The most pages of contacts, and of companies, that one call reads.
const MOST_PAGES: usize = 20;

impl Connection {
    /// Returns numbers of contacts and companies that have changed since this time, at most about
    /// `most`, those of the newest changes first. One call, when nothing else waits.
    ///
    /// # Errors
    /// Whatever the portal answers.
    pub async fn changed_phones(
        &self,
        since: Timestamp,
        most: usize,
    ) -> Result<Vec<Phone>, CrmError> {
        let pages = most.div_ceil(PAGE_SIZE).clamp(1, MOST_PAGES);
        let commands: Vec<Command> = ["contact", "company"]
            .into_iter()
            .flat_map(|entity| (0..pages).map(move |page| changed(entity, since, page)))
            .collect();
        let outcomes = self.run_all(&commands, Priority::Background).await;
        let mut phones = Vec::new();
        for outcome in outcomes {
            let listed = outcome?;
            for row in rows(&listed) {
                let stored = multifield(row, "PHONE");
                let own = stored.iter().filter_map(|stored| Phone::parse(stored));
                phones.extend(own);
            }
        }
        phones.truncate(most);
        Ok(phones)
    }
}

/// Lists a page of those that have a number and have changed.
fn changed(entity: &str, since: Timestamp, page: usize) -> Command {
    Command::new(
        format!("crm.{entity}.list"),
        json!({
            "filter": {">=DATE_MODIFY": moment(since), "HAS_PHONE": "Y"},
            "select": commands::select(&["ID", "PHONE"], &[]),
            "order": {"DATE_MODIFY": "DESC"},
            "start": page * PAGE_SIZE,
        }),
    )
}
