//! The journal: every submission with its attempts, calls and verdicts, for people.
//!
//! Reads entries and whole histories. Settling an attempt writes most events, in the same
//! transaction; [`Journal::append`] adds a single one.

mod arrivals;
mod erasing;
pub mod explain;
pub mod json;
mod names;
mod person;
pub mod reasons;
mod refused_words;
pub mod requests;
pub mod state_texts;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::arrivals::{Activities, Activity, Arrivals};
pub use self::erasing::{Erased, StoredOfPerson};
pub use self::person::Person;
pub use self::refused_words::refused_why;
pub use crate::domain::event::{
    Call, Event, Foreign, Note, Planned, Readmitted, Repeated, StepFinished, Verdict,
};
pub use crate::store::{
    CallKey, Cursor, Entry, Filter, History, Logged, RecordFilter, RefusedFilter, Scrubbed,
    SourceFilter, StoreError,
};

use crate::domain::{Lang, Refused, SourceKinds, SubmissionId};
use crate::store::{Bodies, Store};

/// Number of submissions that are read at a time during a search for a person.
const PAGE: usize = 100;

/// Refused requests that are counted by their cause.
const COUNTED: usize = 2_000;

/// Numbers of refused requests, by what they were sent to and their stable code.
pub type RefusedCounts = BTreeMap<String, BTreeMap<String, u64>>;

/// The journal. Looking works on a store that was opened for reading only.
#[derive(Clone, Debug)]
pub struct Journal {
    store: Store,
    sources: SourceKinds,
}

/// The result of looking a submission up by a name.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// This one.
    One(Box<History>),
    /// No submission has that name.
    None,
    /// Several have it; a longer part of the id distinguishes them.
    Several,
    /// It is not a name: a name is the id, at least four of its first or last digits, or
    /// `poll/answer`.
    NotAName,
}

impl Journal {
    /// Returns the journal that is kept in this store. The sources decode the bodies in it.
    pub fn new(store: Store, sources: SourceKinds) -> Self {
        Self { store, sources }
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

    /// The same; calls `looked` now and then with the number of checked submissions.
    pub fn list_telling(
        &self,
        filter: &Filter,
        limit: usize,
        looked: &mut dyn FnMut(u64),
    ) -> Result<Vec<Entry>, StoreError> {
        match filter.text.as_deref().map(str::trim) {
            None | Some("") => self.store.entries(filter, limit),
            Some(_) => self.store.search(filter, limit, &self.sources, looked),
        }
    }

    /// Adds about `limit` submissions to the search index and returns their number; `None` if the
    /// index is up to date. The maintenance task calls it regularly.
    pub async fn index(&self, limit: usize, now: Timestamp) -> Result<Option<usize>, StoreError> {
        self.store
            .index_some(limit, self.sources.clone(), now)
            .await
    }

    /// Returns whether the store is under such load that maintenance should pause.
    pub fn is_busy(&self) -> bool {
        self.store.is_busy()
    }

    /// Everything about the submission that a person names: by its id, by at least four of the id's
    /// first or last digits, as `polls/123/345`, or as `123/345`. Blocks the thread while it looks.
    pub fn show(&self, name: &str) -> Result<Found, StoreError> {
        let Some(needle) = names::needle(name, &self.sources) else {
            return Ok(Found::NotAName);
        };
        let mut found = self.store.find(&needle)?;
        match (found.pop(), found.is_empty()) {
            (None, _) => Ok(Found::None),
            (Some(_), false) => Ok(Found::Several),
            (Some((entry, raw)), true) => {
                let events = self.store.events(entry.seq)?;
                let (step, steps) = self.store.steps(entry.seq)?;
                let history = History {
                    entry,
                    raw,
                    events,
                    step,
                    steps,
                };
                Ok(Found::One(Box::new(history)))
            }
        }
    }

    /// Returns a submission without its history. Blocks the thread while it looks.
    pub fn entry(&self, id: SubmissionId) -> Result<Option<Entry>, StoreError> {
        let Some(needle) = names::needle(&id.to_string(), &self.sources) else {
            return Ok(None);
        };
        Ok(self.store.find(&needle)?.pop().map(|(entry, _)| entry))
    }

    /// Returns the histories of up to `limit` submissions whose identities begin like this, which
    /// ends with a slash; the greatest identity first.
    pub async fn beginning(
        &self,
        beginning: String,
        limit: usize,
    ) -> Result<Vec<History>, StoreError> {
        self.store.beginning(beginning, limit).await
    }

    /// Purges up to `limit` settled submissions, the longest settled first, and returns their
    /// number; with `before`, only those settled before that time.
    pub async fn purge(
        &self,
        before: Option<Timestamp>,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.store.purge(before, limit).await
    }

    /// Ignores the submissions of a source that were captured before this time and that no profile
    /// has taken since. Returns how many there were.
    pub async fn expire_captured(
        &self,
        source: &str,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.store.expire_captured(source, before, now).await
    }

    /// Returns the number of used bytes of the store's file.
    pub async fn used(&self) -> Result<u64, StoreError> {
        self.store.used().await
    }

    /// Gives some unused space back to the file system; false when there is none left.
    pub async fn shrink(&self) -> Result<bool, StoreError> {
        self.store.shrink().await
    }

    /// Returns every submission with data about a person: in its identity, its body, another body,
    /// a plan, a call, a note. Reads everything; calls `looked` with the progress. Blocks the thread.
    pub fn of_person(
        &self,
        person: &Person,
        looked: &mut dyn FnMut(u64),
    ) -> Result<Vec<Entry>, StoreError> {
        let (mut found, mut count, mut after) = (Vec::new(), 0, 0);
        loop {
            let page = self.store.bodies(after, PAGE, &self.sources)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.entry.seq;
            for bodies in page {
                let Bodies {
                    entry,
                    texts,
                    is_undecodable,
                } = bodies;
                count += 1;
                let note = entry.note.as_ref().map(|note| note.to_text(Lang::En));
                let is_in_key = person.occurs_in_key(entry.source.key());
                if is_in_key
                    || texts
                        .iter()
                        .map(Vec::as_slice)
                        .chain(note.as_ref().map(String::as_bytes))
                        .any(|text| {
                            person.occurs_in(text) || is_undecodable && person.occurs_in_form(text)
                        })
                {
                    found.push(entry);
                }
            }
            looked(count);
        }
    }

    /// Requests that were refused before they became submissions, the newest first.
    pub fn refused(&self, filter: RefusedFilter, limit: usize) -> Result<Vec<Refused>, StoreError> {
        let rows = self.store.refused(filter, limit)?;
        Ok(rows.into_iter().map(|row| row.refused).collect())
    }

    /// The same with their numbers, for pages.
    pub fn refused_with_numbers(
        &self,
        filter: RefusedFilter,
        limit: usize,
    ) -> Result<Vec<(i64, Refused)>, StoreError> {
        let rows = self.store.refused(filter, limit)?;
        Ok(rows.into_iter().map(|row| (row.seq, row.refused)).collect())
    }

    /// Counts the refused requests since a time, at most the latest 2,000: by what they were sent to,
    /// and why.
    pub fn refused_counts(&self, since: Option<Timestamp>) -> Result<RefusedCounts, StoreError> {
        let filter = RefusedFilter {
            since,
            ..RefusedFilter::default()
        };
        let mut counts = RefusedCounts::new();
        for refused in self.refused(filter, COUNTED)? {
            let of = counts.entry(refused.source).or_default();
            *of.entry(refused.code).or_default() += 1;
        }
        Ok(counts)
    }

    /// Returns the numbers of refused requests whose bodies contain data about a person. Reads all
    /// of them.
    pub fn refused_of_person(&self, person: &Person) -> Result<Vec<i64>, StoreError> {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = self.store.refused_after(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.seq;
            let of_person = page
                .iter()
                .filter(|row| person.occurs_in_refused(&row.refused));
            found.extend(of_person.map(|row| row.seq));
        }
    }

    /// Removes these refused requests; returns how many there were.
    pub async fn erase_refused(&self, seqs: Vec<i64>) -> Result<usize, StoreError> {
        self.store.erase_refused(seqs).await
    }

    /// Returns the calls that go on and contain data about a person.
    pub fn calls_of_person(&self, person: &Person) -> Result<Vec<CallKey>, StoreError> {
        let calls = self.store.calls()?.into_iter();
        let of_person = calls.filter(|call| person.occurs_in(call.state.as_bytes()));
        Ok(of_person.map(|call| call.key).collect())
    }

    /// Removes these calls; returns how many there were. The gateway forgets them with their next
    /// event.
    pub async fn erase_calls(&self, keys: Vec<CallKey>) -> Result<usize, StoreError> {
        self.store.erase_calls(keys).await
    }

    /// Removes up to `limit` refused requests of before that time; returns how many.
    pub async fn expire_refused(
        &self,
        before: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.store.expire_refused(before, limit).await
    }

    /// Removes the content of these submissions of a person and leaves their bare records; unsettled
    /// ones become ignored. Replaces an identity that contains the person's number or address.
    /// Skips leased ones. Returns which were erased.
    pub async fn erase(
        &self,
        ids: Vec<SubmissionId>,
        person: &Person,
    ) -> Result<Vec<SubmissionId>, StoreError> {
        let person = person.clone();
        self.store
            .erase(ids, move |key| person.occurs_in_key(key))
            .await
    }

    /// Makes sure that erased bytes are gone from the files. Blocks the thread; calls `done` with
    /// the number of each step.
    pub fn scrub(&self, done: &mut dyn FnMut(u64)) -> Result<Scrubbed, StoreError> {
        self.store.scrub(done)
    }
}
