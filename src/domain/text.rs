//! Small things done to text everywhere.

/// At most `most` characters of `text`, whole characters only.
pub fn head(text: &str, most: usize) -> &str {
    text.char_indices()
        .nth(most)
        .and_then(|(end, _)| text.get(..end))
        .unwrap_or(text)
}

/// `text` itself, or its first `most - 1` characters and an ellipsis.
pub fn ellipsis(text: &str, most: usize) -> String {
    if text.chars().nth(most).is_none() {
        return text.to_owned();
    }
    format!("{}…", head(text, most.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_never_splits_a_letter() {
        assert_eq!(head("Привет", 3), "При");
        assert_eq!(head("🙂🙂", 1), "🙂");
        assert_eq!(head("ab", 5), "ab");
        assert_eq!(ellipsis("Привет", 4), "При…");
        assert_eq!(ellipsis("Привет", 6), "Привет");
    }
}
