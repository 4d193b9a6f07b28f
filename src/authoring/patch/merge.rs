//! Merges two texts that began from the same one, key by key. The result is the other text with our
//! changes written into it, so its comments and its order stay.

use serde::{Deserialize, Serialize};

use super::meaning::{self, Meaning, is_same};
use super::{Change, Key, PatchProblem, PatchValue, patch};

/// Which of two texts counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The text that is being saved.
    Ours,
    /// The text that somebody else has saved meanwhile.
    Theirs,
}

/// What a person has chosen for an entry that both have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The entry.
    pub path: Vec<Key>,
    /// Whose text counts.
    pub take: Side,
}

/// An entry that both have changed, each in another way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConflictingEntry {
    /// Where it is.
    pub path: Vec<Key>,
    /// Our value; nothing if we removed it.
    pub ours: Option<PatchValue>,
    /// Their value; nothing if they removed it.
    pub theirs: Option<PatchValue>,
}

/// Two texts put together.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Their text with our changes, without those in `conflicts`.
    pub text: String,
    /// What needs a choice.
    pub conflicts: Vec<ConflictingEntry>,
}

/// Merges `ours` and `theirs`, which both began from `base`.
pub fn merge(
    (base, ours, theirs): (&str, &str, &str),
    choices: &[Choice],
) -> Result<Merged, PatchProblem> {
    let read = |text: &str| {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        meaning::read(text).ok_or(PatchProblem::Unreadable)
    };
    let (base, ours, their_meaning) = (read(base)?, read(ours)?, read(theirs)?);
    let mut merging = Merging {
        choices,
        changes: Vec::new(),
        conflicts: Vec::new(),
        path: Vec::new(),
    };
    merging.compare(Some(&base), Some(&ours), Some(&their_meaning));
    let mut text = theirs.to_owned();
    for change in &merging.changes {
        text = patch(&text, change)?.text;
    }
    Ok(Merged {
        text,
        conflicts: merging.conflicts,
    })
}

struct Merging<'c> {
    choices: &'c [Choice],
    changes: Vec<Change>,
    conflicts: Vec<ConflictingEntry>,
    path: Vec<Key>,
}

impl Merging<'_> {
    fn compare(
        &mut self,
        base: Option<&Meaning>,
        ours: Option<&Meaning>,
        theirs: Option<&Meaning>,
    ) {
        if is_equal(base, ours) || is_equal(ours, theirs) {
            return;
        }
        if let (Some(Meaning::Map(before)), Some(Meaning::Map(now)), Some(Meaning::Map(_))) =
            (base, ours, theirs)
        {
            let mut names: Vec<&String> = before.iter().map(|(name, _)| name).collect();
            names.extend(now.iter().map(|(name, _)| name));
            let mut seen = std::collections::HashSet::new();
            names.retain(|name| seen.insert(*name));
            for name in names {
                self.path.push(Key::Name(name.clone()));
                let of = |side: Option<&'_ Meaning>| side.and_then(|side| side.get(name)).cloned();
                let (base, ours, theirs) = (of(base), of(ours), of(theirs));
                self.compare(base.as_ref(), ours.as_ref(), theirs.as_ref());
                self.path.pop();
            }
            return;
        }
        let is_ours = is_equal(base, theirs) || self.chosen() == Some(Side::Ours);
        if is_ours {
            let path = self.path.clone();
            match ours {
                Some(ours) => self.changes.push(Change::Set {
                    path,
                    value: ours.to_value(),
                }),
                None if theirs.is_some() => self.changes.push(Change::Remove { path }),
                None => {}
            }
        } else if self.chosen().is_none() {
            self.conflicts.push(ConflictingEntry {
                path: self.path.clone(),
                ours: ours.map(Meaning::to_value),
                theirs: theirs.map(Meaning::to_value),
            });
        }
    }

    fn chosen(&self) -> Option<Side> {
        let found = self.choices.iter().find(|choice| choice.path == self.path);
        found.map(|choice| choice.take)
    }
}

fn is_equal(one: Option<&Meaning>, other: Option<&Meaning>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => is_same(one, other),
        (None, None) => true,
        _ => false,
    }
}
