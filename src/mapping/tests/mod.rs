//! Tests of the core as a whole.

mod bare_names;
mod calls;
mod channels;
mod choices;
mod companies;
mod constructs;
mod dedup;
mod fields;
mod files;
mod hooks;
mod labels;
mod language_mistakes;
mod languages;
mod laws;
mod loops;
mod mistakes;
mod plans;
mod products;
mod reference;
mod sets;
mod shape_mistakes;
mod then;
mod then_missing;
mod then_mistakes;
mod todos;
mod values;

use std::collections::BTreeMap;
use std::path::Path;

use crate::authoring::{Paint, ProfileFile, render};
use crate::domain::Lang;
use crate::mapping::compile;

/// Holds a page of the documentation against what it is made from; `UPDATE=1` writes it.
#[expect(
    clippy::disallowed_methods,
    reason = "the environment says whether the tests rewrite pages"
)]
pub(crate) fn committed(page: &str, wanted: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    if std::fs::read_to_string(&path).unwrap_or_default() == wanted {
        return;
    }
    let is_update = std::env::var_os("UPDATE").is_some();
    assert!(
        is_update,
        "{page} is stale: `UPDATE=1 cargo test --lib` writes it anew"
    );
    std::fs::write(&path, wanted).unwrap();
}

/// Returns the rendered problems of a profile.
fn rendered(text: &str) -> String {
    rendered_in(text, Lang::En)
}

fn rendered_in(text: &str, lang: Lang) -> String {
    let file = ProfileFile {
        name: "shop.yaml".to_owned(),
        text: text.trim_start_matches('\n').to_owned(),
    };
    let templates = BTreeMap::from([("short".to_owned(), "{{firstname}}".to_owned())]);
    let problems = match compile(&file, None, &templates) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    render(&problems, Paint::Plain, lang)
}
