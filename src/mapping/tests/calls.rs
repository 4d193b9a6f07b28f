//! Profiles for calls of a PBX: what they take, and mistakes in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::json;

use super::rendered;
use crate::authoring::ProfileFile;
use crate::authoring::problem::Problem;
use crate::domain::{CALLS, Lang, Responsible, Source, UserId};
use crate::mapping::{MappingOutcome, Profile, compile};

const REST: &str = "fields: { n: $.call.number }\ndeal: { fields: { TITLE: \"{{n}}\" } }\n";

fn profile(receive: &str) -> Arc<Profile> {
    let file = ProfileFile {
        name: "calls.yaml".to_owned(),
        text: format!("receive: {receive}\n{REST}"),
    };
    compile(&file, None, &BTreeMap::new()).unwrap().0
}

#[test]
fn a_profile_takes_its_kinds_of_calls() {
    for (receive, kinds) in [
        ("{ pbx: main }", &["incoming", "missed", "outgoing"][..]),
        ("{ pbx: main, on: missed }", &["missed"]),
        (
            "{ pbx: main, on: [incoming, outgoing] }",
            &["incoming", "outgoing"],
        ),
        ("{ pbx: main, on: internal }", &["internal"]),
        ("{ default: pbx, on: [missed] }", &["missed"]),
        ("{ pbx: main, when: $.call.talk > 5 }", &[]),
    ] {
        let profile = profile(receive);
        for kind in ["incoming", "missed", "outgoing", "internal"] {
            let packet = json!({"call": {"kind": kind, "number": "+79005550142", "talk": 5}});
            assert_eq!(
                profile.wants(&packet),
                kinds.contains(&kind),
                "{receive} {kind}"
            );
        }
    }
    // a packet that is no call, such as that of a test lead, is not turned away
    assert!(profile("{ pbx: main, on: missed }").wants(&json!({"data": {}})));
}

#[test]
fn mistakes_about_calls_have_a_place_and_advice() {
    for (receive, words) in [
        ("{ pbx: Main.ru }", "`Main.ru` cannot name a PBX"),
        ("{ pbx: Main.ru }", "of [pbx.main] `main`"),
        (
            "{ pbx: main, on: calls }",
            "there is no kind of call `calls`",
        ),
        ("{ pbx: main, on: mised }", "did you mean `missed`?"),
        ("{ pbx: main, on: in }", "did you mean `incoming`?"),
        ("{ pbx: main, on: [Входящие] }", "did you mean `incoming`?"),
        ("{ pbx: main, on: пропущенные }", "did you mean `missed`?"),
        (
            "{ pbx: main, newest: true }",
            "`receive.newest` is for amoCRM",
        ),
        ("{ pbx: main, amocrm: main }", "`receive` takes either"),
        (
            "{ pbx: main, default: true }",
            "cannot receive submissions of another source",
        ),
        (
            "{ channel: x, default: pbx }",
            "cannot receive submissions of another source",
        ),
        (
            "{ channel: x, on: missed }",
            "`receive.on` is for amoCRM and PBXs",
        ),
        ("{ default: pbxs }", "did you mean `pbx`?"),
        ("{ on: missed }", "no amoCRM account and no PBX"),
    ] {
        let shown = rendered(&format!("receive: {receive}\n{REST}"));
        assert!(shown.contains(words), "{receive}: {shown}");
    }
    let identity = rendered(&format!(
        "receive: {{ pbx: main }}\nidentity: \"{{{{n}}}}\"\n{REST}"
    ));
    assert!(
        identity.contains("`identity` is for channels"),
        "{identity}"
    );
}

/// Compiles a profile that names who is responsible for a deal and its contact.
fn with_responsible(receive: &str, responsible: &str) -> (Arc<Profile>, Vec<Problem>) {
    let file = ProfileFile {
        name: "calls.yaml".to_owned(),
        text: format!(
            "receive: {receive}\nfields: {{ n: $.call.number }}\n\
             contact: {{ responsible: call_employee, fields: {{ PHONE: {{ value: \"{{{{n}}}}\", search: true }} }} }}\n\
             deal: {{ responsible: {responsible}, fields: {{ TITLE: \"{{{{n}}}}\" }} }}\n"
        ),
    };
    compile(&file, None, &BTreeMap::new()).unwrap()
}

#[test]
fn the_employee_of_a_call_is_responsible_and_else_the_next_one() {
    let (profile, problems) = with_responsible("{ pbx: main }", "[call_employee, 12]");
    assert!(problems.is_empty(), "{problems:?}");
    let user = |id: i64| Responsible::User(UserId::new(id).unwrap());
    for (employee, of_contact, of_deal) in [
        (json!(6), Some(user(6)), vec![user(6), user(12)]),
        (json!(null), None, vec![Responsible::CallEmployee, user(12)]),
    ] {
        let call = json!({"kind": "missed", "number": "+79005550142", "employee": employee});
        let source = Source::new(CALLS, "main", "9e1d");
        let outcome = profile.plan(&source, Timestamp::UNIX_EPOCH, &json!({"call": call}));
        let MappingOutcome::Plan(plan) = outcome else {
            panic!("{outcome:?}")
        };
        let crm = plan.crm().unwrap();
        assert_eq!(crm.contact.as_ref().unwrap().responsible, of_contact);
        let deal = crm.record.as_ref().unwrap().responsible.clone();
        assert_eq!(deal, Some(Responsible::First(of_deal)));
    }
}

#[test]
fn only_profiles_for_calls_have_an_employee_of_the_call() {
    let (_, problems) = with_responsible("{ channel: site }", "[call_employee, 12]");
    let texts: Vec<String> = problems
        .iter()
        .map(|problem| problem.message.in_lang(Lang::En).to_owned())
        .filter(|text| text.contains("call_employee"))
        .collect();
    assert_eq!(texts.len(), 2, "{texts:?}");
}
