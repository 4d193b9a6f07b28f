//! Status texts of custom replies. The server needs them with a static lifetime, so each stays in
//! memory, and their number is limited.

use std::collections::BTreeSet;

/// Maximum number of texts; docs/channels.md names it.
const MOST: usize = 256;

/// The texts so far.
#[derive(Debug, Default)]
pub(super) struct StatusTexts(BTreeSet<&'static str>);

impl StatusTexts {
    /// Returns the text with a static lifetime; `None` if there is no more room.
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
