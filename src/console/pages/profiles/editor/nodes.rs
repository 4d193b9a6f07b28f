//! Places in the YAML tree of a profile.

use serde_json::{Value, json};

use crate::authoring::Problem;
use crate::authoring::yaml::{Node, NodeKind};

/// A place in a profile: keys, and numbers of list items.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place(Vec<Value>);

impl Place {
    /// The place of these keys.
    pub(super) fn of(keys: &[&str]) -> Self {
        Self(keys.iter().map(|key| json!(key)).collect())
    }

    /// A place within this one.
    pub(super) fn key(&self, key: &str) -> Self {
        self.then(json!(key))
    }

    /// An item of the list at this place.
    pub(super) fn item(&self, index: usize) -> Self {
        self.then(json!(index))
    }

    fn then(&self, step: Value) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Returns the place as the script of the page sends it back.
    pub(super) fn json(&self) -> String {
        Value::Array(self.0.clone()).to_string()
    }

    /// Returns its keys with `*` for items of lists: `then.*.mail`.
    pub(super) fn pattern(&self) -> String {
        let steps = self.0.iter().map(|step| step.as_str().unwrap_or("*"));
        steps.collect::<Vec<_>>().join(".")
    }

    /// Returns the last key.
    pub(super) fn last(&self) -> &str {
        self.0.last().and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns its steps.
    pub(super) fn steps(&self) -> &[Value] {
        &self.0
    }

    /// Finds the node at this place.
    pub(super) fn find<'n>(&self, root: &'n Node) -> Option<&'n Node> {
        at(root, &self.0)
    }
}

/// Finds the node at a place.
pub(super) fn at<'n>(root: &'n Node, steps: &[Value]) -> Option<&'n Node> {
    steps.iter().try_fold(root, |node, step| match step {
        Value::String(key) => child(node, key),
        Value::Number(index) => {
            let NodeKind::List(items) = &node.kind else {
                return None;
            };
            items.get(usize::try_from(index.as_u64()?).ok()?)
        }
        _ => None,
    })
}

/// Returns the value of a key.
pub(super) fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let mut entries = entries(node);
    entries
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

/// Returns the keys and values of a block; none for other nodes.
pub(super) fn entries(node: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match &node.kind {
        NodeKind::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries
        .iter()
        .map(|(key, value)| (key.value.as_str(), value))
}

/// Returns the text of a scalar.
pub(super) fn scalar(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Scalar(text) => Some(&text.value),
        _ => None,
    }
}

/// Returns the texts of a scalar, or of a list of scalars.
pub(super) fn texts(node: &Node) -> Option<Vec<&str>> {
    match &node.kind {
        NodeKind::Scalar(text) => Some(vec![&text.value]),
        NodeKind::List(items) => items.iter().map(scalar).collect(),
        NodeKind::Null => Some(Vec::new()),
        NodeKind::Map(_) => None,
    }
}

/// Returns whether a problem is inside the node or at its key.
pub(super) fn has(node: &Node, key_line: u32, problem: &Problem) -> bool {
    (key_line..=last_line(node)).contains(&problem.line)
}

/// Returns the line of a key of a block.
pub(super) fn key_line(node: &Node, key: &str) -> Option<u32> {
    let NodeKind::Map(entries) = &node.kind else {
        return None;
    };
    let mut entries = entries.iter();
    entries
        .find(|(name, _)| name.value == key)
        .map(|(name, _)| name.place.line)
}

/// Returns the last line of a node.
pub(super) fn last_line(node: &Node) -> u32 {
    let first = node.place.line;
    match &node.kind {
        NodeKind::Null => first,
        NodeKind::Scalar(text) => {
            let more = text.value.trim_end().matches('\n').count();
            text.place.line + u32::try_from(more).unwrap_or(0)
        }
        NodeKind::List(items) => items.iter().map(last_line).max().unwrap_or(first),
        NodeKind::Map(entries) => {
            let ends = entries
                .iter()
                .map(|(key, value)| key.place.line.max(last_line(value)));
            ends.max().unwrap_or(first)
        }
    }
}
