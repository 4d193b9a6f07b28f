//! Every key of the language misspelt, and every key with a value of a wrong type: the messages
//! about it, in both languages. The keys are the schema's, so none is forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::author_tools::schema::tests::places;
use crate::author_tools::schema::{KeyStep, schema};
use crate::authoring::{Problem, ProfileFile};
use crate::domain::Lang;
use crate::mapping::compile;

/// A profile in which any place can be broken.
fn base(path: &[KeyStep<'_>]) -> Value {
    let record = if path.first() == Some(&KeyStep::Key("lead")) {
        "lead"
    } else {
        "deal"
    };
    json!({
        "receive": { "polls": [1] },
        "fields": { "any": { "from": "$.data.any" } },
        record: { "fields": { "TITLE": { "value": "{{any}}" } } },
    })
}

/// Puts a value at a place; whatever is in the way gives way.
fn put(whole: &mut Value, path: &[KeyStep<'_>], value: Value) {
    match path {
        [] => *whole = value,
        [KeyStep::Key(key), rest @ ..] => {
            if !whole.is_object() {
                *whole = json!({});
            }
            put(&mut whole[*key], rest, value);
        }
        [KeyStep::Item, rest @ ..] => {
            *whole = json!([null]);
            put(&mut whole[0], rest, value);
        }
    }
}

fn rendered(path: &[KeyStep<'_>], value: Value) -> Vec<Problem> {
    let mut whole = base(path);
    put(&mut whole, path, value);
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: whole.to_string(),
    };
    match compile(&file, None, &BTreeMap::new()) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    }
}

fn shown(path: &[KeyStep<'_>]) -> String {
    let step = |step: &KeyStep<'_>| match step {
        KeyStep::Key(key) => (*key).to_owned(),
        KeyStep::Item => "[]".to_owned(),
    };
    path.iter().map(step).collect::<Vec<_>>().join(".")
}

/// Appends the messages that were not seen before: some mistakes have the same consequences.
fn describe(about: &str, problems: &[Problem], seen: &mut BTreeSet<String>, into: &mut String) {
    into.push_str(about);
    into.push('\n');
    for problem in problems {
        for lang in [Lang::En, Lang::Ru] {
            let message = problem.message.in_lang(lang);
            let advice = problem.advice.in_lang(lang);
            let code = problem.code;
            if seen.insert(format!("{message} / {advice}")) {
                write!(into, "  {code} {message}").unwrap();
                if !advice.is_empty() {
                    write!(into, " / {advice}").unwrap();
                }
                into.push('\n');
            }
        }
    }
}

fn all() -> Vec<Vec<(bool, String)>> {
    let schema = schema(Lang::En);
    let mut found = Vec::new();
    places(&schema, &schema, &[], &mut found);
    let owned = |path: &Vec<KeyStep<'_>>| {
        let step = |step: &KeyStep<'_>| match step {
            KeyStep::Key(key) => (true, (*key).to_owned()),
            KeyStep::Item => (false, String::new()),
        };
        path.iter().map(step).collect::<Vec<_>>()
    };
    let mut seen = BTreeSet::new();
    let paths = found.iter().map(owned);
    let is_once = |path: &Vec<(bool, String)>| {
        // a lead is read as a deal is, and one CRM field as any other
        let crm = ["NAME", "TITLE"];
        let is_other = path.iter().any(|(_, key)| crm.contains(&key.as_str()));
        let is_other = is_other || is_other_row_value(path);
        !is_other && (path.len() < 2 || path.first().is_none_or(|(_, key)| key != "lead"))
    };
    paths
        .filter(|path| !path.is_empty() && is_once(path) && seen.insert(path.clone()))
        .collect()
}

/// Returns whether this is about a value of a product row that is read as `name` is.
fn is_other_row_value(path: &[(bool, String)]) -> bool {
    let keys: Vec<&str> = path.iter().map(|(_, key)| key.as_str()).collect();
    match keys.as_slice() {
        [record, "products", value, ..] => {
            *record != "deal" || !["each", "name", "on_update"].contains(value)
        }
        _ => false,
    }
}

fn borrowed(path: &[(bool, String)]) -> Vec<KeyStep<'_>> {
    path.iter()
        .map(|(is_key, key)| {
            if *is_key {
                KeyStep::Key(key)
            } else {
                KeyStep::Item
            }
        })
        .collect()
}

#[test]
fn reports_every_misspelt_key() {
    let (mut seen, mut text) = (BTreeSet::new(), String::new());
    for path in all() {
        let path = borrowed(&path);
        let Some((KeyStep::Key(key), block)) = path.split_last() else {
            continue;
        };
        if matches!(*key, "any" | "NAME" | "TITLE") {
            // names of one's own, and the CRM's
            continue;
        }
        let wrong: String = key
            .chars()
            .take(key.chars().count() - 1)
            .chain(['q'])
            .collect();
        let misspelt = [block, &[KeyStep::Key(&wrong)]].concat();
        let problems = rendered(&misspelt, json!("x"));
        let is_reported = problems.iter().any(|problem| {
            problem.is_error()
                && problem
                    .message
                    .in_lang(Lang::En)
                    .contains(&format!("`{wrong}`"))
        });
        assert!(is_reported, "{}: {problems:?}", shown(&misspelt));
        describe(&shown(&misspelt), &problems, &mut seen, &mut text);
    }
    insta::assert_snapshot!("misspelt", text);
}

#[test]
fn reports_a_wrong_type_at_every_key() {
    let (mut seen, mut text) = (BTreeSet::new(), String::new());
    for path in all() {
        let path = borrowed(&path);
        for (what, value) in [
            ("text", json!("??")),
            ("a list of lists", json!([["?"]])),
            ("a block", json!({ "?": "?" })),
        ] {
            let problems = rendered(&path, value);
            if problems.is_empty() {
                // it may stand there
                continue;
            }
            for problem in &problems {
                assert!(
                    problem.line == 1 && !problem.message.is_empty(),
                    "{problem}"
                );
            }
            let about = format!("{} = {what}", shown(&path));
            describe(&about, &problems, &mut seen, &mut text);
        }
    }
    insta::assert_snapshot!("wrong_type", text);
}
