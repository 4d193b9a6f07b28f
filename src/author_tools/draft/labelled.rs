//! Questions with their answers: `[{ "name": "phone", "value": "+7…" }]`, and the same as a block.
//! Form builders send them; each answer is a field that its label names.

use serde_json::{Map, Value};

/// Members that name a field, the most telling first.
const LABELS: [&str; 10] = [
    "name", "key", "code", "slug", "label", "title", "question", "q", "field", "id",
];
/// Members with the answer.
const VALUES: [&str; 5] = ["value", "answer", "values", "answers", "a"];
/// Members with the answer to a `field`, named by their type.
const TYPED: [&str; 7] = [
    "text",
    "email",
    "phone_number",
    "number",
    "date",
    "url",
    "boolean",
];

/// An answer of a list.
pub(super) struct LabelledRow<'v> {
    pub(super) label: &'v str,
    pub(super) value: &'v Value,
    /// The path from the list: `[?@.name == 'phone'].value`.
    pub(super) path: String,
}

/// Returns the answers, if each element has a label of its own and a value.
pub(super) fn rows(items: &[Value]) -> Option<Vec<LabelledRow<'_>>> {
    if items.is_empty() || !items.iter().all(Value::is_object) {
        return None;
    }
    let inner = ["ref", "title", "id"];
    let inner = inner
        .iter()
        .find_map(|label| of_label(items, &["field", label]));
    inner.or_else(|| LABELS.iter().find_map(|label| of_label(items, &[label])))
}

fn of_label<'v>(items: &'v [Value], label: &[&str]) -> Option<Vec<LabelledRow<'v>>> {
    let mut rows: Vec<LabelledRow<'v>> = Vec::new();
    let typed: &[&str] = if label.len() > 1 { &TYPED } else { &[] };
    for item in items {
        let written = label.iter().try_fold(item, |value, key| value.get(*key))?;
        let name = written.as_str().filter(|name| is_label(name))?;
        if name.contains(['\'', '\\']) || rows.iter().any(|row| row.label == name) {
            return None;
        }
        let keys = VALUES.iter().chain(typed);
        let (key, value) = keys
            .filter(|key| label.first() != Some(*key))
            .find_map(|key| Some((key, item.get(*key)?)))?;
        let member = label.join(".");
        rows.push(LabelledRow {
            label: name,
            value,
            path: format!("[?@.{member} == '{name}'].{key}"),
        });
    }
    Some(rows)
}

/// Returns the label, the key of the value and the value of an answer that is a block.
pub(super) fn answer(members: &Map<String, Value>) -> Option<(&str, &'static str, &Value)> {
    let question = members.get("question");
    let inner = question.and_then(|question| question.get("label").or(question.get("title")));
    // a label may have a text for each language
    let inner = inner.map(|label| label.get("ru").or(label.get("en")).unwrap_or(label));
    let own = ["label", "title", "name", "question"];
    let own = own.iter().find_map(|key| members.get(*key)?.as_str());
    let label = inner.and_then(Value::as_str).or(own)?;
    let value = members.get("value")?;
    is_label(label).then_some((label, "value", value))
}

fn is_label(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= 100 && !text.chars().any(char::is_control)
}
