//! Asks one portal what `check --live` wants to know: five calls at most.

use super::{PortalFacts, compare, employees, processes};
use crate::crm::{Connection, CrmError, Dictionaries, Employee, PortalInfo, Priority, ProbeError};
use crate::mapping::{Claims, Problem};

/// What came of asking one portal.
#[derive(Debug)]
pub struct PortalCheck {
    /// Whether its webhook works.
    pub portal: Result<PortalInfo, ProbeError>,
    /// What the profiles say and the portal contradicts; `None` when there are none, or it did not answer.
    pub profiles: Option<Result<ProfileCheck, CrmError>>,
}

/// Profiles held against a portal.
#[derive(Debug, Default)]
pub struct ProfileCheck {
    /// How many.
    pub profiles: usize,
    /// What is not so.
    pub problems: Vec<Problem>,
    /// Whether the webhook may ask for employees, as far as a profile names any.
    pub staff: bool,
}

impl PortalCheck {
    /// Whether nothing answers there.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.portal, Err(ProbeError::Unreachable(_)))
    }
}

/// Asks for the webhook's rights, of each group in `scopes` one, and holds these profiles against the
/// portal.
pub async fn check_portal(client: &Connection, scopes: &[&[&str]], own: &[&Claims]) -> PortalCheck {
    let portal = client.probe(scopes).await;
    let profiles = match &portal {
        Ok(_) if !own.is_empty() => Some(at_once(client, own).await),
        Ok(_) | Err(_) => None,
    };
    PortalCheck { portal, profiles }
}

async fn at_once(client: &Connection, own: &[&Claims]) -> Result<ProfileCheck, CrmError> {
    let dictionaries = client.dictionaries().await.0?;
    check_profiles(client, own, &dictionaries, Priority::Interactive).await
}

/// Holds these profiles against a portal with these dictionaries, in two calls at most.
///
/// # Errors
///
/// When the portal does not answer, or does not let the webhook see a process.
pub async fn check_profiles(
    client: &Connection,
    own: &[&Claims],
    dictionaries: &Dictionaries,
    priority: Priority,
) -> Result<ProfileCheck, CrmError> {
    let (ids, emails) = employees(own.iter().copied());
    let staff: Option<Vec<Employee>> = if ids.is_empty() && emails.is_empty() {
        Some(Vec::new())
    } else {
        client.employees(&ids, &emails, priority).await?
    };
    let processes = processes(own.iter().copied());
    let processes = client.processes(&processes, priority).await?;
    let facts = PortalFacts {
        dictionaries,
        processes: &processes,
        staff: staff.as_deref(),
    };
    let mut problems: Vec<Problem> = Vec::new();
    for problem in own.iter().flat_map(|claims| compare(claims, facts)) {
        // what the defaults say is said by every profile
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    Ok(ProfileCheck {
        profiles: own.len(),
        problems,
        staff: staff.is_some(),
    })
}
