//! What a text means to the reader of profiles, and what a change makes of that.

use super::{Change, Key, PatchProblem, PatchValue};
use crate::authoring::problem::SourceText;
use crate::authoring::yaml::{self, Node, NodeKind};

/// A YAML text without its spelling; blocks keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    Null,
    Text(String),
    List(Vec<Meaning>),
    Map(Vec<(String, Meaning)>),
}

/// Reads a text; `None` if it is no YAML.
pub(super) fn read(text: &str) -> Option<Meaning> {
    let source = SourceText::new("", text);
    yaml::read(&source).ok().as_ref().map(of_node)
}

fn of_node(node: &Node) -> Meaning {
    match &node.kind {
        NodeKind::Null => Meaning::Null,
        NodeKind::Scalar(text) => Meaning::Text(text.value.clone()),
        NodeKind::List(items) => Meaning::List(items.iter().map(of_node).collect()),
        NodeKind::Map(entries) => Meaning::Map(
            entries
                .iter()
                .map(|(key, value)| (key.value.clone(), of_node(value)))
                .collect(),
        ),
    }
}

impl Meaning {
    fn of_value(value: &PatchValue) -> Self {
        match value {
            PatchValue::Null => Self::Null,
            PatchValue::String(text) => Self::Text(text.clone()),
            PatchValue::Bool(_) | PatchValue::Number(_) => Self::Text(value.to_string()),
            PatchValue::Array(list) => Self::List(list.iter().map(Self::of_value).collect()),
            PatchValue::Object(map) => {
                let entries = map.iter();
                Self::Map(
                    entries
                        .map(|(name, value)| (name.clone(), Self::of_value(value)))
                        .collect(),
                )
            }
        }
    }

    /// Returns it as a value that can be written.
    pub(super) fn to_value(&self) -> PatchValue {
        match self {
            Self::Null => PatchValue::Null,
            Self::Text(text) => PatchValue::String(text.clone()),
            Self::List(list) => list.iter().map(Self::to_value).collect(),
            Self::Map(entries) => {
                let entries = entries.iter();
                PatchValue::Object(
                    entries
                        .map(|(name, value)| (name.clone(), value.to_value()))
                        .collect(),
                )
            }
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else {
            return None;
        };
        let found = entries.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value)
    }
}

/// Returns whether two texts mean the same; the order of keys does not count.
pub(super) fn is_same(one: &Meaning, other: &Meaning) -> bool {
    match (one, other) {
        (Meaning::List(one), Meaning::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Meaning::Map(one), Meaning::Map(other)) => {
            let is_there = |(name, value): &(String, Meaning)| {
                let found = other.iter().find(|(key, _)| key == name);
                found.is_some_and(|(_, found)| is_same(value, found))
            };
            one.len() == other.len() && one.iter().all(is_there)
        }
        (Meaning::Text(one), Meaning::Text(other)) => one == other,
        (Meaning::Null, Meaning::Null) => true,
        _ => false,
    }
}

/// Returns what the text means after a change.
pub(super) fn changed(mut root: Meaning, change: &Change) -> Result<Meaning, PatchProblem> {
    match change {
        Change::Set { path, value } => {
            *made(&mut root, path, path)? = Meaning::of_value(value);
        }
        Change::Append { path, value } => {
            let place = made(&mut root, path, path)?;
            if matches!(place, Meaning::Null) {
                *place = Meaning::List(Vec::new());
            }
            let Meaning::List(list) = place else {
                return Err(PatchProblem::OtherShape(path.clone()));
            };
            list.push(Meaning::of_value(value));
        }
        Change::Remove { path } => {
            let (key, parent) = end_of(&mut root, path)?;
            let missing = || PatchProblem::NotFound(path.clone());
            match (parent, key) {
                (Meaning::Map(entries), Key::Name(name)) => {
                    let at = entries.iter().position(|(key, _)| key == name);
                    entries.remove(at.ok_or_else(missing)?);
                }
                (Meaning::List(items), Key::Index(index)) if *index < items.len() => {
                    items.remove(*index);
                }
                _ => return Err(missing()),
            }
        }
        Change::Rename { path, to } => {
            let (key, parent) = end_of(&mut root, path)?;
            let missing = || PatchProblem::NotFound(path.clone());
            let (Meaning::Map(entries), Key::Name(name)) = (parent, key) else {
                return Err(missing());
            };
            if to != name && entries.iter().any(|(key, _)| key == to) {
                return Err(PatchProblem::Exists(to.clone()));
            }
            let found = entries.iter_mut().find(|(key, _)| key == name);
            found.ok_or_else(missing)?.0.clone_from(to);
        }
    }
    Ok(root)
}

/// Returns the last key of a path, and what has it.
fn end_of<'m, 'p>(
    root: &'m mut Meaning,
    path: &'p [Key],
) -> Result<(&'p Key, &'m mut Meaning), PatchProblem> {
    let missing = || PatchProblem::NotFound(path.to_vec());
    let (end, before) = path.split_last().ok_or_else(missing)?;
    let mut place = root;
    for key in before {
        place = match (place, key) {
            (Meaning::Map(entries), Key::Name(name)) => {
                let found = entries.iter_mut().find(|(key, _)| key == name);
                &mut found.ok_or_else(missing)?.1
            }
            (Meaning::List(list), Key::Index(index)) => list.get_mut(*index).ok_or_else(missing)?,
            _ => return Err(missing()),
        };
    }
    Ok((end, place))
}

/// Returns the place of a path; makes the keys on the way.
fn made<'m>(
    root: &'m mut Meaning,
    path: &[Key],
    whole: &[Key],
) -> Result<&'m mut Meaning, PatchProblem> {
    let Some((first, rest)) = path.split_first() else {
        return Ok(root);
    };
    if matches!(root, Meaning::Null) {
        *root = match first {
            Key::Name(_) => Meaning::Map(Vec::new()),
            Key::Index(_) => Meaning::List(Vec::new()),
        };
    }
    let next = match (root, first) {
        (Meaning::Map(entries), Key::Name(name)) => {
            let at = entries.iter().position(|(key, _)| key == name);
            let at = at.unwrap_or_else(|| {
                entries.push((name.clone(), Meaning::Null));
                entries.len() - 1
            });
            entries.get_mut(at).map(|(_, value)| value)
        }
        (Meaning::List(list), Key::Index(index)) => {
            if *index == list.len() {
                list.push(Meaning::Null);
            }
            list.get_mut(*index)
        }
        _ => return Err(PatchProblem::OtherShape(whole.to_vec())),
    };
    let next = next.ok_or_else(|| PatchProblem::NotFound(whole.to_vec()))?;
    made(next, rest, whole)
}
