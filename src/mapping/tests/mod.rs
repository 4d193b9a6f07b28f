//! Tests of the core as a whole.

mod dedup;
mod fields;
mod language_mistakes;
mod laws;
mod plans;
mod sets;
mod shape_mistakes;
mod todos;

use std::collections::BTreeMap;

use crate::domain::Lang;
use crate::mapping::{Code, Form, HELPERS, Paint, ProfileFile, compile, render};

/// What is told about a profile.
fn told(text: &str) -> String {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: text.trim_start_matches('\n').to_owned(),
    };
    let templates = BTreeMap::from([("short".to_owned(), "{{firstname}}".to_owned())]);
    let problems = match compile(&file, None, &templates) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    render(&problems, Paint::Plain, Lang::En)
}

#[test]
fn the_reference_has_every_code_normaliser_and_helper() {
    let reference = include_str!("../../../docs/mapping-reference.md");
    let codes = Code::ALL.iter().map(|code| format!("| `{code}` |"));
    let forms = Form::WORDS.iter().map(|(word, _)| format!("| `{word}` |"));
    for row in codes.chain(forms) {
        assert!(reference.contains(&row), "no row {row}");
    }
    for helper in HELPERS {
        let starts = [
            format!("{{{{{} ", helper.name),
            format!("({} ", helper.name),
            format!("#{} ", helper.name),
        ];
        assert!(
            starts.iter().any(|start| reference.contains(start)),
            "no helper {}",
            helper.name
        );
    }
}
