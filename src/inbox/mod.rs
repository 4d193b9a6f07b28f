//! The durable queue between intake and delivery: accept, lease, settle.
//!
//! A submission is on disk before [`Inbox::accept`] returns. Workers lease the due submissions,
//! oldest first, and settle each exactly once. The inbox looks neither into a submission nor at the
//! CRM: the worker that settles decides whether to retry or to park.

mod at_work;
mod waiters;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::Notify;

pub use at_work::{AtWork, Workers};

pub use crate::store::{
    Accepted, Captured, KeptReading, KnownSubmission, Lease, Leased, NextWork, Rerouted, Room,
    Settlement, Shares, StoreError, Taker, Uncertain, Unserved,
};

use crate::domain::file::{AttachedFiles, FetchedPlace, FileFault};
use crate::domain::{
    Destination, Event, PausedByHand, Source, State, Submission, SubmissionId, VerdictReason,
};
use crate::store::{Admission, Arrival, Extension, LONGEST_HOLD, Store};
use waiters::Waiters;

/// What to do with one of several submissions of a request.
#[derive(Debug, Clone)]
pub enum Reception {
    /// Deliver it.
    Accept(Taker),
    /// Deliver it at this time, a day later at the latest, or when its sender has told more.
    Hold(Taker, Timestamp),
    /// Keep it until a profile accepts it.
    Quarantine(Room),
    /// Keep it for the journal: its profile rejects it.
    Reject {
        /// The profile.
        taker: Taker,
        /// Why.
        reason: VerdictReason,
    },
    /// Keep it for the journal: there is nothing to do.
    Ignore {
        /// Why.
        reason: VerdictReason,
    },
}

/// The inbox. Clones share one store, one wake-up signal and one list of waiters.
#[derive(Clone, Debug)]
pub struct Inbox {
    store: Store,
    arrived: Arc<Notify>,
    waiters: Arc<Waiters>,
}

impl Inbox {
    /// Creates the inbox of a store. Whatever accepts, leases and settles must use clones of one
    /// inbox.
    pub fn new(store: Store) -> Self {
        Self {
            store,
            arrived: Arc::default(),
            waiters: Arc::default(),
        }
    }

    /// Accepts a submission for delivery; `taker` is the profile that accepts it, if known. When
    /// this returns, the submission is on disk, and is delivered once, however often it is sent.
    ///
    /// A repeat, a submission with a known identity, is counted; the journal keeps its body if it
    /// differs. A repeat also queues a *captured* submission as it was captured, and replaces a
    /// *rejected* one, because the reply to that one said that it was not accepted.
    pub async fn accept(
        &self,
        submission: &Submission,
        taker: Option<Taker>,
    ) -> Result<Accepted, StoreError> {
        let mut arrival = Arrival::new(submission, None, Admission::Queue);
        if let Some(Taker { profile, route }) = taker {
            (arrival.profile, arrival.route) = (Some(profile), route);
        }
        let accepted = self.store.admit(arrival).await?;
        match &accepted {
            Accepted::New { .. }
            | Accepted::Known {
                state: State::Queued,
                ..
            } => self.arrived.notify_one(),
            Accepted::Known { .. } => {}
        }
        Ok(accepted)
    }

    /// Stores the submissions of one request in their order, all in one commit; repeats are counted,
    /// as [`Inbox::accept`] does. `None` stands for one that found no room in quarantine.
    ///
    /// A submission of an item of which only the newest is delivered replaces the older ones that
    /// wait, and is ignored if a newer one is known.
    pub async fn receive_all(
        &self,
        received: &[(Submission, Reception)],
    ) -> Result<Vec<Option<Accepted>>, StoreError> {
        let arrivals = received
            .iter()
            .map(|(submission, reception)| arrival(submission, reception.clone()));
        let accepted = self.store.admit_all(arrivals.collect()).await?;
        self.arrived.notify_one();
        Ok(accepted)
    }

    /// Returns which of these submissions are stored. Nothing is left of erased ones.
    pub async fn known(
        &self,
        sources: Vec<Source>,
    ) -> Result<Vec<Option<KnownSubmission>>, StoreError> {
        self.store.known(sources).await
    }

    /// Adds to a stored submission what its sender has told later: `later` has the details that it
    /// has from now on, and is counted as a repeat. What is not delivered yet is delivered by the
    /// plan that the new details lead to; of what is delivered, these steps are repeated.
    ///
    /// Returns `None` if the details are not those that `known` had any more, or nothing is left of
    /// the submission.
    pub async fn extend(
        &self,
        known: &KnownSubmission,
        (later, reception): (&Submission, Reception),
        steps: &[&str],
    ) -> Result<Option<Accepted>, StoreError> {
        let extension = Extension {
            arrival: arrival(later, reception),
            before: known.source.stored_details().to_owned(),
            steps: steps.iter().map(|name| (*name).to_owned()).collect(),
        };
        let accepted = self.store.extend(extension).await?;
        self.arrived.notify_one();
        Ok(accepted)
    }

    /// Returns since when the gateway knows a PBX; from now on, if it does not yet. One of which anything
    /// is stored was known before.
    pub async fn pbx_since(&self, pbx: &str, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.store.pbx_since(pbx, now).await
    }

    /// Returns the last identity that begins like this and ends in a time of this range: in
    /// milliseconds, padded with zeros to 16 digits.
    pub async fn last_beginning(
        &self,
        beginning: String,
        times: (Timestamp, Timestamp),
    ) -> Result<Option<String>, StoreError> {
        self.store.last_beginning(beginning, times).await
    }

    /// Captures a submission that no profile accepts yet, or fails with [`StoreError::NoRoom`] if
    /// the quarantine of its source is full. If a profile accepts one of [`Inbox::captured`] later,
    /// [`Inbox::requeue`] queues it.
    pub async fn quarantine(
        &self,
        submission: &Submission,
        room: Room,
    ) -> Result<Accepted, StoreError> {
        let arrival = Arrival::new(submission, None, Admission::Quarantine(room));
        self.store.admit(arrival).await
    }

    /// Captures a submission that cannot be decoded, with the reason, within the limits of
    /// [`Inbox::quarantine`].
    pub async fn quarantine_undecodable(
        &self,
        submission: &Submission,
        reason: VerdictReason,
        room: Room,
    ) -> Result<Accepted, StoreError> {
        let admission = Admission::Undecodable { room, reason };
        self.store
            .admit(Arrival::new(submission, None, admission))
            .await
    }

    /// Returns up to `limit` captured submissions that were received after this one, in that order;
    /// 0 is the beginning.
    pub async fn captured(&self, after: i64, limit: usize) -> Result<Vec<Captured>, StoreError> {
        self.store.captured(after, limit).await
    }

    /// Stores a rejected submission for the journal. If a repeat of it is accepted, that one is
    /// new; if it was accepted before, it stays accepted and this counts as a repeat.
    pub async fn reject(
        &self,
        submission: &Submission,
        profile: Option<&str>,
        reason: VerdictReason,
    ) -> Result<Accepted, StoreError> {
        let arrival = Arrival::new(submission, profile, Admission::Reject { reason });
        self.store.admit(arrival).await
    }

    /// Wakes the pipeline: submissions were queued in the store without the inbox.
    pub fn wake(&self) {
        self.arrived.notify_one();
    }

    /// Leases due submissions to the caller, of each route as many as its share, oldest due first.
    /// Each must be settled or released. A call that is cancelled leases nothing.
    pub async fn lease(
        &self,
        shares: impl Into<Shares>,
        now: Timestamp,
    ) -> Result<Vec<Leased>, StoreError> {
        self.store.lease(shares.into(), now).await
    }

    /// Returns up to `limit` submissions that wait on routes outside these shares, for
    /// [`Inbox::reroute`].
    pub async fn unserved(
        &self,
        shares: Shares,
        limit: usize,
    ) -> Result<Vec<Unserved>, StoreError> {
        self.store.unserved(shares, limit).await
    }

    /// Moves submissions to other routes; skips those that were rerouted or leased in the meantime.
    pub async fn reroute(&self, rerouted: Vec<Rerouted>) -> Result<(), StoreError> {
        self.store.reroute(rerouted).await
    }

    /// Stores the outcome of an attempt with its events, and adds the verdict to them. A lease is
    /// settled once: the second time is [`StoreError::NotLeased`]. After a passing error nothing is
    /// written and the lease is still held: settle it again.
    pub async fn settle(
        &self,
        lease: Lease,
        settlement: Settlement,
        events: impl Into<Arc<[Event]>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let state = settlement.state();
        let settled = self.store.settle(lease, settlement, events, now);
        let made_due = settled.await?;
        if state.is_under_way() || made_due > 0 {
            // a worker may sleep until a later time than this one's
            self.arrived.notify_one();
        }
        if !state.is_under_way() {
            self.waiters.notify(lease.id, state);
        }
        Ok(())
    }

    /// Releases unused leases, as if they had never been leased, and returns how many were still
    /// held.
    pub async fn release(&self, leases: Vec<Lease>) -> Result<usize, StoreError> {
        let released = self.store.release(leases).await?;
        self.wake_if(released);
        Ok(released)
    }

    /// Stores what was read for leased submissions, and releases them: they are due again at once.
    pub async fn keep_readings(
        &self,
        kept: Arc<[KeptReading]>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let released = self.store.keep_readings(kept, now).await?;
        self.wake_if(released);
        Ok(())
    }

    /// Queues the submissions that were leased when the program crashed, marked as uncertain, and
    /// returns how many. Call it once at the start, before any lease.
    pub async fn recover(&self, now: Timestamp) -> Result<usize, StoreError> {
        let recovered = self.store.recover(now).await?;
        self.wake_if(recovered);
        Ok(recovered)
    }

    /// Counts a crash of the program while it worked on these submissions, if they still wait. A
    /// submission that it worked on alone when it crashed, `limit` times in a row, is parked;
    /// returns whether one was. The others are suspects until their next outcome. Call it after
    /// [`Inbox::recover`].
    pub async fn blame(
        &self,
        ids: Vec<SubmissionId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.store.blame(ids, limit, now).await
    }

    /// Postpones the suspects, so that everything else is worked on first and a kill soon after the
    /// start does not hit one. Returns how many there are.
    pub async fn put_off_suspects(&self, until: Timestamp) -> Result<usize, StoreError> {
        self.store.put_off_suspects(until).await
    }

    /// Queues a parked, captured, ignored or waiting submission, due now.
    pub async fn requeue(&self, id: SubmissionId, now: Timestamp) -> Result<(), StoreError> {
        self.store.requeue(id, now).await?;
        self.arrived.notify_one();
        Ok(())
    }

    /// Queues a captured submission for a profile that takes it now, with the source as the profile
    /// places it: of an item of which only the newest counts, an older one is ignored.
    pub async fn release_captured(
        &self,
        id: SubmissionId,
        source: Source,
        profile: String,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let released = self.store.release_captured((id, source), profile, now);
        released.await?;
        self.arrived.notify_one();
        Ok(())
    }

    /// Queues a parked submission again, because its sender repeats it and waits for the delivery.
    /// The stored body is delivered, whatever the repeat looks like. Returns whether it was queued:
    /// endless repeats get fewer and fewer attempts.
    pub async fn queue_again(
        &self,
        id: SubmissionId,
        taker: Taker,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let queued = self.store.queue_again(id, taker, now).await?;
        self.wake_if(usize::from(queued));
        Ok(queued)
    }

    /// Stores a file behind a link of a submission, or why it cannot be had.
    pub async fn keep_file(
        &self,
        id: SubmissionId,
        place: String,
        file: Result<Bytes, FileFault>,
    ) -> Result<(), StoreError> {
        self.store.keep_file(id, place, file).await
    }

    /// Returns what is stored of a submission's files behind links, faults included.
    pub async fn fetched_places(&self, id: SubmissionId) -> Result<Vec<FetchedPlace>, StoreError> {
        self.store.fetched_places(id).await
    }

    /// Returns the fetched files of a submission.
    pub async fn fetched_files(&self, id: SubmissionId) -> Result<AttachedFiles, StoreError> {
        self.store.fetched_files(id).await
    }

    /// Returns the stored body of a submission.
    pub async fn body(&self, id: SubmissionId) -> Result<Bytes, StoreError> {
        self.store.body(id).await
    }

    /// Stores a pause of a destination by hand, or removes it. The pipeline keeps to it when it is
    /// told.
    pub async fn keep_pause(
        &self,
        destination: Destination,
        pause: Option<PausedByHand>,
    ) -> Result<(), StoreError> {
        self.store.keep_pause(destination, pause).await
    }

    /// Returns the stored pauses by hand.
    pub async fn kept_pauses(&self) -> Result<Vec<(Destination, PausedByHand)>, StoreError> {
        self.store.kept_pauses().await
    }

    /// Returns the turns of these submissions among employees who take turns, counted from 0. Each
    /// entry is a rotation's name and a submission. A submission keeps its turn through retries,
    /// replays and restarts; no two submissions of one rotation have the same turn.
    pub async fn turns(&self, wanted: Vec<(String, SubmissionId)>) -> Result<Vec<u64>, StoreError> {
        self.store.turns(wanted).await
    }

    /// Waits until there may be new work. Arrivals between two calls are not missed; with several
    /// workers, each arrival wakes one.
    pub async fn wait_for_work(&self) {
        self.arrived.notified().await;
    }

    /// Returns when the next attempt on a route with a share is due, and whether anything waits on
    /// a route without one.
    pub async fn next_work(&self, shares: impl Into<Shares>) -> Result<NextWork, StoreError> {
        self.store.next_work(shares.into()).await
    }

    /// Checks whether submissions can be accepted and read now: a small write that is flushed, and
    /// a read.
    pub async fn probe(&self, now: Timestamp) -> Result<(), StoreError> {
        self.store.probe(now).await?;
        self.store.next_work(1.into()).await.map(drop)
    }

    /// Returns the number of submissions in each state. With a million it takes 50 ms: call it
    /// every few seconds.
    pub async fn counts(&self) -> Result<BTreeMap<State, u64>, StoreError> {
        self.store.counts().await
    }

    /// Makes submissions due now that are due later than `later_than`, and returns how many. No
    /// back-off is that long, so the machine's clock was ahead when they were postponed.
    pub async fn bring_forward(
        &self,
        later_than: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let moved = self.store.bring_forward(later_than, now).await?;
        self.wake_if(moved);
        Ok(moved)
    }

    /// Waits until a submission is settled, and returns its state; `None` if that takes longer than
    /// `patience`, or if there is no such submission.
    pub async fn wait_settled(
        &self,
        id: SubmissionId,
        patience: Duration,
    ) -> Result<Option<State>, StoreError> {
        // add the waiter before reading the state, so that a settlement in between is not missed
        let mut waiting = self.waiters.add(id);
        match self.store.state_of(id).await? {
            Some(state) if state.is_under_way() => {}
            settled_or_unknown => return Ok(settled_or_unknown),
        }
        Ok(tokio::time::timeout(patience, waiting.wait())
            .await
            .ok()
            .flatten())
    }

    fn wake_if(&self, queued: usize) {
        if queued > 0 {
            self.arrived.notify_one();
        }
    }
}

/// Returns the arrival of a submission.
fn arrival(submission: &Submission, reception: Reception) -> Arrival {
    let mut due_at = submission.received_at;
    let (admission, taker) = match reception {
        Reception::Accept(taker) => (Admission::Queue, Some(taker)),
        Reception::Hold(taker, until) => {
            let latest = due_at.checked_add(LONGEST_HOLD).unwrap_or(Timestamp::MAX);
            due_at = until.min(latest);
            (Admission::Queue, Some(taker))
        }
        Reception::Quarantine(room) => (Admission::Quarantine(room), None),
        Reception::Reject { taker, reason } => (Admission::Reject { reason }, Some(taker)),
        Reception::Ignore { reason } => (Admission::Ignore { reason }, None),
    };
    let mut arrival = Arrival::new(submission, None, admission);
    if due_at > arrival.due_at {
        arrival.due_at = due_at;
        arrival.source = arrival.source.as_held();
    }
    if let Some(Taker { profile, route }) = taker {
        (arrival.profile, arrival.route) = (Some(profile), route);
    }
    arrival
}
