//! Questions with their answers: `[{ "name": "phone", "value": "+7…" }]`, and the same as a block.
//! Form builders send them; each answer is a field that its label names.

use serde_json::{Map, Value};

/// Members that name a field, the most telling first.
const LABELS: [&str; 13] = [
    "column_id",
    "field_name",
    "name",
    "key",
    "code",
    "slug",
    "label",
    "title",
    "question",
    "q",
    "field",
    "caption",
    "id",
];
/// Labels that are in a block of their own: `{ "type": { "id": "cell" } }`.
const INNER_LABELS: [[&str; 2]; 6] = [
    ["field", "ref"],
    ["field", "title"],
    ["field", "id"],
    ["type", "id"],
    ["type", "code"],
    ["type", "name"],
];
/// Members with the answer.
const VALUES: [&str; 7] = [
    "value",
    "answer",
    "values",
    "answers",
    "a",
    "string_value",
    "field_value",
];
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

/// Returns the answers, if each element has a label of its own and a value. Labels in words come
/// before those that a form builder counts.
pub(super) fn rows(items: &[Value]) -> Option<Vec<LabelledRow<'_>>> {
    if items.is_empty() || !items.iter().all(Value::is_object) {
        return None;
    }
    let inner = INNER_LABELS.iter().find_map(|label| of_label(items, label));
    if inner.is_some() {
        return inner;
    }
    let all = || LABELS.iter().filter_map(|label| of_label(items, &[label]));
    let in_words = |rows: &Vec<LabelledRow>| !rows.iter().all(|row| is_counted(row.label));
    all().find(in_words).or_else(|| all().next())
}

/// Returns whether a form builder made up the label: `question_1`, `q2`, `mVGEg3`.
fn is_counted(label: &str) -> bool {
    let mut parts = label.split(|c: char| !c.is_alphanumeric());
    parts.all(|part| {
        let part = part.to_lowercase();
        let is_word = matches!(
            part.as_str(),
            "" | "question" | "field" | "input" | "answer" | "id"
        );
        is_word || part.contains(|c: char| c.is_ascii_digit())
    })
}

fn of_label<'v>(items: &'v [Value], label: &[&str]) -> Option<Vec<LabelledRow<'v>>> {
    let mut rows: Vec<LabelledRow<'v>> = Vec::new();
    let is_typed = label.first() == Some(&"field") && label.len() > 1;
    let typed: &[&str] = if is_typed { &TYPED } else { &[] };
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
