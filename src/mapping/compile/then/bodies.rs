//! Bodies of requests that are sent otherwise than they look: JSON in quotes, and JSON, a form or XML
//! without its type.

use serde::de::IgnoredAny;

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, bilingual};

/// Longer texts are not looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// `json: '{"id": 5}'`: the service gets a text in quotes.
pub(super) fn json_as_text(node: &Node, problems: &mut Problems) {
    let NodeKind::Scalar(text) = &node.kind else {
        return;
    };
    if text.plain || !is_json(&text.value) {
        return;
    }
    let message = bilingual!(
        "`json` is a text here: the service gets it in quotes, not as an object",
        "в `json` здесь текст: сервис получит его в кавычках, а не объектом"
    );
    problems.warn(Code::WrongType, &text.place, message, without_quotes(text));
}

/// `body: '{"id": 5}'`: it goes as plain text.
pub(super) fn untyped(text: &Text, problems: &mut Problems) {
    let value = text.value.trim();
    let (what, advice) = if is_json(value) {
        ("JSON", without_quotes(text))
    } else if let Some(pairs) = form(value) {
        let advice = bilingual!(
            "write `form: {{ {pairs} }}`",
            "напишите `form: {{ {pairs} }}`"
        );
        ("form", advice)
    } else if value.starts_with("<?xml") || is_element(value) {
        let advice = bilingual!(
            "write `body: {{ type: text/xml, text: … }}`",
            "напишите `body: {{ type: text/xml, text: … }}`"
        );
        ("XML", advice)
    } else {
        return;
    };
    let (en, ru) = match what {
        "form" => ("a form", "форма"),
        what => (what, what),
    };
    let message = bilingual!(
        "this is {en}, but it is sent as text/plain, and values are not escaped",
        "это {ru}, но уйдёт как text/plain, и значения не будут экранированы"
    );
    problems.warn(Code::WrongType, &text.place, message, advice);
}

fn without_quotes(text: &Text) -> Bilingual {
    let value = text.value.trim();
    if value.contains(['\n', '\r']) {
        return bilingual!(
            "write `json:` and its value without quotes",
            "напишите `json:` и значение без кавычек"
        );
    }
    bilingual!("write `json: {value}`", "напишите `json: {value}`")
}

/// Returns whether a template is JSON with any numbers in place of its values.
fn is_json(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with(['{', '[']) || text.starts_with("{{") || text.len() > LONGEST {
        return false;
    }
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once("{{") {
        filled.push_str(before);
        filled.push('1');
        rest = tag.split_once("}}").map_or("", |(_, after)| after);
    }
    filled.push_str(rest);
    serde_json::from_str::<IgnoredAny>(&filled).is_ok()
}

/// Returns the pairs of `a=1&b={{x}}` as keys of YAML.
fn form(text: &str) -> Option<String> {
    if text.len() > LONGEST || text.contains(['\n', ' ', '<']) || !text.contains('&') {
        return None;
    }
    let pairs = text.split('&').map(|pair| {
        let (name, value) = pair.split_once('=')?;
        let is_name = |c: char| c.is_alphanumeric() || "_-[]".contains(c);
        let is_good = !name.is_empty() && name.chars().all(is_name) && !value.contains('"');
        is_good.then(|| format!("\"{name}\": \"{value}\""))
    });
    pairs
        .collect::<Option<Vec<String>>>()
        .map(|pairs| pairs.join(", "))
}

/// Returns whether a text is one element: `<order>…</order>`.
fn is_element(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('<') else {
        return false;
    };
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    !name.is_empty() && name != "html" && text.ends_with(&format!("</{name}>"))
}
