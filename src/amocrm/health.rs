//! What is wrong with accounts of amoCRM, for the alerts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What can be wrong with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AmoTrouble {
    /// It refuses the token.
    TokenRefused,
    /// Its hook is switched off.
    HookDisabled,
    /// It has no hook that leads here.
    HookMissing,
}

/// Since when something is wrong; `None` if it was looked at and is right.
type Known = BTreeMap<(String, AmoTrouble), Option<Timestamp>>;

/// What is known about the accounts. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct AmoHealth(Arc<Mutex<Known>>);

impl AmoHealth {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that something is wrong.
    pub fn fails(&self, account: &str, trouble: AmoTrouble, now: Timestamp) {
        let mut known = self.known();
        let since = known.entry((account.to_owned(), trouble)).or_default();
        since.get_or_insert(now);
    }

    /// Records that something is right.
    pub fn works(&self, account: &str, trouble: AmoTrouble) {
        self.known().insert((account.to_owned(), trouble), None);
    }

    /// Returns what was looked at: the account, the trouble, and since when it lasts.
    pub fn all(&self) -> Vec<(String, AmoTrouble, Option<Timestamp>)> {
        let known = self.known();
        let all = known.iter();
        all.map(|((account, trouble), since)| (account.clone(), *trouble, *since))
            .collect()
    }
}
