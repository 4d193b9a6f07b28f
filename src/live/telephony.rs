//! Checks whether a portal lets leadgate show cards of calls.

use crate::crm::{Connection, CrmError, telephony_problem};
use crate::domain::Bilingual;

/// What the portal says about telephony.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telephony {
    /// It is allowed.
    Works,
    /// It is not, for this reason.
    Refused(Bilingual),
    /// The portal does not answer.
    Silent,
}

/// Asks the portal of a connection of this name, in one call.
pub async fn check_telephony(client: &Connection, name: &str) -> Telephony {
    match client.probe_telephony().await {
        Ok(()) => Telephony::Works,
        Err(error @ (CrmError::Denied { .. } | CrmError::Refused { .. })) => {
            Telephony::Refused(telephony_problem(name, Some(&error)))
        }
        Err(_) => Telephony::Silent,
    }
}
