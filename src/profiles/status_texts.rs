//! The words of status lines that replies have of their own. The server wants them for as long as
//! the program runs, so each is kept for good, and however often the settings are edited there are
//! only so many.

use std::collections::BTreeSet;

/// So many are kept; docs/channels.md says so.
const MOST: usize = 256;

/// The texts that were kept so far.
#[derive(Debug, Default)]
pub(super) struct StatusTexts(BTreeSet<&'static str>);

impl StatusTexts {
    /// The text for good; `None` when there is no more room.
    pub(super) fn keep(&mut self, text: &str) -> Option<&'static str> {
        if let Some(known) = self.0.get(text) {
            return Some(known);
        }
        if self.0.len() >= MOST {
            return None;
        }
        let kept: &'static str = Box::leak(Box::from(text));
        self.0.insert(kept);
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_kept_once_and_only_so_many() {
        let mut texts = StatusTexts::default();
        let first = texts.keep("Taken").unwrap();
        for number in 1..MOST {
            assert!(texts.keep(&format!("Text {number}")).is_some(), "{number}");
        }
        assert_eq!(texts.keep("One more"), None);
        assert!(std::ptr::eq(texts.keep("Taken").unwrap(), first));
        assert_eq!(texts.0.len(), MOST);
    }
}
