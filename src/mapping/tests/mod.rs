//! Tests of the core as a whole.

mod laws;
mod mistakes;
mod plans;
mod sets;

use crate::mapping::{Code, Form, HELPERS};

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
