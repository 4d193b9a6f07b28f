//! Keeps the pair of an account fresh while nobody asks, so that its refresh token does not expire
//! unused, and reports a pair that amoCRM does not take.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::client::AmoClient;
use super::health::{AmoHealth, AmoTrouble};
use crate::domain::{AmoFailure, Clock};

/// How often it looks. That is cheap: amoCRM is asked only when it is time to renew the pair.
const EVERY: Duration = Duration::from_secs(30);

/// Watches the pair of one account.
pub struct TokenWatch {
    /// Asks the account.
    pub client: Arc<AmoClient>,
    /// Reports what is wrong to the alerts.
    pub health: AmoHealth,
    /// The current time.
    pub clock: Arc<dyn Clock>,
}

impl TokenWatch {
    /// Watches until draining. A renewal that is under way is finished: the old pair is used up.
    pub async fn run(self, draining: CancellationToken) {
        draining.run_until_cancelled(self.watch()).await;
        self.client.finish().await;
    }

    async fn watch(&self) {
        let account = self.client.name();
        let mut is_lost = false;
        loop {
            if self.client.is_connected() {
                match self.client.renew_if_due().await {
                    Ok(()) if is_lost => {
                        self.health.works(account, AmoTrouble::TokenRefused);
                        is_lost = false;
                    }
                    Err(AmoFailure::Disconnected { .. }) => {
                        let now = self.clock.now();
                        self.health.fails(account, AmoTrouble::TokenRefused, now);
                        is_lost = true;
                    }
                    _ => {}
                }
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}
