//! Profiles side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::{Destination, Lang};
use crate::mapping::{Profile, ProfileSet, compile};

fn profile(name: &str, receive: &str) -> Arc<Profile> {
    let file = ProfileFile {
        name: format!("{name}.yaml"),
        text: format!("receive: {receive}\ndeal: {{ fields: {{ TITLE: x }} }}\n"),
    };
    compile(&file, None, &BTreeMap::new()).unwrap().0
}

fn taker(set: &ProfileSet, poll: i64, kind: i64) -> Option<String> {
    let body = json!({"header_data": {"form_kind": kind}});
    let profile = set.for_address("polls", &poll.to_string(), &body)?;
    Some(profile.reference().file.clone())
}

#[test]
fn the_lowest_matching_order_wins_then_the_default() {
    let (set, problems) = ProfileSet::new(vec![
        profile("rest", "{ default: true }"),
        profile("b", "{ polls: [1], when: $.header_data.form_kind == 2 }"),
        profile("a", "{ polls: [1, 2], order: 5 }"),
        profile(
            "c",
            "{ polls: [1], when: $.header_data.form_kind == 1, order: -1 }",
        ),
        profile("d", "{ polls: [3], when: $.header_data.form_kind == 1 }"),
    ]);
    assert_eq!(problems, []);
    assert_eq!(taker(&set, 1, 1).as_deref(), Some("c"));
    assert_eq!(taker(&set, 1, 2).as_deref(), Some("b"));
    assert_eq!(taker(&set, 1, 3).as_deref(), Some("a"));
    assert_eq!(taker(&set, 2, 1).as_deref(), Some("a"));
    assert_eq!(taker(&set, 3, 1).as_deref(), Some("d"));
    assert_eq!(taker(&set, 3, 2).as_deref(), Some("rest"));
    assert_eq!(taker(&set, 9, 1).as_deref(), Some("rest"));
    assert!(set.may_take("polls", "9"));
}

#[test]
fn without_a_default_a_strange_poll_has_no_profile() {
    let (set, _) = ProfileSet::new(vec![profile("a", "{ polls: [1] }")]);
    assert_eq!(taker(&set, 2, 1), None);
    assert!(!set.may_take("polls", "2"));
}

#[test]
fn a_profile_that_is_not_active_takes_nothing_and_is_still_found_by_name() {
    let (set, problems) = ProfileSet::new(vec![
        profile("draft", "{ polls: [1] }\nactive: no"),
        profile("rest", "{ default: polls }"),
        profile("seen", "{ polls: [2] }\nactive: yes"),
        profile("off", "{ default: true }\nactive: no"),
    ]);
    assert_eq!(taker(&set, 1, 1).as_deref(), Some("rest"));
    assert_eq!(taker(&set, 2, 1).as_deref(), Some("seen"));
    assert!(!set.may_take("channel", "site"));
    assert!(set.by_file("draft").is_some());
    let warned: Vec<_> = problems
        .iter()
        .map(|one| (one.line, one.is_error()))
        .collect();
    assert_eq!(warned, [(2, false), (2, false)]);
}

#[test]
fn changing_a_profile_changes_the_routes() {
    let route = |profiles| {
        ProfileSet::new(profiles)
            .0
            .route(Some(&Destination::crm("main")))
    };
    let (a, b) = ("{ polls: [1] }", "{ polls: [2] }");
    let today = route(vec![profile("a", a), profile("b", b)]);
    assert_eq!(today, route(vec![profile("b", b), profile("a", a)]));
    assert_ne!(today, route(vec![profile("a", a), profile("b", a)]));
    assert_ne!(today, route(vec![profile("a", a), profile("c", b)]));
    assert_ne!(today, route(vec![profile("a", a)]));
    let (set, _) = ProfileSet::new(vec![profile("a", a)]);
    assert_ne!(set.route(Some(&Destination::crm("main"))), set.route(None));
}

#[test]
fn reports_conflicts_between_profiles() {
    let named = |file: &str| {
        let file = ProfileFile {
            name: format!("{file}.yaml"),
            text: "name: Заявка\nreceive: { polls: [7] }\ndeal: { fields: { TITLE: x } }\n"
                .to_owned(),
        };
        compile(&file, None, &BTreeMap::new()).unwrap().0
    };
    let (set, problems) = ProfileSet::new(vec![
        named("two"),
        named("one"),
        profile("rest", "{ default: true }"),
        profile("more", "{ default: true }"),
    ]);
    assert_eq!(taker(&set, 7, 1).as_deref(), Some("one"));
    assert_eq!(taker(&set, 8, 1).as_deref(), Some("more"));
    insta::assert_snapshot!(render(&problems, Paint::Plain, Lang::En), @r#"
    rest.yaml:1:10 error: profile/two-defaults `more.yaml` is already the default
     1 | receive: { default: true }
       |          ^
      help: only one profile can be the default: name polls or channels in this one

    two.yaml:1:7 error: profile/same-name `one.yaml` has the same name
     1 | name: Заявка
       |       ^^^^^^
      help: give each profile its own name: the journal shows it

    two.yaml:2:10 warning: profile/unreachable no submission of poll 7 reaches this profile: `one.yaml` takes all of them first
     2 | receive: { polls: [7] }
       |          ^
      help: give one of them a `when`, or this one a lower `order` and a `when`
    "#);
}

#[test]
fn a_channels_profile_is_found_by_its_name_and_defaults_are_kept_apart() {
    let (set, problems) = ProfileSet::new(vec![
        profile("call", "{ channel: [site, landing], when: $.kind == 1 }"),
        profile("site", "{ channel: Site, order: 5 }"),
        profile("polls", "{ default: polls }"),
        profile("old", "{ channel: old, default: true }"),
    ]);
    assert_eq!(problems, []);
    let taker = |channel: &str, kind: i64| {
        let profile = set.for_address("channels", channel, &json!({"kind": kind}))?;
        Some(profile.reference().file.clone())
    };
    assert_eq!(taker("site", 1).as_deref(), Some("call"));
    assert_eq!(taker("site", 2).as_deref(), Some("site"));
    assert_eq!(taker("landing", 1).as_deref(), Some("call"));
    assert_eq!(taker("landing", 2).as_deref(), Some("old"));
    assert_eq!(taker("removed", 1).as_deref(), Some("old"));
    let poll = set.for_address("polls", "9", &json!({})).unwrap();
    assert_eq!(poll.reference().file, "polls");
}
