//! Asks one portal what `check --live` wants to know: five calls at most.

use super::{Known, compare, employees, processes};
use crate::crm::bitrix24::{Client, PortalInfo, Priority, ProbeError};
use crate::crm::{CrmError, Dictionaries, Employee};
use crate::mapping::{Claims, Problem};

/// What came of asking one portal.
#[derive(Debug)]
pub struct Asked {
    /// Whether its webhook works.
    pub portal: Result<PortalInfo, ProbeError>,
    /// What the profiles say and the portal contradicts; `None` when there are none, or it did not answer.
    pub compared: Option<Result<Compared, CrmError>>,
}

/// Profiles held against a portal.
#[derive(Debug, Default)]
pub struct Compared {
    /// How many.
    pub profiles: usize,
    /// What is not so.
    pub problems: Vec<Problem>,
    /// Whether the webhook may ask for employees, as far as a profile names any.
    pub staff: bool,
}

impl Asked {
    /// Whether nothing answers there.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.portal, Err(ProbeError::Unreachable(_)))
    }
}

/// Asks for the webhook's rights, of each group in `scopes` one, and holds these profiles against the
/// portal.
pub async fn ask(client: &Client, scopes: &[&[&str]], own: &[&Claims]) -> Asked {
    let portal = client.probe(scopes).await;
    let compared = match &portal {
        Ok(_) if !own.is_empty() => Some(at_once(client, own).await),
        Ok(_) | Err(_) => None,
    };
    Asked { portal, compared }
}

async fn at_once(client: &Client, own: &[&Claims]) -> Result<Compared, CrmError> {
    let dictionaries = client.dictionaries().await.0?;
    compared(client, own, &dictionaries, Priority::Person).await
}

/// Holds these profiles against a portal with these dictionaries, in two calls at most.
///
/// # Errors
///
/// When the portal does not answer, or does not let the webhook see a process.
pub async fn compared(
    client: &Client,
    own: &[&Claims],
    dictionaries: &Dictionaries,
    priority: Priority,
) -> Result<Compared, CrmError> {
    let (ids, emails) = employees(own.iter().copied());
    let staff: Option<Vec<Employee>> = if ids.is_empty() && emails.is_empty() {
        Some(Vec::new())
    } else {
        client.employees(&ids, &emails, priority).await?
    };
    let processes = processes(own.iter().copied());
    let processes = client.processes(&processes, priority).await?;
    let known = Known {
        dictionaries,
        processes: &processes,
        staff: staff.as_deref(),
    };
    let mut problems: Vec<Problem> = Vec::new();
    for problem in own.iter().flat_map(|claims| compare(claims, known)) {
        // what the defaults say is said by every profile
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Ok(Compared {
        profiles: own.len(),
        problems,
        staff: staff.is_some(),
    })
}
