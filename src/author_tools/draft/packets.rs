//! Drafts of packets as form builders send them: `tests/fixtures/drafts/packets.json` has each with
//! the fields that a person would map. The people are invented.

use std::fmt::Write as _;

use serde_json::Value;

use super::*;

fn declared(text: &str) -> Vec<(String, String)> {
    let fields = text.lines().skip_while(|line| *line != "fields:").skip(1);
    let fields = fields.take_while(|line| line.starts_with("  "));
    fields
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, from)| (name.to_owned(), from.to_owned()))
        .collect()
}

#[test]
fn most_fields_of_form_builders_are_mapped_and_none_wrongly() {
    let text = include_str!("../../../tests/fixtures/drafts/packets.json");
    let packets: Vec<Value> = serde_json::from_str(text).unwrap();
    assert!(packets.len() >= 40);
    let (mut wanted, mut right) = (0, 0);
    let (mut missed, mut wrong) = (String::new(), String::new());
    for one in &packets {
        let options = DraftOptions {
            receive: "{ channel: site }".to_owned(),
            name: "Заявка".to_owned(),
            by_default: None,
            lang: Lang::Ru,
            reads_contacts: false,
        };
        let draft = draft(&options, std::slice::from_ref(&one["packet"]));
        super::tests::assert_compiles(&draft);
        let expected = one["expect"].as_object().unwrap();
        wanted += expected.len();
        let found = declared(&draft);
        for (name, from) in &found {
            let path = expected.get(name).and_then(Value::as_str);
            let is_right = path.is_some_and(|path| from.contains(path));
            right += usize::from(is_right);
            if !is_right {
                writeln!(wrong, "{}: {name}: {from}", one["builder"]).unwrap();
            }
        }
        for (name, path) in expected {
            if !found.iter().any(|(found, _)| found == name) {
                writeln!(missed, "{}: {name}: {path}", one["builder"]).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "wrong:\n{wrong}\nmissed:\n{missed}");
    assert!(
        right * 10 >= wanted * 9,
        "{right} of {wanted}; missed:\n{missed}"
    );
}

#[test]
fn every_hint_of_a_draft_is_yaml_when_it_is_uncommented() {
    let text = include_str!("../../../tests/fixtures/drafts/packets.json");
    let packets: Vec<Value> = serde_json::from_str(text).unwrap();
    for one in &packets {
        for lang in [Lang::Ru, Lang::En] {
            let options = DraftOptions {
                receive: "{ channel: site }".to_owned(),
                name: "Заявка".to_owned(),
                by_default: Some((1, "default.yaml".to_owned())),
                lang,
                reads_contacts: false,
            };
            let draft = draft(&options, std::slice::from_ref(&one["packet"]));
            let is_hint = |line: &str| {
                let rest = line.trim_start().strip_prefix('#').unwrap_or_default();
                rest.starts_with("   ")
                    || line == "# then:"
                    || line == "# company:"
                    || (line.starts_with("    # ") && rest.contains(": {"))
            };
            let uncommented: Vec<String> = draft
                .lines()
                .map(|line| {
                    if is_hint(line) {
                        line.replacen("# ", "", 1)
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            super::tests::assert_loads(&uncommented.join("\n"));
        }
    }
}
