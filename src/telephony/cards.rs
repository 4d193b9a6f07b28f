//! Carries out what is to be done to cards: at most one step at a time for each call, and several
//! calls at once.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::{SignedDuration, Timestamp};

use super::hub::{CallHub, HubPbx, HubState};
use super::keeper::{expected_key, expected_of};
use super::portal::{CardPortal, is_refusal};
use crate::crm::{Connection, CrmError, NewCard, Remedy};
use crate::pbx::calls::{Card, CardRules, CardStep, OrderedCall, Registration};
use crate::store::CallKey;

/// Steps at the same time; the pace of the connection limits them further.
const MOST_STEPS: usize = 64;

/// How often waiting attempts are looked at, and every how many looks all calls are.
const TICK: Duration = Duration::from_secs(1);
const ALL_EVERY: u32 = 5;

/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT: i64 = 60;

/// A card that waits for another attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    attempts: u32,
    at: Timestamp,
    /// Whether the portal may have done what the lost reply would have told.
    may_be_done: bool,
}

impl Retry {
    /// A card that was being registered when leadgate ended.
    pub(super) const AFTER_RESTART: Self = Self {
        attempts: 0,
        at: Timestamp::UNIX_EPOCH,
        may_be_done: true,
    };
}

/// What is to be done.
#[derive(Debug, Clone)]
enum Step {
    /// To the card of a call.
    Card(CardStep),
    /// To an expected call that was not made.
    Fail(OrderedCall),
}

/// How a step has ended.
struct Outcome {
    key: CallKey,
    step: Step,
    result: Result<Done, CrmError>,
}

/// What the portal has answered.
enum Done {
    /// The call has this number.
    Registered(String),
    /// It was done.
    Yes,
}

impl CallHub {
    /// Keeps the cards. Never returns.
    pub(super) async fn keep_cards(&self) {
        let with_cards = self.pbxs.values().filter(|own| own.rules.cards);
        let portals: BTreeMap<&str, &CardPortal> = with_cards
            .map(|own| (own.portal.name.as_str(), &*own.portal))
            .collect();
        let watches = portals.into_values().map(CardPortal::watch);
        tokio::join!(
            futures_util::future::join_all(watches),
            self.work_on_cards()
        );
    }

    async fn work_on_cards(&self) {
        let mut tick = tokio::time::interval(TICK);
        let mut ticks = 0_u32;
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < MOST_STEPS
                && let Some((key, step)) = self.next_step()
            {
                under_way.push(self.carry_out(key, step));
            }
            tokio::select! {
                Some(outcome) = under_way.next() => self.settle(outcome),
                () = self.due.notified() => {}
                _ = tick.tick() => {
                    self.expire();
                    if ticks.is_multiple_of(ALL_EVERY) {
                        self.look_at_all();
                    }
                    ticks = ticks.wrapping_add(1);
                }
            }
        }
    }

    /// Returns the next step of any call, and marks the call as busy.
    fn next_step(&self) -> Option<(CallKey, Step)> {
        let now = self.clock.now();
        let mut state = self.state();
        let mut waiting = Vec::new();
        let mut found = None;
        while let Some(key) = state.due.pop_first() {
            if state.busy.contains(&key) {
                // looked at again when its step has ended
                continue;
            }
            if !self.is_ready(&key) {
                continue;
            }
            if state.retries.get(&key).is_some_and(|retry| now < retry.at) {
                waiting.push(key);
                continue;
            }
            if let Some(step) = self.step_of(&mut state, &key, now) {
                state.busy.insert(key.clone());
                found = Some((key, step));
                break;
            }
            state.retries.remove(&key);
        }
        state.due.extend(waiting);
        found
    }

    /// Returns whether the portal takes cards, and it is known who its employees are: until then,
    /// nobody would see any card. The employee of an expected call is known.
    fn is_ready(&self, key: &CallKey) -> bool {
        let own = self.pbxs.get(&key.pbx);
        own.is_some_and(|own| {
            let knows_employees = expected_of(key).is_some() || own.directory.has_employees();
            own.portal.works() && knows_employees
        })
    }

    fn step_of(&self, state: &mut HubState, key: &CallKey, now: Timestamp) -> Option<Step> {
        let own = self.pbxs.get(&key.pbx)?;
        let known = state.by_pbx.get_mut(&key.pbx)?;
        if let Some(portal_call) = expected_of(key) {
            let expected = known.calls.expected_mut(portal_call)?;
            return expected
                .failed
                .is_some()
                .then(|| Step::Fail(expected.clone()));
        }
        let call = known.calls.get_mut(&key.id)?;
        let step = call.card_step(&|leg| own.user_of(leg), own.card_rules(), now)?;
        if let CardStep::Register { registration, .. } = &step {
            // before it is sent, so that a restart repeats it and does not make another
            call.card.registration = Some(registration.clone());
        }
        Some(Step::Card(step))
    }

    async fn carry_out(&self, key: CallKey, step: Step) -> Outcome {
        let result = match self.pbxs.get(&key.pbx) {
            Some(own) => self.ask_portal(own, &key, &step).await,
            None => Err(CrmError::NotRun),
        };
        Outcome { key, step, result }
    }

    async fn ask_portal(&self, own: &HubPbx, key: &CallKey, step: &Step) -> Result<Done, CrmError> {
        let portal = &own.portal.connection;
        match step {
            Step::Card(CardStep::Register {
                registration,
                is_shown,
            }) => {
                self.on_disk(key.clone()).await;
                let card = NewCard {
                    is_shown: *is_shown,
                    ..new_card(key, registration)
                };
                portal.register_call(&card).await.map(Done::Registered)
            }
            Step::Card(CardStep::Show { call, users }) => {
                portal.show_card(call, users).await.map(|()| Done::Yes)
            }
            Step::Card(CardStep::Hide { call, users }) => {
                portal.hide_card(call, users).await.map(|()| Done::Yes)
            }
            Step::Card(CardStep::Finish { call, user, talk }) => {
                let finish = portal.finish_bare_call(call, *user, *talk);
                finish_once(portal, call, finish).await
            }
            Step::Fail(OrderedCall {
                call, user, failed, ..
            }) => {
                let status = failed.as_deref().unwrap_or_default();
                let finish = portal.finish_failed_call(call, *user, status);
                finish_once(portal, call, finish).await
            }
        }
    }

    /// Keeps what has become of a step.
    fn settle(&self, outcome: Outcome) {
        let Outcome { key, step, result } = outcome;
        let now = self.clock.now();
        let mut state = self.state();
        state.busy.remove(&key);
        let before = state.retries.get(&key).copied();
        match &result {
            Err(error) if !is_refusal(error) => plan_retry(&mut state, &key, error, now),
            _ => {
                state.retries.remove(&key);
            }
        }
        let is_registered = matches!(result, Ok(Done::Registered(_)));
        let is_over = result.as_ref().err().is_none_or(is_refusal);
        let retry = state.retries.get(&key).copied().or(before);
        if let (Err(error), Some(own)) = (&result, self.pbxs.get(&key.pbx))
            && own.rules.cards
            && own.portal.connection.has_lost_telephony(error)
        {
            own.portal.refuse(Some(error));
        }
        if let Some(known) = state.by_pbx.get_mut(&key.pbx) {
            match step {
                Step::Card(step) => {
                    if let Some(call) = known.calls.get_mut(&key.id) {
                        settle_card(&mut call.card, step, result, retry);
                    }
                }
                Step::Fail(expected) if is_over => known.calls.drop_expected(&expected.call),
                Step::Fail(_) => {}
            }
        }
        if is_registered {
            self.call_changed(&mut state, key);
        } else {
            self.card_changed(&mut state, key);
        }
        drop(state);
        self.steps.send_modify(|steps| *steps += 1);
    }

    /// Lets the cards of all calls be looked at: a record may be late, and an employee known by now.
    fn look_at_all(&self) {
        let mut state = self.state();
        let state = &mut *state;
        for (pbx, known) in &state.by_pbx {
            let open = known.calls.iter().filter(|call| !call.is_settled());
            state.due.extend(open.map(|call| CallKey {
                pbx: pbx.clone(),
                id: call.id.clone(),
            }));
        }
    }

    /// Closes calls without news, and forgets those that are over.
    fn expire(&self) {
        let now = self.clock.now();
        let mut state = self.state();
        let state = &mut *state;
        let mut changed = Vec::new();
        for (pbx, known) in &mut state.by_pbx {
            let Some(own) = self.pbxs.get(pbx) else {
                continue;
            };
            let key = |id: &String| CallKey {
                pbx: pbx.clone(),
                id: id.clone(),
            };
            let expired = known.calls.expire(now, own.rules.limits);
            changed.extend(expired.closed.iter().map(key));
            changed.extend(expired.released.iter().map(key));
            state.released.extend(expired.due.iter().map(key));
            for id in &expired.removed {
                state.retries.remove(&key(id));
                state.dirty.insert(key(id));
            }
            if !expired.removed.is_empty() {
                self.unsaved.notify_one();
            }
            let given_up = known.calls.give_up(now, own.rules.limits.record_within);
            let given_up = given_up.iter().map(|call| expected_key(pbx, call));
            state.due.extend(given_up);
        }
        for key in changed {
            self.call_changed(state, key);
        }
    }
}

impl HubPbx {
    fn card_rules(&self) -> CardRules {
        CardRules {
            registers: self.rules.cards,
            record_within: self.rules.limits.record_within,
        }
    }
}

/// Finishes a call unless the portal has finished it: the reply of an earlier attempt may be lost,
/// and a second time adds another row to the statistics.
async fn finish_once(
    portal: &Connection,
    call: &str,
    finish: impl Future<Output = Result<(), CrmError>>,
) -> Result<Done, CrmError> {
    if !portal.has_finished(call).await? {
        finish.await?;
    }
    Ok(Done::Yes)
}

/// Plans another attempt: at once after a lost reply, because a phone rings, and later and later
/// after that.
fn plan_retry(state: &mut HubState, key: &CallKey, error: &CrmError, now: Timestamp) {
    let before = state.retries.get(key).copied();
    let attempts = before.map_or(0, |retry| retry.attempts);
    let is_unknown = error.remedy() == Remedy::CheckFirst;
    let wait = match attempts {
        0 if is_unknown => 0,
        attempts => 2_i64.saturating_pow(attempts.min(10)).min(LONGEST_WAIT),
    };
    tracing::debug!(
        error = without_words(error),
        attempts,
        "the card of a call was not changed; trying again in {wait} s"
    );
    let at = now
        .checked_add(SignedDuration::from_secs(wait))
        .unwrap_or(now);
    let retry = Retry {
        attempts: attempts + 1,
        at,
        may_be_done: is_unknown || before.is_some_and(|retry| retry.may_be_done),
    };
    state.retries.insert(key.clone(), retry);
}

/// Returns an error without the words of the portal: they may repeat the number.
fn without_words(error: &CrmError) -> String {
    match error {
        CrmError::Denied { method, code, .. } | CrmError::Refused { method, code, .. } => {
            format!("the portal has refused {method} ({code})")
        }
        error => error.to_string(),
    }
}

/// Keeps in a card what the portal has answered.
fn settle_card(
    card: &mut Card,
    step: CardStep,
    result: Result<Done, CrmError>,
    retry: Option<Retry>,
) {
    let may_be_done = retry.is_some_and(|retry| retry.may_be_done);
    match (step, result) {
        (
            CardStep::Register {
                registration,
                is_shown,
            },
            Ok(Done::Registered(call)),
        ) => {
            // an earlier attempt whose reply was lost has shown it, perhaps
            let is_seen = is_shown || may_be_done;
            card.shown.extend(is_seen.then_some(registration.user));
            card.registration = Some(Registration {
                call: Some(call),
                ..registration
            });
        }
        // not tomorrow either: the employee is unknown to the portal, or the number is none
        (CardStep::Register { .. }, Err(error @ CrmError::Refused { .. })) => {
            let error = without_words(&error);
            tracing::warn!(
                error,
                "the portal refused to register a call, so it gets no card"
            );
            card.is_refused = true;
        }
        // nothing was made, so another employee may be the first the next time
        (CardStep::Register { .. }, Err(_)) if !may_be_done => card.registration = None,
        (CardStep::Show { users, .. }, Ok(_) | Err(CrmError::Refused { .. })) => {
            card.shown.extend(users);
        }
        (CardStep::Hide { users, .. }, Ok(_) | Err(CrmError::Refused { .. })) => {
            card.shown.retain(|user| !users.contains(user));
        }
        (CardStep::Finish { .. }, Ok(_) | Err(CrmError::Refused { .. })) => {
            card.is_finished = true;
        }
        (_, Ok(_) | Err(_)) => {}
    }
}

fn new_card(key: &CallKey, registration: &Registration) -> NewCard {
    NewCard {
        key: format!("{}/{}", key.pbx, key.id),
        user: registration.user,
        number: registration.number.clone(),
        line: registration.line.clone(),
        is_outgoing: registration.is_outgoing,
        started: registration.started,
        is_shown: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;

    #[test]
    fn the_log_has_the_code_of_a_refusal_and_no_words() {
        let refused = CrmError::Refused {
            method: "telephony.externalcall.register".to_owned(),
            code: "ERROR_CORE".to_owned(),
            text: "Unsupported phone number format: +79005550142".to_owned(),
        };
        let text = "the portal has refused telephony.externalcall.register (ERROR_CORE)";
        assert_eq!(without_words(&refused), text);
    }

    #[test]
    fn a_card_that_a_lost_attempt_may_have_shown_is_hidden_later() {
        let user = UserId::new(6).unwrap();
        let registration = Registration {
            user,
            call: None,
            number: "79005550142".to_owned(),
            line: None,
            is_outgoing: false,
            started: Timestamp::UNIX_EPOCH,
        };
        let lost = Retry {
            attempts: 1,
            at: Timestamp::UNIX_EPOCH,
            may_be_done: true,
        };
        let known = Retry {
            may_be_done: false,
            ..lost
        };
        for (retry, is_seen) in [(None, false), (Some(known), false), (Some(lost), true)] {
            let mut card = Card::default();
            let step = CardStep::Register {
                registration: registration.clone(),
                is_shown: false,
            };
            let answer = Ok(Done::Registered("externalCall.a.1".to_owned()));
            settle_card(&mut card, step, answer, retry);
            assert_eq!(card.shown.contains(&user), is_seen);
            assert!(card.portal().unwrap().call.is_some());
        }
    }
}
