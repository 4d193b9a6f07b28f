//! Who calls a method: the webhook, an employee through an application, or nobody.

use std::collections::BTreeSet;

use super::{Applications, Standing};
use crate::simulator::errors::ApiError;

/// The caller of a method.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::simulator) struct Caller {
    /// The employee.
    pub(in crate::simulator) user: u32,
    /// The application and the scopes of its token; `None` for a webhook.
    pub(in crate::simulator) application: Option<(u32, BTreeSet<String>)>,
}

impl Caller {
    /// Returns the caller behind a webhook.
    pub(in crate::simulator) fn webhook(user: u32) -> Self {
        Self {
            user,
            application: None,
        }
    }

    /// Returns the number of the application.
    pub(in crate::simulator) fn application(&self) -> Option<u32> {
        self.application.as_ref().map(|(id, _)| *id)
    }
}

impl Applications {
    /// Returns who calls with an access token.
    pub(in crate::simulator) fn caller(&self, token: &str, now: i64) -> Result<Caller, ApiError> {
        let Some(grant) = self.grants.access(token) else {
            return Err(ApiError::invalid_token());
        };
        let application = self.get(grant.application);
        let is_there = application.is_some_and(|it| it.standing != Standing::Removed);
        if !is_there {
            return Err(ApiError::not_installed());
        }
        if now >= grant.until {
            return Err(ApiError::expired_token());
        }
        if self.shut_out.contains(&grant.user) {
            return Err(ApiError::user_access());
        }
        Ok(Caller {
            user: grant.user,
            application: Some((grant.application, grant.scopes.clone())),
        })
    }
}
