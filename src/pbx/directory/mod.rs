//! What a PBX asks while it rings: who calls, who is responsible for them, and who works here. The
//! answers come from memory or, within a budget, from the portal; a portal that is slow or down
//! costs a caller nothing but the answer.

mod callers;
mod employees;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::callers::{Callers, Question};
use self::employees::Employees;
use super::{Client, User};
use crate::crm::{CallerRow, Connection};
use crate::domain::{Clock, Phone, UserId};

/// The numbers that wait for a call to the portal; more are answered at once, with nothing.
const MOST_WAITING: usize = 64;

/// How a directory answers.
#[derive(Debug, Clone)]
pub struct DirectoryRules {
    /// How long the PBX waits for an answer.
    pub within: Duration,
    /// How long an answer of the portal may be used.
    pub keep: Duration,
    /// How many numbers are kept.
    pub most: usize,
    /// Whether the newest of several clients comes first.
    pub newest_first: bool,
}

/// The people of a portal, as a PBX asks about them.
pub struct Directory {
    portal: Arc<Connection>,
    rules: DirectoryRules,
    employees: Employees,
    callers: Callers,
}

/// Reads for a directory.
pub struct DirectoryReader {
    directory: Arc<Directory>,
    asked: mpsc::Receiver<Question>,
}

impl Directory {
    /// Builds a directory and its reader, which must run.
    pub fn new(
        portal: Arc<Connection>,
        rules: DirectoryRules,
        clock: Arc<dyn Clock>,
    ) -> (Arc<Self>, DirectoryReader) {
        let (asking, asked) = mpsc::channel(MOST_WAITING);
        let directory = Arc::new(Self {
            callers: Callers::new(asking, &rules, clock),
            portal,
            rules,
            employees: Employees::default(),
        });
        let reader = DirectoryReader {
            directory: Arc::clone(&directory),
            asked,
        };
        (directory, reader)
    }

    /// Returns the employees; `None` if they were never read, and the portal does not answer in time.
    pub async fn users(&self) -> Option<Vec<User>> {
        let listed = self.employees.within(self.rules.within).await?;
        let users = listed.iter().map(|row| User {
            id: row.id.to_string(),
            name: row.name.clone(),
        });
        Some(users.collect())
    }

    /// Returns the clients with this number; none if the portal does not answer in time.
    pub async fn clients(&self, phone: &Phone) -> Vec<Client> {
        let rows = self.callers.within(phone, self.rules.within).await;
        let employees = self.employees.known();
        let inner = |owner: &UserId| {
            let listed = employees.as_ref()?;
            let place = listed.binary_search_by_key(owner, |row| row.id).ok()?;
            listed.get(place)?.inner.clone()
        };
        let client = |row: &CallerRow| Client {
            id: row.id,
            is_company: row.is_company,
            name: row.name.clone(),
            company: row.company.clone(),
            owner: row
                .owner
                .map(|owner| inner(&owner).unwrap_or_else(|| owner.to_string())),
        };
        let mut clients: Vec<Client> = rows.iter().map(client).collect();
        let newest_first = self.rules.newest_first;
        // companies first, as the documentation prints them
        clients.sort_by_key(|client| {
            let id = if newest_first { -client.id } else { client.id };
            (!client.is_company, id)
        });
        clients
    }

    /// Discards what is known about a number that a call was recorded for: its profile may make a
    /// contact of it now.
    pub fn call_recorded(&self, phone: &Phone) {
        self.callers.doubt(phone);
    }
}

impl DirectoryReader {
    /// Reads until draining: the employees now and every hour, and the numbers that are asked for.
    pub async fn run(self, draining: CancellationToken) {
        let Self { directory, asked } = self;
        let reading = async {
            tokio::join!(
                directory.employees.keep(&directory.portal),
                directory.callers.read(&directory.portal, asked),
            );
        };
        draining.run_until_cancelled(reading).await;
    }
}
