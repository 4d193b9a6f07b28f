//! Whether the portal of a connection lets leadgate show cards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::crm::{Connection, CrmError, telephony_problem};
use crate::domain::{EntityKind, Lang};

/// How often the portal is asked whether telephony is allowed.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// When it is asked again after no answer.
const RETRY: Duration = Duration::from_secs(60);

/// The portal behind a connection, as far as cards are concerned.
pub struct CardPortal {
    /// The name of the connection.
    pub(super) name: String,
    /// The connection.
    pub(super) connection: Arc<Connection>,
    /// Whether the portal has refused telephony.
    is_refused: AtomicBool,
    /// Whether the portal is the sandbox, whose pages have addresses of their own.
    is_sandbox: bool,
}

impl CardPortal {
    /// Takes a connection.
    pub fn new(name: &str, connection: Arc<Connection>) -> Self {
        Self {
            name: name.to_owned(),
            connection,
            is_refused: AtomicBool::new(false),
            is_sandbox: false,
        }
    }

    /// Marks the portal as the sandbox.
    #[must_use]
    pub fn of_sandbox(self) -> Self {
        Self {
            is_sandbox: true,
            ..self
        }
    }

    /// Returns the address of the page of a client.
    pub(super) fn page(&self, kind: Option<EntityKind>, id: i64) -> String {
        if self.is_sandbox {
            self.connection.sandbox_page(kind, id)
        } else {
            self.connection.page(kind, id)
        }
    }

    /// Returns whether cards work, as far as is known.
    pub(super) fn works(&self) -> bool {
        !self.is_refused.load(Ordering::Relaxed)
    }

    /// Records that the portal refuses telephony, and logs it once.
    pub(super) fn refuse(&self, error: Option<&CrmError>) {
        if self.is_refused.swap(true, Ordering::Relaxed) {
            return;
        }
        let problem = telephony_problem(&self.name, error);
        tracing::warn!(crm = %self.name, "{}", problem.in_lang(Lang::En));
    }

    /// Records that telephony works.
    pub(super) fn allow(&self) {
        if self.is_refused.swap(false, Ordering::Relaxed) {
            tracing::info!(crm = %self.name, "the portal allows telephony now: calls get cards");
        }
    }

    /// Asks the portal from time to time whether telephony is allowed. Never returns.
    pub(super) async fn watch(&self) {
        loop {
            let pause = match self.connection.has_telephony().await {
                Ok(true) => {
                    self.allow();
                    EVERY
                }
                Ok(false) => {
                    self.refuse(None);
                    EVERY
                }
                Err(error) => {
                    tracing::debug!(crm = %self.name, error = %error, "the portal does not say whether telephony is allowed");
                    RETRY
                }
            };
            tokio::time::sleep(pause).await;
        }
    }
}

/// Returns whether the portal has refused this step, and would again.
pub(super) fn is_refusal(error: &CrmError) -> bool {
    matches!(error, CrmError::Refused { .. })
}
