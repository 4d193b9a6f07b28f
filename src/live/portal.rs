//! Checks one portal and the profiles that use it, in at most five calls.

use super::{PortalFacts, compare, employees, processes};
use crate::authoring::Problem;
use crate::crm::{Connection, CrmError, Dictionaries, Employee, PortalInfo, Priority, ProbeError};
use crate::mapping::PortalReferences;

/// The result of checking one portal.
#[derive(Debug)]
pub struct PortalReport {
    /// Whether its webhook works.
    pub portal: Result<PortalInfo, ProbeError>,
    /// The check of the profiles; `None` if there are none, or the portal did not answer.
    pub profiles: Option<Result<ProfileCheck, CrmError>>,
}

/// The result of comparing profiles with a portal.
#[derive(Debug, Default)]
pub struct ProfileCheck {
    /// The number of profiles.
    pub profiles: usize,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Whether the webhook may read employees; true if no profile names any.
    pub staff: bool,
}

impl PortalReport {
    /// Returns whether nothing answers there.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.portal, Err(ProbeError::Unreachable(_)))
    }
}

/// Checks the webhook's permissions, one scope of each group in `scopes`, and compares these
/// profiles with the portal.
pub async fn check_portal(
    client: &Connection,
    scopes: &[&[&str]],
    own: &[&PortalReferences],
) -> PortalReport {
    let portal = client.probe(scopes).await;
    let profiles = match &portal {
        Ok(_) if !own.is_empty() => Some(at_once(client, own).await),
        Ok(_) | Err(_) => None,
    };
    PortalReport { portal, profiles }
}

async fn at_once(client: &Connection, own: &[&PortalReferences]) -> Result<ProfileCheck, CrmError> {
    let dictionaries = client.dictionaries().await.0?;
    check_profiles(client, own, &dictionaries, Priority::Interactive).await
}

/// Compares these profiles with a portal that has these dictionaries, in at most two calls.
///
/// # Errors
///
/// When the portal does not answer, or does not let the webhook see a process.
pub async fn check_profiles(
    client: &Connection,
    own: &[&PortalReferences],
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
    for problem in own.iter().flat_map(|references| compare(references, facts)) {
        // a mistake in the defaults is reported by every profile
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
