//! Watches that the hook of an account is there and switched on: at the start, daily, and when the
//! account has sent nothing for some time. Reports what is wrong to the alerts, and repairs it where
//! the settings say so.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::client::AmoClient;
use super::health::{AmoHealth, AmoTrouble};
use super::hooks::{AmoHook, OwnHook};
use crate::domain::{AmoFailure, Clock, HOOKS};
use crate::store::{ArrivedAfter, Store, StoreError};

/// Arrivals that are read at a time.
const PAGE: usize = 5_000;

/// How a hook is watched.
#[derive(Debug, Clone)]
pub struct WatchRules {
    /// How often the list is read.
    pub every: Duration,
    /// After how long without a hook it is read, too.
    pub silence: Duration,
    /// Whether the hook is switched on again, or added.
    pub repairs: bool,
}

/// Watches the hook of one account.
pub struct HookWatch {
    /// Asks the account.
    pub client: Arc<AmoClient>,
    /// The hook that leads here.
    pub own: OwnHook,
    /// How it is watched.
    pub rules: WatchRules,
    /// Returns the events that profiles want, for a hook that is missing.
    pub events: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Tells when the account has sent something.
    pub store: Store,
    /// Reports what is wrong to the alerts.
    pub health: AmoHealth,
    /// The current time.
    pub clock: Arc<dyn Clock>,
}

impl HookWatch {
    /// Watches until draining.
    pub async fn run(self, draining: CancellationToken) {
        draining.run_until_cancelled(self.watch()).await;
    }

    async fn watch(&self) {
        let mut looked: Option<Timestamp> = None;
        loop {
            let now = self.clock.now();
            let is_due = looked.is_none_or(|at| before(now, self.rules.every) >= at);
            if is_due || self.is_silent(now).await {
                self.look(now).await;
                looked = Some(now);
            }
            tokio::time::sleep(self.rules.silence.min(self.rules.every)).await;
        }
    }

    /// Returns whether the account has sent nothing for some time. If the store cannot be read, that
    /// is not known.
    async fn is_silent(&self, now: Timestamp) -> bool {
        let since = before(now, self.rules.silence);
        self.has_arrived(since).await.is_ok_and(|arrived| !arrived)
    }

    async fn has_arrived(&self, since: Timestamp) -> Result<bool, StoreError> {
        let mut after = ArrivedAfter::Time(since);
        loop {
            let (arrived, next) = self.store.arrived(after, PAGE).await?;
            let name = self.client.name();
            if arrived
                .iter()
                .any(|one| !one.is_captured && one.source == HOOKS && one.address == name)
            {
                return Ok(true);
            }
            if next == after {
                return Ok(false);
            }
            after = next;
        }
    }

    /// Looks once.
    async fn look(&self, now: Timestamp) {
        let account = self.client.name();
        if !self.client.is_connected() {
            return;
        }
        let hooks = match self.client.hooks().await {
            Ok(hooks) => hooks,
            Err(failure) => {
                let is_refused = matches!(failure, AmoFailure::Refused { .. });
                if is_refused || matches!(failure, AmoFailure::Disconnected { .. }) {
                    self.health.fails(account, AmoTrouble::TokenRefused, now);
                }
                tracing::warn!(account, "the hooks of amoCRM cannot be read: {failure}");
                return;
            }
        };
        self.health.works(account, AmoTrouble::TokenRefused);
        let own: Vec<&AmoHook> = hooks.iter().filter(|hook| self.own.is_one(hook)).collect();
        let disabled = own.iter().all(|hook| hook.is_disabled);
        match own.first() {
            None => {
                self.health.works(account, AmoTrouble::HookDisabled);
                self.health.fails(account, AmoTrouble::HookMissing, now);
                tracing::warn!(
                    account,
                    "no hook of amoCRM leads to leadgate: add one, see docs/amocrm.md"
                );
                self.repair(None).await;
            }
            Some(hook) if disabled => {
                self.health.works(account, AmoTrouble::HookMissing);
                self.health.fails(account, AmoTrouble::HookDisabled, now);
                tracing::warn!(
                    account,
                    "amoCRM has switched the hook off: events since then are lost to leadgate"
                );
                self.repair(Some(hook)).await;
            }
            Some(_) => {
                self.health.works(account, AmoTrouble::HookMissing);
                self.health.works(account, AmoTrouble::HookDisabled);
            }
        }
    }

    /// Switches the hook on, or adds it, if the settings say so. The next look says whether it
    /// works: until then the alert stays.
    async fn repair(&self, hook: Option<&AmoHook>) {
        if !self.rules.repairs {
            return;
        }
        let account = self.client.name();
        let repaired = match (hook, self.own.destination()) {
            (Some(hook), _) => self.client.enable_hook(hook).await,
            (None, Some(destination)) => {
                let events = (self.events)();
                if events.is_empty() {
                    tracing::warn!(
                        account,
                        "the hook is not added: no profile names events of this account in `receive.on`"
                    );
                    return;
                }
                self.client.add_hook(&destination, &events).await
            }
            (None, None) => {
                tracing::warn!(
                    account,
                    "the hook is not added: set amocrm.{account}.hook_url to leadgate's address"
                );
                return;
            }
        };
        match repaired {
            Ok(()) => {
                let done = if hook.is_some() {
                    "switched on again"
                } else {
                    "added"
                };
                tracing::warn!(account, "the hook of amoCRM was {done}");
            }
            Err(failure) => tracing::error!(
                account,
                "the hook of amoCRM cannot be switched on or added: {failure}"
            ),
        }
    }
}

fn before(now: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    now.checked_sub(time).unwrap_or(Timestamp::MIN)
}
