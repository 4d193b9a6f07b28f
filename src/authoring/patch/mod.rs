//! Changes single entries of a YAML text and leaves every other byte as it is: comments, order,
//! quotes, line ends. [`tree`] finds where an entry stands, [`mod@write`] writes values, [`edit`] decides
//! which bytes change. Every result is read again by the reader of profiles and compared with what
//! the change means; a result that means anything else is never returned.

mod edit;
mod meaning;
mod merge;
mod removal;
mod rename;
mod search;
mod tree;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::edit::{Document, Edits};
use self::meaning::Meaning;
pub use self::merge::{Choice, ConflictingEntry, Merged, Side, merge};
pub use self::rename::rename_field;
pub use self::search::search_changes;
use crate::domain::{Bilingual, bilingual};

/// The deepest value of a change.
const DEEPEST: usize = 32;

/// A value to write: text, number, boolean, list, block of keys, or nothing.
pub type PatchValue = serde_json::Value;

/// A part of a path: the name of a key, or the index of an entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// An entry of a list, counted from 0.
    Index(#[serde(deserialize_with = "whole")] usize),
    /// A key.
    Name(String),
}

/// Reads a whole number; `3.0` is one in JSON.
fn whole<'de, D: serde::Deserializer<'de>>(input: D) -> Result<usize, D::Error> {
    let number = serde_json::Number::deserialize(input)?;
    let number = number.as_f64().filter(|it| it.fract() == 0.0);
    let number = number.and_then(|it| format!("{it:.0}").parse().ok());
    number.ok_or_else(|| serde::de::Error::custom("a place in a list is a whole number"))
}

impl From<&str> for Key {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<usize> for Key {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A change of one entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Change {
    /// Writes a value; blocks and keys on the way to it are made.
    Set {
        /// Where.
        path: Vec<Key>,
        /// The value.
        value: PatchValue,
    },
    /// Removes a key with its value, or an entry of a list.
    Remove {
        /// Where.
        path: Vec<Key>,
    },
    /// Gives a key another name.
    Rename {
        /// Where it is.
        path: Vec<Key>,
        /// The new name.
        to: String,
    },
    /// Adds an entry at the end of a list; the list is made if it is missing.
    Append {
        /// The list.
        path: Vec<Key>,
        /// The value.
        value: PatchValue,
    },
}

impl Change {
    /// Returns where it changes something.
    pub fn path(&self) -> &[Key] {
        match self {
            Self::Set { path, .. }
            | Self::Remove { path }
            | Self::Rename { path, .. }
            | Self::Append { path, .. } => path,
        }
    }
}

/// A changed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patched {
    /// The text.
    pub text: String,
    /// The lines of the new text that have changed, counted from 0; empty where lines were only
    /// removed.
    pub lines: Range<usize>,
}

/// Why a text cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchProblem {
    /// The text is no YAML.
    Unreadable,
    /// There is nothing at this place.
    NotFound(Vec<Key>),
    /// The place on the way has a text or a list where keys are needed.
    OtherShape(Vec<Key>),
    /// The key exists already.
    Exists(String),
    /// The place is written with an anchor, an alias or a tag.
    Shared(Vec<Key>),
    /// The change would mean something else than it should; it has to be made in the text.
    Unfaithful,
}

impl PatchProblem {
    /// Returns what is wrong and what to do.
    pub fn text(&self) -> Bilingual {
        match self {
            Self::Unreadable => Bilingual::new(
                "the text is no valid YAML: correct it first",
                "текст — не YAML: сначала исправьте его",
            )
            .into(),
            Self::NotFound(path) => {
                let path = dotted(path);
                bilingual!(
                    "`{path}` is not in the text any more: reload the page",
                    "`{path}` в тексте больше нет: обновите страницу"
                )
            }
            Self::OtherShape(path) => {
                let path = dotted(path);
                bilingual!(
                    "`{path}` has another shape: change it in the text",
                    "`{path}` записан иначе: измените его в тексте"
                )
            }
            Self::Exists(name) => bilingual!(
                "`{name}` exists already: choose another name",
                "`{name}` уже есть: выберите другое имя"
            ),
            Self::Shared(path) => {
                let path = dotted(path);
                bilingual!(
                    "`{path}` is written with an anchor, an alias or a tag (`&`, `*`, `!`), so other places \
                     may change with it: change it in the text",
                    "`{path}` записан через якорь, ссылку или тег (`&`, `*`, `!`), вместе с ним могут \
                     измениться другие места: измените его в тексте"
                )
            }
            Self::Unfaithful => Bilingual::new(
                "this place cannot be changed without changing others: change it in the text",
                "это место нельзя изменить, не задев другие: измените его в тексте",
            )
            .into(),
        }
    }
}

/// Writes a path as people read it: `deal.fields.TITLE`.
pub fn dotted(path: &[Key]) -> String {
    let parts = path.iter().map(|key| match key {
        Key::Name(name) => name.clone(),
        Key::Index(index) => (index + 1).to_string(),
    });
    parts.collect::<Vec<_>>().join(".")
}

/// Makes a change.
pub fn patch(text: &str, change: &Change) -> Result<Patched, PatchProblem> {
    let mark = '\u{feff}';
    let body = text.strip_prefix(mark).unwrap_or(text);
    let before = meaning::read(body).ok_or(PatchProblem::Unreadable)?;
    if let Change::Set { value, .. } | Change::Append { value, .. } = change
        && depth(value) > DEEPEST
    {
        return Err(PatchProblem::Unfaithful);
    }
    let wanted = meaning::changed(before, change)?;
    let document = Document::read(body).ok_or(PatchProblem::Unreadable)?;
    let (mut patched, lines) = match made(body, &document, change, &wanted) {
        Err(PatchProblem::Unfaithful) => made(body, &document.in_one_line(), change, &wanted)?,
        made => made?,
    };
    if body.len() < text.len() {
        patched.insert(0, mark);
    }
    Ok(Patched {
        text: patched,
        lines,
    })
}

/// Makes a change, and compares what the text means then with what it should mean.
fn made(
    body: &str,
    document: &Document<'_>,
    change: &Change,
    wanted: &Meaning,
) -> Result<(String, Range<usize>), PatchProblem> {
    let mut edits = Edits::default();
    document.change(change, &mut edits)?;
    let (patched, lines) = edits.apply(body);
    let after = meaning::read(&patched);
    if after.is_none_or(|after| !meaning::is_same(&after, wanted)) {
        return Err(PatchProblem::Unfaithful);
    }
    Ok((patched, lines))
}

fn depth(value: &PatchValue) -> usize {
    let inner = match value {
        PatchValue::Array(list) => list.iter().map(depth).max(),
        PatchValue::Object(map) => map.values().map(depth).max(),
        _ => None,
    };
    inner.map_or(0, |inner| inner + 1)
}
