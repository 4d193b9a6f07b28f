//! Stores live calls, many in one transaction, so that events before and after a restart belong
//! together.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::cards::Retry;
use super::hub::{CallHub, HubState};
use crate::pbx::calls::{LiveCall, OrderedCall};
use crate::store::{CallChanges, CallKey, StoredCall};

/// The pause after a failure.
const RETRY: Duration = Duration::from_secs(1);

/// Begins the keys of calls that are expected.
const EXPECTED: &str = "expected/";

/// A call as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kept {
    /// A call that the PBX has told of.
    Call(Box<LiveCall>),
    /// A call that the PBX is about to make.
    Expected(OrderedCall),
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

/// Restores a stored call. One of a PBX that the settings lack, or of a later release, is removed.
pub(super) fn restore(state: &mut HubState, stored: StoredCall) {
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
        _ => {
            state.dirty.insert(stored.key.clone());
        }
    }
    state.stored.insert(stored.key);
}

/// Returns what is to be stored of a call; `None` if it is over.
fn kept(state: &HubState, key: &CallKey) -> Option<Kept> {
    let calls = &state.by_pbx.get(&key.pbx)?.calls;
    if let Some(portal_call) = expected_of(key) {
        let mut expected = calls.expected().iter();
        let expected = expected.find(|expected| expected.call == portal_call)?;
        return Some(Kept::Expected(expected.clone()));
    }
    let call = calls.get(&key.id)?;
    // a record may still come for a call that leadgate has finished in the portal
    let is_wanted = !call.is_settled() || (call.card.is_finished && call.recorded.is_none());
    is_wanted.then(|| Kept::Call(Box::new(call.clone())))
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
        if state.dirty.is_empty() {
            return None;
        }
        let batch = state.batch;
        state.batch += 1;
        let dirty = std::mem::take(&mut state.dirty);
        let mut changes = CallChanges::default();
        for key in dirty {
            let text = kept(&state, &key).and_then(|kept| serde_json::to_string(&kept).ok());
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
        let gone = changes.gone.clone();
        let old: Vec<CallKey> = changes.changed.iter().map(|it| it.key.clone()).collect();
        let result = if changes.is_empty() {
            Ok(Vec::new())
        } else {
            self.store.keep_calls(changes).await
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
        match expected_of(key) {
            Some(portal_call) => known.calls.drop_expected(portal_call),
            None => known.calls.remove(&key.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

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
        let Some(Kept::Call(call)) = kept(&state, &key) else {
            panic!("not stored")
        };
        // a record that comes again after a crash finds the same call
        let mut known = PbxState::default();
        known.calls.restore(*call);
        let again = known.calls.recorded(record, now).unwrap();
        let portal = PortalCall {
            call: Some("externalCall.a.1".to_owned()),
            user,
        };
        assert_eq!(again.card.portal(), Some(portal));
        let calls = &mut state.by_pbx.get_mut("main").unwrap().calls;
        calls.get_mut("s1").unwrap().card.is_finished = true;
        assert!(kept(&state, &key).is_none());
    }
}
