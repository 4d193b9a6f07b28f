//! Profiles for calls of a PBX: what they take, and mistakes in them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::rendered;
use crate::authoring::ProfileFile;
use crate::mapping::{Profile, compile};

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
