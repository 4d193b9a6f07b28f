//! The content of a letter as it goes over the line after `DATA`.
//!
//! It is written at once, with its end. In two writes, the second would wait until the server has
//! confirmed the first, which servers put off by 40 ms (Nagle's algorithm and delayed
//! acknowledgements): a connection carried 20 letters a second.

use std::fmt;

/// A letter with its end.
pub(super) struct LetterContent(String);

impl LetterContent {
    /// Prepares a letter (RFC 5321, 4.5.2): lines that begin with a dot get another one, and a line
    /// with a single dot ends it. Returns `None` if it is no text.
    pub(super) fn of(letter: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(letter).ok()?;
        let mut content = String::with_capacity(text.len() + 8);
        if text.starts_with('.') {
            content.push('.');
        }
        content.push_str(&text.replace("\r\n.", "\r\n.."));
        if !content.ends_with("\r\n") {
            content.push_str("\r\n");
        }
        content.push_str(".\r\n");
        Some(Self(content))
    }
}

impl fmt::Display for LetterContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_the_beginning_of_lines_are_doubled_and_the_end_is_added() {
        for (letter, sent) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            (".\r\n", "..\r\n.\r\n"),
            ("a\r\n.\r\n..b\r\nc.\r\n", "a\r\n..\r\n...b\r\nc.\r\n.\r\n"),
            ("a\r\n\r\n.x\n.y", "a\r\n\r\n..x\n.y\r\n.\r\n"),
            ("", "\r\n.\r\n"),
        ] {
            let content = LetterContent::of(letter.as_bytes()).unwrap();
            assert_eq!(content.to_string(), sent, "{letter:?}");
        }
        assert!(LetterContent::of(b"\xff").is_none());
    }
}
