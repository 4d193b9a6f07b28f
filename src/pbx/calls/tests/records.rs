//! Which call a record belongs to, and what becomes of it.

use super::*;

#[test]
fn a_record_closes_its_call_whatever_follows() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("a", 1, CallChange::Answered));
    let portal = world.record("a").unwrap();
    world.work("a");
    assert_eq!(world.record("a"), Some(portal));
    for change in [CallChange::Held, ended(), CallChange::Ringing] {
        assert_eq!(world.tell(&event("a", 1, change)), Applied::Nothing);
    }
    assert_eq!(world.done, ["register 1", "hide 1"]);
    // a call that is recorded before it was seen has no card
    assert_eq!(world.record("z"), None);
    let now = world.now();
    world.calls.remember_record("z", now, LIMITS.most);
    assert_eq!(
        world.tell(&event("z", 1, CallChange::Ringing)),
        Applied::Nothing
    );
    assert_eq!(world.state("z"), CallState::Ended);
}

#[test]
fn a_record_of_one_leg_leaves_the_others() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("a", 1, CallChange::Answered));
    world.tell(&event("a", 2, CallChange::Ringing));
    assert_eq!(world.record("a-1"), None);
    assert_eq!(world.state("a"), CallState::Ringing);
    world.tell(&event("a", 2, CallChange::Answered));
    assert!(world.record("a-2").is_some());
    assert_eq!(world.state("a"), CallState::Ended);
}

#[test]
fn a_record_with_an_id_of_its_own_is_found_by_number_and_time() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    assert_eq!(
        world.record("cdr-7").unwrap().call.as_deref(),
        Some("portal-a")
    );
    let of_second = RecordedCall {
        key: "cdr-7",
        number: Some("89062195047"),
        inner: Some("12"),
        kind: None,
        started: Some(at(0)),
    };
    let two = || {
        let mut world = World::default();
        world.tell(&event("a", 1, CallChange::Ringing));
        world.tell(&event("b", 2, CallChange::Ringing));
        world
    };
    // of two calls of the number: that of the employee, else one that has ended, else the nearest
    let mut world = two();
    let found = world.calls.recorded(of_second, at(3)).unwrap();
    assert_eq!(found.id, "b");
    let mut world = two();
    world.tell(&event("b", 2, ended()));
    let found = world.record("cdr-7").unwrap();
    assert_eq!(found.call.as_deref(), Some("portal-b"));
    let found = two().record("cdr-7").unwrap();
    assert_eq!(found.call.as_deref(), Some("portal-a"));
}

#[test]
fn a_record_with_an_id_of_its_own_leaves_other_employees_their_call() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.tell(&event("a", 1, CallChange::Answered));
    world.tell(&event("a", 2, CallChange::Ringing));
    world.tell(&event("a", 2, CallChange::Answered));
    let of = |key: &'static str, inner: &'static str| RecordedCall {
        key,
        number: Some(NUMBER),
        inner: Some(inner),
        kind: None,
        started: Some(at(0)),
    };
    assert!(world.calls.recorded(of("cdr-1", "11"), at(9)).is_none());
    assert_eq!(world.state("a"), CallState::Talking);
    world.work("a");
    assert_eq!(world.done, ["register 1", "show 2", "hide 1"]);
    let call = world.calls.recorded(of("cdr-2", "12"), at(10)).unwrap();
    assert_eq!((call.id.as_str(), call.state()), ("a", CallState::Ended));
    // a phone whose hang-up was lost does not keep the call
    let mut world = World::default();
    for user in [1, 2] {
        world.tell(&event("b", user, CallChange::Ringing));
    }
    world.tell(&event("b", 2, CallChange::Answered));
    let call = world.calls.recorded(of("cdr-3", "12"), at(9)).unwrap();
    assert_eq!(call.state(), CallState::Ended);
}

#[test]
fn a_recorded_call_that_nobody_delivers_is_finished() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    world.seconds += 60;
    world.tell(&event("a", 1, ended()));
    // the time counts from the record
    world.seconds += 5 * 3_600;
    world.record("a").unwrap();
    world.seconds += 5 * 3_600;
    world.work("a");
    let call = world.calls.get_mut("a").unwrap();
    assert!(!call.is_settled() && call.is_over());
    assert_eq!(world.done, ["register 1", "hide 1"]);
    world.seconds += 3_600;
    world.work("a");
    assert_eq!(world.done, ["register 1", "hide 1", "finish 1 0"]);
    assert!(world.calls.get("a").unwrap().is_settled());
    // without a delivery, there is nothing to wait for
    let mut world = World::default();
    world.tell(&event("b", 1, CallChange::Ringing));
    assert_eq!(world.calls.record_unused("b"), None);
    world.record("b").unwrap();
    assert_eq!(world.calls.record_unused("b"), Some("b"));
    world.work("b");
    assert_eq!(world.done, ["register 1", "hide 1", "finish 1 0"]);
    // the delivery finds a call whose number is unknown; without one, it is registered again to be
    // finished, as long as the portal recognises it
    let mut world = World::default();
    let ringing = event("c", 1, CallChange::Ringing);
    world.calls.apply(&ringing, at(0), LIMITS);
    let Some(CardStep::Register { registration, .. }) = world.step("c") else {
        panic!("not registered")
    };
    world.calls.get_mut("c").unwrap().card.registration = Some(registration);
    world.record("c").unwrap();
    assert_eq!(world.step("c"), None);
    world.calls.record_unused("c").unwrap();
    world.work("c");
    assert_eq!(world.done, ["register 1", "finish 1 0"]);
    assert!(world.calls.get("c").unwrap().is_settled());
    let mut world = World::default();
    world
        .calls
        .apply(&event("d", 1, CallChange::Ringing), at(0), LIMITS);
    let Some(CardStep::Register { registration, .. }) = world.step("d") else {
        panic!("not registered")
    };
    world.calls.get_mut("d").unwrap().card.registration = Some(registration);
    world.record("d").unwrap();
    assert!(!world.calls.get("d").unwrap().is_over());
    world.seconds += 26 * 60;
    world.calls.expire(world.now(), LIMITS);
    assert!(world.calls.get("d").is_none());
}

/// The record of a phone.
fn of_phone(key: &'static str, kind: CallKind) -> RecordedCall<'static> {
    RecordedCall {
        key,
        number: Some(NUMBER),
        inner: None,
        kind: Some(kind),
        started: Some(at(0)),
    }
}

#[test]
fn what_comes_while_others_talk_waits_for_the_end_of_the_call() {
    let mut world = World::default();
    for user in [1, 2] {
        world.tell(&event("a", user, CallChange::Ringing));
    }
    world.tell(&event("a", 2, CallChange::Answered));
    world.tell(&event("a", 1, ended()));
    let missed = of_phone("a-1", CallKind::Missed);
    assert!(world.calls.hold_missed(missed, world.now()).is_some());
    world.calls.hold_as("a", "its submission");
    world.seconds += 60;
    assert_eq!(world.calls.expire(world.now(), LIMITS), Expired::default());
    world.tell(&event("a", 2, ended()));
    world.seconds += 9;
    assert_eq!(world.calls.expire(world.now(), LIMITS), Expired::default());
    world.seconds += 1;
    let expired = world.calls.expire(world.now(), LIMITS);
    assert_eq!(expired.released, ["a"]);
    assert!(expired.due.iter().eq(["its submission"]));
    // the phones are remembered for their records
    world.seconds += 5 * 3_600;
    world.calls.expire(world.now(), LIMITS);
    assert_eq!(world.calls.with_leg("a-2").unwrap().id, "a");
    let answered = of_phone("a-2", CallKind::Incoming);
    assert!(world.calls.recorded(answered, world.now()).is_none());
    world.seconds += 24 * 3_600;
    world.work("a");
    world.calls.expire(world.now(), LIMITS);
    assert!(world.calls.with_leg("a-2").is_none());
}

#[test]
fn only_a_record_that_others_follow_is_held_back() {
    let mut world = World::default();
    for user in [1, 2] {
        world.tell(&event("a", user, CallChange::Ringing));
    }
    for user in [1, 2] {
        world.tell(&event("a", user, ended()));
    }
    // nobody has answered
    let now = world.now();
    let missed = of_phone("a-1", CallKind::Missed);
    assert!(world.calls.hold_missed(missed, now).is_none());
    assert!(world.calls.recorded(missed, now).is_some());
    assert!(!world.calls.get("a").unwrap().is_held);
    // a record of the whole call
    world.tell(&event("b", 1, CallChange::Ringing));
    world.tell(&event("b", 1, CallChange::Answered));
    let whole = of_phone("b", CallKind::Missed);
    assert!(world.calls.hold_missed(whole, world.now()).is_none());
    // one of a phone while another one talks
    for user in [1, 2] {
        world.tell(&event("c", user, CallChange::Ringing));
        world.tell(&event("c", user, CallChange::Answered));
    }
    let answered = of_phone("c-1", CallKind::Incoming);
    let now = world.now();
    assert!(world.calls.recorded(answered, now).is_none());
    assert!(world.calls.hold_record("c-1", now).unwrap().is_held);
}

#[test]
fn a_queue_may_ring_its_phones_for_long() {
    let mut world = World::default();
    for user in 1..=200 {
        assert_ne!(
            world.tell(&event("a", user, CallChange::Ringing)),
            Applied::Nothing
        );
        assert_eq!(world.state("a"), CallState::Ringing);
        world.tell(&event("a", user, ended()));
    }
    world.tell(&event("a", 201, CallChange::Ringing));
    world.tell(&event("a", 201, CallChange::Answered));
    assert_eq!(world.state("a"), CallState::Talking);
    // an early phone is still known, and a late event of it does not ring again
    assert_eq!(world.calls.with_leg("a-1").unwrap().id, "a");
    assert_eq!(
        world.tell(&event("a", 1, CallChange::Ringing)),
        Applied::Nothing
    );
    let missed = of_phone("a-1", CallKind::Missed);
    assert!(world.calls.hold_missed(missed, world.now()).is_some());
    let answered = of_phone("a-201", CallKind::Incoming);
    assert!(world.calls.recorded(answered, world.now()).is_some());
    assert!(world.calls.get("a").unwrap().legs.len() <= 50);
}

#[test]
fn late_events_of_a_record_with_another_id_begin_no_call() {
    let mut world = World::default();
    let now = world.now();
    world.calls.remember_record("a-1", now, LIMITS.most);
    for change in [CallChange::Ringing, CallChange::Answered] {
        assert_eq!(world.tell(&event("a", 1, change)), Applied::Nothing);
    }
    assert!(world.calls.get("a").is_none());
}

#[test]
fn a_call_in_the_portal_is_finished_by_one_submission_of_its_client() {
    let mut world = World::default();
    world.tell(&event("a", 1, CallChange::Ringing));
    let calls = &mut world.calls;
    assert!(!calls.is_finished_by("a", "a/2", Some("+79005550143")));
    assert!(calls.is_finished_by("a", "a", Some("89062195047")));
    assert!(!calls.is_finished_by("a", "a/2", None));
    assert!(calls.is_finished_by("a", "a", None));
    assert!(calls.is_finished_by("unknown", "x", None));
}
