//! Checks whether an employee may connect a poll, as the setting `polls.employees` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::EmployeeCheck;
use crate::crm::{Connection, CrmError, Priority, Query, QueryResult};
use crate::domain::{Email, Lang};
use crate::intake::BadSource;

/// The employees who may connect a poll.
pub(super) enum Employees {
    /// Everybody.
    Everybody,
    /// These addresses, and every address of these domains.
    Listed {
        /// Addresses.
        emails: Vec<Email>,
        /// Domains in lower case, without `@`.
        domains: Vec<String>,
    },
    /// Active employees of a portal, of these departments if any are given.
    OfPortal {
        /// The connection whose portal is asked.
        portal: Arc<Connection>,
        /// Department ids.
        departments: Vec<i64>,
    },
}

/// Why an employee may not connect a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// The packet names no employee.
    Nobody,
    /// Not on the list, or not an active employee of the portal.
    Unknown,
    /// In none of the departments.
    WrongDepartment,
    /// The portal does not answer now.
    NoAnswer(CrmError),
}

impl Employees {
    /// Prepares the check that the settings ask for.
    pub(super) fn new(
        check: &EmployeeCheck,
        connections: &BTreeMap<String, Arc<Connection>>,
    ) -> Result<Self, BadSource> {
        Ok(match check.clone() {
            EmployeeCheck::Off => Self::Everybody,
            EmployeeCheck::Listed { emails, domains } => Self::Listed { emails, domains },
            EmployeeCheck::Portal {
                connection,
                departments,
            } => Self::OfPortal {
                portal: connections
                    .get(&connection)
                    .cloned()
                    .ok_or_else(|| BadSource {
                        setting: "polls.employees.crm",
                        problem: format!("there is no connection `{connection}`"),
                    })?,
                departments,
            },
        })
    }

    /// Returns why an employee may not connect a poll.
    pub(super) async fn check(&self, employee: Option<&Email>) -> Result<(), Refused> {
        match self {
            Self::Everybody => Ok(()),
            Self::Listed { emails, domains } => {
                let employee = employee.ok_or(Refused::Nobody)?;
                let is_listed = emails.contains(employee)
                    || domains.iter().any(|domain| domain == employee.domain());
                is_listed.then_some(()).ok_or(Refused::Unknown)
            }
            Self::OfPortal {
                portal,
                departments,
            } => {
                let employee = employee.ok_or(Refused::Nobody)?;
                ask(portal, employee, departments).await
            }
        }
    }
}

async fn ask(portal: &Connection, employee: &Email, departments: &[i64]) -> Result<(), Refused> {
    let query = Query::EmployeesByEmail(employee.clone());
    let mut outcome = portal.read(&[query], Priority::Interactive).await;
    let rows = match outcome.answers.pop() {
        Some(Ok(QueryResult::Employees(rows))) => rows,
        Some(Err(error)) => return Err(Refused::NoAnswer(error)),
        Some(Ok(_)) | None => return Err(Refused::NoAnswer(CrmError::NotRun)),
    };
    let active: Vec<_> = rows.into_iter().filter(|row| row.active).collect();
    if active.is_empty() {
        return Err(Refused::Unknown);
    }
    let is_inside = departments.is_empty()
        || active
            .iter()
            .any(|row| row.departments.iter().any(|id| departments.contains(id)));
    is_inside.then_some(()).ok_or(Refused::WrongDepartment)
}

impl Refused {
    /// Returns the wording for the employee.
    pub(super) fn to_text(&self, employee: Option<&Email>, lang: Lang) -> String {
        let who = employee.map_or("", Email::as_str);
        match (self, lang) {
            (Self::Nobody, Lang::Ru) => {
                "В пакете нет employee_email: неизвестно, кто включает интеграцию".to_owned()
            }
            (Self::Nobody, Lang::En) => {
                "The packet has no employee_email, so the employee who connects the poll is unknown".to_owned()
            }
            (Self::Unknown, Lang::Ru) => format!(
                "Недостаточно прав у пользователя {who}: такого действующего сотрудника в CRM нет \
                 или он не внесён в список; обратитесь к администратору CRM"
            ),
            (Self::Unknown, Lang::En) => format!(
                "User {who} lacks the rights: no such active employee in the CRM or on the list; \
                 please ask the CRM's administrator"
            ),
            (Self::WrongDepartment, Lang::Ru) => format!(
                "Недостаточно прав у пользователя {who}: опросы подключают сотрудники других \
                 подразделений; обратитесь к администратору CRM"
            ),
            (Self::WrongDepartment, Lang::En) => format!(
                "User {who} lacks the rights: other departments connect polls; please ask the CRM's \
                 administrator"
            ),
            (Self::NoAnswer(_), Lang::Ru) => {
                "Права сотрудника сейчас нельзя проверить, CRM не отвечает; повторите через минуту"
                    .to_owned()
            }
            (Self::NoAnswer(_), Lang::En) => {
                "The employee's rights cannot be checked now, the CRM does not answer; try again in a \
                 minute"
                    .to_owned()
            }
        }
    }
}
