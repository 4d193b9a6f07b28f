//! What proves to amoCRM that leadgate may ask: a long-lived token, or the pair of an OAuth
//! integration.
//!
//! A pair is an access token of a day and a refresh token of three months, which is exchanged for
//! the next pair and is then used up. So the pair is on disk, encrypted, before anybody uses it
//! ([`TokenFile`]); one caller at a time exchanges it, across processes ([`PairKeeper`]).

mod exchange;
mod file;
mod keeper;
mod pair;

use std::fmt;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

pub use self::exchange::Integration;
pub use self::file::TokenFile;
pub(super) use self::keeper::PairKeeper;
use super::address::Address;
use crate::domain::{AmoFailure, Clock};

/// How an account knows leadgate.
#[derive(Clone)]
pub enum AmoAuthorization {
    /// By the long-lived token of a private integration.
    LongLived(SecretString),
    /// By the pair of an integration, which `leadgate amocrm connect` has stored.
    Pair(PairAuthorization),
}

/// The integration of a pair and where the pair is stored.
#[derive(Clone)]
pub struct PairAuthorization {
    /// The integration.
    pub integration: Integration,
    /// Where the pair is.
    pub file: TokenFile,
    /// The current time, which decides when a pair is renewed.
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for AmoAuthorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LongLived(_) => "LongLived",
            Self::Pair(_) => "Pair",
        })
    }
}

/// Gives the token of the next call.
pub(super) enum TokenSource {
    /// The same one always.
    Fixed(SecretString),
    /// That of a pair.
    Pair(PairKeeper),
}

impl TokenSource {
    /// Creates the source of an account.
    pub(super) fn new(authorization: AmoAuthorization, address: Address) -> Self {
        match authorization {
            AmoAuthorization::LongLived(token) => Self::Fixed(token),
            AmoAuthorization::Pair(pair) => Self::Pair(PairKeeper::new(pair, address)),
        }
    }

    /// Returns the token to use now.
    pub(super) async fn current(&self) -> Result<SecretString, AmoFailure> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::Pair(keeper) => keeper.access().await,
        }
    }

    /// Returns another token after amoCRM has refused this one; `None` if there is no other.
    pub(super) async fn instead_of(
        &self,
        used: &SecretString,
    ) -> Result<Option<SecretString>, AmoFailure> {
        match self {
            Self::Fixed(_) => Ok(None),
            Self::Pair(keeper) => keeper.access_instead_of(used).await.map(Some),
        }
    }

    /// Returns the keeper of the pair, if there is a pair.
    pub(super) fn pair(&self) -> Option<&PairKeeper> {
        match self {
            Self::Fixed(_) => None,
            Self::Pair(keeper) => Some(keeper),
        }
    }
}

/// Returns whether two secrets are the same.
fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
