//! Keeps the pair of an account fresh. One caller at a time renews it, and no other process
//! meanwhile; the others wait and use the new one. A renewal that was begun is finished even if its
//! caller is gone, because amoCRM takes a refresh token once.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::exchange::{Grant, exchange};
use super::file::disconnect;
use super::pair::TokenPair;
use super::{PairAuthorization, is_same};
use crate::amocrm::address::Address;
use crate::domain::{AmoDisconnect, AmoFailure};
use crate::sealed::Stamp;

/// How long a pair that still works is left alone after it could not be renewed.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(60);

/// Keeps a pair.
pub(crate) struct PairKeeper {
    shared: Arc<Shared>,
    state: Arc<Mutex<State>>,
}

struct Shared {
    pair: PairAuthorization,
    address: Address,
}

/// What is known about the pair.
#[derive(Default)]
struct State {
    /// The pair, and the file that it was read from.
    known: Option<(Stamp, TokenPair)>,
    /// A pair that is not on disk yet, because the disk refused it. The one there is used up.
    unsaved: Option<TokenPair>,
    /// The file whose pair amoCRM does not take any more. No call is made until there is another.
    refused: Option<(Stamp, AmoDisconnect)>,
    /// Until when a renewal waits that failed.
    put_off: Option<Timestamp>,
}

impl PairKeeper {
    pub(super) fn new(pair: PairAuthorization, address: Address) -> Self {
        Self {
            shared: Arc::new(Shared { pair, address }),
            state: Arc::default(),
        }
    }

    /// Returns whether `leadgate amocrm connect` has stored a pair.
    pub(crate) fn is_connected(&self) -> bool {
        self.shared.pair.file.exists()
    }

    /// Returns an access token, of a new pair if it is time for one.
    pub(crate) async fn access(&self) -> Result<SecretString, AmoFailure> {
        let mut state = self.lock().await;
        let pair = self.shared.load(&mut state)?;
        let now = self.shared.pair.clock.now();
        let is_put_off = state.put_off.is_some_and(|until| now < until);
        if !pair.is_due(now) || (is_put_off && !pair.is_over(now)) {
            return Ok(pair.access);
        }
        match self.renew(state, pair.clone()).await {
            Ok(renewed) => Ok(renewed.access),
            Err(_) if !pair.is_over(now) => Ok(pair.access),
            Err(failure) => Err(failure),
        }
    }

    /// Returns another access token than this one, which amoCRM refuses.
    pub(super) async fn access_instead_of(
        &self,
        used: &SecretString,
    ) -> Result<SecretString, AmoFailure> {
        let mut state = self.lock().await;
        let pair = self.shared.load(&mut state)?;
        if !is_same(&pair.access, used) {
            return Ok(pair.access);
        }
        let renewed = self.renew(state, pair).await;
        if let Err(AmoFailure::Disconnected { cause, .. }) = &renewed {
            let stamp = self.shared.pair.file.stamp();
            self.lock().await.refused = stamp.map(|stamp| (stamp, *cause));
        }
        renewed.map(|pair| pair.access)
    }

    /// Exchanges a code for a pair and stores it.
    pub(crate) async fn connect(&self, code: &SecretString) -> Result<(), AmoFailure> {
        let mut state = self.lock().await;
        let Shared { pair, address } = &*self.shared;
        let _others = self.shared.lock_others().await?;
        let now = pair.clock.now();
        let fresh = exchange(address, &pair.integration, Grant::Code(code), now).await?;
        self.shared.keep(&mut state, fresh);
        if state.unsaved.is_some() {
            return Err(self.shared.disconnected(AmoDisconnect::Unreadable));
        }
        Ok(())
    }

    /// Waits until no renewal is under way.
    pub(crate) async fn finish(&self) {
        drop(self.lock().await);
    }

    async fn lock(&self) -> OwnedMutexGuard<State> {
        Arc::clone(&self.state).lock_owned().await
    }

    async fn renew(
        &self,
        state: OwnedMutexGuard<State>,
        old: TokenPair,
    ) -> Result<TokenPair, AmoFailure> {
        let shared = Arc::clone(&self.shared);
        let renewal = tokio::spawn(async move { shared.renew(state, old).await });
        renewal.await.unwrap_or(Err(AmoFailure::NotUnderstood))
    }
}

impl Shared {
    fn disconnected(&self, cause: AmoDisconnect) -> AmoFailure {
        AmoFailure::Disconnected {
            account: self.address.name.clone(),
            cause,
        }
    }

    /// Returns the pair of the file, which another process may have written.
    fn load(&self, state: &mut State) -> Result<TokenPair, AmoFailure> {
        if let Some(unsaved) = state.unsaved.take() {
            self.keep(state, unsaved.clone());
            return Ok(unsaved);
        }
        let file = &self.pair.file;
        let stamp = file.stamp();
        let stamp = stamp.ok_or_else(|| self.disconnected(AmoDisconnect::Never))?;
        if let Some((refused, cause)) = &state.refused {
            if *refused == stamp {
                return Err(self.disconnected(*cause));
            }
            state.refused = None;
        }
        if let Some((of, pair)) = &state.known
            && *of == stamp
        {
            return Ok(pair.clone());
        }
        let pair = file.read().map_err(|error| {
            let account = file.account();
            tracing::warn!(account, error = ?error, "the tokens of amoCRM cannot be read");
            self.disconnected(disconnect(&error))
        })?;
        state.put_off = None;
        state.known = Some((stamp, pair.clone()));
        Ok(pair)
    }

    /// Stores a new pair. If the disk refuses it, it is used all the same and stored later.
    fn keep(&self, state: &mut State, fresh: TokenPair) {
        state.put_off = None;
        let file = &self.pair.file;
        match file.write(&fresh) {
            Ok(()) => {
                state.unsaved = None;
                state.known = file.stamp().map(|stamp| (stamp, fresh));
            }
            Err(error) => {
                let path = file.path();
                tracing::error!(path = %path.display(), error = %error, "the new tokens of amoCRM are not on disk: after a restart the account has to be connected again");
                state.unsaved = Some(fresh);
            }
        }
    }

    async fn lock_others(&self) -> Result<std::fs::File, AmoFailure> {
        let locked = self.pair.file.lock().await;
        locked.map_err(|error| {
            let account = &self.address.name;
            tracing::error!(account, error = %error, "the data folder does not take the tokens of amoCRM");
            self.disconnected(AmoDisconnect::Unreadable)
        })
    }

    /// Renews the pair, unless another process has done so.
    async fn renew(
        &self,
        mut state: OwnedMutexGuard<State>,
        old: TokenPair,
    ) -> Result<TokenPair, AmoFailure> {
        let _others = self.lock_others().await?;
        let current = self.load(&mut state)?;
        if !is_same(&current.refresh, &old.refresh) {
            return Ok(current);
        }
        let now = self.pair.clock.now();
        let integration = &self.pair.integration;
        let grant = Grant::Refresh(&current.refresh);
        match exchange(&self.address, integration, grant, now).await {
            Ok(fresh) => {
                self.keep(&mut state, fresh.clone());
                tracing::info!(
                    account = self.address.name,
                    "the tokens of amoCRM were renewed"
                );
                Ok(fresh)
            }
            Err(failure) => {
                state.put_off = now.checked_add(PUT_OFF).ok();
                let account = &self.address.name;
                tracing::warn!(account, "the tokens of amoCRM were not renewed: {failure}");
                if let AmoFailure::Disconnected { cause, .. } = &failure
                    && current.is_over(now)
                {
                    state.refused = self.pair.file.stamp().map(|stamp| (stamp, *cause));
                }
                Err(failure)
            }
        }
    }
}
