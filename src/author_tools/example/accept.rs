//! `leadgate test --update`: rewrites an example's `expect` from what the profiles make of its
//! packet now. The rest of the file, including comments, stays unchanged.

use std::fmt::Write as _;

use super::{Example, Outline, THEN, goods};
use crate::mapping::ProfileSet;

impl Example {
    /// Returns the example's text with the current result. Returns `None` if no profile takes the
    /// packet, or if `expect:` is not at the start of a line.
    pub fn accepted(&self, text: &str, set: &ProfileSet) -> Option<String> {
        let outcome = self.outcome(set)?;
        let comment = super::comment_of(&outcome);
        let kept: Vec<&String> = self
            .comment
            .iter()
            .filter(|wanted| comment.contains(wanted.as_str()))
            .collect();
        let mut block = written(&super::outline(&outcome));
        if !kept.is_empty() {
            let kept: Vec<String> = kept.into_iter().map(|text| quoted(text)).collect();
            let kept = kept.join(", ");
            block.push_str("  comment: [");
            block.push_str(&kept);
            block.push_str("]\n");
        }
        if !self.has_expectation {
            return Some(added(text, &block));
        }
        replaced(text, &block)
    }
}

/// `expect` as YAML; a contact, company, deal, lead or item that is not made is left out.
fn written(outline: &Outline) -> String {
    let mut text = String::from("expect:\n");
    for block in ["contact", "company", "deal", "lead", "item", THEN] {
        let start = format!("{block}.");
        let fields: Vec<_> = outline
            .iter()
            .filter_map(|(key, values)| Some((key.strip_prefix(&start)?, values)))
            .collect();
        if fields.is_empty() {
            continue;
        }
        line(&mut text, 1, &format!("{block}:"));
        for (name, values) in fields {
            if goods::is_goods(block, name) {
                rows(&mut text, name, values);
                continue;
            }
            let value = match values.as_slice() {
                [one] => quoted(one),
                several => listed(several),
            };
            // names of a request may be any text
            let name = match block {
                THEN => quoted(name),
                _ => name.to_owned(),
            };
            line(&mut text, 2, &format!("{name}: {value}"));
        }
    }
    for key in ["todo", "notes", "reject", "park"] {
        if let Some(values) = outline.get(key) {
            line(&mut text, 1, &format!("{key}: {}", listed(values)));
        }
    }
    if text == "expect:\n" {
        // a plan that makes nothing at all
        "expect: {}\n".clone_into(&mut text);
    }
    text
}

/// Writes product rows, one per line.
fn rows(text: &mut String, name: &str, rows: &[String]) {
    line(text, 2, &format!("{name}:"));
    for row in rows {
        line(text, 3, &format!("- {row}"));
    }
}

fn line(text: &mut String, depth: usize, words: &str) {
    // writing into a text cannot fail
    let _ignored = writeln!(text, "{}{words}", "  ".repeat(depth));
}

fn listed(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A text in quotes; JSON's are YAML's.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// The text with an `expect` block below it.
fn added(text: &str, block: &str) -> String {
    let line_end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    format!("{text}{line_end}{block}")
}

/// The text with another `expect` block.
fn replaced(text: &str, block: &str) -> Option<String> {
    let mut out = String::new();
    let mut inside = false;
    let mut is_found = false;
    for line in text.split_inclusive('\n') {
        let is_top = !line.starts_with([' ', '\t', '\n', '\r', '#', '-', '}', ']']);
        if line.starts_with("expect:") {
            inside = true;
            is_found = true;
            out.push_str(block);
        } else if !inside || is_top {
            inside = false;
            out.push_str(line);
        }
    }
    is_found.then_some(out)
}
