//! The operations of the inbox.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use jiff::Timestamp;

use crate::domain::file::{AttachedFiles, FetchedPlace, FileFault};
use crate::domain::{Event, Source, State, SubmissionId};
use crate::store::queue::{
    Accepted, Arrival, Captured, KeptReading, Lease, Leased, NextWork, Rerouted, Shares, Taker,
    Unserved,
};
use crate::store::sqlite::store::Inner;
use crate::store::{Extension, KnownSubmission, Settlement, Store, StoreError, sqlite};

impl Store {
    /// Takes an arrival in.
    pub(crate) async fn admit(&self, mut arrival: Arrival) -> Result<Accepted, StoreError> {
        self.write_or_refuse(move |tx| {
            if arrival.repairs.cut_characters {
                tx.guard()?;
            }
            sqlite::rename_repeat(tx.connection, &mut arrival)?;
            if let Some(accepted) = sqlite::admit_new(tx.connection, &arrival)? {
                return Ok(accepted);
            }
            if !arrival.repairs.cut_characters {
                tx.guard()?;
            }
            sqlite::admit_known(tx.connection, &arrival)
        })
        .await
    }

    /// Takes the arrivals of one request in, in their order and in one commit. `None` stands for one
    /// that finds no room in quarantine.
    pub(crate) async fn admit_all(
        &self,
        mut arrivals: Vec<Arrival>,
    ) -> Result<Vec<Option<Accepted>>, StoreError> {
        self.write_or_refuse(move |tx| {
            tx.guard()?;
            sqlite::admit_all(tx.connection, &mut arrivals)
        })
        .await
    }

    /// Returns which of these submissions are stored. Nothing is left of erased ones.
    pub(crate) async fn known(
        &self,
        sources: Vec<Source>,
    ) -> Result<Vec<Option<KnownSubmission>>, StoreError> {
        self.read(move |view| sqlite::known(view, &sources)).await
    }

    /// Adds to a stored submission what its sender has told later; `None` if its details are others
    /// than those that were read, or it may not be extended any more.
    pub(crate) async fn extend(
        &self,
        extension: Extension,
    ) -> Result<Option<Accepted>, StoreError> {
        self.write_or_refuse(move |tx| {
            tx.guard()?;
            sqlite::extend(tx.connection, &extension)
        })
        .await
    }

    /// Returns the last identity that begins like this and ends in a time of this range: in
    /// milliseconds, padded with zeros to 16 digits.
    pub(crate) async fn last_beginning(
        &self,
        beginning: String,
        times: (Timestamp, Timestamp),
    ) -> Result<Option<String>, StoreError> {
        self.read(move |view| sqlite::last_beginning(view, &beginning, times))
            .await
    }

    /// Leases due work. If the caller stops waiting, the leases are released.
    pub(crate) async fn lease(
        &self,
        shares: Shares,
        now: Timestamp,
    ) -> Result<Vec<Leased>, StoreError> {
        let store = std::sync::Arc::downgrade(&self.inner);
        let parcel = self
            .write(move |tx| {
                let jobs = sqlite::lease(tx, &shares, now)?;
                Ok(Parcel { jobs, store })
            })
            .await?;
        Ok(parcel.open())
    }

    /// Takes the outcome of an attempt; returns how many others it made due.
    pub(crate) async fn settle(
        &self,
        lease: Lease,
        settlement: Settlement,
        events: impl Into<Arc<[Event]>>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let events = events.into();
        self.write(move |tx| sqlite::settle(tx, lease, &settlement, &events, now))
            .await
    }

    /// Releases leases.
    pub(crate) async fn release(&self, leases: Vec<Lease>) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::release(tx, &leases)).await
    }

    /// Queues what a crash left leased.
    pub(crate) async fn recover(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::recover(tx, now)).await
    }

    /// Counts an end of the program while it worked on these; parks the one that is guilty.
    pub(crate) async fn blame(
        &self,
        ids: Vec<SubmissionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::blame(tx, &ids, limit, now))
            .await
    }

    /// Puts off what the program may have died of.
    pub(crate) async fn put_off_suspects(&self, until: Timestamp) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::put_off_suspects(tx, until))
            .await
    }

    /// Queues one submission again.
    pub(crate) async fn requeue(&self, id: SubmissionId, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::requeue(tx, id, now)).await
    }

    /// Queues one captured submission for a profile, unless a newer change of its item is known.
    pub(crate) async fn release_captured(
        &self,
        (id, source): (SubmissionId, Source),
        profile: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::release_captured(tx, (id, &source), &profile, now))
            .await
    }

    /// Returns captured submissions in the order of acceptance.
    pub(crate) async fn captured(
        &self,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Captured>, StoreError> {
        self.read(move |connection| sqlite::captured(connection, after, limit))
            .await
    }

    /// Ignores the captured submissions of a source that were received before this time.
    pub(crate) async fn expire_captured(
        &self,
        source: &str,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let source = source.to_owned();
        self.write(move |tx| sqlite::expire_captured(tx, &source, before, now))
            .await
    }

    /// Returns the turns of submissions in rotations; each keeps its own.
    pub(crate) async fn turns(
        &self,
        wanted: Vec<(String, SubmissionId)>,
    ) -> Result<Vec<u64>, StoreError> {
        self.write(move |tx| {
            let turn = |(rotation, id): &(String, SubmissionId)| sqlite::turn(tx, rotation, *id);
            wanted.iter().map(turn).collect()
        })
        .await
    }

    /// Returns when there is work on routes with a share.
    pub(crate) async fn next_work(&self, shares: Shares) -> Result<NextWork, StoreError> {
        self.read(move |view| sqlite::next_work(view, &shares))
            .await
    }

    /// Returns what waits on routes outside these shares.
    pub(crate) async fn unserved(
        &self,
        shares: Shares,
        limit: usize,
    ) -> Result<Vec<Unserved>, StoreError> {
        self.read(move |view| sqlite::unserved(view, &shares, limit))
            .await
    }

    /// Moves submissions to other routes.
    pub(crate) async fn reroute(&self, rerouted: Vec<Rerouted>) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::reroute(tx, &rerouted)).await
    }

    /// Makes submissions due that are due later than this.
    pub(crate) async fn bring_forward(
        &self,
        later_than: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::bring_forward(tx, later_than, now))
            .await
    }

    /// Counts submissions by state.
    pub(crate) async fn counts(&self) -> Result<BTreeMap<State, u64>, StoreError> {
        self.read(sqlite::counts).await
    }

    /// Queues a parked submission that its sender repeats; returns whether it did.
    pub(crate) async fn queue_again(
        &self,
        id: SubmissionId,
        taker: Taker,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| sqlite::queue_again(tx, id, &taker, now))
            .await
    }

    /// Returns the stored body of a submission.
    pub(crate) async fn body(&self, id: SubmissionId) -> Result<Bytes, StoreError> {
        self.read(move |view| sqlite::body(view, id)).await
    }

    /// Stores a file behind a link, or why it cannot be had.
    pub(crate) async fn keep_file(
        &self,
        id: SubmissionId,
        place: String,
        file: Result<Bytes, FileFault>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            let file = file.as_ref().map_err(|fault| *fault);
            sqlite::keep_file(tx, id, &place, file)
        })
        .await
    }

    /// Returns what is stored of a submission's files behind links.
    pub(crate) async fn fetched_places(
        &self,
        id: SubmissionId,
    ) -> Result<Vec<FetchedPlace>, StoreError> {
        self.read(move |view| sqlite::fetched_places(view, id))
            .await
    }

    /// Returns the fetched files of a submission.
    pub(crate) async fn fetched_files(
        &self,
        id: SubmissionId,
    ) -> Result<AttachedFiles, StoreError> {
        self.read(move |view| sqlite::fetched_files(view, id)).await
    }

    /// Stores what was read for leased submissions, and releases them.
    pub(crate) async fn keep_readings(
        &self,
        kept: Arc<[KeptReading]>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| sqlite::keep_readings(tx, &kept, now))
            .await
    }

    /// Returns the state of a submission.
    pub(crate) async fn state_of(&self, id: SubmissionId) -> Result<Option<State>, StoreError> {
        self.read(move |view| sqlite::state_of(view, id)).await
    }

    /// Adds to the history of a submission.
    pub(crate) async fn append(
        &self,
        id: SubmissionId,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| sqlite::append_to(tx, id, &events, now))
            .await
    }
}

/// Leases on their way to a worker; released if the worker no longer waits.
struct Parcel {
    jobs: Vec<Leased>,
    store: Weak<Inner>,
}

impl Parcel {
    fn open(mut self) -> Vec<Leased> {
        std::mem::take(&mut self.jobs)
    }
}

impl Drop for Parcel {
    fn drop(&mut self) {
        let leases: Vec<Lease> = self.jobs.iter().map(|job| job.lease).collect();
        if leases.is_empty() {
            return;
        }
        if let Some(inner) = self.store.upgrade() {
            // when even this finds no room they are recovered at the next start
            Store { inner }
                .write_behind(move |tx| sqlite::release(tx, &leases).map(drop))
                .ok();
        }
    }
}
