//! How a portal is called: by the address of an inbound webhook, or with the tokens of a local
//! application.

use std::sync::Arc;

use secrecy::SecretString;

use super::address::{RestAddress, WebhookError};
use super::application::Application;

/// The access to one portal.
#[derive(Clone)]
pub struct Access {
    pub(super) address: RestAddress,
    /// Gives the tokens; `None` for a webhook, whose address has the secret.
    pub(super) application: Option<Arc<Application>>,
}

impl Access {
    /// Parses the address of a webhook.
    ///
    /// # Errors
    /// If it is none.
    pub fn webhook(address: &SecretString) -> Result<Self, WebhookError> {
        Ok(Self {
            address: RestAddress::of_webhook(address)?,
            application: None,
        })
    }

    /// Uses an application.
    pub fn application(application: Arc<Application>) -> Self {
        Self {
            address: RestAddress::of_portal(application.portal()),
            application: Some(application),
        }
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Access({})", self.address)
    }
}
