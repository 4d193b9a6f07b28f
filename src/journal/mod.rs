//! What happened and why: every submission with its attempts, calls and verdicts, for people who look.
//!
//! Comes in: what somebody asks for. Goes out: entries and whole histories. Most events are written by
//! the settlement of a job, in one transaction with it; [`Journal::append`] adds one by itself.

mod names;

#[cfg(test)]
mod tests;

use jiff::Timestamp;

pub use crate::domain::event::{
    Call, Event, Foreign, Note, Planned, Readmitted, Repeated, Verdict,
};
pub use crate::store::{Cursor, Entry, Filter, History, Logged, StoreError};

use crate::domain::SubmissionId;
use crate::store::Store;

/// The journal. Looking works on a store that was opened for reading only.
#[derive(Clone, Debug)]
pub struct Journal {
    store: Store,
}

/// What a name of a submission led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This one.
    One(Box<History>),
    /// No submission has that name.
    None,
    /// Several have; a longer part of the id tells them apart.
    Several,
    /// That is no name: it takes the id or at least four of its first or last digits, or `poll/answer`.
    NotAName,
}

impl Journal {
    /// The journal that is kept in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Adds events to the history of a submission.
    pub async fn append(
        &self,
        id: SubmissionId,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.append(id, events, now).await
    }

    /// Up to `limit` submissions that pass the filter, newest first. The next page begins with
    /// the last one's [`Entry::cursor`] in [`Filter::before`]. Blocks the thread while it looks.
    pub fn list(&self, filter: &Filter, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.list_telling(filter, limit, &mut |_| ())
    }

    /// The same; `looked` is told now and then how many have been looked at.
    pub fn list_telling(
        &self,
        filter: &Filter,
        limit: usize,
        looked: &mut dyn FnMut(u64),
    ) -> Result<Vec<Entry>, StoreError> {
        match filter.text.as_deref().map(str::trim) {
            None | Some("") => self.store.entries(filter, limit),
            Some(_) => self.store.search(filter, limit, looked),
        }
    }

    /// Puts about `limit` submissions into the index that finds text and tells how many it were; `None`
    /// when the index is up to date. To be called now and then by whoever runs the store.
    pub async fn index(&self, limit: usize, now: Timestamp) -> Result<Option<usize>, StoreError> {
        self.store.index_some(limit, now).await
    }

    /// Everything about the submission that a person names: by its id, by at least four of the id's
    /// first or last digits, as `polls/123/345`, or as `123/345`. Blocks the thread while it looks.
    pub fn show(&self, name: &str) -> Result<Found, StoreError> {
        let Some(needle) = names::needle(name) else {
            return Ok(Found::NotAName);
        };
        let mut found = self.store.find(&needle)?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Ok(Found::None),
            (Some(_), false) => Ok(Found::Several),
            (Some((entry, raw)), true) => {
                let events = self.store.events(entry.seq)?;
                Ok(Found::One(Box::new(History { entry, raw, events })))
            }
        }
    }
}
