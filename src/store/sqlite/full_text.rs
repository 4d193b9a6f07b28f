//! The query that the full-text index answers. The index stores pieces of three characters, so it
//! cannot answer for shorter words, and may return more than what matches, never less.

use crate::store::searchable::SearchText;

/// Characters of one piece in the index.
const PIECE: usize = 3;

/// Number of last digits of a phone number that the index query contains.
const TAIL: usize = 7;

/// Returns the query of a search; `None` if every word is too short for the index.
pub(super) fn query(searched: &SearchText) -> Option<String> {
    let long = |word: &String| word.chars().nth(PIECE - 1).is_some();
    let words: Vec<String> = searched
        .words()
        .iter()
        .filter(|spellings| spellings.iter().all(long))
        .map(|spellings| {
            let mut any: Vec<String> = spellings.iter().map(|word| pieces(rare(word))).collect();
            any.dedup();
            format!("({})", any.join(" OR "))
        })
        .collect();
    (!words.is_empty()).then(|| words.join(" AND "))
}

/// Returns the last digits of a whole number: the first ones are the same for half the country.
fn rare(word: &str) -> &str {
    let tail = word.len().saturating_sub(TAIL);
    match word.get(tail..) {
        Some(rest) if tail > 2 && word.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => word,
    }
}

/// `("пет" AND "етр")`.
fn pieces(word: &str) -> String {
    let letters: Vec<char> = word.chars().take(64).collect();
    let pieces: Vec<String> = letters
        .windows(PIECE)
        .map(|piece| {
            let piece: String = piece.iter().collect();
            format!("\"{}\"", piece.replace('"', "\"\""))
        })
        .collect();
    format!("({})", pieces.join(" AND "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query_of(typed: &str) -> Option<String> {
        query(&SearchText::of(typed))
    }

    #[test]
    fn asks_the_index_for_pieces_and_leaves_short_words_out() {
        assert_eq!(
            query_of("Петр a\"bc").unwrap(),
            r#"(("пет" AND "етр")) AND (("a""b" AND """bc"))"#
        );
        assert_eq!(
            query_of("8 912 345-67-89").unwrap(),
            r#"(("345" AND "456" AND "567" AND "678" AND "789"))"#
        );
        assert_eq!(query_of("ян"), None);
        assert_eq!(query_of("ян петр").unwrap(), r#"(("пет" AND "етр"))"#);
    }
}
