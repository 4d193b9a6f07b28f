//! Small text functions.

/// Returns at most `most` characters of `text`.
pub fn head(text: &str, most: usize) -> &str {
    text.char_indices()
        .nth(most)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// Returns `text`, or its first `most - 1` characters and an ellipsis.
pub fn ellipsis(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    format!("{}…", head(text, most.saturating_sub(1)))
}

/// The same as `str::to_lowercase`, but faster for Latin and Russian letters.
pub fn lower(text: &str) -> String {
    let mut small = String::with_capacity(text.len());
    for c in text.chars() {
        let Some(c) = lower_char(c) else {
            return text.to_lowercase();
        };
        small.push(c);
    }
    small
}

/// Returns the lower-case form of a Latin or Russian letter, and digits and punctuation unchanged.
/// Returns `None` for all other characters.
pub fn lower_char(c: char) -> Option<char> {
    match c {
        '\0'..='\u{7f}' => Some(c.to_ascii_lowercase()),
        'А'..='Я' => char::from_u32(u32::from(c) + 0x20),
        'Ё' => Some('ё'),
        'а'..='я' | 'ё' | '\u{a0}' | '«' | '»' | '№' | '\u{2010}'..='\u{20cf}' => Some(c),
        _ => None,
    }
}

/// Returns whether a text has a Russian letter.
pub fn has_russian(text: &str) -> bool {
    text.contains(|letter| matches!(letter, 'а'..='я' | 'А'..='Я' | 'ё' | 'Ё'))
}

/// Makes text from outside fit for one line of a terminal or a page: a line break becomes `⏎`, a tab a space;
/// other control characters and marks of writing direction, which could control the terminal, are
/// written as in program code: `\x1b`, `\u{202e}`.
pub fn clean(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                shown.push_str(" ⏎ ");
            }
            '\t' => shown.push(' '),
            '\0'..='\u{ff}' if letter.is_control() => {
                shown.push_str(&escaped_byte(u32::from(letter)));
            }
            letter if letter.is_control() || turns(letter) => {
                shown.extend(letter.escape_unicode());
            }
            letter => shown.push(letter),
        }
    }
    shown
}

/// Returns whether a character changes the direction of writing.
fn turns(letter: char) -> bool {
    matches!(letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escaped_byte(byte: u32) -> String {
    format!("\\x{byte:02x}")
}

/// Returns bytes from outside as text. Bytes that are not UTF-8 are written as `\xff`.
pub fn readable(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown.push_str(chunk.valid());
        let invalid = chunk.invalid().iter();
        shown.extend(invalid.map(|byte| escaped_byte(u32::from(*byte))));
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_letter_that_is_not_looked_up_becomes_what_the_tables_say() {
        for c in '\0'..=char::MAX {
            if let Some(small) = lower_char(c) {
                assert!(c.to_lowercase().eq([small]), "{c}");
            }
        }
        assert_eq!(lower_char('Σ'), None);
        assert_eq!(lower("ΣΟΦΟΣ Я"), "σοφος я");
    }

    proptest! {
        #[test]
        fn small_letters_are_those_of_the_standard_library(text in "[А-яЁёA-Za-z0-9 №₽\\PC]{0,20}") {
            prop_assert_eq!(lower(&text), text.to_lowercase());
        }
    }

    #[test]
    fn cutting_never_splits_a_letter() {
        assert_eq!(head("Привет", 3), "При");
        assert_eq!(head("🙂🙂", 1), "🙂");
        assert_eq!(head("ab", 5), "ab");
        assert_eq!(ellipsis("Привет", 4), "При…");
        assert_eq!(ellipsis("Привет", 6), "Привет");
    }

    #[test]
    fn line_breaks_are_visible_and_control_characters_have_no_effect() {
        for (text, shown) in [
            ("a\u{1b}[31mb\u{202e}c", "a\\x1b[31mb\\u{202e}c"),
            ("a\nb\r\nc\rd", "a ⏎ b ⏎ c ⏎ d"),
            (
                "a\u{85}b\u{2028}c\u{2029}d\u{b}e\u{c}f",
                "a ⏎ b ⏎ c ⏎ d ⏎ e ⏎ f",
            ),
            ("a\n\nb", "a ⏎  ⏎ b"),
            ("a\tb", "a b"),
            ("\0\u{7}\u{8}\u{7f}\u{9b}2J", "\\x00\\x07\\x08\\x7f\\x9b2J"),
            ("\u{200f}\u{2066}\u{61c}", "\\u{200f}\\u{2066}\\u{61c}"),
            ("Ёлка 🙂", "Ёлка 🙂"),
        ] {
            assert_eq!(clean(text), shown);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_written_as_numbers() {
        assert_eq!(readable("Ёлка".as_bytes()), "Ёлка");
        assert_eq!(readable(b"a\xff\xfeb"), "a\\xff\\xfeb");
        assert_eq!(readable(b"\xd0"), "\\xd0");
    }
}
