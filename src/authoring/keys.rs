//! The keys that readers of blocks accept, recorded while they read. Messages and the JSON schema
//! list these keys, so that no list is written twice.

use std::collections::{BTreeMap, BTreeSet};

/// A key that a block accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpectedKey {
    pub(crate) key: &'static str,
    pub(crate) shape: KeyShape,
}

/// The kind of value that a key takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KeyShape {
    Text,
    Word(Vec<&'static str>),
    Flag,
    Integer,
    Texts,
    /// The block's own reader checks the value.
    Node,
    /// Anything.
    Any,
}

/// Records what blocks accept.
#[derive(Debug, Default)]
pub(crate) struct KeyRecorder {
    keys: BTreeMap<String, Vec<ExpectedKey>>,
    /// Words that are allowed in place of a block.
    words: BTreeMap<String, BTreeSet<&'static str>>,
}

impl KeyRecorder {
    /// Records the keys of a block.
    pub(crate) fn block(&mut self, about: &str, keys: Vec<ExpectedKey>) {
        self.keys.insert(about.to_owned(), keys);
    }

    /// Records a word that is allowed in place of a block.
    pub(crate) fn word(&mut self, about: &str, word: &'static str) {
        self.words.entry(about.to_owned()).or_default().insert(word);
    }

    /// Returns the keys of a block, if a block of this name was read.
    pub(crate) fn keys_of(&self, about: &str) -> Option<&[ExpectedKey]> {
        self.keys.get(about).map(Vec::as_slice)
    }

    /// Returns the words that are allowed in place of a block.
    pub(crate) fn words_of(&self, about: &str) -> Vec<&'static str> {
        let words = self.words.get(about);
        words.into_iter().flatten().copied().collect()
    }
}
