//! Stores live calls, many in one transaction, so that events before and after a restart belong
//! together.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::cards::Retry;
use super::hub::{CallHub, HubState};
use crate::pbx::calls::{Agent, LiveCall, OrderedCall};
use crate::store::{CallChanges, CallKey, StoredCall};

/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Begins the keys of calls that are expected.
const EXPECTED: &str = "expected/";

/// Begins the keys of phones and agents.
const AGENT: &str = "agent/";

/// A call as it is stored, or the state of a phone.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// A call that the PBX has told of.
    Call(Box<LiveCall>),
    /// A call that the PBX is about to make.
    Expected(OrderedCall),
    /// What is known about the employee behind an inner number.
    Agent(Agent),
}

/// What is to be stored of it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ToKeep<'k> {
    Call(&'k LiveCall),
    Expected(&'k OrderedCall),
    Agent(&'k Agent),
}

/// Returns the key under which an expected call is stored.
pub(super) fn expected_key(pbx: &str, portal_call: &str) -> CallKey {
    CallKey {
        pbx: pbx.to_owned(),
        id: format!("{EXPECTED}{portal_call}"),
    }
}

/// Returns the call of the portal, if the key is that of an expected call.
pub(super) fn expected_of(key: &CallKey) -> Option<&str> {
    key.id.strip_prefix(EXPECTED)
}

/// Returns the key under which the state of a phone is stored.
pub(super) fn agent_key(pbx: &str, inner: &str) -> CallKey {
    CallKey {
        pbx: pbx.to_owned(),
        id: format!("{AGENT}{inner}"),
    }
}

/// Restores what is stored. A call of a PBX that the settings lack, or of a later release, is removed,
/// and so is the state of a phone that has changed before this time.
pub(super) fn restore(state: &mut HubState, stored: StoredCall, since: Timestamp) {
    let kept: Option<Kept> = serde_json::from_str(&stored.state).ok();
    let known = state.by_pbx.get_mut(&stored.key.pbx);
    match (known, kept) {
        (Some(known), Some(Kept::Call(call))) => {
            let registration = call.card.registration.as_ref();
            if registration.is_some_and(|it| it.call.is_none()) {
                let retry = Retry::AFTER_RESTART;
                state.retries.insert(stored.key.clone(), retry);
            }
            known.calls.restore(*call);
            state.due.insert(stored.key.clone());
        }
        (Some(known), Some(Kept::Expected(expected))) => {
            known.calls.expect(expected);
            state.due.insert(stored.key.clone());
        }
        (Some(known), Some(Kept::Agent(agent))) if agent.since >= since => {
            known.presence.restore(agent);
        }
        _ => {
            state.dirty.insert(stored.key.clone());
        }
    }
    state.stored.insert(stored.key);
}

/// Returns what is to be stored of a call or a phone; `None` if it is over.
fn to_keep<'s>(state: &'s HubState, key: &CallKey) -> Option<ToKeep<'s>> {
    let known = state.by_pbx.get(&key.pbx)?;
    if let Some(portal_call) = expected_of(key) {
        let mut expected = known.calls.expected().iter();
        let expected = expected.find(|expected| expected.call == portal_call)?;
        return Some(ToKeep::Expected(expected));
    }
    if let Some(inner) = key.id.strip_prefix(AGENT) {
        return known.presence.get(inner).map(ToKeep::Agent);
    }
    let call = known.calls.get(&key.id)?;
    // a record may still come: of a call that leadgate has finished in the portal, and of each phone
    let is_expected = call.card.is_finished && call.recorded.is_none();
    let is_wanted = !call.is_settled() || is_expected || call.has_phones();
    is_wanted.then_some(ToKeep::Call(call))
}

impl CallHub {
    /// Stores what changes until draining, and the rest then.
    pub(super) async fn keep_stored(&self, draining: &CancellationToken) {
        loop {
            let is_draining = draining.is_cancelled();
            match self.unsaved_changes() {
                Some((batch, changes)) => {
                    let is_stored = self.store_batch(batch, changes).await;
                    if !is_stored && is_draining {
                        return;
                    }
                    if !is_stored {
                        draining
                            .run_until_cancelled(tokio::time::sleep(RETRY))
                            .await;
                    }
                }
                None if is_draining => return,
                None => {
                    draining.run_until_cancelled(self.unsaved.notified()).await;
                }
            }
        }
    }

    /// Stores what is not stored yet; gives up after a failure.
    pub async fn store_rest(&self) {
        while let Some((batch, changes)) = self.unsaved_changes() {
            if !self.store_batch(batch, changes).await {
                return;
            }
        }
    }

    /// Takes what has changed; `None` if nothing has.
    fn unsaved_changes(&self) -> Option<(u64, CallChanges)> {
        let now = self.clock.now();
        let mut state = self.state();
        if state.dirty.is_empty() && state.released.is_empty() {
            return None;
        }
        let batch = state.batch;
        state.batch += 1;
        let dirty = std::mem::take(&mut state.dirty);
        let released = std::mem::take(&mut state.released);
        let mut changes = CallChanges {
            released: released.into_iter().collect(),
            ..CallChanges::default()
        };
        for key in dirty {
            let text = to_keep(&state, &key).and_then(|it| serde_json::to_string(&it).ok());
            let is_stored = state.stored.contains(&key);
            match text {
                Some(text) => {
                    let list = if is_stored {
                        &mut changes.changed
                    } else {
                        &mut changes.new
                    };
                    list.push(StoredCall {
                        key,
                        changed_at: now,
                        state: text,
                    });
                }
                None if is_stored => changes.gone.push(key),
                None => {}
            }
        }
        Some((batch, changes))
    }

    /// Stores a batch; returns whether it is on disk.
    async fn store_batch(&self, batch: u64, changes: CallChanges) -> bool {
        let new: Vec<CallKey> = changes.new.iter().map(|call| call.key.clone()).collect();
        let (gone, released) = (changes.gone.clone(), changes.released.clone());
        let old: Vec<CallKey> = changes.changed.iter().map(|it| it.key.clone()).collect();
        let result = if changes.is_empty() {
            Ok(Vec::new())
        } else {
            self.store.keep_calls(changes, self.clock.now()).await
        };
        let mut state = self.state();
        match result {
            Ok(erased) => {
                state.stored.extend(new);
                for key in gone {
                    state.stored.remove(&key);
                }
                for key in erased {
                    forget(&mut state, &key);
                }
                drop(state);
                self.saved.send_replace(batch + 1);
                true
            }
            Err(error) => {
                state.dirty.extend(new);
                state.dirty.extend(gone);
                state.dirty.extend(old);
                state.released.extend(released);
                drop(state);
                tracing::warn!(error = %error, "calls that go on were not stored; they may be lost at a restart");
                false
            }
        }
    }
}

/// Forgets a call that was erased from the store.
fn forget(state: &mut HubState, key: &CallKey) {
    state.stored.remove(key);
    state.due.remove(key);
    if let Some(known) = state.by_pbx.get_mut(&key.pbx) {
        match (expected_of(key), key.id.strip_prefix(AGENT)) {
            (Some(portal_call), _) => known.calls.drop_expected(portal_call),
            (_, Some(inner)) => known.presence.forget(inner),
            (None, None) => known.calls.remove(&key.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;
    use crate::pbx::calls::{PortalCall, RecordedCall};
    use crate::telephony::hub::PbxState;

    #[test]
    fn a_recorded_call_is_stored_until_it_is_finished_in_the_portal() {
        let now = Timestamp::UNIX_EPOCH;
        let user = UserId::new(6).unwrap();
        let clicked = OrderedCall {
            call: "externalCall.a.1".to_owned(),
            user,
            number: "+79005550142".to_owned(),
            at: now,
            failed: None,
        };
        let record = RecordedCall {
            key: "s1",
            number: Some("+79005550142"),
            inner: None,
            kind: None,
            started: Some(now),
        };
        let mut known = PbxState::default();
        known.calls.expect(clicked);
        known.calls.record_expected(record, user, now).unwrap();
        let mut state = HubState::default();
        state.by_pbx.insert("main".to_owned(), known);
        let key = CallKey {
            pbx: "main".to_owned(),
            id: "s1".to_owned(),
        };
        let Some(ToKeep::Call(call)) = to_keep(&state, &key) else {
            panic!("not stored")
        };
        let call = call.clone();
        // a record that comes again after a crash finds the same call
        let mut known = PbxState::default();
        known.calls.restore(call);
        let again = known.calls.recorded(record, now).unwrap();
        let portal = PortalCall {
            call: Some("externalCall.a.1".to_owned()),
            user,
        };
        assert_eq!(again.card.portal(), Some(portal));
        let calls = &mut state.by_pbx.get_mut("main").unwrap().calls;
        calls.get_mut("s1").unwrap().card.is_finished = true;
        assert!(to_keep(&state, &key).is_none());
    }

    #[test]
    fn states_of_phones_are_restored_unless_they_are_old() {
        let now = Timestamp::UNIX_EPOCH;
        let agent = Agent {
            inner: "106".to_owned(),
            crm_user: None,
            is_registered: Some(true),
            state: None,
            since: now,
        };
        let stored = StoredCall {
            key: agent_key("main", "106"),
            changed_at: now,
            state: serde_json::to_string(&ToKeep::Agent(&agent)).unwrap(),
        };
        let later = Timestamp::from_second(1).unwrap();
        for (since, is_known) in [(now, true), (later, false)] {
            let mut state = HubState::default();
            state.by_pbx.insert("main".to_owned(), PbxState::default());
            restore(&mut state, stored.clone(), since);
            let known = &state.by_pbx["main"].presence;
            assert_eq!(known.get("106").is_some(), is_known);
            // an old one is removed from the store
            assert_eq!(state.dirty.contains(&stored.key), !is_known);
            assert_eq!(to_keep(&state, &stored.key).is_some(), is_known);
        }
    }
}
