//! The registry of polls: sled caches what the store has.
//!
//! Every registration goes to the store first and is durable there, so the cache can be rebuilt
//! from it at any time. A broken folder is set aside and filled again at the start; if sled fails
//! later, the store answers instead. The folder also caches values that can be fetched again, such
//! as the portal's dictionaries.

mod folder;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::{Activation, Poll, PollId};
use crate::store::{Store, StoreError};
use folder::{CacheFolder, Lookup};

/// The registry of polls. Clones share one cache.
#[derive(Clone, Debug)]
pub struct PollRegistry {
    store: Store,
    folder: Option<Arc<CacheFolder>>,
}

/// The state of the cache at the start, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// The number of registered polls.
    pub polls: usize,
    /// The state of the cache.
    pub cache: CacheState,
}

/// The state of the cache at the start, and what was done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheState {
    /// It agreed with the store.
    Sound,
    /// There was none; it was filled from the store.
    Filled,
    /// It was out of date, or of another store; it was filled again.
    Stale,
    /// It could not be read; it was set aside and filled again.
    Replaced {
        /// What was wrong with it.
        why: String,
    },
    /// It cannot be created; the store answers everything.
    Missing {
        /// Why not.
        why: String,
    },
}

impl std::fmt::Display for OpenReport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { polls, cache } = self;
        match cache {
            CacheState::Sound => write!(f, "the cache of polls is sound: {polls} polls"),
            CacheState::Filled => {
                write!(
                    f,
                    "the cache of polls was filled from the store: {polls} polls"
                )
            }
            CacheState::Stale => write!(
                f,
                "the cache of polls was out of date and was filled from the store: {polls} polls"
            ),
            CacheState::Replaced { why } => write!(
                f,
                "the cache of polls was broken ({why}); it was set aside and filled from the \
                 store: {polls} polls"
            ),
            CacheState::Missing { why } => write!(
                f,
                "the cache of polls cannot be opened ({why}); the store answers instead: {polls} polls"
            ),
        }
    }
}

impl OpenReport {
    /// Returns whether an operator should look at the folder.
    pub fn is_warning(&self) -> bool {
        matches!(
            self.cache,
            CacheState::Replaced { .. } | CacheState::Missing { .. }
        )
    }
}

/// A cache of values that can be fetched again, by name. It survives a restart. Clones share one
/// cache.
#[derive(Clone, Debug)]
pub struct ValueCache {
    folder: Option<Arc<CacheFolder>>,
}

impl ValueCache {
    /// Stores a value, if there is a cache. Blocks the thread.
    pub fn insert<T: Serialize>(&self, name: &str, value: &T) {
        if let (Some(folder), Ok(json)) = (&self.folder, serde_json::to_vec(value)) {
            folder.insert_value(name, &json);
        }
    }

    /// Returns a value. A value of an unknown format counts as absent.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let json = self.folder.as_ref()?.value(name)?;
        serde_json::from_slice(&json).ok()
    }
}

impl PollRegistry {
    /// Returns the cache of other values in the same folder.
    pub fn values(&self) -> ValueCache {
        ValueCache {
            folder: self.folder.clone(),
        }
    }

    /// Opens the cache in this folder and makes it agree with the store. Only a failure of the
    /// store is an error. Blocks the thread.
    pub fn open(folder: &Path, store: Store) -> Result<(Self, OpenReport), StoreError> {
        let (polls, stamp) = store.polls()?;
        let (folder, cache) = match CacheFolder::open(folder, &polls, &stamp) {
            Ok((folder, state)) => (Some(Arc::new(folder)), state),
            Err(why) => (None, CacheState::Missing { why }),
        };
        let report = OpenReport {
            polls: polls.len(),
            cache,
        };
        Ok((Self { store, folder }, report))
    }

    /// Registers a poll, or records that it was registered again. Durable when it returns.
    pub async fn register(&self, activation: Activation) -> Result<Poll, StoreError> {
        // a caller may drop this future while the store writes; then the old entry must not remain
        if let Some(folder) = &self.folder {
            folder.invalidate(activation.id);
        }
        let (poll, stamp) = self.store.activate(activation).await?;
        if let Some(folder) = &self.folder {
            folder.insert(&poll, &stamp);
        }
        Ok(poll)
    }

    /// Returns a poll if it is registered: usually from the cache, otherwise from the store.
    pub async fn get(&self, id: PollId) -> Result<Option<Arc<Poll>>, StoreError> {
        match self.folder.as_ref().map(|folder| folder.get(id)) {
            Some(Lookup::Poll(poll)) => Ok(Some(poll)),
            Some(Lookup::NotRegistered) => Ok(None),
            Some(Lookup::AskTheStore) | None => Ok(self.store.poll(id).await?.map(Arc::new)),
        }
    }
}
