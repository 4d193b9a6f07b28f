//! What a PBX asks while it rings: who calls, who is responsible for them, and who works here. The
//! answers come from memory or, within a budget, from the portal; a portal that is slow or down
//! costs a caller nothing but the answer.

mod ahead;
mod callers;
mod employees;
mod live;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::ahead::RecentCallers;
use self::callers::{Callers, Question};
use self::employees::Employees;
use super::matching::{Matching, People};
use super::{Client, PbxUser, User};
use crate::crm::{CallerRow, ColleagueRow, Connection};
use crate::domain::{Clock, HandMatches, Phone, UserId};
use crate::pbx::CommandUser;

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
    /// Of how many recent callers and changed clients the numbers are read ahead; 0 means none.
    pub recent: usize,
    /// How often clients that have changed are read.
    pub ahead_every: Duration,
}

/// The matches made by hand that are in use; they change with their file.
pub type CurrentMatches = Arc<ArcSwap<HandMatches>>;

/// The people of a portal, as a PBX asks about them.
pub struct Directory {
    /// The name of the PBX.
    pbx: String,
    portal: Arc<Connection>,
    by_hand: CurrentMatches,
    /// The users of the PBX, if they were read.
    pbx_users: ArcSwap<Vec<PbxUser>>,
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
        (pbx, portal): (&str, Arc<Connection>),
        rules: DirectoryRules,
        by_hand: CurrentMatches,
        clock: Arc<dyn Clock>,
    ) -> (Arc<Self>, DirectoryReader) {
        let (asking, asked) = mpsc::channel(MOST_WAITING);
        let directory = Arc::new(Self {
            pbx: pbx.to_owned(),
            by_hand,
            pbx_users: ArcSwap::default(),
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
        let owner = |owner: UserId| self.inner_of(owner).unwrap_or_else(|| owner.to_string());
        self.listed(&rows, owner)
    }

    /// Returns the clients of these rows, in the order of the settings; `owner` names who is
    /// responsible.
    fn listed(&self, rows: &[CallerRow], owner: impl Fn(UserId) -> String) -> Vec<Client> {
        let client = |row: &CallerRow| Client {
            id: row.id,
            is_company: row.is_company,
            name: row.name.clone(),
            company: row.company.clone(),
            owner: row.owner.map(&owner),
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

    /// Returns the employee who is meant by an inner number of the PBX or by the number that the PBX
    /// has of them. Answers from memory.
    pub fn employee_of(&self, inner: Option<&str>, crm_user: Option<&str>) -> Option<UserId> {
        let found = self.with_people(|people| people.employee_of(inner, crm_user));
        found.map(|(employee, _)| employee)
    }

    /// Returns the inner number of an employee in the PBX. Answers from memory.
    pub fn inner_of(&self, employee: UserId) -> Option<String> {
        self.with_people(|people| people.inner_of(employee))
    }

    /// Returns how commands name an employee. Answers from memory.
    pub fn command_user(&self, employee: UserId) -> CommandUser {
        CommandUser {
            crm_user: employee.to_string(),
            inner: self.inner_of(employee),
        }
    }

    /// Matches the users of the PBX with the employees; `None` if these cannot be read in time.
    pub async fn matching(&self, users: Vec<PbxUser>, within: Duration) -> Option<Matching> {
        self.learn_users(users);
        self.employees_within(within).await?;
        Some(self.with_people(|people| people.matching()))
    }

    /// Remembers the users of the PBX: their e-mail addresses match employees without an inner
    /// number.
    pub fn learn_users(&self, users: Vec<PbxUser>) {
        self.pbx_users.store(Arc::new(users));
    }

    /// Returns the employees; waits this long if they were never read.
    pub async fn employees_within(&self, within: Duration) -> Option<Arc<[ColleagueRow]>> {
        self.employees.within(within).await
    }

    fn with_people<T>(&self, ask: impl FnOnce(People<'_>) -> T) -> T {
        let by_hand = self.by_hand.load();
        let employees = self.employees.known();
        let users = self.pbx_users.load();
        ask(People {
            by_hand: by_hand.of(&self.pbx),
            employees: employees.as_deref().unwrap_or_default(),
            users: &users,
        })
    }

    /// Discards what is known about a number that a call was recorded for: its profile may make a
    /// contact of it now.
    pub fn call_recorded(&self, phone: &Phone) {
        self.callers.doubt(phone);
    }
}

impl DirectoryReader {
    /// Reads until draining: the employees now and every hour, the numbers that are asked for, and
    /// ahead those of `recent` callers, of clients that have changed, and of recorded calls.
    pub async fn run(self, recent: RecentCallers, draining: CancellationToken) {
        let Self { directory, asked } = self;
        let reading = async {
            tokio::join!(
                directory.employees.keep(&directory.portal),
                directory.callers.read(&directory.portal, asked),
                directory.read_ahead(recent),
                directory.read_recorded(),
            );
        };
        draining.run_until_cancelled(reading).await;
    }
}
