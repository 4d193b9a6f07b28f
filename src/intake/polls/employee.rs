//! Checks whether an employee may connect a poll, as the setting `polls.employees` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::EmployeeCheck;
use crate::crm::{Connection, CrmError, Priority, Query, QueryResult};
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, Email, Lang, bilingual};
use crate::intake::BadSource;

/// How far up the tree of departments to look.
const MOST_LEVELS: usize = 16;

/// How many departments to ask for at a time.
const MOST_DEPARTMENTS: usize = 20;

/// Characters of a wrong address that the reply repeats.
const LONGEST_SHOWN: usize = 60;

/// The employees who may connect a poll.
pub(super) enum Employees {
    /// Everybody.
    Everybody,
    /// These addresses, and every address of these domains.
    Listed {
        /// Addresses.
        emails: Vec<Email>,
        /// Domains in lower case, without `@`; with a dot at the beginning: all domains below.
        domains: Vec<String>,
    },
    /// Active employees of a portal, of these departments if any are given.
    OfPortal {
        /// The connection whose portal is asked.
        portal: Arc<Connection>,
        /// The departments.
        departments: Departments,
    },
}

/// The departments whose employees may connect a poll; all of them if there are no ids.
pub(super) struct Departments {
    ids: Vec<i64>,
    with_those_below: bool,
}

/// Why an employee may not connect a poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// The packet names no employee.
    Nobody,
    /// The packet has this instead of an address.
    NoAddress(String),
    /// Not on the list.
    Unlisted,
    /// Not an active employee of the portal.
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
                sub_departments,
            } => Self::OfPortal {
                portal: connections
                    .get(&connection)
                    .cloned()
                    .ok_or_else(|| BadSource {
                        setting: "polls.employees.crm",
                        problem: format!("there is no connection `{connection}`"),
                    })?,
                departments: Departments {
                    ids: departments,
                    with_those_below: sub_departments,
                },
            },
        })
    }

    /// Returns why an employee may not connect a poll. `no_address` is what the packet has instead
    /// of an address.
    pub(super) async fn check(
        &self,
        employee: Option<&Email>,
        no_address: Option<String>,
    ) -> Result<(), Refused> {
        let nobody = || no_address.map_or(Refused::Nobody, Refused::NoAddress);
        match self {
            Self::Everybody => Ok(()),
            Self::Listed { emails, domains } => {
                let employee = employee.ok_or_else(nobody)?;
                let is_listed = emails.contains(employee)
                    || domains
                        .iter()
                        .any(|domain| is_of(employee.domain(), domain));
                is_listed.then_some(()).ok_or(Refused::Unlisted)
            }
            Self::OfPortal {
                portal,
                departments,
            } => {
                let employee = employee.ok_or_else(nobody)?;
                ask(portal, employee, departments).await
            }
        }
    }
}

/// Returns whether a domain is the listed one, or below one that begins with a dot.
fn is_of(domain: &str, listed: &str) -> bool {
    if listed.starts_with('.') {
        domain.len() > listed.len() && domain.ends_with(listed)
    } else {
        domain == listed
    }
}

/// Asks the portal about an employee.
async fn ask(
    portal: &Connection,
    employee: &Email,
    departments: &Departments,
) -> Result<(), Refused> {
    let queries = vec![Query::EmployeesByEmail(employee.clone())];
    let Some(QueryResult::Employees(rows)) = answers(portal, queries).await?.pop() else {
        return Err(Refused::NoAnswer(CrmError::NotRun));
    };
    let active: Vec<_> = rows.into_iter().filter(|row| row.active).collect();
    if active.is_empty() {
        return Err(Refused::Unknown);
    }
    if departments.ids.is_empty() {
        return Ok(());
    }
    let own = active.into_iter().flat_map(|row| row.departments).collect();
    let is_inside = departments.contain(portal, own).await?;
    is_inside.then_some(()).ok_or(Refused::WrongDepartment)
}

/// Returns the answers to all queries, or the first error.
async fn answers(portal: &Connection, queries: Vec<Query>) -> Result<Vec<QueryResult>, Refused> {
    let outcome = portal.read(&queries, Priority::Interactive).await;
    let answers: Result<_, _> = outcome.answers.into_iter().collect();
    answers.map_err(Refused::NoAnswer)
}

impl Departments {
    /// Returns whether one of these departments, or one above it, is among the wanted ones.
    async fn contain(&self, portal: &Connection, own: Vec<i64>) -> Result<bool, Refused> {
        let (mut here, mut seen) = (own, Vec::new());
        for _ in 0..MOST_LEVELS {
            if here.iter().any(|id| self.ids.contains(id)) {
                return Ok(true);
            }
            here.retain(|id| !seen.contains(id));
            here.truncate(MOST_DEPARTMENTS);
            if here.is_empty() || !self.with_those_below {
                return Ok(false);
            }
            seen.extend_from_slice(&here);
            let queries = here.drain(..).map(Query::ParentOfDepartment).collect();
            let above = answers(portal, queries).await?;
            here.extend(above.into_iter().filter_map(|answer| match answer {
                QueryResult::Department { parent } => parent,
                _ => None,
            }));
        }
        Ok(false)
    }
}

impl Refused {
    /// Returns the reason for the log, without the address.
    pub(super) fn for_log(&self) -> String {
        match self {
            Self::Nobody => "the packet has no employee_email".to_owned(),
            Self::NoAddress(_) => "its employee_email is not an e-mail address".to_owned(),
            Self::Unlisted => "the employee is not in polls.employees.listed".to_owned(),
            Self::Unknown => "the portal has no active employee with this address".to_owned(),
            Self::WrongDepartment => {
                "the employee is in none of polls.employees.departments".to_owned()
            }
            Self::NoAnswer(CrmError::Refused { method, code, .. }) => {
                format!("the employee cannot be checked: the portal refused {method} ({code})")
            }
            Self::NoAnswer(error) => {
                let advice = if is_denied(error) {
                    "; the webhook needs the scope user_basic or user, and department for sub-departments"
                } else {
                    ""
                };
                format!("the employee cannot be checked: {error}{advice}")
            }
        }
    }

    /// Returns the wording for the employee.
    pub(super) fn to_text(&self, employee: Option<&Email>, lang: Lang) -> String {
        let who = employee.map_or("", Email::as_str);
        match self {
            Self::Nobody => Bilingual::new(
                "The packet has no employee_email, so the employee who connects the poll is unknown",
                "В пакете нет employee_email: неизвестно, кто включает интеграцию",
            )
            .pick(lang)
            .to_owned(),
            Self::NoAddress(typed) => {
                let typed = ellipsis(typed, LONGEST_SHOWN);
                bilingual!(
                    "employee_email is wrong: `{typed}` is not an e-mail address",
                    "Поле employee_email заполнено неверно: `{typed}` — не адрес e-mail"
                )
                .pick(lang)
            }
            Self::Unlisted => bilingual!(
                "User {who} lacks the rights: the address is not on the list of those who may connect \
                 polls; please ask the CRM's administrator",
                "Недостаточно прав у пользователя {who}: адреса нет в списке тех, кто может подключать \
                 опросы; обратитесь к администратору CRM"
            )
            .pick(lang),
            Self::Unknown => bilingual!(
                "User {who} lacks the rights: the CRM has no such active employee; please ask the CRM's \
                 administrator",
                "Недостаточно прав у пользователя {who}: такого действующего сотрудника в CRM нет; \
                 обратитесь к администратору CRM"
            )
            .pick(lang),
            Self::WrongDepartment => bilingual!(
                "User {who} lacks the rights: other departments connect polls; please ask the CRM's \
                 administrator",
                "Недостаточно прав у пользователя {who}: опросы подключают сотрудники других \
                 подразделений; обратитесь к администратору CRM"
            )
            .pick(lang),
            Self::NoAnswer(error) => unchecked(error).pick(lang),
        }
    }
}

/// Returns why the portal says nothing about an employee, and what to do.
fn unchecked(error: &CrmError) -> Bilingual {
    let failure = error.failure();
    let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
    if is_denied(error) {
        bilingual!(
            "The employee's rights cannot be checked: {en}. The webhook needs the scope user_basic or user \
             (and department for sub-departments); please ask the CRM's administrator",
            "Права сотрудника нельзя проверить: {ru}. Вебхуку нужны права user_basic или user (для \
             вложенных подразделений — ещё department); обратитесь к администратору CRM"
        )
    } else {
        bilingual!(
            "The employee's rights cannot be checked now: {en}; try again in a minute",
            "Права сотрудника сейчас нельзя проверить: {ru}; повторите через минуту"
        )
    }
}

fn is_denied(error: &CrmError) -> bool {
    matches!(error, CrmError::Denied { .. })
}
