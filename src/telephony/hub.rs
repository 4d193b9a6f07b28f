//! The hub of live calls: takes events, answers where the portal has a call, and tells subscribers of
//! every change. Everything that waits is done by its task.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::cards::Retry;
use super::keeper;
use super::portal::CardPortal;
use super::view::{AgentView, CallView, Snapshot};
use crate::domain::{Clock, UserId};
use crate::pbx::calls::{
    Applied, CallLimits, CallState, LiveCalls, OrderedCall, PortalCall, Presence, RecordedCall,
};
use crate::pbx::directory::Directory;
use crate::pbx::{CallEvent, PbxEvent};
use crate::store::{CallKey, Store, StoreError};

/// Changes that a slow subscriber may miss before it gets everything anew.
const MISSED: usize = 256;

/// How long a record waits for the portal's answer about its call.
const IN_FLIGHT: Duration = Duration::from_secs(1);

/// How long an order waits until it is on disk.
const ON_DISK: Duration = Duration::from_secs(1);

/// A PBX of the hub.
pub struct HubPbx {
    /// Who is who.
    pub directory: Arc<Directory>,
    /// The portal that shows cards.
    pub portal: Arc<CardPortal>,
    /// The rules.
    pub rules: HubRules,
}

/// The rules for the calls of a PBX.
#[derive(Debug, Clone, Copy)]
pub struct HubRules {
    /// Whether calls get cards.
    pub cards: bool,
    /// The limits of calls.
    pub limits: CallLimits,
    /// How old the states of phones and agents may be at the start.
    pub presence_for: SignedDuration,
}

/// The live calls of all PBXs.
pub struct CallHub {
    pub(super) pbxs: BTreeMap<String, HubPbx>,
    state: Mutex<HubState>,
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    /// Wakes the keeper.
    pub(super) unsaved: Notify,
    /// Wakes the work on cards.
    pub(super) due: Notify,
    /// The number of the last batch on disk.
    pub(super) saved: watch::Sender<u64>,
    /// Counts finished steps on cards.
    pub(super) steps: watch::Sender<u64>,
    changes: broadcast::Sender<LiveChange>,
    /// Grows with every change.
    mark: AtomicU64,
}

/// What the hub knows.
#[derive(Default)]
pub(super) struct HubState {
    pub(super) by_pbx: BTreeMap<String, PbxState>,
    /// Calls that have changed since they were stored.
    pub(super) dirty: BTreeSet<CallKey>,
    /// The number of the batch that `dirty` will be.
    pub(super) batch: u64,
    /// Submissions of calls that were held back and are due.
    pub(super) released: BTreeSet<CallKey>,
    /// Calls that are stored.
    pub(super) stored: HashSet<CallKey>,
    /// Calls whose cards have to be looked at.
    pub(super) due: BTreeSet<CallKey>,
    /// Calls whose cards are being worked on.
    pub(super) busy: HashSet<CallKey>,
    /// Cards that wait for another attempt.
    pub(super) retries: HashMap<CallKey, Retry>,
}

/// What the hub knows about a PBX.
#[derive(Default)]
pub(super) struct PbxState {
    pub(super) calls: LiveCalls,
    pub(super) presence: Presence,
}

/// A change.
#[derive(Debug, Clone)]
pub enum LiveChange {
    /// A call has changed, or ended.
    Call(Arc<CallView>),
    /// The phone or the state of an employee has changed.
    Agent(Arc<AgentView>),
}

/// Everything at one moment, and the changes after it.
pub struct Subscription {
    /// Everything.
    pub snapshot: Snapshot,
    /// The changes.
    pub changes: broadcast::Receiver<LiveChange>,
}

/// What is known of the call of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordPlace {
    /// Where the portal has it already.
    pub portal: Option<PortalCall>,
    /// Whether other records of it are to come.
    pub awaits_more: AwaitsMore,
}

/// The submission of a record.
#[derive(Clone, Copy)]
pub struct RecordOwner<'r> {
    /// Its key.
    pub key: &'r str,
    /// The number of its client.
    pub number: Option<&'r str>,
}

/// Whether a call goes on, or another phone has answered it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AwaitsMore(pub bool);

/// The call of a record.
struct ClosedCall {
    key: CallKey,
    /// Whether it goes on all the same.
    awaits_more: AwaitsMore,
    /// Whether the submission of the record finishes it in the portal.
    is_in_portal: bool,
}

/// The work of the hub.
pub struct HubTask(Arc<CallHub>);

impl CallHub {
    /// Builds the hub with the calls that are stored. Its task must run. Blocks the thread.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn open(
        pbxs: BTreeMap<String, HubPbx>,
        store: Store,
        clock: Arc<dyn Clock>,
    ) -> Result<(Arc<Self>, HubTask), StoreError> {
        let mut state = HubState::default();
        let names = pbxs.keys().cloned();
        state.by_pbx = names.map(|name| (name, PbxState::default())).collect();
        let now = clock.now();
        for stored in store.calls()? {
            let pbx = pbxs.get(&stored.key.pbx);
            let longest = pbx.map(|pbx| pbx.rules.presence_for).unwrap_or_default();
            let since = now.checked_sub(longest).unwrap_or(Timestamp::MIN);
            keeper::restore(&mut state, stored, since);
        }
        let hub = Arc::new(Self {
            pbxs,
            state: Mutex::new(state),
            store,
            clock,
            unsaved: Notify::new(),
            due: Notify::new(),
            saved: watch::Sender::new(0),
            steps: watch::Sender::new(0),
            changes: broadcast::Sender::new(MISSED),
            mark: AtomicU64::new(0),
        });
        let task = HubTask(Arc::clone(&hub));
        Ok((hub, task))
    }

    pub(super) fn state(&self) -> MutexGuard<'_, HubState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an event of a PBX. Never waits.
    pub fn tell(&self, pbx: &str, event: &PbxEvent) {
        let Some(own) = self.pbxs.get(pbx) else {
            return;
        };
        let now = self.clock.now();
        let mut state = self.state();
        let Some(known) = state.by_pbx.get_mut(pbx) else {
            return;
        };
        let agent = match event {
            PbxEvent::Call(event) => return self.tell_call(&mut state, (pbx, own), event),
            PbxEvent::Phone(event) if known.presence.phone(event, now) => &event.inner,
            PbxEvent::Agent(event) if known.presence.agent(event, now) => &event.inner,
            PbxEvent::Phone(_) | PbxEvent::Agent(_) => return,
        };
        self.mark.fetch_add(1, Ordering::Relaxed);
        if self.changes.receiver_count() > 0
            && let Some(agent) = known.presence.get(agent)
        {
            let view = own.agent_view(pbx, agent);
            self.changes.send(LiveChange::Agent(Arc::new(view))).ok();
        }
        state.dirty.insert(keeper::agent_key(pbx, agent));
        self.unsaved.notify_one();
    }

    fn tell_call(&self, state: &mut HubState, (pbx, own): (&str, &HubPbx), event: &CallEvent) {
        let now = self.clock.now();
        let Some(known) = state.by_pbx.get_mut(pbx) else {
            return;
        };
        match known.calls.apply(event, now, own.rules.limits) {
            Applied::Changed(id) => self.call_changed(
                state,
                CallKey {
                    pbx: pbx.to_owned(),
                    id,
                },
            ),
            Applied::Nothing => {}
            Applied::Full => {
                metrics::counter!("leadgate_pbx_calls_dropped_total").increment(1);
                tracing::debug!(
                    pbx,
                    "an event was ignored: too many calls go on (calls_most)"
                );
            }
        }
    }

    /// Lets a changed call be stored, its card be looked at, and subscribers know.
    pub(super) fn call_changed(&self, state: &mut HubState, key: CallKey) {
        let (Some(own), Some(known)) = (self.pbxs.get(&key.pbx), state.by_pbx.get_mut(&key.pbx))
        else {
            return;
        };
        if !known.calls.expected().is_empty()
            && let Some(call) = known.calls.get(&key.id)
        {
            let users: Vec<UserId> = call
                .legs
                .iter()
                .filter_map(|leg| own.user_of(leg))
                .collect();
            if let Some(expected) = known.calls.join(&key.id, &users) {
                state
                    .dirty
                    .insert(keeper::expected_key(&key.pbx, &expected.call));
            }
        }
        if let Some(call) = known.calls.get(&key.id)
            && self.changes.receiver_count() > 0
        {
            let view = own.call_view(&key.pbx, call);
            self.changes.send(LiveChange::Call(Arc::new(view))).ok();
        }
        self.card_changed(state, key);
    }

    /// Lets a call whose card has changed be stored, and its card be looked at again.
    pub(super) fn card_changed(&self, state: &mut HubState, key: CallKey) {
        self.mark.fetch_add(1, Ordering::Relaxed);
        let known = state.by_pbx.get_mut(&key.pbx);
        let call = known.and_then(|known| known.calls.get_mut(&key.id));
        if let Some(call) = call.filter(|call| call.is_over()) {
            // personal data ends with the call
            call.forget_number();
        }
        state.dirty.insert(key.clone());
        state.due.insert(key);
        self.unsaved.notify_one();
        self.due.notify_one();
    }

    /// Returns what the records of a call share by its events: the id of the call that has this phone.
    pub fn session_of(&self, pbx: &str, record: &str) -> Option<String> {
        let state = self.state();
        let call = state.by_pbx.get(pbx)?.calls.with_leg(record)?;
        Some(call.id.clone())
    }

    /// Returns where the portal has the call of a record, and closes the call: no card is opened for
    /// it any more. A record of one phone closes only that, while others take part. Waits shortly for
    /// a registration that is under way, and until it is on disk that the record is held back.
    pub async fn place_of(
        &self,
        pbx: &str,
        record: RecordedCall<'_>,
        owner: RecordOwner<'_>,
    ) -> RecordPlace {
        let Some(closed) = self.close_recorded(pbx, record, owner) else {
            return RecordPlace::default();
        };
        let ClosedCall {
            key,
            awaits_more,
            is_in_portal,
        } = closed;
        if awaits_more == AwaitsMore(true) {
            self.on_disk(key.clone()).await;
        }
        let portal = if is_in_portal {
            self.portal_of(&key).await
        } else {
            None
        };
        RecordPlace {
            portal,
            awaits_more,
        }
    }

    async fn portal_of(&self, key: &CallKey) -> Option<PortalCall> {
        let mut steps = self.steps.subscribe();
        let found = async {
            loop {
                steps.borrow_and_update();
                let (portal, is_busy) = self.portal_now(key);
                let is_answered = portal.as_ref().is_none_or(|it| it.call.is_some());
                if is_answered || !is_busy || steps.changed().await.is_err() {
                    return portal;
                }
            }
        };
        let found = tokio::time::timeout(IN_FLIGHT, found).await;
        found.unwrap_or_else(|_| self.portal_now(key).0)
    }

    fn portal_now(&self, key: &CallKey) -> (Option<PortalCall>, bool) {
        let state = self.state();
        let call = state
            .by_pbx
            .get(&key.pbx)
            .and_then(|known| known.calls.get(&key.id));
        let portal = call.and_then(|call| call.card.portal());
        (portal, state.busy.contains(key))
    }

    /// Closes the call of a record.
    fn close_recorded(
        &self,
        pbx: &str,
        record: RecordedCall<'_>,
        owner: RecordOwner<'_>,
    ) -> Option<ClosedCall> {
        let own = self.pbxs.get(pbx)?;
        let now = self.clock.now();
        let user = own.directory.employee_at(record.inner, None);
        let mut state = self.state();
        let calls = &mut state.by_pbx.get_mut(pbx)?.calls;
        let (id, awaits_more) = if let Some(call) = calls.hold_missed(record, now) {
            (call.id.clone(), AwaitsMore(true))
        } else if let Some(call) = calls.recorded(record, now) {
            (call.id.clone(), AwaitsMore(false))
        } else if let Some(call) = calls.hold_record(record.key, now) {
            (call.id.clone(), AwaitsMore(call.ended.is_none()))
        } else {
            let expected = user.and_then(|user| calls.record_expected(record, user, now));
            let Some(expected) = expected else {
                calls.remember_record(record.key, now, own.rules.limits.most);
                return None;
            };
            state
                .dirty
                .insert(keeper::expected_key(pbx, &expected.call));
            (record.key.to_owned(), AwaitsMore(false))
        };
        let calls = &mut state.by_pbx.get_mut(pbx)?.calls;
        if awaits_more == AwaitsMore(true) {
            calls.hold_as(&id, owner.key);
        }
        let is_in_portal = calls.is_finished_by(&id, owner.key, owner.number);
        let key = CallKey {
            pbx: pbx.to_owned(),
            id,
        };
        self.call_changed(&mut state, key.clone());
        Some(ClosedCall {
            key,
            awaits_more,
            is_in_portal,
        })
    }

    /// Finishes the call of a record in the portal at once: nothing is delivered for the record.
    pub fn record_unused(&self, pbx: &str, record: &str) {
        let mut state = self.state();
        let known = state.by_pbx.get_mut(pbx);
        let id = known.and_then(|known| known.calls.record_unused(record));
        if let Some(id) = id.map(str::to_owned) {
            let pbx = pbx.to_owned();
            self.card_changed(&mut state, CallKey { pbx, id });
        }
    }

    /// Expects a call that the portal has registered and the PBX is about to make: its events and its
    /// record belong to this call of the portal.
    pub fn expect_call(&self, pbx: &str, user: UserId, number: &str, portal_call: &str) {
        let expected = OrderedCall {
            call: portal_call.to_owned(),
            user,
            number: number.to_owned(),
            at: self.clock.now(),
            failed: None,
        };
        let mut state = self.state();
        if let Some(known) = state.by_pbx.get_mut(pbx) {
            known.calls.expect(expected);
            let key = keeper::expected_key(pbx, portal_call);
            state.dirty.insert(key);
            self.unsaved.notify_one();
        }
    }

    /// Finishes an expected call in the portal with this status, for the PBX does not make it.
    pub fn call_failed(&self, pbx: &str, portal_call: &str, status: &str) {
        let mut state = self.state();
        let known = state.by_pbx.get_mut(pbx);
        let expected = known.and_then(|known| known.calls.expected_mut(portal_call));
        if let Some(expected) = expected {
            expected.failed = Some(status.to_owned());
            let key = keeper::expected_key(pbx, portal_call);
            self.card_changed(&mut state, key);
        }
    }

    /// Stores a call and returns when it is on disk, or a second later.
    pub(super) async fn on_disk(&self, key: CallKey) {
        let mut saved = self.saved.subscribe();
        let batch = {
            let mut state = self.state();
            state.dirty.insert(key);
            state.batch
        };
        self.unsaved.notify_one();
        let is_saved = saved.wait_for(|saved| *saved > batch);
        if tokio::time::timeout(ON_DISK, is_saved).await.is_err() {
            tracing::warn!("a call was not stored within a second");
        }
    }

    /// Returns a number that changes when a call or an employee changes.
    pub fn change_mark(&self) -> u64 {
        self.mark.load(Ordering::Relaxed)
    }

    /// Returns the calls that go on.
    pub fn calls(&self) -> Vec<CallView> {
        self.calls_of(&self.state())
    }

    /// Returns the states of phones and agents.
    pub fn agents(&self) -> Vec<AgentView> {
        self.agents_of(&self.state())
    }

    fn calls_of(&self, state: &HubState) -> Vec<CallView> {
        let mut calls = Vec::new();
        for (own, (pbx, known)) in self.each(state) {
            let live = known.calls.iter();
            let live = live.filter(|call| call.state() != CallState::Ended);
            calls.extend(live.map(|call| own.call_view(pbx, call)));
        }
        calls
    }

    fn agents_of(&self, state: &HubState) -> Vec<AgentView> {
        let mut agents = Vec::new();
        for (own, (pbx, known)) in self.each(state) {
            agents.extend(
                known
                    .presence
                    .iter()
                    .map(|agent| own.agent_view(pbx, agent)),
            );
        }
        agents
    }

    fn each<'s>(
        &'s self,
        state: &'s HubState,
    ) -> impl Iterator<Item = (&'s HubPbx, (&'s String, &'s PbxState))> {
        let known = state.by_pbx.iter();
        known.filter_map(|known| Some((self.pbxs.get(known.0)?, known)))
    }

    /// Returns everything that goes on, and the changes from now on. Who falls behind by many changes
    /// misses some, and subscribes again.
    pub fn subscribe(&self) -> Subscription {
        let state = self.state();
        Subscription {
            changes: self.changes.subscribe(),
            snapshot: Snapshot {
                calls: self.calls_of(&state),
                agents: self.agents_of(&state),
            },
        }
    }
}

impl HubTask {
    /// Stores calls and keeps their cards until draining.
    pub async fn run(self, draining: CancellationToken) {
        let Self(hub) = self;
        let cards = draining.run_until_cancelled(hub.keep_cards());
        tokio::join!(hub.keep_stored(&draining), cards);
    }
}
