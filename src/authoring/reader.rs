//! What readers of YAML blocks share: the list of problems and, for the JSON schema, a record of
//! the keys that each block accepts.

use super::codes::Code;
use super::keys::{ExpectedKey, KeyRecorder};
use super::problem::{Problems, TextPlace};
use crate::domain::Bilingual;

/// Collects problems, and the keys of blocks if a recorder was given.
pub(crate) struct Reader<'r> {
    pub(crate) problems: &'r mut Problems,
    recorder: Option<&'r mut KeyRecorder>,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(problems: &'r mut Problems) -> Self {
        Self {
            problems,
            recorder: None,
        }
    }

    /// Creates a reader that also records what blocks accept.
    pub(crate) fn recording(problems: &'r mut Problems, recorder: &'r mut KeyRecorder) -> Self {
        Self {
            problems,
            recorder: Some(recorder),
        }
    }

    /// Reports a mistake that keeps the file from working.
    pub(crate) fn error(
        &mut self,
        code: Code,
        place: &TextPlace,
        message: Bilingual,
        advice: Bilingual,
    ) {
        self.problems.error(code, place, message, advice);
    }

    /// Records the keys of a block.
    pub(crate) fn record_keys(&mut self, block: &str, keys: Vec<ExpectedKey>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.block(block, keys);
        }
    }

    /// Records a word that may be written instead of a block.
    pub(crate) fn record_word(&mut self, block: &str, word: &'static str) {
        if let Some(recorder) = &mut self.recorder {
            recorder.word(block, word);
        }
    }
}
