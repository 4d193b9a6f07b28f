//! Keeps the tokens of an application fresh. One caller at a time renews a pair, and no other
//! process meanwhile; the others wait and use the new one. A renewal that was begun is finished even
//! if its caller is gone, because the authorization server takes a refresh token once.
//!
//! Tokens are renewed when a call needs one, never by the clock: the vendor blocks applications that
//! renew without need. If the reply to a renewal is lost, the old pair is kept until it is refused;
//! then another administrator's pair is used, and an opening of the application brings a new one.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::application::{Installs, Refused};
use super::authorization::{AuthorizationServer, Credentials, IssuedTokens, TokenInfo};
use super::installation::{Installation, Pair};
use super::token_failure::TokenFailure;
use crate::domain::{Clock, is_same_secret};
use crate::sealed::{SealedFile, SealedFileError, Stamp};

/// How long a pair that still works is left alone after it could not be renewed, how long one is
/// passed over whose new token the portal refuses, and the shortest time between two renewals of one.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(60);

/// Whether an application has tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplicationState {
    /// Nothing is known yet.
    Unknown,
    /// It has.
    Works,
    /// It has none, since this time, and only a person can help.
    Broken(TokenFailure, Timestamp),
}

/// What is known of an installation.
#[derive(Debug, Clone)]
pub struct KnownInstallation {
    /// The portal's number.
    pub member_id: String,
    /// What events prove their origin with, if the portal has told it.
    pub application_token: Option<SecretString>,
    /// The administrators whose tokens are kept: those used first come first.
    pub administrators: Vec<KnownAdministrator>,
}

/// An administrator whose tokens are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAdministrator {
    /// The employee.
    pub user_id: u64,
    /// When the tokens were issued.
    pub obtained_at: Timestamp,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// Whether they can be renewed.
    pub works: bool,
}

/// Keeps tokens.
pub(super) struct TokenKeeper {
    shared: Arc<Shared>,
    kept: Arc<Mutex<Kept>>,
}

struct Shared {
    name: String,
    file: SealedFile,
    server: AuthorizationServer,
    credentials: Credentials,
    clock: Arc<dyn Clock>,
    state: RwLock<ApplicationState>,
}

/// What is known about the file.
#[derive(Default)]
struct Kept {
    /// The installation, and the file that it was read from.
    known: Option<(Stamp, Installation)>,
    /// An installation that is not on disk yet, because the disk refused it. The one there is used up.
    unsaved: Option<Installation>,
    /// Employees whose pairs wait until a time: they could not be renewed, or the portal refuses them.
    put_off: BTreeMap<u64, Timestamp>,
    /// When the pair of an employee was renewed.
    renewed: BTreeMap<u64, Timestamp>,
}

impl Kept {
    fn is_put_off(&self, user_id: u64, now: Timestamp) -> bool {
        self.put_off.get(&user_id).is_some_and(|until| now < *until)
    }

    fn put_off(&mut self, user_id: u64, now: Timestamp) {
        let until = now.checked_add(PUT_OFF).unwrap_or(now);
        self.put_off.insert(user_id, until);
    }

    /// Returns the pair to use: the first that does not wait, or else the first.
    fn pair(&self, installation: &Installation, now: Timestamp) -> Option<Pair> {
        let usable = installation.usable();
        let ready = |pair: &&&Pair| !self.is_put_off(pair.user_id, now);
        let pair = usable.iter().find(ready).or(usable.first());
        pair.map(|pair| (*pair).clone())
    }
}

impl TokenKeeper {
    pub(super) fn new(
        name: &str,
        file: SealedFile,
        (server, credentials): (AuthorizationServer, Credentials),
        clock: Arc<dyn Clock>,
    ) -> Self {
        let shared = Shared {
            name: name.to_owned(),
            file,
            server,
            credentials,
            clock,
            state: RwLock::new(ApplicationState::Unknown),
        };
        Self {
            shared: Arc::new(shared),
            kept: Arc::default(),
        }
    }

    pub(super) fn state(&self) -> ApplicationState {
        let state = self.shared.state.read();
        state.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn trouble(&self, failure: &TokenFailure) {
        self.shared.trouble(failure);
    }

    pub(super) async fn installation(&self) -> Result<Option<KnownInstallation>, TokenFailure> {
        let mut kept = self.lock().await;
        let installation = match self.shared.load(&mut kept) {
            Ok(installation) => installation,
            Err(TokenFailure::NotInstalled) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let usable = installation.usable().into_iter();
        let refused = installation.pairs.iter().filter(|pair| pair.is_refused);
        let administrators = usable.chain(refused).map(|pair| KnownAdministrator {
            user_id: pair.user_id,
            obtained_at: pair.obtained_at,
            expires_at: pair.expires_at,
            works: !pair.is_refused,
        });
        Ok(Some(KnownInstallation {
            administrators: administrators.collect(),
            member_id: installation.member_id,
            application_token: installation.application_token,
        }))
    }

    /// Returns a token for a call.
    pub(super) async fn token(&self) -> Result<SecretString, TokenFailure> {
        let found = self.find_token().await;
        self.shared.note(&found);
        found
    }

    async fn find_token(&self) -> Result<SecretString, TokenFailure> {
        let shared = &self.shared;
        loop {
            let mut kept = self.lock().await;
            let installation = shared.load(&mut kept)?;
            let now = shared.clock.now();
            let pair = kept.pair(&installation, now).ok_or(TokenFailure::Lost)?;
            let waits = kept.is_put_off(pair.user_id, now);
            if !pair.is_due(now) || (waits && !pair.is_over(now)) {
                return Ok(pair.access);
            }
            match self.renew(kept, pair.clone()).await {
                Ok(renewed) => return Ok(renewed.access),
                // the next pair, or none
                Err(failure) if failure.is_of_the_pair() => {}
                Err(_) if !pair.is_over(now) => return Ok(pair.access),
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Returns another token than this one, which the portal refuses.
    pub(super) async fn token_instead_of(
        &self,
        used: &SecretString,
        refused: Refused,
    ) -> Result<Option<SecretString>, TokenFailure> {
        let mut kept = self.lock().await;
        let installation = self.shared.load(&mut kept)?;
        let now = self.shared.clock.now();
        let mut pairs = installation.pairs.into_iter();
        let of_used = pairs.find(|pair| is_same(&pair.access, used));
        if let Some(pair) = of_used {
            let renewed = kept.renewed.get(&pair.user_id);
            let is_new = renewed.is_some_and(|at| now.duration_since(*at) < PUT_OFF);
            if is_new || refused == Refused::Employee {
                // a renewal would not help
                kept.put_off(pair.user_id, now);
            } else {
                match self.renew(kept, pair).await {
                    Ok(renewed) => return Ok(Some(renewed.access)),
                    Err(failure) if failure.is_of_the_pair() => {}
                    Err(failure) => return Err(failure),
                }
            }
        } else {
            drop(kept);
        }
        let other = self.token().await?;
        Ok(Some(other).filter(|other| !is_same(other, used)))
    }

    /// Keeps the tokens of an administrator.
    pub(super) async fn keep(
        &self,
        info: &TokenInfo,
        issued: &IssuedTokens,
        (application_token, installs): (Option<&SecretString>, Installs),
    ) -> Result<(), TokenFailure> {
        let mut kept = self.lock().await;
        let shared = &self.shared;
        let _others = shared.lock_others().await?;
        // what cannot be read is replaced
        let known = shared.load(&mut kept).ok();
        let same = known.filter(|known| known.member_id == info.member_id);
        let mut installation = same.unwrap_or_else(|| Installation {
            member_id: info.member_id.clone(),
            application_token: None,
            service: info.user_id,
            pairs: Vec::new(),
        });
        if let Some(token) = application_token {
            installation.application_token = Some(token.clone());
        }
        if installs == Installs::Yes {
            installation.service = info.user_id;
        }
        let present = installation.pair_of(info.user_id);
        // a page that a browser posts once more brings tokens that were used meanwhile
        if !present.is_some_and(|pair| pair.has_spent(&issued.refresh)) {
            installation.put(Pair::new(info.user_id, issued, shared.clock.now()));
            kept.put_off.remove(&info.user_id);
        }
        shared.write(&mut kept, installation);
        if kept.unsaved.is_some() {
            return Err(TokenFailure::Unreadable);
        }
        shared.set_state(ApplicationState::Works);
        Ok(())
    }

    pub(super) async fn forget(&self) -> Result<(), TokenFailure> {
        let mut kept = self.lock().await;
        let _others = self.shared.lock_others().await?;
        *kept = Kept::default();
        let removed = std::fs::remove_file(&self.shared.file.path);
        self.shared.trouble(&TokenFailure::NotInstalled);
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!(crm = %self.shared.name, error = %error, "the tokens of a removed application cannot be deleted");
                Err(TokenFailure::Unreadable)
            }
            _ => Ok(()),
        }
    }

    async fn lock(&self) -> OwnedMutexGuard<Kept> {
        Arc::clone(&self.kept).lock_owned().await
    }

    async fn renew(&self, kept: OwnedMutexGuard<Kept>, old: Pair) -> Result<Pair, TokenFailure> {
        let shared = Arc::clone(&self.shared);
        let renewal = tokio::spawn(async move { shared.renew(kept, old).await });
        renewal.await.unwrap_or(Err(TokenFailure::Unreadable))
    }
}

impl Shared {
    fn set_state(&self, state: ApplicationState) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// Records that only a person can help, and logs it once.
    fn trouble(&self, failure: &TokenFailure) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(&*state, ApplicationState::Broken(known, _) if known == failure) {
            return;
        }
        tracing::error!(crm = %self.name, "{failure}");
        *state = ApplicationState::Broken(failure.clone(), self.clock.now());
    }

    /// Records whether there was a token.
    fn note(&self, found: &Result<SecretString, TokenFailure>) {
        match found {
            Ok(_) => self.set_state(ApplicationState::Works),
            Err(failure) if failure.needs_a_person() => self.trouble(failure),
            Err(failure) => tracing::warn!(crm = %self.name, "{failure}"),
        }
    }

    /// Returns the installation of the file, which another process may have written.
    fn load(&self, kept: &mut Kept) -> Result<Installation, TokenFailure> {
        if let Some(unsaved) = kept.unsaved.take() {
            self.write(kept, unsaved.clone());
            return Ok(unsaved);
        }
        let stamp = self.file.stamp().ok_or(TokenFailure::NotInstalled)?;
        if let Some((of, installation)) = &kept.known
            && *of == stamp
        {
            return Ok(installation.clone());
        }
        let read = self.file.read().map_err(|error| {
            tracing::warn!(crm = %self.name, error = ?error, "the tokens of the application cannot be read");
            match error {
                SealedFileError::Missing => TokenFailure::NotInstalled,
                _ => TokenFailure::Unreadable,
            }
        })?;
        let installation = Installation::from_bytes(&read).ok_or(TokenFailure::Unreadable)?;
        kept.put_off.clear();
        kept.known = Some((stamp, installation.clone()));
        Ok(installation)
    }

    /// Stores an installation. If the disk refuses it, it is used all the same and stored later.
    fn write(&self, kept: &mut Kept, fresh: Installation) {
        match self.file.write(&fresh.to_bytes()) {
            Ok(()) => {
                kept.unsaved = None;
                kept.known = self.file.stamp().map(|stamp| (stamp, fresh));
            }
            Err(error) => {
                tracing::error!(crm = %self.name, error = %error, "the new tokens of the application are not on disk: after a restart an administrator has to open it again");
                kept.unsaved = Some(fresh);
            }
        }
    }

    async fn lock_others(&self) -> Result<std::fs::File, TokenFailure> {
        self.file.lock().await.map_err(|error| {
            tracing::error!(crm = %self.name, error = %error, "the data folder does not take the tokens of the application");
            TokenFailure::Unreadable
        })
    }

    /// Renews a pair, unless another process has done so.
    async fn renew(
        &self,
        mut kept: OwnedMutexGuard<Kept>,
        old: Pair,
    ) -> Result<Pair, TokenFailure> {
        let _others = self.lock_others().await?;
        let mut installation = self.load(&mut kept)?;
        let current = installation.pair_of(old.user_id);
        let current = current.cloned().ok_or(TokenFailure::Lost)?;
        if !is_same(&current.refresh, &old.refresh) {
            return Ok(current);
        }
        let (own, member) = (&self.credentials, installation.member_id.clone());
        let now = self.clock.now();
        match self.server.refresh(own, &current.refresh, &member).await {
            Ok(issued) => {
                let pair = Pair::new(current.user_id, &issued, now).in_place_of(&current.refresh);
                installation.put(pair.clone());
                kept.put_off.remove(&pair.user_id);
                kept.renewed.insert(pair.user_id, now);
                // on disk before it is used
                self.write(&mut kept, installation);
                count("renewed");
                tracing::info!(crm = %self.name, "the tokens of the application were renewed");
                Ok(pair)
            }
            Err(failure) => {
                count("failed");
                tracing::warn!(crm = %self.name, user = current.user_id, "the tokens of the application were not renewed: {failure}");
                kept.put_off(current.user_id, now);
                if failure.is_of_the_pair() {
                    for pair in &mut installation.pairs {
                        pair.is_refused |= pair.user_id == current.user_id;
                    }
                    self.write(&mut kept, installation);
                }
                Err(failure)
            }
        }
    }
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    is_same_secret(one.expose_secret(), other.expose_secret())
}

/// Counts renewals by outcome.
fn count(outcome: &'static str) {
    metrics::counter!("leadgate_app_tokens_total", "outcome" => outcome).increment(1);
}
