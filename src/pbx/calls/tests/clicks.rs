//! Calls that the portal has registered before the PBX tells of them.

use super::*;

fn clicked(call: &str) -> OrderedCall {
    OrderedCall {
        call: call.to_owned(),
        user: UserId::new(1).unwrap(),
        number: "89062195047".to_owned(),
        at: at(0),
        failed: None,
    }
}

#[test]
fn the_events_of_a_clicked_call_join_the_call_of_the_portal() {
    let outgoing = CallEvent {
        kind: Some(CallKind::Outgoing),
        ..event("a", 1, CallChange::Ringing)
    };
    let users = [UserId::new(1).unwrap()];
    let mut calls = LiveCalls::default();
    calls.expect(clicked("portal-1"));
    calls.expect(clicked("portal-1"));
    calls.apply(&outgoing, at(5), LIMITS);
    assert_eq!(calls.join("a", &[UserId::new(2).unwrap()]), None);
    assert!(calls.join("a", &users).is_some());
    assert_eq!(calls.join("a", &users), None);
    let call = calls.get("a").unwrap();
    let portal = call.card.portal().unwrap();
    assert_eq!(portal.call.as_deref(), Some("portal-1"));
    assert_eq!(call.card_step(&user_of, RULES, at(6)), None);
    assert!(calls.expected().is_empty());
    // another number, too early, over, and too late
    let early = OrderedCall {
        at: at(20),
        ..clicked("portal-2")
    };
    calls.expect(early);
    let before = event("z", 1, CallChange::Ringing);
    calls.apply(&before, at(14), LIMITS);
    assert_eq!(calls.join("z", &users), None);
    calls.expect(clicked("portal-2"));
    calls.apply(&event("y", 1, ended()), at(6), LIMITS);
    assert_eq!(calls.join("y", &users), None);
    let other = CallEvent {
        other: Some("+79062195048".to_owned()),
        ..event("b", 1, CallChange::Ringing)
    };
    calls.apply(&other, at(6), LIMITS);
    assert_eq!(calls.join("b", &users), None);
    calls.apply(&event("c", 1, CallChange::Ringing), at(90), LIMITS);
    assert_eq!(calls.join("c", &users), None);
}

#[test]
fn the_record_of_a_clicked_call_finds_it_without_events() {
    let mut calls = LiveCalls::default();
    calls.expect(clicked("portal-1"));
    let record = RecordedCall {
        key: "x",
        number: Some(NUMBER),
        inner: Some("11"),
        kind: None,
        started: Some(at(9)),
    };
    let user = |id: i64| UserId::new(id).unwrap();
    assert_eq!(calls.record_expected(record, user(2), at(99)), None);
    // another call of the same two
    for other in [
        RecordedCall {
            started: Some(at(-31)),
            ..record
        },
        RecordedCall {
            started: Some(at(301)),
            ..record
        },
        RecordedCall {
            kind: Some(CallKind::Missed),
            ..record
        },
    ] {
        assert_eq!(calls.record_expected(other, user(1), at(99)), None);
    }
    let taken = calls.record_expected(record, user(1), at(99)).unwrap();
    assert_eq!(taken.call, "portal-1");
    assert_eq!(calls.record_expected(record, user(1), at(99)), None);
    // a repeated record finds the same
    let again = calls.recorded(record, at(100)).unwrap();
    let portal = PortalCall {
        call: Some(taken.call),
        user: taken.user,
    };
    assert_eq!(again.card.portal(), Some(portal));
}
