//! The registry of polls: the store's list, kept at hand in sled.
//!
//! Every registration goes to the store first and is durable there. What sled holds can be rebuilt from
//! it at any time, so trouble with sled's folder is never trouble for whoever asks: at start it is set
//! aside and filled anew, later the store answers instead.

mod shelf;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;

use crate::domain::{Activation, Poll, PollId};
use crate::store::{Store, StoreError};
use shelf::{Known, Shelf};

/// The registry. Clones share one cache.
#[derive(Clone, Debug)]
pub struct PollRegistry {
    store: Store,
    shelf: Option<Arc<Shelf>>,
}

/// How the cache was found at start, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// How many polls are registered.
    pub polls: usize,
    /// What had to be done to the cache.
    pub cache: CacheState,
}

/// What had to be done to the cache at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheState {
    /// It agreed with the store.
    Sound,
    /// There was none: it was filled from the store.
    Filled,
    /// It was older than the store, or another store's: it was filled anew.
    Stale,
    /// It could not be read: it was set aside and filled anew.
    Replaced {
        /// What was wrong with it.
        why: String,
    },
    /// There can be none; the store answers everything.
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
                "the cache of polls was out of date and has been filled from the store: {polls} polls"
            ),
            CacheState::Replaced { why } => write!(
                f,
                "the cache of polls was broken ({why}), has been set aside and filled from the \
                 store: {polls} polls"
            ),
            CacheState::Missing { why } => write!(
                f,
                "there is no cache of polls ({why}): the store answers instead, {polls} polls"
            ),
        }
    }
}

impl OpenReport {
    /// Whether an operator should look at the folder.
    pub fn is_warning(&self) -> bool {
        matches!(
            self.cache,
            CacheState::Replaced { .. } | CacheState::Missing { .. }
        )
    }
}

impl PollRegistry {
    /// Opens the cache in this folder and makes it agree with the store. Only trouble with the store is
    /// an error. Blocks the thread meanwhile.
    pub fn open(folder: &Path, store: Store) -> Result<(Self, OpenReport), StoreError> {
        let (polls, stamp) = store.polls()?;
        let (shelf, cache) = match Shelf::open(folder, &polls, &stamp) {
            Ok((shelf, state)) => (Some(Arc::new(shelf)), state),
            Err(why) => (None, CacheState::Missing { why }),
        };
        let report = OpenReport {
            polls: polls.len(),
            cache,
        };
        Ok((Self { store, shelf }, report))
    }

    /// Registers a poll, or notes that it was registered again: who, when. Durable when it returns.
    pub async fn register(&self, activation: Activation) -> Result<Poll, StoreError> {
        // whoever asks may go away while the store writes: then the cache must not tell what was before
        if let Some(shelf) = &self.shelf {
            shelf.forget(activation.id);
        }
        let (poll, stamp) = self.store.activate(activation).await?;
        if let Some(shelf) = &self.shelf {
            shelf.put(&poll, &stamp);
        }
        Ok(poll)
    }

    /// The poll, if it is registered: from memory as a rule, from the store when the cache cannot
    /// tell.
    pub async fn get(&self, id: PollId) -> Result<Option<Arc<Poll>>, StoreError> {
        match self.shelf.as_ref().map(|shelf| shelf.get(id)) {
            Some(Known::Poll(poll)) => Ok(Some(poll)),
            Some(Known::NotRegistered) => Ok(None),
            Some(Known::AskTheStore) | None => Ok(self.store.poll(id).await?.map(Arc::new)),
        }
    }
}
