//! What becomes of calls by their events, in any order, and which cards they have.

mod clicks;
mod records;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::{CallKind, UserId};
use crate::pbx::{CallChange, CallEvent};

const LIMITS: CallLimits = CallLimits {
    most: 8,
    timeout: SignedDuration::from_hours(4),
    record_within: SignedDuration::from_hours(6),
};
const RULES: CardRules = CardRules {
    registers: true,
    record_within: SignedDuration::from_hours(6),
};
const NUMBER: &str = "+79062195047";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + seconds).unwrap()
}

/// An event of a call from outside: the phone `1` + `user` belongs to the employee `user`.
fn event(call: &str, user: i64, change: CallChange) -> CallEvent {
    CallEvent {
        call: call.to_owned(),
        leg: format!("{call}-{user}"),
        change,
        inner: Some(format!("1{user}")),
        crm_user: Some(user.to_string()),
        other: Some(NUMBER.to_owned()),
        line: Some("+74951343060".to_owned()),
        kind: Some(CallKind::Incoming),
        seq: None,
    }
}

fn ended() -> CallChange {
    CallChange::Ended { talk: None }
}

fn user_of(leg: &Leg) -> Option<UserId> {
    UserId::new(leg.crm_user.as_ref()?.parse().ok()?)
}

/// The calls, and a portal that carries out every step.
#[derive(Default)]
struct World {
    calls: LiveCalls,
    /// What was done to cards.
    done: Vec<String>,
    seconds: i64,
}

impl World {
    fn now(&self) -> Timestamp {
        at(self.seconds)
    }

    /// Applies an event a second later, and carries out what follows.
    fn tell(&mut self, event: &CallEvent) -> Applied {
        self.seconds += 1;
        let applied = self.calls.apply(event, self.now(), LIMITS);
        self.work(&event.call.clone());
        applied
    }

    fn step(&self, id: &str) -> Option<CardStep> {
        let call = self.calls.get(id)?;
        call.card_step(&user_of, RULES, self.now())
    }

    fn work(&mut self, id: &str) {
        while let Some(step) = self.step(id) {
            let card = &mut self.calls.get_mut(id).unwrap().card;
            let list = |users: &[UserId]| {
                let users: Vec<String> = users.iter().map(ToString::to_string).collect();
                users.join(",")
            };
            match step {
                CardStep::Register {
                    mut registration,
                    is_shown,
                } => {
                    self.done.push(format!("register {}", registration.user));
                    card.shown.extend(is_shown.then_some(registration.user));
                    registration.call = Some(format!("portal-{id}"));
                    card.registration = Some(registration);
                }
                CardStep::Show { users, .. } => {
                    self.done.push(format!("show {}", list(&users)));
                    card.shown.extend(users);
                }
                CardStep::Hide { users, .. } => {
                    self.done.push(format!("hide {}", list(&users)));
                    card.shown.retain(|user| !users.contains(user));
                }
                CardStep::Finish { user, talk, .. } => {
                    self.done.push(format!("finish {user} {talk}"));
                    card.is_finished = true;
                }
            }
        }
    }

    fn state(&self, id: &str) -> CallState {
        self.calls.get(id).unwrap().state()
    }

    fn record(&mut self, key: &str) -> Option<PortalCall> {
        let record = RecordedCall {
            key,
            number: Some(NUMBER),
            inner: None,
            kind: None,
            started: Some(at(0)),
        };
        let now = self.now();
        let call = self.calls.recorded(record, now)?;
        call.card.portal()
    }
}

#[test]
fn a_group_is_rung_and_one_answers() {
    let mut world = World::default();
    for user in [1, 2, 3] {
        world.tell(&event("a", user, CallChange::Ringing));
    }
    assert_eq!(world.state("a"), CallState::Ringing);
    world.tell(&event("a", 2, CallChange::Answered));
    assert_eq!(world.state("a"), CallState::Talking);
    for user in [1, 3] {
        world.tell(&event("a", user, ended()));
    }
    assert_eq!(world.state("a"), CallState::Talking);
    world.tell(&event("a", 2, ended()));
    assert_eq!(world.state("a"), CallState::Ended);
    assert_eq!(
        world.done,
        ["register 1", "show 2", "show 3", "hide 1,3", "hide 2"]
    );
    let call = world.calls.get("a").unwrap();
    assert_eq!(user_of(call.main_leg().unwrap()), UserId::new(2));
    assert_eq!(call.talk(), 3);
    let portal = world.record("a").unwrap();
    assert_eq!(portal.call.as_deref(), Some("portal-a"));
    assert_eq!(portal.user, UserId::new(1).unwrap());
}

#[test]
fn a_transferred_call_belongs_to_the_last_employee() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("a", 1, CallChange::Answered));
    world.tell(&event("a", 1, CallChange::Held));
    assert_eq!(world.state("a"), CallState::OnHold);
    world.tell(&event("a", 2, CallChange::Ringing));
    world.tell(&event("a", 2, CallChange::Answered));
    world.tell(&event("a", 1, ended()));
    assert_eq!(world.state("a"), CallState::Talking);
    assert_eq!(world.done, ["register 1", "show 2", "hide 1"]);
    let call = world.calls.get("a").unwrap();
    assert_eq!(user_of(call.main_leg().unwrap()), UserId::new(2));
}

#[test]
fn a_call_that_goes_on_to_the_next_phone_is_one_call() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("a", 1, ended()));
    assert_eq!(world.state("a"), CallState::Ended);
    world.tell(&event("a", 2, CallChange::Ringing));
    assert_eq!(world.state("a"), CallState::Ringing);
    assert_eq!(world.done, ["register 1", "hide 1", "show 2"]);
}

#[test]
fn late_and_repeated_events_change_nothing() {
    let mut world = World::default();
    let ringing = event("a", 1, CallChange::Ringing);
    assert_eq!(world.tell(&ringing), Applied::Changed("a".to_owned()));
    assert_eq!(world.tell(&ringing), Applied::Nothing);
    let answered = event("a", 1, CallChange::Answered);
    world.tell(&answered);
    assert_eq!(world.tell(&answered), Applied::Nothing);
    assert_eq!(world.tell(&ringing), Applied::Nothing);
    world.tell(&event("a", 1, ended()));
    for late in [ringing, answered, event("a", 1, CallChange::Held)] {
        assert_eq!(world.tell(&late), Applied::Nothing);
    }
    assert_eq!(world.state("a"), CallState::Ended);
    // a hang-up before everything else
    world.tell(&event("b", 1, ended()));
    assert_eq!(
        world.tell(&event("b", 1, CallChange::Ringing)),
        Applied::Nothing
    );
    assert_eq!(world.done, ["register 1", "hide 1"]);
}

#[test]
fn lost_events_are_made_up_for() {
    let mut world = World::default();
    // neither the ringing nor the answer
    world.tell(&event("a", 1, CallChange::Held));
    assert_eq!(world.state("a"), CallState::OnHold);
    assert!(world.calls.get("a").unwrap().legs[0].answered.is_some());
    world.tell(&event("a", 1, CallChange::Resumed));
    assert_eq!(world.state("a"), CallState::Talking);
    assert_eq!(world.done, ["register 1"]);
}

#[test]
fn an_event_with_a_lower_number_is_late() {
    let mut world = World::default();
    let numbered = |seq: i64, change: CallChange| CallEvent {
        seq: Some(seq),
        ..event("a", 1, change)
    };
    world.tell(&numbered(1, CallChange::Ringing));
    world.tell(&numbered(4, CallChange::Resumed));
    assert_eq!(world.tell(&numbered(3, CallChange::Held)), Applied::Nothing);
    assert_eq!(world.state("a"), CallState::Talking);
    world.tell(&numbered(5, CallChange::Held));
    assert_eq!(world.state("a"), CallState::OnHold);
}

#[test]
fn events_that_name_the_call_instead_of_the_leg_are_those_of_the_employee() {
    let mut world = World::default();
    for user in [1, 2] {
        world.tell(&event("a", user, CallChange::Ringing));
    }
    world.tell(&event("a", 2, CallChange::Answered));
    let held = CallEvent {
        leg: "a".to_owned(),
        ..event("a", 2, CallChange::Held)
    };
    world.tell(&held);
    assert_eq!(world.calls.get("a").unwrap().legs.len(), 2);
    assert_eq!(world.state("a"), CallState::OnHold);
    // or the leg instead of the call
    let resumed = CallEvent {
        call: "a-2".to_owned(),
        leg: "a-2".to_owned(),
        ..event("a", 2, CallChange::Resumed)
    };
    assert_eq!(world.tell(&resumed), Applied::Changed("a".to_owned()));
    assert_eq!(world.state("a"), CallState::Talking);
}

#[test]
fn two_calls_of_one_number_are_two() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("b", 2, CallChange::Ringing));
    assert_eq!(world.done, ["register 1", "register 2"]);
    assert_eq!(world.record("b").unwrap().call.as_deref(), Some("portal-b"));
    assert_eq!(world.state("a"), CallState::Ringing);
}

#[test]
fn a_lost_reply_lets_the_call_be_registered_again_for_a_while() {
    let mut world = World::default();
    world
        .calls
        .apply(&event("a", 1, CallChange::Ringing), at(0), LIMITS);
    let Some(CardStep::Register { registration, .. }) = world.step("a") else {
        panic!("not registered")
    };
    assert_eq!(registration.line.as_deref(), Some("74951343060"));
    world.calls.get_mut("a").unwrap().card.registration = Some(registration.clone());
    world.seconds = 60;
    let again = CardStep::Register {
        registration: registration.clone(),
        is_shown: true,
    };
    assert_eq!(world.step("a"), Some(again));
    // nobody sees the card of a call that has ended, but its number is still wanted
    world.calls.apply(&event("a", 1, ended()), at(61), LIMITS);
    let unseen = CardStep::Register {
        registration,
        is_shown: false,
    };
    assert_eq!(world.step("a"), Some(unseen));
    world.seconds = 26 * 60;
    assert_eq!(world.step("a"), None);
    let portal = world.record("a").unwrap();
    assert_eq!((portal.call, portal.user.get()), (None, 1));
}

#[test]
fn the_line_of_a_card_is_that_of_the_delivery() {
    let (kept, long) = ("1".repeat(50), "1".repeat(60));
    for (line, digits) in [
        (Some("sip:office"), None),
        (Some(""), None),
        (None, None),
        (Some("+7 (495) 134"), Some("7495134")),
        (Some(long.as_str()), Some(kept.as_str())),
    ] {
        let mut world = World::default();
        let event = CallEvent {
            line: line.map(str::to_owned),
            ..event("a", 1, CallChange::Ringing)
        };
        world.calls.apply(&event, at(0), LIMITS);
        let Some(CardStep::Register { registration, .. }) = world.step("a") else {
            panic!("not registered")
        };
        assert_eq!(registration.line.as_deref(), digits);
    }
}

#[test]
fn some_calls_have_no_card() {
    for odd in [
        CallEvent {
            kind: Some(CallKind::Internal),
            ..event("a", 1, CallChange::Ringing)
        },
        CallEvent {
            other: Some("anonymous".to_owned()),
            ..event("a", 1, CallChange::Ringing)
        },
        CallEvent {
            other: None,
            ..event("a", 1, CallChange::Ringing)
        },
        CallEvent {
            crm_user: None,
            ..event("a", 1, CallChange::Ringing)
        },
    ] {
        let mut world = World::default();
        world.tell(&odd);
        assert!(world.done.is_empty(), "{odd:?}");
    }
    let mut world = World::default();
    world
        .calls
        .apply(&event("a", 1, CallChange::Ringing), at(0), LIMITS);
    let rules = CardRules {
        registers: false,
        ..RULES
    };
    let call = world.calls.get("a").unwrap();
    assert_eq!(call.card_step(&user_of, rules, at(1)), None);
    // the portal does not know the employee, and will not tomorrow
    world.calls.get_mut("a").unwrap().card.is_refused = true;
    assert_eq!(world.step("a"), None);
}

#[test]
fn a_call_without_news_is_closed_and_finished_when_no_record_comes() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("a", 1, CallChange::Answered));
    world.seconds += 90;
    world.tell(&event("a", 1, CallChange::Held));
    world.seconds += 4 * 3_600;
    let expired = world.calls.expire(world.now(), LIMITS);
    assert_eq!(
        (expired.closed.as_slice(), expired.removed.len()),
        (&["a".to_owned()][..], 0)
    );
    world.work("a");
    world.seconds += 6 * 3_600;
    world.work("a");
    assert_eq!(world.done, ["register 1", "hide 1", "finish 1 91"]);
    // the record may come the next day
    world.seconds += 3_600;
    world.calls.expire(world.now(), LIMITS);
    assert!(world.record("a").is_some());
    world.seconds += 24 * 3_600;
    assert_eq!(world.calls.expire(world.now(), LIMITS).removed, ["a"]);
}

#[test]
fn calls_are_limited_and_those_that_are_over_go_first() {
    let mut world = World::default();
    for number in 0..8 {
        world.tell(&event(&number.to_string(), 1, CallChange::Ringing));
    }
    assert_eq!(
        world.tell(&event("8", 1, CallChange::Ringing)),
        Applied::Full
    );
    world.record("3");
    assert_eq!(
        world.tell(&event("8", 1, CallChange::Ringing)),
        Applied::Changed("8".to_owned())
    );
    assert!(world.calls.get("3").is_none());
    let now = world.now();
    assert_eq!(world.calls.expire(now, LIMITS).removed, ["3"]);
    assert!(world.calls.expire(now, LIMITS).removed.is_empty());
    // a call that waits for its record stays
    world.tell(&event("5", 1, ended()));
    assert_eq!(
        world.tell(&event("9", 1, CallChange::Ringing)),
        Applied::Full
    );
}

#[test]
fn numbers_are_compared_in_any_spelling() {
    for (one, other, is_same) in [
        ("+79062195047", "89062195047", true),
        ("+7 906 219-50-47", "79062195047", true),
        ("9062195047", "+79062195047", true),
        ("+79062195047", "+79062195048", false),
        ("1004", "1004", true),
        ("", "", false),
    ] {
        assert_eq!(same_number(one, other), is_same, "{one} {other}");
    }
}

#[test]
fn a_stored_call_goes_on_after_a_restart_and_shows_no_number() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    let call = world.calls.get("a").unwrap();
    let stored = serde_json::to_string(call).unwrap();
    assert!(!format!("{call:?}").contains("79062195047"));
    let mut again = World {
        seconds: 60,
        ..World::default()
    };
    again.calls.restore(serde_json::from_str(&stored).unwrap());
    again.tell(&event("a", 2, CallChange::Ringing));
    again.tell(&event("a", 1, ended()));
    assert_eq!(again.done, ["show 2", "hide 1"]);
    let call = again.calls.get_mut("a").unwrap();
    call.forget_number();
    assert!(!serde_json::to_string(call).unwrap().contains("9062195047"));
}

#[test]
fn any_order_of_the_events_of_a_call_ends_it() {
    let events = [
        event("a", 1, CallChange::Ringing),
        event("a", 1, CallChange::Answered),
        event("a", 1, CallChange::Held),
        event("a", 1, CallChange::Resumed),
        event("a", 1, ended()),
    ];
    let mut order: Vec<usize> = (0..events.len()).collect();
    permutations(&mut order, 0, &mut |order| {
        let mut world = World::default();
        for place in order {
            world.tell(&events[*place]);
        }
        assert_eq!(world.state("a"), CallState::Ended, "{order:?}");
        assert!(world.calls.get("a").unwrap().card.shown.is_empty());
        let registered = world.done.iter().filter(|it| it.starts_with("register"));
        assert!(registered.count() <= 1, "{order:?}");
    });
}

fn permutations(order: &mut Vec<usize>, from: usize, each: &mut impl FnMut(&[usize])) {
    if from == order.len() {
        each(order);
        return;
    }
    for place in from..order.len() {
        order.swap(from, place);
        permutations(order, from + 1, each);
        order.swap(from, place);
    }
}
