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
}
